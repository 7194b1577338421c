"""Server-sent events, as a decoder without I/O.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html, except that an event without its final
blank line still counts: several servers close the connection right after their last line.
"""

from __future__ import annotations

from typing import NamedTuple

from llmspell.errors import ProviderError

MAX_EVENT = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One event: its name (empty for most) and its data, the lines joined by line feeds."""

    name: str
    data: bytes


class Decoder:
    """Bytes in, events out. Pieces may be cut anywhere, within a character or a line end too.

    Raises `ProviderError` for an event of more than 16 MiB.
    """

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._started = False
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that this piece completes."""
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        if b"\r" in piece:
            self._after_cr = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._grow(len(piece))
        if b"\n" not in piece:
            self._partial.append(piece)
            return []
        lines = piece.split(b"\n")
        if self._partial:
            lines[0] = b"".join((*self._partial, lines[0]))
        self._partial = [lines.pop()]
        return self._lines(lines)

    def end(self) -> list[ServerEvent]:
        """The event that the end of the stream completes, if one was open."""
        last = b"".join(self._partial)
        self._partial = []
        return self._lines([last, b""])

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_EVENT:
            raise ProviderError(f"an event of the stream is larger than {MAX_EVENT >> 20} MiB")

    def _lines(self, lines: list[bytes]) -> list[ServerEvent]:
        events: list[ServerEvent] = []
        if not self._started:
            self._started = True
            lines[0] = lines[0].removeprefix(_BOM)
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
            elif not line:
                if self._data:
                    events.append(ServerEvent(self._name, b"\n".join(self._data)))
                    self._data = []
                self._name = ""
                self._size = 0
            else:
                self._field(line)
        return events

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"event":
            self._name = value.removeprefix(b" ").decode(errors="replace")
        elif name == b"data":
            self._data.append(b"")
