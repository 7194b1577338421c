"""How much the agents of one run may keep: their conversations are in the runtime, beyond the script's own limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.providers.content import Message, Part, ToolCall, ToolResult
from llmspell.scriptable.context import RunContext

MAX_OBJECTS = 1000
MAX_SIZE = 64 * 1024 * 1024
_EACH = 200
"""Bytes that a part takes at least."""


class Room:
    """Counts what is kept. Raises `InvalidValueError` for what would be too much."""

    def __init__(self) -> None:
        self._objects = self._made = 0
        self._sizes: dict[int, int] = {}

    def enter(self, made_of: Any) -> None:
        """One more agent or tool, made of these options."""
        self._objects += 1
        self._made += _length(made_of)
        if self._objects > MAX_OBJECTS:
            raise InvalidValueError(
                f"a run may make {MAX_OBJECTS} agents and tools", hint="make them once, outside of the loop"
            )
        if self._made > MAX_SIZE:
            raise InvalidValueError(
                f"the instructions and descriptions of all agents and tools hold more than {MAX_SIZE >> 20} MiB",
                hint="pass long texts as prompts",
            )

    def hold(self, number: int, messages: Iterable[Message]) -> None:
        """The conversation of the agent with that number is now this one."""
        size = sum(_size(part) for message in messages for part in message.parts)
        others = sum(self._sizes.values()) - self._sizes.get(number, 0)
        if others + size > MAX_SIZE:
            raise InvalidValueError(
                f"the conversations of all agents hold more than {MAX_SIZE >> 20} MiB", hint="reset some of them"
            )
        self._sizes[number] = size


def room_of(context: RunContext) -> Room:
    """The room of a run."""
    room: Room = context.kept.setdefault(("room", 0), Room())
    return room


def _size(part: Part) -> int:
    if isinstance(part, ToolResult):
        return _EACH + sum(_size(each) for each in part.parts)
    content: Any = part.arguments if isinstance(part, ToolCall) else getattr(part, "text", getattr(part, "data", None))
    state: Any = getattr(part, "state", None)
    return _EACH + _length(content) + (0 if state is None else _length(state.data))


def _length(value: Any) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, dict):
        return sum(_length(key) + _length(each) for key, each in value.items())
    if isinstance(value, list):
        return sum(map(_length, value))
    return 8
