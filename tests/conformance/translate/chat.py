"""Recorded chat completions in our words."""

from __future__ import annotations

from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.chat_dialect import Dialect
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
    unpacked,
)

WIRE = "openai-chat"
_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "seed": "seed",
    "random_seed": "seed",
    "parallel_tool_calls": "parallel_tool_calls",
}


def translate(body: dict[str, Any], dialect: Dialect) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    stream = rest.pop("stream", False)
    if rest.pop("stream_options", {"include_usage": True}) != {"include_usage": True}:
        raise InexpressibleError("other stream options than the usage")
    options: dict[str, Any] = pop_words(rest, _NAMES)
    if stop := rest.pop("stop", None):
        options["stop"] = [stop] if isinstance(stop, str) else stop
    tools = rest.pop("tools", [])
    options["tools"] = [tool["function"] for tool in tools if tool.get("type") == "function"]
    options["provider_tools"] = [tool for tool in tools if tool.get("type") != "function"]
    if choice := rest.pop("tool_choice", None):
        options["tool_choice"] = _choice(choice)
    if rest.pop("logprobs", False):
        options["logprobs"] = rest.pop("top_logprobs", 0)
    form = rest.get("response_format")
    if form and form["type"] == "json_schema" and dialect.schema == "json_schema":
        schema = rest.pop("response_format")["json_schema"]
        options |= {"schema": described(schema["schema"], schema), "schema_name": schema["name"]}
    _thinking(rest, options, dialect)
    messages = [_message(message) for message in rest.pop("messages")]
    return Asked(Request(model=rest.pop("model"), messages=messages, extra=rest, **options), stream)


def _thinking(rest: dict[str, Any], options: dict[str, Any], dialect: Dialect) -> None:
    effort, thinking, reasoning = (rest.get(key) for key in ("reasoning_effort", "thinking", "reasoning"))
    if dialect.reasoning == "effort" and effort in EFFORTS:
        options["reasoning"] = rest.pop("reasoning_effort")
    elif dialect.reasoning == "object" and reasoning and reasoning.keys() <= {"effort", "max_tokens"}:
        options["reasoning"] = next(iter(rest.pop("reasoning").values()))
    elif dialect.reasoning in ("thinking", "switch") and thinking == {"type": "disabled"}:
        del rest["thinking"]
        options["reasoning"] = "none"
    elif dialect.reasoning == "thinking" and thinking == {"type": "enabled"} and effort in EFFORTS:
        del rest["thinking"]
        options["reasoning"] = rest.pop("reasoning_effort")


def _choice(choice: Any) -> str:
    if isinstance(choice, dict):
        return str(choice["function"]["name"])
    return "required" if choice == "any" else str(choice)


def _message(message: dict[str, Any]) -> Message:
    role = message["role"]
    if role == "tool":
        known(message, "role", "content", "tool_call_id", "name")
        parts = _parts(message["content"])
        return Message("tool", [ToolResult(message["tool_call_id"], parts, message.get("name") or "")])
    if role == "assistant":
        return Message("assistant", assistant(message))
    known(message, "role", "content")
    return Message("system" if role == "developer" else role, list(_parts(message["content"])))


def assistant(message: dict[str, Any]) -> list[Part]:
    """The parts of an answer that goes back."""
    known(message, "role", "content", "tool_calls", "reasoning", "reasoning_content", "reasoning_details")
    parts: list[Part] = []
    details = message.get("reasoning_details")
    if thought := message.get("reasoning_content") or message.get("reasoning") or details:
        text = thought if isinstance(thought, str) else "".join(item.get("text") or "" for item in thought)
        parts.append(Reasoning(text, State(WIRE, {"reasoning_details": details}) if details else None))
    parts += _parts(message.get("content") or "")
    for call in message.get("tool_calls") or []:
        known(call, "id", "type", "index", "function", "extra_content")
        state = State(WIRE, {"extra_content": call["extra_content"]}) if call.get("extra_content") else None
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], parsed(function["arguments"]), state))
    return parts


def _parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    return [_part(part) for part in content]


def _part(part: dict[str, Any]) -> Part:
    cache = bool(part.get("cache_control"))
    match part["type"]:
        case "text":
            return Text(part["text"], cache=cache)
        case "thinking":
            return Reasoning("".join(inner["text"] for inner in part["thinking"]))
        case "image_url":
            image = part["image_url"] if isinstance(part["image_url"], dict) else {"url": part["image_url"]}
            found = media("image", image["url"])
            found.cache, found.detail = cache, detail(image)
            return found
        case "document_url":
            return media("document", part["document_url"], name=part.get("document_name"))
        case "file" if "file_data" in part["file"]:
            return media("document", part["file"]["file_data"], name=part["file"].get("filename"))
        case "file" if "file_id" in part["file"]:
            return Media(kind="document", mime="application/pdf", file_id=part["file"]["file_id"])
        case "input_audio":
            sound = part["input_audio"]
            mime = "audio/mpeg" if sound["format"] == "mp3" else f"audio/{sound['format']}"
            return Media(kind="audio", mime=mime, data=unpacked(sound["data"]))
    raise InexpressibleError(f"parts of the type {part['type']}")
