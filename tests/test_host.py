"""A host runs spells for a program, and so does `run`."""

import asyncio
import contextlib
import inspect
import os
import threading
from collections.abc import Callable

import httpx2
import psutil
import pytest

import llmspell
from llmspell import Host, Limits, Spell
from llmspell.errors import (
    ArgumentTypeError,
    CancelledError,
    InvalidValueError,
    LimitError,
    LlmspellError,
    NotFoundError,
    SpellError,
)
from llmspell.events import CallEnded, CallStarted, Ended, Log, Output
from llmspell.options import RunOptions
from llmspell.testing import After, ScriptedProvider
from tests.leftovers import leaving_nothing

ISOLATIONS = ("process", "inline")


def lua(source: str) -> Spell:
    return Spell(source=source, language="lua", name="spell.lua")


def scripted(*replies):
    return ScriptedProvider(replies)


def in_host(work, **options):
    """Run `work(host)` in a host of its own, and see that nothing is left of it."""

    async def main():
        async with Host(**options) as host:
            return await work(host)

    return leaving_nothing(main)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_run_tells_all_about_itself(isolation):
    spell = lua(
        "print('out'); log.warn('careful'); return {n = params.n, text = llm('scripted/x'):complete('hi').text}"
    )
    events = []
    result = in_host(
        lambda host: host.run(spell, params={"n": 1}, isolation=isolation, on_event=events.append),
        providers=[scripted("well hello")],
    )
    assert result.value == {"n": 1, "text": "well hello"}
    assert result.output == "out\n"
    assert (result.usage.input_tokens, result.usage.output_tokens) == (1, 2)
    assert result.cost is None
    assert result.calls == 1
    assert result.duration > 0
    assert len(result.run_id) == 32
    assert result.error is None
    assert [type(event) for event in events] == [Output, Log, CallStarted, CallEnded, Ended]
    assert events[-1].result == result


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_failure_is_raised_or_given(isolation):
    spell = lua("local x = 1\nerror('no')")

    async def work(host):
        with pytest.raises(SpellError) as caught:
            await host.run(spell, isolation=isolation)
        return caught.value, await host.run(spell, isolation=isolation, check=False)

    error, result = in_host(work)
    assert (error.message, error.file, error.line, error.source_line) == ("no", "spell.lua", 2, "error('no')")
    assert result.error.to_data() == error.to_data()
    assert result.value is None


def test_events_can_be_streamed():
    async def work(host):
        return [event async for event in host.stream(lua("write('a'); sleep(0); write('b'); return 7"))]

    events = in_host(work)
    assert [event.text for event in events if isinstance(event, Output)] == ["a", "b"]
    assert isinstance(events[-1], Ended)
    assert events[-1].result.value == 7


def test_a_stream_left_early_cancels_the_run():
    async def work(host):
        async with contextlib.aclosing(host.stream(lua("print('a'); sleep(1000)"))) as events:
            async for event in events:
                assert event == Output("a\n")
                break

    in_host(work)


def test_a_stream_of_a_file_that_is_not_there_raises():
    async def work(host):
        with pytest.raises(NotFoundError, match=r"there is no file 'nothing.lua'"):
            async for _ in host.stream("nothing.lua"):
                pass

    in_host(work)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_tools_are_functions_of_the_program(isolation):
    async def work(host):
        @host.tool
        def add(a: int, b: int = 1) -> int:
            """Add two numbers."""
            return a + b

        @host.tool(name="greet")
        async def anything(name: str) -> dict[str, str]:
            return {"hello": name}

        assert sorted(host.tools) == ["add", "greet"]
        assert add(1, 2) == 3
        source = "return {tools.add{a = 2}, tools.add{a = 2, b = 3}, tools.greet{name = 'Ada'}}"
        return await host.run(lua(source), isolation=isolation)

    assert in_host(work).value == [3, 5, {"hello": "Ada"}]


def test_a_name_is_taken_once():
    def add():
        return 1

    with pytest.raises(InvalidValueError, match="there is a tool 'add' already"):
        Host(tools=[add, add])


