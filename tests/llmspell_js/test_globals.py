"""What a spell finds when it starts, and what it can say."""

from __future__ import annotations

import re

import pytest

from llmspell.border import Done, Print, SpellSource
from llmspell_js import bridge
from tests.llmspell_js.conftest import Cast


def test_a_bridge() -> None:
    assert (bridge.language, bridge.suffixes, bridge.dialects) == ("js", (".js", ".mjs"), {"js": True})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("", None),
        ("export default 5", 5),
        ("export default params.a", 41),
        ("export default async ({ a }) => a + 1", 42),
        ("export default function (params) { return params }", {"a": 41}),
        ("export default Promise.resolve([1])", [1]),
        ("export const x = 1; export default await x", 1),
        ("export default undefined", None),
    ],
)
def test_the_default_export_is_the_result(cast: Cast, source: str, value: object) -> None:
    assert cast(source, params={"a": 41}).value == value


def test_params_are_an_empty_object_when_there_are_none(cast: Cast) -> None:
    assert cast("export default params").value == {}


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ('"text"', "text"),
        ('"a", 1, null, true, undefined', "a 1 null true undefined"),
        ('{ a: [1, "x", null, undefined], b: undefined }', '{"a":[1,"x",null,null]}'),
        ("[() => 1, function named() {}]", "[[function],[function named]]"),
        ('new Map([["k", 1]]), new Set([1, "2"])', 'Map(1) {"k" => 1} Set(2) {1,"2"}'),
        ('new TypeError("bad"), new Error()', "TypeError: bad Error"),
        ("1n, Symbol('s'), NaN, -0", "1 Symbol(s) NaN 0"),
        ("new Date(0), /a+/g, Promise.resolve()", '"1970-01-01T00:00:00.000Z" /a+/g [promise]'),
        ("new Uint8Array([1, 2]), new WeakMap()", "[1,2] [WeakMap]"),
        ("(() => { const a = {}; a.self = a; return a })()", '{"self":[cycle]}'),
        ("{ get x() { throw 1 } }", "[a value that cannot be shown]"),
        ('"\\ud800"', "\ufffd"),
        ("", ""),
    ],
)
def test_print_shows(cast: Cast, shown: str, text: str) -> None:
    assert cast(f"print({shown})").output == f"{text}\n"


def test_output_keeps_its_order_and_its_streams(cast: Cast) -> None:
    run = cast(
        """
        write("a", 1); print("b"); log("c"); log.debug("d"); log.warn("e"); log.error("f");
        console.log("g"); console.info("h"); console.debug("i"); console.warn("j"); console.error("k");
        """
    )
    said = [(m.stream, m.text) for m in run.messages if isinstance(m, Print)]
    assert said == [
        ("stdout", "a1"), ("stdout", "b\n"), ("info", "c"), ("debug", "d"), ("warn", "e"), ("error", "f"),
        ("stdout", "g\n"), ("info", "h"), ("debug", "i"), ("warn", "j"), ("error", "k"),
    ]  # fmt: skip  # pairs read better in rows


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ("'%s is %d, %i and %f', 'Ada', '36', 3.7, 1.5", "Ada is 36, 3 and 1.5"),
        ("'%o %O %j %s', { a: 1 }, [1], null, 'x'", '{"a":1} [1] null x'),
        ("'%d%% done', 50, 'and', { b: 2 }", '50% done and {"b":2}'),
        ("'%s %s', 'one'", "one %s"),
        ("'%% %s'", "%% %s"),
        ("'%x %', 1", "%x % 1"),
        ("'%cbig', 'font-size: 9em'", "big"),
        ("'%d %i %d %d', {}, Symbol('s'), 5n, print", "NaN NaN 5 NaN"),
        ("5, '%s', 6", "5 %s 6"),
    ],
)
def test_console_puts_values_in_their_places(cast: Cast, values: str, shown: str) -> None:
    assert cast(f"console.log({values})").output == shown + "\n"


def test_groups_of_the_console_are_indented(cast: Cast) -> None:
    source = """
    console.group("%s", "outer"); console.log("a\\nb"); console.group(); console.log("c"); console.groupEnd();
    console.warn("d"); console.groupEnd(); console.groupEnd(); console.log("e");
    """
    run = cast(source)
    assert run.output == "outer\n  a\n  b\n    c\ne\n"
    assert [m.text for m in run.messages if isinstance(m, Print) and m.stream == "warn"] == ["  d"]


