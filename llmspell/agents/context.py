"""What a tool is told besides its arguments; the model sees none of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmspell.functions import Invoke

if TYPE_CHECKING:
    from llmspell.budget import Budget
    from llmspell.permissions import Permissions
    from llmspell.providers.base import Usage
    from llmspell.system.blobs import Blobs


@dataclass(slots=True, kw_only=True)
class ToolContext:
    """One call of a tool. A parameter of a Python tool that is annotated with this class receives it.

    `values` is what the program passed as `context=` to the agent's run. `permissions`, `blobs` and `budget` are those
    of the spell that the tool serves, None outside of one.
    """

    call_id: str = ""
    """What the model called this call; empty when a script called the tool itself."""
    attempt: int = 1
    """1, and one more for each retry."""
    values: Any = None
    permissions: Permissions | None = None
    bound: Permissions | None = None
    """What agents on the way to the tool leave of these permissions; None is all."""
    blobs: Blobs | None = None
    budget: Budget | None = None
    invoke: Invoke | None = None
    """Calls a function that the script handed over, by its number."""
    paused: Mapping[str, Any] | None = None
    """What the tool raised `PausedError` with, when it is called again after that."""
    answers: Mapping[str, Any] = field(default_factory=dict)
    """Then the answers to the questions that it had asked, by their ids."""
    run: Any = None
    """The run of that spell, as bridge objects see it; None outside of one."""
    spend: Callable[[Usage, float | None], None] | None = None
    """Tells the agent that called of models which the tool used, and of their price in US dollars."""

    def bounded(self, own: Permissions) -> Permissions:
        """What agents on the way leave of these permissions."""
        return own if self.bound is None else own.narrowed(self.bound)
