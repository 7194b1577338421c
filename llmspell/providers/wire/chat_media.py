"""Pictures, recordings and documents in chat completions, in both directions."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.content import Media, State
from llmspell.providers.wire.chat_dialect import Dialect
from llmspell.providers.wire.media import refuse, url_of

NAME = "openai-chat"

_AUDIO = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_MAGIC = ((b"RIFF", "audio/wav"), (b"ID3", "audio/mpeg"), (b"\xff\xfb", "audio/mpeg"), (b"OggS", "audio/ogg"),
          (b"fLaC", "audio/flac"))  # fmt: skip


def part(media: Media, dialect: Dialect) -> dict[str, Any]:
    """The content part for something that is not text. Raises `ModelError` for what the service cannot take."""
    if media.kind == "image":
        if not dialect.images:
            raise _impossible("pictures in messages")
        refuse(media, NAME, "file_id")
        return {"type": "image_url", "image_url": {"url": url_of(media)} | _detail(media)}
    if media.kind == "audio":
        return _audio(media, dialect)
    if media.kind == "document":
        return _document(media, dialect)
    raise _impossible(f"{media.kind} in messages")


def _detail(media: Media) -> dict[str, Any]:
    return {} if media.detail is None else {"detail": media.detail}


def _audio(media: Media, dialect: Dialect) -> dict[str, Any]:
    if not dialect.audio:
        raise _impossible("recordings in messages")
    if media.data is None:
        raise _impossible("recordings by URL or file_id")
    form = _AUDIO.get(media.mime) or media.mime.removeprefix("audio/")
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(media.data).decode(), "format": form}}


def _document(media: Media, dialect: Dialect) -> dict[str, Any]:
    if dialect.documents == "none":
        raise _impossible("documents in messages")
    if media.file_id is not None:
        left = {"file_id": media.file_id}
        return {"type": "file", **(left if dialect.documents == "document_url" else {"file": left})}
    if dialect.documents == "document_url":
        named = {"document_name": media.name} if media.name else {}
        return {"type": "document_url", "document_url": url_of(media), **named}
    return {"type": "file", "file": {"filename": media.name or _file_name(media.mime), "file_data": url_of(media)}}


def _file_name(mime: str) -> str:
    return "document.pdf" if mime == "application/pdf" else "document.txt" if mime == "text/plain" else "document"


def _impossible(what: str) -> ModelError:
    return ModelError(f"the {NAME} format of this service has no {what}")


def picture(item: dict[str, Any]) -> Media:
    """A picture of an answer, from an `image_url` part with a data URI or a web address."""
    found = item["image_url"]
    url = found if isinstance(found, str) else found["url"]
    state = State(NAME, {"images": True})
    if not url.startswith("data:"):
        return Media(kind="image", mime=_mime_of(url), url=url, state=state)
    head, _, data = url.partition(",")
    mime = head.removeprefix("data:").partition(";")[0] or "image/png"
    return Media(kind="image", mime=mime, data=_unpacked(data), state=state)


def _mime_of(url: str) -> str:
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return {"jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}.get(
        ending, "image/png"
    )


class Recording:
    """What the model says aloud, which a stream brings in pieces; its text comes as text."""

    def __init__(self) -> None:
        self._data: list[bytes] = []
        self._facts: dict[str, Any] = {}

    def add(self, piece: dict[str, Any]) -> str:
        """Take a piece; gives the text that belongs to it."""
        if data := piece.get("data"):
            self._data.append(_unpacked(data))
        self._facts |= {key: piece[key] for key in ("id", "expires_at") if piece.get(key) is not None}
        transcript = piece.get("transcript")
        return transcript if isinstance(transcript, str) else ""

    def media(self) -> Media | None:
        """The whole recording, which goes back to the service by its id; None if there was none."""
        data = b"".join(self._data)
        if not data:
            return None
        mime = next((mime for magic, mime in _MAGIC if data.startswith(magic)), "audio/pcm")
        return Media(kind="audio", mime=mime, data=data, state=State(NAME, {"audio": self._facts}))


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProviderError("the server sent data that is not base64") from None
