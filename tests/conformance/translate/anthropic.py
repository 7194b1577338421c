"""Recorded requests to Anthropic in our words."""

from __future__ import annotations

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
from tests.conformance.translate.common import Asked, InexpressibleError, pop_words, unpacked

WIRE = "anthropic"
_NAMES = {"temperature": "temperature", "top_p": "top_p", "max_tokens": "max_tokens", "stop_sequences": "stop"}


def translate(body: dict[str, Any]) -> Asked:
    rest = {key: value for key, value in body.items() if value is not None}
    stream = rest.pop("stream", False)
    options: dict[str, Any] = pop_words(rest, _NAMES)
    tools = rest.pop("tools", [])
    options["tools"] = [_tool(tool) for tool in tools if "input_schema" in tool]
    options["provider_tools"] = [tool for tool in tools if "input_schema" not in tool]
    if choice := rest.pop("tool_choice", None):
        _choose(choice, options)
    _think(rest, options)
    messages = [Message("system", _parts(system))] if (system := rest.pop("system", None)) else []
    messages += [Message(turn["role"], _parts(turn["content"])) for turn in rest.pop("messages")]
    return Asked(Request(model=rest.pop("model"), messages=messages, extra=rest, **options), stream)


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {"parameters" if key == "input_schema" else key: value for key, value in tool.items()}


def _choose(choice: dict[str, Any], options: dict[str, Any]) -> None:
    kind = choice["type"]
    options["tool_choice"] = {"any": "required", "tool": choice.get("name")}.get(kind, kind)
    if choice.get("disable_parallel_tool_use"):
        options["parallel_tool_calls"] = False


def _think(rest: dict[str, Any], options: dict[str, Any]) -> None:
    thinking = rest.get("thinking") or {}
    config = dict(rest.pop("output_config", {}))
    if (form := config.get("format")) and form["type"] == "json_schema":
        options["schema"] = config.pop("format")["schema"]
    if thinking == {"type": "disabled"}:
        options["reasoning"] = "none"
        del rest["thinking"]
    elif thinking.get("type") == "enabled" and thinking.keys() == {"type", "budget_tokens"}:
        options["reasoning"] = rest.pop("thinking")["budget_tokens"]
    if config:
        rest["output_config"] = config


def _parts(content: Any) -> list[Any]:
    return [Text(content)] if isinstance(content, str) else [_part(block) for block in content]


def _part(block: dict[str, Any]) -> Part:
    cache = block.get("cache_control")
    if cache and cache.get("ttl", "5m") != "5m":
        raise InexpressibleError("how long a prompt stays in the cache (`ttl`)")
    match block["type"]:
        case "text":
            kept = {"citations": block["citations"]} if block.get("citations") else None
            return Text(block["text"], State(WIRE, kept) if kept else None, cache=bool(cache))
        case "thinking":
            return Reasoning(block["thinking"], State(WIRE, {"signature": block["signature"]}))
        case "redacted_thinking":
            return Reasoning("", State(WIRE, block))
        case "tool_use":
            return ToolCall(block["id"], block["name"], block["input"])
        case "tool_result":
            result = ToolResult(block["tool_use_id"], _parts(block.get("content") or []))
            result.is_error, result.cache = bool(block.get("is_error")), bool(cache)
            return result
        case "image" | "document":
            return _media(block["type"], block, cache=bool(cache))
    return Foreign(State(WIRE, block))


def _media(kind: MediaKind, block: dict[str, Any], *, cache: bool) -> Media:
    source = block["source"]
    name = block.get("title")
    if source["type"] == "file":
        return Media(kind=kind, mime=f"{kind}/*", file_id=source["file_id"], name=name, cache=cache)
    if source["type"] == "url":
        return Media(kind=kind, mime=f"{kind}/*", url=source["url"], name=name, cache=cache)
    data = source["data"].encode() if source["type"] == "text" else unpacked(source["data"])
    return Media(kind=kind, mime=source["media_type"], data=data, name=name, cache=cache)
