"""What a value on the border may be: JSON, and nothing else.

`check` is the one place where that is decided, for both directions and both isolations: null, booleans,
integers of 64 bits, finite numbers, valid Unicode, arrays, and objects with text keys; at most 200 levels
deep and 16 MiB large. A number without a fraction is an integer, so that Lua's `5.0` and JavaScript's `5`
are one value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from llmspell.errors import InvalidValueError

Value: TypeAlias = Any  # None | bool | int | float | str | list[Value] | dict[str, Value]

MAX_DEPTH = 200
MAX_BYTES = 16 * 1024 * 1024
MAX_SAFE_INTEGER = 2**53

_BLANKS = " \t\r\n"
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


class _NotJsonError(Exception):
    """Carries the reason up through the levels, which add the path."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path: list[str] = []


def check(value: object, what: str = "the value", *, levels: int = MAX_DEPTH) -> Value:
    """The value as it crosses the border: tuples become arrays, whole floats integers.

    Raises `InvalidValueError`, which names the place inside `what`, when it is not JSON or passes a limit.
    """
    try:
        return _check(value, levels, [MAX_BYTES - 8])
    except _NotJsonError as refused:
        raise _refusal(refused, what, levels) from None


def weigh(value: object, what: str = "the value") -> tuple[Value, int]:
    """The same, and about how many bytes it has as JSON."""
    room = [MAX_BYTES - 8]
    try:
        return _check(value, MAX_DEPTH, room), MAX_BYTES - room[0]
    except _NotJsonError as refused:
        raise _refusal(refused, what, MAX_DEPTH) from None


def _refusal(refused: _NotJsonError, what: str, levels: int) -> InvalidValueError:
    place = what + "".join(reversed(refused.path))
    return InvalidValueError(
        f"{place} {refused.reason}", hint=f"only JSON crosses: at most {levels} levels and {MAX_BYTES >> 20} MiB"
    )


def dumps(value: Value) -> bytes:
    """A checked value as compact UTF-8 JSON."""
    return _encode(value).encode()


def ascii_text(value: Value) -> str:
    """A checked value as compact JSON in ASCII."""
    return _encode_ascii(value)


def loads(data: bytes) -> Value:
    """The JSON in `data`, not yet checked for depth and Unicode. Raises `InvalidValueError` if it is none."""
    try:
        text = data.decode().strip(_BLANKS)
        value, end = _scan(text, 0)
    except StopIteration as stop:
        raise InvalidValueError(f"not JSON: a value is missing at character {stop.value}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"not JSON: {error}") from None
    if end != len(text):
        raise InvalidValueError(f"not JSON: something follows the value at character {end}")
    return value


def _check(value: Any, depth: int, room: list[int]) -> Value:
    kind = type(value)
    if kind is str:
        room[0] -= len(value)  # most values are short texts: no function call for those
        if room[0] < 0 or not value.isascii():
            _check_text(value, room)
        return value
    if kind is int:
        if not _LOWEST <= value <= _HIGHEST:
            raise _NotJsonError("is an integer outside 64 bits")
        return value
    if kind is float:
        return _check_float(value)
    if value is None or kind is bool:
        return value
    if isinstance(value, dict):
        _enter(value, depth, room)
        return _check_object(value, depth - 1, room)
    if isinstance(value, (list, tuple)):
        _enter(value, depth, room)
        return _check_array(value, depth - 1, room)
    if isinstance(value, (int, float, str)):  # an enum member or another subclass: its plain value
        plain = next(base for base in (int, float, str) if isinstance(value, base))
        return _check(plain(value), depth, room)
    raise _NotJsonError(f"is {'an' if kind.__name__[0] in 'aeiouAEIOU' else 'a'} {kind.__name__}")


def _enter(value: list[Any] | tuple[Any, ...] | dict[Any, Any], depth: int, room: list[int]) -> None:
    if depth == 0:
        raise _NotJsonError("is nested too deeply, or contains itself")
    room[0] -= 8 * len(value)
    if room[0] < 0:
        raise _NotJsonError("is too large")


def _spend(size: int, room: list[int]) -> None:
    room[0] -= size
    if room[0] < 0:
        raise _NotJsonError("is too large")


def _check_text(value: str, room: list[int]) -> None:
    """For text whose characters are already counted: what its bytes are more than that."""
    try:
        _spend(len(value.encode()) - len(value), room)
    except UnicodeEncodeError:
        raise _NotJsonError("is not valid Unicode (a lone surrogate)") from None


def _check_float(value: float) -> Value:
    if value - value != 0:
        raise _NotJsonError("is not a finite number")
    if value.is_integer() and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return int(value)
    return value


def _check_array(value: list[Any] | tuple[Any, ...], depth: int, room: list[int]) -> Value:
    checked: list[Any] = []
    try:
        for item in value:
            checked.append(_check(item, depth, room))  # noqa: PERF401  # its length says where a check failed
    except _NotJsonError as refused:
        refused.path.append(f"[{len(checked)}]")
        raise
    return checked


def _check_object(value: dict[Any, Any], depth: int, room: list[int]) -> Value:
    checked = {}
    key: Any = None
    _check_keys(value, room)
    try:
        for key, item in value.items():
            checked[key] = item if item is None else _check(item, depth, room)
    except _NotJsonError as refused:
        refused.path.append(f".{key:.40}")
        raise
    return checked


def _check_keys(value: dict[Any, Any], room: list[int]) -> None:
    try:
        keys = "".join(value)
    except TypeError:
        wrong = next(key for key in value if not isinstance(key, str))
        raise _NotJsonError(f"has a key that is not text: {wrong!r:.40}") from None
    _spend(len(keys), room)
    if not keys.isascii():
        _check_text(keys, room)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _no_value(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} is not JSON")


def _encoder(*, ascii_only: bool) -> Callable[[Value], str]:
    # What JSONEncoder.encode makes anew for every value, which takes longer than encoding a short message.
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return json.JSONEncoder(ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":")).encode
    quote = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    encode = make(None, _no_value, quote, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


_encode = _encoder(ascii_only=False)
_encode_ascii = _encoder(ascii_only=True)
_scan = json.JSONDecoder(parse_constant=_no_constant).scan_once  # type: ignore[attr-defined]  # set by its constructor
