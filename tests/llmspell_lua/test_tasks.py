"""parallel, race, timeout, retry, map, and callbacks."""
# ruff: noqa: E501  # Lua sources read better on one line

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import Abort, Call, Cancel, Done, Failed, Invoke, Raise, Reject, Resolve, Return
from llmspell.errors import NetworkError
from tests.bridges.driver import PENDING

BOOM = {"kind": "tool", "message": "boom"}


def test_a_call_waits_and_gives_the_value(cast) -> None:
    spell = cast("local r = tools.add{a = 1, b = 2} return r + 1", {"tools.call": PENDING})
    assert spell.messages == [Call(1, "tools.call", {"name": "add", "arguments": {"a": 1, "b": 2}})]
    assert spell.feed(Resolve(1, 3)) == [Done(4)]


def test_answers_nobody_waits_for_are_ignored(cast) -> None:
    spell = cast("sleep(1) return 1", {"sleep": PENDING})
    assert spell.feed(Resolve(9, None), Reject(8, BOOM)) == []
    assert spell.feed(Resolve(1, None), Resolve(1, None)) == [Done(1)]
    assert spell.feed(Resolve(1, None)) == []


def test_parallel_gives_values_in_order(cast) -> None:
    source = "return {parallel(function() sleep(1) return 'a' end, function() return 'b' end, function() return nil end, sleep)}"
    spell = cast(source, {"sleep": PENDING})
    assert [call.args for call in spell.calls] == [{"seconds": 1}, {}]
    spell.feed(Resolve(2, "d"))
    assert spell.feed(Resolve(1, None))[-1].error["message"].startswith("the value is a list with holes")
    assert cast("return select('#', parallel(function() end, function() end))").value == 2
    assert cast("return select('#', parallel())").value == 0


def test_one_feed_delivers_many_answers(cast) -> None:
    source = "local a, b, c = parallel(function() return sleep(1) end, function() return sleep(2) end, sleep) return {a, b, c}"
    spell = cast(source, {"sleep": PENDING})
    assert spell.feed(Resolve(3, 30), Resolve(1, 10), Resolve(2, 20)) == [Done([10, 20, 30])]


def test_the_first_failure_cancels_the_rest_and_is_thrown(cast) -> None:
    source = """
      local ok, e = pcall(parallel,
        function() sleep(1) print("never") end,
        function() parallel(function() sleep(2) end, sleep) end,
        function() sleep(4) end)
      return {ok, e.message, e.kind}
    """
    spell = cast(source, {"sleep": PENDING})
    out = spell.feed(Reject(2, BOOM))
    assert {m.id for m in out if isinstance(m, Cancel)} == {1, 3, 4}
    assert out[-1] == Done([False, "boom", "tool"])
    assert not spell.output


def test_race(cast) -> None:
    spell = cast(
        "return race(function() sleep(1) return 'slow' end, function() sleep(2) return 'fast' end)", {"sleep": PENDING}
    )
    assert spell.feed(Resolve(2, None)) == [Cancel(1), Done("fast")]
    failing = cast("return race(function() sleep(1) end, function() error('lost', 0) end)", {"sleep": PENDING})
    assert failing.error["message"] == "lost"
    assert cast("race()").error["kind"] == "value"


def test_timeout(cast) -> None:
    source = "local ok, e = pcall(timeout, 5, function()\n sleep(9) end) return {ok, e.kind, e.message, e.line ~= nil}"
    spell = cast(source, {"sleep": PENDING})
    assert [call.args["seconds"] for call in spell.calls] == [5, 9]
    assert spell.feed(Resolve(1, None)) == [Cancel(2), Done([False, "timeout", "took longer than 5 s", True])]
    quick = cast("return timeout(5, function() return tools.t{} end)", {"tools.call": "v", "sleep": PENDING})
    assert quick.value == "v"
    assert quick.cancelled == [1]
    failing = cast("return timeout(5, function() error('own', 0) end)", {"sleep": PENDING})
    assert failing.error["message"] == "own"
    assert failing.cancelled == [1]


