"""A spell file as a tool: its header is the schema, and its rights are those of whom it serves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from llmspell import Budget, Host, LlmspellError, Permissions, Spell, spell_tool
from llmspell.agents.context import ToolContext
from llmspell.agents.tools import BaseTool
from llmspell.testing import ScriptedProvider

REPORT = """-- Reports on a month.
-- @param month string the month
-- @param days? integer how many
return { month = params.month, days = params.days or 30, read = pcall(fs.read, params.month) }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.lua"
    path.write_text(REPORT, "utf-8")
    return path


def called(host: Host, tool: BaseTool, context: ToolContext | None = None, **args: Any) -> Any:
    async def wait() -> Any:
        async with host:
            return await tool.call(args, context or ToolContext())

    return asyncio.run(wait())


def test_its_header_is_its_schema(file: Path) -> None:
    tool = spell_tool(Host(), file, approval="ask")
    assert (tool.name, tool.description, tool.approval) == ("report", "Reports on a month.", "ask")
    assert tool.parameters["required"] == ["month"]
    assert tool.parameters["properties"]["days"] == {"type": "integer", "description": "how many"}


def test_it_runs(file: Path) -> None:
    host = Host()
    value = called(host, spell_tool(host, file, isolation="inline"), month="May")
    assert value == {"month": "May", "days": 30, "read": False}


def test_arguments_are_checked(file: Path) -> None:
    host = Host()
    with pytest.raises(LlmspellError, match="month is missing"):
        called(host, spell_tool(host, file))


@pytest.mark.parametrize(("granted", "can"), [(None, True), (Permissions(), False), (Permissions.all(), True)])
def test_it_has_no_more_than_whom_it_serves(file: Path, granted: Permissions | None, can: bool) -> None:
    host = Host(permissions=Permissions(read=(str(file.parent.resolve()),)))
    context = ToolContext(permissions=granted)
    assert called(host, spell_tool(host, file, isolation="inline"), context, month=str(file))["read"] is can


def test_it_spends_from_their_budget(file: Path) -> None:
    file.write_text('return llm():complete("a").text', "utf-8")
    model = ScriptedProvider(["first", "second"], price=0.001)
    host = Host(providers=[model])
    tool = spell_tool(host, file, model="scripted/test", isolation="inline")
    budget = Budget(max_calls=1)
    assert called(host, tool, ToolContext(budget=budget)) == "first"
    assert budget.calls == 1
    with pytest.raises(LlmspellError, match="limit"):
        called(host, tool, ToolContext(budget=budget))


@pytest.mark.parametrize("language", ["lua", "js"])
def test_spells_call_it(file: Path, language: str) -> None:
    sources = {
        "lua": 'return tools.report { month = "May", days = 3 }.days',
        "js": 'export default (await tools.report({ month: "May", days: 3 })).days;',
    }

    async def run() -> Any:
        async with Host() as host:
            host.tool(spell_tool(host, file, isolation="inline"))
            return await host.run(Spell(source=sources[language], language=language, name="a"), isolation="inline")

    assert asyncio.run(run()).value == 3


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LlmspellError):
        spell_tool(Host(), tmp_path / "no.lua")
