"""Servers as they are configured."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from llmspell.config import load
from llmspell.config_mcp import McpServerConfig, filled
from llmspell.errors import InvalidValueError

TOML = """
[mcp]
file = "more.json"

[mcp.servers.files]
command = "npx"
args = ["-y", "files", "{HOME}/notes"]
env = {LEVEL = "error"}
cwd = "work"
timeout = 5
prefix = "f"
tools = ["read"]
approval = "ask"

[mcp.servers.tickets]
url = "https://tickets.example.com/mcp"
headers = {Authorization = "Bearer {TOKEN}"}
prefix = false
"""
JSON: dict[str, Any] = {
    "mcpServers": {
        "notes": {"command": "notes", "args": [], "env": {"A": "${B}"}, "alwaysAllow": ["x"], "disabled": False},
        "files": {"command": "another"},
        "off": {"command": "off", "disabled": True},
        "far": {"type": "http", "url": "https://far.example.com/mcp", "headers": {}},
    }
}


def servers_of(folder: Path, toml: str = "", listed: Any = None, **overrides: Any) -> dict[str, McpServerConfig]:
    (folder / "llmspell.toml").write_text(toml)
    if listed is not None:
        (folder / "more.json").write_text(listed if isinstance(listed, str) else json.dumps(listed))
    config = load(folder, {"HOME": str(folder)}, overrides)
    return {} if config.mcp is None else config.mcp.every()


def test_nothing_is_configured_by_default(tmp_path: Path):
    assert load(tmp_path, {"HOME": str(tmp_path)}).mcp is None


def test_the_settings_and_the_file_they_name(tmp_path: Path):
    servers = servers_of(tmp_path, TOML, JSON)
    assert sorted(servers) == ["far", "files", "notes", "tickets"]
    assert servers["files"] == McpServerConfig(
        command="npx",
        args=("-y", "files", "{HOME}/notes"),
        env={"LEVEL": "error"},
        cwd=tmp_path / "work",
        timeout=5,
        prefix="f",
        tools=("read",),
        approval="ask",
    )
    assert servers["tickets"].prefix is False
    assert servers["notes"] == McpServerConfig(command="notes", env={"A": "${B}"})
    assert servers["far"] == McpServerConfig(url="https://far.example.com/mcp")


def test_a_file_of_the_command_line(tmp_path: Path):
    (tmp_path / "other.json").write_text('{"servers": {"one": {"command": "one"}}}')
    assert list(servers_of(tmp_path, mcp={"file": str(tmp_path / "other.json")})) == ["one"]


def test_what_may_be_a_key_is_not_shown():
    config = McpServerConfig(command="a", args=("--key=s3cret",), env={"K": "s3cret"}, headers={"A": "s3cret"})
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[mcp.servers.a]\n", "mcp.servers.a must have one of command and url"),
        ('[mcp.servers.a]\ncommand = "a"\nurl = "http://b"\n', "must have one of command and url"),
        ('[mcp.servers.a]\nurl = "http://b"\nargs = ["c"]\n', "args, which does not go with url"),
        ('[mcp.servers.a]\ncommand = "b"\nheaders = {A = "c"}\n', "headers, which does not go with command"),
        ('[mcp.servers.a]\ncommnd = "b"\n', "there is no setting mcp.servers.a.commnd"),
        ('[mcp.servers.a]\nurl = "ftp://b"\n', "must be a URL that begins with http"),
        ('[mcp.servers.a]\ncommand = "a"\napproval = "perhaps"\n', 'must be "allow" or "ask" or "deny"'),
        ('[mcp]\nfile = "nowhere.json"\n', "nowhere.json cannot be read"),
    ],
)
def test_mistakes_in_the_settings(tmp_path: Path, toml, message):
    with pytest.raises(InvalidValueError) as caught:
        servers_of(tmp_path, toml)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("{", "not JSON"),
        ("[]", "lists no servers"),
        ({"mcpServers": []}, "lists no servers"),
        ({"mcpServers": {"a": 1}}, "mcpServers.a must be an object"),
        ({"mcpServers": {"a": {}}}, "mcpServers.a must have one of command and url"),
        ({"mcpServers": {"a": {"type": "sse", "url": "http://b"}}}, "the type 'sse', which is not supported"),
        ({"mcpServers": {"a": {"command": 7}}}, "mcpServers.a.command must be text"),
        ({"mcpServers": {"a\n": {"command": "b"}}}, "has a name that cannot be used"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, listed, message):
    with pytest.raises(InvalidValueError) as caught:
        servers_of(tmp_path, '[mcp]\nfile = "more.json"\n', listed)
    assert message in caught.value.message
    assert "more.json" in caught.value.message


def test_variables():
    environ = {"A": "1", "EMPTY": ""}
    assert filled("{A}${A}{B:-2}{EMPTY:-3} {} {not one} $A", environ, "it") == "1123 {} {not one} $A"
    with pytest.raises(InvalidValueError, match="it needs the variable B"):
        filled("{B}", environ, "it")


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such owner")
def test_a_file_of_somebody_else_names_no_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "llmspell.toml").write_text('[mcp.servers.a]\ncommand = "a"\n')
    owner = (tmp_path / "llmspell.toml").stat().st_uid
    other = SimpleNamespace(st_uid=owner + 1)
    monkeypatch.setattr("os.geteuid", lambda: owner + 2)
    monkeypatch.setattr(Path, "stat", lambda self, **_: other)
    with pytest.raises(InvalidValueError, match="names MCP servers, but belongs to another user"):
        load(tmp_path, {"HOME": str(tmp_path)})
