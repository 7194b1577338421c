"""Streams: batches, back-pressure, and leaving early."""
# Lua sources read better on one line

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import Call, Cancel, Done, Reject, Resolve
from llmspell.errors import NetworkError
from tests.bridges.driver import PENDING


def batches(*lists: list[Any]) -> Any:
    """An answer for `next`: one list a call, done with the last."""
    left = list(lists)

    def answer(_args: Any) -> Any:
        items = left.pop(0)
        return {"items": items, "done": not left}

    return {"llm.stream": None, "next": answer}


LOOP = "local got = array{} for x in llm('m'):stream('hi') do got[#got + 1] = x %s end sleep(1) return got"


def test_a_loop_over_batches(cast) -> None:
    spell = cast(LOOP % "", batches([1, 2], [], [{"text": "3"}]))
    assert spell.value == [1, 2, {"text": "3"}]
    assert [call.method for call in spell.calls] == ["llm.stream", "next", "next", "next", "sleep"]
    assert spell.calls[0].args == {"self": {"model": "m"}, "prompt": "hi"}
    assert spell.calls[1].args == {"stream": 1}
    assert not spell.cancelled


def test_an_empty_stream(cast) -> None:
    assert cast(LOOP % "", batches([])).value == []


def test_null_items_do_not_end_the_loop(cast) -> None:
    assert cast(LOOP % "", batches([1, None, 2])).value == [1, None, 2]


LEAVING = {
    "break": ("%s", "for _ in llm():stream('x') do break end"),
    "return": ("%s", "(function() for _ in llm():stream('x') do return end end)()"),
    "error": ("pcall(function() %s end)", "for _ in llm():stream('x') do error('x') end"),
    "goto": ("%s", "for _ in llm():stream('x') do goto out end ::out::"),
    "nested": ("%s", "for _ in llm():stream('x') do for _ in llm():stream('y') do break end break end"),
}


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
@pytest.mark.parametrize("way", LEAVING)
def test_leaving_early_cancels_once(cast, way: str) -> None:
    wrapper, code = LEAVING[way]
    spell = cast(wrapper % code + " sleep(1) return 1", {"next": {"items": [1], "done": False}, "sleep": PENDING})
    streams = [call.id for call in spell.calls if call.method == "llm.stream"]
    assert sorted(spell.cancelled) == streams
    last = [call.id for call in spell.calls][-1]
    assert spell.feed(Resolve(last, None)) == [Done(1)]


@pytest.mark.parametrize("dialect", ["luajit"])
def test_without_close_a_stream_ends_with_its_task(cast) -> None:
    child = "parallel(function() for _ in llm():stream('x') do break end end) sleep(1)"
    spell = cast(child, {"next": {"items": [1], "done": False}, "sleep": PENDING})
    assert spell.cancelled == [1]


def test_leaving_a_finished_stream_cancels_nothing(cast) -> None:
    spell = cast("for x in llm():stream('x') do if x == 2 then break end end return 1", batches([1, 2]))
    assert spell.value == 1
    assert not spell.cancelled


def test_a_failing_stream(cast) -> None:
    def fail(_args: Any) -> Any:
        raise NetworkError("cut")

    spell = cast("\nfor x in llm():stream('x') do end", {"next": fail})
    assert (spell.error["kind"], spell.error["message"], spell.error["line"]) == ("network", "cut", 2)
    assert not spell.cancelled
    refused = cast("\nllm():stream('x')", {"llm.stream": fail})
    assert (refused.error["message"], refused.error["line"]) == ("cut", 2)


def test_the_stream_object(cast) -> None:
    source = """
      local s = llm():stream("x")
      local first = s()
      local rest = s:collect()
      s:close() s:close()
      return {first, rest, s:collect(), s() == nil, tostring(s):match("^stream: %d+$") ~= nil}
    """
    spell = cast(source, batches([1, 2], [3]))
    assert spell.value == [1, [2, 3], [], True, True]
    assert not spell.cancelled


def test_close_by_hand_cancels_once(cast) -> None:
    source = "local s = llm():stream('x') for x in s do break end s:close() s:close() return #s:collect()"
    spell = cast(source, {"next": {"items": [1, 2], "done": False}})
    assert spell.value == 0
    assert spell.cancelled == [1]


def test_a_cancelled_task_closes_its_streams(cast) -> None:
    source = "race(function() for _ in llm():stream('x') do end end, function() sleep(1) end) sleep(2) return 1"
    spell = cast(source, {"next": PENDING, "sleep": PENDING})
    assert [call.method for call in spell.calls] == ["llm.stream", "sleep"] + (["next"] if len(spell.calls) > 2 else [])
    out = spell.feed(Resolve(2, None))
    assert sorted(m.id for m in out if isinstance(m, Cancel)) == sorted(
        {1, *[c.id for c in spell.calls if c.method == "next"]}
    )
    assert spell.feed(Reject(3, {"kind": "tool", "message": "late"})) == []


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_a_stream_may_outlive_the_task_that_opened_it(cast) -> None:
    source = "local s = parallel(function() return (llm():stream('x')) end) for x in s do return x end"
    assert cast(source, batches(["kept"])).value == "kept"


def test_two_readers_share_a_stream(cast) -> None:
    source = """
      local s = llm():stream("x")
      local function read() local n = 0 for x in s do n = n + x sleep(0) end return n end
      local a, b = parallel(read, read)
      return a + b
    """
    assert cast(source, {"next": {"items": [1, 2, 3], "done": True}, "sleep": None}).value >= 6


def test_modules_open_streams(cast) -> None:
    spell = cast(
        "local lines = {} for line in stdin.lines() do lines[#lines + 1] = line end return lines",
        {"next": {"items": ["a", "b"], "done": True}},
    )
    assert spell.value == ["a", "b"]
    assert spell.calls[0] == Call(1, "stdin.lines", {})


@pytest.mark.parametrize("call", ["s.close()", "s.close({})", "s.collect(5)"])
def test_methods_want_a_colon(cast, call: str) -> None:
    error = cast(f"local s = llm():stream('x') {call}").error
    assert (error["kind"], error["message"]) == ("type", "call it on a stream, with a colon")
