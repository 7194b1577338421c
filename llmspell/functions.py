"""Functions of a script, as they cross the border: `{"$function": n}`, called back by their number."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from llmspell.errors import InvalidValueError

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


def refuse_functions(value: Any, what: str) -> None:
    """For data that outlives the call: a function in it would be a number that means another one elsewhere.

    Raises `InvalidValueError`; `what` says what the value is.
    """
    open_ = [(what, value)]
    while open_:
        place, value = open_.pop()
        if is_function(value):
            raise InvalidValueError(f"{place} is a function", hint="pass data; functions stay in the spell")
        if type(value) is dict:
            open_ += [(f"{place}.{key:.40}", item) for key, item in value.items() if type(item) in (dict, list)]
        elif type(value) is list:
            open_ += [(f"{place}[{at}]", item) for at, item in enumerate(value) if type(item) in (dict, list)]


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
