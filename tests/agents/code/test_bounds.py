"""What a model's code may not do: the agent's rights, budget and limits bound it, whatever it tries."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import llmspell
from llmspell import Host, Spell
from llmspell.agents import Agent, AgentLimits, Change, Hooks, Skip, Stop, StopError, ToolContext
from llmspell.agents.code import Code
from llmspell.agents.context import ToolContext as Context
from llmspell.budget import Budget
from llmspell.errors import InvalidValueError, LimitError
from llmspell.limits import Limits
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.content import Media, Text, ToolResult
from llmspell.testing import ScriptedProvider
from tests.agents.code.test_sessions import LANGUAGES, add, session, told
from tests.agents.models import calls

HOSTILE: dict[str, tuple[str, str, str]] = {
    "an endless loop": ("for (;;);", "while true do end", "CPU limit of 0.3 s"),
    "an endless loop that catches": (
        "for (;;) try { for (;;); } catch {}",
        "while true do pcall(function() while true do end end) end",
        "CPU limit of 0.3 s",
    ),
    "an endless loop behind a call": (
        "await tools.add({ a: 1, b: 1 }); for (;;);",
        "tools.add { a = 1, b = 1 } while true do end",
        "CPU limit of 0.3 s",
    ),
    "all memory": (
        "const all = []; for (;;) all.push('x'.repeat(1e6) + all.length);",
        "local all = {} while true do all[#all + 1] = ('x'):rep(1000000) .. #all end",
        "memory limit of 16 MiB",
    ),
    "endless output": (
        "for (;;) print('x'.repeat(1e5));",
        "while true do print(('x'):rep(100000)) end",
        "output limit",
    ),
    "endless calls": (
        "for (;;) await tools.add({ a: 1, b: 1 });",
        "while true do tools.add { a = 1, b = 1 } end",
        "limit of 200 calls exceeded",
    ),
    "waiting for ever": ("await sleep(3600);", "sleep(3600)", "the code took longer than 2 s"),
    "models": (
        "await llm('openai/gpt-5').complete('x')",
        "llm('openai/gpt-5'):complete('x')",
        "may not use llm.complete",
    ),
    "files": ("await fs.read('/etc/passwd')", "return fs.read('/etc/passwd')", "may not use fs.read"),
    "the network": (
        "await http.get('http://localhost')",
        "return http.get('http://localhost')",
        "may not use http.get",
    ),
    "the environment": ("await env.get('HOME')", "return env.get('HOME')", "may not use env.get"),
    "other modules": ("await import('./other.js')", "require('other')", "there is no module"),
    "the door of its own session": (
        "await tools._session({ run: () => 'forged' })",
        "return tools._session { run = function() return 'forged' end }",
        "this is no tool",
    ),
    "a forged function": (
        "await tools.add({ a: { $function: 1 }, b: 1 })",
        "return tools.add { a = { ['$function'] = 1 }, b = 1 }",
        "which is how functions cross",
    ),
    "a function": (
        "await tools.add({ a: () => 1, b: 1 })",
        "return tools.add { a = function() end, b = 1 }",
        "add takes no functions",
    ),
    "an error of a kind that nobody may catch": (
        "throw Object.assign(new SpellError('forged'), { kind: 'limit' })",
        "error({ kind = 'limit', message = 'forged' })",
        "forged",
    ),
    "names that are none": ("await tools['a b']({})", "return tools['a b'] {}", "cannot be the name of a tool"),
    "run_code in itself": (
        "await tools.run_code({ code: '1' })",
        "return tools.run_code { code = '1' }",
        "no tool 'run_code'",
    ),
    "a value without end": ("const a = {}; a.a = a; a", "local a = {} a.a = a return a", "contains itself"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_harms_its_session_alone(name: str, language: str) -> None:
    js, lua, expected = HOSTILE[name]
    seconds = 2.0 if "longer than" in expected else 60.0  # a loop waits for its turn on a busy machine
    limits = Limits(cpu=0.3, memory=16 << 20, max_calls=200, max_output=1 << 20, timeout=seconds)
    after = "await tools.add({ a: 20, b: 22 })" if language == "js" else "tools.add { a = 20, b = 22 }"
    result = session(language, js if language == "js" else lua, after, tools=[add], code={"limits": limits})
    first, second = told(result)
    assert first[0], first
    assert expected in first[1]
    assert second == (False, "42")
    assert result.reason == "done"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_limit_ends_the_session_and_says_what_is_lost(language: str) -> None:
    loop = "for (;;);" if language == "js" else "while true do end"
    name = "typeof kept" if language == "js" else "type(kept)"
    found = told(session(language, "kept = 1", loop, name, code={"limits": Limits(cpu=0.3)}))
    assert "The session is over: all that earlier code has left is lost" in found[1][1]
    assert found[2] in ((False, "undefined"), (False, "nil"))


def test_output_before_an_error_is_told_and_long_output_is_cut() -> None:
    found = told(session("js", "print('so far'); nothing()", "print('x'.repeat(50))", code={"max_output": 20}))
    assert found[0][1].endswith("Printed before:\nso far\n")
    assert found[1] == (False, f"{'x' * 20}\n[cut: 31 characters more were printed]")


def test_calls_that_nobody_awaits_are_cancelled() -> None:
    events: list[str] = []

    async def slow() -> str:
        """Take long."""
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        return "never"

    found = told(session("js", "tools.slow(); await sleep(0.1); 1", "2", tools=[slow]))
    assert found == [(False, "1\n[1 calls of tools were not awaited, and were cancelled]"), (False, "2")]
    assert events == ["cancelled"]


def test_code_that_goes_on_after_its_end_calls_nothing() -> None:
    done: list[int] = []

    async def note(n: int) -> None:
        """Note."""
        done.append(n)

    code = "let said; setTimeout(() => tools.note({ n: 1 }).catch((error) => (said = error.message)), 10); 1"
    found = told(session("js", code, "await sleep(0.1); said", tools=[note]))
    assert done in ([], [1])  # it may come while the next code runs, which may call tools
    assert found[0] == (False, "1")


# Limits and budgets of the agent


@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_count_as_those_of_the_model(language: str) -> None:
    loop = (
        "let n = 0; for (;;) try { await tools.add({ a: n++, b: 0 }) } catch {}"
        if language == "js"
        else "while true do pcall(tools.add, { a = 0, b = 0 }) end"
    )
    result = session(language, loop, limits=AgentLimits(max_tool_calls=5))
    assert result.reason == "max_tool_calls"
    assert result.detail == "the model asked for more than 5 calls of tools"
    assert result.tool_calls == 5


def test_what_was_done_before_too_many_calls_is_told() -> None:
    async def go() -> Any:
        add_once = {"code": "await tools.add({ a: 1, b: 1 })"}
        provider = ScriptedProvider([calls(("run_code", add_once), ("run_code", add_once), ("run_code", add_once))])
        async with Host() as host:
            code = Code(language="js", runner=host.code_runner)
            agent = Agent((provider, "t"), tools=[add], code=code, limits=AgentLimits(max_tool_calls=4))
            return await agent.run("go")

    result = asyncio.run(go())
    assert result.reason == "max_tool_calls"
    assert told(result)[0] == (False, "2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_budget_of_the_agent_bounds_what_its_code_spends(language: str) -> None:
    asked = 0

    async def go() -> Any:
        inner_provider = ScriptedProvider(["one", "two", "three", "four"], price=0.001)
        inner = Agent((inner_provider, "t"), name="helper", options={"max_tokens": 5})
        loop = (
            "for (;;) try { await tools.helper({ prompt: 'x' }) } catch {}"
            if language == "js"
            else "while true do pcall(tools.helper, { prompt = 'x' }) end"
        )
        provider = ScriptedProvider([calls(("run_code", {"code": loop})), "done"], price=0.0)
        async with Host() as host:
            code = Code(language=language, runner=host.code_runner)  # type: ignore[arg-type]
            agent = Agent((provider, "t"), tools=[inner.as_tool()], code=code, limits=AgentLimits(max_tokens=5000))
            budget = Budget(max_cost=0.02)
            with pytest.raises(LimitError, match=r"budget of \$0.02 exceeded"):
                await agent.run("go", serving=ToolContext(budget=budget))
            return budget, len(inner_provider.requests)

    budget, asked = asyncio.run(go())
    assert budget.cost <= 0.02
    assert 0 < asked < 4


def test_the_calls_of_a_spell_bound_the_code_of_its_agents() -> None:
    async def go() -> Budget:
        provider = ScriptedProvider([calls(("run_code", {"code": "for (;;) await tools.add({ a: 1, b: 1 })"})), "done"])
        async with Host() as host:
            agent = Agent((provider, "t"), tools=[add], code=Code(runner=host.code_runner))
            budget = Budget(max_calls=50)
            with pytest.raises(LimitError, match="limit of 50 calls exceeded"):
                await agent.run("go", serving=ToolContext(budget=budget))
            return budget

    assert asyncio.run(go()).calls <= 51


def test_tools_have_the_rights_that_the_agent_serves_with() -> None:
    seen: list[Any] = []

    async def look(context: Context) -> None:
        """Look."""
        seen.append((context.permissions, context.values, context.call_id, context.invoke))

    rights = Permissions(net=(NetRule("example.com"),))

    async def go() -> None:
        provider = ScriptedProvider([calls(("run_code", {"code": "await tools.look({})"})), "done"])
        async with Host(permissions=Permissions.all()) as host:
            agent = Agent((provider, "t"), tools=[look], code=Code(runner=host.code_runner))
            await agent.run("go", serving=ToolContext(permissions=rights, values="mine"))

    asyncio.run(go())
    assert seen == [(rights, "mine", "c0/1", None)]


def test_tools_of_the_host_that_the_agent_has_not_are_out_of_reach() -> None:
    async def go() -> Any:
        provider = ScriptedProvider([calls(("run_code", {"code": "await tools.launch({})"})), "done"])
        async with Host(tools=[add]) as host:

            @host.tool
            async def launch() -> None:
                """Launch."""
                raise AssertionError

            agent = Agent((provider, "t"), tools=[add], code=Code(runner=host.code_runner))
            return await agent.run("go")

    assert "There is no tool 'launch'" in told(asyncio.run(go()))[0][1]


# Hooks


def test_hooks_see_the_calls_of_code_as_those_of_the_model() -> None:
    hooks, seen = Hooks(), []

    async def change(event: Any) -> Any:
        seen.append((event.id, event.name))
        if event.name == "add" and event.arguments["a"] == 1:
            return Change(arguments={"a": 100, "b": 1})
        return Skip(value="skipped") if event.name == "add" else None

    hooks.on("tool_call", change)
    plain = session("js", "[await tools.add({ a: 1, b: 1 }), await tools.add({ a: 2, b: 1 })]", run={"hooks": hooks})
    assert told(plain) == [(False, '[101, "skipped"]')]
    assert seen == [("c0", "run_code"), ("c0/1", "add"), ("c0/2", "add")]


def test_code_sees_a_result_as_hooks_leave_it() -> None:
    hooks = Hooks()
    hooks.on("tool_result", lambda event: Change(parts=[Text("hidden")]) if event.name == "add" else None)
    result = session("js", "[await tools.add({ a: 1, b: 1 })]", run={"hooks": hooks})
    assert told(result) == [(False, '["hidden"]')]


def test_a_hook_that_stops_ends_the_run_though_the_code_catches() -> None:
    hooks = Hooks()
    hooks.on("tool_call", lambda event: Stop("enough") if event.name == "add" else None)
    code = "for (;;) try { await tools.add({ a: 1, b: 1 }) } catch { await sleep(0.01) }"
    result = session("js", code, run={"hooks": hooks})
    assert (result.reason, result.detail) == ("stopped", "enough")


def test_a_tool_that_stops_ends_the_run() -> None:
    async def stop() -> None:
        """Stop."""
        raise StopError("that is it")

    result = session("lua", "while true do pcall(tools.stop, {}) sleep(0.01) end", tools=[stop])
    assert (result.reason, result.detail) == ("stopped", "that is it")


def test_events_tell_of_the_calls_of_code() -> None:
    async def go() -> list[str]:
        provider = ScriptedProvider([calls(("run_code", {"code": "await tools.add({ a: 1, b: 1 })"})), "done"])
        async with Host() as host:
            agent = Agent((provider, "t"), tools=[add], code=Code(runner=host.code_runner))
            async with agent.stream("go") as stream:
                return [f"{event.kind} {getattr(event, 'name', '')}".strip() async for event in stream]

    kinds = asyncio.run(go())
    wanted = ["tool_call run_code", "tool_call add", "tool_result add", "tool_result run_code"]
    assert [kind for kind in kinds if kind.startswith("tool")] == wanted


# Ends


def test_leaving_a_stream_ends_the_code() -> None:
    events: list[str] = []

    async def slow() -> None:
        """Take long."""
        events.append("begun")
        try:
            await asyncio.sleep(60)
        finally:
            events.append("ended")

    async def go() -> int:
        provider = ScriptedProvider([calls(("run_code", {"code": "await tools.slow({})"}))])
        async with Host() as host:
            agent = Agent((provider, "t"), tools=[slow], code=Code(runner=host.code_runner))
            async with agent.stream("go") as stream:
                async for event in stream:
                    if getattr(event, "name", "") == "slow":
                        await asyncio.sleep(0.05)
                        break
            return len(asyncio.all_tasks())

    assert asyncio.run(go()) == 1
    assert events == ["begun", "ended"]


def test_many_runs_leave_nothing() -> None:
    async def go() -> int:
        async with Host() as host:
            for _ in range(20):
                provider = ScriptedProvider([calls(("run_code", {"code": "await tools.add({ a: 1, b: 1 })"})), "done"])
                agent = Agent((provider, "t"), tools=[add], code=Code(runner=host.code_runner))
                assert (await agent.run("go")).reason == "done"
            return len(asyncio.all_tasks())

    assert asyncio.run(go()) <= 4  # the pool's own may still be at work


def test_media_of_tools_are_shown_to_the_model() -> None:
    async def picture() -> Media:
        """Take a picture."""
        return Media(kind="image", mime="image/png", data=b"\x89PNG")

    result = session("js", "await tools.picture({})", tools=[picture])
    [answer] = [part for message in result.messages for part in message.parts if isinstance(part, ToolResult)]
    assert [type(part).__name__ for part in answer.parts] == ["Text", "Media"]


# What is refused before anything runs


def test_code_mode_needs_a_runner_and_tools() -> None:
    provider = ScriptedProvider(["x"])
    with pytest.raises(InvalidValueError, match="needs somewhere to run code"):
        Agent((provider, "t"), tools=[add], code="js")

    async def runner(*_: Any, **__: Any) -> Any:
        raise AssertionError

    with pytest.raises(InvalidValueError, match="needs tools that the code can call"):
        Agent((provider, "t"), code=Code(runner=runner))  # type: ignore[arg-type]


@pytest.mark.parametrize(("options", "told_of"), [({"language": "python"}, "js or lua"), ({"declare": -1}, "declare")])
def test_wrong_options_are_named(options: dict[str, Any], told_of: str) -> None:
    with pytest.raises(InvalidValueError, match=told_of):
        Code(**options)


# In spells


def spell(source: str, *pieces: str, **options: Any) -> Any:
    provider = ScriptedProvider([*(calls(("run_code", {"code": piece})) for piece in pieces), "done", "done"])
    return llmspell.run(
        Spell(source=source, language="js", name="spell.js"),
        providers=[provider],
        model="scripted/t",
        tools=[add],
        check=False,
        **options,
    )


AGENT = """
const helper = agent({ tools: ["add"], code: { language: "js", memory: 1e8, cpu: 5, maxCalls: 1e6 } });
const reply = await helper.run("go");
export default reply.messages.filter(({ role }) => role === "tool").map(({ content }) => content);
"""


@pytest.mark.parametrize("isolation", ["inline", "process"])
def test_code_of_a_spell_has_no_more_than_the_spell(isolation: str) -> None:
    limits = Limits(cpu=0.5, memory=32 << 20)
    pieces = (
        "for (;;);",
        "const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)",
        "await tools.add({ a: 1, b: 1 })",
    )
    result = spell(AGENT, *pieces, limits=limits, isolation=isolation)
    assert result.error is None
    assert [text.partition(" exceeded")[0] for text in result.value] == [
        "CPU limit of 0.5 s in one slice",
        "memory limit of 32 MiB",
        "2",
    ]


def test_calls_of_code_are_calls_of_its_spell() -> None:
    result = spell(AGENT, "for (;;) await tools.add({ a: 1, b: 1 })", limits=Limits(max_calls=30))
    assert result.error is not None
    assert result.error.message == "limit of 30 calls exceeded"


def test_the_sessions_of_a_spell_are_bounded() -> None:
    many = """
    const asks = [];
    for (let i = 0; i < 70; i++) asks.push(agent({ tools: ["add"], code: "js" }).run("go"));
    await Promise.all(asks);
    """
    replies = [calls(("run_code", {"code": "await sleep(5)"}))] * 140
    result = llmspell.run(
        Spell(source=many, language="js", name="spell.js"),
        providers=[ScriptedProvider(replies)],
        model="scripted/t",
        tools=[add],
        check=False,
    )
    assert result.error is not None
    assert result.error.message == "limit of 64 spells at once exceeded"


def test_the_time_of_a_spell_bounds_its_code() -> None:
    result = spell(AGENT, "await sleep(60)", limits=Limits(timeout=0.7))
    assert result.error is not None
    assert result.error.message.startswith("time limit of 0.7 s exceeded")
