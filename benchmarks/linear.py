"""Cost as the work grows: a call among few or many calls, a spell among few or many spells."""

from __future__ import annotations

import asyncio
import time

import llmspell
from benchmarks.crossing import run
from benchmarks.measure import Figure, Row, Scale, figure

_CALLS = (1_000, 100_000)
_SPELLS = (10, 1_000)
_AT_ONCE = (100, 1_000)  # ten at once find all their memory in the cache of the processor
_MOST = 1.25
WORK = {
    "lua": "for i = 1, 5 do spell.usage() end sleep(0) return 1",
    "js": "for (let i = 0; i < 5; i++) await spell.usage(); await sleep(0); export default 1;",
}


def rows(scale: Scale) -> list[Row]:
    """How many times as much one costs when there are very many more of them."""
    made = []
    for language, name in (("lua", "Lua"), ("js", "JS")):
        few, many = _CALLS[0], max(_CALLS[0], scale.times(_CALLS[1]))
        made.append(_row(f"a call, {name}, {many} against {few}", *_calls(language, few, many)))
        for at_once, how, (few, most) in ((False, "in turn", _SPELLS), (True, "at once", _AT_ONCE)):
            many = max(few, scale.times(most))
            found = asyncio.run(_spells(language, few, many, at_once))
            made.append(_row(f"a spell, {name}, {many} {how} against {few}", *found))
    return made


def _row(name: str, few: Figure, many: Figure) -> Row:
    note = f"{few.median:.1f} us CPU each, then {many.median:.1f}"
    return Row(name, many.median / few.median, "x", _MOST, spread=few.spread, note=note)


def _calls(language: str, few: int, many: int) -> tuple[Figure, Figure]:
    run(language, few, "inline")
    small = [_each(language, few) for _ in range(9)]
    large = [_each(language, many)]
    return figure(small), figure(large)


def _each(language: str, count: int) -> float:
    before = time.process_time()
    run(language, count, "inline")
    return (time.process_time() - before) / count * 1e6


async def _spells(language: str, few: int, many: int, at_once: bool) -> tuple[Figure, Figure]:
    async with llmspell.Host() as host:
        await _batch(host, language, few, at_once)
        small = [await _batch(host, language, few, at_once) for _ in range(7)]
        large = [await _batch(host, language, many, at_once) for _ in range(2)]
    return figure(small), figure(large)


async def _batch(host: llmspell.Host, language: str, count: int, at_once: bool) -> float:
    spell = llmspell.Spell(source=WORK[language], language=language, name=f"work.{language}")
    before = time.process_time()
    if at_once:
        await asyncio.gather(*(host.run(spell, isolation="inline") for _ in range(count)))
    else:
        for _ in range(count):
            await host.run(spell, isolation="inline")
    return (time.process_time() - before) / count * 1e6
