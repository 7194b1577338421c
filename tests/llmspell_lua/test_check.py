"""Mistakes found without running anything."""
# Lua sources read better on one line

from __future__ import annotations

import pytest

from llmspell.border import Problem
from llmspell_lua import bridge


def found(source: str) -> list[tuple[int, int, str]]:
    return [(p.line, p.column, p.message) for p in bridge.check(source, "spell.lua")]


def test_syntax_errors() -> None:
    assert bridge.check("x = 1\ny = = 2", "spell.lua") == [Problem(2, 5, "unexpected symbol near '='")]
    assert found("if true then") == [(1, 13, "'end' expected near <eof>")]


def test_unknown_globals() -> None:
    assert bridge.check("print(1)\nprnt(2)", "s.lua") == [
        Problem(2, 1, "unknown global prnt; did you mean print?", "warning")
    ]
    assert found("return x + y") == [(1, 8, "unknown global x"), (1, 12, "unknown global y")]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "#!/usr/bin/env llmspell\nprint(1)",
        "x = 5 print(x)",
        "print(x) x = 5",
        "function f() return f end f()",
        "local function f() return f end",
        "local a <const>, b <close> = 1, nil return a, b",
        "for i = 1, 3 do print(i) end for k, v in pairs({}) do print(k, v) end",
        "local t = {name = 1, ['x'] = 2} t.field.other = t.name t:method(t)",
        "function t() end function t.a.b(x) return x end function t:c() return self end",
        "repeat local done = true until done",
        "local f = function(a, ...) return a, ... end return f",
        "goto out ::out::",
        "local x = 1 do local y = x print(y) end",
        "return params, llm, stdin, spell, tools, json, null, array, _G, _VERSION, _ENV",
        "local _ENV = {} anything = 1 return other",
        "global x\nx = 1\nreturn x",
        "while true do local a = 1 if a then break end end",
    ],
)
def test_nothing_to_say(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("do local a = 1 end return a", ["a"]),
        ("local a = a", ["a"]),
        ("for i = 1, i do end return i", ["i", "i"]),
        ("for k in k do end", ["k"]),
        ("return function(x) end, x", ["x"]),
        ("local t = {[key] = val, name = other}", ["key", "val", "other"]),
        ("unknown.field = 1", ["unknown"]),
        ("unknown:method(arg)", ["unknown", "arg"]),
        ("function lost.f() end", ["lost"]),
        ("return io, os, debug", ["io", "debug"]),
    ],
)
def test_scopes(source: str, names: list[str]) -> None:
    assert [message.split()[2].rstrip(";") for _, _, message in found(source)] == names


def test_what_is_nested_too_deeply_to_be_looked_at_is_let_be() -> None:
    assert found("f" + "()" * 5000) == []


def test_nothing_is_run() -> None:
    assert found("while true do end") == []
    assert found("error('x')") == []


def test_what_only_others_have_comes_with_advice() -> None:
    (problem,) = bridge.check("io.write('x')", "a.lua")
    assert problem.message.startswith("unknown global io; fs reads and writes files")


def test_columns_count_characters() -> None:
    assert found("local s = '日本語' .. foo") == [(1, 20, "unknown global foo")]
