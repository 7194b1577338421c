"""Servers that die, hang, flood or lie: an error of that call, and the next one works again."""

from __future__ import annotations

import asyncio
import time

import pytest

from llmspell.agents.context import ToolContext
from llmspell.config_mcp import McpServerConfig
from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError
from tests.mcp.conftest import Making, config_of, serving


def outcome(server: Making, how: str, *args: str, **options):
    """The error of a call."""

    async def go():
        async with server("rogue.py", how, *args, **options) as it:
            with pytest.raises(LlmspellError) as caught:
                await (await it.tool("act")).call({}, ToolContext())
            return caught.value

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ("dies-at-once", "network", "ended before it had answered: it ended with the exit code 1: no licence"),
        ("long-line", "network", "sent a message of more than 32 MiB"),
        ("flood", "network", "more messages than anybody asked for"),
        ("noise", "network", "more messages than anybody asked for"),
        ("no-result", "provider", "answered with what is not MCP"),
        ("bad-base64", "provider", "bytes that are not base64"),
        ("lies-about-tools", "provider", "answered with what is not MCP"),
        ("lies-about-itself", "provider", "answered with what is not MCP"),
        ("bad-schema", "value", "its JSON Schema is not valid"),
        ("circle", "provider", "lists tools without end"),
        ("endless-pages", "provider", "lists tools without end"),
    ],
)
def test_what_it_does_is_an_error_of_the_call(server: Making, how, kind, message):
    error = outcome(server, how)
    assert (error.kind, message in error.message) == (kind, True), error.message


@pytest.mark.parametrize("how", ["silent", "sleeps"])
def test_one_that_hangs_is_given_up(server: Making, how):
    started = time.monotonic()
    error = outcome(server, how, timeout=0.3)
    assert (error.kind, error.retryable) == ("timeout", True)
    assert "did not answer within 0.3 s" in error.message
    assert time.monotonic() - started < 30


def test_one_that_never_speaks(server: Making, monkeypatch):
    monkeypatch.setattr("llmspell.mcp.server.START_TIMEOUT", 0.5)
    error = outcome(server, "never-speaks", timeout=0.2)
    assert (error.kind, "did not begin to speak MCP" in error.message) == ("timeout", True)


@pytest.mark.parametrize("how", ["babble", "asks", "polite"])
def test_what_does_no_harm_is_passed_over(server: Making, how):
    async def go():
        async with server("rogue.py", how) as it:
            assert await (await it.tool("act")).call({}, ToolContext()) == "done"

    asyncio.run(go())


def test_one_that_died_is_started_again(server: Making, tmp_path):
    async def go():
        async with server("rogue.py", "dies-once", str(tmp_path / "mark")) as it:
            tool = await it.tool("act")
            with pytest.raises(LlmspellError, match="exit code 4: out of cheese") as caught:
                await tool.call({}, ToolContext())
            assert caught.value.retryable
            assert await tool.call({}, ToolContext()) == "done"

    asyncio.run(go())


def test_one_that_hung_is_started_again(server: Making, monkeypatch):
    monkeypatch.setattr("llmspell.mcp.server._PROBE", 0.3)

    async def go():
        async with server("rogue.py", "sleeps", timeout=0.3) as it:
            tool = await it.tool("act")
            with pytest.raises(LlmspellError, match="did not answer"):
                await tool.call({}, ToolContext())
            assert list(await it.tools()) == ["it_act"]

    asyncio.run(go())


def test_all_pages_are_read(server: Making):
    async def go():
        async with server("rogue.py", "pages") as it:
            assert list(await it.tools()) == [f"it_tool{number}" for number in range(5)]

    asyncio.run(go())


def test_names_become_usable_and_differ(server: Making):
    async def go():
        async with server("rogue.py", "alike", prefix=False) as it:
            names = list(await it.tools())
            assert names[:5] == ["a_b", "a_b_2", "a_b_3", "end_tool", "_1st"]
            assert [len(name) for name in names[5:]] == [64, 64]
            assert len(set(names)) == len(names)

    asyncio.run(go())


def test_changed_tools_are_asked_for_again(server: Making):
    async def go():
        async with server("rogue.py", "changes") as it:
            tool = await it.tool("act")
            await tool.call({}, ToolContext())
            for _ in range(100):
                if len(await it.tools()) == 2:
                    break
                await asyncio.sleep(0.01)
            assert list(await it.tools()) == ["it_act", "it_more"]

    asyncio.run(go())


def test_a_program_that_is_not_there():
    async def go():
        async with serving(it=McpServerConfig(command="no-such-program")) as servers:
            with pytest.raises(NotFoundError, match="the MCP server it: there is no program 'no-such-program'"):
                await servers.get("it").tools()

    asyncio.run(go())


def test_a_variable_that_is_not_set(monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)

    async def go():
        async with serving(it=config_of("sample.py", env={"A": "${NOT_SET}"})) as servers:
            with pytest.raises(InvalidValueError, match="needs the variable NOT_SET"):
                await servers.get("it").tools()

    asyncio.run(go())
