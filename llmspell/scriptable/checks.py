"""Checks what a script passed against a shape, and says in one sentence what is wrong and where.

Scripts are hostile: whatever passes here is exactly of the declared shape. Two kindnesses make both languages
pleasant: null stands for an absent optional value, and Lua's empty table is an empty list where a list belongs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError
from llmspell.functions import FUNCTION_KEY, Invoke, given, is_function, script_function
from llmspell.nearest import near
from llmspell.scriptable.shapes import Bounds, Choice, Function, ListOf, MapOf, OneOf, Record, Scalar, Shape

Check: TypeAlias = Callable[[Any, Invoke | None], Any]
"""Gives the value as Python wants it, or raises `Mismatch`."""

_UNBOUNDED = Bounds()
_ANY = object
_TAKES: dict[str, tuple[type, ...]] = {
    "any": (_ANY,),
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
    "text": (str,),
}
_EXPECTED = {
    "any": "a value",
    "null": "null",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "text": "text",
}


class Mismatch(Exception):  # noqa: N818  # never leaves this package; `error()` makes the error of it
    """Carries the reason up to the method; each level adds its part of the path.

    `reason` follows the name of the place (`must be text`). `value` tells errors of kind `value` from those of kind
    `type`.
    """

    def __init__(self, reason: str, *, value: bool = False, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
        self.hint = hint
        self.path: list[tuple[bool, str]] = []

    def within(self, name: str, *, item: bool = False) -> Mismatch:
        """The same mismatch, seen from one level further out."""
        self.path.append((item, name))
        return self

    def error(self, method: str, hint: str) -> LlmspellError:
        """The error for the script."""
        cls = InvalidValueError if self.value else ArgumentTypeError
        place = self._place()
        return cls(f"{method}: {place}{' ' if place else ''}{self.reason}", hint=self.hint or hint)

    def _place(self) -> str:
        place, after_item = "", False
        for item, name in reversed(self.path):
            joint = ": " if item or after_item else "."
            place += joint + name if place else name
            after_item = item
        return place


def compile_check(shape: Shape) -> Check:
    """The check of a shape, built once and run for every call."""
    match shape:
        case Scalar():
            return _scalar_check(shape)
        case Choice():
            return partial(_check_choice, shape)
        case ListOf():
            return partial(_check_list, shape, compile_check(shape.item), _noun(shape.item))
        case MapOf():
            return partial(_check_map, shape, compile_check(shape.value))
        case OneOf():
            return _union_check(shape)
        case Record():
            return _record_check(shape)
        case Function():
            return _check_function
        case _:
            raise TypeError(f"a script cannot pass {shape}")


def expected(shape: Shape) -> str:
    """The shape in a few words, as in `must be ...`."""
    match shape:
        case Scalar(name):
            return _EXPECTED[name]
        case Choice(values):
            return listed([f'"{value}"' for value in values])
        case OneOf(shapes):
            return listed([expected(member) for member in shapes if member != Scalar("null")])
        case ListOf():
            return "a list"
        case Function():
            return "a function"
        case _:
            return "an object"


def listed(words: list[str]) -> str:
    """`a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _mismatch(shape: Shape, value: object) -> Mismatch:
    return Mismatch(f"must be {expected(shape)}, not {given(value)}")


def _scalar_check(shape: Scalar) -> Check:
    if shape.name == "any":
        return _pass
    if shape.name in ("integer", "number"):
        return partial(_check_number, shape, shape.name == "integer")
    return partial(_check_type, shape, _TAKES[shape.name][0])


def _pass(value: Any, _invoke: Invoke | None) -> Any:
    return value


def _check_type(shape: Shape, type_: type, value: Any, _invoke: Invoke | None) -> Any:
    if type(value) is not type_:
        raise _mismatch(shape, value)
    return value


def _check_number(shape: Scalar, whole: bool, value: Any, _invoke: Invoke | None) -> Any:
    if type(value) is not int and type(value) is not float:
        raise _mismatch(shape, value)
    if value - value != 0:
        raise Mismatch("must be a finite number", value=True)
    if whole and value != int(value):
        raise Mismatch(f"must be a whole number, not {value}", value=True)
    if shape.bounds != _UNBOUNDED and not _within(shape.bounds, value):
        raise Mismatch(f"must be {_range(shape.bounds)}, not {value}", value=True)
    return int(value) if whole else value


def _within(bounds: Bounds, value: float) -> bool:
    low, above, high = bounds
    return (low is None or value >= low) and (above is None or value > above) and (high is None or value <= high)


def _range(bounds: Bounds) -> str:
    words = [f"{name.replace('_', ' ')} {limit}" for name, limit in bounds._asdict().items() if limit is not None]
    return " and ".join(words)


def _check_choice(shape: Choice, value: Any, _invoke: Invoke | None) -> Any:
    if type(value) is not str:
        raise _mismatch(shape, value)
    if value in shape.values:
        return value
    shown = value if len(value) <= 40 else f"{value[:40]}..."
    raise Mismatch(f'must be {expected(shape)}, not "{shown}"', value=True, hint=near(value, shape.values))


def _check_list(shape: ListOf, item: Check, noun: str, value: Any, invoke: Invoke | None) -> Any:
    if type(value) is not list:
        if value == {}:
            return []
        raise _mismatch(shape, value)
    checked: list[Any] = []
    try:
        for entry in value:
            checked.append(item(entry, invoke))  # noqa: PERF401  # its length says where a check failed
    except Mismatch as error:
        raise error.within(f"{noun} {len(checked) + 1}", item=True) from None
    return checked


def _check_map(shape: MapOf, item: Check, value: Any, invoke: Invoke | None) -> Any:
    if type(value) is not dict or is_function(value):
        if value == []:
            return {}
        raise _mismatch(shape, value)
    checked = {}
    for key, entry in value.items():
        try:
            checked[key] = item(entry, invoke)
        except Mismatch as error:
            raise error.within(key[:40]) from None
    return checked


def _union_check(shape: OneOf) -> Check:
    table: dict[object, Check] = {}
    for member in shape.shapes:
        check = compile_check(member)
        for type_ in _takes(member):
            table.setdefault(type_, check)
    otherwise = table.get(_ANY)

    def check_union(value: Any, invoke: Invoke | None) -> Any:
        check = table.get(_kind(value), otherwise)
        if check is None and value in ({}, []):
            check = table.get(list) or table.get(dict)
        if check is None:
            raise _mismatch(shape, value)
        return check(value, invoke)

    return check_union


def _kind(value: object) -> object:
    return Function if is_function(value) else type(value)


def _takes(shape: Shape) -> tuple[object, ...]:
    match shape:
        case Scalar(name):
            return _TAKES[name]
        case Choice():
            return (str,)
        case ListOf():
            return (list,)
        case Function():
            return (Function,)
        case OneOf(shapes):
            return tuple(type_ for member in shapes for type_ in _takes(member))
        case _:
            return (dict,)


def _record_check(shape: Record) -> Check:
    fields = [(name, compile_check(field.shape), field) for name, field in shape.fields.items()]

    def check_record(value: Any, invoke: Invoke | None) -> Any:
        if type(value) is not dict or is_function(value):
            if value == []:
                value = {}
            else:
                raise _mismatch(shape, value)
        checked = {}
        for name, check, field in fields:
            entry = value.get(name)
            if entry is not None:
                try:
                    checked[name] = check(entry, invoke)
                except Mismatch as error:
                    raise error.within(name) from None
            elif field.required:
                raise Mismatch(f"is missing; it must be {expected(field.shape)}").within(name)
        if len(checked) != len(value):
            _refuse_unknown(shape, value)
        return checked

    return check_record


def _refuse_unknown(shape: Record, value: dict[str, Any]) -> None:
    for name in value:
        if name not in shape.fields:
            extra = "; options of one provider alone go into 'extra'" if "extra" in shape.fields else ""
            hint = near(name, shape.fields) or f"it has {listed([*shape.fields])}{extra}".replace(" or ", " and ")
            raise Mismatch(f"has no field '{name[:40]}'", hint=hint)


def _noun(shape: Shape) -> str:
    """What an item is called in a path: the last word of its type, as in `message 2`."""
    if not isinstance(shape, Record):
        return "item"
    last = max((at for at, letter in enumerate(shape.name) if letter.isupper()), default=0)
    return shape.name[last:].lower()


def _check_function(value: Any, invoke: Invoke | None) -> Any:
    if not is_function(value):
        raise _mismatch(Function(), value)
    if invoke is None:
        raise Mismatch("cannot be a function here")
    return script_function(invoke, value[FUNCTION_KEY])
