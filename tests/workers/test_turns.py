"""Slices take turns, and honest spells beside hostile ones get their answers."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from benchmarks import wall
from llmspell import Host, Limits, Spell
from llmspell.errors import LimitError
from llmspell.workers.turns import Turns


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


def test_hostile_spells_of_all_kinds_beside_honest_ones(monkeypatch):
    monkeypatch.setattr(wall, "_START", 0.1)
    assert len(asyncio.run(wall.latencies(16, hostile=16))) == 16
