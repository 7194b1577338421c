"""A spell's calls to a model, beside the same calls on bare httpx2, to a server on this machine."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

import llmspell
from benchmarks import mock_server
from benchmarks.measure import Figure, Row, Scale, figure, ratio_row, row
from llmspell.config import ProviderConfig

_COMPLETE = {
    "lua": """local model = llm(params.model)
        for i = 1, params.n do assert(#model:complete("Count the doors.").text > 9) end""",
    "js": """const model = llm(params.model);
        for (let i = 0; i < params.n; i++) if ((await model.complete("Count the doors.")).text.length < 9) throw 1;""",
}
_STREAM = {
    "lua": """local model, n = llm(params.model), 0
        for chunk in model:stream("Tell me a story.") do n = n + #chunk.text end
        return n""",
    "js": """const model = llm(params.model); let n = 0;
        for await (const chunk of model.stream("Tell me a story.")) n += chunk.text.length;
        export default n;""",
}
_CALL_RATIO, _CHUNK, _AT_ONCE = 1.3, 20.0, 100
_CALLS_A_SECOND = 1100


def rows(scale: Scale) -> list[Row]:
    """Single calls, many at once, and streams."""
    with mock_server.running() as url:
        return asyncio.run(_rows(url, scale))


async def _rows(url: str, scale: Scale) -> list[Row]:
    config = llmspell.Config(providers={"mock": ProviderConfig(base_url=url)})
    async with llmspell.Host(config) as host, httpx2.AsyncClient() as client:
        bench = _Bench(host, client, url)
        return [
            *await bench.calls(scale.times(300), scale.rounds),
            *await bench.at_once(scale.times(10), scale.rounds),
            *await bench.chunks(scale.times(2000), scale.rounds),
        ]


class _Bench:
    def __init__(self, host: llmspell.Host, client: httpx2.AsyncClient, url: str) -> None:
        self.host, self.client, self.url = host, client, url + "/chat/completions"

    async def spell(self, sources: dict[str, str], language: str, isolation: str, model: str, n: int) -> Any:
        spell = llmspell.Spell(source=sources[language], language=language, name=f"bench.{language}")
        params = {"model": f"mock/{model}", "n": n}
        return (await self.host.run(spell, params=params, isolation=isolation)).value

    async def bare_calls(self, count: int) -> None:
        body = {"model": "mock", "messages": [{"role": "user", "content": "Count the doors."}]}
        for _ in range(count):
            reply = await self.client.post(self.url, json=body)
            assert len(reply.json()["choices"][0]["message"]["content"]) > 9

    async def bare_stream(self, model: str) -> int:
        """Events cut out by httpx2 and decoded: the least that a program does itself."""
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Tell me a story."}]}
        length = 0
        async with self.client.stream("POST", self.url, json=body) as reply:
            async for line in reply.aiter_lines():
                if line.startswith("data: {"):
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    length += len(delta.get("content") or "")
        return length

    async def calls(self, count: int, rounds: int) -> list[Row]:
        def ways(language: str, isolation: str) -> Callable[[], Awaitable[Any]]:
            return lambda: self.spell(_COMPLETE, language, isolation, "mock", count)

        work = {"bare": lambda: self.bare_calls(count)}
        names = {"Lua inline": ("lua", "inline"), "JS inline": ("js", "inline"), "Lua worker": ("lua", "process"),
                 "JS worker": ("js", "process")}  # fmt: skip
        work |= {name: ways(*way) for name, way in names.items()}
        found = await _interleaved(work, count, rounds)
        bare = found.pop("bare")
        return [
            row("model call, bare httpx2", bare, "us CPU"),
            *(
                ratio_row(
                    f"model call, {name}",
                    measured,
                    bare,
                    _CALL_RATIO,
                    "bare httpx2",
                    f"{measured.median:.0f} us CPU of this process",
                )
                for name, measured in found.items()
            ),
        ]

    async def at_once(self, each: int, rounds: int) -> list[Row]:
        """Calls a second with 100 spells, or 100 tasks on bare httpx2, at the same time."""

        async def spells() -> None:
            await asyncio.gather(*(self.spell(_COMPLETE, "lua", "inline", "mock", each) for _ in range(_AT_ONCE)))

        async def bare() -> None:
            await asyncio.gather(*(self.bare_calls(each) for _ in range(_AT_ONCE)))

        calls = each * _AT_ONCE
        found = await _interleaved({"spells": spells, "bare": bare}, calls, rounds, clock=time.perf_counter)
        ours, theirs = (1e6 / found[name].median for name in ("spells", "bare"))
        name = f"model calls a second, {_AT_ONCE} Lua spells at once"
        return [Row(name, ours, "calls/s", _CALLS_A_SECOND, True, "bare httpx2", ours / theirs, found["spells"].spread)]

    async def chunks(self, count: int, rounds: int) -> list[Row]:
        made = []
        for model, how in ((f"mock-{count}", "in a burst"), (f"mock-{count}-paced", "one by one")):
            work: dict[str, Callable[[], Awaitable[Any]]] = {
                "bare": lambda model=model: self.bare_stream(model),
                "Lua": lambda model=model: self.spell(_STREAM, "lua", "inline", model, 0),
                "JS": lambda model=model: self.spell(_STREAM, "js", "inline", model, 0),
                "Lua worker": lambda model=model: self.spell(_STREAM, "lua", "process", model, 0),
                "JS worker": lambda model=model: self.spell(_STREAM, "js", "process", model, 0),
            }
            found = await _interleaved(work, count, rounds)
            bare = found.pop("bare")
            target = _CHUNK if how == "in a burst" else None
            made += [
                row(
                    f"streamed chunk, {how}, {name}",
                    measured,
                    "us CPU",
                    target=target,
                    against="httpx2 lines + json",
                    base=bare,
                )
                for name, measured in found.items()
            ]
        return made


async def _interleaved(
    work: dict[str, Callable[[], Awaitable[Any]]],
    count: int,
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, Figure]:
    samples: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, run in work.items():
            before = clock()
            await run()
            if number or rounds == 1:
                samples[name].append((clock() - before) / count * 1e6)
    return {name: figure(values) for name, values in samples.items()}
