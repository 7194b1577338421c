"""What an uncaught error becomes, and where it points."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.errors import NotFoundError
from tests.llmspell_js.conftest import Cast


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("throw new Error('m')", {"message": "m", "line": 1, "column": 11}),
        ("\n\n  null.x", {"message": "TypeError: cannot read property 'x' of null", "line": 3, "column": 3}),
        ("xyzzy()", {"message": "ReferenceError: xyzzy is not defined", "line": 1, "hint": None}),
        ("prams.a", {"message": "ReferenceError: prams is not defined", "hint": "did you mean params?"}),
        ("require('x')", {"hint": 'modules are imported: import name from "./file.js"'}),
        ("return 5", {"message": "SyntaxError: return not in a function",
                      "hint": "a JavaScript spell gives its result with export default"}),
        ("function f() { await 1 }", {"hint": "await stands in async functions, and at the top of a spell"}),
        ("x; let x", {"message": "ReferenceError: x is not initialized", "hint": None}),
        ("throw 'text'", {"message": "text", "file": "spell.js", "line": None}),
        ("throw { code: 5 }", {"message": '{"code":5}', "data": {"code": 5}}),
        ("throw null", {"message": "null", "file": "spell.js"}),
        ("throw undefined", {"message": "undefined"}),
        ("throw 5", {"message": "5", "data": 5}),
        ("throw [1]", {"message": "[1]", "data": [1]}),
        ("throw () => 1", {"message": "[function]"}),
        ("throw Symbol('s')", {"message": "Symbol(s)"}),
        ("throw { kind: 'not_found', message: 'gone' }", {"kind": "not_found", "message": "gone"}),
        ("throw Object.assign(new Error('m'), { kind: 'tool', hint: 'h' })",
         {"kind": "tool", "message": "m", "hint": "h"}),
        ("throw new SpellError('m', { kind: 'value', hint: 'h', status: 4, data: [1] })",
         {"kind": "value", "message": "m", "hint": "h", "status": 4, "data": [1], "line": 1}),
        ("throw new SpellError('plain')", {"kind": "spell", "message": "plain"}),
        ("throw { kind: 'limit', message: 'm' }", {"kind": "spell", "data": {"kind": "limit", "message": "m"}}),
        ("throw new SpellError('m', { kind: 'cancelled' })", {"kind": "spell", "message": "SpellError: m"}),
        ("throw { kind: 5, message: 'm' }", {"kind": "spell", "data": {"kind": 5, "message": "m"}}),
        ("throw new Error('\\ud800')", {"message": "\ufffd"}),
        ("throw new (class MyError extends Error {})('m')", {"message": "m"}),
        ("throw new (class extends Error { name = 'Mine' })('m')", {"message": "Mine: m"}),
        ("throw new AggregateError([new Error('a'), 'b'], 'many')",
         {"message": "AggregateError: many (because of Error: a; b)"}),
        ("await Promise.any([Promise.reject(new TypeError('a'))])",
         {"message": "AggregateError (because of TypeError: a)"}),
        ("throw new Error('m', { cause: new TypeError('n', { cause: 'o' }) })",
         {"message": "m (because of TypeError: n (because of o))", "line": 1}),
        ("const a = new Error('a'); a.cause = a; throw a",
         {"message": "a (because of Error: a (because of Error: a (because of Error: a (because of Error: a))))"}),
        ("throw Object.assign(new SpellError('m', { kind: 'tool' }), { cause: new Error('n') })",
         {"kind": "tool", "message": "m (because of Error: n)"}),
        ("throw new DOMException('m', 'AbortError')", {"message": "AbortError: m"}),
        ("await Promise.reject(new Error('m'))", {"message": "m", "line": 1}),
        ("export default () => { throw new Error('m') }", {"message": "m", "line": 1}),
        ("export default new Error('as a value')", {"kind": "value"}),
    ],
)  # fmt: skip  # a table
def test_uncaught(cast: Cast, source: str, expected: dict[str, object]) -> None:
    error = cast(source).error
    expected = {"kind": "spell"} | expected
    assert {name: error.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "source",
    [
        "throw { get message() { throw 1 }, kind: 'tool' }",
        "throw new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } })",
        "throw Object.defineProperty(new Error('m'), 'stack', { get() { throw 1 } })",
        "const e = new Error('m'); e.stack = 5; e.message = { toString() { throw 1 } }; throw e",
        "throw Object.create(null)",
        "throw { kind: 'tool', message: 'm', data: 1n, status: NaN, hint: {} }",
        "class E extends Error { get kind() { return E } get name() { throw 1 } }; throw new E()",
    ],
)
def test_hostile_errors_end_the_run_all_the_same(cast: Cast, source: str) -> None:
    assert cast(source).error["message"]


def test_the_stack_shows_the_scripts_frames_innermost_first(cast: Cast) -> None:
    source = """function inner() {
  throw new Error("deep");
}
const outer = () => [1].map(() => inner());
class A { method() { outer() } }
await parallel(async () => new A().method());
"""
    assert cast(source).error["stack"] == [
        "spell.js:2: in function inner",
        "spell.js:4",
        "spell.js:4: in function outer",
        "spell.js:5: in function method",
        "spell.js:6",
        "spell.js:6",
    ]


def test_scripts_see_the_same_stack(cast: Cast) -> None:
    source = """function f() { return new Error("x").stack }
