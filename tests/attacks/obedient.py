"""A model that does what it is told, as one does whose prompt somebody else has written."""

from __future__ import annotations

import json
from typing import Any

from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import Text, ToolCall

TALK = "one two three four five"


def obey(request: Request) -> str | Response:
    """The calls that the last prompt orders, step by step, and then words.

    An order is JSON: steps, each a list of `[tool, arguments]` for calls at once. After the last step it ends,
    or, if that is `"again"`, begins anew.
    """
    steps, done = _order(request)
    if steps and steps[-1] == "again":
        done %= len(steps) - 1
    if done >= len(steps):
        return TALK
    calls = [ToolCall(f"call{done}-{at}", name, arguments) for at, (name, arguments) in enumerate(steps[done])]
    return Response(
        parts=[Text(""), *calls],
        finish_reason="tool_calls",
        raw_finish_reason="tool_calls",
        usage=Usage(len(request.messages), 5 * len(calls)),
        model=request.model,
    )


def _order(request: Request) -> tuple[list[Any], int]:
    """The steps of the last order, and how many of them are done."""
    done = 0
    for message in reversed(request.messages):
        done += message.role == "assistant"
        if message.role == "user":
            try:
                steps = json.loads(message.text)
            except ValueError:
                continue
            return (steps, done) if isinstance(steps, list) else ([], done)
    return [], done