def test_the_rest_of_console(cast: Cast) -> None:
    run = cast(
        """
        console.table([{ a: 1 }]); console.dir([1]); console.count(); console.count("x"); console.countReset();
        console.count(); console.assert(true, "no"); console.assert(false, "yes"); console.time();
        await sleep(1); console.timeEnd(); console.group("g"); console.groupEnd(); console.trace("here");
        """,
    )
    assert run.output == '0 {"a":1}\n[1]\ndefault: 1\nx: 1\ndefault: 1\ndefault: 1000 ms\ng\n'
    assert [m.text for m in run.messages if isinstance(m, Print) and m.stream == "error"] == ["Assertion failed: yes"]


def test_json(cast: Cast) -> None:
    source = 'export default [json.encode({ a: [1] }), json.encode([1], { indent: 2 }), json.decode("[1]")]'
    assert cast(source).value == ['{"a":[1]}', "[\n  1\n]", [1]]


@pytest.mark.parametrize(
    ("bad", "kind"), [('json.decode("{")', "value"), ("json.decode(1)", "type"), ("json.encode(1n)", "value")]
)
def test_json_refuses(cast: Cast, bad: str, kind: str) -> None:
    error = cast(f"\n{bad}").error
    assert (error["kind"], error["line"]) == (kind, 2)


def test_array_keeps_an_empty_list(cast: Cast) -> None:
    assert cast("export default [array(), array(1, 2)]").value == [[], [1, 2]]


def test_time_stands_still_within_a_slice(cast: Cast) -> None:
    source = """
    const before = [now(), Date.now(), performance.now(), new Date().toISOString(),
      new (class extends Date {})().getTime()];
    await sleep(1);
    export default [before, [now(), Date.now(), performance.now(), Date().slice(0, 24), +new Date(5)]];
    """
    assert cast(source, now=0.5).value == [
        [0.5, 500, 0, "1970-01-01T00:00:00.500Z", 500],
        [1, 1000, 500, "Thu Jan 01 1970 00:00:01", 5],
    ]


def test_the_engines_own_clock_is_out_of_reach(cast: Cast) -> None:
    source = """
    const real = [Date.prototype.constructor, Object.getPrototypeOf(class extends Date {}), new Date().constructor];
    export default [real.every((type) => type === Date), Object.getPrototypeOf(Date) === Function.prototype,
      new Date(2020, 1).getFullYear(), Date.UTC(1970, 0), Date.parse("1970-01-01T00:00:01Z")];
    """
    assert cast(source).value == [True, True, 2020, 0, 1000]


def test_randomness_comes_from_the_seed(cast: Cast) -> None:
    source = "export default [Math.random(), Math.random(), uuid()]"
    first, same, other = (cast(source, seed=seed).value for seed in (2**53 - 1, 2**53 - 1, 1))
    assert first == same != other
    assert 0 <= first[0] < 1
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first[2])


def test_random_numbers_are_spread_evenly(cast: Cast) -> None:
    source = """
    const counts = Array(10).fill(0);
    for (let i = 0; i < 10000; i++) counts[Math.floor(Math.random() * 10)]++;
    export default counts
    """
    assert all(850 < count < 1150 for count in cast(source).value)


def test_spell_knows_its_run(cast: Cast) -> None:
    source = "export default [spell.name, spell.runId, spell.language, Object.isFrozen(spell)]"
    assert cast(source).value == ["spell.js", "run-1", "js", True]


def test_globals_can_be_replaced_by_the_script(cast: Cast) -> None:
    source = """
    globalThis.sleep = () => 1; globalThis.URL = 2; globalThis.print = 3;
    const json = 4;
    export default [await sleep(), URL, print, json, typeof XMLHttpRequest]
    """
    assert cast(source).value == [1, 2, 3, 4, "undefined"]


def test_shared_memory_and_the_systems_modules_are_absent(cast: Cast) -> None:
    names = "['SharedArrayBuffer', 'Atomics', 'WebAssembly', 'std', 'os', 'process', 'require', 'Deno']"
    assert cast(f"export default {names}.filter((name) => name in globalThis)").value == []


def test_a_script_runs_in_strict_mode_with_nothing_as_this(cast: Cast) -> None:
    assert cast("export default (() => this)() === undefined").value is True
    assert cast("undeclared = 1").error["message"].startswith("ReferenceError")


def test_an_interpreter_can_be_closed_at_any_time() -> None:
    interpreter = bridge.interpreter("js")
    interpreter.close()
    interpreter.close()
    interpreter = bridge.interpreter("js")
    interpreter.start(SpellSource("a.js", "await sleep(1)"))
    interpreter.close()
    interpreter.close()
    assert interpreter.feed([], 1.0) == []


def test_after_the_end_there_is_nothing_more() -> None:
    interpreter = bridge.interpreter("js")
    said = interpreter.start(SpellSource("a.js", "setTimeout(() => print('late'), 1); export default 1"))
    assert said[-1] == Done(1)
    assert interpreter.feed([], 1.0) == []
    interpreter.close()
