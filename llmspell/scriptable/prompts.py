"""From what a script passes to a request for a provider."""

from __future__ import annotations

from typing import Any

from llmspell.errors import InvalidValueError
from llmspell.providers.base import Request
from llmspell.providers.content import Media, Message, Text, ToolCall, ToolResult
from llmspell.scriptable import records


def request_for(method: str, model: str, prompt: records.Prompt, options: records.ModelOptions) -> Request:
    """What to ask the model; `method` names the call in errors."""
    fields: dict[str, Any] = dict(options)
    if isinstance(fields.get("stop"), str):
        fields["stop"] = [fields["stop"]]
    if "tools" in fields:
        fields["tools"] = [_tool(tool) for tool in fields["tools"]]
    return Request(model=model, messages=to_messages(prompt, method), **fields)


def to_messages(prompt: records.Prompt, method: str) -> list[Message]:
    """A prompt as messages; a text is one message of the user. Raises `InvalidValueError` for an empty prompt."""
    if not prompt:
        raise InvalidValueError(f"{method}: prompt is empty", hint="pass a text, or a list of messages")
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    return [_message(message, f"{method}: prompt: message {at}") for at, message in enumerate(prompt, 1)]


def _message(message: records.Message, place: str) -> Message:
    role, calls, answers = message["role"], message.get("tool_calls"), message.get("tool_call_id")
    if "content" not in message and not calls:
        raise InvalidValueError(f"{place}: content is missing", hint="pass a text, or a list of text parts")
    if calls and role != "assistant":
        raise InvalidValueError(f"{place}: tool_calls belong to an assistant, not to the role {role}")
    if (answers is not None) != (role == "tool"):
        said = "is missing" if role == "tool" else f"belongs to the role tool, not to {role}"
        raise InvalidValueError(f"{place}: tool_call_id {said}", hint="it is the id of the tool call that is answered")
    parts = _parts(message.get("content", ""))
    if answers is not None:
        return Message(role, [ToolResult(answers, parts)])
    return Message(role, [*parts, *(ToolCall(**call) for call in calls or ())])


def _parts(content: str | list[records.TextPart]) -> list[Text | Media]:
    texts = [content] if isinstance(content, str) else [part["text"] for part in content]
    return [Text(text) for text in texts if text]


def _tool(tool: records.ModelTool) -> dict[str, Any]:
    return {"description": "", "parameters": {"type": "object", "properties": {}}, **tool}
