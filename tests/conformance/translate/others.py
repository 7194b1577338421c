"""Recorded requests to Ollama and to Cohere in our words."""

from __future__ import annotations

from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from tests.conformance.translate.common import EFFORTS, Asked, InexpressibleError, known, parsed, pop_words, unpacked

_OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "num_predict": "max_tokens",
    "stop": "stop",
}
_COHERE = {
    "temperature": "temperature",
    "p": "top_p",
    "seed": "seed",
    "max_tokens": "max_tokens",
    "stop_sequences": "stop",
}


def ollama(body: dict[str, Any]) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    stream = rest.pop("stream", True)
    given = dict(rest.pop("options", {}))
    options: dict[str, Any] = pop_words(given, _OPTIONS)
    if given:
        rest["options"] = given
    options["tools"] = [tool["function"] for tool in rest.pop("tools", [])]
    if "format" in rest and isinstance(rest["format"], dict):
        options["schema"] = rest.pop("format")
    if rest.get("think") is False:
        options["reasoning"] = "none"
        del rest["think"]
    elif rest.get("think") in EFFORTS:
        options["reasoning"] = rest.pop("think")
    ids: list[tuple[str, str]] = []
    messages = [_ollama_message(message, ids, number) for number, message in enumerate(rest.pop("messages"))]
    return Asked(Request(model=rest.pop("model"), messages=messages, extra=rest, **options), stream)


def _ollama_message(message: dict[str, Any], ids: list[tuple[str, str]], number: int) -> Message:
    if message["role"] == "tool":
        known(message, "role", "content", "tool_name", "tool_call_id")
        found = next(call for call in ids if call[1] == message["tool_name"])
        ids.remove(found)
        return Message("tool", [ToolResult(found[0], [Text(message["content"])], found[1])])
    known(message, "role", "content", "thinking", "tool_calls", "images")
    parts: list[Part] = [Reasoning(message["thinking"])] if message.get("thinking") else []
    parts += [Text(message["content"])] if message.get("content") else []
    for image in message.get("images") or []:
        parts.append(Media(kind="image", mime="image/png", data=unpacked(image)))
    for place, call in enumerate(message.get("tool_calls") or []):
        identifier = call.get("id") or f"call_{number}_{place}"
        ids.append((identifier, call["function"]["name"]))
        parts.append(ToolCall(identifier, call["function"]["name"], call["function"]["arguments"]))
    return Message(message["role"], parts)


def cohere(body: dict[str, Any]) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    stream = rest.pop("stream", False)
    if not rest.get("documents", True):
        del rest["documents"]
    options: dict[str, Any] = pop_words(rest, _COHERE)
    options["tools"] = [tool["function"] for tool in rest.pop("tools", [])]
    if choice := rest.pop("tool_choice", None):
        options["tool_choice"] = choice.lower()
    if (form := rest.get("response_format")) and "json_schema" in form:
        options["schema"] = rest.pop("response_format")["json_schema"]
    messages = [_cohere_message(message) for message in rest.pop("messages")]
    return Asked(Request(model=rest.pop("model"), messages=messages, extra=rest, **options), stream)


def _cohere_message(message: dict[str, Any]) -> Message:
    if message["role"] == "tool":
        return Message("tool", [ToolResult(message["tool_call_id"], _cohere_parts(message["content"]))])
    known(message, "role", "content", "tool_plan", "tool_calls")
    parts: list[Any] = []
    if plan := message.get("tool_plan"):
        parts.append(Reasoning(plan, State("cohere-v2", {"type": "tool_plan"})))
    parts += _cohere_parts(message.get("content") or [])
    for call in message.get("tool_calls") or []:
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], parsed(function["arguments"])))
    return Message(message["role"], parts)


def _cohere_parts(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [Text(content)]
    made: list[Any] = []
    for part in content:
        if part["type"] == "text":
            made.append(Text(part["text"]))
        elif part["type"] == "thinking":
            made.append(Reasoning(part["thinking"], State("cohere-v2", {"type": "thinking"})))
        else:
            raise InexpressibleError(f"parts of the type {part['type']}")
    return made
