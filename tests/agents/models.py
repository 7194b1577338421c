"""Answers of scripted models."""

from __future__ import annotations

from typing import Any

from llmspell.agents import Agent
from llmspell.providers.base import Response, Usage
from llmspell.providers.content import Part, Text, ToolCall
from llmspell.testing import Reply, ScriptedProvider


def calls(*wanted: tuple[str, dict[str, Any]], text: str = "", usage: Usage | None = None) -> Response:
    """An answer that calls these tools, as `c0`, `c1`, ..."""
    said: list[Part] = [Text(text)] if text else []
    return Response(
        parts=said + [ToolCall(f"c{at}", name, arguments) for at, (name, arguments) in enumerate(wanted)],
        finish_reason="tool_calls",
        raw_finish_reason=None,
        usage=usage or Usage(3, 2),
        model="test",
    )


def agent(*replies: Reply, **options: Any) -> tuple[Agent, ScriptedProvider]:
    """An agent whose model gives these answers."""
    provider = ScriptedProvider(list(replies))
    return Agent((provider, "test"), **options), provider