def test_cancelled_tasks_run_no_handler(cast, is_luajit: bool) -> None:
    closing = "" if is_luajit else "local x <close> = setmetatable({}, {__close = function() print('closed') end})"
    source = f"""
      local function stubborn()
        {closing}
        pcall(function() pcall(sleep, 1) print("caught") end)
        print("went on")
      end
      race(stubborn, function() sleep(2) end)
      sleep(3)
      return "done"
    """
    spell = cast(source, {"sleep": PENDING})
    assert Cancel(1) in spell.feed(Resolve(2, None))
    spell.feed(Resolve(1, None))
    assert spell.feed(Resolve(3, None)) == [Done("done")]
    assert not spell.output


def test_retry(cast) -> None:
    failures = iter([True, True, False])

    def flaky(_args: Any) -> Any:
        if next(failures):
            raise NetworkError("down")
        return "up"

    spell = cast("return retry(function(n) return {n, tools.t{}} end)", {"tools.call": flaky, "sleep": None})
    assert spell.value == [3, "up"]
    assert [call.args["seconds"] for call in spell.calls if call.method == "sleep"] == [0.5, 1]


def test_retry_gives_up(cast) -> None:
    source = "\nretry(function(n)\n  error('try ' .. n)\nend, {attempts = 2, delay = 3, factor = 10})"
    spell = cast(source)
    assert (spell.error["message"], spell.error["line"]) == ("try 2", 3)
    assert [frame.split(":")[1] for frame in spell.error["stack"]][:1] == ["3"]
    assert [call.args for call in spell.calls] == [{"seconds": 3}]


@pytest.mark.parametrize("options", ["{attempts = 0}", "{delay = -1}", "{attempts = 'x'}", "{attempts = 0/0}", "5"])
def test_bad_options(cast, options: str) -> None:
    error = cast(f"retry(function() end, {options})").error
    assert error["kind"] in {"value", "type"}
    assert error["line"] == 1


@pytest.mark.parametrize(
    "call", ["parallel(1)", "race(nil)", "map({1})", "map(1, print)", "timeout('x', print)", "retry()"]
)
def test_bad_arguments(cast, call: str) -> None:
    error = cast(call).error
    assert (error["kind"], error["line"]) == ("type", 1)
    assert "must be a" in error["message"]


def test_map_keeps_order_and_bounds_concurrency(cast) -> None:
    source = "return map({'a', 'b', 'c', 'd'}, function(item, i) sleep(i) return item .. i end, {concurrency = 2})"
    spell = cast(source, {"sleep": PENDING})
    assert [call.args["seconds"] for call in spell.calls] == [1, 2]
    spell.feed(Resolve(2, None))
    assert [call.args["seconds"] for call in spell.calls] == [1, 2, 3]
    spell.feed(Resolve(1, None), Resolve(3, None))
    assert spell.feed(Resolve(4, None)) == [Done(["a1", "b2", "c3", "d4"])]
    assert cast("return map({}, print)").value == []
    assert cast("return map({1, 2}, function(x) if x == 2 then return x end end)").value == [None, 2]


def test_main_ending_ends_the_run(cast) -> None:
    source = "tools.keep{run = function() sleep(1) print('late') end} return 1"
    spell = cast(source, {"tools.call": PENDING})
    spell.feed(Invoke(1, 1, []))
    assert spell.feed(Resolve(1, None))[-1] == Done(1)
    assert spell.feed(Resolve(2, None)) == []


def test_callbacks_may_make_calls_while_the_script_waits(cast) -> None:
    source = "return tools.agent{run = function(a, b) return a + tools.other{x = b} end}"
    spell = cast(source, {"tools.call": PENDING})
    assert spell.feed(Invoke(1, 1, [1, 2])) == [Call(2, "tools.call", {"name": "other", "arguments": {"x": 2}})]
    assert spell.feed(Invoke(2, 1, [10, 20]))[0].id == 3
    assert spell.feed(Resolve(3, 7), Resolve(2, 8)) == [Return(2, 17), Return(1, 9)]
    assert spell.feed(Resolve(1, "end")) == [Done("end")]


