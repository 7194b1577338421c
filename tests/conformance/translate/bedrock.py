"""Recorded requests to Bedrock's Converse in our words."""

from __future__ import annotations

import json
from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.content import (
    Foreign,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    State,
    Text,
    ToolCall,
    ToolResult,
)
from tests.conformance.translate.common import Asked, described, pop_words, unpacked

WIRE = "bedrock"
_NAMES = {"temperature": "temperature", "topP": "top_p", "maxTokens": "max_tokens", "stopSequences": "stop"}


def translate(body: dict[str, Any], model: str, *, stream: bool) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    limits = dict(rest.pop("inferenceConfig", {}))
    options: dict[str, Any] = pop_words(limits, _NAMES)
    if limits:
        rest["inferenceConfig"] = limits
    config = dict(rest.pop("toolConfig", {}))
    tools = config.get("tools", [])
    options["tools"] = [_tool(tool["toolSpec"]) for tool in tools if "toolSpec" in tool]
    options["provider_tools"] = [tool for tool in tools if "toolSpec" not in tool]
    if choice := config.get("toolChoice"):
        word = next(iter(choice))
        options["tool_choice"] = {"any": "required", "tool": choice.get("tool", {}).get("name")}.get(word, word)
    form = (rest.get("outputConfig") or {}).get("textFormat") or {}
    if form.get("type") == "json_schema":
        schema = rest.pop("outputConfig")["textFormat"]["structure"]["jsonSchema"]
        form = described(json.loads(schema["schema"]), schema)
        options |= {"schema": form, "schema_name": schema.get("name", "answer")}
    thinking = (rest.get("additionalModelRequestFields") or {}).get("thinking") or {}
    if thinking.get("type") == "enabled":
        options["reasoning"] = rest.pop("additionalModelRequestFields")["thinking"]["budget_tokens"]
    messages = [Message("system", _parts(system))] if (system := rest.pop("system", None)) else []
    messages += [Message(turn["role"], _parts(turn["content"])) for turn in rest.pop("messages")]
    return Asked(Request(model=model, messages=messages, extra=rest, **options), stream)


def _tool(spec: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in spec.items() if key != "inputSchema"}
    return {**made, "parameters": spec["inputSchema"]["json"]}


def _parts(blocks: list[dict[str, Any]]) -> list[Any]:
    parts: list[Any] = []
    for block in blocks:
        if "cachePoint" in block and parts:
            parts[-1].cache = True
        else:
            parts.append(_part(block))
    return parts


def _part(block: dict[str, Any]) -> Part:
    ((kind, inner),) = block.items()
    match kind:
        case "text":
            return Text(inner)
        case "json":
            return Text(json.dumps(inner))
        case "toolUse" if inner.get("type") != "server_tool_use":
            return ToolCall(inner["toolUseId"], inner["name"], inner["input"])
        case "toolResult" if "type" not in inner:
            return ToolResult(inner["toolUseId"], _parts(inner["content"]), is_error=inner.get("status") == "error")
        case "image" | "document" | "video" | "audio":
            return _media(kind, inner)
        case "reasoningContent":
            thought = inner.get("reasoningText") or {}
            kept = {key: value for key, value in thought.items() if key != "text"} or inner
            return Reasoning(thought.get("text", ""), State(WIRE, kept))
    return Foreign(State(WIRE, block))


def _media(kind: MediaKind, inner: dict[str, Any]) -> Media:
    form, source = inner["format"], inner["source"]
    mime = {"pdf": "application/pdf", "txt": "text/plain"}.get(form, f"{kind}/{form}")
    if "s3Location" in source:
        return Media(kind=kind, mime=mime, url=source["s3Location"]["uri"], name=inner.get("name"))
    return Media(kind=kind, mime=mime, data=unpacked(source["bytes"]), name=inner.get("name"))
