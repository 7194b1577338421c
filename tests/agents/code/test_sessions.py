"""Code mode from Python: what a model's code can do, and what comes back to the model."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmspell import Host
from llmspell.agents import Agent, AgentResult
from llmspell.agents.code import Code
from llmspell.providers.content import ToolResult
from llmspell.testing import ScriptedProvider
from tests.agents.models import calls

LANGUAGES = ("js", "lua")


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def boom(what: str) -> str:
    """Fail."""
    raise ValueError(f"no {what}")


def told(result: AgentResult) -> list[tuple[bool, str]]:
    """What the model was told of each call: whether it is an error, and the text."""
    parts = [part for message in result.messages for part in message.parts if isinstance(part, ToolResult)]
    return [(part.is_error, "".join(getattr(each, "text", "") for each in part.parts)) for part in parts]


def session(
    language: str, *pieces: str, tools: Any = (add, boom), run: dict[str, Any] | None = None, **options: Any
) -> AgentResult:
    """A run of an agent whose model writes these pieces of code, one each turn."""

    async def go() -> AgentResult:
        async with Host() as host:
            code = Code(language=language, runner=host.code_runner, **options.pop("code", {}))  # type: ignore[arg-type]
            provider = ScriptedProvider([*(calls(("run_code", {"code": piece})) for piece in pieces), "done"])
            return await Agent((provider, "t"), tools=tools, code=code, **options).run("go", **run or {})

    return asyncio.run(go())


PAIRS: dict[str, tuple[list[str], list[str], list[tuple[bool, str]]]] = {
    "a tool's value is a value": (
        ["const sum = await tools.add({ a: 1, b: 2 });\nreturn { sum, twice: sum * 2 };"],
        ["local sum = tools.add { a = 1, b = 2 }\nreturn { sum = sum, twice = sum * 2 }"],
        [(False, '{"sum": 3, "twice": 6}')],
    ),
    "an expression is its value": (["1 + 1", '"text"'], ["1 + 1", '"text"'], [(False, "2"), (False, "text")]),
    "what is printed comes before the value": (
        ['print("one", 2);\nprint("three");\n4'],
        ['print("one", 2)\nprint("three")\nreturn 4'],
        [(False, "one 2\nthree\n=> 4")],
    ),
    "printing alone is enough": (['print("all")'], ['print("all")'], [(False, "all")]),
    "nothing is null": (["const a = 1;"], ["local a = 1"], [(False, "null")]),
    "state is kept": (
        [
            "const { a, b: [c] } = { a: 1, b: [2] };\nlet n = 1; function more() { return ++n; }",
            "more(); more()",
            "[a, c, n]",
        ],
        [
            "a, c = 1, 2\nlocal n = 1 function more() n = n + 1 return n end kept = function() return n end",
            "more() return more()",
            "return { a, c, kept() }",
        ],
        [(False, "null"), (False, "3"), (False, "[1, 2, 3]")],
    ),
    "a thrown error has its line": (
        ["const a = 1;\n\na.b.c();"],
        ["local a = {}\n\na.b.c()"],
        [(True, "at line 3: a.b.c()")],
    ),
    "an error of earlier code has its line there": (
        ["const f = (x) =>\n  x.y.z;", "let one = 1;\nf({})"],
        ["function f(x)\n  return x.y.z end", "local one = 1\nf({})"],
        [(False, "null"), (True, "at line 2 of code 1: ")],
    ),
    "a syntax error has its line": (
        ["let a = 1;\nlet b = = 2;"],
        ["local a = 1\nlocal b = = 2"],
        [(True, "at line 2: ")],
    ),
    "what ends too early has a line": (["if (true) {\n  1"], ["if true then\n  x = 1"], [(True, "at line 2")]),
    "a tool that fails can be caught": (
        ["try { await tools.boom({ what: 'way' }); } catch (error) { return error.message; }"],
        ["local ok, problem = pcall(tools.boom, { what = 'way' })\nreturn problem.message"],
        [(False, "tool boom failed: no way")],
    ),
    "a tool that fails and is not caught": (
        ["let one = 1;\nawait tools.boom({ what: 'way' });"],
        ["local one = 1\ntools.boom { what = 'way' }"],
        [(True, "tool boom failed: no way\n  at line 2: ")],
    ),
    "wrong arguments": (
        ["await tools.add({ a: 'x', b: 1 })"],
        ["return tools.add { a = 'x', b = 1 }"],
        [(True, "The arguments are wrong: add: a must be a valid integer")],
    ),
    "a tool that was not granted": (
        ["await tools.launch({})"],
        ["return tools.launch {}"],
        [(True, "There is no tool 'launch'. The tools are: add, boom.\n  at line 1")],
    ),
    "what other spells have, with the hint before the place": (
        ["let one = 1;\nawait fs.read('a')"],
        ["local one = 1\nfs.read('a')"],
        [(True, "code may not use fs.read (it reaches its tools and nothing else)\n  at line 2: ")],
    ),
    "a failure leaves the rest of the state": (
        ["keep = 7; nothing.at.all"],
        ["keep = 7 return nothing.at.all"],
        [(True, "nothing")],
    ),
    "several at once": (
        ["await Promise.all([1, 2, 3].map((n) => tools.add({ a: n, b: n })))"],
        ["return map({ 1, 2, 3 }, function(n) return tools.add { a = n, b = n } end)"],
        [(False, "[2, 4, 6]")],
    ),
    "no text": (["", "// nothing"], ["", "-- nothing"], [(False, "null"), (False, "null")]),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAIRS)
def test_what_the_model_is_told(name: str, language: str) -> None:
    js, lua, expected = PAIRS[name]
    result = session(language, *(js if language == "js" else lua))
    found = told(result)
    assert result.reason == "done"
    assert len(found) == len(expected)
    for (failed, text), (should_fail, part) in zip(found, expected, strict=True):
        assert failed is should_fail, text
        assert part in text.replace("\t", " ") if should_fail else part == text.replace("\t", " ")


# Answers that code gives


FINISH = {
    "js": "const sum = await tools.add({ a: 40, b: 2 });\nawait tools.finish({ answer: `It is ${sum}.` });",
    "lua": "local sum = tools.add { a = 40, b = 2 }\ntools.finish { answer = 'It is ' .. sum .. '.' }",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_that_finishes_saves_a_turn(language: str) -> None:
    result = session(language, FINISH[language])
    assert (result.reason, result.text, result.turns) == ("done", "It is 42.", 1)
    assert [message.role for message in result.messages] == ["user", "assistant", "tool", "assistant"]
    assert told(result) == [(False, "Taken as the answer.")]


def test_structured_answers_are_checked() -> None:
    wrong, right = "await tools.finish({ answer: { sum: 'x' } })", "await tools.finish({ answer: { sum: 42 } })"
    result = session("js", wrong, right, output={"sum": "integer"})
    assert (result.reason, result.data, result.turns) == ("done", {"sum": 42}, 2)
    assert "does not fit" in result.messages[-4].text


def test_an_answer_of_code_that_fails_afterwards_is_none() -> None:
    result = session("js", "await tools.finish({ answer: 'early' }); nothing()")
    assert (result.text, result.turns) == ("done", 2)


@pytest.mark.parametrize("answer", ["", "null", "' '"])
def test_an_empty_answer_is_refused(answer: str) -> None:
    found = told(session("js", f"await tools.finish({{ answer: {answer or 'undefined'} }})"))
    assert "there is no answer in this" in found[0][1]


def test_a_tool_that_is_called_finish_stays_one() -> None:
    def finish(coat: str) -> str:
        """Finish a painting."""
        return f"{coat} on it"

    result = session(
        "js", "await tools.finish_run({ answer: await tools.finish({ coat: 'varnish' }) })", tools=[finish]
    )
    assert (result.text, result.turns) == ("varnish on it", 1)
