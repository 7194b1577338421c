"""Values between Lua and the border; the Lua half of the work is `prelude/values.lua`.

From Lua, only JSON text comes out, already checked. Into Lua go plain tables: objects without their null
fields, lists marked as arrays (so that an empty one stays a list) with the `null` constant for their nulls.
"""

from __future__ import annotations

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
_PLAIN = _NO_MEMORY | {str}


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
        self._exact = 2**63 if has_integers else MAX_SAFE_INTEGER
        self.memory: int | None = None
        """The limit in bytes, once there is one."""

    def __call__(self, value: Value) -> Any:
        """The value as something that lupa hands over without allocating: a number, or a table that holds it."""
        if type(value) in _NO_MEMORY:
            return self._convert(value)
        return self.box([value])

    def box(self, values: list[Value]) -> Any:
        """A table of values."""
        if self.memory is None:
            return self._box(values)
        self._runtime.set_max_memory(0)
        try:
            return self._box(values)
        finally:
            self._runtime.set_max_memory(self.memory)

    def _box(self, values: list[Value]) -> Any:
        return self._table([self._convert(value) for value in values], recursive=True)

    @cached_property
    def _null(self) -> Any:
        return self._bridge["state"]["null"]

    @cached_property
    def _as_array(self) -> Any:
        return self._bridge["values"]["as_array"]

    def _convert(self, value: Value) -> Any:
        kind = type(value)
        if kind is dict:
            return {key: self._convert(item) for key, item in value.items() if item is not None}
        if kind is list:
            items = [self._null if item is None else self._convert(item) for item in value]
            return self._as_array(self._table(items, recursive=True))
        if kind is int and not -self._exact <= value <= self._exact:
            raise InvalidValueError(f"{value} is an integer that this Lua cannot hold exactly")
        return value if kind in _PLAIN else self._convert(check(value))
