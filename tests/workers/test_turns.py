"""Slices take turns, and honest spells beside hostile ones get their answers."""

import asyncio
import itertools
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import wall
from llmspell import Host, Limits, Spell
from llmspell.errors import LimitError
from llmspell.workers import cpu_allowance, incoming
from llmspell.workers import turns as turns_module
from llmspell.workers.turns import Turns, Watchdog


def test_first_come_first_served():
    turns, went = Turns(2), []
    for name in "abcd":
        turns.take(lambda name=name: went.append(name))
    assert went == ["a", "b"]
    turns.give()
    assert went == ["a", "b", "c"]
    turns.give()
    turns.give()
    turns.take(lambda: went.append("e"))
    assert went == ["a", "b", "c", "d", "e"]


def test_who_used_least_goes_first():
    turns, went = Turns(1), []
    for used in (0.0, 0.3, 0.1, 0.2, 0.1):
        turns.take(lambda used=used: went.append(used), used)
    for _ in range(4):
        turns.give()
    assert went == [0.0, 0.1, 0.1, 0.2, 0.3]


def test_who_leaves_is_not_called():
    turns, went = Turns(1), []
    first, second = (lambda: went.append(1)), (lambda: went.append(2))
    turns.take(first)
    turns.take(second)
    assert turns.leave(second)
    assert not turns.leave(first)
    turns.give()
    assert went == [1]


@given(st.integers(1, 4), st.lists(st.booleans(), max_size=60))
def test_never_more_at_a_time_and_nobody_waits_for_nothing(most, steps):
    turns, begun, given_back, taken = Turns(most), [], 0, 0
    for take in steps:
        if take:
            taken += 1
            turns.take(lambda: begun.append(1))
        elif len(begun) > given_back:
            given_back += 1
            turns.give()
        at_work = len(begun) - given_back
        assert at_work <= most
        assert at_work == most or len(begun) == taken


def test_more_endless_loops_than_processors_end_and_all_others_are_right():
    loops = {"lua": "while true do end", "js": "for (;;) {}"}
    limits = Limits(cpu=0.2, timeout=20)

    async def main():
        async with Host() as host:
            spells = [Spell(source=loops[language], language=language, name="x") for language in loops] * 6
            hostile = [asyncio.create_task(host.run(spell, limits=limits, check=False)) for spell in spells]
            honest = await asyncio.gather(*(wall._honest(host, ("lua", "js")[at % 2]) for at in range(12)))
            assert len(honest) == 12  # each raises for a wrong answer
            ended = await asyncio.gather(*hostile)
            assert all(isinstance(result.error, LimitError) for result in ended)

    asyncio.run(main())


def test_honest_spells_beside_hostile_ones_of_all_kinds_are_right_and_those_end_by_their_limits(monkeypatch):
    monkeypatch.setattr(wall, "LIMITS", Limits(cpu=0.1, timeout=30, memory=16 << 20, max_calls=500, max_output=1 << 18))

    async def main():
        async with Host(warm_workers=2) as host:
            hostile = [asyncio.create_task(wall._attack(host, at)) for at in range(16)]
            values = await asyncio.gather(*(wall._honest(host, ("lua", "js")[at % 2]) for at in range(16)))
            assert len(values) == 16  # each raises for a wrong answer
            return await asyncio.gather(*hostile)

    assert [type(result.error) for result in asyncio.run(main())] == [LimitError] * 16


class Process:
    def __init__(self, pid=None):
        self.pid, self.slowed = pid, 0

    def slow_down(self):
        self.slowed += 1


def watched(script, process, turns=None, cpu=1.0, stall=60.0):
    """Run `script(watchdog, failures)` in an event loop."""

    async def main():
        failures = []
        loop = asyncio.get_running_loop()
        watchdog = Watchdog(process, turns, loop, failures.append)
        try:
            watchdog.wait(lambda: watchdog.begin(cpu, stall))
            await script(watchdog, failures)
        finally:
            watchdog.end()

    asyncio.run(main())


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.005)


@pytest.fixture
def clock(monkeypatch):
    """The processor time that processes are told to have used."""
    used = {}
    for module in (turns_module, incoming):
        monkeypatch.setattr(module, "cpu_seconds", used.get)
    return used


