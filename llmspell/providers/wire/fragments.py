"""Tool calls in pieces: which piece belongs to which call.

Servers leave out `index`, give several calls the same one, repeat names, or send arguments as objects.
"""

from __future__ import annotations

import json
from typing import Any

from llmspell.providers.base import Event, StateDelta, ToolCallDelta
from llmspell.providers.content import State

_WIRE = "openai-chat"


class _Call:
    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def takes(self, call_id: str, name: str, arguments: str, *, indexed: bool) -> bool:
        """Whether a piece that could be for this call is."""
        if call_id and self.id and call_id != self.id:
            # Some servers invent an id for every piece, but only the first piece of a call has a name.
            return indexed and not name
        if not name or not self.name:
            return True
        return name == self.name and (bool(call_id) or not arguments or not self.ended)

    @property
    def ended(self) -> bool:
        """Whether its arguments are complete."""
        try:
            json.loads("".join(self.arguments))
        except ValueError:
            return False
        return True


class ToolCallAssembler:
    """Numbers the calls of one answer from 0 and gives each piece the number of its call."""

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    @property
    def seen(self) -> bool:
        """Whether the model called any tool."""
        return bool(self._calls)

    def add(self, pieces: list[dict[str, Any]] | dict[str, Any]) -> list[Event]:
        """The events for the `tool_calls` of a chunk."""
        if isinstance(pieces, dict):
            pieces = [pieces]
        events: list[Event] = []
        for piece in pieces:
            if piece and (delta := self._piece(piece)):
                events.append(delta)
            if piece and (extra := piece.get("extra_content")) and self._calls:
                events.append(self._signed(piece.get("index"), extra))
        return events

    def _signed(self, index: int | None, extra: Any) -> StateDelta:
        """The state of the call with that index, else of the last one: Gemini's signature, often on its own."""
        call = (self._by_index.get(index) if index is not None else None) or self._calls[-1]
        return StateDelta("tool_call", call.index, State(_WIRE, {"extra_content": extra}))

    def _piece(self, piece: dict[str, Any]) -> ToolCallDelta | None:
        function = piece.get("function") or {}
        call_id, name = str(piece.get("id") or ""), str(function.get("name") or "")
        arguments = _text(function.get("arguments"))
        if not (call_id or name or arguments):
            return None
        call = self._find(piece.get("index"), call_id, name, arguments)
        delta = ToolCallDelta(call.index, "" if call.id else call_id, "" if call.name else name, arguments)
        call.id, call.name = call.id or call_id, call.name or name
        call.arguments.append(arguments)
        return delta

    def _find(self, index: int | None, call_id: str, name: str, arguments: str) -> _Call:
        call = next((known for known in reversed(self._calls) if call_id and known.id == call_id), None)
        if call is not None and index is not None and name and call.ended and index not in self._by_index:
            call = self._new()  # a server that gives all calls one id
        elif call is None and index is not None:
            call = self._by_index.get(index)
        elif call is None and self._calls:
            call = self._calls[-1]
        if call is None or not call.takes(call_id, name, arguments, indexed=index is not None):
            call = self._new()
        if index is not None:
            self._by_index[index] = call
        return call

    def _new(self) -> _Call:
        call = _Call(len(self._calls))
        self._calls.append(call)
        return call


def _text(arguments: Any) -> str:
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
