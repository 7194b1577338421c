"""Conversations as JSON, so that a run can be kept and go on in another process.

Unlike the messages that scripts see, nothing is lost: the opaque state of the parts, names, errors, marks. Media are
kept as their address where they have one, else in base64.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from llmspell.errors import InvalidValueError
from llmspell.providers.base import Usage
from llmspell.providers.content import (
    Foreign,
    Media,
    Message,
    Part,
    Reasoning,
    Role,
    State,
    Text,
    ToolCall,
    ToolResult,
)

Data = dict[str, Any]
_OF_MEDIA = ("name", "url", "file_id", "detail")
_ROLES: dict[str, Role] = {role: role for role in get_args(Role)}
_USAGE = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens", "cost")


def messages_to_data(messages: list[Message]) -> list[Data]:
    """A conversation as JSON."""
    return [{"role": message.role, "parts": [part_to_data(part) for part in message.parts]} for message in messages]


def messages_from_data(data: Any, what: str = "the conversation") -> list[Message]:
    """What `messages_to_data` made JSON of. Raises `InvalidValueError` for anything else."""
    try:
        return [Message(_ROLES[each["role"]], [part_from_data(part) for part in each["parts"]]) for each in data]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(what, error) from None


def damaged(what: str, error: Exception) -> InvalidValueError:
    """The error for data that no version of this program has written."""
    return InvalidValueError(
        f"{what} cannot be read: {type(error).__name__} {str(error)[:80]}", hint="pass what was saved, unchanged"
    )


def part_to_data(part: Part) -> Data:
    """A part of a message as JSON."""
    data = _plain(part)
    state = getattr(part, "state", None)
    if state is not None:
        data["state"] = [state.wire, state.data]
    if getattr(part, "cache", False):
        data["cache"] = True
    return data


def _plain(part: Part) -> Data:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Reasoning(text):
            return {"type": "reasoning", "text": text}
        case ToolCall():
            return {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResult():
            parts = [part_to_data(each) for each in part.parts]
            return {"type": "tool_result", "id": part.id, "name": part.name, "parts": parts, "error": part.is_error}
        case Media():
            return _media(part)
        case Foreign():
            return {"type": "opaque"}


def _media(media: Media) -> Data:
    import base64  # only for media

    data: Data = {"type": media.kind, "mime": media.mime} | {name: getattr(media, name) for name in _OF_MEDIA}
    if media.data is not None:
        data["data"] = base64.b64encode(media.data).decode()
    return {key: value for key, value in data.items() if value is not None}


def part_from_data(data: Mapping[str, Any]) -> Part:
    """What `part_to_data` made JSON of."""
    state = State(str(data["state"][0]), dict(data["state"][1])) if "state" in data else None
    cache = data.get("cache") is True
    match data["type"]:
        case "text":
            return Text(data["text"], state, cache)
        case "reasoning":
            return Reasoning(data["text"], state)
        case "tool_call":
            return ToolCall(data["id"], data["name"], dict(data["arguments"]), state)
        case "tool_result":
            parts: Any = [part_from_data(each) for each in data["parts"]]
            return ToolResult(data["id"], parts, data["name"], data["error"] is True, cache)
        case "opaque":
            return Foreign(state or State("", {}))
        case "image" | "audio" | "document" | "video":
            return _media_from(data, state, cache)
        case other:
            raise ValueError(f"there are no parts of the type {other!r}")


def _media_from(data: Mapping[str, Any], state: State | None, cache: bool) -> Media:
    import base64  # only for media

    content = base64.b64decode(data["data"]) if "data" in data else None
    others = {name: data[name] for name in _OF_MEDIA if name in data}
    return Media(kind=data["type"], mime=data["mime"], data=content, state=state, cache=cache, **others)


def usage_to_data(usage: Usage) -> Data:
    """The tokens that are known."""
    return {name: getattr(usage, name) for name in _USAGE if getattr(usage, name) is not None}


def usage_from_data(data: Mapping[str, Any]) -> Usage:
    """What `usage_to_data` made."""
    return Usage(**{name: data[name] for name in _USAGE if name in data})
