"""Undoes the compression of a body, a bounded piece at a time: what is small on the wire may be huge."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from llmspell.errors import ProviderError

ACCEPTED = "gzip, deflate"
_PIECE = 64 * 1024
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Inflater:
    """Bytes in, bytes out, for one `Content-Encoding`: `gzip`, `deflate` or none.

    Raises `ProviderError` for another encoding, or for several: nobody asked for them.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in ("", "identity", "gzip", "deflate"):
            raise ProviderError(f"the answer is compressed in a way that was not asked for: {self._encoding[:40]!r}")
        self._plain = self._encoding in ("", "identity")
        self._decoder = None if self._encoding == "deflate" else zlib.decompressobj(_GZIP)
        self._begun = b""
        self._fed = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What this piece holds, in pieces of at most 64 KiB, each made when it is asked for."""
        if self._plain:
            for at in range(0, len(piece), _PIECE):
                yield piece[at : at + _PIECE]
            return
        self._fed = self._fed or bool(piece)
        if self._decoder is None:
            self._begun += piece
            if len(self._begun) < 2:
                return
            piece, self._decoder = self._begun, zlib.decompressobj(_wrapping(self._begun))
        yield from self._inflated(piece)

    def end(self) -> None:
        """The body is over. Raises `ProviderError` when more must have followed."""
        if not self._plain and self._fed and (self._decoder is None or not self._decoder.eof):
            raise ProviderError("the compressed answer ends too early")

    def _inflated(self, piece: bytes) -> Iterator[bytes]:
        found = b""
        while piece or len(found) == _PIECE:  # a full piece may not be all that the decoder has
            assert self._decoder is not None  # noqa: S101  # for the type checker
            if self._decoder.eof:
                if self._encoding != "gzip" or not piece.startswith(b"\x1f"):
                    return  # padding
                self._decoder = zlib.decompressobj(_GZIP)  # the next of several members (RFC 1952)
            try:
                found = self._decoder.decompress(piece, _PIECE)
            except zlib.error:
                raise ProviderError("the answer cannot be decompressed") from None
            piece = self._decoder.unconsumed_tail or self._decoder.unused_data
            if found:
                yield found


def _wrapping(begun: bytes) -> int:
    """What servers call deflate comes with and without zlib's header (RFC 1950, RFC 1951)."""
    return _ZLIB if begun[0] & 0x0F == 8 and int.from_bytes(begun[:2], "big") % 31 == 0 else _RAW
