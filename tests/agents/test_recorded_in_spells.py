"""Recorded conversations with tools, had again by agents of spells in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell.providers.content import Message, Text
from tests.agents.recorded import Conversation, Replay, conversations
from tests.conformance import naive

FOLDER = Path(__file__).parent / "scenarios"


def plain(conversation: Conversation) -> bool:
    """Whether it begins with texts alone."""
    return all(isinstance(part, Text) for message in conversation.asked.request.messages for part in message.parts)


_FOUND = [each for each in conversations() if plain(each)]
_ABSENT = pytest.mark.skip(reason="the recorded traffic (../shared/cassettes) is not beside the project")
_EACH = [pytest.param(each, id=each.name) for each in _FOUND] or [pytest.param(None, marks=_ABSENT)]


def had(replay: Replay, language: str) -> dict[str, Any]:
    conversation = replay.conversation
    request = conversation.asked.request
    provider = replay.provider
    provider.name = "recorded"
    given = {each.name: replay.recorded(each.name) for each in replay.agent.tools}

    def recorded(name: str, args: dict[str, Any]) -> Any:
        """What a tool gave."""
        value = given[name](args)
        return value if isinstance(value, str) else "".join(part.text for part in value if isinstance(part, Text))

    options = {"temperature": request.temperature, "max_tokens": request.max_tokens}
    result = llmspell.run(
        FOLDER / f"replay.{language}",
        params={
            "agent": {
                "model": f"recorded/{request.model or 'model'}",
                "instructions": replay.agent.instructions,
                **({"output": request.schema, "output_mode": "native"} if request.schema else {}),
                "options": {name: value for name, value in options.items() if value is not None},
                "limits": {"max_turns": len(conversation.answers), "max_repairs": 0},
            },
            "tools": request.tools,
            "prompt": [_record(message) for message in replay.prompt],
            "stream": naive.is_stream(conversation.answers[0].answer) or conversation.wire == "ollama",
        },
        providers=[provider],
        tools=[recorded],
        isolation="inline",
        limits=llmspell.Limits(timeout=20),
    )
    value: dict[str, Any] = result.value
    return value


def _record(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.text}


@pytest.mark.parametrize("language", ["lua", "js"])
@pytest.mark.parametrize("conversation", _EACH)
def test_an_agent_of_a_spell_reaches_the_recorded_end(conversation: Conversation, language: str) -> None:
    replay = Replay(conversation)
    reply = had(replay, language)
    assert len(replay.transport.requests) == len(conversation.answers)
    assert _called(reply["messages"]) == conversation.calls
    assert reply["turns"] == len(conversation.answers)
    if conversation.ends_with_calls:
        assert reply["reason"] == "max_turns"
    else:
        assert (reply["reason"], reply["text"]) == ("done", conversation.text)


def _called(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    found = []
    for message in messages:
        content = message.get("content")
        parts = [part for part in content if part["type"] == "tool_call"] if isinstance(content, list) else []
        found += [(call["name"], call["arguments"]) for call in [*parts, *(message.get("tool_calls") or ())]]
    return found


@pytest.mark.skipif(not _FOUND, reason="the recorded traffic (../shared/cassettes) is not beside the project")
def test_at_least_five_services_took_part() -> None:
    assert len({each.service for each in _FOUND}) >= 5
