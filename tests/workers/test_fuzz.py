"""Ten thousand messages of lying workers, and workers that die at any moment: each is an error of its run alone."""

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import llmspell
from llmspell import Host, Limits, Spell
from llmspell.border import Done, EngineLimits, Failed
from llmspell.errors import InternalError, LimitError, LlmspellError
from llmspell.workers import frames
from llmspell.workers.child import Child
from llmspell.workers.incoming import MOST_CONTAINERS, MOST_MESSAGES, Incoming, cpu_seconds, refuse_bomb
from llmspell.workers.remote import RemoteInterpreter

HERE = str(Path(__file__).parent)
HONEST = Spell(source="return tools.echo{value = 21} * 2", language="lua", name="honest.lua")
VICTIM = Spell(source="return 1", language="lua", name="lying.lua")
MOST_SECONDS = 10.0


def load_lies():
    import importlib.util

    spec = importlib.util.spec_from_file_location("lies", Path(HERE) / "lies.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lies = load_lies()


def echo(value: object) -> object:
    """Give it back."""
    return value


async def slow() -> int:
    """Wait a little."""
    await asyncio.sleep(0.01)
    return 1


async def items() -> AsyncIterator[int]:
    """Some numbers."""
    for number in range(3):
        yield number


def frame(messages: list, *, ended: bool = True) -> bytes:
    """A frame as a worker writes it, whatever is in it."""
    body = json.dumps([ended, messages], ensure_ascii=True).encode()
    return frames.HEADER.pack(len(body)) + body


@pytest.fixture
def liar(tmp_path, monkeypatch) -> Callable[[bytes, str], Child]:
    """Starts worker processes that say something and then do something."""
    monkeypatch.syspath_prepend(HERE)

    def start(words: bytes, then: str) -> Child:
        path = tmp_path / "words"
        path.write_bytes(words)
        return Child.start("lies", [str(path), then])

    return start


async def one_run(host: Host, child: Child, **options: float) -> llmspell.Result:
    """A run in that host whose worker is this process; the host raises nothing and takes no longer than it may."""
    pool = host.worker_pool()
    take, pool.take = pool.take, lambda dialect: RemoteInterpreter(child, **options)
    try:
        return await asyncio.wait_for(host.run(VICTIM, limits=Limits(timeout=0.3), check=False), MOST_SECONDS)
    finally:
        pool.take = take


def check_outcome(result: llmspell.Result) -> None:
    assert result.error is None or isinstance(result.error, LlmspellError)
    json.dumps(result.value)


# Ten thousand messages


class Lying:
    """A worker that takes every answer as an occasion for more lies."""

    def __init__(self, made, on_slice) -> None:
        self.told = 0
        self._made = made
        self._on_slice = on_slice
        self._incoming = Incoming()

    def start(self, spell) -> None:
        self.feed([], 0.0)

    def feed(self, messages, now) -> None:
        asyncio.get_running_loop().call_soon(self.lie)

    def lie(self) -> None:
        self.told += 5
        self._incoming.expect(EngineLimits())
        last = [["done", 1]] if self.told > 40 else []
        try:
            for told, ended in self._incoming.take(frame([*[self._made.message() for _ in range(5)], *last])):
                self._on_slice(told, ended)
        except InternalError as error:
            self._on_slice([Failed(error.to_data())], True)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_lies_to_sessions(seed, monkeypatch):
    """Straight into sessions, in one event loop: whatever a message is, a session takes it or the run ends."""
    made = lies.Liar(seed)
    workers = []

    def make(run, on_slice):
        workers.append(Lying(made, on_slice))
        return workers[-1]

    async def main():
        async with Host(tools=[echo, slow], warm_workers=0) as host:
            while sum(worker.told for worker in workers) < 1000:
                running = host.run(VICTIM, limits=Limits(timeout=0.2), check=False, stdin="")
                check_outcome(await asyncio.wait_for(running, MOST_SECONDS))

    monkeypatch.setattr("llmspell.runs.Run._make_worker", make)
    asyncio.run(main())


@pytest.mark.parametrize("seed", range(4))
def test_lies_over_a_real_pipe(liar, seed):
    async def main():
        made = lies.Liar(1000 + seed)
        dice = random.Random(seed)  # noqa: S311  # only to be repeatable
        async with Host(tools=[echo], warm_workers=1) as host:
            for number in range(15):
                parts = [frame([made.message() for _ in range(dice.randrange(1, 20))], ended=dice.random() < 0.7)
                         for _ in range(dice.randrange(1, 5))]  # fmt: skip
                words = b"".join(parts)
                if dice.random() < 0.3:
                    words = words[: dice.randrange(len(words))]
                child = liar(words, dice.choice(["exit", "hang", "killed", "loop", "more"]))
                check_outcome(await one_run(host, child))
                assert child.poll() is not None, "it still runs"
                if number % 5 == 0:
                    assert (await host.run(HONEST)).value == 42

    asyncio.run(main())


LIES = {
    "an unknown message": [["shutdown", 1]],
    "a message of the other direction": [["resolve", 1, None]],
    "a field too many": [["done", 1, 2]],
    "no field": [["call"]],
    "a wrong id": [["call", "1", "echo", {}]],
    "a number used again": [["call", 1, "sleep", {"seconds": 9}], ["call", 1, "sleep", {"seconds": 9}]],
    "an answer to nothing": [["return", 1, 1]],
    "an error to nothing": [["raise", 1, {"kind": "limit"}]],
    "a call that was never made": [["cancel", 7]],
    "too deep": [["done", json.loads("[" * 250 + "]" * 250)]],
    "text that is none": [["print", "stdout", "\ud800"]],
    "an output that is none": [["print", "/etc/passwd", "x"]],
    "an unhashable message": [[["call"], 1]],
    "an unhashable output": [["print", ["stdout"], "x"]],
    "an error that is none": [["failed", "no"]],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_ends_its_run_and_no_other(liar, lie):
    async def main():
        async with Host(tools=[echo], warm_workers=0) as host:
            beside = asyncio.create_task(host.run(HONEST))
            await asyncio.sleep(0)  # it has its own worker
            child = liar(frame(LIES[lie]), "hang")
            result = await one_run(host, child)
            assert isinstance(result.error, InternalError)
            assert child.poll() is not None
            assert (await beside).value == 42

    asyncio.run(main())


@pytest.mark.parametrize(
    "fields", [{"file": []}, {"file": {}, "line": 1}, {"kind": []}, {"stack": 7}, {"message": None}]
)
def test_errors_with_wrong_fields(liar, fields):
    async def main():
        async with Host(warm_workers=0) as host:
            result = await one_run(host, liar(frame([["failed", fields]]), "exit"))
            assert result.error.message == "unknown error"

    asyncio.run(main())


# Floods and stalls


def test_words_after_the_end_of_a_slice_are_not_heard(liar):
    words = frame([["call", 1, "sleep", {"seconds": 9}]]) + frame([["print", "stdout", "more"]]) * 1000

    async def main():
        async with Host(warm_workers=0) as host:
            result = await one_run(host, liar(words, "hang"))
            assert "spoke without being asked" in result.error.message
            assert result.output == ""

    asyncio.run(main())


@pytest.mark.parametrize("blocking", [True, False])
def test_a_flood_ends(liar, blocking, monkeypatch):
    monkeypatch.setattr("llmspell.workers.incoming.MOST_MESSAGES", 1 << 17)
    words = frame([["cancel", 0]] * 50_000, ended=False) * 30
    child = liar(words, "hang")
    if blocking:
        failed = RemoteInterpreter(child).start(llmspell.border.SpellSource("x", ""))[-1]
        child.close()
        assert "too many messages" in failed.error["message"]
        return

    async def main():
        async with Host(warm_workers=0) as host:
            pool = host.worker_pool()
            pool.take = lambda dialect: RemoteInterpreter(child)
            result = await host.run(VICTIM, check=False)
            assert "too many messages" in result.error.message

    asyncio.run(main())


def test_a_flood_in_bytes_ends():
    incoming = Incoming()
    limits = EngineLimits(max_output=1)
    incoming.expect(limits)
    part = frame([["print", "debug", "x" * 1_000_000]], ended=False)

    def listen():
        for _ in range(100):
            list(incoming.take(part))

    with pytest.raises(InternalError, match="does not stop talking"):
        listen()


def test_more_messages_than_a_slice_has_are_not_heard():
    incoming = Incoming()
    incoming.expect(EngineLimits())
    part = frame([["cancel", 0]] * 100_000, ended=False)

    def listen():
        return sum(len(messages) for _ in range(12) for messages, _ in incoming.take(part))

    with pytest.raises(InternalError, match="too many messages"):
        listen()
    assert MOST_MESSAGES < 12 * 100_000


def test_a_frame_that_would_fill_the_memory_is_not_read():
    with pytest.raises(InternalError, match="too many values"):
        refuse_bomb(b"[" + b"{}," * (MOST_CONTAINERS + 1) + b"1]")
    with pytest.raises(InternalError, match="too many values"):
        refuse_bomb(b'["\\\\",' + b"[]," * (MOST_CONTAINERS + 1) + b'"\\""]')
    refuse_bomb(b'["' + b"[" * (MOST_CONTAINERS + 10) + b'"]')
    refuse_bomb(b'["' + b'\\"[' * (MOST_CONTAINERS + 10) + b'\\\\"]')
    with pytest.raises(InternalError, match="too many values"):
        refuse_bomb(b'"[' * (5 * MOST_CONTAINERS))


def test_half_a_frame_is_a_stall(liar):
    words = frame([["done", 1]])[:-3]

    async def main():
        async with Host(warm_workers=0) as host:
            child = liar(words, "hang")
            begun = time.monotonic()
            result = await one_run(host, child, stall=0.2)
            assert isinstance(result.error, LimitError)
            assert time.monotonic() - begun < 5
            assert child.poll() is not None

    asyncio.run(main())


def test_a_worker_that_reads_in_drops_is_a_stall(tmp_path):
    """Each drop makes room for a little more of the answer: no single write waits long."""
    child = Child.start("llmspell.workers.serve", ["lua", str(os.getpid())])
    interpreter = RemoteInterpreter(child, stall=0.5)
    try:
        os.kill(child.pid, 19)
        begun = time.monotonic()
        spell = llmspell.border.SpellSource("x.lua", "-- " + "x" * 4_000_000)
        assert interpreter.start(spell)[-1].error["kind"] == "limit"
        assert time.monotonic() - begun < 5
    finally:
        interpreter.close()


@pytest.mark.skipif(cpu_seconds(os.getpid()) is None, reason="no clock of other processes here")
@pytest.mark.parametrize("blocking", [True, False])
def test_a_worker_without_its_own_timer_is_stopped_for_its_processor_time(liar, blocking):
    """Endless loops of a worker that was taken over end long before it would count as stalled."""
    limits = Limits(cpu=0.1)
    child = liar(b"", "loop")
    if blocking:
        source = llmspell.border.SpellSource("x", "", limits=limits.engine)
        failed = RemoteInterpreter(child).start(source)[-1]
        child.close()
        assert failed.error["message"].startswith("CPU limit of 0.1 s")
        return

    async def main():
        async with Host(warm_workers=0) as host:
            host.worker_pool().take = lambda dialect: RemoteInterpreter(child)
            result = await asyncio.wait_for(host.run(VICTIM, limits=limits, check=False), MOST_SECONDS)
            assert isinstance(result.error, LimitError)
            assert result.error.message.startswith("CPU limit of 0.1 s")
            assert os.getpriority(os.PRIO_PROCESS, os.getpid()) < 19

    asyncio.run(main())


# Death at any moment


@pytest.mark.parametrize("language", ["lua", "js"])
def test_killed_at_every_message(language):
    source = {
        "lua": "for i = 1, 4 do tools.echo{value = i} end for n in tools.items() do print(n) end return 5",
        "js": "for (let i = 0; i < 4; i++) await tools.echo({ value: i });"
        "for await (const n of tools.items()) print(n); export default 5;",
    }[language]
    spell = Spell(source=source, language=language, name=f"x.{language}")

    async def main():
        async with Host(tools=[echo], warm_workers=0) as host:
            for moment in range(8):
                seen = []

                def kill(event, seen=seen, moment=moment) -> None:
                    seen.append(event)
                    if len(seen) == moment + 1:
                        for worker in [*host._pool._zygote._running.values()]:
                            os.kill(worker.pid, 9)

                result = await asyncio.wait_for(host.run(spell, on_event=kill, check=False), MOST_SECONDS)
                assert result.error is None or isinstance(result.error, LlmspellError)
                assert (await host.run(HONEST)).value == 42

    asyncio.run(main())


@pytest.mark.parametrize("moment", range(0, 60, 4))
def test_ends_in_the_middle_of_its_words(liar, moment):
    words = frame([["call", 1, "uuid", {}], ["print", "stdout", "x"]])

    async def main():
        async with Host(warm_workers=0) as host:
            result = await one_run(host, liar(words[:moment], "killed"))
            assert isinstance(result.error, InternalError)
            assert "worker process" in result.error.message

    asyncio.run(main())


def test_an_honest_worker_is_heard():
    incoming = Incoming()
    incoming.expect(EngineLimits())
    assert list(incoming.take(frame([["done", 1]]))) == [([Done(1)], True)]
