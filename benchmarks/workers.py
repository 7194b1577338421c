"""How long a spell waits for its worker process: from the call of `run` to the first thing that the script does."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time

import llmspell
from benchmarks.measure import Figure, Row, Scale, figure, row

FIRST = {"lua": 'log("here")', "js": 'log("here");'}
_WARM, _COLD = 10.0, 15.0
_REFILL = 0.05


def rows(scale: Scale) -> list[Row]:
    """Warm and cold starts of both languages, in milliseconds on the clock."""
    made = []
    for language, name in (("lua", "Lua"), ("js", "JS")):
        warm, cold, first, alone, bare = asyncio.run(_samples(language, scale.times(40)))
        base = figure(bare)
        for how, samples, target in (
            ("warm, from the pool", warm, _WARM),
            ("cold, forked on demand", cold, _COLD),
            ("the first of a host", first, None),
            ("without a host", alone, None),
        ):
            made.append(row(f"worker start, {name}, {how}", figure(samples), "ms", target=target,
                            against="python -I -S -c pass", base=base))  # fmt: skip
        slow = Figure(statistics.quantiles(warm, n=20)[-1], None)
        made.append(row(f"worker start, {name}, warm, 19 of 20 within", slow, "ms", target=_WARM))
    return made


async def _samples(language: str, count: int) -> tuple[list[float], ...]:
    warm: list[float] = []
    cold: list[float] = []
    first, alone, bare = [], [], []
    async with llmspell.Host() as pooled, llmspell.Host(warm_workers=0) as unpooled:
        await _first(pooled, language)
        await _first(unpooled, language)
        for number in range(count):
            await asyncio.sleep(_REFILL)
            warm.append(await _first(pooled, language))
            cold.append(await _first(unpooled, language))
            if number % 4 == 0:
                async with llmspell.Host() as fresh:
                    first.append(await _first(fresh, language))
                alone.append(await asyncio.to_thread(_alone, language))
                bare.append(_bare())
    return warm, cold, first, alone, bare


async def _first(host: llmspell.Host, language: str) -> float:
    """Milliseconds until the script has said something."""
    heard: list[float] = []
    spell = llmspell.Spell(source=FIRST[language], language=language, name=f"first.{language}")
    begun = time.perf_counter()
    await host.run(spell, on_event=lambda _: heard.append(time.perf_counter()))
    return (heard[0] - begun) * 1e3


def _alone(language: str) -> float:
    heard: list[float] = []
    spell = llmspell.Spell(source=FIRST[language], language=language, name=f"first.{language}")
    begun = time.perf_counter()
    llmspell.run(spell, on_event=lambda _: heard.append(time.perf_counter()))
    return (heard[0] - begun) * 1e3


def _bare() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
    return (time.perf_counter() - begun) * 1e3
