"""AWS event streams: frames with headers and two checksums, as a decoder without I/O.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the frames: 4 bytes each for
the length of the frame, the length of its headers and the CRC-32 of those eight; headers; payload; the CRC-32 of all.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

from llmspell.errors import ProviderError
from llmspell.providers.wire.streams import load_object

MAX_FRAME = 16 * 1024 * 1024
_PRELUDE = 12
_LEAST = _PRELUDE + 4
_FIXED = {2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""The sizes of the values of headers by their types; true and false (0 and 1) have none, 6 and 7 say theirs."""


class Frames:
    """Frames become `{"kind", "name", "data"}`: `event`, `exception` or `error`, which one, and the JSON payload.

    Raises `ProviderError` for a frame that is damaged or larger than 16 MiB.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = _PRELUDE

    def feed(self, piece: bytes) -> list[dict[str, Any]]:
        """The frames that this piece completes."""
        self._buffer += piece
        frames = []
        while len(self._buffer) >= self._wanted:
            if self._wanted == _PRELUDE:
                self._wanted = _length(bytes(self._buffer[:_PRELUDE]))
                continue
            frame = bytes(self._buffer[: self._wanted])
            del self._buffer[: self._wanted]
            self._wanted = _PRELUDE
            frames.append(_frame(frame))
        return frames

    def end(self) -> list[dict[str, Any]]:
        """Nothing: a frame that is cut off says nothing."""
        return []


def _length(prelude: bytes) -> int:
    total, headers, check = struct.unpack("!III", prelude)
    if zlib.crc32(prelude[:8]) != check:
        raise _damaged("the checksum of a frame's beginning is wrong")
    if not _LEAST <= total <= MAX_FRAME or headers > total - _LEAST:
        raise _damaged("a frame has an impossible length")
    return int(total)


def _frame(frame: bytes) -> dict[str, Any]:
    (check,) = struct.unpack("!I", frame[-4:])
    if zlib.crc32(frame[:-4]) != check:
        raise _damaged("the checksum of a frame is wrong")
    (size,) = struct.unpack_from("!I", frame, 4)
    headers = _headers(frame[_PRELUDE : _PRELUDE + size])
    payload = frame[_PRELUDE + size : -4]
    kind = headers.get(":message-type", "event")
    if kind == "error":
        return {
            "kind": kind,
            "name": headers.get(":error-code", ""),
            "data": {"message": headers.get(":error-message")},
        }
    name = headers.get(":exception-type" if kind == "exception" else ":event-type", "")
    return {"kind": kind, "name": name, "data": load_object(payload) if payload.strip() else {}}


def _headers(data: bytes) -> dict[str, str]:
    """The headers that are texts; the others are stepped over."""
    headers = {}
    position = 0
    try:
        while position < len(data):
            name_size = data[position]
            position += 1
            name = data[position : position + name_size].decode()
            kind = data[position + name_size]
            position += name_size + 1
            if kind in (6, 7):
                (size,) = struct.unpack_from("!H", data, position)
                position += 2
            else:
                size = 0 if kind in (0, 1) else _FIXED[kind]
            if position + size > len(data):
                raise _damaged("a header of a frame is cut off")
            if kind == 7:
                headers[name] = data[position : position + size].decode()
            position += size
    except (IndexError, KeyError, struct.error, UnicodeDecodeError):
        raise _damaged("a frame has impossible headers") from None
    return headers


def _damaged(why: str) -> ProviderError:
    return ProviderError(f"the event stream is damaged: {why}", retryable=True)
