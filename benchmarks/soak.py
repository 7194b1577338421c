"""Many spells one after the other in one host, and what they left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import psutil

import llmspell
from benchmarks.measure import Row, Scale

_COUNT = 10_000
PLAIN = {
    "lua": "spell.usage() return tools.add { a = params.n, b = 1 }",
    "js": "await spell.usage(); export default await tools.add({ a: params.n, b: 1 });",
}
BUSY = {
    "lua": """local a, b = parallel(function() return tools.add { a = 1, b = 2 } end, function() return 3 end)
        local ok, problem = pcall(tools.add, { a = "no" })
        print(ok, problem.kind)
        for line in stdin.lines() do break end
        tools.first { items = { 1, 2 }, test = function(item) return item > 1 end }
        return params.n + 1""",
    "js": """const [a, b] = await parallel(() => tools.add({ a: 1, b: 2 }), () => 3);
        try { await tools.add({ a: "no" }); } catch (problem) { print(problem.kind); }
        for await (const line of stdin.lines()) { break; }
        await tools.first({ items: [1, 2], test: (item) => item > 1 });
        export default params.n + 1;""",
}
FAILING = {"lua": "sleep(0) error('on purpose')", "js": "await sleep(0); throw new Error('on purpose');"}


class Leaks(NamedTuple):
    """What is there more at the end than after a tenth of the spells; `memory` in bytes, of the host and of the
    process that forks its workers."""

    memory: int
    descriptors: int
    processes: int
    tasks: int
    threads: int


async def _add(a: float, b: float) -> float:
    """The sum."""
    await asyncio.sleep(0)
    return a + b


def _first(items: list[float], test: Callable[[float], bool]) -> float | None:
    """The first one that passes the test."""
    return next((item for item in items if test(item)), None)


async def soak(isolation: str, count: int) -> Leaks:
    """Run that many spells, both languages in turn, some of them failing or cancelled."""
    async with llmspell.Host() as host:
        host.tool(name="add")(_add)
        host.tool(name="first")(_first)
        await _run(host, isolation, range(count // 10))
        await _quiet(isolation)
        before = _now()
        await _run(host, isolation, range(count // 10, count))
        await _quiet(isolation)
        after = _now()
    tasks, processes = len(asyncio.all_tasks()) - 1, len(psutil.Process().children())
    return Leaks(
        after.memory - before.memory,
        after.descriptors - before.descriptors,
        processes,
        tasks,
        after.threads - before.threads,
    )


async def _run(host: llmspell.Host, isolation: str, numbers: range) -> None:
    for number in numbers:
        language = ("lua", "js")[number % 2]
        failing = number % 16 in (2, 5)
        busy = number % 16 in (8, 11)
        source = (FAILING if failing else BUSY if busy else PLAIN)[language]
        spell = llmspell.Spell(source=source, language=language, name=f"soak.{language}")
        running = host.run(spell, params={"n": number}, isolation=isolation, stdin="a\nb\n", check=False)
        if number % 100 == 99:
            task = asyncio.create_task(running)
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            continue
        result = await running
        assert (result.value == number + 1) is not failing, result
        assert (result.error is not None) is failing, result


async def _quiet(isolation: str) -> None:
    """Wait until the pool has its idle workers again, and the dead ones are reaped."""
    gc.collect()
    await asyncio.sleep(0.3 if isolation == "process" else 0)


def _now() -> Leaks:
    process = psutil.Process()
    return Leaks(
        sum(each.memory_info().rss for each in (process, *process.children())),
        process.num_fds(),
        len(process.children(recursive=True)),
        len(asyncio.all_tasks()),
        threading.active_count(),
    )


def rows(scale: Scale) -> list[Row]:
    """A row for every isolation and kind of leak."""
    made = []
    count = scale.times(_COUNT)
    for isolation in ("inline", "process"):
        begun = time.perf_counter()
        leaks = asyncio.run(soak(isolation, count))
        each = (time.perf_counter() - begun) / count * 1e3
        title = f"{count} spells, {isolation}"
        made += [
            Row(f"{title}, memory grown by", leaks.memory / 2**20, "MiB", 4.0, note=f"{each:.1f} ms a spell"),
            Row(f"{title}, descriptors left", leaks.descriptors, "", 0),
            Row(f"{title}, processes left", leaks.processes, "", 0),
            Row(f"{title}, tasks left", leaks.tasks, "", 0),
            Row(f"{title}, threads left", leaks.threads, "", 0),
        ]
    return made
