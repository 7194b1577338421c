"""Requests as Gemini wants them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.bodies import unsupported
from llmspell.providers.wire.gemini_schema import cleaned, reduced
from llmspell.providers.wire.media import all_media, refuse

WIRE = "gemini"
Block = dict[str, Any]

NAMELESS = "nameless"
"""Marks in the state of a tool call that its id was invented here, since the service gave none."""

_OPTIONS = (
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("max_tokens", "maxOutputTokens"),
    ("seed", "seed"),
)
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24_576}
"""As https://ai.google.dev/gemini-api/docs/openai#thinking has it."""
_VERSION = re.compile(r"gemini-(\d+)")
_UNSIGNED = b64encode(b"skip_thought_signature_validator").decode()
"""Stands for the signature of a call that another service's model made; Gemini 3 wants one on each first call:
https://ai.google.dev/gemini-api/docs/thought-signatures."""
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_INSIDE_RESULTS = ("image", "document")


def body_of(request: Request, *, json_schema: bool) -> dict[str, Any]:
    """The body of a request; without `json_schema`, schemas are reduced to those of OpenAPI 3.0."""
    if request.parallel_tool_calls is False:
        raise unsupported(WIRE, "parallel_tool_calls = false")
    body = contents_of(request.messages, request.model)
    if config := _config(request, json_schema=json_schema):
        body["generationConfig"] = config
    tools = [dict(tool) for tool in request.provider_tools]
    if request.tools:
        tools.append({"functionDeclarations": [_tool(tool, json_schema=json_schema) for tool in request.tools]})
    if tools:
        body["tools"] = tools
    if request.tool_choice is not None:
        body["toolConfig"] = {"functionCallingConfig": _choice(request.tool_choice)}
    return body


def _config(request: Request, *, json_schema: bool) -> dict[str, Any]:
    config = {theirs: value for ours, theirs in _OPTIONS if (value := getattr(request, ours)) is not None}
    if request.stop:
        config["stopSequences"] = request.stop
    if request.schema is not None:
        config["responseMimeType"] = "application/json"
        if json_schema:
            config["responseJsonSchema"] = cleaned(request.schema)
        else:
            config["responseSchema"] = reduced(request.schema)
    if request.logprobs is not None:
        config["responseLogprobs"] = True
        if request.logprobs:
            config["logprobs"] = request.logprobs
    if request.reasoning is not None:
        config["thinkingConfig"] = _thinking(request.reasoning, request.model)
    return config


def _thinking(effort: str | int, model: str) -> dict[str, Any]:
    """Gemini 3 takes a level and cannot be kept from thinking; earlier ones take a number of tokens."""
    if isinstance(effort, str) and _generation(model) >= 3:
        level = "minimal" if effort == "none" else effort
        return {"thinkingLevel": level, **({} if effort == "none" else {"includeThoughts": True})}
    budget = _BUDGETS[effort] if isinstance(effort, str) else effort
    return {"thinkingBudget": budget, **({"includeThoughts": True} if budget else {})}


def _generation(model: str) -> int:
    """The number in a model's name; those without one are the newest."""
    found = _VERSION.search(model)
    return int(found[1]) if found else 3


def _tool(tool: dict[str, Any], *, json_schema: bool) -> dict[str, Any]:
    declaration = {key: value for key, value in tool.items() if key != "parameters"}
    if schema := tool.get("parameters"):
        if json_schema:
            declaration["parametersJsonSchema"] = cleaned(schema)
        elif schema.get("properties"):  # an object without any is refused
            declaration["parameters"] = reduced(schema)
    return declaration


def _choice(choice: str) -> dict[str, Any]:
    if mode := _MODES.get(choice):
        return {"mode": mode}
    return {"mode": "ANY", "allowedFunctionNames": [choice]}


def contents_of(messages: list[Message], model: str) -> dict[str, Any]:
    """`contents`, and `systemInstruction` if there is something to put there."""
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    calls: dict[str, tuple[int, ToolCall]] = {}
    if _generation(model) < 3:
        for media in all_media(messages):
            refuse(media, WIRE, "detail")
    for message, joined in _turns(messages):
        if message.role == "system":
            system += _system(message)
            continue
        calls |= {call.id: (number, call) for number, call in enumerate(message.tool_calls, len(calls))}
        if message.role == "assistant":
            turns += _turn("model", _signed(_parts(joined), model))
        else:
            turns += _said(joined, calls, model)
    return {"contents": turns, **({"systemInstruction": {"parts": system}} if system else {})}


