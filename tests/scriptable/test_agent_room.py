"""What agents of one run may keep in the runtime."""

from __future__ import annotations

import pytest

from llmspell.errors import ArgumentTypeError, InvalidValueError
from llmspell.providers.content import Media, Message, Text, ToolCall, ToolResult
from llmspell.scriptable import agent_room
from llmspell.scriptable.agent import ScriptableAgent, ScriptableTool
from llmspell.scriptable.agent_room import Room
from tests.scriptable.fakes import FakeContext


async def nothing() -> None: ...


def test_conversations_have_a_size_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_room, "MAX_SIZE", 10_000)
    room = Room()
    room.hold(1, [Message("user", "x" * 6000)])
    with pytest.raises(InvalidValueError, match="conversations of all agents hold more than"):
        room.hold(2, [Message("user", "x" * 6000)])
    room.hold(1, [])
    room.hold(2, [Message("user", "x" * 6000)])


@pytest.mark.parametrize(
    "message",
    [
        Message("user", [Media(kind="image", mime="image/png", data=b"x" * 9900)]),
        Message("assistant", [ToolCall("a", "b", {"deep": [{"x" * 5000: "y" * 4900}]})]),
        Message("tool", [ToolResult("a", [Text("x" * 9900)])]),
        Message("user", [Text("")] * 60),
    ],
)
def test_every_kind_of_part_counts(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_room, "MAX_SIZE", 10_000)
    with pytest.raises(InvalidValueError, match="hold more than"):
        Room().hold(1, [message])


def test_there_is_an_end_to_agents_and_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_room, "MAX_OBJECTS", 3)
    context = FakeContext()
    for _ in range(5):
        ScriptableAgent(context, 1)
        ScriptableTool(context, 2, {"name": "a", "run": nothing})
    ScriptableAgent(context, 3)
    with pytest.raises(InvalidValueError, match="a run may make 3 agents and tools"):
        ScriptableAgent(context, 4)


def test_what_agents_and_tools_are_made_of_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_room, "MAX_SIZE", 10_000)
    context = FakeContext()
    ScriptableAgent(context, 1, {"instructions": "x" * 6000})
    ScriptableAgent(context, 1, {"instructions": "x" * 6000})
    with pytest.raises(InvalidValueError, match="the instructions and descriptions of all agents and tools hold more"):
        ScriptableTool(context, 2, {"name": "a", "description": "x" * 6000, "run": nothing})


@pytest.mark.parametrize("forged", [{}, {"number": "1"}, {"number": [1]}, {"number": True}])
def test_forged_objects_are_refused(forged: dict[str, object]) -> None:
    for kind in ("tool", "agent"):
        with pytest.raises(ArgumentTypeError, match="this is no tool and no agent"):
            ScriptableAgent(FakeContext(), 1, {"tools": [{kind: forged}]})  # type: ignore[misc]  # the mistake is the test
