"""Values on their way into the script: JSON text, with every integer one that JavaScript can hold exactly."""

from __future__ import annotations

import json
import re
from typing import Any

from llmspell.errors import ErrorData
from llmspell.values import MAX_SAFE_INTEGER

_MANY_DIGITS = re.compile(r"\d{16}")


class InexactNumber(Exception):  # noqa: N818  # a signal inside this package, never shown
    """A value holds an integer beyond 2**53; `error` says where."""

    def __init__(self, place: str, number: int) -> None:
        super().__init__(place)
        self.error: ErrorData = {
            "kind": "value",
            "message": f"{place} is {number}, an integer that JavaScript cannot hold exactly",
            "hint": "pass it as text",
        }


def to_text(value: Any, what: str) -> str:
    """`value` as JSON in ASCII, so that the engine cuts no text at a NUL. Raises `InexactNumber`."""
    text = json.dumps(value)
    if _MANY_DIGITS.search(text) is not None:
        _look(value, what)
    return text


def _look(value: Any, place: str) -> None:
    if type(value) is int and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise InexactNumber(place, value)
    if isinstance(value, dict):
        for key, item in value.items():
            _look(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _look(item, f"{place}[{index}]")