def _turns(messages: list[Message]) -> list[tuple[Message, list[Part]]]:
    """Messages with their parts; neighbours that hold results of tools are one, as the service wants them."""
    turns: list[tuple[Message, list[Part]]] = []
    for message in messages:
        if message.role == "tool" and turns and turns[-1][0].role == "tool":
            turns[-1][1].extend(message.parts)
        else:
            turns.append((message, list(message.parts)))
    return turns


def _turn(role: str, parts: list[Block]) -> list[dict[str, Any]]:
    return [{"role": role, "parts": parts}] if parts else []


def _system(message: Message) -> list[Block]:
    if any(not isinstance(part, Text) for part in message.parts):
        raise unsupported(WIRE, "system messages of anything but text")
    return _parts(message.parts)


def _parts(parts: list[Part]) -> list[Block]:
    return [block for part in parts if (block := _block(part))]


def _block(part: Part) -> Block | None:
    match part:
        case Text():
            own = _own(part.state)
            return {"text": part.text, **own} if part.text or own else None
        case Media():
            return {**_media(part), **_own(part.state)}
        case Reasoning():
            own = _own(part.state)
            return {"text": part.text, "thought": True, **own} if own else None
        case ToolCall():
            own = _own(part.state)
            call = {"name": part.name, "args": part.arguments, **({} if own.pop(NAMELESS, None) else {"id": part.id})}
            return {"functionCall": call, **own}
        case Foreign():
            return _own(part.state) or None
    raise unsupported(WIRE, "results of tools in messages of the assistant")


def _own(state: State | None) -> Block:
    return dict(state.data) if state is not None and state.wire == WIRE else {}


def _media(media: Media) -> Block:
    refuse(media, WIRE, "file_id")
    block: Block = {"mediaResolution": {"level": f"MEDIA_RESOLUTION_{media.detail.upper()}"}} if media.detail else {}
    if media.data is None:
        return {**block, "fileData": {"mimeType": media.mime, "fileUri": media.url}}
    return {**block, "inlineData": {"mimeType": media.mime, "data": b64encode(media.data).decode()}}


def _signed(parts: list[Block], model: str) -> list[Block]:
    call = next((part for part in parts if "functionCall" in part), None)
    if call is not None and "thoughtSignature" not in call and _generation(model) >= 3:
        call["thoughtSignature"] = _UNSIGNED
    return parts


def _said(parts: list[Part], calls: dict[str, tuple[int, ToolCall]], model: str) -> list[dict[str, Any]]:
    """What the user or tools say; results without ids find their calls by name and order."""
    results = sorted(
        (part for part in parts if isinstance(part, ToolResult)),
        key=lambda result: calls[result.id][0] if result.id in calls else len(calls),
    )
    inside = _generation(model) >= 3
    answers = [_result(result, calls, inside=inside) for result in results]
    beside = [block for result in results for block in _beside(result, inside=inside)]
    rest = _parts([part for part in parts if not isinstance(part, ToolResult)])
    return _turn("user", answers + rest) + _turn("user", beside)


def _result(result: ToolResult, calls: dict[str, tuple[int, ToolCall]], *, inside: bool) -> Block:
    call = calls[result.id][1] if result.id in calls else None
    response: Block = {"name": call.name if call else result.name}
    if call is None or NAMELESS not in _own(call.state):
        response["id"] = result.id
    response["response"] = _response(result)
    if pictures := [_media(part) for part in result.parts if isinstance(part, Media) and _fits(part, inside=inside)]:
        response["parts"] = pictures
    return {"functionResponse": response}


def _response(result: ToolResult) -> dict[str, Any]:
    """The object that is wanted: the tool's own, or one round its words."""
    text = result.text
    if not text:
        return {}
    if not result.is_error and text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, dict):
            return parsed
    return {"error" if result.is_error else "output": text}


def _fits(media: Media, *, inside: bool) -> bool:
    return inside and media.kind in _INSIDE_RESULTS


def _beside(result: ToolResult, *, inside: bool) -> list[Block]:
    """Media that may not stand in a result follow it: none may before Gemini 3, and no sound or film since."""
    media = [_media(part) for part in result.parts if isinstance(part, Media) and not _fits(part, inside=inside)]
    return [{"text": f"From the tool {result.name or result.id}:"}, *media] if media else []
