"""How large a JSON Schema is when its references are written out: what checking a value, and telling a model, takes.

A few lines that refer to each other can stand for more parts than there are atoms, so nothing walks through a schema
before it was measured here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from llmspell.errors import InvalidValueError

MAX_PARTS = 10_000
_MAX_DEPTH = 250
_CHOICES = ("anyOf", "oneOf")
_TWICE = ("unevaluatedProperties", "unevaluatedItems")
"""Keywords for which everything beside them is looked at once more."""
_ELSEWHERE = ("$dynamicRef", "$recursiveRef")


class Size(NamedTuple):
    """The parts of a schema, how many of them are one of several choices, and how many begin the whole anew."""

    parts: int
    choices: int
    loops: int


def size_of(schema: Mapping[str, Any], what: str, *, whole: bool = False) -> Size:
    """Its size. Raises `InvalidValueError`, which begins with `what`, where it is too large or too deep, and, if it
    must be `whole`, for references to what is not in it.
    """
    return _Measure(schema, what, whole).size()


class _Measure:
    def __init__(self, schema: Mapping[str, Any], what: str, whole: bool) -> None:
        self._root = schema
        self._what = what
        self._whole = whole
        self._steps = self._choices = self._loops = 0
        self._within: set[int] = set()

    def size(self) -> Size:
        return Size(self._parts(self._root, 0), self._choices, self._loops)

    def _parts(self, part: Any, depth: int) -> int:
        self._steps += 1
        if self._steps > MAX_PARTS or depth > _MAX_DEPTH:
            raise self._too_large()
        if isinstance(part, (list, tuple)):
            return 1 + sum(self._parts(each, depth + 1) for each in part)
        if not isinstance(part, Mapping):
            return 1
        if id(part) in self._within:
            self._loops += 1
            return 1
        self._within.add(id(part))
        parts = 1 + sum(self._of(key, value, depth + 1) for key, value in part.items())
        self._within.remove(id(part))
        for key in _TWICE:
            parts *= 2 if key in part else 1
        if parts > MAX_PARTS:
            raise self._too_large()
        return parts

    def _of(self, key: str, value: Any, depth: int) -> int:
        if key in _CHOICES and isinstance(value, list):
            self._choices += len(value)
        if key == "$ref" and isinstance(value, str):
            return self._parts(self._found(value), depth)
        if self._whole and key in _ELSEWHERE and isinstance(value, str):
            raise InvalidValueError(f"{self._what}: {key} cannot be used in a schema", hint="use $ref")
        return self._parts(value, depth)

    def _found(self, reference: str) -> Any:
        """What a reference leads to."""
        place, _, path = reference.partition("#")
        found: Any = None if place else self._root
        for step in path.split("/")[1:]:
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                found = found[int(step)] if step.isdecimal() and int(step) < len(found) else None
            else:
                found = found.get(step) if isinstance(found, Mapping) else None
        if self._whole and (found is None or path[:1] not in ("", "/")):
            hint = "references begin at the top, as in #/$defs/name"
            raise InvalidValueError(
                f"{self._what}: its JSON Schema is not valid: there is nothing at {reference[:80]!r}", hint=hint
            )
        return found

    def _too_large(self) -> InvalidValueError:
        return InvalidValueError(
            f"{self._what}: its schema is too large, or too deep",
            hint=f"with references written out it may have {MAX_PARTS} parts, and {_MAX_DEPTH} levels",
        )
