"""`llmspell mcp`, and `--mcp-config`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program

NOTES = str(Path(__file__).parents[1] / "mcp/plain.py")


@pytest.fixture(autouse=True)
def servers(home: Path) -> None:
    """A server in the settings, and another in a file of its own."""
    lines = [
        "[mcp.servers.notes]",
        f"command = {json.dumps(sys.executable)}",
        f"args = [{json.dumps(NOTES)}]",
        "[mcp.servers.far]",
        'url = "https://user:s3cret@far.example.com/mcp?key=s3cret"',
    ]
    (home / "llmspell.toml").write_text("\n".join(lines))
    (home / "more.json").write_text(json.dumps({"mcpServers": {"more": {"command": sys.executable, "args": [NOTES]}}}))


def test_list(llmspell: Program):
    outcome = llmspell("mcp", "list")
    assert outcome.code == 0
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        ["NAME", "KIND"],
        ["notes", "stdio"],
        ["far", "http"],
    ]
    assert "https://far.example.com/mcp" in outcome.out
    assert "s3cret" not in outcome.out
    assert [each["name"] for each in llmspell("mcp", "list", "--json", "--mcp-config", "more.json").json] == [
        "more",
        "notes",
        "far",
    ]


def test_list_of_nothing(llmspell: Program, home: Path):
    (home / "llmspell.toml").write_text("")
    assert llmspell("mcp", "list") == (0, "", "no MCP server is configured\n")


def test_show(llmspell: Program):
    outcome = llmspell("mcp", "show", "notes")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("notes 1.2, MCP 2025-06-18\n\ntools:\n  notes_search")
    assert "note://today" in outcome.out
    told = llmspell("mcp", "show", "notes", "--json").json
    assert told["tools"][0]["name"] == "search"
    assert told["prompts"] == [{"name": "summary", "description": "Ask for a summary"}]


def test_call(llmspell: Program):
    assert llmspell("mcp", "call", "notes", "search", "-p", "query=tea").out == "found tea\n"
    assert llmspell("mcp", "call", "notes", "count", "--json").json == {"notes": 2}
    failed = llmspell("mcp", "call", "notes", "forget-all")
    assert (failed.code, "that is not possible" in failed.err) == (1, True)
    unknown = llmspell("mcp", "call", "note", "search")
    assert (unknown.code, "did you mean 'notes'?" in unknown.err) == (2, True)


def test_arguments_are_an_object(llmspell: Program, home: Path):
    (home / "list.json").write_text("[1]")
    outcome = llmspell("mcp", "call", "notes", "search", "--params", "list.json")
    assert (outcome.code, outcome.err.splitlines()[0]) == (2, "error: --params: list.json holds no object")


def test_spells_have_the_servers_of_a_file(llmspell: Program):
    source = "return tools.more_search { query = 'milk' }"
    outcome = llmspell("run", "-e", source, "--lang", "lua", "--mcp-config", "more.json", "--json")
    assert outcome.json["value"] == "found milk"
    without = llmspell("run", "-e", source, "--lang", "lua", "--json")
    assert without.json["error"]["kind"] == "not_found"


def test_no_spell_writes_the_list(llmspell: Program):
    source = "return { tools.more_search { query = 'milk' }, select(2, pcall(fs.write, 'more.json', '{}')).kind }"
    args = ("run", "-e", source, "--lang", "lua", "--mcp-config", "more.json", "--json")
    for folder in (".", "more.json"):
        assert llmspell(*args, f"--allow-write={folder}").json["value"] == ["found milk", "permission"]