def test_many_spells_at_once_stay_apart():
    async def work(host):
        runs = [host.run(lua("x = params; sleep(0.01); return x"), params=n) for n in range(20)]
        return [result.value for result in await asyncio.gather(*runs)]

    assert in_host(work) == list(range(20))


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize(
    ("limits", "source", "message"),
    [
        (Limits(timeout=0.2), "sleep(60)", "time limit of 0.2 s exceeded"),
        (Limits(cpu=0.2), "while true do end", "CPU limit of 0.2 s in one slice exceeded"),
        (
            Limits(memory=8 << 20),
            "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
            "memory limit of 8 MiB exceeded",
        ),
        (Limits(max_calls=5), "while true do sleep(0) end", "limit of 5 calls exceeded"),
        (Limits(max_output=1 << 20), "while true do print(('x'):rep(1000)) end", "output limit of 1 MiB exceeded"),
    ],
)
def test_limits_end_a_run_and_it_alone(isolation, limits, source, message):
    async def work(host):
        caught = f"pcall(function() {source} end) pcall(function() {source} end) return 'survived'"
        with pytest.raises(LimitError) as error:
            await host.run(lua(caught), limits=limits, isolation=isolation)
        assert error.value.message == message
        return await host.run(lua("return 1"), isolation=isolation)

    assert in_host(work).value == 1


def test_limits_must_make_sense():
    for wrong in ({"memory": 0}, {"cpu": -1}, {"timeout": "3"}, {"max_calls": True}):
        with pytest.raises(InvalidValueError, match=f"limit {next(iter(wrong))} must be a number above 0"):
            Limits(**wrong)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"isolation": "cage"}, "isolation must be one of process, inline"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 2**53}, "seed must be a whole number"),
        ({"params": {"a": {1, 2}}}, "params.a is a set"),
        ({"model": 5}, "model must be of the type str, not int"),
        ({"limits": {"timeout": 1}}, "limits must be of the type Limits, not dict"),
        ({"permissions": {"read": ["/"]}}, "permissions must be of the type Permissions, not dict"),
        ({"budget": 0.5}, "budget must be of the type Budget, not float"),
        ({"stdin": b"bytes"}, "stdin must be text or an open text file, not bytes"),
    ],
)
def test_wrong_options_are_refused(options, message):
    async def work(host):
        with pytest.raises((InvalidValueError, ArgumentTypeError), match=message):
            await host.run(lua("return 1"), **options)

    in_host(work)


@pytest.mark.parametrize(
    "options",
    [
        {"config": {"model": "a/b"}},
        {"config": "llmspell.toml"},
        {"permissions": "all"},
        {"http_transport": "http://127.0.0.1:8080"},
        {"http_transport": httpx2.HTTPTransport()},
        {"http_transport": httpx2.AsyncHTTPTransport},
    ],
)
def test_wrong_options_of_a_host_are_refused(options):
    with pytest.raises(ArgumentTypeError, match=f"{next(iter(options))} must be"):
        Host(**options)


@pytest.mark.parametrize("wrong", [-1, 1.5, "two", None, True])
def test_workers_are_counted_in_whole_numbers(wrong):
    with pytest.raises(InvalidValueError, match="warm_workers must be a whole number"):
        Host(warm_workers=wrong)


def test_the_hints_of_a_stream_are_those_of_a_run():
    hints = {name: hint.__forward_arg__ for name, hint in inspect.get_annotations(RunOptions).items()}
    for door in (Host.run, llmspell.run):
        options = inspect.signature(door).parameters
        assert hints.keys() >= inspect.signature(Host.run).parameters.keys() - {"self", "spell", "on_event", "check"}
        assert hints == {name: options[name].annotation.replace("Any", "Value") for name in hints}


def test_a_spell_needs_no_name():
    with pytest.raises(SpellError) as caught:
        llmspell.run(Spell(source="error('no')", language="lua"))
    assert (caught.value.file, caught.value.line) == ("spell", 1)


def test_the_model_of_a_run():
    provider = scripted("one", "two")

    async def work(host):
        spell = lua("return llm():complete('hi').text")
        return [(await host.run(spell, model="scripted/a")).value for _ in range(2)]

    assert in_host(work, providers=[provider]) == ["one", "two"]
    assert [request.model for request in provider.requests] == ["a", "a"]


def test_input_and_seed():
    async def work(host):
        first = await host.run(lua("return {stdin.read(), math.random(1000000), uuid()}"), stdin="text", seed=5)
        second = await host.run(lua("return {stdin.read(), math.random(1000000), uuid()}"), stdin="text", seed=5)
        return first.value, second.value

    first, second = in_host(work)
    assert first == second
    assert first[0] == "text"


