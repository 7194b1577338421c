"""`spell`, `stdin`, `sleep`, `module` and the list of methods."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from llmspell.budget import Budget
from llmspell.errors import ArgumentTypeError, InvalidValueError
from llmspell.limits import Limits
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.base import Usage
from llmspell.scriptable.objects import method, methods
from llmspell.usage import RunUsage
from tests.scriptable.fakes import FakeContext


class Input:
    async def read(self) -> str:
        return "all"

    async def lines(self) -> AsyncIterator[str]:
        yield "one"
        yield "two"


def call(context: FakeContext, name: str, **args: Any) -> Any:
    found = method(name)
    assert found is not None
    return found.call(context, args)


async def wait(awaitable: Any) -> Any:
    return await awaitable


async def collect(items: Any) -> list[Any]:
    return [item async for item in items]


def test_usage_and_limits_are_plain_values_without_waiting() -> None:
    context = FakeContext()
    context.limits = Limits(timeout=5)
    context.usage.add(Usage(3, 2), 0.25)
    assert call(context, "spell.usage") == {"calls": 1, "input_tokens": 3, "output_tokens": 2, "cost": 0.25}
    assert call(context, "spell.limits") == {
        "memory": 64 << 20,
        "cpu": 10.0,
        "timeout": 5,
        "max_calls": 10_000,
        "max_output": 10 << 20,
        "max_cost": None,
        "max_tokens": None,
    }


def test_the_budget_tells_what_was_spent_and_what_is_left() -> None:
    context = FakeContext()
    assert call(context, "spell.budget") == {
        "cost": 0.0,
        "max_cost": None,
        "cost_left": None,
        "tokens": 0,
        "max_tokens": None,
        "tokens_left": None,
        "calls": 0,
        "max_calls": 10_000,
        "calls_left": 10_000,
    }
    context.limits = Limits(max_cost=0.5, max_tokens=100)
    context.budget = Budget.of(context.limits, Budget(max_tokens=80, max_calls=5))
    held = context.budget.reserve(0.25, 40)
    assert held is not None
    held.settle(None, 30)
    told = call(context, "spell.budget")
    assert (told["cost"], told["cost_left"], told["max_cost"]) == (0.25, 0.25, 0.5)
    assert (told["tokens"], told["tokens_left"], told["max_tokens"], told["calls_left"]) == (30, 50, 100, 5)
    context.budget.reserve(0.0, 0).settle(0.0, 0)  # type: ignore[union-attr]  # there is room
    assert call(context, "spell.budget")["cost"] == 0.25


def test_another_spell_is_run_with_what_is_left_to_it() -> None:
    options = {"permissions": {"read": ["/"], "net": ["example.com"]}, "max_cost": 0.5, "model": "a/b", "timeout": 2}
    part = asyncio.run(wait(call(FakeContext(), "spell.run", file="x", params=[1], options=options)))
    assert part == {
        "name": "x",
        "params": [1],
        "permissions": Permissions(read=("/",), net=(NetRule("example.com"),)),
        "max_cost": 0.5,
        "model": "a/b",
        "timeout": 2,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"permissions": {"net": ["a b"]}}, r"^run: options\.permissions\.net: 'a b' is no host$"),
        ({"permissions": {"nett": []}}, r"^run: options\.permissions has no field 'nett'$"),
        ({"max_cost": 0}, r"^run: options\.max_cost must be above 0"),
        ({"max_calls": 0}, r"^run: options\.max_calls must be at least 1"),
        ({"timeout": -1}, r"^run: options\.timeout must be above 0"),
    ],
)
def test_what_another_spell_may_do_is_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ArgumentTypeError, InvalidValueError), match=message):
        asyncio.run(wait(call(FakeContext(), "spell.run", file="x", options=options)))


def test_the_price_is_unknown_once_a_part_of_it_is() -> None:
    usage = RunUsage()
    usage.add(Usage(1, 1), 0.5)
    usage.add(Usage(None, None), None)
    usage.add(Usage(1, 1), 0.5)
    assert usage == RunUsage(calls=3, input_tokens=2, output_tokens=2, cost=None)


def test_stdin_gives_text_and_lines() -> None:
    context = FakeContext()
    context.stdin = Input()
    assert asyncio.run(wait(call(context, "stdin.read"))) == "all"
    assert asyncio.run(collect(call(context, "stdin.lines"))) == ["one", "two"]


def test_sleep_waits_and_refuses_nonsense() -> None:
    context = FakeContext()
    assert asyncio.run(wait(call(context, "sleep", seconds=0))) is None
    with pytest.raises(InvalidValueError, match="sleep: seconds must be at least 0"):
        call(context, "sleep", seconds=-1)
    with pytest.raises(ArgumentTypeError, match="sleep: seconds is missing"):
        call(context, "sleep")


def test_modules_are_loaded_without_waiting() -> None:
    assert call(FakeContext(), "module", specifier="m", importer="a.lua") == {"name": "m", "source": "-- for a.lua"}


def test_only_listed_methods_exist() -> None:
    for name in (
        "llm.__init__",
        "llm._request",
        "llm",
        "llm.",
        "spell.name",
        "spell._context",
        "sleep.x",
        "",
        "tools.x",
    ):
        assert method(name) is None
    assert set(methods()) == {
        "llm.complete",
        "llm.stream",
        "llm.embed",
        "llm.extract",
        "llm.classify",
        "agent.run",
        "agent.stream",
        "agent.resume",
        "agent.on",
        "agent.history",
        "agent.reset",
        "agent.save",
        "agent.load",
        "agent.as_tool",
        "tool.call",
        "llm.rerank",
        "llm.image",
        "llm.speak",
        "llm.transcribe",
        "llm.count_tokens",
        "llm.info",
        "http.fetch",
        "http.get",
        "http.head",
        "http.post",
        "http.put",
        "http.patch",
        "http.delete",
        "http.stream",
        "http.lines",
        "http.events",
        "spell.usage",
        "spell.limits",
        "spell.run",
        "spell.budget",
        "stdin.read",
        "mcp.tools",
        "mcp.call",
        "mcp.resources",
        "mcp.templates",
        "mcp.read",
        "mcp.prompts",
        "mcp.prompt",
        "mcp.info",
        "mcp.close",
        "mcp.as_tools",
        "memory.add",
        "memory.load",
        "memory.search",
        "memory.context",
        "memory.delete",
        "memory.count",
        "memory.sources",
        "memory.as_tool",
        "state.get",
        "state.set",
        "state.update",
        "state.delete",
        "state.keys",
        "stdin.lines",
        "fs.read",
        "fs.blob",
        "fs.lines",
        "fs.write",
        "fs.list",
        "fs.stat",
        "fs.exists",
        "fs.glob",
        "fs.make",
        "fs.remove",
        "fs.copy",
        "fs.move",
        "blob.text",
        "blob.base64",
        "blob.from_text",
        "blob.from_base64",
        "blob.hash",
        "blob.slice",
        "blob.concat",
        "blob.free",
        "env.get",
        "env.list",
        "run",
        "sleep",
        "module",
        "tools.call",
    }


def test_streams_are_known_beforehand() -> None:
    assert {name for name, each in methods().items() if each.stream} == {
        "llm.stream",
        "agent.stream",
        "stdin.lines",
        "fs.lines",
        "http.stream",
        "http.lines",
        "http.events",
    }


def test_a_spell_that_calls_no_model_loads_nothing_heavy() -> None:
    code = """
import sys
from llmspell.scriptable.objects import method
method("spell.usage"), method("sleep"), method("module"), method("nothing")
print({"asyncio", "pydantic", "httpx2", "rich", "difflib", "llmspell.providers.base"} & sys.modules.keys())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
