"""Vectors as servers write them."""

from __future__ import annotations

import struct
from typing import Any


def vector(numbers: Any) -> list[float]:
    """A list of numbers, or base64 of 32-bit ones, low byte first. Raises `TypeError` or `ValueError` for all else."""
    if isinstance(numbers, str):
        return _unpacked(numbers)
    if not isinstance(numbers, list) or not all(isinstance(number, (int, float)) for number in numbers):
        raise TypeError
    return numbers


def _unpacked(text: str) -> list[float]:
    """What services send for `encoding_format: base64`."""
    import base64  # only for this

    data = base64.b64decode(text, validate=True)
    if not data or len(data) % 4:
        raise ValueError
    return list(struct.unpack(f"<{len(data) // 4}f", data))
