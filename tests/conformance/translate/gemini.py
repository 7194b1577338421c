"""Recorded requests to Gemini in our words; `camel` makes their two ways of spelling one."""

from __future__ import annotations

import json
import re
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
from tests.conformance.translate.common import EFFORTS, Asked, InexpressibleError, pop_words, unpacked

WIRE = "gemini"
_NAMES = {
    "temperature": "temperature",
    "topP": "top_p",
    "maxOutputTokens": "max_tokens",
    "seed": "seed",
    "stopSequences": "stop",
}
_MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required"}
_OPAQUE = ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")


def camel(value: Any) -> Any:
    """With the keys that the service documents; it takes `inline_data` for `inlineData`."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    named = {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): inner for key, inner in value.items()}
    return {key: inner if key in _OPAQUE else camel(inner) for key, inner in named.items()}


def translate(body: dict[str, Any], model: str, *, stream: bool) -> Asked:
    rest = {key: value for key, value in camel(body).items() if value is not None}
    config = {key: value for key, value in rest.pop("generationConfig", {}).items() if value is not None}
    options: dict[str, Any] = pop_words(config, _NAMES)
    _schema(config, options)
    if config.pop("responseLogprobs", False):
        options["logprobs"] = config.pop("logprobs", 0)
    _think(config, options)
    tools = rest.pop("tools", [])
    options["tools"] = [_tool(tool) for entry in tools for tool in entry.get("functionDeclarations", ())]
    options["provider_tools"] = [entry for entry in tools if "functionDeclarations" not in entry]
    _choose(rest, options)
    system = rest.pop("systemInstruction", None)
    messages = [Message("system", [Text(part["text"]) for part in system["parts"]])] if system else []
    messages += _messages(rest.pop("contents"))
    if config:
        rest["generationConfig"] = config
    return Asked(Request(model=model, messages=messages, extra=rest, **options), stream)


def _schema(config: dict[str, Any], options: dict[str, Any]) -> None:
    for key in ("responseJsonSchema", "responseSchema"):
        if key in config:
            options["schema"] = config.pop(key)
            config.pop("responseMimeType", None)


def _think(config: dict[str, Any], options: dict[str, Any]) -> None:
    thinking = config.get("thinkingConfig") or {}
    if thinking == {"thinkingBudget": 0}:
        options["reasoning"] = 0
        del config["thinkingConfig"]
    elif thinking.get("includeThoughts") and len(thinking) == 2:
        effort = thinking.get("thinkingBudget") or str(thinking.get("thinkingLevel")).lower()
        if isinstance(effort, int) or effort in EFFORTS:
            options["reasoning"] = effort
            del config["thinkingConfig"]


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    schema = tool.get("parametersJsonSchema") or tool.get("parameters")
    made = {key: value for key, value in tool.items() if key not in ("parametersJsonSchema", "parameters")}
    return {**made, **({"parameters": schema} if schema else {})}


def _choose(rest: dict[str, Any], options: dict[str, Any]) -> None:
    config = rest.get("toolConfig") or {}
    calling = config.get("functionCallingConfig")
    if not calling or len(config) > 1:
        return
    names = calling.get("allowedFunctionNames") or []
    if len(names) > 1:
        return
    del rest["toolConfig"]
    options["tool_choice"] = names[0] if names else _MODES[calling["mode"]]


def _messages(contents: Any) -> list[Message]:
    turns = [contents] if isinstance(contents, dict) else contents
    calls: list[tuple[str, str]] = []
    messages = []
    for number, turn in enumerate(turns):
        parts = [_part(part, calls, f"call_{number}_{place}") for place, part in enumerate(turn["parts"])]
        role = "assistant" if turn.get("role") == "model" else "user"
        messages.append(Message("tool" if any(isinstance(part, ToolResult) for part in parts) else role, parts))
    return messages


def _part(part: dict[str, Any], calls: list[tuple[str, str]], new_id: str) -> Part:
    signature = part.get("thoughtSignature")
    state = {"thoughtSignature": signature} if signature else {}
    if "text" in part:
        if part.get("thought"):
            return Reasoning(part["text"], State(WIRE, state) if state else None)
        return Text(part["text"], State(WIRE, state) if state else None)
    if "functionCall" in part:
        call = part["functionCall"]
        if not call.get("id"):
            state["nameless"] = True
        identifier = call.get("id") or new_id
        calls.append((identifier, call["name"]))
        return ToolCall(identifier, call["name"], call.get("args") or {}, State(WIRE, state) if state else None)
    if "functionResponse" in part:
        return _result(part["functionResponse"], calls)
    if "inlineData" in part:
        blob = part["inlineData"]
        return Media(kind=_kind(blob["mimeType"]), mime=blob["mimeType"], data=unpacked(blob["data"]))
    if "fileData" in part:
        file = part["fileData"]
        return Media(kind=_kind(file["mimeType"]), mime=file["mimeType"], url=file["fileUri"])
    return Foreign(State(WIRE, part))


def _result(response: dict[str, Any], calls: list[tuple[str, str]]) -> ToolResult:
    """Without an id, a result belongs to the first call of its name that has none yet."""
    found = next(
        (call for call in calls if response.get("id") in (None, call[0]) and call[1] == response["name"]), None
    )
    if found is None:
        raise InexpressibleError("a result of a tool that nobody called")
    calls.remove(found)
    parts: list[Text | Media] = [Text(json.dumps(response["response"]))]
    for part in response.get("parts") or []:
        media = _part(part, [], "")
        assert isinstance(media, Media)
        parts.append(media)
    return ToolResult(found[0], parts, response["name"])


def _kind(mime: str) -> MediaKind:
    kind = mime.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "document"
