"""What programs get wrong about agents and tools, and tools that do what nobody expects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Optional

import pytest

from llmspell import Host, spell_tool
from llmspell.agents import Agent, BaseTool, Change, Conversation, SchemaTool, Skip, Tool, ToolContext
from llmspell.errors import ArgumentTypeError, InvalidValueError, LlmspellError, NetworkError, NotFoundError
from llmspell.providers.content import Text
from llmspell.testing import ScriptedProvider
from llmspell.tools import builtin
from tests.agents.models import agent, calls

MODEL = (ScriptedProvider([]), "test")


def send(to: str) -> str:
    """Send it."""
    return f"sent to {to}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timeout": -1}, "timeout must be seconds above 0, not -1"),
        ({"timeout": "5"}, "timeout must be seconds"),
        ({"retries": -1}, "retries must be a whole number of at least 0"),
        ({"retries": 1.5}, "retries must be a whole number"),
        ({"max_result": 0}, "max_result must be a whole number of at least 1"),
    ],
)
def test_options_of_tools(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValueError, match=f"tool send: {said}"):
        Tool(send, **wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"concurrency": 0}, "concurrency must be a whole number of at least 1"),
        ({"tool_timeout": 0}, "tool_timeout must be seconds above 0"),
        ({"max_result": "x"}, "max_result must be a whole number"),
        ({"declare": -1}, "declare must be a whole number of at least 0"),
        ({"output_mode": "nativ"}, "mode of an output must be one of"),
        ({"limits": {"max_turns": 1}}, r"limits must be AgentLimits\(...\)"),
        ({"permissions": {"read": ["/"]}}, r"permissions must be Permissions\(...\)"),
        ({"tools": "calculator"}, "'calculator' is no tool"),
        ({"tools": ["calculator"]}, "'calculator' is no tool"),
        ({"tools": [5]}, "5 is no tool"),
        ({"tools": [Agent(MODEL)]}, "Agent object .* is no tool"),
    ],
)
def test_options_of_agents(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(LlmspellError, match=said):
        Agent(MODEL, **wrong)


@pytest.mark.parametrize("wrong", [5, b"hello", ["hello"], [Text("a"), "b"], {"role": "user"}])
def test_what_is_no_prompt(wrong: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="is no prompt"):
        asyncio.run(Agent(MODEL).run(wrong))


def test_an_option_of_a_run_that_does_not_exist() -> None:
    with pytest.raises(TypeError, match="no option 'aprove'"):
        asyncio.run(Agent(MODEL).run("?", aprove=print))  # type: ignore[call-arg]  # on purpose
    with pytest.raises(ArgumentTypeError, match="limits must be"):
        asyncio.run(Agent(MODEL).run("?", limits={"max_turns": 2}))  # type: ignore[arg-type]  # on purpose


def test_what_is_no_hook() -> None:
    with pytest.raises(ArgumentTypeError, match="a hook is a function"):
        Agent(MODEL).on("text", 5)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("kind", "action", "said"),
    [
        ("model_call", Change(messages="hello"), "wrong value for messages"),
        ("model_call", Change(tools=[5]), "wrong value for tools"),
        ("tool_result", Change(parts=5), "wrong value for parts"),
        ("tool_result", Change(is_error="no"), "wrong value for is_error"),
        ("tool_call", Skip(object()), "what a hook for tool_call gave is an object"),
    ],
)
def test_what_hooks_get_wrong_ends_the_run(kind: str, action: Any, said: str) -> None:
    made, _ = agent(calls(("send", {"to": "Ada"})), "ok", tools=[send])
    made.on(kind, lambda _: action)
    result = asyncio.run(made.run("?", check=False))
    assert result.reason == "error"
    assert said in str(result.error)


def test_a_tool_that_waits_for_what_was_cancelled_has_failed() -> None:
    async def waiting() -> None:
        task = asyncio.create_task(asyncio.sleep(30))
        task.cancel()
        await task

    made, model = agent(calls(("waiting", {})), "ok", tools=[waiting])
    result = asyncio.run(asyncio.wait_for(made.run("?"), 10))
    assert result.text == "ok"
    told = result.messages[2].tool_results[0]
    assert (told.is_error, told.parts) == (
        True,
        [Text("tool waiting failed: what it waited for was cancelled")],
    )
    assert len(model.requests) == 2


def no_division(_: Any) -> Any:
    return 1 / 0


async def no_division_later(_: Any) -> Any:
    return 1 / 0


@pytest.mark.parametrize("approve", [no_division, no_division_later])
def test_an_approval_that_fails_is_the_end(approve: Callable[[Any], Any]) -> None:
    made, model = agent(calls(("send", {"to": "Ada"})), "never", tools=[Tool(send, approval="ask")])
    seen = []
    made.on("error", lambda event: seen.append(event.error.message))
    result = asyncio.run(made.run("?", approve=approve, check=False))
    assert (result.reason, str(result.error)) == ("error", "the approval of tool send failed: division by zero")
    assert seen == ["the approval of tool send failed: division by zero"]
    assert len(model.requests) == 1


def test_a_state_may_be_gone_on_with_several_times() -> None:
    made, _ = agent(
        calls(("send", {"to": "Ada"}), ("send", {"to": "Bo"})), "both", "one", tools=[Tool(send, approval="ask")]
    )
    state = asyncio.run(made.run("?")).state
    before = json.dumps(state)
    assert state is not None
    first = asyncio.run(made.resume(state, {"c0": True, "c1": True}))
    assert (first.reason, json.dumps(state)) == ("done", before)
    second = asyncio.run(made.resume(state, {"c0": False}))
    assert (second.reason, [question.id for question in second.questions]) == ("paused", ["c1"])


@pytest.mark.parametrize("wrong", [None, [True], "yes"])
def test_answers_that_are_no_object(wrong: Any) -> None:
    made, _ = agent(calls(("send", {"to": "Ada"})), tools=[Tool(send, approval="ask")])
    state = asyncio.run(made.run("?")).state
    with pytest.raises(ArgumentTypeError, match="answers must be an object"):
        asyncio.run(made.resume(state or {}, wrong))


def test_the_context_may_be_optional() -> None:
    def first(x: int, context: ToolContext | None = None) -> Any:
        return context and context.values

    def second(x: int, context: Optional[ToolContext] = None) -> Any:  # noqa: UP045  # many write it so
        return context and context.values

    made, _ = agent(calls(("first", {"x": 1}), ("second", {"x": 1})), "ok", tools=[first, second])
    result = asyncio.run(made.run("?", context="mine"))
    assert [each.parts[0].text for each in result.messages[2].tool_results] == ["mine", "mine"]  # type: ignore[union-attr]
    assert list(Tool(first).parameters["properties"]) == ["x"]


def test_values_that_do_not_fit_are_told_what_would() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green", "blue", "white", "black"]},
            "kind": {"const": "paint"},
            "size": {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "integer"}]},
        },
    }
    tool = SchemaTool("pick", lambda args: args, parameters=parameters)
    with pytest.raises(InvalidValueError) as caught:
        tool.check({"colour": "pink", "kind": "ink", "size": []}, ToolContext())
    assert caught.value.message == (
        'pick: colour must be one of "red", "green", "blue", "white", "black"; kind must be "paint"; '
        "size is nothing of what it may be"
    )


def test_a_saved_conversation_has_messages_of_those_who_speak() -> None:
    saved = {"version": 1, "messages": [{"role": "wizard", "parts": []}], "memory": {}}
    with pytest.raises(InvalidValueError, match="cannot be read: KeyError 'wizard'"):
        Conversation.from_data(Agent(MODEL), saved)


class Doubles:
    """Doubles numbers."""

    def __call__(self, x: int) -> int:
        return 2 * x


class Halves:
    def __call__(self, x: int) -> float:
        """Halve a number."""
        return x / 2


@pytest.mark.parametrize(
    ("function", "description"),
    [(Doubles(), "Doubles numbers."), (Halves(), "Halve a number."), (partial(send, to="Ada"), "Send it.")],
)
def test_what_describes_a_callable(function: Callable[..., Any], description: str) -> None:
    assert Tool(function, name="tool").description == description


def test_a_host_takes_one_name_for_a_list_of_one() -> None:
    with pytest.raises(NotFoundError, match="no tool 'calculater'"):
        Host().agent(tools="calculater")
    assert len(Host().agent(tools="calculator").tools) == 1


def test_tools_of_every_kind_take_the_same_options(tmp_path: Path) -> None:
    file = tmp_path / "again.lua"
    file.write_text("-- Says it again.\nreturn 1")
    options: dict[str, Any] = {"approval": "ask", "timeout": 5, "retries": 2, "max_result": 100}
    made: list[BaseTool] = [
        Tool(send, **options),
        SchemaTool("pick", lambda args: args, **options),
        Agent(MODEL).as_tool(**options),
        builtin("calculator", **options),
        spell_tool(Host(), file, **options),
    ]
    for tool in made:
        assert {name: getattr(tool, name) for name in options} == options


def test_an_agent_that_fails_is_asked_again() -> None:
    inner, model = agent(NetworkError("gone"), "here", name="inner")
    outer, _ = agent(calls(("inner", {"prompt": "?"})), "ok", tools=[inner.as_tool(retries=1)])
    result = asyncio.run(outer.run("?"))
    assert result.messages[2].tool_results[0].parts == [Text("here")]
    assert len(model.requests) == 2