def test_a_cancelled_run_leaves_nothing():
    provider = scripted(After(60, "late"))

    async def work(host):
        task = asyncio.create_task(host.run(lua("return llm('scripted/x'):complete('hi')")))
        while not provider.open:  # noqa: ASYNC110  # the provider counts, it tells nobody
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert provider.open == 0

    in_host(work, providers=[provider])


def test_two_hosts_do_not_see_each_other():
    def secret() -> int:
        return 1

    async def main():
        async with Host(tools=[secret]), Host() as other:
            with pytest.raises(NotFoundError, match="there is no tool 'secret'"):
                await other.run(lua("return tools.secret{}"))

    asyncio.run(main())


def test_a_host_can_be_used_again_after_it_was_closed():
    async def work(host):
        await host.run(lua("return 1"))
        await host.aclose()
        return await host.run(lua("return 2"))

    assert in_host(work).value == 2


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("source", ["sleep(60)", "tools.wait{}", "while true do sleep(0) end"])
def test_closing_a_host_ends_its_runs(isolation, source):
    async def wait() -> None:
        await asyncio.sleep(60)

    async def work(host):
        begun = asyncio.Event()
        options = {"isolation": isolation, "on_event": lambda event: begun.set(), "check": False}
        run = asyncio.create_task(host.run(lua(source), **options))
        await begun.wait()
        await host.aclose()
        assert run.done() or (await run)
        return run.result()

    result = in_host(work, tools=[wait])
    assert isinstance(result.error, CancelledError)
    assert result.error.message == "the host was closed"


# What listens to a run


class DeafError(Exception):
    pass


def deaf(deaf_to, heard):
    def hear(event):
        heard.append(event)
        if isinstance(event, deaf_to):
            raise DeafError

    return hear


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("deaf_to", [Output, Log, CallStarted, CallEnded, Ended])
@pytest.mark.parametrize("door", ["host", "run"])
def test_what_on_event_raises_ends_the_run(isolation, deaf_to, door):
    source = "print('a'); log.info('b'); sleep(0.001); print('c'); if params.on then sleep(60) end"
    heard = []
    options = {"on_event": deaf(deaf_to, heard), "isolation": isolation, "params": {"on": deaf_to is not Ended}}

    async def work(host):
        with pytest.raises(DeafError):
            await host.run(lua(source), **options, check=False)

    if door == "host":
        in_host(work)
    else:
        with pytest.raises(DeafError):
            llmspell.run(lua(source), **options)
        assert psutil.Process().children(recursive=True) == []
    assert [isinstance(event, deaf_to) for event in heard] == [False] * (len(heard) - 1) + [True]


def test_on_event_must_not_be_async():
    async def hear(event):
        raise AssertionError

    with pytest.raises(ArgumentTypeError, match="on_event must not be async"):
        llmspell.run(lua("print('a')"), on_event=hear)


# The door without an event loop


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_run_needs_no_event_loop(isolation):
    assert llmspell.run(lua("return params"), params=[1], isolation=isolation).value == [1]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_run_brings_an_event_loop_when_a_spell_waits(isolation):
    async def twice(n: int) -> int:
        await asyncio.sleep(0)
        return 2 * n

    result = llmspell.run(
        lua("print('a'); sleep(0); print(llm('scripted/x'):complete('hi').text); return tools.twice{n = 4}"),
        isolation=isolation,
        providers=[scripted("hello")],
        tools=[twice],
    )
    assert (result.value, result.output) == (8, "a\nhello\n")
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("waiting", ["while true do end", "sleep(60)"])
def test_run_keeps_the_time_limit(isolation, waiting):
    if isolation == "inline" and waiting.startswith("while"):
        limits, message = Limits(cpu=0.2), "CPU limit of 0.2 s in one slice exceeded"
    else:
        limits, message = Limits(timeout=0.3), "time limit of 0.3 s exceeded"
    with pytest.raises(LimitError, match=message):
        llmspell.run(lua(waiting), limits=limits, isolation=isolation)
    assert psutil.Process().children(recursive=True) == []


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_run_does_not_wait_for_a_plain_tool_when_its_time_is_over(isolation):
    let_go = threading.Event()

    def stuck() -> None:
        let_go.wait(60)

    try:
        result = llmspell.run(
            lua("tools.stuck{}"), tools=[stuck], isolation=isolation, limits=Limits(timeout=0.3), check=False
        )
        assert isinstance(result.error, LimitError)
        assert result.duration < 30
    finally:
        let_go.set()


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_tool_that_runs_on_calls_no_function_of_a_run_that_is_over(isolation):
    begun, over, done, told = threading.Event(), threading.Event(), threading.Event(), []

    def late(work: Callable[[], None]) -> None:
        begun.set()
        over.wait(60)
        try:
            work()
        except CancelledError as error:
            told.append(error.message)
        finally:
            done.set()

    async def work(host):
        run = asyncio.create_task(host.run(lua("tools.late { work = function() end }"), isolation=isolation))
        assert await asyncio.to_thread(begun.wait, 30)
        run.cancel()
        await asyncio.wait([run])
        over.set()
        assert await asyncio.to_thread(done.wait, 30)

    in_host(work, tools=[late])
    assert told == ["the run of this function is over"]


