"""What crosses between Lua and the border: one test per type, each way, and what is refused."""
# Lua sources read better on one line

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell import values
from llmspell.border import Invoke, Raise, Return
from llmspell_lua import bridge
from tests.bridges.driver import PENDING, run

SAFE = 2**53


@pytest.mark.parametrize(
    ("lua", "value"),
    [
        ("nil", None),
        ("null", None),
        ("true", True),
        ("false", False),
        ("5", 5),
        ("5.0", 5),
        ("-0.0", 0),
        ("1e3", 1000),
        ("0.1", 0.1),
        ("-1/3", -1 / 3),
        ("1e300", 1e300),
        ("5e-324", 5e-324),
        ("2^53", SAFE),
        ("'text'", "text"),
        ("''", ""),
        ("'\\0\\1\\127\"\\\\/\\n'", '\0\1\x7f"\\/\n'),
        ("'é → 🪄'", "é → 🪄"),
        ("{}", {}),
        ("array{}", []),
        ("array()", []),
        ("array{1, null}", [1, None]),
        ("{1, 'two', {3}}", [1, "two", [3]]),
        ("{null, null}", [None, None]),
        ("{a = 1, b = {c = null}}", {"a": 1, "b": {"c": None}}),
        ("{['1'] = 'text key'}", {"1": "text key"}),
        ("{[1.0] = 'whole'}", ["whole"]),
        ("setmetatable({a = 1}, {__index = {b = 2}, __len = error, __pairs = error})", {"a": 1}),
    ],
)
def test_out_of_lua(cast, lua: str, value: Any) -> None:
    result = cast(f"return {lua}").value
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("dialect", ["lua", "lua5.5"])
def test_whole_numbers_keep_64_bits(cast) -> None:
    assert cast("return {math.maxinteger, math.mininteger}").value == [2**63 - 1, -(2**63)]
    assert cast("return params[1] - 1", params=[2**63 - 1]).value == 2**63 - 2


@pytest.mark.parametrize("dialect", ["luajit"])
def test_an_integer_that_luajit_cannot_hold_is_refused(cast) -> None:
    caught = cast("local ok, e = pcall(sleep, 1) return {e.kind, e.message}", {"sleep": SAFE + 1}).value
    assert caught == ["value", f"{SAFE + 1} is an integer that this Lua cannot hold exactly"]
    assert cast("return 1", params={"a": SAFE + 1}).error["kind"] == "value"
    assert cast("return sleep(1)", {"sleep": SAFE}).value == SAFE


@pytest.mark.parametrize(
    ("lua", "message"),
    [
        ("{print}", "the value[1] is a function"),
        ("coroutine.create(print)", "the value is a coroutine"),
        ("{a = {1, 2, print}}", "the value.a[3] is a function"),
        ("0/0", "the value is not a finite number"),
        ("{x = math.huge}", "the value.x is not a finite number"),
        ("{x = {-math.huge}}", "the value.x[1] is not a finite number"),
        ("'\\255'", "the value is not valid UTF-8"),
        ("{a = '\\237\\160\\128'}", "the value.a is not valid UTF-8"),
        ("{['\\255'] = 1}", "the value.? is not valid UTF-8"),
        ("{1, 2, x = 3}", 'the value has the keys 1 and "x": it is neither a list nor an object'),
        ("array{x = 1}", 'the value is a list with the key "x"'),
        ("{x = 1, [7] = 2}", 'the value has the keys 7 and "x": it is neither a list nor an object'),
        ("{[true] = 1}", "the value has a key that is not text: true"),
        ("{[{}] = 1}", "the value has a key that is not text: a table"),
        ("{[1.5] = 1}", "the value has a key that is not text: 1.5"),
        ("{1, nil, 3}", "the value is a list with holes: [2] is missing"),
        ("{[2] = 1}", "the value is a list with holes: [1] is missing"),
        ("{[0] = 1}", "the value has a key that is not text: 0"),
        ("{a = llm('x')}", "the value.a is a bridge object (llm)"),
        ("{spell}", "the value[1] is a bridge object (spell)"),
        ("tools", "the value is a bridge object (tools)"),
    ],
)
def test_refused_out_of_lua(cast, lua: str, message: str) -> None:
    error = cast(f"return {lua}").error
    assert error["kind"] == "value"
    assert error["message"] == message
    assert error["hint"]
    assert error["file"] == "spell.lua"


