"""Requests of chat completions: the body, and the messages in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from llmspell.errors import ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Part, Reasoning, Text, ToolCall, ToolResult
from llmspell.providers.wire import chat_media, chat_schema
from llmspell.providers.wire.chat_dialect import Dialect
from llmspell.providers.wire.chat_media import NAME

_COMMON = Dialect()
_CACHE = {"type": "ephemeral"}


def body(request: Request, dialect: Dialect, *, stream: bool) -> dict[str, Any]:
    """The body of a request, without `Request.extra`. Raises `ModelError` for what the service cannot do."""
    made: dict[str, Any] = {"model": request.model, "messages": chat_messages(request.messages, dialect)}
    for name, field in (("temperature", "temperature"), ("top_p", "top_p"), ("seed", dialect.seed)):
        if (value := getattr(request, name)) is not None:
            made[field] = value
    if request.max_tokens is not None:
        made[dialect.max_tokens] = request.max_tokens
    if request.stop:
        made["stop"] = request.stop
    if request.logprobs is not None:
        made |= {"logprobs": True, "top_logprobs": request.logprobs} if request.logprobs else {"logprobs": True}
    _add_tools(made, request, dialect)
    if request.schema is not None:
        _hold_to_schema(made, request.schema, request.schema_name, dialect)
    if request.reasoning is not None:
        made |= _thinking(request.reasoning, dialect)
    if stream:
        made |= (
            {"stream": True, "stream_options": {"include_usage": True}} if dialect.stream_usage else {"stream": True}
        )
    return made


def _add_tools(made: dict[str, Any], request: Request, dialect: Dialect) -> None:
    if request.tools or request.provider_tools:
        made["tools"] = [_tool(tool, dialect) for tool in request.tools] + request.provider_tools
    if request.tool_choice is not None:
        made["tool_choice"] = _tool_choice(request.tool_choice, dialect)
    if request.parallel_tool_calls is not None:
        made["parallel_tool_calls"] = request.parallel_tool_calls


def _tool(tool: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    if dialect.schema_drop and isinstance(tool.get("parameters"), dict):
        tool = {**tool, "parameters": chat_schema.without(tool["parameters"], dialect.schema_drop)}
    return {"type": "function", "function": tool}


def _tool_choice(choice: str, dialect: Dialect) -> str | dict[str, Any]:
    if choice == "required":
        return dialect.required
    return choice if choice in ("auto", "none") else {"type": "function", "function": {"name": choice}}


def _hold_to_schema(made: dict[str, Any], schema: dict[str, Any], name: str, dialect: Dialect) -> None:
    if dialect.schema == "none":
        raise ModelError(f"the {NAME} format of this service holds no answer to a schema")
    if dialect.schema == "json_object":
        made["messages"] = _told(made["messages"], schema, dialect)
        made["response_format"] = {"type": "json_object"}
        return
    closed = chat_schema.strict(schema) if dialect.strict else None
    cleaned = chat_schema.without(closed or schema, dialect.schema_drop) if dialect.schema_drop else closed or schema
    told = {"name": name, "schema": cleaned} | ({"strict": closed is not None} if dialect.strict else {})
    made["response_format"] = {"type": "json_schema", "json_schema": told}


def _told(messages: list[dict[str, Any]], schema: dict[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """The messages, with the schema in their instructions: `json_object` does not know it."""
    text = f"Answer with JSON alone, which follows this JSON Schema: {json.dumps(schema, ensure_ascii=False)}"
    first = messages[0] if messages else {}
    if first.get("role") != dialect.system_role or not isinstance(first["content"], str):
        return [{"role": dialect.system_role, "content": text}, *messages]
    return [{**first, "content": f"{first['content']}\n\n{text}"}, *messages[1:]]


def _thinking(reasoning: str | int, dialect: Dialect) -> dict[str, Any]:
    if dialect.reasoning == "none":
        raise ModelError(f"the {NAME} format of this service cannot be asked to think")
    if isinstance(reasoning, int):
        if dialect.reasoning != "object":
            raise ModelError(
                f"the {NAME} format of this service has no number of tokens for thinking",
                hint="say none, minimal, low, medium or high",
            )
        return {"reasoning": {"max_tokens": reasoning}}
    if dialect.reasoning == "object":
        return {"reasoning": {"effort": reasoning}}
    if dialect.reasoning == "effort":
        return {"reasoning_effort": reasoning}
    if reasoning == "none":
        return {"thinking": {"type": "disabled"}}
    if dialect.reasoning == "thinking":
        return {"thinking": {"type": "enabled"}, "reasoning_effort": reasoning}
    return {"thinking": {"type": "enabled"}}


def chat_messages(messages: list[Message], dialect: Dialect = _COMMON) -> list[dict[str, Any]]:
    """The `messages` of a request; each answer of a tool is a message of its own.

    The format has no mark for a tool that failed: its text has to say so. `Foreign` parts are left out: no service
    of this format takes them back.
    """
    made: list[dict[str, Any]] = []
    for message in messages:
        parts = message.parts
        if len(parts) == 1 and type(text := parts[0]) is Text and not text.cache and text.state is None:
            role = message.role if message.role != "system" else dialect.system_role
            made.append({"role": role, "content": text.text})
        else:
            made += _ROLES[message.role](message, dialect)
    return made


def _system(message: Message, dialect: Dialect) -> list[dict[str, Any]]:
    return [{"role": dialect.system_role, "content": _content(message.parts, dialect)}]


def _user(message: Message, dialect: Dialect) -> list[dict[str, Any]]:
    said = [part for part in message.parts if not isinstance(part, ToolResult)]
    results = _tool_results(message, dialect) if len(said) < len(message.parts) else []
    return [*results, {"role": "user", "content": _content(said, dialect)}] if said or not results else results


def _tool_results(message: Message, dialect: Dialect) -> list[dict[str, Any]]:
    results = message.tool_results
    made = [_result(result, dialect) for result in results]
    if dialect.tool_media == "user" and (shown := [part for result in results for part in _shown(result, dialect)]):
        made.append({"role": "user", "content": shown})
    return made


def _result(result: ToolResult, dialect: Dialect) -> dict[str, Any]:
    parts: list[Part] = [part for part in result.parts if isinstance(part, Text) or dialect.tool_media == "parts"]
    content = _content(parts, dialect)
    if result.cache and dialect.cache_control:
        content = [{"type": "text", "text": content}] if isinstance(content, str) else content
        content[-1]["cache_control"] = _CACHE
    if not content and result.parts:
        content = "what it gave follows in the next message"
    return {"role": "tool", "content": content, "tool_call_id": result.id}


def _shown(result: ToolResult, dialect: Dialect) -> list[dict[str, Any]]:
    """The pictures of a tool's answer, for the user message behind it."""
    media = [chat_media.part(part, dialect) for part in result.parts if isinstance(part, Media)]
    about = f"What the tool {result.name or 'call'} {result.id} gave:"
    return [{"type": "text", "text": about}, *media] if media else []


