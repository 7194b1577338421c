"""How much of its own a run leaves to a spell that it runs itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from llmspell.budget import Budget
    from llmspell.permissions import Permissions


class Part(NamedTuple):
    """How much of its own a run leaves to one that it starts; None is all of it. It never gives more than it has."""

    permissions: Permissions | None = None
    model: str | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    max_calls: int | None = None
    timeout: float | None = None
    budget: Budget | None = None
    """A part of the run's budget that pays: that of an agent, for the spells that its tools run."""
