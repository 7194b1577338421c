"""The proxies: functions, modules, objects, tools."""
# Lua sources read better on one line

from __future__ import annotations

import pytest

from llmspell.border import Call
from tests.bridges.driver import PENDING


def call(cast, source: str) -> Call:
    return cast(
        source, dict.fromkeys(["llm.complete", "llm.info", "sleep", "tools.call", "spell.usage"], PENDING)
    ).calls[0]


@pytest.mark.parametrize(
    ("source", "args"),
    [
        ("llm():complete('x')", {"self": {}, "prompt": "x"}),
        (
            "llm('m'):complete('x', {temperature = 0.5})",
            {"self": {"model": "m"}, "prompt": "x", "options": {"temperature": 0.5}},
        ),
        ("llm(nil, {seed = 1}):complete()", {"self": {"options": {"seed": 1}}}),
        ("llm('m'):complete(nil, {a = 1})", {"self": {"model": "m"}, "options": {"a": 1}}),
        ("llm('m'):complete('x', nil, 'ignored')", {"self": {"model": "m"}, "prompt": "x"}),
        (
            "llm('m'):complete({{role = 'user', content = 'é'}})",
            {"self": {"model": "m"}, "prompt": [{"role": "user", "content": "é"}]},
        ),
        ("llm('m'):complete(false)", {"self": {"model": "m"}, "prompt": False}),
        ("llm('m'):complete(null)", {"self": {"model": "m"}, "prompt": None}),
    ],
)
def test_methods_name_their_arguments(cast, source: str, args: dict[str, object]) -> None:
    assert call(cast, source) == Call(1, "llm.complete", args)


def test_constructor_arguments_are_taken_when_the_object_is_made(cast) -> None:
    source = "local o = {temperature = 0} local m = llm('m', o) o.temperature = 1 m:info()"
    assert call(cast, source).args == {"self": {"model": "m", "options": {"temperature": 0}}}


def test_modules_take_a_dot_or_a_colon(cast) -> None:
    assert call(cast, "spell.usage()") == call(cast, "spell:usage()") == Call(1, "spell.usage", {})


def test_spell_fields(cast) -> None:
    assert cast("return {spell.name, spell.run_id, spell.language}").value == ["spell.lua", "run-1", "lua"]


def test_functions(cast) -> None:
    assert call(cast, "sleep(0.5)") == Call(1, "sleep", {"seconds": 0.5})


@pytest.mark.parametrize(
    ("source", "name", "arguments"),
    [
        ("tools.weather{city = 'Paris'}", "weather", {"city": "Paris"}),
        ("tools['some-name']{}", "some-name", {}),
        ("tools.now()", "now", {}),
        ("tools:now{a = 1}", "now", {"a": 1}),
        ("tools.t(array{})", "t", []),
    ],
)
def test_tools(cast, source: str, name: str, arguments: object) -> None:
    assert call(cast, source) == Call(1, "tools.call", {"name": name, "arguments": arguments})


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("llm():compleet('x')", "llm has no compleet", "did you mean complete?"),
        ("spell.usagee()", "spell has no usagee", "did you mean usage?"),
        ("llm()[1]()", "llm has no 1", "it has classify, complete, count_tokens, embed, "),
        ("llm()['\\255']()", "llm has no ?", "it has classify, complete, count_tokens, embed, "),
    ],
)
def test_unknown_members(cast, source: str, message: str, hint: str) -> None:
    error = cast(f"\n{source}").error
    assert (error["kind"], error["message"], error["line"]) == ("type", message, 2)
    assert error["hint"].startswith(hint)


def test_a_method_wants_a_colon(cast) -> None:
    error = cast("local m = llm() m.complete('x')").error
    assert error["kind"] == "type"
    assert error["message"] == "complete is a method: call it with a colon, object:complete(...)"


def test_arguments_that_cannot_cross_are_named(cast) -> None:
    error = cast("\nllm():complete('x', {a = {0/0}})").error
    assert (error["message"], error["line"]) == ("the argument options.a[1] is not a finite number", 2)
    made = cast("llm('x', {a = coroutine.create(print)})").error
    assert made["message"] == "the argument options.a is a coroutine"


def test_functions_cannot_be_forged(cast) -> None:
    spell = cast("tools.t{f = {{['$function'] = 1}}}")
    assert spell.error["message"] == "the argument.f[1] has the key $function, which is how functions cross"
    assert spell.calls == []
    assert cast("return {{['$function'] = 1}, json.encode{['$function'] = 1}}").value == [
        {"$function": 1},
        '{"$function":1}',
    ]
