"""Chunks: pieces of code of one session, which keep what they declare and have a value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.llmspell_js.conftest import Cast

MAIN = """
const values = [];
for (let i = 0; i < COUNT; i++)
  try { values.push((await import(`chunk ${i}`)).default ?? null); }
  catch (error) { values.push([error.message, error.file ?? null, error.line ?? null]); }
export default values;
"""


def session(cast: Cast, *chunks: str) -> Any:
    """The value of each chunk, or its error with file and line."""

    def module(args: dict[str, Any]) -> Any:
        number = int(args["specifier"].removeprefix("chunk "))
        return {"name": f"chunk {number}", "source": chunks[number], "chunk": "yes"}

    return cast(MAIN.replace("COUNT", str(len(chunks))), {"module": module, "sleep": None}).value


@pytest.mark.parametrize(
    ("chunk", "value"),
    [
        ("1 + 1", 2),
        ("1 + 1;", 2),
        ("1; 2", 2),
        ("2 // two\n/* is the value */", 2),
        ("`a${1}`", "a1"),
        ("'é€😀'; 'é€😀'", "é€😀"),
        ("({ a: 1 })", {"a": 1}),
        ("[1, 2]\n  .map((n) => n * 2)", [2, 4]),
        ("await sleep(0); 3", 3),
        ("await Promise.resolve(4)", 4),
        ("Promise.resolve(5)", 5),
        ("let x; x = 6", 6),
        ("return 7", 7),
        ("if (true) return 8; 9", 8),
        ("const f = () => 10; f()", 10),
        ("const a = 1;", None),
        ("for (const a of [1]) a;", None),
        ("", None),
        ("   \n\n", None),
        ("'use strict'; 11", 11),
        ("undeclared = 12", 12),
        ("null", None),
    ],
)
def test_values(cast: Cast, chunk: str, value: object) -> None:
    assert session(cast, chunk) == [value]


@pytest.mark.parametrize(
    ("chunks", "value"),
    [
        (("const a = 1;", "a + 1"), 2),
        (("let a = 1;", "a = 5;", "a"), 5),
        (("var a = 1;", "a++", "a"), 2),
        (("a = 1", "a"), 1),
        (("function f() { return 3; }", "f()"), 3),
        (("async function f() { return 3; }", "await f()"), 3),
        (("function* f() { yield 3; }", "[...f()]"), [3]),
        (("class A { b = 4 }", "new A().b"), 4),
        (("const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3], f: 4 };", "[a, c, d, e]"), [1, 2, [3], {"f": 4}]),
        (("const a = 1, b = 2;", "a + b"), 3),
        (("let n = 0; const more = () => ++n;", "more(); more();", "n = 10;", "more()"), 11),
        (("const a = 1;", "const a = 2;", "a"), 2),
        (("const a = 1;", "let a = a2(); function a2() { return 7; }", "a"), 7),
        (("let a = await Promise.resolve(5);", "a"), 5),
        (("{ const hidden = 1; }", "typeof hidden"), "undefined"),
        (("let kept = 1; throw new Error('x')", "kept"), 1),
    ],
)
def test_what_is_declared_stays(cast: Cast, chunks: tuple[str, ...], value: object) -> None:
    assert session(cast, *chunks)[-1] == value


@pytest.mark.parametrize(
    ("chunk", "message", "line"),
    [
        ("let a = 1;\n\nlet b = = 2;", "SyntaxError", 3),
        ("if (1) {\n  2", "the source ends too early", 2),
        ("}\n", "SyntaxError", 1),
        ("const a = 1;\nconst a = 2;", "SyntaxError", 2),
        ("import x from 'y'", "SyntaxError", 1),
        ("export default 1", "SyntaxError", 1),
        ("'\0'", "NUL", 1),
    ],
)
def test_what_is_no_javascript_has_its_line(cast: Cast, chunk: str, message: str, line: int) -> None:
    [(told, file, where)] = session(cast, chunk)
    assert message in told
    assert (file, where) == ("chunk 0", line)


def test_constants_stay_constant(cast: Cast) -> None:
    assert "read-only" in session(cast, "const a = 1;", "a = 2")[1][0]


@pytest.mark.parametrize(
    "chunk", ["}); (() => {", "}}}); evil(); (function () { with ({}) { return async function () {"]
)
def test_brackets_that_do_not_match_are_an_error(cast: Cast, chunk: str) -> None:
    values = session(cast, chunk, "1 + 1")
    assert "SyntaxError" in json.dumps(values[0])
    assert values[1] == 2


def test_names_of_objects_are_no_names_of_chunks(cast: Cast) -> None:
    assert session(cast, "typeof toString", "typeof hasOwnProperty", "typeof constructor") == ["function"] * 3


def test_chunks_do_not_see_what_the_spell_declares(cast: Cast) -> None:
    assert session(cast, "typeof values", "typeof $load$") == ["undefined", "function"]
