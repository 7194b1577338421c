"""`fallback`: models in an order of preference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.select.selection import Member, Models, Selection


class Fallback(Selection):
    """Asks the first of the `names`, and the next one when that fails; see `Selection` for when and for the options.

    Host(providers=[Fallback(["openai/gpt-5-mini", "local/smollm2-135m"], name="smart")])
    """

    def __init__(
        self, names: Sequence[str], *, name: str = "fallback", models: Models | None = None, **options: Any
    ) -> None:
        super().__init__(name, models, **options)
        self._names = tuple(names)

    def _all(self) -> list[Member]:
        return self._members(self._names)

    async def _chosen(self, request: Request) -> list[Member]:  # noqa: ARG002  # the order is fixed
        members = {member.label: member for member in self._members(self._names)}
        return [members[label] for label in self._loads.awake_first([*members])] if self._rest else [*members.values()]
