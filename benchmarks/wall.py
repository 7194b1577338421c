"""What the wall around spells costs, against an interpreter in this process, and whether it keeps spells apart."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Callable

import llmspell
from benchmarks.measure import Figure, Row, Scale, figure, ratio_row, row, skipped
from llmspell.workers import harden, kernel, seccomp

LANGUAGES = {"lua": "Lua", "js": "JS"}
EMPTY = {"lua": "return 1", "js": "export default 1"}
CALLS = {
    "lua": "for i = 1, params.n do spell.usage() end",
    "js": "for (let i = 0; i < params.n; i++) await spell.usage();",
}
WAITS = {"lua": "sleep(60)", "js": "await sleep(60);"}
HONEST = {
    "lua": "for i = 1, 5 do sleep(0.02) end local n = 0 for i = 1, 20000 do n = n + i end return n",
    "js": "for (let i = 0; i < 5; i++) await sleep(0.02); let n = 0; for (let i = 1; i <= 20000; i++) n += i;"
    "export default n;",
}
ANSWER = 200010000
HOSTILE = {
    "lua": (
        "while true do end",
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) end",
        "while true do print(('x'):rep(1000)) end",
        "pcall(function() while true do end end) while true do end",
    ),
    "js": (
        "for (;;) {}",
        "const a = []; for (;;) a.push('x'.repeat(1000) + a.length);",
        "for (;;) print('x'.repeat(1000));",
        "for (;;) { try { await spell.usage(); } catch {} }",
    ),
}
LIMITS = llmspell.Limits(cpu=5.0, timeout=60.0)
_START = 6.0
_APART = 0.01
_TWICE = 2.0


def rows(scale: Scale) -> list[Row]:
    """Start, calls and memory in a worker against inline; the latency of honest spells beside hostile ones."""
    made: list[Row] = []
    for language, name in LANGUAGES.items():
        made += asyncio.run(_against_inline(language, name, scale))
    return [*made, *_sealing(scale), *asyncio.run(_fairness(scale))]


async def _against_inline(language: str, name: str, scale: Scale) -> list[Row]:
    starts: dict[str, list[float]] = {"process": [], "inline": []}
    calls: dict[str, list[float]] = {"process": [], "inline": []}
    number = scale.times(2000)
    async with llmspell.Host() as host:
        for isolation in starts:
            await _run(host, EMPTY, language, isolation)
        for _ in range(scale.times(40)):
            await asyncio.sleep(_APART * 3)
            for isolation, samples in starts.items():
                samples.append(await _run(host, EMPTY, language, isolation) * 1e3)
        for _ in range(scale.rounds):
            for isolation, samples in calls.items():
                samples.append(await _run(host, CALLS, language, isolation, n=number) / number * 1e6)
        held = await _memory(host, language)
    start, call = figure(starts["process"]), figure(calls["process"])
    return [
        row(f"an empty spell, {name}, in a worker", start, "ms", against="inline", base=figure(starts["inline"])),
        row(f"a call and its answer, {name}, in a worker", call, "us", against="inline", base=figure(calls["inline"])),
        held._replace(name=f"memory of a waiting spell, {name}, in a worker"),
    ]


async def _run(host: llmspell.Host, sources: dict[str, str], language: str, isolation: str, **params: int) -> float:
    spell = llmspell.Spell(source=sources[language], language=language, name=f"wall.{language}")
    limits = llmspell.Limits(max_calls=1_000_000)
    begun = time.perf_counter()
    await host.run(spell, isolation=isolation, params=params, limits=limits)
    return time.perf_counter() - begun


async def _memory(host: llmspell.Host, language: str) -> Row:
    """What one worker holds for itself: the pages that it does not share with the process it was forked from."""
    if sys.platform != "linux":
        return skipped("", "only where /proc tells")
    spell = llmspell.Spell(source=WAITS[language], language=language, name=f"waits.{language}")
    task = asyncio.create_task(host.run(spell, check=False))
    await asyncio.sleep(0.5)
    own = [size for size in map(_private, _below(os.getpid())) if size]
    task.cancel()
    await asyncio.wait([task])
    return row("", figure(sorted(own)[:-1]), "KB") if len(own) > 1 else skipped("", "no worker was found")


def _below(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(child) for child in file.read().split()]
    return [*children, *(below for child in children for below in _below(child))]


def _private(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            lines = [line.split() for line in file if line.startswith("Private_")]
    except OSError:
        return 0.0
    return float(sum(int(line[1]) for line in lines))


def _sealing(scale: Scale) -> list[Row]:
    """What a worker spends on giving everything up, in processes that do nothing else."""
    kernel.prctl(kernel.PR_GET_DUMPABLE)  # loads ctypes, as a zygote has
    seccomp.program(os.uname().machine)
    confine: list[float] = []
    seal: list[float] = []
    for _ in range(scale.times(40)):
        one, other = _sealed_once()
        confine.append(one)
        seal.append(other)
    return [
        row("limits, privileges, capabilities", figure(confine), "us"),
        row("seccomp and Landlock", figure(seal), "us"),
    ]


def _sealed_once() -> tuple[float, float]:
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        begun = time.perf_counter()
        harden.confine()
        between = time.perf_counter()
        harden.seal("lua")
        os.write(theirs, f"{between - begun} {time.perf_counter() - between}".encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        one, other = pipe.read().split()
    os.waitpid(pid, 0)
    return float(one) * 1e6, float(other) * 1e6


async def _fairness(scale: Scale) -> list[Row]:
    """Honest spells that come one after the other, alone and beside as many hostile ones that are at work.

    Each is measured in turn, and what is best of each counts: another program on the machine spoils a round.
    """
    number = scale.times(100)
    alone, beside = [], []
    for _ in range(scale.rounds):
        alone.append(await latencies(number, hostile=0))
        beside.append(await latencies(number, hostile=number))
    name = f"{number} honest spells beside {number} hostile ones"
    return [
        ratio_row(name, _best(beside, statistics.median), _best(alone, statistics.median), _TWICE, "alone"),
        ratio_row(f"{name}, 19 of 20", _best(beside, _slowest), _best(alone, _slowest), _TWICE, "alone"),
    ]


def _best(rounds: list[list[float]], of: Callable[[list[float]], float]) -> Figure:
    return Figure(min(map(of, rounds)), None)


async def latencies(number: int, hostile: int) -> list[float]:
    """How long each honest spell took. Raises `AssertionError` when one gave a wrong answer."""
    async with llmspell.Host(warm_workers=4) as host:
        for language in LANGUAGES:
            await _honest(host, language)
        attackers = [asyncio.create_task(_attack(host, at)) for at in range(hostile)]
        if attackers:
            await asyncio.sleep(_START)
        honest = []
        for at in range(number):
            honest.append(asyncio.create_task(_honest(host, ("lua", "js")[at % 2])))
            await asyncio.sleep(_APART)
        found = [await task for task in honest]
        for task in attackers:
            task.cancel()
        if attackers:
            await asyncio.wait(attackers)
    return found


async def _honest(host: llmspell.Host, language: str) -> float:
    spell = llmspell.Spell(source=HONEST[language], language=language, name=f"honest.{language}")
    begun = time.perf_counter()
    result = await host.run(spell)
    assert result.value == ANSWER, result.value
    return time.perf_counter() - begun


async def _attack(host: llmspell.Host, at: int) -> llmspell.Result:
    language = ("lua", "js")[at % 2]
    sources = HOSTILE[language]
    spell = llmspell.Spell(source=sources[at // 2 % len(sources)], language=language, name=f"hostile.{language}")
    return await host.run(spell, limits=LIMITS, check=False)


def _slowest(samples: list[float]) -> float:
    return statistics.quantiles(samples, n=20)[-1]
