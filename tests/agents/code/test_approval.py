"""Calls of a model's code that somebody must agree to: the code waits, here or in another process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from llmspell import Host
from llmspell.agents import Agent, Question, Tool
from llmspell.agents.code import Code
from llmspell.testing import ScriptedProvider
from tests.agents.code.test_sessions import LANGUAGES, told
from tests.agents.models import calls

CODE = {
    "js": [
        "let log = [await tools.note({ text: 'a' })];",
        (
            "const before = await tools.note({ text: 'b' });\nlog.push(before, await tools.pay({ amount: 5 }));\n"
            "log.push(await tools.note({ text: 'c' }), Math.random() < 2);\nlog"
        ),
    ],
    "lua": [
        "log = { tools.note { text = 'a' } }",
        (
            "local before = tools.note { text = 'b' }\nlog[#log + 1] = before\n"
            "log[#log + 1] = tools.pay { amount = 5 }\n"
            "log[#log + 1] = tools.note { text = 'c' }\nlog[#log + 1] = math.random() < 2\nreturn log"
        ),
    ],
}


class Desk:
    """Tools that tell what was done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.tools = [Tool(self.note), Tool(self.pay, approval="ask")]

    async def note(self, text: str) -> str:
        """Note something."""
        self.done.append(text)
        return f"noted {text}"

    async def pay(self, amount: int) -> str:
        """Pay."""
        self.done.append(f"paid {amount}")
        return "paid"


def made(host: Host, desk: Desk, language: str, *pieces: str) -> Agent:
    code = Code(language=language, runner=host.code_runner)  # type: ignore[arg-type]
    provider = ScriptedProvider([*(calls(("run_code", {"code": piece})) for piece in pieces), "done"])
    return Agent((provider, "t"), tools=desk.tools, code=code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_waits_for_an_answer_in_the_same_run(language: str) -> None:
    desk, asked = Desk(), []

    async def approve(question: Question) -> bool:
        asked.append((question.id, question.name, question.arguments, list(desk.done)))
        return True

    async def go() -> Any:
        async with Host() as host:
            return await made(host, desk, language, *CODE[language]).run("go", approve=approve)

    result = asyncio.run(go())
    assert result.reason == "done"
    assert asked == [("c0/2", "pay", {"amount": 5}, ["a", "b"])]
    assert desk.done == ["a", "b", "paid 5", "c"]
    assert json.loads(told(result)[1][1]) == ["noted a", "noted b", "paid", "noted c", True]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("agrees", [True, "too much"])
def test_code_goes_on_in_another_host_and_does_nothing_twice(language: str, agrees: Any) -> None:
    first, second = Desk(), Desk()

    async def go() -> Any:
        async with Host() as host:
            paused = await made(host, first, language, *CODE[language]).run("go")
        assert paused.reason == "paused"
        state = json.loads(json.dumps(paused.state))
        async with Host() as host:
            return paused, await made(host, second, language).resume(state, {paused.questions[0].id: agrees})

    paused, result = asyncio.run(go())
    assert [(each.name, each.arguments) for each in paused.questions] == [("pay", {"amount": 5})]
    assert first.done == ["a", "b"]
    assert result.reason == "done"
    if agrees is True:
        assert second.done == ["paid 5", "c"]
        assert json.loads(told(result)[1][1]) == ["noted a", "noted b", "paid", "noted c", True]
    else:
        assert second.done == []
        assert "the call of pay was not approved: too much\n  at line " in told(result)[1][1]


def test_calls_that_wait_together_are_asked_about_together() -> None:
    desk = Desk()
    code = """const all = await Promise.allSettled([1, 2, 3].map((amount) => tools.pay({ amount })));
all.map((each) => each.value ?? each.reason.message)"""

    async def go() -> Any:
        async with Host() as host:
            agent = made(host, desk, "js", code)
            paused = await agent.run("go")
            ids = [each.id for each in paused.questions]
            part = await made(host, desk, "js").resume(paused.state, {ids[0]: True, ids[1]: False})
            assert part.reason == "paused"
            assert [each.id for each in part.questions] == [ids[2]]
            assert desk.done == []
            return ids, await made(host, desk, "js").resume(part.state, {ids[2]: "no more"})

    ids, result = asyncio.run(go())
    assert ids == ["c0/1", "c0/2", "c0/3"]
    assert desk.done == ["paid 1"]
    assert json.loads(told(result)[0][1]) == [
        "paid",
        "the call of pay was not approved",
        "the call of pay was not approved: no more",
    ]


def test_an_agent_among_the_tools_that_pauses_pauses_its_caller() -> None:
    desk = Desk()

    def outer(host: Host, *pieces: str) -> Agent:
        inner = Agent(
            (ScriptedProvider([calls(("pay", {"amount": 7})), "inner done"] if pieces else ["inner done"]), "t"),
            tools=desk.tools,
            name="cashier",
        )
        code = Code(language="js", runner=host.code_runner)
        provider = ScriptedProvider([*(calls(("run_code", {"code": piece})) for piece in pieces), "done"])
        return Agent((provider, "t"), tools=[inner.as_tool()], code=code)

    async def go() -> Any:
        async with Host() as host:
            paused = await outer(host, "await tools.cashier({ prompt: 'pay' })").run("go")
            assert [(each.id, each.name) for each in paused.questions] == [("c0/1/c0", "pay")]
            return await outer(host).resume(json.loads(json.dumps(paused.state)), {"c0/1/c0": True})

    result = asyncio.run(go())
    assert desk.done == ["paid 7"]
    assert told(result) == [(False, "inner done")]


def test_a_denied_tool_is_refused_to_code_too() -> None:
    tool = Tool(Desk().pay, approval="deny")

    async def go() -> Any:
        async with Host() as host:
            code = Code(language="js", runner=host.code_runner)
            provider = ScriptedProvider([calls(("run_code", {"code": "await tools.pay({ amount: 1 })"})), "done"])
            return await Agent((provider, "t"), tools=[tool], code=code).run("go")

    assert "pay may not be called like this" in told(asyncio.run(go()))[0][1]


def test_code_of_the_same_turn_that_comes_after_a_waiting_one_is_not_run() -> None:
    desk = Desk()

    async def go() -> Any:
        async with Host() as host:
            code = Code(language="js", runner=host.code_runner)
            both = calls(
                ("run_code", {"code": "await tools.pay({ amount: 1 })"}),
                ("run_code", {"code": "await tools.note({ text: 'late' })"}),
            )
            agent = Agent((ScriptedProvider([both, "done"]), "t"), tools=desk.tools, code=code)
            return await agent.run("go", approve=lambda _: True)

    result = asyncio.run(go())
    assert desk.done == ["paid 1"]
    assert told(result)[0] == (False, "paid")
    assert told(result)[1][1].startswith("this code was not run: other code waits for an approval")
