"""Our client against the reference server `everything` from npm, over stdio and HTTP. `make test` installs it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llmspell.agents.context import ToolContext
from llmspell.config_mcp import McpServerConfig
from llmspell.errors import LlmspellError, NotFoundError
from llmspell.mcp.results import parts_of, resource_part
from llmspell.mcp.server import Server
from llmspell.providers.content import Media, Text
from llmspell.system.blobs import Blobs
from tests.mcp.conftest import serving

PROGRAM = Path(__file__).parents[2] / ".venv/node/node_modules/.bin/mcp-server-everything"
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine"),
    pytest.mark.skipif(not PROGRAM.exists(), reason="`make test` installs the server `everything`; it was not run"),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where it listens, over HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = subprocess.Popen(
        [PROGRAM, "streamableHttp"],
        env={"PORT": str(port), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        assert program.stderr is not None
        while line := program.stderr.readline():
            if b"listening" in line:
                break
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        program.kill()
        program.communicate()


@pytest.fixture(params=["stdio", "http"])
def config(request: pytest.FixtureRequest) -> McpServerConfig:
    """The server, reached in either way."""
    if request.param == "stdio":
        return McpServerConfig(command=str(PROGRAM), args=("stdio",), env={"SHOWN": "yes"})
    return McpServerConfig(url=request.getfixturevalue("address"))


@asynccontextmanager
async def everything(config: McpServerConfig) -> AsyncIterator[Server]:
    async with serving(every=config) as servers:
        yield servers.get("every")


async def call(server: Server, name: str, /, **args: Any) -> Any:
    return await (await server.tool(name)).call(args, ToolContext(blobs=Blobs()))


def test_what_it_offers(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            about = await it.about()
            assert about["name"] == "mcp-servers/everything"
            assert about["offers"] == ["tools", "resources", "prompts"]
            tools = await it.tools()
            assert {"every_echo", "every_get_sum", "every_get_tiny_image", "every_get_structured_content"} <= set(tools)
            assert all(tool.description for tool in tools.values())

    asyncio.run(go())


def test_its_tools(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            assert await call(it, "echo", message="hi") == "Echo: hi"
            assert "5" in await call(it, "get-sum", a=2, b=3)
            weather = await call(it, "get-structured-content", location="New York")
            assert set(weather) == {"temperature", "conditions", "humidity"}
            before, image, *_ = await call(it, "get-tiny-image")
            assert (before["type"], image["type"], image["mime"]) == ("text", "image", "image/png")
            assert image["data"]["size"] > 100
            links = await call(it, "get-resource-links", count=2)
            assert links.count("[resource demo://") == 2

    asyncio.run(go())


def test_models_see_its_pictures(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            parts = await (await it.tool("get-tiny-image")).run({}, ToolContext())
            assert any(isinstance(part, Text) for part in parts)
            assert [part.mime for part in parts if isinstance(part, Media)] == ["image/png"]

    asyncio.run(go())


def test_its_resources(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            listed = [resource.uri for resource in await it.resources()]
            assert "demo://resource/static/document/features.md" in listed
            assert len(await it.templates()) == 2
            (text,) = map(resource_part, await it.read("demo://resource/dynamic/text/1"))
            assert isinstance(text, Text)
            (blob,) = map(resource_part, await it.read("demo://resource/dynamic/blob/1"))
            assert isinstance(blob, Media)
            assert blob.data
            with pytest.raises(NotFoundError, match="has no resource 'demo://nothing'"):
                await it.read("demo://nothing")

    asyncio.run(go())


def test_its_prompts(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            names = [prompt.name for prompt in await it.prompts()]
            assert {"simple-prompt", "args-prompt"} <= set(names)
            told = await it.prompt("args-prompt", {"city": "Rome"})
            (part,) = parts_of([told.messages[0].content])
            assert isinstance(part, Text)
            assert "Rome" in part.text

    asyncio.run(go())


def test_its_long_work_tells_of_progress_and_can_be_left(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            done = await call(it, "trigger-long-running-operation", duration=0.2, steps=4)
            assert "completed" in done
            slow = asyncio.create_task(call(it, "trigger-long-running-operation", duration=60, steps=2))
            await call(it, "echo", message="meanwhile")
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            assert await call(it, "echo", message="after") == "Echo: after"

    asyncio.run(go())


def test_wrong_arguments_do_not_reach_it(config: McpServerConfig):
    async def go():
        async with everything(config) as it:
            with pytest.raises(LlmspellError, match="every_get_sum: b is missing") as caught:
                await call(it, "get-sum", a=2)
            assert caught.value.kind == "type"

    asyncio.run(go())
