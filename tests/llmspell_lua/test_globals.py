"""print, write, log, json, time, randomness, and Lua's own functions that the prelude replaces."""
# ruff: noqa: E501  # Lua sources read better on one line

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.border import Print, Resolve
from llmspell_lua import bridge
from tests.bridges.driver import PENDING, run


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", ""),
        ("'text'", "text"),
        ("'a', 'b', 1", "a\tb\t1"),
        ("1, 1.5, 5.0, 2^53, 1e300, -0.0", "1\t1.5\t5\t9007199254740992\t1e+300\t0"),
        ("0.1, 1/3", "0.1\t0.3333333333333333"),
        ("nil, true, false, null", "nil\ttrue\tfalse\tnull"),
        ("1/0, -1/0, 0/0", "inf\t-inf\tnan"),
        ("{}, array{}, {1, {2}}", "{}\t[]\t[1,[2]]"),
        ("{b = 1, a = 'é\"', c = null}", '{"a":"é\\"","b":1,"c":null}'),
        ("print", "<function>"),
        ("{print, coroutine.create(print), 0/0}", '["<function>","<coroutine>","<nan>"]'),
        ("{1, nil, 3}", '{"[1]":1,"[3]":3}'),
        ("{1, x = 2}", '{"[1]":1,"x":2}'),
        ("{[true] = 1, [print] = 2}", '{"[a function]":2,"[true]":1}'),
        ("{'\\255'}", '["?"]'),
        ("llm('x'), {spell}", '<llm>\t["<spell>"]'),
        ("setmetatable({}, {__tostring = function() return 'mine' end})", "mine"),
    ],
)
def test_print(cast, arguments: str, text: str) -> None:
    assert cast(f"print({arguments})").output == text + "\n"


def test_print_shows_cycles_and_depth(cast) -> None:
    assert cast("local t = {} t.me = t t.also = {t} print(t)").output == '{"also":["<cycle>"],"me":"<cycle>"}\n'
    assert "<too deep>" in cast("local t = {} for _ = 1, 500 do t = {t} end print(t)").output
    assert cast("local s = {1} print({s, s})").output == "[[1],[1]]\n"
    error = cast("local t = {} for _ = 1, 60 do t = {t, t} end print(t)").error
    assert error["message"] == "the value is too large to show"


def test_write_and_messages_join_up(cast) -> None:
    spell = cast("write('a', 1, {2}) print('b') log('note', 1) write('c')")
    assert spell.messages[:-1] == [Print("stdout", "a1[2]b\n"), Print("info", "note\t1"), Print("stdout", "c")]


def test_output_comes_before_the_call_that_follows(cast) -> None:
    spell = cast("write('a') sleep(1) write('b')", {"sleep": PENDING})
    assert [type(m).__name__ for m in spell.messages] == ["Print", "Call"]


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_log(cast, level: str) -> None:
    assert cast(f"log.{level}('x', {{1}})").messages[0] == Print(level, "x\t[1]")


def test_output_that_is_no_text(cast) -> None:
    for code in ("print('\\255')", "write('\\237\\160\\128')", "log('a\\128')"):
        error = cast(code).error
        assert error["message"] == "the text is not valid UTF-8"
        assert "utf8.offset" in error["hint"]


@pytest.mark.parametrize(
    ("lua", "text"),
    [
        ("nil", "null"),
        ("{1, 'a', {b = true}}", '[1,"a",{"b":true}]'),
        ("array{}", "[]"),
        ("{a = 1, b = {}}, {indent = 2}", '{\n  "a": 1,\n  "b": {}\n}'),
        ("{1, {2}}, {indent = 1}", "[\n 1,\n [\n  2\n ]\n]"),
        ("{1}, {indent = 0}", "[1]"),
    ],
)
def test_json_encode(cast, lua: str, text: str) -> None:
    assert cast(f"return json.encode({lua})").value == text


def test_json_encode_refuses_what_json_cannot_hold(cast) -> None:
    error = cast("\njson.encode({a = print})").error
    assert (error["kind"], error["message"], error["line"]) == ("value", "the value.a is a function", 2)
    assert cast("json.encode(1, {indent = -1})").error["kind"] == "value"


