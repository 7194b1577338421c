"""Checks of the numbers that programs give to agents and tools."""

from __future__ import annotations

from typing import Any

from llmspell.errors import InvalidValueError

_INFINITE = float("inf")


def check_whole(name: str, value: Any, least: int) -> None:
    """Raises `InvalidValueError` for what is no whole number of at least `least`."""
    if type(value) is not int or value < least:
        raise InvalidValueError(f"{name} must be a whole number of at least {least}, not {value!r:.40}")


def check_amount(name: str, value: Any) -> None:
    """Raises `InvalidValueError` for what is no number of at least 0."""
    if type(value) not in (int, float) or not value >= 0:
        raise InvalidValueError(f"{name} must be a number of at least 0, not {value!r:.40}")


def check_seconds(name: str, value: Any) -> None:
    """Raises `InvalidValueError` for what is no time; None is none."""
    if value is not None and (type(value) not in (int, float) or not 0 < value < _INFINITE):
        raise InvalidValueError(f"{name} must be seconds above 0, not {value!r:.40}")
