"""`blob`: bytes that stay in the runtime, for scripts that hold their handles."""

from __future__ import annotations

import base64
import hashlib
from typing import Annotated, Literal, TypeAlias

from llmspell.errors import InvalidValueError
from llmspell.scriptable.context import RunContext
from llmspell.scriptable.records import BlobHandle
from llmspell.scriptable.shapes import Bounds
from llmspell.system.threads import quick
from llmspell.values import MAX_BYTES

Offset: TypeAlias = Annotated[int, Bounds(at_least=0)]
_MAX_TEXT = MAX_BYTES - 1024


class ScriptableBlob:
    """Bytes that stay in the runtime. A script holds handles; all methods take and give those.

    The blobs of a run have at most 256 MiB together.
    """

    def __init__(self, context: RunContext) -> None:
        self._blobs = context.blobs

    def text(self, handle: BlobHandle) -> str:
        """The bytes as text. Fails with `value` when they are not UTF-8, or more than 16 MiB."""
        data = self._blobs.get(handle).data
        _check_size(len(data), "text")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise InvalidValueError(
                f"text: the blob is no text: byte {error.start} is not UTF-8", hint="blob.base64 takes any bytes"
            ) from None

    def base64(self, handle: BlobHandle) -> str:
        """The bytes in base64. Fails with `value` for more than 12 MiB."""
        data = self._blobs.get(handle).data
        _check_size((len(data) + 2) // 3 * 4, "base64")
        return base64.b64encode(data).decode()

    def from_text(self, text: str, mime: str = "text/plain") -> BlobHandle:
        """A blob with the text in UTF-8."""
        return self._blobs.add(text.encode(), _checked_mime("from_text", mime))

    def from_base64(self, text: str, mime: str = "application/octet-stream") -> BlobHandle:
        """A blob with the bytes that the text has in base64."""
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:
            raise InvalidValueError("from_base64: text is not base64", hint="pass it without spaces") from None
        return self._blobs.add(data, _checked_mime("from_base64", mime))

    def hash(self, handle: BlobHandle, algorithm: Literal["sha256", "sha1", "sha512", "md5"] = "sha256") -> str:
        """The hash of the bytes in hexadecimal digits, by SHA-256 unless told otherwise."""
        data = self._blobs.get(handle).data
        return quick(lambda: hashlib.new(algorithm, data, usedforsecurity=False).hexdigest())

    def slice(self, handle: BlobHandle, start: Offset, stop: Offset | None = None) -> BlobHandle:
        """A blob with the bytes from `start`, counted from 0 in both languages, up to but without `stop`."""
        blob = self._blobs.get(handle)
        end = len(blob.data) if stop is None else min(stop, len(blob.data))
        self._blobs.check_room(max(end - start, 0))
        return self._blobs.add(blob.data[start:end], blob.mime)

    def concat(self, handles: list[BlobHandle], mime: str | None = None) -> BlobHandle:
        """A blob with the bytes of all of them in their order, of the type of the first one unless told otherwise."""
        blobs = [self._blobs.get(handle) for handle in handles]
        self._blobs.check_room(sum(len(blob.data) for blob in blobs))
        first = blobs[0].mime if blobs else "application/octet-stream"
        return self._blobs.add(
            b"".join(blob.data for blob in blobs), first if mime is None else _checked_mime("concat", mime)
        )

    def free(self, handle: BlobHandle) -> None:
        """Forget the bytes, so that there is room for others; the handle is worth nothing any more."""
        self._blobs.free(handle)


def _check_size(size: int, method: str) -> None:
    if size > _MAX_TEXT:
        raise InvalidValueError(
            f"{method}: the blob is too large: a text has at most {MAX_BYTES >> 20} MiB",
            hint="take parts of it with blob.slice",
        )


def _checked_mime(method: str, mime: str) -> str:
    kind, slash, rest = mime.partition("/")
    if not (kind and slash and rest and mime.isascii() and mime.isprintable()):
        raise InvalidValueError(f"{method}: mime: {mime[:60]!r} is no media type", hint="such as image/png")
    return mime
