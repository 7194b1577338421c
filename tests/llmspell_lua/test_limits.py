"""The limits of the engine: none can be caught, swallowed or outlived."""
# ruff: noqa: E501  # Lua sources read better on one line

from __future__ import annotations

import time

import pytest

from llmspell.border import EngineLimits, Failed, Invoke, Resolve
from tests.bridges.driver import PENDING

MIB = 1 << 20
QUICK = EngineLimits(cpu=0.1)
CPU = "CPU limit of 0.1 s in one slice exceeded"

LOOPS = {
    "plain": "while true do end",
    "in pcall": "while true do pcall(function() while true do end end) end",
    "in pcall in pcall": "local function f() pcall(f) while true do end end f()",
    "swallowed by an xpcall handler": "while true do xpcall(function() while true do end end, function() return 1 end) end",
    "in an xpcall handler": "xpcall(error, function() while true do end end)",
    "in a coroutine": "local co = coroutine.create(function() while true do end end) while true do coroutine.resume(co) end",
    "in nested coroutines": """
        local function nest(n) return function() if n == 0 then while true do end end coroutine.wrap(nest(n - 1))() end end
        while true do pcall(nest(20)) end""",
    "in coroutines made again": "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "in coroutine.wrap in pcall": "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    "in a metamethod": "local t = setmetatable({}, {__index = function() while true do end end}) while true do pcall(function() return t.x end) end",
    "in __tostring": "while true do pcall(print, setmetatable({}, {__tostring = function() while true do end end})) end",
    "in an iterator": "for _ in function() return 1 end do end",
    "in a comparator": "while true do pcall(table.sort, {3, 2, 1}, function() while true do end end) end",
    "in a gsub callback": "while true do pcall(string.gsub, 'abc', '%w', function() while true do end end) end",
    "in a load reader": "while true do load(function() while true do end end) end",
    "in endless recursion of tail calls": "local function f() return f() end f()",
    "in a child task": "parallel(function() pcall(function() while true do end end) end)",
    "in a race": "pcall(race, function() while true do end end, sleep)",
    "in retry": "retry(function() while true do end end, {attempts = 1000, delay = 0})",
    "after an answer": "sleep(1) while true do pcall(error) end",
    "of many small errors": "while true do pcall(error, 'x') end",
    "that concatenates nothing": "while true do local s = ('').rep('', 2^53) end",
    "in a coroutine that waits first": "coroutine.wrap(function() sleep(1) while true do end end)()",
}
CLOSING = {
    "in __close": "local x <close> = setmetatable({}, {__close = function() while true do end end})",
    "in __close while unwinding": """
        while true do
          pcall(function()
            local x <close> = setmetatable({}, {__close = function() while true do end end})
            error("x")
          end)
        end""",
    "in __close of a coroutine": """
        local co = coroutine.create(function()
          local x <close> = setmetatable({}, {__close = function() while true do end end})
          coroutine.yield()
        end)
        coroutine.resume(co)
        while true do coroutine.close(co) end""",
    "in __close of a failed spell": """
        local x <close> = setmetatable({}, {__close = function() while true do end end})
        error("x")""",
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
def test_endless_loops_end(cast, loop: str) -> None:
    spell = cast(f"print('begins')\n{loop}\nprint('went on')", {"sleep": None}, limits=QUICK)
    assert (spell.error["kind"], spell.error["message"]) == ("limit", CPU)
    assert spell.output == "begins\n"
    assert spell.error["line"] >= 2


def test_deep_protected_recursion_ends_at_once(cast) -> None:
    started = time.process_time()
    error = cast("local function f() pcall(f) pcall(f) end f()", limits=EngineLimits(cpu=0.1, memory=400 * MIB)).error
    assert error["message"] == CPU
    assert time.process_time() - started < 2


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_what_closes_after_a_limit_says_and_calls_nothing(cast) -> None:
    closer = "local x <close> = setmetatable({}, {__close = function() %s end})"
    for last in ("print('on')", "sleep(1)", "log.info('on')", "tools.t{}"):
        spell = cast(f"{closer % last} {closer % last} while true do end", limits=QUICK)
        assert (spell.error["message"], spell.output, spell.calls) == (CPU, "", [])


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
@pytest.mark.parametrize("loop", CLOSING.values(), ids=CLOSING.keys())
def test_endless_closing_ends(cast, loop: str) -> None:
    assert cast(loop, limits=QUICK).error["message"] == CPU


def test_every_slice_has_its_own_time(cast) -> None:
    busy = "local t = 0 for i = 1, 3 do for j = 1, 2e6 do t = t + j end sleep(1) end return 1"
    started = time.process_time()
    cast(busy, {"sleep": None})
    taken = time.process_time() - started
    assert cast(busy, {"sleep": None}, limits=EngineLimits(cpu=taken * 0.8)).value == 1


def test_a_busy_callback_ends_the_run(cast) -> None:
    spell = cast("tools.t{run = function() while true do end end}", {"tools.call": PENDING}, limits=QUICK)
    (failed,) = spell.feed(Invoke(1, 1, []))
    assert isinstance(failed, Failed)
    assert failed.error["message"] == CPU
    assert spell.feed(Resolve(1, None)) == []


BOMBS = {
    "table": "local t = {} for i = 1, 1e9 do t[i] = i end",
    "string": "local s = 'x' while true do s = s .. s end",
    "rep": "local s = string.rep('x', 2^30)",
    "rep with a separator": "local s = string.rep('', 2^20, ('x'):rep(2^20))",
    "caught": "while true do pcall(string.rep, 'x', 2^30) end",
    "caught by a handler": "while true do xpcall(string.rep, function() return 'fine' end, 'x', 2^30) end",
    "caught in a coroutine": "while true do coroutine.resume(coroutine.create(string.rep), 'x', 2^30) end",
    "caught growing": "local t = {} while true do pcall(function() while true do t[#t + 1] = {#t} end end) end",
    "closures": "local t = {} while true do t[#t + 1] = function() return t end end",
    "coroutines": "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
    "concat": "local t = {} for i = 1, 1e5 do t[i] = ('x'):rep(1000) end while true do pcall(table.concat, t) end",
    "tasks": "parallel(table.unpack((function() local t = {} for i = 1, 1e9 do t[i] = sleep end return t end)()))",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_memory_bombs_end(cast, bomb: str, is_luajit: bool) -> None:
    if is_luajit and bomb in (BOMBS["string"], BOMBS["concat"]):
        pytest.skip("a few instructions outgrow what LuaJIT lets us watch: it runs in a worker process")
    limits = EngineLimits(memory=8 * MIB, cpu=5)
    spell = cast(f"print('begins') {bomb} print('went on')", limits=limits)
    assert (spell.error["kind"], spell.error["message"]) == ("limit", "memory limit of 8 MiB exceeded")
    assert spell.output == "begins\n"
    assert spell.error["file"] == "spell.lua"


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_values_of_the_runtime_count(cast) -> None:
    limits = EngineLimits(memory=2 * MIB)
    assert cast("sleep(1)", {"sleep": "x" * 3 * MIB}, limits=limits).error["kind"] == "limit"
    assert cast("sleep(1)", {"sleep": [[0] * 10] * 20_000}, limits=limits).error["kind"] == "limit"
    assert cast("return 1", params={"a": "x" * 3 * MIB}, limits=limits).error["kind"] == "limit"


def test_calls(cast) -> None:
    limits = EngineLimits(max_calls=3)
    spell = cast("for i = 1, 9 do pcall(sleep, i) end print('went on')", {"sleep": None}, limits=limits)
    assert spell.error["message"] == "limit of 3 calls exceeded"
    assert spell.error["line"] == 1
    assert len(spell.calls) == 3
    assert not spell.output
    assert cast("for i = 1, 3 do sleep(i) end return 1", {"sleep": None}, limits=limits).value == 1


def test_ten_thousand_calls_in_one_slice(cast) -> None:
    source = "local fs = {} for i = 1, %d do fs[i] = function() return sleep(i) end end return #map(fs, function(f) return f() end, {concurrency = 1e9})"
    assert cast(source % 10_000, {"sleep": True}).value == 10_000
    flood = cast(source % 10_001, {"sleep": True})
    assert flood.error["message"] == "limit of 10000 calls exceeded"
    assert len(flood.calls) == 10_000


@pytest.mark.parametrize(
    "flood",
    [
        "while true do print('x') end",
        "while true do pcall(print, 'x') end",
        "while true do write(('x'):rep(50000)) end",
        "while true do log.debug('x') end",
        "table.sort({2, 1}, function() while true do pcall(write, 'x') end end)",
    ],
)
def test_output(cast, flood: str) -> None:
    spell = cast(flood, limits=EngineLimits(max_output=100 * 1024))
    assert spell.error["message"] == "output limit of 100 KiB exceeded"
    assert len(spell.output) <= 100 * 1024


def test_output_counts_bytes(cast) -> None:
    limits = EngineLimits(max_output=6)
    assert cast("write('éé') write('e')", limits=limits).output == "ééé"[:2] + "e"
    assert cast("write('éé') write('éé')", limits=limits).error["message"] == "output limit of 6 bytes exceeded"


def test_much_small_output_stays_small(cast) -> None:
    spell = cast("for i = 1, 2e5 do write('xy') end", limits=EngineLimits(memory=4 * MIB))
    assert len(spell.output) == 400_000


def test_nothing_runs_after_a_limit(cast) -> None:
    spell = cast("while true do end", limits=QUICK)
    assert spell.feed(Resolve(1, None), Invoke(1, 1, [])) == []
