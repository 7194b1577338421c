"""What `check` says about a source without running it."""

from __future__ import annotations

import pytest

from llmspell.border import Problem
from llmspell_js import bridge
from llmspell_js.check import known_globals


def names(source: str) -> list[str]:
    problems = bridge.check(source, "a.js")
    assert all(problem.severity == "warning" for problem in problems), problems
    return [problem.message.partition(" is not defined")[0] for problem in problems]


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("let a = 1;\nlet b = ;", 2, 9),
        ("import x from './m.js';\nreturn 5", 2, 1),
        ("if (1) {", 1, 9),
        ("const a = [\n1,\n", 2, 3),
        ("let t = `abc", 1, 9),
        ("for (;;)", 1, 9),
        ("let é = '\0'", 1, 10),
        ("export default", 1, 15),
    ],
)
def test_syntax_errors(source: str, line: int, column: int) -> None:
    (problem,) = bridge.check(source, "a.js")
    assert (problem.line, problem.column, problem.severity) == (line, column, "error")
    assert problem.message.startswith("SyntaxError: ")


def test_an_unknown_name_is_a_warning_where_it_stands() -> None:
    assert bridge.check("const é = 1;\n  é; pritn(é)", "a.js") == [
        Problem(2, 6, "pritn is not defined; did you mean print?", "warning")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "params; null; undefined; console.log(llm, spell, tools, sleep, URL, structuredClone, SpellError, globalThis)",
        "import a, { b as c } from './m.js'; import * as d from './n.js'; a; c; d",
        "export { x as y }; const x = 1; export { z } from './o.js'; export * as w from './p.js'",
        "function f(a, { b, c: [d] }, ...e) { return a + b + d + e + arguments.length } f()",
        "const g = (a) => b => a + b; g",
        "x => x; async y => await y; (function z() { z() })",
        "{ function hoisted() {} } for (const i of []) i; for (let j = 0; j < 1; j++) j; for (var k in {}) ; k",
        "try {} catch ({ message: m }) { m } try {} catch { }",
        "class A { #p; static s = A; m(q = 1) { return this.#p + q } } class B extends A {} new B()",
        "label: for (;;) { break label }",
        "({ key: 1, method() {}, get got() { return 1 } }).key",
        "const { a, b: { c = 1 }, ...rest } = {}; [a, c, rest]; let d, e; [d, e] = []; d; e",
        "later(); function later() {}",
        "typeof maybe === 'undefined'; globalThis.mine = 1; mine",
        "switch (1) { case 1: let s; s }",
        "import('./m.js'); import.meta.name; (function () { new.target })",
        "var v = 1; { let v = 2; v } v",
    ],
)
def test_known_names(source: str) -> None:
    assert names(source) == []


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        ("{ let inner; const c = 1 } inner; c", ["inner", "c"]),
        ("for (const i of []); i", ["i"]),
        ("(function z() {}); z", ["z"]),
        ("try {} catch (e) {} e", ["e"]),
        ("import { a as b } from './m.js'; a", ["a"]),
        ("export { missing }", ["missing"]),
        ("undeclared = 1; ({ shorthand }); [target] = []", ["undeclared", "shorthand", "target"]),
        ("const f = (a = b) => a; `${c}`; class D extends E { [g]() {} }", ["b", "c", "E", "g"]),
        ("x.y.z; f(...rest)", ["x", "f", "rest"]),
    ],
)
def test_unknown_names(source: str, unknown: list[str]) -> None:
    assert names(source) == unknown


def test_the_globals_are_those_that_a_spell_has() -> None:
    assert {"llm", "parallel", "URL", "Promise", "params", "undefined"} <= known_globals()
    assert "Atomics" not in known_globals()


DROPPED = "nobody awaits this promise: what it waits for is lost when the spell ends before"


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("async function main() {}; main()", [27]),
        ("const main = async () => 1; main().catch(print).finally(print)", [29]),
        ("const main = async function () {}; if (params.a) main()", [50]),
        ("(async () => { await sleep(1) })(); (async function () {})().then(print)", [1, 37]),
        ("(() => 1)(); async function main() { inner() } async function inner() {} await main()", [38]),
        ("sleep(1); fs.write('a', 'b'); tools.look_up({}); spell.run('x'); parallel(() => 1); fetch('u')",
         [1, 11, 31, 50, 66, 85]),
        ("fs.blob('a'); blob.fromText('x')", [1, 15]),
    ],
)  # fmt: skip  # a table
def test_a_dropped_promise_is_a_warning(source: str, columns: list[int]) -> None:
    assert bridge.check(source, "a.js") == [Problem(1, column, DROPPED, "warning") for column in columns]


@pytest.mark.parametrize(
    "source",
    [
        "async function main() {} await main(); void main(); const p = main(); [main()]; export default main()",
        "async function main() {} const go = () => main(); go()",
        "function main() {} main(); const plain = () => 1; plain()",
        "print(1); log.warn('x'); write('y'); stdin.lines(); http.lines('u'); tools; setTimeout(print, 1)",
        "const sleep = () => 1; sleep(); function map() {} map(); import { fs } from './own.js'; fs.write(1)",
        "const tools = { mine() {} }; tools.mine()",
    ],
)
def test_other_calls_are_not(source: str) -> None:
    assert bridge.check(source, "a.js") == []


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("require('fs')", "require is not defined; modules are imported"),
        ("process.env", 'process is not defined; env.get("NAME")'),
        ("return 1", "SyntaxError: return not in a function; a JavaScript spell gives its result with export default"),
    ],
)
def test_what_only_others_have_comes_with_advice(source: str, advice: str) -> None:
    (problem,) = bridge.check(source, "a.js")
    assert problem.message.startswith(advice)


def test_long_chains_are_no_long_work() -> None:
    assert names("a" + ".b" * 20_000 + ";") == ["a"]
