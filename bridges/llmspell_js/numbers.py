"""Values on their way into the script: JSON text, with every integer one that JavaScript can hold exactly."""

from __future__ import annotations

import re
from typing import Any

from llmspell.values import MAX_SAFE_INTEGER, ascii_text
from llmspell_js.faults import InexactNumber

_MANY_DIGITS = re.compile(r"\d{16}")


def to_text(value: Any, what: str) -> str:
    """`value` as JSON in ASCII, so that the engine cuts no text at a NUL. Raises `InexactNumber`."""
    text = ascii_text(value)
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
