"""Bytes that stay in the runtime: pictures, recordings, files, bodies. A script holds a handle.

A handle is `{"blob": id, "mime": media type, "size": bytes}`. Only `blob` is ever looked at when a script passes it
back, and an id is 128 random bits that are looked up in the blobs of that run alone, so that a handle can neither be
guessed nor carried from one run to another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from llmspell.errors import InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from typing import TypedDict

    class Handle(TypedDict):
        """What stands for a blob in a script."""

        blob: str
        mime: str
        size: int


MAX_BYTES = 256 * 1024 * 1024
"""What the blobs of one run may hold together, unless told otherwise."""
BINARY = "application/octet-stream"
_OVERHEAD = 256


class Blob(NamedTuple):
    """Bytes and their media type, such as `image/png`."""

    data: bytes
    mime: str = BINARY


class Blobs:
    """The blobs of one run, at most `max_bytes` together; each counts 256 bytes more than it holds.

    Those of a run that another one started count there too: `within`.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, *, within: Blobs | None = None) -> None:
        self._max_bytes = max_bytes
        self._held: dict[str, Blob] = {}
        self._used = 0
        self._within = within

    @property
    def room(self) -> int:
        """The size of the largest blob that may still be added."""
        room = max(self._max_bytes - self._used - _OVERHEAD, 0)
        return room if self._within is None else min(room, self._within.room)

    def add(self, data: bytes, mime: str = BINARY) -> Handle:
        """Keep these bytes and give their handle. Raises `InvalidValueError` when there is no room for them."""
        self.check_room(len(data))
        id_ = os.urandom(16).hex()
        self._held[id_] = Blob(data, mime)
        self._count(len(data) + _OVERHEAD)
        return {"blob": id_, "mime": mime, "size": len(data)}

    def check_room(self, size: int) -> None:
        """Raises `InvalidValueError` when a blob of that size has no room; to be asked before it is made."""
        if self._within is not None:
            self._within.check_room(size)
        if self._used + size + _OVERHEAD > self._max_bytes:
            raise InvalidValueError(
                f"a blob of {size} bytes has no room: the blobs of a run may hold {self._max_bytes} bytes together, "
                f"and {self._used} are in use",
                hint="free those that are not needed any more with blob.free",
            )

    def hold(self, size: int) -> None:
        """Count bytes that are on their way to be a blob or a text. Raises `InvalidValueError` as `add` does."""
        self.check_room(size)
        self._count(size)

    def release(self, size: int) -> None:
        """Bytes that were held have arrived, or will not."""
        self._count(-size)

    def get(self, handle: object) -> Blob:
        """The blob of a handle. Raises `NotFoundError` for one that was freed, forged, or made in another run."""
        id_ = id_of(handle)
        found = self._held.get(id_) if id_ is not None else None
        if found is None:
            raise NotFoundError("there is no such blob in this run", hint="it was freed, or comes from another run")
        return found

    def free(self, handle: object) -> None:
        """Forget a blob. Raises `NotFoundError` as `get` does."""
        blob = self.get(handle)
        id_ = id_of(handle)
        if id_ is not None:
            del self._held[id_]
        self._count(-len(blob.data) - _OVERHEAD)

    def take(self, value: object, other: Blobs) -> None:
        """Hold those of another run too whose handles are in `value`. Raises `InvalidValueError` as `add` does."""
        for id_, blob in other.inside(value).items():
            if id_ not in self._held:
                self.check_room(len(blob.data))
                self._held[id_] = blob
                self._count(len(blob.data) + _OVERHEAD)

    def clear(self) -> None:
        """Forget them all: the run is over."""
        self._held.clear()
        self._count(-self._used)

    def _count(self, size: int) -> None:
        self._used += size
        if self._within is not None:
            self._within._count(size)  # noqa: SLF001  # another of this class

    def holding(self, value: Any) -> Any:
        """The same value with a handle in the place of each `Blob` and of all bytes. Raises `InvalidValueError`."""
        if isinstance(value, Blob):
            return self.add(bytes(value.data), value.mime)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.add(bytes(value))
        if isinstance(value, dict):
            return {key: self.holding(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.holding(item) for item in value]
        return value

    def inside(self, value: object) -> dict[str, Blob]:
        """The blobs whose handles are anywhere in a value that crossed the border, by their ids."""
        if not self._held:
            return {}
        return {id_: self._held[id_] for id_ in _ids(value) if id_ in self._held}


def id_of(handle: object) -> str | None:
    """The id in a handle; None for what is no handle."""
    id_ = handle.get("blob") if isinstance(handle, dict) else None
    return id_ if isinstance(id_, str) else None


def _ids(value: Any) -> Iterator[str]:
    open_ = [value]
    while open_:
        value = open_.pop()
        if isinstance(value, list):
            open_ += value
        elif isinstance(value, dict):
            if (id_ := id_of(value)) is not None:
                yield id_
            open_ += value.values()
