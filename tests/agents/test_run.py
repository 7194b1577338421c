"""`AgentRun`, the loop without I/O: any run, kept as JSON after each step, goes on as if nothing had happened."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.agents import AgentLimits, AgentRun, Ask, CallModel, CallTools, Done, Output
from llmspell.errors import NetworkError
from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult

TEMPLATE = Request(model="m", messages=[Message("system", "Be brief.")])
LIMITS = AgentLimits(max_turns=6, max_tool_calls=8, max_tokens=400)
STATE = State("anthropic", {"signature": "c2ln"})


def answer(*parts: Part, finish: Any = "stop", usage: Usage | None = None) -> Response:
    return Response(
        parts=list(parts), finish_reason=finish, raw_finish_reason=None, usage=usage or Usage(10, 2), model="m"
    )


def began(**options: Any) -> AgentRun:
    return AgentRun(TEMPLATE, [Message("user", "?")], **options)


def kept(run: AgentRun) -> AgentRun:
    """The run, as another process reads it."""
    return AgentRun.from_data(json.loads(json.dumps(run.to_data())), TEMPLATE, limits=run.limits, output=run.output)


def test_the_loop_by_hand() -> None:
    run = began()
    step = run.step()
    assert isinstance(step, CallModel)
    assert [message.role for message in step.request.messages] == ["system", "user"]
    assert run.step() == step, "asking twice changes nothing"
    run.answered(answer(ToolCall("a", "add", {"x": 1}), ToolCall("a", "add", {"x": 2})), 0.5)
    step = run.step()
    assert isinstance(step, CallTools)
    assert [(call.key, call.call.arguments) for call in step.calls] == [(0, {"x": 1}), (1, {"x": 2})]
    run.tool_done(1, ToolResult("a", [Text("2")], "add"))
    run.ask(0, [{"id": "a", "name": "add", "arguments": {"x": 1}}], {"x": 1})
    step = run.step()
    assert isinstance(step, Ask)
    run = kept(run)
    run.decide("a", True)
    step = run.step()
    assert isinstance(step, CallTools)
    assert step.calls[0].approved
    run.tool_done(0, ToolResult("a", [Text("1")], "add"))
    assert [result.text for result in run.messages[-1].tool_results] == ["1", "2"], "in the order of the calls"
    run.answered(answer(Text("Three.")), None)
    assert run.step() == Done("done")
    assert (run.turns, run.tool_calls, run.usage.input_tokens, run.cost) == (2, 2, 20, None)


def test_all_parts_are_kept() -> None:
    run = began()
    parts: list[Part] = [
        Reasoning("Hm.", STATE),
        Text("Look:", STATE, True),
        Media(kind="image", mime="image/png", data=b"\x00\xff", state=STATE, cache=True),
        Media(kind="document", mime="application/pdf", url="https://example.com/a.pdf", name="a.pdf"),
        Media(kind="image", mime="image/*", file_id="file-1", detail="low"),
        Foreign(State("gemini", {"code": [1, None, {}]})),
        ToolCall("c", "add", {"x": None, "y": []}, STATE),
    ]
    run.answered(answer(*parts), 0.0)
    run.tool_done(0, ToolResult("c", [Text("1"), Media(kind="image", mime="image/png", data=b"p")], "add", True, True))
    again = kept(run)
    assert again.messages == run.messages
    assert again.to_data() == run.to_data()


def test_an_error_is_kept() -> None:
    run = began()
    run.failed(NetworkError("gone", hint="wait"))
    again = kept(run)
    assert again.step() == Done("error")
    assert again.error is not None
    assert again.error.to_data() == {"kind": "network", "message": "gone", "hint": "wait"}


def test_the_mode_of_an_output_is_kept() -> None:
    output = Output({"n": "integer"})
    output.settle(frozenset({"tools"}), has_tools=False)
    run = began(output=output)
    data = run.to_data()
    assert data["mode"] == "tool"
    assert AgentRun.from_data(data, TEMPLATE, output=Output({"n": "integer"})).output.mode == "tool"  # type: ignore[union-attr]  # given above


@pytest.mark.parametrize(("capabilities", "tools", "mode"), [
    (None, False, "native"), (None, True, "tool"), (frozenset({"schema"}), False, "native"),
    (frozenset({"tools"}), False, "tool"), (frozenset({"images"}), False, "prompted"),
])  # fmt: skip  # a table
def test_modes_by_what_a_provider_can_do(capabilities: Any, tools: bool, mode: str) -> None:
    output = Output("string")
    output.settle(capabilities, has_tools=tools)
    assert output.mode == mode


CALLS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "final_answer", "gone"])), max_size=3)
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["text", "nothing", "calls", "refusal", "cut", "retry", "json"]),
        CALLS,
        st.lists(st.sampled_from(["done", "ask"]), min_size=3, max_size=3),
        st.lists(st.booleans(), min_size=3, max_size=3),
    ),
    max_size=8,
)


def reply(kind: str, calls: list[tuple[str, str]]) -> Response:
    match kind:
        case "calls":
            return answer(*(ToolCall(id_, name, {"n": 1}) for id_, name in calls))
        case "refusal":
            return answer(Text("No."), finish="content_filter")
        case "cut":
            return answer(Text("Once"), finish="length")
        case "json":
            return answer(Text('{"n": 2}'))
        case "nothing":
            return answer()
    return answer(Text("Well."))


def move(run: AgentRun, kind: str, calls: Any, outcomes: list[str], verdicts: list[bool]) -> None:
    match run.step():
        case CallModel():
            if kind == "retry":
                run.retry(Usage(1, 1), 0.0, "again")
            else:
                run.answered(reply(kind, calls), 0.01)
        case CallTools(pending):
            for call, outcome in zip(pending, outcomes, strict=False):
                if outcome == "ask" and not call.approved:
                    run.ask(call.key, [{"id": call.call.id, "name": "add", "arguments": {}}], {})
                else:
                    run.tool_done(call.key, ToolResult(call.call.id, [Text("ok")], call.call.name))
        case Ask(questions):
            for question, verdict in zip(questions, verdicts, strict=False):
                run.decide(question.id, verdict)


@pytest.mark.parametrize("mode", [None, "native", "tool"])
@given(moves=MOVES)
def test_any_run_may_change_processes_at_any_step(mode: Any, moves: Any) -> None:
    output = None if mode is None else Output({"n": "integer"}, mode=mode)
    here, there = began(limits=LIMITS, output=output), began(limits=LIMITS, output=output)
    for each in moves * 4:
        move(here, *each)
        move(there, *each)
        there = kept(there)
        assert there.to_data() == here.to_data()
        assert type(there.step()) is type(here.step())
    assert here.turns <= LIMITS.max_turns
    called = [call.id for message in here.messages for call in message.tool_calls]
    told = [result.id for message in here.messages for result in message.tool_results]
    waiting = [call.call.id for call in here.pending]
    assert called == told + waiting, "every call has its answer, in order, or waits for it"
