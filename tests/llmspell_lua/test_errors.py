"""Errors: what a script catches, and what an uncaught error tells its reader."""
# Lua sources read better on one line

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import EngineLimits, Invoke, Raise, Reject
from llmspell.errors import NotFoundError, RateLimitError
from tests.bridges.driver import PENDING

MIB = 1 << 20


def test_runtime_error(cast) -> None:
    error = cast("local t = {}\nlocal function inner()\n  return 1 + t\nend\n\ninner()").error
    assert error["kind"] == "spell"
    assert error["message"].startswith("attempt to perform arithmetic on")
    assert (error["file"], error["line"]) == ("spell.lua", 3)


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_stack_is_innermost_first_and_names_functions(cast) -> None:
    error = cast(
        "local function inner()\n  local x = nil + 1\nend\nlocal function outer()\n  inner()\nend\nouter()"
    ).error
    assert error["stack"] == ["spell.lua:2: in function inner", "spell.lua:5: in function outer", "spell.lua:7"]


def test_stack_has_no_frame_of_the_prelude(cast) -> None:
    error = cast("parallel(function()\n  map({1}, function()\n    error('deep')\n  end)\nend)").error
    assert error["message"] == "deep"
    assert [frame.split(":")[1] for frame in error["stack"]] == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("thrown", "message"),
    [
        ("error('a message')", "a message"),
        ("error('no position', 0)", "no position"),
        ("error('other.lua:9: a message')", "other.lua:9: a message"),
        ("assert(false, 'asserted')", "asserted"),
        ("assert(nil)", "assertion failed!"),
        ("error('')", ""),
        ("error('\\255')", "?"),
    ],
)
def test_thrown_text(cast, thrown: str, message: str) -> None:
    error = cast(f"\n{thrown}").error
    assert (error["kind"], error["message"], error["file"], error["line"]) == ("spell", message, "spell.lua", 2)
    assert "data" not in error


def test_error_level_two_blames_the_caller(cast) -> None:
    error = cast("local function check()\n  error('wrong', 2)\nend\ncheck()").error
    assert (error["message"], error["line"]) == ("wrong", 4)
    assert error["stack"] == ["spell.lua:4"]


@pytest.mark.parametrize(
    ("thrown", "message", "data"),
    [
        ("true", "true", True),
        ("{a = 1}", '{"a":1}', {"a": 1}),
        ("{kind = 'mine', message = 'text'}", '{"kind":"mine","message":"text"}', {"kind": "mine", "message": "text"}),
        ("{kind = 'limit', message = 'x'}", '{"kind":"limit","message":"x"}', {"kind": "limit", "message": "x"}),
        ("setmetatable({a = 1}, {__tostring = function() return 'shown' end})", "shown", {"a": 1}),
        ("{1, nil, 3, x = print}", '{"[1]":1,"[3]":3,"x":"<function>"}', None),
        ("print", "<function>", None),
    ],
)
def test_thrown_value(cast, thrown: str, message: str, data: Any) -> None:
    error = cast(f"\nerror({thrown})").error
    assert (error["kind"], error["message"], error["line"]) == ("spell", message, 2)
    assert error.get("data") == data


def test_thrown_error_object_keeps_its_fields(cast) -> None:
    error = cast(
        "error{kind = 'not_found', message = 'no cat', hint = 'look', status = 404, mine = 1, provider = {}}"
    ).error
    kept = {key: error[key] for key in ("kind", "message", "hint", "status")}
    assert kept == {"kind": "not_found", "message": "no cat", "hint": "look", "status": 404}
    assert "mine" not in error
    assert "provider" not in error


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("local x = = 1", 1, 11, "unexpected symbol near '='"),
        ("x = 1\ny = = 2", 2, 5, "unexpected symbol near '='"),
        ("local a, b = 1, 2\nif a == b then", 2, 15, "'end' expected"),
        ("#!/usr/bin/env llmspell\nreturn )", 2, 8, "')'"),
        ("\ufeffreturn )", 1, 8, "')'"),
        ("f(\n'open\n)", 2, 1, "unfinished string"),
        ("local s = '日本語' = 2", 1, 17, "unexpected symbol near '='"),
        ("s = 'é' .. (", 1, 13, "unexpected symbol near"),
        ("goto nowhere", 1, None, "nowhere"),
    ],
)
def test_syntax_error(cast, source: str, line: int, column: int | None, message: str) -> None:
    error = cast(source).error
    assert (error["kind"], error["file"], error["line"]) == ("spell", "spell.lua", line)
    assert error.get("column") == column
    assert message in error["message"]
    assert "spell.lua" not in error["message"]


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("x = 1\nlocal é = 2", 2, 7, "<name> expected near 'é'"),
        ("x = “quoted”", 1, 5, "unexpected symbol near '“'"),
        ("x = '“' .. ”", 1, 12, "unexpected symbol near '”'"),
    ],
)
def test_letters_that_lua_does_not_know(cast, source: str, line: int, column: int, message: str) -> None:
    error = cast(source).error
    assert (error["line"], error["column"], error["message"]) == (line, column, message)


