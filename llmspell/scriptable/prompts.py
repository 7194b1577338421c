"""From what a script passes to a request for a provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from llmspell.agents.schema_size import size_of
from llmspell.errors import InvalidValueError
from llmspell.nearest import near
from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Part, Text, ToolCall, ToolResult
from llmspell.scriptable import records
from llmspell.scriptable.parts import part_of

if TYPE_CHECKING:
    from llmspell.system.blobs import Blobs

_OF_AGENTS = ("tools", "tool_choice", "schema", "cache")
_CHOICES = ("auto", "none", "required")
_NAME = re.compile(r"[\w-]{1,64}", re.ASCII)


def request_for(
    method: str, model: str, prompt: records.Prompt, options: records.ModelOptions, blobs: Blobs | None = None
) -> Request:
    """What to ask the model; `method` names the call in errors."""
    fields: dict[str, Any] = dict(options)
    if isinstance(fields.get("stop"), str):
        fields["stop"] = [fields["stop"]]
    if "tools" in fields:
        fields["tools"] = [_tool(method, tool) for tool in fields["tools"]]
    if "tool_choice" in fields:
        _check_choice(method, fields)
    if "schema" in fields:
        fields |= _schema(method, fields["schema"])
    return Request(model=model, messages=to_messages(prompt, method, blobs), **fields)


def request_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a model as fields of a request, without those that tools and schemas of an agent take the place of."""
    fields = {name: value for name, value in options.items() if name not in _OF_AGENTS}
    if isinstance(fields.get("stop"), str):
        fields["stop"] = [fields["stop"]]
    return fields


def to_messages(prompt: records.Prompt, method: str, blobs: Blobs | None = None) -> list[Message]:
    """A prompt as messages; a text is one message of the user. Raises `InvalidValueError` for an empty prompt."""
    if not prompt:
        raise InvalidValueError(f"{method}: prompt is empty", hint="pass a text, or a list of messages")
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    names: dict[str, str] = {}
    return [_message(message, names, f"{method}: prompt: message {at}", blobs) for at, message in enumerate(prompt, 1)]


def _message(message: records.Message, names: dict[str, str], place: str, blobs: Blobs | None) -> Message:
    """`names` are those of the tools that were called before, by the id of the call."""
    _check_message(message, place)
    role, answers = message["role"], message.get("tool_call_id")
    parts = _parts(message.get("content", ""), role, place, blobs)
    if answers is not None:
        said = cast("list[Text | Media]", parts)
        cache = any(part.cache for part in said)
        return Message(role, [ToolResult(answers, said, names.get(answers, ""), message.get("is_error", False), cache)])
    parts += [ToolCall(**call) for call in message.get("tool_calls", ())]
    names.update((part.id, part.name) for part in parts if isinstance(part, ToolCall))
    return Message(role, parts)


def _check_message(message: records.Message, place: str) -> None:
    role, calls, answers = message["role"], message.get("tool_calls"), message.get("tool_call_id")
    if "content" not in message and not calls:
        raise InvalidValueError(f"{place}: content is missing", hint="pass a text, or a list of parts")
    if calls and role != "assistant":
        raise InvalidValueError(f"{place}: tool_calls belong to an assistant, not to the role {role}")
    if (answers is not None) != (role == "tool"):
        said = "is missing" if role == "tool" else f"belongs to the role tool, not to {role}"
        raise InvalidValueError(f"{place}: tool_call_id {said}", hint="it is the id of the tool call that is answered")
    if "is_error" in message and role != "tool":
        raise InvalidValueError(f"{place}: is_error belongs to the role tool, not to {role}")


def _parts(content: str | list[records.MessagePart], role: str, place: str, blobs: Blobs | None) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    parts = [part_of(part, role, f"{place}: content: part {at}", blobs) for at, part in enumerate(content, 1)]
    return [part for part in parts if type(part) is not Text or part.text or part.state]


def _tool(method: str, tool: records.ModelTool) -> dict[str, Any]:
    given = tool.get("parameters")
    place = f"{method}: options.tools: {tool['name'][:64]}"
    parameters = _json_schema(given, place) if given else {"type": "object", "properties": {}}
    return {"description": "", **tool, "parameters": parameters}


def _check_choice(method: str, fields: dict[str, Any]) -> None:
    choice, names = fields["tool_choice"], [tool["name"] for tool in fields.get("tools", ())]
    if choice not in _CHOICES and choice not in names and not fields.get("provider_tools"):
        hint = (
            near(choice, [*_CHOICES, *names]) or f"it is auto, none, required or one of {', '.join(names) or 'tools'}"
        )
        raise InvalidValueError(f"{method}: options.tool_choice: there is no tool '{choice[:40]}'", hint=hint)


def _schema(method: str, schema: dict[str, Any]) -> dict[str, Any]:
    if not schema:
        raise InvalidValueError(f"{method}: options.schema is empty", hint="pass a JSON Schema, such as {type: object}")
    found = _json_schema(schema, f"{method}: options.schema")
    title = found.get("title")
    named = {"schema_name": title} if isinstance(title, str) and _NAME.fullmatch(title) else {}
    return {"schema": found, **named}


def _json_schema(given: dict[str, Any], place: str) -> dict[str, Any]:
    """JSON Schema as it is, and what the short form stands for."""
    from llmspell.agents.schema import is_json_schema, schema_of  # only for schemas

    if not is_json_schema(given) and not isinstance(given.get("properties"), dict):
        return schema_of(given, place)
    size_of(given, place)
    return given
