"""What the tools of agents may reach."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmspell import Host, Permissions, spell_tool
from llmspell.agents import Agent, AgentResult
from llmspell.errors import PermissionDeniedError
from llmspell.testing import Reply, ScriptedProvider
from llmspell.tools import builtin
from tests.agents.models import agent, calls


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.txt").write_text(name)
    return tmp_path.resolve()


def reading(*folders: Path, **others: Any) -> Permissions:
    return Permissions(read=tuple(map(str, folders)), **others)


def told(result: AgentResult) -> list[bool]:
    """Whether each call of a tool was refused."""
    return [each.is_error for message in result.messages for each in message.tool_results]


def reads(*files: Path) -> Reply:
    return calls(*(("read_file", {"path": str(file)}) for file in files))


def hosted(replies: list[Reply], granted: Permissions, **options: Any) -> AgentResult:
    async def run() -> AgentResult:
        async with Host(providers=[ScriptedProvider(replies)], permissions=granted) as host:
            return await host.agent("scripted/m", **options).run("?")

    return asyncio.run(run())


def test_an_agent_may_do_less_than_its_host(folder: Path) -> None:
    wanted = reads(folder / "a" / "file.txt", folder / "b" / "file.txt")
    options = {"tools": ["read_file"], "permissions": reading(folder / "a")}
    assert told(hosted([wanted, "ok"], reading(folder), **options)) == [False, True]


def test_an_agent_never_may_do_more_than_its_host(folder: Path) -> None:
    wanted = reads(folder / "a" / "file.txt", folder / "b" / "file.txt")
    options = {"tools": ["read_file"], "permissions": reading(folder)}
    assert told(hosted([wanted, "ok"], reading(folder / "b"), **options)) == [True, False]
    assert told(hosted([wanted, "ok"], Permissions(), **options)) == [True, True]


def test_a_tool_that_may_touch_nothing_is_given_nothing(folder: Path) -> None:
    made, _ = agent(reads(folder / "a" / "file.txt"), "ok", tools=[builtin("read_file")], permissions=reading(folder))
    assert told(asyncio.run(made.run("?"))) == [True]


def test_agents_inside_have_what_both_leave(folder: Path) -> None:
    wanted = reads(folder / "a" / "file.txt", folder / "b" / "file.txt")
    tool = builtin("read_file", permissions=reading(folder))
    seen: list[AgentResult] = []
    inner, _ = agent(wanted, "ok", tools=[tool], name="inner", permissions=reading(folder / "a"))
    inner.on("finish", lambda event: seen.append(event.result))
    outer, _ = agent(
        calls(("inner", {"prompt": "x"})), "ok", tools=[inner.as_tool()], permissions=reading(folder / "b")
    )
    asyncio.run(outer.run("?"))
    assert told(seen[0]) == [True, True]


def test_spells_as_tools_have_no_more(folder: Path) -> None:
    spell = folder / "look.lua"
    spell.write_text("-- @param path string\nreturn fs.read(params.path)")

    async def run() -> AgentResult:
        provider = ScriptedProvider(
            [calls(*(("look", {"path": str(folder / each / "file.txt")}) for each in "ab")), "ok"]
        )
        async with Host(providers=[provider], permissions=reading(folder)) as host:
            tools = [spell_tool(host, spell)]
            return await host.agent("scripted/m", tools=tools, permissions=reading(folder / "a")).run("?")

    assert told(asyncio.run(run())) == [False, True]


def test_a_model_or_a_tool_beyond_them_does_not_run() -> None:
    def add(a: int, b: int) -> int:
        return a + b

    for permissions, said in (
        (Permissions(models=("other/*",)), "use the model 'scripted/test'"),
        (Permissions(tools=("multiply",)), "call the tool 'add'"),
    ):
        made, model = agent("never", tools=[add], permissions=permissions)
        with pytest.raises(PermissionDeniedError, match=said):
            asyncio.run(made.run("?"))
        assert model.requests == []
        with pytest.raises(PermissionDeniedError, match=said.replace("test", "m")):
            hosted(["never"], Permissions(), tools=[add], permissions=permissions)


def test_an_alias_may_be_what_they_name() -> None:
    from llmspell import Config

    async def run() -> AgentResult:
        provider = ScriptedProvider(["ok"])
        async with Host(Config(aliases={"fast": "scripted/m"}), providers=[provider]) as host:
            return await host.agent("fast", permissions=Permissions(models=("fast",))).run("?")

    assert asyncio.run(run()).text == "ok"


def test_an_agent_inside_whose_tools_are_beyond_them_is_a_failed_call() -> None:
    def add(a: int, b: int) -> int:
        return a + b

    inner: Agent
    inner, model = agent("never", tools=[add], name="inner")
    outer, _ = agent(
        calls(("inner", {"prompt": "x"})), "ok", tools=[inner.as_tool()], permissions=Permissions(tools=("inner",))
    )
    result = asyncio.run(outer.run("?"))
    assert (told(result), model.requests) == ([True], [])
