"""One test per type of value: what crosses to the runtime, what comes back, and what is refused with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.border import Done, Invoke, Raise, Resolve, SpellSource
from llmspell_js import bridge
from tests.bridges.driver import PENDING
from tests.llmspell_js.conftest import Cast


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("null", None),
        ("undefined", None),
        ("true", True),
        ("0.5", 0.5),
        ("-0", 0),
        ("5.0", 5),
        ("2 ** 53", 2**53),
        ("-(2 ** 53)", -(2**53)),
        ("2 ** 60", float(2**60)),
        ("1e300", 1e300),
        ("5e-324", 5e-324),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("'é 😀 \\u0000 \\u2028 \"'", 'é 😀 \0 \u2028 "'),
        ("[]", []),
        ("{}", {}),
        ("[undefined, null, [1]]", [None, None, [1]]),
        ("{ a: undefined, b: null }", {"b": None}),
        ("{ [Symbol('s')]: 1, a: 2 }", {"a": 2}),
        ("{ ['__proto__']: 1, constructor: 2, toString: 3 }", {"__proto__": 1, "constructor": 2, "toString": 3}),
        ("{ 'a b': { '': 1 }, '\\u0000': 2 }", {"a b": {"": 1}, "\0": 2}),
        ("Object.create(null)", {}),
        ("Object.assign(Object.create({ inherited: 1 }), { own: 2 })", {"own": 2}),
        ("new (class A { x = 1; #y = 2; get z() { return 3 } })()", {"x": 1}),
        ("{ get a() { return 1 } }", {"a": 1}),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("{ when: new Date(1) }", {"when": "1970-01-01T00:00:00.001Z"}),
        ("new URL('http://h/a')", "http://h/a"),
        ("new (class { toJSON() { return [1] } })()", [1]),
        ("new Proxy({ a: 1 }, {})", {"a": 1}),
        ("new Proxy([1, 2], {})", [1, 2]),
        ("Object.assign([1], { extra: 2 })", [1]),
        ("Array(200).fill().reduce((inner) => [inner], 1)", json.loads("[" * 200 + "1" + "]" * 200)),
    ],
)
def test_crosses(cast: Cast, source: str, value: object) -> None:
    result = cast(f"export default (() => ({source}))()").value
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("NaN", "the value is not a finite number"),
        ("{ a: [1, Infinity] }", "the value.a[1] is not a finite number"),
        ("{ a: [0, 0, 0, () => 1] }", "the value.a[3] is a function"),
        ("{ 'a b': { $c: 1n } }", 'the value["a b"].$c is a BigInt'),
        ("[Symbol('s')]", "the value[0] is a symbol"),
        ("'\\ud800'", "the value is not valid Unicode (a lone surrogate)"),
        ("{ '\\udc00': 1 }", "is not valid Unicode (a lone surrogate)"),
        ("[1, , 3]", "the value[1] is missing: the array has a hole there"),
        ("new Array(3)", "the value[0] is missing: the array has a hole there"),
        ("new Map()", "the value is a Map"),
        ("[new Set()]", "the value[0] is a Set"),
        ("new Uint8Array(2)", "the value is a typed array"),
        ("new ArrayBuffer(2)", "the value is an ArrayBuffer"),
        ("/a/", "the value is a regular expression"),
        ("[Promise.resolve()]", "the value[0] is a promise (await it first)"),
        ("new Error('x')", "the value is an Error"),
        ("new Date(NaN)", "the value is a date that is not valid"),
        ("new Number(5)", "the value is a Number object"),
        ("(() => { const a = { b: [] }; a.b.push(a); return a })()", "the value.b[0] contains itself"),
        ("Array(201).fill().reduce((inner) => [inner], 1)", "is nested too deeply: at most 200 levels can cross"),
        ("'x'.repeat(2 ** 24)", "the value is too large: at most 16 MiB can cross"),
        ("(() => { let a = 'x'; for (let i = 0; i < 60; i++) a = [a, a]; return a })()", "is too large"),
        ("new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 32 : 1 })", "is too large"),
        ("llm", "the value is a function"),
    ],
)
def test_is_refused(cast: Cast, source: str, message: str) -> None:
    wanted = message if message.startswith("the value") else None
    for run in (cast(f"export default [(() => ({source}))()][0] ?? 0 / 0"), cast(f"\njson.encode({source})")):
        if source == "llm" and run.messages and "function" not in str(run.messages):
            continue
        error = run.error
        assert error["kind"] == "value" or source == "[]"
        assert message in error["message"]
        assert wanted is None or error["message"].startswith("the value")
        assert error["hint"]


def test_arguments_are_refused_where_they_are_given(cast: Cast) -> None:
    run = cast("\nawait llm().complete([{ content: 1 }, { content: [NaN] }])")
    assert run.error["message"] == "prompt[1].content[0] is not a finite number"
    assert (run.error["line"], run.calls) == (2, [])
    assert "blob.fromBase64" in cast("await fs.write('a', new Uint8Array(2))").error["hint"]
    assert cast("llm({ a: 1n })").error["message"] == "model.a is a BigInt"
    assert cast("await tools.x({ a: new Map() })").error["message"] == "arguments.a is a Map"


def test_a_getter_that_throws_is_the_scripts_own_error(cast: Cast) -> None:
    assert cast("await tools.x({ get a() { throw new Error('mine') } })").error["message"] == "mine"


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -1.5, 1e300, 2**53, -(2**53), "", "é😀\0\u2028", [], {}, [[], {}], {"a": {"b": [None]}},
        {"__proto__": {"x": 1}, "constructor": 1, "length": 2, "then": 3}, "9007199254740993",
        json.loads("[" * 198 + "]" * 198),
    ],
)  # fmt: skip  # a table
def test_comes_back_as_it_went(cast: Cast, value: object) -> None:
    assert cast("export default [await tools.x(), params]", {"tools.call": value}, params={"p": value}).value == [
        value,
        {"p": value},
    ]


@pytest.mark.parametrize("value", [2**53 + 1, -(2**60), {"a": [1, 2**63]}])
def test_integers_that_javascript_would_round_are_refused(cast: Cast, value: Any) -> None:
    run = cast("\nawait tools.x()", {"tools.call": value})
    assert run.error["kind"] == "value"
    assert "cannot hold exactly" in run.error["message"]
    assert run.error["line"] == 2
    assert cast("", params=value).error["kind"] == "value"
    run = cast("await tools.x(() => 1)", {"tools.call": PENDING})
    said = run.feed(Invoke(1, run.calls[0].args["arguments"]["$function"], [value]))
    assert isinstance(said[0], Raise)
    assert said[0].error["kind"] == "value"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_any_json_survives_both_ways(value: Any) -> None:
    interpreter = bridge.interpreter("js")
    said = interpreter.start(SpellSource("a.js", "export default [params.v, await tools.x(params.v)]", {"v": value}))
    assert said[0].args["arguments"] == value  # type: ignore[union-attr]  # a call
    last = interpreter.feed([Resolve(1, value)], 0.0)[-1]
    interpreter.close()
    assert last == Done([value, value])