print(f());
const o = {}; Error.captureStackTrace(o); print(o.stack)"""
    assert cast(source).output == "    at f (spell.js:1:27)\n    at spell.js:2:7\n    at spell.js:3:39\n"


def test_code_made_from_text_has_no_frames_of_its_own(cast: Cast) -> None:
    error = cast("\nconst f = new Function('null.x');\nf()").error
    assert (error["line"], error["stack"]) == (3, ["spell.js:3"])


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("let a = ;", 1, 9),
        ("\n\n  }", 3, 3),
        ("const a = 1;\nconst a = 2;", 2, 9),
        ("return 5", 1, 1),
        ("let s = `abc", 1, 9),
    ],
)
def test_syntax_errors(cast: Cast, source: str, line: int, column: int) -> None:
    error = cast(source).error
    assert error["kind"] == "spell"
    assert error["message"].startswith("SyntaxError: ")
    assert (error["file"], error["line"], error["column"]) == ("spell.js", line, column)


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_a_source_with_characters_that_cannot_be(cast: Cast, bad: str) -> None:
    error = cast(f"let a;\n  '{bad}'").error
    assert (error["line"], error["column"]) == (2, 4)


@pytest.mark.parametrize(
    "source",
    [
        "setTimeout(() => { throw new Error('m') }, 1); await sleep(1); await sleep(2); await sleep(3)",
        "queueMicrotask(() => { throw new Error('m') }); await sleep(1)",
        """const c = new AbortController(); c.signal.addEventListener("abort", () => { throw new Error("m") });
        c.abort(); await sleep(1)""",
    ],
)
def test_what_a_callback_throws_ends_the_run(cast: Cast, source: str) -> None:
    assert cast(source).error["message"] == "m"


def test_an_error_can_be_changed_and_thrown_on(cast: Cast) -> None:
    source = "try { json.decode('{') } catch (e) { e.message = 'mine'; e.kind = 'tool'; throw e }"
    error = cast(source).error
    assert (error["kind"], error["message"], error["line"]) == ("tool", "mine", 1)


def test_spell_errors_are_for_scripts_too(cast: Cast) -> None:
    source = """
    class Custom extends SpellError {}
    const e = new Custom("m", { kind: "tool", retryable: true });
    export default [e instanceof SpellError, e.kind, e.retryable, e.line, e.file, `${e}`,
      Object.keys(new SpellError("x")).length]
    """
    assert cast(source).value == [True, "tool", True, 3, "spell.js", "SpellError: m", 6]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("node:fs", "fs reads and writes files, without an import"),
        ("axios", "http and fetch are there without an import"),
        ("./mine.js", "look beside the spell"),
    ],
)
def test_a_module_of_others_comes_with_a_hint(cast: Cast, name: str, hint: str) -> None:
    def missing(args: dict[str, Any]) -> Any:
        raise NotFoundError(f"no module '{args['specifier']}' in the spell's folder", hint="look beside the spell")

    assert cast(f"import x from '{name}'", {"module": missing}).error["hint"] == hint