def test_a_host_stays_in_its_event_loop():
    host = Host()

    async def run():
        return (await host.run(lua("return 1"))).value

    async def main():
        assert await run() == 1
        with pytest.raises(InvalidValueError, match="belongs to the event loop"):
            await asyncio.to_thread(asyncio.run, run())
        assert await run() == 1
        await host.aclose()

    asyncio.run(main())


def test_run_inside_an_event_loop_says_what_to_do():
    async def main():
        with pytest.raises(RuntimeError, match=r"await llmspell.Host\(\).run"):
            llmspell.run(lua("return 1"))

    asyncio.run(main())


def test_run_raises_or_gives_the_error():
    with pytest.raises(LlmspellError, match="no"):
        llmspell.run(lua("error('no')"))
    assert llmspell.run(lua("error('no')"), check=False).error.line == 1


def test_an_interrupt_ends_the_run_and_tells_of_it():
    events = []

    def interrupt(event):
        events.append(event)
        if isinstance(event, Output):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        llmspell.run(lua("print('a'); sleep(60)"), on_event=interrupt)
    assert isinstance(events[-1].result.error, CancelledError)
    assert psutil.Process().children(recursive=True) == []


def test_descriptors_do_not_leak():
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else psutil.Process().num_fds()
    for _ in range(20):
        llmspell.run(lua("return 1"))
    assert psutil.Process().num_fds() <= before


class TestBudget:
    SPELL = llmspell.Spell(
        name="a.lua", language="lua", source='return llm():complete("Count.", { max_tokens = 20 }).text'
    )

    def test_runs_share_one(self):
        shared = llmspell.Budget(max_tokens=60)
        options = {
            "providers": [ScriptedProvider(lambda request: "one " * 20)],
            "model": "scripted/a",
            "budget": shared,
        }
        assert llmspell.run(self.SPELL, **options).usage.output_tokens == 20
        assert shared.tokens == 21
        assert llmspell.run(self.SPELL, **options).value
        result = llmspell.run(self.SPELL, **options, check=False)
        assert result.error.kind == "limit"
        assert "budget of 60 tokens exceeded" in result.error.message
        assert shared.tokens == 42

    def test_a_run_has_no_more_than_its_limits_say(self):
        shared = llmspell.Budget(max_tokens=1000)
        result = llmspell.run(
            self.SPELL,
            providers=[ScriptedProvider(lambda request: "one")],
            model="scripted/a",
            budget=shared,
            limits=Limits(max_tokens=25),
            check=False,
        )
        assert "budget of 25 tokens exceeded" in result.error.message
        assert (shared.tokens, shared.exceeded) == (0, None)

    @pytest.mark.parametrize("isolation", ["inline", "process"])
    def test_it_ends_a_stream_under_way(self, isolation):
        source = """
        parallel(function()
          for chunk in llm():stream("a", { max_tokens = 20 }) do sleep(0.01) end
        end, function()
          sleep(0.05)
          llm():complete("b", { max_tokens = 500 })
        end)
        """
        model = ScriptedProvider(lambda request: "word " * 1000)
        spell = llmspell.Spell(name="a.lua", language="lua", source=source)
        result = llmspell.run(
            spell,
            providers=[model],
            model="scripted/a",
            limits=Limits(max_tokens=100, timeout=20),
            isolation=isolation,
            check=False,
        )
        assert result.error.kind == "limit"
        assert "budget of 100 tokens" in result.error.message
        assert model.open == 0
