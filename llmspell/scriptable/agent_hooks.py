"""The events of agents as scripts see them, and what the hooks of scripts answer."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from llmspell.agents.hooks import Action, Change, action_from_data
from llmspell.errors import InvalidValueError
from llmspell.scriptable.checks import Check, Mismatch, compile_check
from llmspell.scriptable.prompts import request_options
from llmspell.scriptable.records import ModelOptions
from llmspell.scriptable.shapes import ScriptFunction, record_of

_CAMEL = re.compile(r"(?<=[a-z0-9])[A-Z]")


def hook_of(function: ScriptFunction) -> Any:
    """The hook that asks a function of the script."""

    async def hook(event: Any) -> Action | None:
        action = action_from_data(await function(event_of(event)))
        return _renamed(event.kind, action) if isinstance(action, Change) else action

    return hook


def _renamed(kind: str, change: Change) -> Change:
    """A change under the names of Python, its values checked."""
    fields = {_CAMEL.sub(lambda found: f"_{found[0].lower()}", name): value for name, value in change.fields.items()}
    if kind == "model_call":
        try:
            return Change(**request_options(_options()(fields, None)))
        except Mismatch as mismatch:
            raise mismatch.error("a hook for model_call", "it may change the options of the model") from None
    if kind == "tool_result" and "failed" in fields:
        fields["is_error"] = fields.pop("failed") is True
    if kind == "tool_result" and "parts" in fields:
        raise InvalidValueError("a hook for tool_result cannot change 'parts'", hint="it may change text and failed")
    if kind == "finish" and "value" in fields:
        fields["data"] = fields.pop("value")
    return Change(**fields)


def event_of(event: Any) -> dict[str, Any]:
    """An event for the script."""
    found: dict[str, Any] = {"type": event.kind}
    match event.kind:
        case "model_call" | "turn_end":
            found["turn"] = event.turn
        case "text" | "reasoning":
            found["text"] = event.text
        case "output":
            found["value"] = event.value
        case "response":
            found |= {"turn": event.turn, "text": event.response.text}
        case "tool_call":
            found |= {"id": event.id, "name": event.name, "arguments": event.arguments}
        case "tool_result":
            found |= {"id": event.id, "name": event.name, "text": event.text, "failed": event.is_error}
        case "approval":
            asked = event.question
            found |= {"id": asked.id, "name": asked.name, "arguments": asked.arguments}
        case "error":
            found |= {"text": event.error.message, "kind": event.error.kind}
        case "finish":
            found |= {"text": event.result.text, "reason": event.result.reason, "value": event.result.data}
    return found


@cache
def _options() -> Check:
    return compile_check(record_of(ModelOptions))
