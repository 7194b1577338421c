"""The options of a run, for the type hints of what hands them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO, TypedDict

if TYPE_CHECKING:
    from llmspell.budget import Budget
    from llmspell.limits import Limits
    from llmspell.permissions import Permissions
    from llmspell.values import Value


class RunOptions(TypedDict, total=False):
    """What `Host.run` takes besides the spell, without `on_event` and `check`."""

    params: Value
    model: str | None
    limits: Limits | None
    permissions: Permissions | None
    budget: Budget | None
    isolation: str | None
    stdin: str | TextIO | None
    seed: int | None
