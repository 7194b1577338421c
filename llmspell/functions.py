"""Functions of a script, as they cross the border: `{"$function": n}`, called back by their number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

Invoke: TypeAlias = Callable[[int, list[Any]], Awaitable[Any]]
"""Calls a function of the script, by its number."""

FUNCTION_KEY = "$function"

_GIVEN: dict[type, str] = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def is_function(value: object) -> bool:
    """Whether a value of the border is a function of the script."""
    return type(value) is dict and len(value) == 1 and type(value.get(FUNCTION_KEY)) is int


def script_function(invoke: Invoke, number: int) -> Callable[..., Awaitable[Any]]:
    """The function of the script with that number, as Python calls it."""

    def call(*args: Any) -> Awaitable[Any]:
        return invoke(number, list(args))

    return call


def given(value: object) -> str:
    """What the script passed, in a few words."""
    if is_function(value):
        return "a function"
    return _GIVEN.get(type(value), f"a {type(value).__name__}")