def test_long_file_names(cast) -> None:
    name = "a/" * 60 + "spell.lua"
    assert cast("\nerror('x')", name=name).error["file"] == name
    assert cast("local e = select(2, pcall(error, 'x', 2)) error(e, 0)", name=name).error["file"] == name
    assert cast("\n)", name=name).error["file"] == name


def test_runtime_errors_are_caught_as_plain_text(cast) -> None:
    assert cast("return {select(2, pcall(function()\n error('x') end))}").value == ["spell.lua:2: x"]


REFUSED = RateLimitError("slow down", hint="wait", retryable=True, provider="acme", status=429)


def refuse(_args: Any) -> Any:
    raise REFUSED


def test_a_rejected_call_is_caught_as_a_table_that_prints_its_message(cast) -> None:
    source = """
      local ok, e = pcall(function()
        llm():complete("x")
      end)
      print(e) print("got " .. e)
      return {ok, tostring(e), e.kind, e.message, e.hint, e.retryable, e.status, e.provider, e.file, e.line, e.stack}
    """
    run = cast(source, {"llm.complete": refuse})
    assert run.output == "slow down\ngot slow down\n"
    assert run.value[:10] == [
        False, "slow down", "rate_limit", "slow down", "wait", True, 429, "acme", "spell.lua", 3,
    ]  # fmt: skip
    assert run.value[10][0].startswith("spell.lua:3")


def test_an_uncaught_rejection_keeps_its_fields_and_gains_the_position(cast) -> None:
    error = cast("\n\nllm():complete('x')", {"llm.complete": refuse}).error
    assert error == REFUSED.to_data() | {"file": "spell.lua", "line": 3, "stack": ["spell.lua:3"]}


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("local m = llm()\nreturn m:complete('x')", 2),
        ("local m = llm()\nreturn m:complete('x')\n\n-- end\n", 2),
        ("\nparallel(function() return llm():complete('x') end)", 2),
        ("parallel(function()\n  local m = llm()\n  return m:complete('x')\nend)", 3),
    ],
)
def test_calls_in_tail_position_have_a_line(cast, source: str, line: int) -> None:
    error = cast(source, {"llm.complete": refuse}).error
    assert error["line"] == line
    assert error["stack"][0] == f"spell.lua:{line}"


def test_a_rejection_with_a_position_keeps_it(cast) -> None:
    spell = cast("sleep(1)", {"sleep": PENDING})
    spell.feed(Reject(1, {"kind": "tool", "message": "m", "file": "other.lua", "line": 9, "stack": ["other.lua:9"]}))
    assert (spell.error["file"], spell.error["line"], spell.error["stack"]) == ("other.lua", 9, ["other.lua:9"])


@pytest.mark.parametrize("kind", ["limit", "cancelled"])
def test_limit_and_cancelled_cannot_be_caught(cast, kind: str) -> None:
    spell = cast("pcall(sleep, 1) print('went on')", {"sleep": PENDING})
    spell.feed(Reject(1, {"kind": kind, "message": "enough"}))
    assert spell.error["kind"] == kind
    assert spell.error["message"] == "enough"
    assert not spell.output


def test_errors_rethrown_keep_where_they_came_from(cast) -> None:
    error = cast("local co = coroutine.wrap(function()\n  error('inner')\nend)\nco()").error
    assert error["message"] == "inner"
    assert [frame.split(":")[1] for frame in error["stack"]] == ["2", "4"]


def test_xpcall_handler_sees_the_error_and_may_wait_after(cast) -> None:
    source = (
        "local ok, e = xpcall(function() error('x', 0) end, function(m) return m .. '!' end) sleep(0) return {ok, e}"
    )
    assert cast(source).value == [False, "x!"]
    assert cast("return {xpcall(function(a, b) return a + b end, print, 1, 2)}").value == [True, 3]


