"""Our client against a server of the official SDK, over stdio."""

from __future__ import annotations

import asyncio
import os

import pytest

from llmspell.agents.context import ToolContext
from llmspell.errors import ArgumentTypeError, InvalidValueError, NotFoundError, ToolError
from llmspell.mcp.results import records_of, resource_part
from llmspell.mcp.tool import RemoteTool
from llmspell.providers.content import Media, Text
from llmspell.system.blobs import Blobs
from tests.mcp.conftest import Making, config_of, serving
from tests.mcp.sample import PIXEL


async def value(server, name, /, **args):
    return await (await server.tool(name)).call(args, ToolContext())


def test_tools_are_described(server: Making):
    async def go():
        async with server("sample.py") as it:
            tools = await it.tools()
            assert list(tools)[:2] == ["it_add", "it_greet"]
            add = tools["it_add"]
            assert (add.remote_name, add.description) == ("add", "Add two numbers.")
            assert add.parameters["properties"]["a"]["type"] == "number"
            assert add.parameters["required"] == ["a", "b"]
            assert "it_strange_name_v2" in tools
            assert (await it.about())["instructions"] == "Be kind to it."

    asyncio.run(go())


def test_results_as_values(server: Making):
    async def go():
        async with server("sample.py") as it:
            assert await value(it, "add", a=1, b=2) == {"result": 3}
            assert await value(it, "greet") == "hello you"
            assert await value(it, "weather", city="Rome") == {"city": "Rome", "degrees": 21.5}
            assert await value(it, "strange-name.v2") == "strange"
            assert await value(it, "steps", count=3) == "3 steps"

    asyncio.run(go())


def test_pictures_are_blobs_for_spells_and_media_for_models(server: Making):
    async def go():
        async with server("sample.py") as it:
            tool, blobs = await it.tool("picture"), Blobs()
            text, image = await tool.call({"caption": "a dot"}, ToolContext(blobs=blobs))
            assert text == {"type": "text", "text": "a dot"}
            assert blobs.get(image["data"]) == (PIXEL, "image/png")
            assert (image["type"], image["mime"]) == ("image", "image/png")
            parts = await tool.run({"caption": "a dot"}, ToolContext())
            assert parts == [Text("a dot"), Media(kind="image", mime="image/png", data=PIXEL)]

    asyncio.run(go())


def test_models_read_texts(server: Making):
    async def go():
        async with server("sample.py") as it:
            assert await (await it.tool("greet")).run({"name": "Ada"}, ToolContext()) == [Text("hello Ada")]

    asyncio.run(go())


def test_arguments_are_checked_before_the_server_sees_them(server: Making):
    async def go():
        async with server("sample.py") as it:
            with pytest.raises(ArgumentTypeError, match="b is missing"):
                await value(it, "add", a=1)

    asyncio.run(go())


def test_a_tool_that_fails(server: Making):
    async def go():
        async with server("sample.py") as it:
            with pytest.raises(ToolError, match=r"tool fail failed: .*fail"):
                await value(it, "fail", why="because")
            assert await value(it, "greet") == "hello you"

    asyncio.run(go())


def test_tools_that_are_not_there(server: Making):
    async def go():
        async with server("sample.py") as it:
            with pytest.raises(NotFoundError) as caught:
                await it.tool("gret")
            assert "greet" in str(caught.value.hint)

    asyncio.run(go())


def test_resources_and_prompts(server: Making):
    async def go():
        async with server("sample.py") as it:
            assert [resource.uri for resource in await it.resources()] == ["note://first", "note://pixel"]
            assert [template.uri_template for template in await it.templates()] == ["note://by/{name}"]
            (note,) = await it.read("note://first")
            assert resource_part(note) == Text("remember the milk")
            (pixel,) = await it.read("note://pixel")
            assert resource_part(pixel) == Media(kind="image", mime="image/png", data=PIXEL, name="pixel")
            (theirs,) = await it.read("note://by/Ada")
            assert theirs.text == "a note by Ada"
            assert [prompt.name for prompt in await it.prompts()] == ["review"]
            told = await it.prompt("review", {"code": "x = 1"})
            assert told.messages[0].content.text == "Please review: x = 1"

    asyncio.run(go())


