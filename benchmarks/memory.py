"""What a spell takes that waits for an answer: many of them in one host."""

from __future__ import annotations

import asyncio
import gc

import psutil

import llmspell
from benchmarks.measure import Row, Scale

_WAITING = 2000
_WORKERS = 12
WAIT = {"lua": "sleep(3600)", "js": "await sleep(3600);"}


def rows(scale: Scale) -> list[Row]:
    """Kilobytes for each waiting spell, inline and in worker processes."""
    return asyncio.run(_rows(scale))


async def _rows(scale: Scale) -> list[Row]:
    made = []
    for language, name in (("lua", "Lua"), ("js", "JS")):
        count = scale.times(_WAITING)
        each = await _inline(language, count)
        made.append(Row(f"a waiting spell, {name}, inline", each, "KB", note=f"{count} of them in one host"))
        own = await _process(language)
        made.append(
            Row(f"a waiting spell, {name}, worker process", own, "KB", note="pages that it shares with no other")
        )
    return made


async def _inline(language: str, count: int) -> float:
    async with llmspell.Host() as host:
        await _stop(await _start(host, language, "inline", 10))  # what is loaded once
        before = _resident()
        tasks = await _start(host, language, "inline", count)
        after = _resident()
        await _stop(tasks)
    return (after - before) / count / 1024


async def _process(language: str) -> float:
    async with llmspell.Host(warm_workers=0) as host:
        tasks = await _start(host, language, "process", _WORKERS)
        below = psutil.Process().children(recursive=True)
        own = [_unshared(process) for process in below if not process.children()]
        await _stop(tasks)
    return sum(own) / len(own) / 1024


async def _start(host: llmspell.Host, language: str, isolation: str, count: int) -> list[asyncio.Task[llmspell.Result]]:
    spell = llmspell.Spell(source=WAIT[language], language=language, name=f"wait.{language}")
    waiting = asyncio.Semaphore(0)

    def begun(event: llmspell.Event) -> None:
        if isinstance(event, llmspell.CallStarted):
            waiting.release()

    tasks = [asyncio.create_task(host.run(spell, isolation=isolation, on_event=begun)) for _ in range(count)]
    for _ in range(count):
        await waiting.acquire()
    return tasks


async def _stop(tasks: list[asyncio.Task[llmspell.Result]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


def _unshared(process: psutil.Process) -> int:
    return int(process.memory_full_info().uss)