def test_a_failing_callback_raises(cast) -> None:
    spell = cast("tools.t{run = function(x)\n  error(x.message)\nend}", {"tools.call": PENDING})
    (answer,) = spell.feed(Invoke(5, 1, [{"message": "no"}]))
    assert isinstance(answer, Raise)
    assert answer.id == 5
    assert (answer.error["message"], answer.error["line"], answer.error["kind"]) == ("no", 2, "spell")


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])  # LuaJIT throws numbers as texts
def test_thrown_number(cast) -> None:
    error = cast("error(42)").error
    assert (error["message"], error["data"], error["line"]) == ("42", 42, 1)


def test_deep_recursion_is_a_clean_error(cast) -> None:
    limits = EngineLimits(memory=128 * MIB)
    error = cast("local function f() return 1 + f() end\nf()", limits=limits).error
    assert "stack overflow" in error["message"]
    assert error["kind"] == "spell"
    assert len(error["stack"]) <= 50
    assert cast("local function f() return 1 + f() end\nreturn (pcall(f))", limits=limits).value is False


@pytest.mark.parametrize(
    "thrown", ["big", "{kind = 'tool', message = big, hint = big}", "{message = 'x', data = big}", "{big}"]
)
def test_huge_errors_are_cut(cast, thrown: str) -> None:
    error = cast(f"local big = ('é'):rep(2^20) error({thrown})", limits=EngineLimits(memory=512 * MIB)).error
    assert error["kind"] in {"spell", "tool"}
    assert len(error["message"]) <= 65536
    assert len(str(error)) < 4 * MIB


@pytest.mark.parametrize("code", ["while true do end", "error('x')", "return 5", "sleep(1) return 'late'", "error()"])
def test_a_hostile_tostring_of_a_thrown_value(cast, code: str) -> None:
    source = f"error(setmetatable({{a = 1}}, {{__tostring = function() {code} end}}))"
    error = cast(source, limits=EngineLimits(cpu=0.1)).error
    assert (error["kind"], error["message"], error["data"]) == ("spell", "<table>", {"a": 1})


def test_a_thrown_value_too_large_to_show(cast) -> None:
    assert cast("local t = {} for _ = 1, 60 do t = {t, t} end error(t)").error["message"] == "<table>"


@pytest.mark.parametrize("stack", ["{('x'):rep(100)}", "{print}", "{1, x = 2}", "'text'"])
def test_a_stack_made_by_the_script(cast, stack: str) -> None:
    error = cast(f"error{{kind = 'tool', message = 'm', stack = {stack}}}").error
    assert (error["kind"], error["message"]) == ("tool", "m")
    assert isinstance(error["stack"], list)


@pytest.mark.parametrize("place", ["file = 'x', line = 1.5", "line = 3", "file = {}, line = {}", "file = 'x'"])
def test_a_place_made_by_the_script(cast, place: str) -> None:
    error = cast(f"\nerror{{kind = 'tool', message = 'm', {place}}}").error
    assert (error["kind"], error["message"]) == ("tool", "m")
    assert cast(f"return select(2, pcall(error, {{kind = 'tool', message = 'm', {place}}})).message").value == "m"


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("return prams.x", "did you mean params?"),
        ("prnt(1)", "did you mean print?"),
        ("xyzzy()", None),
        ("local t = {} t.x.y = 1", None),
        ("io.write('x')", "fs reads and writes files, stdin.read() gives the input, write(text) prints"),
        ("return os.getenv('HOME')", 'env.get("NAME") reads a variable'),
        ("os.exit(0)", "there is no os.exit: return ends a spell"),
        ("debug.traceback()", "an error that nobody catches is shown with its stack"),
        ("spell.usge()", "did you mean usage?"),
        ("fs.raed('x')", "did you mean read?"),
        ("spell.qqqqqqq()", "it has budget, limits, run, usage"),
    ],
)
def test_what_is_not_there_comes_with_a_hint(cast, source: str, hint: str | None) -> None:
    error = cast(source).error
    assert (error.get("hint"), error["line"]) == (hint, 1)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("cjson", "json.encode and json.decode are there without require"), ("mine", "look beside the spell")],
)
def test_a_module_of_others_comes_with_a_hint(cast, name: str, hint: str) -> None:
    def missing(args: dict[str, Any]) -> Any:
        raise NotFoundError(f"no module '{args['specifier']}' in the spell's folder", hint="look beside the spell")

    assert cast(f"require('{name}')", {"module": missing}).error["hint"] == hint