@pytest.mark.parametrize(
    "text",
    [
        "null", "true", " false ", "1", "-1.5e-3", "1e5", "0", '"a\\u00e9\\n\\"\\\\\\/"', '"\\ud83e\\ude84"', "[]", "{}",
        '[1, [2, {"a": [null]}]]', '{"a": {"b": 1}, "c": ""}', "\t[\n1 ,2 ]\r\n", '"\x7f"',
    ],
)  # fmt: skip
def test_json_decode(cast, text: str) -> None:
    assert cast("return {v = json.decode(params[1])}", params=[text]).value.get("v") == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "[1", "[1,]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "01", "1.", ".5", "+1", "nul", "NaN", "'x'",
        '"', '"\\x"', '"\\u12"', '"\\ud83e"', '"\\ude84"', '"\n"', "1 2", "[1] x", "-", "--1", "\\", "tru", '{"a":1 "b":2}',
    ],
)  # fmt: skip
def test_json_decode_refuses(cast, text: str) -> None:
    error = cast("json.decode(params[1])", params=[text]).error
    assert error["kind"] == "value"
    assert error["message"].startswith("not JSON: ")
    assert "line 1, column" in error["message"] or "\n" in text


def test_json_decode_says_where(cast) -> None:
    error = cast("json.decode('{\\n  \"a\": x}')").error
    assert error["message"] == "not JSON: an unexpected character at line 2, column 8"
    assert cast("json.decode(('['):rep(300))").error["message"].startswith("not JSON: nested too deeply")
    assert cast("json.decode(5)").error["kind"] == "type"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(), st.lists, max_leaves=9
    )
)
@settings(max_examples=100, deadline=None)
def test_json_round_trip(value: Any) -> None:
    for dialect in bridge.dialects:
        interpreter = bridge.interpreter(dialect)
        spell = run(interpreter, "return json.encode(json.decode(params[1]))", params=[json.dumps(value)])
        assert json.loads(spell.value) == value
        interpreter.close()


def test_time_is_the_runtime_s(cast) -> None:
    source = (
        "local a = {now(), os.time(), os.clock(), os.date('%Y-%m-%d %H:%M')} sleep(1) return {a, {now(), os.clock()}}"
    )
    spell = cast(source, {"sleep": PENDING}, now=1700000000.25)
    spell.feed(Resolve(1, None), now=1700000003.75)
    assert spell.value == [[1700000000.25, 1700000000, 0, "2023-11-14 22:13"], [1700000003.75, 3.5]]


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ("year=1970, month=1, day=1, hour=0", 0),
        ("year=2024, month=2, day=29", 1709208000),
        ("year=2023, month=14, day=29", 1709208000),
        ("year=2000, month=3, day=1, hour=0, min=0, sec=-1", 951868799),
        ("year=1969, month=12, day=31, hour=23, min=59, sec=59", -1),
        ("year=2100, month=1, day=1, hour=12", 4102488000),
    ],
)
def test_os_time_of_a_date_is_utc(cast, fields: str, seconds: int) -> None:
    assert cast(f"return os.time{{{fields}}}").value == seconds
    assert cast(f"return os.time(os.date('*t', os.time{{{fields}}}))").value == seconds


def test_os_date(cast) -> None:
    assert cast("local t = os.date('!*t', 0) return {t.year, t.month, t.day, t.hour, t.isdst}").value == [
        1970,
        1,
        1,
        0,
        False,
    ]
    error = cast("\nos.time{year = 2020}").error
    assert (error["message"], error["line"]) == ("field 'month' missing in date table", 2)


def test_randomness_starts_from_the_seed(cast) -> None:
    source = "local t = {} for i = 1, 5 do t[i] = math.random(1000000) end t[6] = uuid() t[7] = uuid() return t"
    first, again, other = (cast(source, seed=seed).value for seed in (2**53 - 1, 2**53 - 1, 12345))
    assert first == again
    assert first != other
    assert first[5] != first[6]
    assert uuid.UUID(first[5]).version == 4
    assert str(uuid.UUID(first[5])) == first[5]


def test_reseeding_without_a_number_repeats_as_well(cast) -> None:
    source = "math.randomseed() return math.random(1000000)"
    assert cast(source, seed=5).value == cast(source, seed=5).value
    assert (
        cast("math.randomseed(1) local a = math.random(1e6) math.randomseed(1) return a == math.random(1e6)").value
        is True
    )


def test_string_functions(cast) -> None:
    assert cast("return string.rep('ab', 3, '-')").value == "ab-ab-ab"
    assert cast("return ('x'):rep(0)").value == ""
    assert cast("return string.format('%5.2f|%d|%s|%q', 1.5, 7, true, 'x')").value == ' 1.50|7|true|"x"'
    assert cast("function string.shout(s) return s:upper() .. '!' end return ('hi'):shout()").value == "HI!"


@pytest.mark.parametrize(
    "code",
    ["string.rep()", "string.format()", "string.format('%d', 'x')", "tostring()", "string.rep({}, 1)", "os.date({})"],
)
def test_bad_arguments_are_reported_at_the_caller(cast, code: str) -> None:
    error = cast(f"\n{code}").error
    assert (error["kind"], error["line"]) == ("spell", 2)
    assert "bad argument" in error["message"]
