"""Recorded Responses in our words."""

from __future__ import annotations

from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from tests.conformance.translate.common import (
    EFFORTS,
    Asked,
    InexpressibleError,
    described,
    detail,
    known,
    media,
    parsed,
    pop_words,
)

WIRE = "openai-responses"
_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "parallel_tool_calls": "parallel_tool_calls",
}


def translate(body: dict[str, Any]) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    stream = rest.pop("stream", False)
    options: dict[str, Any] = pop_words(rest, _NAMES)
    tools = rest.pop("tools", [])
    options["tools"] = [_tool(tool) for tool in tools if tool["type"] == "function"]
    options["provider_tools"] = [tool for tool in tools if tool["type"] != "function"]
    choice = rest.get("tool_choice")
    if isinstance(choice, str) or (choice and choice["type"] == "function"):
        rest.pop("tool_choice")
        options["tool_choice"] = choice if isinstance(choice, str) else choice["name"]
    _thinking(rest, options)
    _text(rest, options)
    if include := [name for name in rest.pop("include", []) if name != "reasoning.encrypted_content"]:
        rest["include"] = include
    if rest.get("store") is False:
        del rest["store"]
    messages = [Message("system", text)] if (text := rest.pop("instructions", "")) else []
    messages += conversation(rest.pop("input"))
    return Asked(Request(model=rest.pop("model"), messages=messages, extra=rest, **options), stream)


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tool.items() if key != "type"}


def _thinking(rest: dict[str, Any], options: dict[str, Any]) -> None:
    reasoning = {key: value for key, value in rest.pop("reasoning", {}).items() if value is not None}
    if reasoning.get("effort") in EFFORTS:
        options["reasoning"] = reasoning.pop("effort")
    if reasoning:
        rest["reasoning"] = reasoning


def _text(rest: dict[str, Any], options: dict[str, Any]) -> None:
    text = dict(rest.pop("text", {}))
    form = text.get("format") or {}
    if form.get("type") == "json_schema":
        options |= {"schema": described(form["schema"], form), "schema_name": text.pop("format")["name"]}
    if text:
        rest["text"] = text


def conversation(items: Any) -> list[Message]:
    """Messages; items of the model that follow each other are one."""
    if isinstance(items, str):
        return [Message("user", items)]
    messages: list[Message] = []
    for item in items:
        role = item.get("role")
        if role in ("user", "system", "developer"):
            known(item, "role", "content", "type")
            messages.append(Message("user" if role == "user" else "system", _parts(item["content"])))
        elif item.get("type") == "function_call_output":
            known(item, "type", "call_id", "output", "status", "id")
            messages.append(Message("tool", [ToolResult(item["call_id"], _parts(item["output"]))]))
        else:
            if not messages or messages[-1].role != "assistant":
                messages.append(Message("assistant", []))
            messages[-1].parts += _said(item)
    return messages


def _said(item: dict[str, Any]) -> list[Part]:
    kind = item.get("type", "message")
    if kind == "message":
        kept = {key: item[key] for key in ("id", "status", "phase") if item.get(key)}
        content = item["content"]
        content = [{"type": "output_text", "text": content}] if isinstance(content, str) else content
        return [_output(part, kept) for part in content]
    if kind == "reasoning":
        texts = item.get("summary") or item.get("content") or []
        return [Reasoning("".join(part["text"] for part in texts), State(WIRE, item))]
    if kind == "function_call":
        kept = {key: value for key, value in item.items() if key in ("id", "status") and value}
        state = State(WIRE, kept) if kept else None
        return [ToolCall(item["call_id"], item["name"], parsed(item["arguments"]), state)]
    return [Foreign(State(WIRE, item))]


def _output(part: dict[str, Any], kept: dict[str, Any]) -> Text:
    data: dict[str, Any] = {"item": kept} if kept else {}
    if part.get("annotations"):
        data["annotations"] = part["annotations"]
    if part["type"] == "refusal":
        data["refusal"] = True
    return Text(part.get("text") or part.get("refusal") or "", State(WIRE, data) if data else None)


def _parts(content: Any) -> list[Any]:
    return [Text(content)] if isinstance(content, str) else [_part(part) for part in content]


def _part(part: dict[str, Any]) -> Part:
    match part["type"]:
        case "input_text" | "output_text":
            return Text(part["text"])
        case "input_image" if part.get("image_url"):
            found = media("image", part["image_url"])
            found.detail = detail(part)
            return found
        case "input_image":
            return Media(kind="image", mime="image/*", file_id=part["file_id"], detail=detail(part))
        case "input_file" if "file_id" in part:
            return Media(kind="document", mime="application/pdf", file_id=part["file_id"])
        case "input_file" if "file_data" in part:
            return media("document", part["file_data"], name=part.get("filename"))
        case "input_file" if "file_url" in part:
            return media("document", part["file_url"])
    raise InexpressibleError(f"parts of the type {part['type']}")
