"""A stream is chunks, cut out of bytes in one of several ways, and a reader that makes events of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from llmspell.errors import ProviderError
from llmspell.providers.base import Event
from llmspell.providers.wire import sse
from llmspell.providers.wire.bodies import loads, not_an_answer

T = TypeVar("T")

MAX_LINE = 16 * 1024 * 1024


class Chunks(Protocol):
    """Cuts objects out of bytes, however those come."""

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """The objects that this piece completes. Raises `ProviderError` for bytes that are none."""
        ...

    def end(self) -> list[dict[str, Any]]:
        """The object that the end of the stream completes, if one was open."""
        ...


class Reader(ABC):
    """Makes events of the chunks of one answer."""

    finished = False
    """Whether the answer is complete, though more may be told of it."""
    done = False
    """Whether nothing more will come, and `end()` was given."""

    @abstractmethod
    def read(self, chunk: dict[str, Any]) -> list[Event]:
        """The events of a chunk. Raises `RefusedError` for one that tells of an error."""

    @abstractmethod
    def end(self) -> list[Event]:
        """What was kept for the end: the usage and why the model stopped."""

    def finish(self) -> list[Event]:
        """`end()`, once."""
        self.done = True
        return self.end()


class Decoder:
    """The decoder of one stream."""

    def __init__(self, chunks: Chunks, reader: Reader) -> None:
        self.done = False
        self._chunks = chunks
        self._reader = reader

    def feed(self, piece: bytes) -> list[Event]:
        """The events in the next bytes. Raises `RefusedError` for an error event, `ProviderError` for nonsense."""
        return self._events(self._chunks.feed(piece))

    def end(self) -> list[Event]:
        """The events left when the connection closed. Raises `ProviderError` when that was too early."""
        if self.done:
            return []
        events = self._events(self._chunks.end())
        if not self.done:
            if not self._reader.finished:
                raise ProviderError("the stream was cut off before the answer was finished", retryable=True)
            events += self._reader.finish()
            self.done = True
        return events

    def _events(self, chunks: list[dict[str, Any]]) -> list[Event]:
        events: list[Event] = []
        for chunk in chunks:
            if self._reader.done:
                break
            events += guarded(self._reader.read, chunk)
        self.done = self._reader.done
        return events


def guarded(read: Callable[[dict[str, Any]], T], data: dict[str, Any]) -> T:
    """`read(data)`, where a field that is missing or of another type means that `data` is not an answer."""
    try:
        return read(data)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise not_an_answer(data) from None


def load_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises `ProviderError` for anything else, `RefusedError` if that tells of an error."""
    data = loads(body)
    if not isinstance(data, dict):
        raise not_an_answer(data)
    return data


class ServerSentObjects:
    """Server-sent events whose data is a JSON object; `[DONE]` says what the reader knows already."""

    def __init__(self) -> None:
        self._decoder = sse.Decoder()

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """The objects that this piece completes."""
        return _objects(self._decoder.feed(piece))

    def end(self) -> list[dict[str, Any]]:
        """The object that the end of the stream completes."""
        return _objects(self._decoder.end())


def _objects(received: list[sse.ServerEvent]) -> list[dict[str, Any]]:
    return [load_object(data) for _, data in received if data and data != b"[DONE]"]


class Lines:
    """A JSON object on each line (ndjson).

    Raises `ProviderError` for a line of more than 16 MiB.
    """

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """The objects that this piece completes."""
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._partial, lines[0]))
            self._partial, self._size = [], 0
        self._partial.append(rest)
        self._size += len(rest)
        if self._size > MAX_LINE:
            raise ProviderError(f"a line of the stream is larger than {MAX_LINE >> 20} MiB")
        return [load_object(line) for line in lines if line.strip()]

    def end(self) -> list[dict[str, Any]]:
        """The object on a last line without its end."""
        line = b"".join(self._partial)
        self._partial = []
        return [load_object(line)] if line.strip() else []
