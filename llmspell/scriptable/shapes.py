"""What a parameter or a result may be: a small tree of shapes, read once from Python type hints.

The same tree checks what a script passes (`checks`), renames fields for JavaScript (`specs`) and becomes the
types of the editor stubs and the reference (`generate`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

ScriptFunction: TypeAlias = Callable[..., Awaitable[Any]]
"""A function that a script handed over; on the wire `{"$function": n}`."""


YEAR = 365 * 24 * 60 * 60
"""The longest time that a script may name, in seconds."""


class Bounds(NamedTuple):
    """In `Annotated`: the numbers that are allowed."""

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None


class Scalar(NamedTuple):
    """`any`, `null`, `boolean`, `integer`, `number` or `text`."""

    name: str
    bounds: Bounds = Bounds()


class Choice(NamedTuple):
    """One of these texts."""

    values: tuple[str, ...]


class ListOf(NamedTuple):
    """A list of one kind of item."""

    item: Shape


class MapOf(NamedTuple):
    """An object with keys of the user's choice."""

    value: Shape


class OneOf(NamedTuple):
    """A union; its members differ in kind (text, number, list, ...), so that the value says which is meant."""

    shapes: tuple[Shape, ...]


class Function(NamedTuple):
    """A function of the script."""


class Stream(NamedTuple):
    """Items that come one after the other; only ever a result."""

    item: Shape


class Field(NamedTuple):
    """One declared field of a record."""

    shape: Shape
    required: bool


class Record(NamedTuple):
    """An object with declared fields: a `TypedDict`."""

    cls: type
    fields: Mapping[str, Field]

    @property
    def name(self) -> str:
        """The name of the type in stubs and the reference."""
        return self.cls.__name__


Shape: TypeAlias = Scalar | Choice | ListOf | MapOf | OneOf | Function | Stream | Record

_SCALARS: dict[Any, Scalar] = {
    Any: Scalar("any"),
    None: Scalar("null"),
    NoneType: Scalar("null"),
    bool: Scalar("boolean"),
    int: Scalar("integer"),
    float: Scalar("number"),
    str: Scalar("text"),
}


def shape_of(hint: Any) -> Shape:
    """The shape of a resolved type hint. Raises `TypeError` for a hint that no script value can have."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(shape_of(args[0]), args[1:])
    if origin in (Union, UnionType):
        return OneOf(tuple(shape_of(arg) for arg in args))
    if origin is Literal:
        return Choice(args)
    if origin is list:
        return ListOf(shape_of(args[0]))
    if origin is dict and args[0] is str:
        return MapOf(shape_of(args[1]))
    if origin is AsyncIterator:
        return Stream(shape_of(args[0]))
    if hint == ScriptFunction:
        return Function()
    return _named(hint)


def _named(hint: Any) -> Shape:
    if is_typeddict(hint):
        return record_of(hint)
    try:
        return _SCALARS[hint]
    except (KeyError, TypeError):
        raise TypeError(f"no script value is a {hint!r}") from None


def _annotated(shape: Shape, extras: tuple[Any, ...]) -> Shape:
    for extra in extras:
        if isinstance(extra, Bounds) and isinstance(shape, Scalar):
            shape = shape._replace(bounds=extra)
    return shape


@cache
def record_of(cls: type) -> Record:
    """The shape of a `TypedDict` class."""
    hints = get_type_hints(cls, include_extras=True)
    return Record(cls, {name: _field(cls, name, hint) for name, hint in hints.items()})


def _field(cls: Any, name: str, hint: Any) -> Field:
    origin = get_origin(hint)
    if origin in (Required, NotRequired):
        return Field(shape_of(get_args(hint)[0]), origin is Required)
    return Field(shape_of(hint), name in cls.__required_keys__)


def members(shape: Shape) -> tuple[Shape, ...]:
    """The shapes of a union, or the one shape itself."""
    return shape.shapes if isinstance(shape, OneOf) else (shape,)
