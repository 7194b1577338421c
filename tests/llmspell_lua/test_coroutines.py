"""A script's own coroutines, and calls made inside them."""
# Lua sources read better on one line

from __future__ import annotations

import pytest

from llmspell.border import Call, Done, Resolve
from tests.bridges.driver import PENDING


def test_plain_coroutines_behave(cast) -> None:
    source = """
      local co = coroutine.create(function(a, b)
        local c = coroutine.yield(a + b)
        local d, e = coroutine.yield(c * 2)
        return d + e, "end"
      end)
      return {
        {coroutine.status(co), coroutine.resume(co, 1, 2)},
        {coroutine.resume(co, 10)},
        {coroutine.resume(co, 3, 4)},
        {coroutine.status(co), coroutine.resume(co)},
      }
    """
    assert cast(source).value == [
        ["suspended", True, 3],
        [True, 20],
        [True, 7, "end"],
        ["dead", False, "cannot resume dead coroutine"],
    ]


def test_wrap_iterates(cast) -> None:
    source = """
      local list = {}
      for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do list[#list + 1] = i end
      return list
    """
    assert cast(source).value == [1, 2, 3]


def test_a_call_inside_a_coroutine_waits_for_the_answer(cast) -> None:
    source = """
      local gen = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(sleep(i)) end end)
      return {gen(), gen()}
    """
    spell = cast(source, {"sleep": PENDING})
    assert spell.messages == [Call(1, "sleep", {"seconds": 1})]
    assert spell.feed(Resolve(1, "a")) == [Call(2, "sleep", {"seconds": 2})]
    assert spell.feed(Resolve(2, "b")) == [Done(["a", "b"])]


def test_calls_pass_through_many_coroutines_and_pcalls(cast) -> None:
    source = """
      local function nest(n)
        if n == 0 then return sleep(1) end
        return select(2, pcall(coroutine.wrap(function() return nest(n - 1) end)))
      end
      return nest(20)
    """
    assert cast(source, {"sleep": "deep"}).value == "deep"


def test_yields_and_waits_do_not_mix_up(cast) -> None:
    source = """
      local co = coroutine.create(function(x)
        local a = sleep(x)
        local y = coroutine.yield("yielded " .. a)
        return sleep(y)
      end)
      return {select(2, coroutine.resume(co, 1)), coroutine.status(co), select(2, coroutine.resume(co, 2))}
    """
    assert cast(source, {"sleep": lambda args: f"slept {args['seconds']}"}).value == [
        "yielded slept 1",
        "suspended",
        "slept 2",
    ]


def test_a_task_is_no_coroutine_of_the_script(cast) -> None:
    source = """
      local main, is_main = coroutine.running()
      local ok, e = pcall(coroutine.yield, 1)
      local inner = coroutine.wrap(function()
        local co, is = coroutine.running()
        return {coroutine.isyieldable(), is, coroutine.status(co), coroutine.status(main), (coroutine.resume(main))}
      end)
      return {is_main, coroutine.isyieldable(), ok, e, coroutine.status(main), inner()}
    """
    value = cast(source).value
    assert value[:3] == [True, False, False]
    assert value[3].endswith("attempt to yield from outside a coroutine")
    assert value[4:] == ["running", [True, False, "running", "normal", False]]


def test_tasks_cannot_resume_or_close_each_other(cast, is_luajit: bool) -> None:
    close = "true" if is_luajit else "not pcall(coroutine.close, other)"
    source = f"""
      local other, waiting
      local a, b = parallel(
        function() other = coroutine.running() return sleep(1) end,
        function()
          waiting = coroutine.create(function() return sleep(2) end)
          return select(2, coroutine.resume(waiting))
        end,
        function()
          local forged = {{coroutine.resume(other, true, "forged")}}
          local stolen = {{coroutine.resume(waiting, true, "stolen")}}
          print(forged[1], stolen[1], coroutine.status(waiting), {close})
        end)
      return {{a, b}}
    """
    spell = cast(source, {"sleep": PENDING})
    assert spell.output == "false\tfalse\tnormal\ttrue\n"
    assert spell.feed(Resolve(1, "one"), Resolve(2, "two")) == [Done(["one", "two"])]


def test_an_error_inside_is_given_to_resume(cast) -> None:
    source = """
      local co = coroutine.create(function() sleep(1) error({code = 7}) end)
      local ok, e = coroutine.resume(co)
      return {ok, e.code, coroutine.status(co)}
    """
    assert cast(source, {"sleep": None}).value == [False, 7, "dead"]


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_close(cast) -> None:
    source = """
      local log = array{}
      local co = coroutine.create(function()
        local x <close> = setmetatable({}, {__close = function() log[#log + 1] = "closed" end})
        coroutine.yield()
      end)
      coroutine.resume(co)
      return {coroutine.close(co), coroutine.status(co), log, coroutine.close(coroutine.create(print))}
    """
    assert cast(source).value == [True, "dead", ["closed"], True]


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_handlers_of_a_failing_child_run(cast) -> None:
    source = """
      pcall(parallel, function()
        local x <close> = setmetatable({}, {__close = function() print("closed") pcall(sleep, 1) end})
        error("x")
      end)
      sleep(2)
    """
    spell = cast(source, {"sleep": None})
    assert spell.output == "closed\n"
    assert [call.args["seconds"] for call in spell.calls] == [2]


def test_the_marks_of_the_scheduler_do_not_leak(cast) -> None:
    source = """
      local seen = {}
      local meta = {__eq = function(a, b) seen[#seen + 1] = tostring(b) return true end}
      local v = setmetatable({}, meta)
      local co = coroutine.wrap(function() coroutine.yield(v) sleep(1) return v end)
      co() co()
      parallel(function() return v end)
      pcall(error, v)
      return #seen
    """
    assert cast(source, {"sleep": None}).value == 0


@pytest.mark.parametrize("call", ["create(1)", "resume(1)", "wrap()", "status('x')", "resume()"])
def test_bad_arguments(cast, call: str) -> None:
    assert cast(f"return (pcall(function() coroutine.{call} end))").value is False
    assert cast(f"\ncoroutine.{call}").error["line"] == 2
