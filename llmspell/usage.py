"""What a run uses: its calls to models, counted for it and for whatever started it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell.providers.base import Usage


@dataclass(slots=True)
class RunUsage:
    """What a run has used so far: calls to models, their tokens, and their price in US dollars.

    Tokens that a provider did not report are not in the sums. `cost` is None once the price of any call is
    unknown.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0

    def add(self, usage: Usage, cost: float | None) -> None:
        """Count one call."""
        self.calls += 1
        self.input_tokens += usage.input_tokens or 0
        self.output_tokens += usage.output_tokens or 0
        self.cost = None if self.cost is None or cost is None else self.cost + cost


class PartUsage(RunUsage):
    """What a run uses that another one started: that has used it too."""

    def __init__(self, whole: RunUsage) -> None:
        super().__init__()
        self._whole = whole

    def add(self, usage: Usage, cost: float | None) -> None:
        super().add(usage, cost)
        self._whole.add(usage, cost)
