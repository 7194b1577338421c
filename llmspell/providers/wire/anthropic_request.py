"""Requests as Anthropic wants them."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from llmspell.errors import ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.anthropic_schema import cleaned
from llmspell.providers.wire.bodies import unsupported
from llmspell.providers.wire.media import refuse

WIRE = "anthropic"
Block = dict[str, Any]

_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16_384}
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high"}
_MOST = {"claude-3-5": 8192, "claude-3-7": 64_000, "claude-3": 4096}
_DEFAULT_MOST = 32_000
_VERSION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_NOT_IN_AN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def body_of(request: Request, max_tokens: int | None) -> dict[str, Any]:
    """The body of a request; `max_tokens` is for one that leaves it open.

    Without either, an answer may be as long as every model of its generation allows: 4,096 tokens for Claude 3,
    8,192 for 3.5, 32,000 for later ones.
    """
    for option in ("seed", "logprobs"):
        if getattr(request, option) is not None:
            raise unsupported(WIRE, option)
    longest = request.max_tokens or max_tokens or _most(request.model)
    body: dict[str, Any] = {"model": request.model, "max_tokens": longest, **messages_of(request.messages)}
    for option in ("temperature", "top_p"):
        if (value := getattr(request, option)) is not None:
            body[option] = value
    if request.stop:
        body["stop_sequences"] = request.stop
    _add_tools(body, request)
    if request.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": cleaned(request.schema)}}
    _add_thinking(body, request)
    return body


def _most(model: str) -> int:
    return next((most for part, most in _MOST.items() if part in model), _DEFAULT_MOST)


def _add_tools(body: dict[str, Any], request: Request) -> None:
    tools = [*map(_tool, request.tools), *request.provider_tools]
    if tools:
        body["tools"] = tools
    choice = _choice(request.tool_choice)
    if request.parallel_tool_calls is False and tools and choice != {"type": "none"}:
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    if choice:
        body["tool_choice"] = choice


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    encoded = {key: value for key, value in tool.items() if key != "parameters"}
    return {**encoded, "input_schema": tool.get("parameters") or {"type": "object", "properties": {}}}


def _choice(choice: str | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    if choice in ("auto", "none"):
        return {"type": choice}
    return {"type": "any"} if choice == "required" else {"type": "tool", "name": choice}


def _add_thinking(body: dict[str, Any], request: Request) -> None:
    """Claude 4.6 and later decide themselves how much an effort is; earlier ones want a number of tokens."""
    effort = request.reasoning
    if effort is None:
        return
    if effort in ("none", 0):
        body["thinking"] = {"type": "disabled"}
    elif isinstance(effort, str) and _thinks_adaptively(request.model):
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {**body.get("output_config", {}), "effort": _EFFORTS[effort]}
    else:
        budget = _BUDGETS[effort] if isinstance(effort, str) else effort
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
        if request.max_tokens is None:  # it contains the thinking
            body["max_tokens"] = max(body["max_tokens"], budget + 4096)


def _thinks_adaptively(model: str) -> bool:
    found = _VERSION.search(model)
    return "claude" in model and (found is None or (int(found[1]), int(found[2] or 0)) >= (4, 6))


def messages_of(messages: list[Message]) -> dict[str, Any]:
    """`messages`, and `system` if there is something to put there.

    Neighbours of one role become one message: results of tools have to stand together, in a turn of the user.
    """
    system: list[Block] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            system += _system(message)
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := _block(part))]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return {"messages": turns, **({"system": system} if system else {})}


def _system(message: Message) -> list[Block]:
    if any(not isinstance(part, Text) for part in message.parts):
        raise unsupported(WIRE, "system messages of anything but text")
    return [block for part in message.parts if (block := _block(part))]


def _block(part: Part) -> Block | None:
    match part:
        case Text(text=""):
            return None  # refused by the service
        case Text():
            block: Block = {"type": "text", "text": part.text}
        case Media():
            block = _media(part)
        case Reasoning():
            return _thinking(part)
        case ToolCall():
            block = {"type": "tool_use", "id": _id(part.id), "name": part.name, "input": part.arguments}
        case ToolResult():
            return _marked(_result(part), cache=part.cache)
        case Foreign():
            return _own(part.state)
    block |= _own(part.state) or {}
    return block if isinstance(part, ToolCall) else _marked(block, cache=part.cache)


def _own(state: State | None) -> Block | None:
    return state.data if state is not None and state.wire == WIRE else None


def _marked(block: Block, *, cache: bool) -> Block:
    return {**block, "cache_control": {"type": "ephemeral"}} if cache else block


def _thinking(part: Reasoning) -> Block | None:
    """Only what this service thought goes back, with the signature that proves it."""
    own = _own(part.state)
    if own is None or "type" in own:
        return own
    if not part.text and not own.get("signature"):
        return None
    return {"type": "thinking", "thinking": part.text, **own}


def _result(result: ToolResult) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": _id(result.id)}
    if content := [found for part in result.parts if (found := _block(part))]:
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    return block


def _id(identifier: str) -> str:
    """The id of a call that another service may have named with characters that are refused here."""
    return _NOT_IN_AN_ID.sub("_", identifier)


def _media(media: Media) -> Block:
    if media.kind == "image":
        return {"type": "image", "source": _source(media)}
    if media.kind != "document":
        raise ModelError(f"the {WIRE} format has no {media.kind} in messages")
    block: Block = {"type": "document", "source": _source(media)}
    return {**block, "title": media.name} if media.name else block


def _source(media: Media) -> Block:
    refuse(media, WIRE, "detail")
    if media.file_id is not None:
        return {"type": "file", "file_id": media.file_id}
    if media.data is None:
        return {"type": "url", "url": media.url}
    if media.mime.startswith("text/"):
        return {"type": "text", "media_type": "text/plain", "data": media.data.decode(errors="replace")}
    return {"type": "base64", "media_type": media.mime, "data": b64encode(media.data).decode()}
