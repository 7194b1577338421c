"""`make bench-peers`: the same calls and streams by llmspell and by other packages, to a server on this machine.

Every contestant runs in a process of its own, in turns, so that one leaves nothing to the next. All but those that
say so use asyncio's own event loop, and what they come with otherwise. `--inside NAME URL SIZE` is one turn.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from benchmarks import mock_server

_AT_ONCE = 100
_CALLS, _STREAMS, _CHUNKS = 20, 5, 2000
_QUESTION = "Count the doors."
_KEY = "sk-mock"
_SECONDS = 120
_PEERS = ("openai", "litellm", "pydantic-ai")


class Client(NamedTuple):
    """A contestant: one call, and one stream of so many chunks, which gives the length of its text."""

    call: Callable[[], Awaitable[Any]]
    stream: Callable[[int], Awaitable[int]]


async def _llmspell(url: str) -> Client:
    from llmspell.config import Config, ProviderConfig
    from llmspell.providers.base import Request, TextDelta
    from llmspell.providers.content import Message
    from llmspell.providers.registry import ProviderRegistry

    registry = ProviderRegistry(Config(providers={"mock": ProviderConfig(base_url=url)}))
    provider, _ = registry.resolve("mock/mock")

    def ask(model: str) -> Request:
        return Request(model=model, messages=[Message("user", _QUESTION)])

    async def call() -> None:
        assert (await provider.complete(ask("mock"))).text

    async def stream(count: int) -> int:
        length = 0
        async for event in provider.stream(ask(f"mock-{count}")):
            if isinstance(event, TextDelta):
                length += len(event.text)
        return length

    return Client(call, stream)


async def _spells(url: str) -> Client:
    import llmspell
    from llmspell.config import ProviderConfig

    host = llmspell.Host(llmspell.Config(providers={"mock": ProviderConfig(base_url=url)}))
    call = llmspell.Spell(source=f"return llm('mock/mock'):complete('{_QUESTION}').text", language="lua", name="call")
    loop = f"for piece in llm(params.model):stream('{_QUESTION}') do n = n + #piece.text end"
    stream = llmspell.Spell(source=f"local n = 0 {loop} return n", language="lua", name="stream")

    async def run_call() -> None:
        assert (await host.run(call, isolation="inline")).value

    async def run_stream(count: int) -> int:
        found = await host.run(stream, params={"model": f"mock/mock-{count}"}, isolation="inline")
        length: int = found.value
        return length

    return Client(run_call, run_stream)


async def _openai(url: str) -> Client:
    openai = importlib.import_module("openai")  # of the environment for peers
    client = openai.AsyncOpenAI(base_url=url, api_key=_KEY)
    messages = [{"role": "user", "content": _QUESTION}]

    async def call() -> None:
        found = await client.chat.completions.create(model="mock", messages=messages)
        assert found.choices[0].message.content

    async def stream(count: int) -> int:
        length = 0
        async for chunk in await client.chat.completions.create(model=f"mock-{count}", messages=messages, stream=True):
            if chunk.choices:
                length += len(chunk.choices[0].delta.content or "")
        return length

    return Client(call, stream)


async def _litellm(url: str) -> Client:
    litellm = importlib.import_module("litellm")  # as above
    options = {"api_base": url, "api_key": _KEY, "messages": [{"role": "user", "content": _QUESTION}]}

    async def call() -> None:
        assert (await litellm.acompletion(model="openai/mock", **options)).choices[0].message.content

    async def stream(count: int) -> int:
        length = 0
        async for chunk in await litellm.acompletion(model=f"openai/mock-{count}", stream=True, **options):
            length += len(chunk.choices[0].delta.content or "")
        return length

    return Client(call, stream)


async def _pydantic_ai(url: str) -> Client:
    agents = importlib.import_module("pydantic_ai")  # as above
    models = importlib.import_module("pydantic_ai.models.openai")
    service = importlib.import_module("pydantic_ai.providers.openai").OpenAIProvider(base_url=url, api_key=_KEY)

    def agent(model: str) -> Any:
        return agents.Agent(models.OpenAIChatModel(model, provider=service))

    one = agent("mock")

    async def call() -> None:
        assert (await one.run(_QUESTION)).output

    async def stream(count: int) -> int:
        async with agent(f"mock-{count}").run_stream(_QUESTION) as answer:
            return sum([len(text) async for text in answer.stream_text(delta=True, debounce_by=None)])

    return Client(call, stream)


class Contestant(NamedTuple):
    """How it is made, without which modules, and whether in uvloop."""

    make: Callable[[str], Awaitable[Client]]
    without: tuple[str, ...] = ()
    uvloop: bool = False


CONTESTANTS = {
    "llmspell, httpx2": Contestant(_llmspell, without=("llmspell.providers.fast",)),
    "llmspell, fast": Contestant(_llmspell),
    "llmspell, fast, uvloop": Contestant(_llmspell, uvloop=True),
    "Lua spells, httpx2": Contestant(_spells, without=("llmspell.providers.fast",)),
    "Lua spells, fast": Contestant(_spells),
    "Lua spells, fast, uvloop": Contestant(_spells, uvloop=True),
    "openai": Contestant(_openai),
    "litellm": Contestant(_litellm),
    "pydantic-ai": Contestant(_pydantic_ai),
}


async def _measure(client: Client, size: float) -> dict[str, float]:
    each, streams, chunks = (max(1, int(number * size)) for number in (_CALLS, _STREAMS, _CHUNKS))
    await asyncio.gather(*(client.call() for _ in range(_AT_ONCE)))  # opens the connections

    async def several() -> None:
        for _ in range(each):
            await client.call()

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(several() for _ in range(_AT_ONCE)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    expected = await client.stream(chunks)
    before = time.process_time()
    for _ in range(streams):
        assert await client.stream(chunks) == expected > chunks
    streamed = time.process_time() - before
    calls = each * _AT_ONCE
    return {"calls": calls / wall, "call": cpu / calls * 1e6, "chunk": streamed / streams / chunks * 1e6}


def _inside(name: str, url: str, size: float) -> None:
    contestant = CONTESTANTS[name]
    sys.modules.update(dict.fromkeys(contestant.without))  # an import of None fails

    async def turn() -> None:
        client = await contestant.make(url)
        print(json.dumps(await _measure(client, size)), flush=True)
        os._exit(0)  # connections need no farewell

    if contestant.uvloop:
        from llmspell import loop

        loop.run(turn, loop.quick)
    asyncio.run(turn())


def _turn(name: str, url: str, size: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.peers", "--inside", name, url, str(size)]
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # otherwise it asks the network for prices
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=_SECONDS, env=environ)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(found: dict[str, dict[str, float]]) -> None:
    head = f"{'':26}{'calls/s':>9}{'us CPU/call':>13}{'us CPU/chunk':>14}"
    print(head + "".join(f"{f'beside {peer}':>22}" for peer in _PEERS))
    for name, own in found.items():
        line = f"{name:26}{own['calls']:9.0f}{own['call']:13.0f}{own['chunk']:14.1f}"
        for peer in _PEERS:
            other = found[peer]
            line += f"{own['calls'] / other['calls']:10.1f} x {other['chunk'] / own['chunk']:7.1f} x"
        print(line)
    print("\nbeside: how many times as many calls a second, and how many times less CPU for a chunk")


def main() -> int:
    """Print the figures; 1 when llmspell is behind one of its peers."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description="Measures llmspell beside its peers."
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=float, default=1.0, help="how much work, as a part of the usual")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        name, url, size = args.inside
        _inside(name, url, float(size))
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    with mock_server.running() as url:
        for _ in range(args.rounds):
            for name, results in turns.items():
                results.append(_turn(name, url, args.size))
    found = {
        name: {what: statistics.median(result[what] for result in results) for what in results[0]}
        for name, results in turns.items()
    }
    print(f"{_AT_ONCE} calls at once; streams of {_CHUNKS} chunks; the median of {args.rounds} rounds\n")
    _table(found)
    ours, best = found["llmspell, fast"], [found[peer] for peer in _PEERS]
    return int(any(ours["calls"] < peer["calls"] or ours["chunk"] > peer["chunk"] for peer in best))


if __name__ == "__main__":
    sys.exit(main())
