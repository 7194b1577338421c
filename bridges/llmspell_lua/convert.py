"""Values between Lua and the border; the Lua half of the work is `prelude/values.lua`.

From Lua, only JSON text comes out, already checked. Into Lua go plain tables: objects without their null
fields, lists marked as arrays (so that an empty one stays a list) with the `null` constant for their nulls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from json import JSONDecoder
from json.scanner import make_scanner
from typing import Any

from llmspell.border import Call, Cancel, Done, Failed, FromSpell, Print, Raise, Return
from llmspell.errors import InvalidValueError
from llmspell.values import MAX_SAFE_INTEGER, Value, check

_MESSAGES: tuple[Any, ...] = (Call, Cancel, Return, Raise, Print, Done, Failed)
_scan = make_scanner(JSONDecoder())  # type: ignore[arg-type]  # it takes a decoder, whatever the stubs say


def decoded(text: str) -> list[FromSpell]:
    """The messages in what a slice gave: JSON arrays, each with a number for the kind of message first."""
    found = []
    at, end = 0, len(text)
    while at < end:
        (kind, *fields), at = _scan(text, at)
        found.append(_MESSAGES[kind](*fields))
        at += 1
    return found


_NO_MEMORY = frozenset({type(None), bool, int, float})
_PLAIN = frozenset({bool, int, float, str})


class ToLua:
    """Converts border values for one interpreter.

    `bridge` is the interpreter's own `bridge` table. Without integers, one beyond 2^53 raises
    `InvalidValueError`. Nothing here runs under the memory limit of the script: outside of a call, Lua answers
    a lack of memory by ending the process. The value counts as soon as script code runs again.
    """

    def __init__(self, runtime: Any, bridge: Any, *, has_integers: bool) -> None:
        self._runtime = runtime
        self._table = runtime.table_from
        self._bridge = bridge
        self._plain = _PLAIN if has_integers else _PLAIN - {int}
        self.memory: int | None = None
        """The limit in bytes, once there is one."""

    def __call__(self, value: Value) -> tuple[Any, bool]:
        """The value as something that lupa hands over without allocating, and whether it is inside a table for that."""
        kind = type(value)
        if kind in _NO_MEMORY:
            return self._convert(value), False
        if kind is dict or kind is list:
            return self._unbounded(self._as_table, value), False
        return self.box([value]), True

    def box(self, values: list[Value]) -> Any:
        """A table of values."""
        return self._unbounded(self._list, values)

    def _unbounded(self, make: Callable[[Any], Any], value: Value) -> Any:
        if self.memory is None:
            return make(value)
        self._runtime.set_max_memory(0)
        try:
            return make(value)
        finally:
            self._runtime.set_max_memory(self.memory)

    def _as_table(self, value: Value) -> Any:
        converted = self._convert(value)
        return self._table(converted, recursive=True) if type(converted) is dict else converted

    def _list(self, values: list[Value]) -> Any:
        return self._table([self._convert(value) for value in values], recursive=True)

    @cached_property
    def _null(self) -> Any:
        return self._bridge["state"]["null"]

    @cached_property
    def _as_array(self) -> Any:
        return self._bridge["values"]["as_array"]

    def _convert(self, value: Value) -> Any:
        kind, plain = type(value), self._plain
        if kind in plain or value is None:
            return value
        if kind is dict:  # most of what is in one is plain: no function call for that
            return {
                key: item if type(item) in plain else self._convert(item)
                for key, item in value.items()
                if item is not None
            }
        if kind is list:
            items = [self._null if item is None else self._convert(item) for item in value]
            return self._as_array(self._table(items, recursive=True))
        if kind is int:
            if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                raise InvalidValueError(f"{value} is an integer that this Lua cannot hold exactly")
            return value
        return self._convert(check(value))
