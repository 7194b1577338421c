"""Agents in Python: what the scenarios do not say."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydantic
import pytest

from llmspell import Config, Host
from llmspell.agents import (
    Agent,
    AgentLimits,
    Change,
    Conversation,
    SchemaTool,
    StopError,
    Summary,
    TokenBudget,
    Tool,
    ToolContext,
    Window,
    classify,
    extract,
)
from llmspell.budget import Budget
from llmspell.errors import InvalidValueError, LimitError, LlmspellError, ModelError, NetworkError, NotFoundError
from llmspell.providers.base import TokenCount, Usage
from llmspell.providers.content import Media, Message, Text
from llmspell.testing import After, ScriptedProvider
from tests.agents.models import agent, calls

POINT = Media(kind="image", mime="image/png", data=b"\x89PNG")


def weather(city: str) -> dict[str, Any]:
    """Weather of a city."""
    return {"celsius": 21, "city": city}


def run(made: Agent, prompt: Any = "?", **options: Any) -> Any:
    return asyncio.run(made.run(prompt, **options))


# Tools


@dataclasses.dataclass
class Place:
    name: str


class Sky(pydantic.BaseModel):
    celsius: int


def test_functions_become_tools_with_their_docs() -> None:
    made, provider = agent(calls(("weather", {"city": "Rome"})), "Warm.", tools=[weather], instructions="Be brief.")
    result = run(made)
    assert result.text == "Warm."
    first = provider.requests[0]
    assert first.messages[0] == Message("system", "Be brief.")
    assert first.tools[0]["name"] == "weather"
    assert first.tools[0]["description"] == "Weather of a city."
    assert result.history[0].role == "user", "the instructions are no part of the conversation"


def test_a_tool_is_given_what_the_model_does_not_see() -> None:
    def who(greeting: str, context: ToolContext) -> str:
        return f"{greeting} {context.values['user']} {context.call_id}"

    made, provider = agent(calls(("who", {"greeting": "Hi"})), "ok", tools=[who])
    result = run(made, context={"user": "Ada"})
    assert result.messages[2].tool_results[0].text == "Hi Ada c0"
    assert list(provider.requests[0].tools[0]["parameters"]["properties"]) == ["greeting"]
    assert "Ada" not in str(provider.requests[0])


def test_a_tool_may_show_pictures() -> None:
    tool = SchemaTool("look", lambda _: [Text("Here:"), POINT])
    made, provider = agent(calls(("look", {})), "A point.", tools=[tool])
    run(made)
    assert provider.requests[1].messages[-1].tool_results[0].parts == [Text("Here:"), POINT]


def test_results_may_be_dataclasses_and_models() -> None:
    def place() -> Place:
        return Place("Rome")

    def sky() -> Sky:
        return Sky(celsius=3)

    made, _ = agent(calls(("place", {}), ("sky", {})), "ok", tools=[place, sky])
    assert [each.text for each in run(made).messages[2].tool_results] == ['{"name": "Rome"}', '{"celsius": 3}']


def test_a_result_that_is_no_json_is_a_failure_that_the_model_sees() -> None:
    made, _ = agent(calls(("odd", {})), "ok", tools=[SchemaTool("odd", lambda _: object())])
    told = run(made).messages[2].tool_results[0]
    assert told.is_error
    assert "the result of tool odd" in told.text


@pytest.mark.parametrize("name", ["", "two words", "1st", "x" * 65, "end", "foo-bar", "__proto__"])
def test_names_that_tools_cannot_have(name: str) -> None:
    with pytest.raises(InvalidValueError, match="cannot be the name of a tool"):
        SchemaTool(name, lambda _: None)


def test_two_tools_of_one_name() -> None:
    with pytest.raises(InvalidValueError, match="two tools are called 'weather'"):
        agent(tools=[weather, SchemaTool("weather", lambda _: 1)])
    agent(tools=[tool := Tool(weather), tool])
    with pytest.raises(InvalidValueError, match="cannot be called final_answer"):
        agent(tools=[SchemaTool("final_answer", lambda _: 1)])


def test_approval_may_depend_on_the_arguments() -> None:
    def judge(args: dict[str, Any], context: ToolContext) -> Any:
        return "ask" if args["city"] == "Rome" else context.values

    made, _ = agent(
        calls(("weather", {"city": "Rome"}), ("weather", {"city": "Oslo"})),
        "ok",
        tools=[Tool(weather, approval=judge)],
    )
    asked: list[Any] = []

    async def approve(question: Any) -> Any:
        asked.append(question.arguments)
        return "no Rome"

    result = run(made, context="allow", approve=approve)
    assert asked == [{"city": "Rome"}]
    assert [each.is_error for each in result.messages[2].tool_results] == [True, False]


def test_an_approval_that_fails_or_says_something_else_lets_nothing_run() -> None:
    ran: list[Any] = []
    for judge in (lambda args, context: "yes", lambda args, context: 1 / 0):
        made, _ = agent(calls(("t", {})), "ok", tools=[SchemaTool("t", ran.append, approval=judge)])
        result = run(made, check=False)
        assert result.reason == "error"
    assert ran == []
    with pytest.raises(InvalidValueError, match="approval must be allow, ask, deny or a function"):
        SchemaTool("t", ran.append, approval="maybe")  # type: ignore[arg-type]  # the mistake is the test


def test_tools_run_at_once_up_to_a_bound() -> None:
    busy = most = 0

    async def work(_: Any) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)
        busy -= 1

    made, _ = agent(calls(*[("work", {})] * 10), "ok", tools=[SchemaTool("work", work)], concurrency=3)
    assert run(made).reason == "done"
    assert most == 3


# Leaving early


def test_leaving_a_stream_cancels_the_model() -> None:
    made, provider = agent(After(0, "one two three four", 0.05))

    async def leave() -> None:
        async with made.stream("?") as events:
            async for event in events:
                if event.kind == "text":
                    break
        assert events.result is None

    asyncio.run(leave())
    assert provider.open == 0


def test_leaving_a_stream_cancels_the_tools() -> None:
    ended: list[str] = []

    async def slow(_: Any) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cancelled")

    made, _ = agent(calls(("slow", {}), ("slow", {})), tools=[SchemaTool("slow", slow)])

    async def leave() -> None:
        async with made.stream("?") as events:
            async for event in events:
                if event.kind == "tool_call":
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                    break

    asyncio.run(leave())
    assert ended


def test_cancelling_a_run_cancels_its_tools() -> None:
    started, ended = asyncio.Event(), []

    async def slow(_: Any) -> None:
        started.set()
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cancelled")

    made, _ = agent(calls(("slow", {})), tools=[SchemaTool("slow", slow)])

    async def cancel() -> None:
        task = asyncio.create_task(made.run("?"))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert ended == ["cancelled"]


# Ends


def test_an_error_is_raised_unless_it_is_asked_for() -> None:
    made, _ = agent(NetworkError("gone"), NetworkError("gone"))
    with pytest.raises(NetworkError, match="gone"):
        run(made)
    assert run(made, check=False).error.kind == "network"


def test_a_limit_of_whom_it_serves_is_raised() -> None:
    made, _ = agent("never")
    serving = ToolContext(budget=Budget(max_tokens=0))
    with pytest.raises(LimitError, match="budget of 0 tokens exceeded"):
        run(made, serving=serving)


def test_an_own_limit_of_money_ends_the_run() -> None:
    class Priced(ScriptedProvider):
        def cost(self, model: str, usage: Usage) -> float | None:
            return (usage.output_tokens or 0) * 0.01

    provider = Priced([calls(("n", {}), usage=Usage(1, 10)), "never"])
    made = Agent(
        (provider, "test"),
        tools=[SchemaTool("n", lambda _: 1)],
        limits=AgentLimits(max_cost=0.1),
        options={"max_tokens": 10},
    )
    result = run(made)
    assert (result.reason, result.turns, result.cost) == ("max_cost", 1, pytest.approx(0.1))


@pytest.mark.parametrize("wrong", [{"max_turns": 0}, {"max_tokens": -1}, {"max_cost": "1"}, {"max_tool_calls": 1.5}])
def test_limits_are_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match=next(iter(wrong))):
        AgentLimits(**wrong)


def test_prompts() -> None:
    made, provider = agent("a", "b", "c")
    run(made, [Text("What is this?"), POINT])
    run(made, Message("user", "Hi"))
    run(made, [Message("user", "1+1"), Message("assistant", "2"), Message("user", "sure?")])
    assert provider.requests[0].messages == [Message("user", [Text("What is this?"), POINT])]
    assert provider.requests[1].messages == [Message("user", "Hi")]
    assert [message.role for message in provider.requests[2].messages] == ["user", "assistant", "user"]
    with pytest.raises(InvalidValueError, match="the prompt is empty"):
        run(made, "")


def test_options_go_into_the_request() -> None:
    made, provider = agent("ok", options={"temperature": 0.2, "max_tokens": 9})
    run(made)
    assert (provider.requests[0].temperature, provider.requests[0].max_tokens) == (0.2, 9)
    with pytest.raises(InvalidValueError, match="no option 'temprature'") as caught:
        agent(options={"temprature": 1})
    assert caught.value.hint == "did you mean 'temperature'?"


# Another process

PAUSE = """
import asyncio, json, sys
from llmspell.agents import Agent, SchemaTool
from tests.agents.models import agent, calls
tools = [SchemaTool("send", print, parameters={"to": "string"}, approval="ask"), SchemaTool("look", lambda _: "seen")]
made, _ = agent(calls(("send", {"to": "Ada"}), ("look", {})), instructions="Be kind.", tools=tools)
print(json.dumps(asyncio.run(made.run("Send it.")).state))
"""


def test_a_paused_run_goes_on_in_another_process() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", PAUSE], capture_output=True, text=True, check=True, timeout=60, cwd=root
    )
    sent: list[Any] = []
    tools = [SchemaTool("send", sent.append, parameters={"to": "string"}, approval="ask"), SchemaTool("look", str)]
    made, provider = agent("It is sent.", instructions="Be kind.", tools=tools)
    result = asyncio.run(made.resume(json.loads(done.stdout), {"c0": True}))
    assert (result.reason, result.text, sent) == ("done", "It is sent.", [{"to": "Ada"}])
    assert [each.text for each in provider.requests[0].messages[-1].tool_results] == ["null", "seen"]
    assert result.usage.input_tokens > 3, "what the first process used counts"


def test_what_cannot_be_resumed() -> None:
    made, _ = agent(calls(("t", {})), tools=[SchemaTool("t", str, approval="ask")])
    state = run(made).state
    with pytest.raises(InvalidValueError, match="nothing asks for an approval with the id 'c7'") as caught:
        asyncio.run(made.resume(state, {"c7": True}))
    assert caught.value.hint == "there is: c0"
    for damaged in ({}, {"version": 99}, {**state, "messages": [1]}, {**state, "pending": [{}]}, {**state, "usage": 3}):
        with pytest.raises(InvalidValueError, match=r"was saved|cannot be read"):
            asyncio.run(made.resume(damaged, {}))


# Structured output


class City(pydantic.BaseModel):
    name: str
    people: int = pydantic.Field(ge=0)


def test_extract_gives_python_types() -> None:
    provider = ScriptedProvider(['{"name": "Oslo", "people": -1}', '{"name": "Oslo", "people": 700000}'])
    found = asyncio.run(extract((provider, "test"), "Oslo has 700000 people", City))
    assert found == City(name="Oslo", people=700000)
    assert "people" in provider.requests[1].messages[-1].text


def test_extract_says_when_it_fails() -> None:
    provider = ScriptedProvider(["no"] * 5)
    with pytest.raises(ModelError, match="no answer that fits") as caught:
        asyncio.run(extract((provider, "test"), "text", {"n": "integer"}, repairs=1))
    assert caught.value.data == {"text": "no"}
    assert len(provider.requests) == 2
    with pytest.raises(InvalidValueError, match="cannot describe an answer"):
        asyncio.run(extract((provider, "test"), "text", object()))


def test_classify() -> None:
    provider = ScriptedProvider(['{"label": "spam"}', '{"label": "ham"}'])
    assert asyncio.run(classify((provider, "test"), "Buy now", ["spam", "ham"])) == "spam"
    labels = {"spam": "wants money", "ham": "all else"}
    assert asyncio.run(classify((provider, "test"), "Hi", labels)) == "ham"
    assert "- spam: wants money" in provider.requests[1].messages[0].text
    for wrong in (["one"], [], ["a", "a"], ["a", ""]):
        with pytest.raises(InvalidValueError, match="at least two labels"):
            asyncio.run(classify((provider, "test"), "Hi", wrong))


def test_partial_objects_grow() -> None:
    for reply, mode in (
        ('{"name": "New York", "people": 8}', "native"),
        (calls(("final_answer", {"name": "New York", "people": 8})), "tool"),
    ):
        made, _ = agent(reply, output={"name": "string", "people": "integer"}, output_mode=mode)

        async def values(made: Agent = made) -> list[Any]:
            async with made.stream("?") as events:
                return [event.value async for event in events if event.kind == "output"]

        seen = asyncio.run(values())
        assert seen[-1] == {"name": "New York", "people": 8}
        assert all(set(value) <= {"name", "people"} for value in seen)
        assert mode == "tool" or len(seen) > 1


# Conversations


def test_a_conversation_remembers_and_forgets() -> None:
    made, provider = agent("Hi Ada.", "Ada.", "Who?")
    talk = Conversation(made)

    async def chat() -> None:
        await talk.run("I am Ada.")
        saved = Conversation.from_data(made, json.loads(json.dumps(talk.to_data())))
        assert saved.messages == talk.messages
        await saved.run("Who am I?")
        saved.reset()
        await saved.run("Who am I?")

    asyncio.run(chat())
    assert [len(request.messages) for request in provider.requests] == [1, 3, 1]


def test_a_run_that_fails_leaves_a_conversation_as_it_was() -> None:
    made, _ = agent("Hi.", NetworkError("gone"))
    talk = Conversation(made)
    asyncio.run(talk.run("Hello"))
    with pytest.raises(NetworkError):
        asyncio.run(talk.run("Again"))
    assert len(talk.messages) == 2


def turn(number: int) -> list[Message]:
    return [Message("user", f"question {number}"), Message("assistant", f"answer {number}")]


def test_a_window_shows_the_last_messages() -> None:
    made, provider = agent("ok", history=Window(3))
    result = run(made, "now", history=[*turn(1), *turn(2)])
    assert [message.text for message in provider.requests[0].messages] == ["question 2", "answer 2", "now"]
    assert len(result.history) == 6, "the conversation is kept whole"


def test_a_token_budget_shows_what_fits() -> None:
    made, provider = agent("ok", history=TokenBudget(5))
    run(made, "now", history=[*turn(1), *turn(2)])
    assert [message.text for message in provider.requests[0].messages] == ["question 2", "answer 2", "now"]


def test_few_counts_find_what_fits_in_a_long_conversation() -> None:
    counted: list[list[Message]] = []

    class Counting(ScriptedProvider):
        async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
            counted.append(messages)
            return await super().count_tokens(model, messages)

    provider = Counting(["ok"])
    made = Agent((provider, "x"), history=TokenBudget(41))
    run(made, "now", history=[message for number in range(200) for message in turn(number)])
    shown = [message.text for message in provider.requests[0].messages]
    assert shown == [*(each.text for number in range(190, 200) for each in turn(number)), "now"]
    assert len(counted) <= 10
    assert all(messages[0].role == "user" for messages in counted)


def test_calls_and_results_are_never_parted() -> None:
    steps = [calls(("n", {}), text=f"step {number} of many") for number in range(4)]
    made, provider = agent(*steps, "ok", tools=[SchemaTool("n", lambda _: "1 2 3")], history=Window(3))
    run(made, "count")
    for request in provider.requests:
        assert request.messages[0].role == "user"
        called = [call.id for message in request.messages for call in message.tool_calls]
        told = [each.id for message in request.messages for each in message.tool_results]
        assert called == told


def test_a_summary_stands_for_what_was_said_before() -> None:
    made, provider = agent("They counted.", "ok", "ok again", history=Summary(6, keep=2))
    talk = Conversation(made, [*turn(1), *turn(2), *turn(3)])

    async def chat() -> None:
        await talk.run("now")

    asyncio.run(chat())
    asked, answered = provider.requests
    assert "Summarise" in asked.messages[-1].text
    assert answered.messages[0].text.startswith("Summary of the conversation so far:\nThey counted.")
    assert answered.messages[-1].text == "now"
    assert talk.to_data()["memory"]["summary"] == "They counted."


def test_a_summary_is_asked_for_in_one_message_without_tools() -> None:
    steps = [calls(("n", {"of": "ships"}), text="Let me look."), "There are 3.", "They counted.", "ok"]
    count = SchemaTool("n", lambda _: "1 2 3", parameters={"of": "string"})
    made, provider = agent(*steps, tools=[count], history=Summary(8, keep=1))
    talk = Conversation(made)

    async def chat() -> None:
        await talk.run([Message("user", [Text("How many?"), Media(kind="image", mime="image/png", data=b"x")])])
        await talk.run("now")

    asyncio.run(chat())
    [asked] = [request for request in provider.requests if "Summarise" in request.messages[-1].text]
    [message] = asked.messages
    assert (message.role, asked.tools) == ("user", [])
    for said in (
        "user: How many?\n[image]",
        'Let me look.\n[calls n {"of": "ships"}]',
        "[n gives] 1 2 3",
        "There are 3.",
    ):
        assert said in message.text


def test_an_empty_summary_takes_the_place_of_nothing() -> None:
    made, provider = agent(" ", "ok", history=Summary(6, keep=2))
    talk = Conversation(made, [*turn(1), *turn(2), *turn(3)])
    asyncio.run(talk.run("now"))
    assert len(provider.requests[1].messages) == 7
    assert "summary" not in talk.to_data()["memory"]


# Hooks and hosts


def test_hooks_of_the_agent_come_before_those_of_the_run() -> None:
    from llmspell.agents import Hooks

    made, _ = agent("x")
    made.on("response", lambda event: Change(text=event.response.text + "1"))
    hooks = Hooks()

    async def second(event: Any) -> Change:
        return Change(text=event.response.text + "2")

    hooks.on("response", second)
    assert run(made, hooks=hooks).text == "x12"
    with pytest.raises(InvalidValueError, match="no events of the kind 'tool_cal'") as caught:
        made.on("tool_cal", print)
    assert caught.value.hint == "did you mean 'tool_call'?"


def test_a_star_hears_everything() -> None:
    made, _ = agent(calls(("n", {})), "ok", tools=[SchemaTool("n", lambda _: 1)])
    heard: list[str] = []
    made.on("*", lambda event: heard.append(event.kind))
    run(made)
    assert heard == [
        *("model_call", "response", "tool_call", "tool_result", "turn_end"),
        *("model_call", "text", "response", "turn_end", "finish"),
    ]


def test_a_host_gives_agents_its_models_and_tools() -> None:
    async def main() -> None:
        provider = ScriptedProvider([calls(("weather", {"city": "Rome"})), "Warm."])
        async with Host(Config(model="scripted/test"), providers=[provider], tools=[weather]) as host:
            made = host.agent(tools=["weather"], name="helper")
            assert (await made.run("?")).text == "Warm."
            with pytest.raises(NotFoundError, match="there is no tool 'wether'") as caught:
                host.agent(tools=["wether"])
            assert caught.value.hint == "did you mean 'weather'?"
            with pytest.raises(LlmspellError):
                host.agent("nobody/nothing")

    asyncio.run(main())


def test_a_tool_error_that_stops_is_the_end() -> None:
    def halt(_: Any) -> None:
        raise StopError("enough")

    made, _ = agent(calls(("halt", {})), tools=[SchemaTool("halt", halt)])
    result = run(made)
    assert (result.reason, result.detail) == ("stopped", "enough")
    assert result.history[-1].role == "tool", "the conversation can go on"


def test_an_agent_may_have_several_runs_at_once() -> None:
    made = Agent((ScriptedProvider(lambda request: request.messages[-1].text), "test"))

    async def main() -> list[str]:
        return [each.text for each in await asyncio.gather(*(made.run(f"run {number}") for number in range(5)))]

    assert asyncio.run(main()) == [f"run {number}" for number in range(5)]


def test_public_names_are_sorted_and_there() -> None:
    import llmspell.agents

    assert sorted(llmspell.agents.__all__) == llmspell.agents.__all__
    for name in llmspell.agents.__all__:
        assert getattr(llmspell.agents, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        llmspell.agents.nonsense  # noqa: B018  # the access is the test
