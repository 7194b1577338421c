"""What servers answer with, for spells and for models."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from llmspell.errors import ProviderError, ToolError
from llmspell.providers.content import Media, MediaKind, Text

if TYPE_CHECKING:
    from llmspell.system.blobs import Blobs

MAX_PARTS = 1000
_MAX_SAID = 4000
_KINDS: dict[str, MediaKind] = {"image": "image", "audio": "audio", "video": "video"}


def parts_of(contents: Iterable[Any]) -> list[Text | Media]:
    """Content of a server as parts of a message. Raises `ProviderError` for bytes that are none."""
    return [part for _, content in zip(range(MAX_PARTS), contents, strict=False) for part in _parts(content)]


def _parts(content: Any) -> list[Text | Media]:
    match content:
        case TextContent(text=text):
            return [Text(text)]
        case ImageContent(data=data, mime_type=mime):
            return [Media(kind="image", mime=_mime(mime, "image/png"), data=decoded(data))]
        case AudioContent(data=data, mime_type=mime):
            return [Media(kind="audio", mime=_mime(mime, "audio/wav"), data=decoded(data))]
        case EmbeddedResource(resource=resource):
            return [resource_part(resource)]
        case ResourceLink(uri=uri, name=name):
            about = ", ".join(each for each in (name, content.description, content.mime_type) if each)
            return [Text(f"[resource {uri}: {about}]")]
    return []


def resource_part(resource: TextResourceContents | BlobResourceContents) -> Text | Media:
    """The contents of a resource as a part of a message."""
    if isinstance(resource, TextResourceContents):
        return Text(resource.text)
    mime = _mime(resource.mime_type, "application/octet-stream")
    name = resource.uri.rstrip("/").rpartition("/")[2] or None
    kind = _KINDS.get(mime.partition("/")[0], "document")
    return Media(kind=kind, mime=mime, data=decoded(resource.blob), name=name)


def decoded(data: str) -> bytes:
    """The bytes in base64. Raises `ProviderError`."""
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        raise ProviderError("the MCP server sent bytes that are not base64") from None


def _mime(told: str | None, usual: str) -> str:
    kind, slash, rest = (told or "").partition("/")
    good = bool(kind and slash and rest) and len(told or "") < 100 and (told or "").isascii()
    return told if told and good and told.isprintable() else usual


def check_success(result: CallToolResult, name: str) -> None:
    """Raises `ToolError` with what the server says, if its tool failed."""
    if not result.is_error:
        return
    why = said(parts_of(result.content)).strip()[:_MAX_SAID]
    raise ToolError(f"tool {name} failed: {why or 'its server does not say why'}")


def for_model(result: CallToolResult) -> Any:
    """The result of a tool as a model reads it: what was meant for it, else the structured one."""
    parts = parts_of(result.content)
    return parts or result.structured_content


def for_script(result: CallToolResult, blobs: Blobs | None) -> Any:
    """The result of a tool as a value: the structured one if there is one, a text if there is nothing else, or the
    parts of a message."""
    if result.structured_content is not None:
        return result.structured_content
    parts = parts_of(result.content)
    if all(isinstance(part, Text) for part in parts):
        return said(parts)
    return records_of(parts, blobs)


def said(parts: Iterable[Text | Media]) -> str:
    """The texts among the parts."""
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def records_of(parts: Iterable[Text | Media], blobs: Blobs | None) -> list[dict[str, Any]]:
    """Parts as a script takes them, and may pass them on in a message; bytes are blobs, or base64 without those."""
    return [_record(part, blobs) for part in parts]


def _record(part: Text | Media, blobs: Blobs | None) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    data = part.data or b""
    held: Any = base64.b64encode(data).decode() if blobs is None else blobs.add(data, part.mime)
    record = {"type": part.kind, "mime": part.mime, "data": held}
    return record | {"name": part.name} if part.name else record
