"""Media in JSON: base64 and `data:` URLs."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from llmspell.providers.content import Media, Message, ToolResult
from llmspell.providers.wire.bodies import unsupported


def all_media(messages: list[Message]) -> Iterator[Media]:
    """The media of a conversation, those that tools gave included."""
    for message in messages:
        for part in message.parts:
            inner = part.parts if isinstance(part, ToolResult) else [part]
            yield from (each for each in inner if isinstance(each, Media))


def refuse(media: Media, wire: str, *fields: str) -> None:
    """Raise `ModelError` for a part with one of these fields, `detail` or `file_id`, for which the format has none."""
    for name in fields:
        if getattr(media, name) is not None:
            raise unsupported(wire, f"{name} of {media.kind} parts")


def base64_of(media: Media, wire: str) -> str:
    """The data of a part as base64. Raises `ModelError` for a part that has a URL instead."""
    if media.data is None:
        raise unsupported(wire, f"{media.kind} from a URL: give its data")
    return to_base64(media.data)


def url_of(media: Media) -> str:
    """The URL of a part; a `data:` URL for one that has its data with it."""
    if media.url is not None:
        return media.url
    return f"data:{media.mime};base64,{to_base64(media.data or b'')}"


def from_base64(text: str) -> bytes:
    """The bytes of base64 text. Raises `ValueError` when it is none."""
    return base64.b64decode(text, validate=True)


def to_base64(data: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(data).decode()