def _content(parts: Sequence[Part], dialect: Dialect) -> str | list[dict[str, Any]]:
    """Texts as one text, unless there is more to say than text."""
    marked = dialect.cache_control and any(getattr(part, "cache", False) for part in parts)
    if not marked and not any(isinstance(part, Media) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    made = []
    for part in parts:
        if isinstance(part, Text):
            encoded: dict[str, Any] = {"type": "text", "text": part.text}
        elif isinstance(part, Media):
            encoded = chat_media.part(part, dialect)
        else:
            continue
        made.append({**encoded, "cache_control": _CACHE} if part.cache and dialect.cache_control else encoded)
    return made


def _assistant(message: Message, dialect: Dialect) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"role": "assistant"} | _media_of_ours(message)
    texts = [part for part in message.parts if isinstance(part, Text)]
    content = "" if "audio" in made else _content(texts, dialect)
    thoughts = [part for part in message.parts if isinstance(part, Reasoning)]
    calls = message.tool_calls
    made["content"] = content or ("" if not calls and "audio" not in made else None)
    if thoughts and dialect.reasoning_echo != "none":
        _echo(made, thoughts, dialect)
    if calls:
        made["tool_calls"] = [_call(call, dialect) for call in calls]
    for part in texts:
        made |= _extra(part, dialect)
    return [made]


def _echo(made: dict[str, Any], thoughts: list[Reasoning], dialect: Dialect) -> None:
    """Thoughts, in the field where the service wants them back."""
    text = "".join(part.text for part in thoughts)
    details = [detail for part in thoughts for detail in _state(part).get("reasoning_details", ())]
    if dialect.reasoning_echo == "reasoning_details" and details:
        made["reasoning_details"] = details
    elif not text:
        return
    elif dialect.reasoning_echo == "parts":
        said = made["content"]
        texts = said if isinstance(said, list) else [{"type": "text", "text": said}] if said else []
        made["content"] = [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}, *texts]
    else:
        made["reasoning" if dialect.reasoning_echo == "reasoning_details" else dialect.reasoning_echo] = text


def _media_of_ours(message: Message) -> dict[str, Any]:
    """What the model showed or said aloud itself, which goes back as it came."""
    made: dict[str, Any] = {}
    for part in message.parts:
        if not isinstance(part, Media):
            continue
        state = _state(part)
        if "images" in state:
            made.setdefault("images", []).append(chat_media.part(part, _COMMON))
        elif audio := state.get("audio"):
            made["audio"] = {"id": audio.get("id")}
        else:
            raise ModelError(
                f"the {NAME} format of this service has no {part.kind} in answers",
                hint="put it into a message of the user",
            )
    return made


def _call(call: ToolCall, dialect: Dialect) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function} | _extra(call, dialect)


def _extra(part: Text | ToolCall, dialect: Dialect) -> dict[str, Any]:
    if part.state is None or not dialect.extra_content:
        return {}
    state = _state(part)
    return {"extra_content": state["extra_content"]} if "extra_content" in state else {}


def _state(part: Text | Media | Reasoning | ToolCall) -> dict[str, Any]:
    return part.state.data if part.state is not None and part.state.wire == NAME else {}


_ROLES: dict[str, Callable[[Message, Dialect], list[dict[str, Any]]]] = {
    "system": _system,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool_results,
}
