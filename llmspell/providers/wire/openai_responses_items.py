"""Conversations as the items that Responses want for input."""

from __future__ import annotations

from typing import Any

from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.bodies import dumps, unsupported
from llmspell.providers.wire.media import to_base64, url_of

WIRE = "openai-responses"


def split_instructions(messages: list[Message]) -> tuple[str, list[Message]]:
    """What the system says before anyone else does, and the rest."""
    first = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    return "\n\n".join(message.text for message in messages[:first]), messages[first:]


def input_items(messages: list[Message]) -> list[dict[str, Any]]:
    """The items of all messages, in their order."""
    return [item for message in messages for item in _items(message)]


def _items(message: Message) -> list[dict[str, Any]]:
    if message.role == "assistant":
        return _said(message.parts)
    items: list[dict[str, Any]] = [_output(result) for result in message.tool_results]
    content = [part for part in message.parts if isinstance(part, (Text, Media))]
    if content:
        role = "user" if message.role == "tool" else message.role
        items.append({"role": role, "content": _content(content)})
    return items


def _said(parts: list[Part]) -> list[dict[str, Any]]:
    """The items of an answer: texts that came in one item go back in one."""
    items: list[dict[str, Any]] = []
    open_id = None
    for part in parts:
        own = None if isinstance(part, ToolResult) else _own(part.state)
        came_in = (own or {}).get("item") or {}
        if not isinstance(part, Text):
            open_id = None
            if item := _item(part, own):
                items.append(item)
        elif "id" not in came_in:
            open_id = None
            items.append({"type": "message", "role": "assistant", "content": part.text})
        else:
            if came_in["id"] != open_id:
                open_id = came_in["id"]
                items.append({"type": "message", "role": "assistant", **came_in, "content": []})
            items[-1]["content"].append(_text(part, own))
    return items


def _text(part: Text, own: dict[str, Any] | None) -> dict[str, Any]:
    if own and own.get("refusal"):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": (own or {}).get("annotations") or []}


def _item(part: Part, own: dict[str, Any] | None) -> dict[str, Any] | None:
    match part:
        case Foreign() | Reasoning():
            return own
        case ToolCall():
            call = {"call_id": part.id, "name": part.name, "arguments": dumps(part.arguments).decode()}
            return {"type": "function_call", **(own or {}), **call}
        case Media() if own and part.data is not None:
            return {**own, "result": to_base64(part.data)}
        case Media():
            raise unsupported(WIRE, f"{part.kind} from the assistant")
    return None


def _own(state: State | None) -> dict[str, Any] | None:
    return state.data if state and state.wire == WIRE else None


def _output(result: ToolResult) -> dict[str, Any]:
    texts_only = all(isinstance(part, Text) for part in result.parts)
    output = result.text if texts_only else [_input(part) for part in result.parts]
    return {"type": "function_call_output", "call_id": result.id, "output": output}


def _content(parts: list[Text | Media]) -> str | list[dict[str, Any]]:
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [_input(part) for part in parts]


def _input(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    if own := _own(part.state):
        return own
    left = {} if part.file_id is None else {"file_id": part.file_id}
    if part.kind == "image":
        return {"type": "input_image", **(left or {"image_url": url_of(part)}), "detail": part.detail or "auto"}
    if part.kind != "document":
        raise unsupported(WIRE, part.kind)
    if left:
        return {"type": "input_file", **left}
    if part.url is not None:
        return {"type": "input_file", "file_url": part.url}
    return {"type": "input_file", "filename": part.name or "document", "file_data": url_of(part)}