def test_cycles_and_depth(cast) -> None:
    cycle = cast("local t = {} t.t = t return t").error
    assert cycle["message"].endswith("is nested too deeply, or contains itself")
    deep = "local t = {} for _ = 1, %d do t = {t} end return t"
    assert cast(deep % 199).value
    assert cast(deep % 200).error["kind"] == "value"


def test_size(cast) -> None:
    shared = "local t = {} for _ = 1, 60 do t = {t, t} end return t"
    assert cast(shared).error["message"].endswith("is too large")
    text = cast("return ('x'):rep(16 * 1024 * 1024)").error
    assert text["message"] == "the value is too large"


def test_refused_in_an_argument_at_the_line_of_the_call(cast) -> None:
    source = "local _, e = pcall(function()\n llm():complete('\\255') end)\nreturn {e.kind, e.message, e.line, e.hint}"
    run = cast(source)
    assert run.value[:3] == ["value", "the argument prompt is not valid UTF-8", 2]
    assert run.value[3].endswith("bytes cross as blobs: blob.from_base64")
    assert not run.calls


NATIVE = [
    (None, "nil"),
    (True, "boolean"),
    (7, "number"),
    (0.5, "number"),
    ("é\0", "string"),
    ([], "table"),
    ([1, None], "table"),
    ({}, "table"),
    ({"a": {"b": [None, [], {}]}}, "table"),
]


@pytest.mark.parametrize(("value", "kind"), NATIVE)
def test_into_lua_and_back(cast, value: Any, kind: str) -> None:
    result = cast("local v = sleep(1) return {v = v, kind = type(v)}", {"sleep": value}).value
    assert result == ({"v": value} if value is not None else {}) | {"kind": kind}


def test_null_inside_lists_and_absent_in_objects(cast) -> None:
    source = "local v = sleep(1) return {v.list[2] == null, v.list[2] ~= nil, v.object.gone == nil, #v.list}"
    assert cast(source, {"sleep": {"list": [1, None], "object": {"gone": None}}}).value == [True, True, True, 2]


def test_a_list_from_the_runtime_stays_a_list_when_emptied(cast) -> None:
    assert cast("table.remove(params.list) return params", params={"list": [1]}).value == {"list": []}


def test_params_are_an_object_without_any(cast) -> None:
    assert cast("return params").value == {}


def test_functions_in_arguments_become_handles(cast) -> None:
    source = "local f = function() end tools.use{run = f, again = {f}, other = function() end}"
    arguments = cast(source, {"tools.call": {}}).calls[0].args["arguments"]
    assert arguments["run"] == arguments["again"][0]
    assert sorted([arguments["run"]["$function"], arguments["other"]["$function"]]) == [1, 2]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=json_values)
@settings(max_examples=150, deadline=None)
def test_any_json_value_comes_back(value: Any) -> None:
    for dialect in bridge.dialects:
        interpreter = bridge.interpreter(dialect)
        spell = run(interpreter, "return {v = sleep(1)}", {"sleep": values.check(value)})
        assert spell.value == ({} if value is None else {"v": _without_null_fields(values.check(value))})
        interpreter.close()


def _without_null_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null_fields(item) for key, item in value.items() if item is not None}
    return [_without_null_fields(item) for item in value] if isinstance(value, list) else value


def test_numbers_cross_exactly(cast) -> None:
    for number in (0.1, 1 / 3, 1e-7, 123456789.123, math.pi * 1e100, 2.0**-1074):
        assert cast("return sleep(1)", {"sleep": number}).value == number


def test_results_of_functions_are_checked(cast) -> None:
    spell = cast("tools.t{run = function(x) return x or print end}", {"tools.call": PENDING})
    assert spell.feed(Invoke(1, 1, [[1, None]])) == [Return(1, [1, None])]
    (answer,) = spell.feed(Invoke(2, 1, []))
    assert isinstance(answer, Raise)
    assert answer.error["message"] == "the value is a function"
