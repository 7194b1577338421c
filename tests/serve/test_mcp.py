"""The official client against our server, over stdio and HTTP."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

GREET = """-- Greets somebody.
-- @param name string whom to greet
-- @param loud? boolean
local text = "hello " .. params.name
return params.loud and text:upper() or text
"""
SUM = """// Adds numbers up.
// @name add_up
// @param numbers number[] what to add
export default { total: params.numbers.reduce((a, b) => a + b, 0) };
"""
PRINT = 'print("one")\nprint("two")\nreturn { 1, 2 }\n'
DOT = 'return blob.from_base64("iVBORw0KGgo=", "image/png")\n'
FAIL = 'error("no more")\n'
READ = '-- @allow read notes.txt "to sum them up"\nreturn fs.read("notes.txt")\n'
ENDLESS = "while true do end\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    spells = tmp_path / "spells"
    spells.mkdir()
    written = {"greet.lua": GREET, "sum.js": SUM, "print-it.lua": PRINT, "dot.lua": DOT, "fail.lua": FAIL}
    for name, source in {**written, "_module.lua": "return {}", "readme.md": "no spell"}.items():
        (spells / name).write_text(source)
    (tmp_path / "notes.txt").write_text("milk")
    (tmp_path / "read.lua").write_text(READ)
    (tmp_path / "endless.lua").write_text(ENDLESS)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMSPELL_")}
    return kept | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


@asynccontextmanager
async def client_of(folder: Path, *args: str, mode: str = "auto") -> AsyncIterator[Client]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "llmspell", "serve", "--mcp", *args], cwd=folder, env=environment(folder)
    )
    async with Client(server, mode=mode, read_timeout_seconds=60) as client:
        yield client


async def text_of(client: Client, name: str, /, **args: Any) -> str:
    result = await client.call_tool(name, args)
    assert not result.is_error, result
    return result.content[0].text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_spells_are_tools(folder: Path, mode: str):
    async def go():
        async with client_of(folder, "spells", mode=mode) as client:
            assert client.server_info is not None
            assert client.server_info.name == "llmspell"
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert sorted(tools) == ["add_up", "dot", "fail", "greet", "print_it"]
            assert tools["greet"].description == "Greets somebody."
            assert tools["greet"].input_schema["required"] == ["name"]
            assert await text_of(client, "greet", name="Ada") == "hello Ada"
            assert await text_of(client, "greet", name="Ada", loud=True) == "HELLO ADA"
            assert (await client.call_tool("add_up", {"numbers": [1, 2.5]})).structured_content == {"total": 3.5}

    asyncio.run(go())


def test_what_spells_print_and_draw(folder: Path):
    async def go():
        async with client_of(folder, "spells") as client:
            printed = await client.call_tool("print_it", {})
            assert [part.text for part in printed.content] == ["one\ntwo", "[1, 2]"]
            (dot,) = (await client.call_tool("dot", {})).content
            assert (dot.type, dot.mime_type, dot.data) == ("image", "image/png", "iVBORw0KGgo=")

    asyncio.run(go())


def test_what_goes_wrong_is_told_to_the_client(folder: Path):
    async def go():
        async with client_of(folder, "spells") as client:
            failed = await client.call_tool("fail", {})
            assert failed.is_error
            assert "no more" in failed.content[0].text
            wrong = await client.call_tool("greet", {"nam": "Ada"})
            assert wrong.is_error
            assert "name is missing" in wrong.content[0].text
            unknown = await client.call_tool("gret", {})
            assert unknown.is_error
            assert "greet" in unknown.content[0].text

    asyncio.run(go())


def test_tools_and_permissions(folder: Path):
    async def go():
        args = ["read.lua", "--tool", "calculator", "--tool", "read_file", "--allow-read=notes.txt"]
        async with client_of(folder, *args) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["read", "calculator", "read_file"]
            assert await text_of(client, "read") == "milk"
            assert "42" in await text_of(client, "calculator", expression="6 * 7")
            refused = await client.call_tool("read_file", {"path": str(folder / "read.lua")})
            assert refused.is_error

    asyncio.run(go())


def test_limits_hold_for_each_call(folder: Path):
    async def go():
        async with client_of(folder, "endless.lua", "--timeout", "0.5") as client:
            for _ in range(2):
                result = await client.call_tool("endless", {})
                assert result.is_error
                assert "0.5 s" in result.content[0].text

    asyncio.run(go())


@contextmanager
def over_http(folder: Path, *args: str, **variables: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "llmspell", "serve", "--mcp", "spells", "--http", str(port), *args]
    server = subprocess.Popen(
        command, cwd=folder, env=environment(folder) | variables, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert server.stderr is not None
        told = server.stderr.readline().decode()
        assert told == f"5 tools at http://127.0.0.1:{port}/mcp\n"
        yield f"http://127.0.0.1:{port}/mcp"
        server.send_signal(2)
        assert server.wait(20) in (0, 130)
    finally:
        server.kill()
        server.communicate()


def test_over_http(folder: Path):
    async def go(url: str):
        for mode in ("auto", "legacy"):
            async with Client(url, mode=mode, read_timeout_seconds=60) as client:
                assert await text_of(client, "greet", name="Ada") == "hello Ada"
                both = await asyncio.gather(*(text_of(client, "greet", name=str(each)) for each in range(5)))
                assert both == [f"hello {each}" for each in range(5)]

    with over_http(folder) as url:
        asyncio.run(go(url))
        elsewhere = httpx2.post(url, json={}, headers={"host": "evil.example.com"}, trust_env=False)
        assert elsewhere.status_code == 421
        page = httpx2.post(url, json={}, headers={"origin": "https://evil.example.com"}, trust_env=False)
        assert page.status_code == 403


def test_a_token_is_asked_for(folder: Path):
    async def go(url: str):
        headers = {"authorization": "Bearer s3cret"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            assert await text_of(client, "greet", name="Ada") == "hello Ada"

    with over_http(folder, "--token-env", "GATE", GATE="s3cret") as url:
        asyncio.run(go(url))
        for given in ({}, {"authorization": "Bearer other"}):
            assert httpx2.post(url, json={}, headers=given, trust_env=False).status_code == 401


def test_it_ends_with_its_client(folder: Path):
    command = [sys.executable, "-m", "llmspell", "serve", "--mcp", "spells"]
    ended = subprocess.run(command, cwd=folder, env=environment(folder), input=b"", capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"", b"")


def test_a_person_who_starts_it_is_told_for_whom_it_is(folder: Path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "llmspell", "serve", "--mcp", "spells/greet.lua"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        os.close(theirs)
        assert server.stderr is not None
        told = server.stderr.readline()
        os.write(ours, b"\x04")
        assert server.wait(30) == 0
    os.close(ours)
    assert told == b"1 tool for a program that starts this one and speaks MCP; Ctrl-D ends it\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["spells"], "say what to speak: --mcp"),
        (["--mcp"], "there is nothing to offer"),
        (["--mcp", "nowhere"], "no file 'nowhere'"),
        (["--mcp", "."], "needs more than it was given"),
        (["--mcp", "spells", "--tool", "calculatr"], "did you mean 'calculator'?"),
        (["--mcp", "spells", "spells/greet.lua"], "two tools are called 'greet'"),
        (["--mcp", "spells", "--http", "8000", "--host", "192.0.2.1"], "lets other machines in"),
        (["--mcp", "spells", "--token-env", "A"], "--token-env goes with --http"),
        (["--mcp", "spells", "--http", "8000", "--token-env", "NOT_SET"], "the variable NOT_SET is not set"),
    ],
)
def test_mistakes(folder: Path, monkeypatch, capsys, args, message):
    from llmspell.cli.app import execute

    monkeypatch.chdir(folder)
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    assert execute(["serve", *args]) in (1, 2)
    assert message in capsys.readouterr().err
