"""The messages of the border as bytes: length-prefixed JSON.

To a worker go `["start", {...}]` once and then `["feed", now, [message, ...]]`; from it come
`[ended, [message, ...]]`, where `ended` says that the slice is over. A message is its tag and its fields.
What comes from a worker is not trusted: `from_worker` checks everything before anybody uses it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llmspell import values
from llmspell.border import (
    Abort,
    Call,
    Cancel,
    Done,
    EngineLimits,
    Failed,
    FromSpell,
    Invoke,
    Print,
    Raise,
    Reject,
    Resolve,
    Return,
    SpellSource,
    ToSpell,
)
from llmspell.errors import InternalError, InvalidValueError

HEADER = struct.Struct(">I")
MAX_FRAME = 4 * values.MAX_BYTES
STREAMS = frozenset({"stdout", "debug", "info", "warn", "error"})
_MAX_ID = values.MAX_SAFE_INTEGER

_TAGS: dict[type, str] = {
    Call: "call",
    Cancel: "cancel",
    Return: "return",
    Raise: "raise",
    Print: "print",
    Done: "done",
    Failed: "failed",
    Resolve: "resolve",
    Reject: "reject",
    Invoke: "invoke",
    Abort: "abort",
}
_TO_SPELL: dict[str, Callable[..., ToSpell]] = {
    "resolve": Resolve,
    "reject": Reject,
    "invoke": Invoke,
    "abort": Abort,
}


def pack(payload: object) -> bytes:
    """One frame."""
    body = values.dumps(payload)
    return HEADER.pack(len(body)) + body


def start(spell: SpellSource) -> bytes:
    """The frame that starts a spell in a worker."""
    return pack(["start", spell._asdict() | {"limits": list(spell.limits)}])


def feed(messages: Sequence[ToSpell], now: float) -> bytes:
    """The frame that delivers answers."""
    return pack(["feed", now, [[_TAGS[type(message)], *message] for message in messages]])


def message(message: FromSpell) -> bytes:
    """One message of a worker, to be joined into frames by `from_messages`."""
    return values.dumps([_TAGS[type(message)], *message])


def from_messages(encoded: Sequence[bytes], *, ended: bool) -> bytes:
    """The frame in which a worker tells what a slice did."""
    body = b"[%b,[%b]]" % (b"true" if ended else b"false", b",".join(encoded))
    return HEADER.pack(len(body)) + body


def read_start(frame: list[Any]) -> SpellSource:
    """The spell of a `start` frame."""
    fields = dict(frame[1])
    return SpellSource(**fields | {"limits": EngineLimits(*fields["limits"])})


def read_feed(frame: list[Any]) -> tuple[list[ToSpell], float]:
    """The messages and the time of a `feed` frame."""
    return [_TO_SPELL[tag](*fields) for tag, *fields in frame[2]], frame[1]


class FrameBuffer:
    """Cuts a stream of bytes into the JSON bodies of its frames."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that `data` completes. Raises `InternalError` for one that is too large."""
        if not self._bytes and len(data) - HEADER.size == int.from_bytes(data[: HEADER.size]):
            yield data[HEADER.size :]  # one whole frame, as nearly always
            return
        self._bytes += data
        while len(self._bytes) >= HEADER.size:
            (length,) = HEADER.unpack_from(self._bytes)
            if length > MAX_FRAME:
                raise InternalError(f"a frame of {length} bytes is larger than {MAX_FRAME}")
            end = HEADER.size + length
            if len(self._bytes) < end:
                return
            body = bytes(self._bytes[HEADER.size : end])
            del self._bytes[:end]  # before the yield: a reader may stop there
            yield body


def from_worker(body: bytes) -> tuple[list[FromSpell], bool]:
    """The messages of a frame from a worker, and whether its slice has ended.

    Raises `InternalError` for anything that an honest worker does not send.
    """
    try:
        frame = values.loads(body)
        ended, messages = frame
        if type(ended) is not bool or type(messages) is not list:
            raise InvalidValueError("a frame is not [bool, list]")
        return [_READERS[tag](*fields) for tag, *fields in messages], ended
    except (InvalidValueError, TypeError, ValueError, KeyError) as error:
        raise InternalError(f"the worker of the spell sent something that is not a message: {error}") from None


def _id(number: object) -> int:
    if type(number) is not int or not 0 <= number <= _MAX_ID:
        raise InvalidValueError("a message id is not a number")
    return number


def _text(text: object) -> str:
    if type(text) is not str:
        raise InvalidValueError("a field is not text")
    return values.check(text)  # type: ignore[no-any-return]  # text stays text


def _object(value: object) -> dict[str, Any]:
    if type(value) is not dict:
        raise InvalidValueError("a field is not an object")
    return values.check(value)  # type: ignore[no-any-return]  # an object stays one


def _stream(name: object) -> str:
    if name not in STREAMS:
        raise InvalidValueError("there is no such output stream")
    return str(name)


_READERS: dict[str, Callable[..., FromSpell]] = {
    "call": lambda id_, method, args: Call(_id(id_), _text(method), _object(args)),
    "cancel": lambda id_: Cancel(_id(id_)),
    "return": lambda id_, value: Return(_id(id_), values.check(value)),
    "raise": lambda id_, error: Raise(_id(id_), _object(error)),
    "print": lambda stream, text: Print(_stream(stream), _text(text)),
    "done": lambda value: Done(values.check(value)),
    "failed": lambda error: Failed(_object(error)),
}