def test_a_slice_that_computes_for_long_gives_its_turn_and_goes_last_for_good(clock):
    process, turns, went = Process(1), Turns(1), []
    clock[1] = 5.0  # before the slice

    async def script(watchdog, failures):
        turns.take(lambda: went.append(1))
        await asyncio.sleep(0.03)
        assert (process.slowed, went) == (0, [])
        clock[1] = 5.02
        await until(lambda: went)
        assert process.slowed == 1
        watchdog.end()
        watchdog.wait(lambda: went.append(2))  # goes without a turn, since there is none
        assert went == [1, 2]
        assert failures == []

    watched(script, process, turns)


def test_a_slice_that_waits_keeps_its_turn_for_a_while_and_its_priority(clock):
    process, turns, went = Process(1), Turns(1), []
    clock[1] = 0.0

    async def script(watchdog, failures):
        turns.take(lambda: went.append(1))
        await until(lambda: went)
        assert process.slowed == 0
        assert failures == []

    watched(script, process, turns)


def test_a_process_that_is_not_forked_yet_counts_as_having_used_a_start(clock):
    turns, went = Turns(1), []
    clock[1], clock[2] = 0.001, 0.1
    turns.take(lambda: went.append("first"))

    async def main():
        loop = asyncio.get_running_loop()
        for process, name in ((Process(2), "much"), (Process(), "new"), (Process(1), "little")):
            Watchdog(process, turns, loop, went.append).wait(lambda name=name: went.append(name))
        for _ in range(3):
            turns.give()

    asyncio.run(main())
    assert went == ["first", "little", "new", "much"]


def test_a_slice_beyond_its_processor_time_fails(clock):
    clock[1] = 3.0

    async def script(watchdog, failures):
        clock[1] = 3.0 + cpu_allowance(1.0) + 1.0
        await until(lambda: failures)
        assert isinstance(failures[0], LimitError)
        assert "CPU limit of 1 s" in failures[0].message

    watched(script, Process(1))


@pytest.mark.parametrize("pid", [None, 1])
def test_a_slice_that_stalls_fails(clock, pid):
    async def script(watchdog, failures):
        await until(lambda: failures)
        assert failures[0].message == incoming.STALLED

    watched(script, Process(pid), stall=0.05)


def test_a_slice_that_waits_for_the_processor_does_not_stall(monkeypatch):
    asked = itertools.count()
    for module in (turns_module, incoming):
        monkeypatch.setattr(module, "cpu_seconds", lambda _: min(next(asked), 15) * 0.02)  # it gets on, then is stopped

    async def script(watchdog, failures):
        await until(lambda: failures)
        assert failures[0].message == incoming.STALLED
        assert next(asked) > 15

    watched(script, Process(1), stall=0.02)


def test_where_nobody_tells_the_processor_time_the_clock_counts(clock):
    process = Process(1)

    async def script(watchdog, failures):
        await until(lambda: process.slowed)
        assert failures == []

    watched(script, process, Turns())


def test_a_lone_worker_keeps_its_priority(clock):
    process = Process(1)
    clock[1] = 0.0

    async def script(watchdog, failures):
        clock[1] = 0.5
        await asyncio.sleep(0.05)
        assert (process.slowed, failures) == (0, [])

    watched(script, process)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_a_spell_that_computes_goes_last():
    async def main():
        async with Host() as host:
            loop = Spell(source="while true do end", language="lua", name="x")
            task = asyncio.create_task(host.run(loop, limits=Limits(cpu=5), check=False))
            await until(lambda: os.SCHED_IDLE in [os.sched_getscheduler(pid) for pid in wall._below(os.getpid())])
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(main())


def test_a_spell_that_is_cancelled_before_its_worker_was_forked_leaves_nothing():
    async def main():
        async with Host(warm_workers=0) as host:
            sleeps = Spell(source="sleep(60)", language="lua", name="x")
            tasks = [asyncio.create_task(host.run(sleeps)) for _ in range(20)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert await host.run(Spell(source="return 7", language="lua", name="y")) is not None

    asyncio.run(main())
