"""Conversations as Converse wants them: blocks, in turns that alternate."""

from __future__ import annotations

import re
from typing import Any

from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, Text, ToolCall, ToolResult
from llmspell.providers.wire.bodies import unsupported
from llmspell.providers.wire.media import base64_of, refuse

WIRE = "bedrock"
_CACHE = {"cachePoint": {"type": "default"}}
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9\s()\[\]-]+")
_FORMATS = {
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/plain": "txt",
    "text/markdown": "md",
    "image/jpg": "jpeg",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "video/3gpp": "three_gp",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
}


def converse_messages(messages: list[Message]) -> dict[str, Any]:
    """The fields `messages` and, when there are any, `system`; messages of one role that follow another are joined."""
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    names = _Names()
    for message in messages:
        blocks = [block for part in message.parts for block in _blocks(part, names)]
        if message.role == "system":
            system += blocks
            continue
        role = "assistant" if message.role == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return {"messages": turns} | ({"system": system} if system else {})


class _Names:
    """Names of documents, made of the few characters that are allowed, and each used once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, media: Media) -> str:
        stem = (media.name or "document").rpartition(".")[0] or media.name or "document"
        name = wanted = " ".join(_NOT_IN_NAMES.sub(" ", stem).split()) or "document"
        number = 1
        while name in self._taken:
            number += 1
            name = f"{wanted} {number}"
        self._taken.add(name)
        return name


def _blocks(part: Part, names: _Names) -> list[dict[str, Any]]:
    block = _block(part, names)
    if block is None:
        return []
    return [block, _CACHE] if getattr(part, "cache", False) else [block]


def _block(part: Part, names: _Names) -> dict[str, Any] | None:
    match part:
        case Text():
            return _text(part)
        case Media():
            return _media(part, names)
        case Reasoning():
            return _reasoning(part)
        case ToolCall():
            return {"toolUse": _extra(part) | {"toolUseId": part.id, "name": part.name, "input": part.arguments}}
        case ToolResult():
            return {"toolResult": _result(part, names)}
        case Foreign(state):
            return state.data if state.wire == WIRE else None


def _text(part: Text) -> dict[str, Any] | None:
    if part.state and part.state.wire == WIRE and part.state.data.get("citations"):
        return {"citationsContent": {"content": [{"text": part.text}], **part.state.data}}
    return {"text": part.text} if part.text else None  # an empty text is refused


def _reasoning(part: Reasoning) -> dict[str, Any] | None:
    """What is neither signed nor redacted is not wanted back."""
    if part.state is None or part.state.wire != WIRE:
        return None
    if "redactedContent" in part.state.data:
        return {"reasoningContent": {"redactedContent": part.state.data["redactedContent"]}}
    return {"reasoningContent": {"reasoningText": {"text": part.text, **part.state.data}}}


def _extra(call: ToolCall) -> dict[str, Any]:
    return dict(call.state.data) if call.state and call.state.wire == WIRE else {}


def _result(result: ToolResult, names: _Names) -> dict[str, Any]:
    content = [block for part in result.parts if (block := _block(part, names))]
    encoded: dict[str, Any] = {"toolUseId": result.id, "content": content or [{"text": ""}]}
    return encoded | ({"status": "error"} if result.is_error else {})


def _media(media: Media, names: _Names) -> dict[str, Any]:
    refuse(media, WIRE, "detail", "file_id")
    block: dict[str, Any] = {"format": _format(media.mime)}
    if media.url is not None and media.url.startswith("s3://"):
        block["source"] = {"s3Location": {"uri": media.url}}
    else:
        block["source"] = {"bytes": base64_of(media, WIRE)}
    if media.kind == "document":
        block["name"] = names.of(media)
    return {media.kind: block}


def _format(mime: str) -> str:
    mime = mime.partition(";")[0].strip().lower()
    found = _FORMATS.get(mime) or mime.partition("/")[2]
    if not found:
        raise unsupported(WIRE, f"media of the type {mime!r}")
    return found