def test_an_unknown_function_raises(cast) -> None:
    spell = cast("sleep(1)", {"sleep": PENDING})
    for number in (0, 1, -1, 10**9):
        (answer,) = spell.feed(Invoke(1, number, []))
        assert isinstance(answer, Raise)
        assert answer.error["kind"] == "not_found"


def test_a_result_that_is_a_function_is_called_with_the_params(cast) -> None:
    assert cast("return function(p) sleep(1) return p.a + 1 end", params={"a": 1}).value == 2
    assert cast("return function() return function() end end").error["message"] == "the value is a function"


def test_abort_runs_nothing_more(cast) -> None:
    spell = cast("pcall(sleep, 1) print('no')", {"sleep": PENDING})
    error = {"kind": "cancelled", "message": "stopped"}
    place = {"file": "spell.lua", "line": 1, "stack": ["spell.lua:1"]}
    assert spell.feed(Abort(error), Resolve(1, None)) == [Failed(place | error)]
    assert spell.feed(Resolve(1, None)) == []


def test_waiting_in_metamethods_and_iterators(cast) -> None:
    source = """
      local t = setmetatable({}, {__index = function(_, k) return sleep(k) end, __add = function(a, b) return sleep(b) end})
      local sum = 0
      for _, v in (function() return function(_, i) if i < 3 then return i + 1, sleep(i) end end, nil, 0 end)() do sum = sum + v end
      return {t[1], t + 2, sum}
    """
    assert cast(source, {"sleep": 5}).value == [5, 5, 15]


@pytest.mark.parametrize(
    "code",
    [
        "table.sort({3, 2, 1}, function(a, b) sleep(1) return a < b end)",
        "string.gsub('abc', '%w', function(c) sleep(1) end)",
        "string.gsub('abc', '%w', function(c) parallel(sleep) end)",
        "string.gsub('abc', '%w', coroutine.wrap(function(c) sleep(1) end))",
        "string.gsub('abc', '%w', function(c) coroutine.wrap(function() timeout(1, sleep) end)() end)",
    ],
)
def test_where_lua_cannot_wait_the_error_says_so(cast, code: str) -> None:
    source = f"local ok, e = pcall(function() {code} end) sleep(7) return {{ok, e.message, e.hint ~= nil}}"
    spell = cast(source, {"sleep": None})
    assert spell.value == [False, "this code cannot wait for an answer", True]
    open_calls = {call.id for call in spell.calls} - set(spell.cancelled)
    assert [call.args for call in spell.calls if call.id in open_calls] == [{"seconds": 7}]


def test_functions_get_the_arguments_that_they_are_given_and_no_more(cast) -> None:
    source = """
    local counts = { select("#", ...) }
    parallel(function(...) counts[2] = select("#", ...) end)
    map({ 1 }, function(...) counts[3] = select("#", ...) end)
    return function(...) counts[4] = select("#", ...) return counts end
    """
    assert cast(source).value == [0, 0, 2, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{1, nil, 3}", "argument 1 of map must be a list, but it is a list with holes: [2] is missing"),
        ("{a = 1}", "argument 1 of map must be a list, but it is an object"),
        ("{1, x = 2}", 'argument 1 of map must be a list, but it has the keys 1 and "x": it is neither a list nor'),
        ("llm()", "argument 1 of map must be a list, not a llm"),
        ("stdin.lines()", "argument 1 of map must be a list, not a stream"),
        ("'text'", "argument 1 of map must be a table, not a string"),
    ],
)
def test_map_takes_whole_lists_alone(cast, given: str, message: str) -> None:
    assert cast(f"map({given}, print)").error["message"].startswith(message)
