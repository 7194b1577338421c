"""One call of a script and its answer: in the interpreter alone, through a session, and to a worker process."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial

import llmspell
from benchmarks.measure import Figure, Row, Scale, cpu, interleaved, row, wall
from llmspell.border import Call, Done, EngineLimits, Resolve, SpellSource
from llmspell.languages import bridge_of

CALLS = {
    "lua": "local n = params.n for i = 1, n do spell.usage() end return n",
    "js": "const n = params.n; for (let i = 0; i < n; i++) await spell.usage(); export default n;",
}
NAMES = {"lua": "Lua", "js": "JS"}
_LIMITS = {"lua": 10.0, "js": 25.0}
_WORKER = 80.0
_ANSWER = {"calls": 3, "input_tokens": 11, "output_tokens": 7, "cost": 0.25}
_MANY = 10**9


def rows(scale: Scale) -> list[Row]:
    """A row for every language and way."""
    inside = scale.times(5000)
    outside = scale.times(2000)
    work: dict[str, Callable[[], float]] = {}
    for language in CALLS:
        work[f"{language} feed"] = partial(cpu, partial(feed, language, inside), inside)
        work[f"{language} inline"] = partial(cpu, partial(run, language, inside, "inline"), inside)
        work[f"{language} process"] = partial(_in_worker, language, outside)
    work["coroutine"] = partial(cpu, partial(_bare_lua, inside), inside)
    work["promise"] = partial(cpu, partial(_bare_js, inside), inside)
    work["socket"] = partial(wall, partial(_socket_echo, outside), outside)
    return list(_table(interleaved(work, scale.rounds)))


def _table(found: dict[str, Figure]) -> Iterator[Row]:
    for language, name in NAMES.items():
        base, against = (
            (found["coroutine"], "a bare lupa resume")
            if language == "lua"
            else (found["promise"], "a bare quickjs promise")
        )
        limit = _LIMITS[language]
        yield row(f"call and resume, {name}, interpreter", found[f"{language} feed"], "us CPU", target=limit,
                  against=against, base=base)  # fmt: skip
        yield row(f"call and resume, {name}, inline run", found[f"{language} inline"], "us CPU", target=limit,
                  against=against, base=base)  # fmt: skip
        yield row(f"call and resume, {name}, worker process", found[f"{language} process"], "us", target=_WORKER,
                  against="a byte to another process and back", base=found["socket"])  # fmt: skip


def feed(language: str, count: int) -> None:
    """`count` calls at the level of the interpreter: nobody but the language at work."""
    interpreter = bridge_of(language).interpreter(language)
    limits = EngineLimits(max_calls=_MANY)
    messages = interpreter.start(SpellSource(f"calls.{language}", CALLS[language], {"n": count}, limits=limits))
    made = 0
    now = time.time()
    while type(messages[-1]) is Call:
        made += 1
        messages = interpreter.feed([Resolve(messages[-1].id, _ANSWER)], now)
    assert messages[-1] == Done(count), messages
    assert made == count
    interpreter.close()


def run(language: str, count: int, isolation: str) -> llmspell.Result:
    """The same through the whole runtime, without an event loop."""
    spell = llmspell.Spell(source=CALLS[language], language=language, name=f"calls.{language}")
    result = llmspell.run(spell, params={"n": count}, isolation=isolation, limits=llmspell.Limits(max_calls=_MANY))
    assert result.value == count
    return result


def _in_worker(language: str, count: int) -> float:
    """Microseconds on the clock for each call, from the first of them on."""
    begun: list[float] = []
    spell = llmspell.Spell(source=CALLS[language], language=language, name=f"calls.{language}")

    def first(event: object) -> None:
        if not begun and isinstance(event, llmspell.CallStarted):
            begun.append(time.perf_counter())

    llmspell.run(spell, params={"n": count}, isolation="process", limits=llmspell.Limits(max_calls=_MANY),
                 on_event=first)  # fmt: skip
    return (time.perf_counter() - begun[0]) / count * 1e6


def _bare_lua(count: int) -> None:
    import lupa.lua54

    runtime = lupa.lua54.LuaRuntime()
    resume = runtime.execute(
        "local co = coroutine.create(function() while true do coroutine.yield('call') end end)"
        " return function(value) local _, out = coroutine.resume(co, value) return out end"
    )
    for number in range(count):
        resume(number)


def _bare_js(count: int) -> None:
    import quickjs

    context = quickjs.Context()
    context.eval("var settle; (async () => { for (;;) await new Promise((resolve) => { settle = resolve; }) })()")
    settle = context.eval("(value) => settle(value)")
    for number in range(count):
        settle(number)
        while context.execute_pending_job():
            pass


def _socket_echo(count: int) -> None:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        while data := theirs.recv(64):
            theirs.send(data)
        os._exit(0)
    theirs.close()
    for _ in range(count):
        ours.send(b"x")
        ours.recv(64)
    ours.close()
    os.waitpid(pid, 0)
