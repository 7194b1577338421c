"""Tokens a second of the local model through a spell, beside the same runtime called without us."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import llmspell
from benchmarks.measure import Row, Scale, figure, skipped
from llmspell.errors import NotFoundError
from llmspell.providers.local.provider import DEFAULT_CONTEXT, default_threads
from llmspell.providers.local.store import ModelStore, default_directory

_MODEL = "smollm2-135m"
_NAME = f"{_MODEL}, tokens a second, streamed to a"
_TARGET = 0.97
_TOKENS = 200
_PROMPT = "Write a long story about a lighthouse keeper who counts the ships that pass."
_SPELL = """
local last
for chunk in llm("llamacpp/" .. params.model):stream(params.prompt, { max_tokens = params.tokens, temperature = 0 }) do
  last = chunk
end
return last.usage.output_tokens
"""
_SLOTS = 2


def rows(scale: Scale) -> list[Row]:
    """The ratio of both speeds, or why it cannot be had."""
    name = f"{_NAME} Lua spell"
    if find_spec("xllamacpp") is None:
        return [skipped(name, "skipped: xllamacpp is not installed (the extra `local`)")]
    try:
        model = ModelStore(default_directory()).find(_MODEL)
    except NotFoundError:
        return [skipped(name, f"skipped: run `llmspell models pull {_MODEL}` first")]
    return asyncio.run(_rows(name, model.path, scale))


async def _rows(name: str, path: Path, scale: Scale) -> list[Row]:
    ours: list[float] = []
    theirs: list[float] = []
    tokens = scale.times(_TOKENS)
    with _Bare(path, tokens) as bare:
        async with llmspell.Host() as host:
            for number in range(2 * scale.rounds + 1):
                pair = (bare.speed(), await _speed(host, tokens))
                if number:
                    theirs.append(pair[0])
                    ours.append(pair[1])
    spell, base = figure(ours), figure(theirs)
    ratio = spell.median / base.median
    note = f"{spell.median:.1f} against {base.median:.1f} tokens a second"
    return [Row(name, ratio, "x", _TARGET, True, "bare xllamacpp", ratio, spell.spread, note)]


async def _speed(host: llmspell.Host, tokens: int) -> float:
    spell = llmspell.Spell(source=_SPELL, language="lua", name="local.lua")
    params = {"model": _MODEL, "prompt": _PROMPT, "tokens": tokens}
    begun = time.perf_counter()
    result = await host.run(spell, params=params)
    return float(result.value / (time.perf_counter() - begun))


class _Bare:
    """The runtime alone, in a process of its own, which answers once for every line that it is sent."""

    def __init__(self, path: Path, tokens: int) -> None:
        self._command = [sys.executable, "-m", "benchmarks.local", str(path), str(tokens)]

    def __enter__(self) -> _Bare:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        return self

    def speed(self) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline()))

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _serve(path: str, tokens: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = DEFAULT_CONTEXT * _SLOTS
    params.n_parallel = _SLOTS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = default_threads()
    params.cache_ram_mib = 0
    params.verbosity = -1
    server = xllamacpp.Server(params)
    body = {
        "messages": [{"role": "user", "content": _PROMPT}],
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    for _ in sys.stdin:
        made = 0

        def chunk(part: dict[str, object]) -> bool:
            nonlocal made
            usage = part.get("usage")
            made = usage["completion_tokens"] if isinstance(usage, dict) else made
            return False

        begun = time.perf_counter()
        server.handle_chat_completions(body, chunk)
        print(json.dumps(made / (time.perf_counter() - begun)), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