@pytest.mark.parametrize(
    ("ask", "kind", "said"),
    [
        (lambda it: it.read("note://frist"), NotFoundError, "the MCP server it has no resource 'note://frist'"),
        (lambda it: it.prompt("revue", {}), NotFoundError, "the MCP server it has no prompt 'revue'"),
        (
            lambda it: it.prompt("review", {}),
            ArgumentTypeError,
            "the prompt 'review' of the MCP server it needs 'code'",
        ),
    ],
)
def test_what_the_server_only_refuses_is_explained(server: Making, ask, kind, said):
    async def go():
        async with server("sample.py") as it:
            with pytest.raises(kind, match=said):
                await ask(it)

    asyncio.run(go())


def test_a_tool_that_is_found_later_has_what_it_was_given(server: Making):
    async def go():
        async with server("sample.py", approval="ask") as it:
            plain = RemoteTool("greet", lambda: it.tool("greet"))
            assert plain.description == ""
            assert await plain.ready()
            assert (plain.description, plain.approval) == ((await it.tool("greet")).description, "ask")
            told = RemoteTool("hello", lambda: it.tool("greet"), description="Say hello.", approval="deny")
            assert await told.ready()
            assert (told.description, told.approval) == ("Say hello.", "deny")

    asyncio.run(go())


def test_only_listed_tools_are_offered(server: Making):
    async def go():
        async with server("sample.py", tools=("add",), prefix=False) as it:
            assert list(await it.tools()) == ["add"]

    asyncio.run(go())


def test_a_server_has_the_variables_that_it_was_given(server: Making, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")

    async def go():
        async with server("sample.py", env={"MINE": "{SECRET_TOKEN}"}) as it:
            names = (await value(it, "variables")).split(",")
            assert "SECRET_TOKEN" not in names
            assert {"MINE", "PATH"} <= set(names)
            assert set(names) <= {"MINE", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM"} | {
                "TMPDIR",
                "TZ",
                "USER",
            }

    asyncio.run(go())


def test_many_calls_at_once_share_one_process(server: Making):
    async def go():
        async with server("sample.py") as it:
            found = await asyncio.gather(*(value(it, "process") for _ in range(20)))
            assert len({each["result"] for each in found}) == 1

    asyncio.run(go())


def test_the_process_ends_with_its_owner(server: Making):
    async def go():
        async with server("sample.py") as it:
            process = (await value(it, "process"))["result"]
            os.kill(process, 0)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)

    asyncio.run(go())


def test_a_call_that_is_cancelled_leaves_the_others_alone(server: Making):
    async def go():
        async with server("sample.py") as it:
            tool = await it.tool("wait")
            slow = asyncio.create_task(tool.call({"seconds": 30}, ToolContext()))
            before = (await value(it, "process"))["result"]
            slow.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow
            assert (await value(it, "process"))["result"] == before

    asyncio.run(go())


def test_tools_are_found_by_prefix_and_nothing_else_is_started():
    async def go():
        configs = {"sample": config_of("sample.py"), "broken": config_of("nowhere.py")}
        async with serving(**configs) as servers:
            tool = await servers.find("sample_greet")
            assert await tool.call({}, ToolContext()) == "hello you"
            with pytest.raises(NotFoundError, match="no MCP server has one") as caught:
                await servers.find("sample_gret")
            assert caught.value.hint == "did you mean 'sample_greet'?"
            with pytest.raises(NotFoundError) as caught:
                await servers.find("other")
            assert caught.value.hint == "llmspell mcp show NAME lists them"

    asyncio.run(go())


def test_records_without_blobs_are_base64():
    parts = [Text("a"), Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf")]
    assert records_of(parts, None) == [
        {"type": "text", "text": "a"},
        {"type": "document", "mime": "application/pdf", "data": "JVBERg==", "name": "a.pdf"},
    ]


def test_without_the_extra(server: Making, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    async def go():
        async with server("sample.py") as it:
            with pytest.raises(InvalidValueError, match="need the extra mcp") as caught:
                await it.tools()
            assert caught.value.hint == "run: pip install 'llmspell[mcp]'"

    asyncio.run(go())
