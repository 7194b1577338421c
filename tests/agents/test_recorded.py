"""Recorded conversations with tools, had again by an agent: each reaches the recorded end."""

from __future__ import annotations

import asyncio

import pytest

from llmspell.agents import AgentResult
from tests.agents.recorded import Conversation, Replay, conversations
from tests.conformance import naive

_FOUND = conversations()
_ABSENT = pytest.mark.skip(reason="the recorded traffic (../shared/cassettes) is not beside the project")
_EACH = [pytest.param(each, id=each.name) for each in _FOUND] or [pytest.param(None, marks=_ABSENT)]


async def had(replay: Replay) -> AgentResult:
    """As it was recorded: answers that came as streams are streamed again."""
    conversation = replay.conversation
    if not naive.is_stream(conversation.answers[0].answer) and conversation.wire != "ollama":
        return await replay.agent.run(replay.prompt, check=False)
    async with replay.agent.stream(replay.prompt) as events:
        async for _ in events:
            pass
    assert events.result is not None
    return events.result


@pytest.mark.parametrize("conversation", _EACH)
def test_an_agent_reaches_the_recorded_end(conversation: Conversation) -> None:
    replay = Replay(conversation)
    result = asyncio.run(had(replay))
    assert result.error is None, result.error
    assert len(replay.transport.requests) == len(conversation.answers)
    called = [(call.name, call.arguments) for message in result.messages for call in message.tool_calls]
    assert called == conversation.calls
    assert result.turns == len(conversation.answers)
    if conversation.ends_with_calls:
        assert result.reason == "max_turns"
    else:
        assert result.reason == "done"
        assert result.text == conversation.text


@pytest.mark.skipif(not _FOUND, reason="the recorded traffic (../shared/cassettes) is not beside the project")
def test_at_least_five_services_took_part() -> None:
    assert len({each.service for each in _FOUND}) >= 5
    assert len({each.wire for each in _FOUND}) >= 5
    assert len(_FOUND) >= 50
