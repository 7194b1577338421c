"""Every example of the reference runs, in its language."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import llmspell
from llmspell.config import Config
from llmspell.config_mcp import McpConfig, McpServerConfig
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.base import Request
from llmspell.testing import ScriptedProvider
from tests.spells.ground import standing_on

REFERENCE = (Path(__file__).parents[2] / "docs/reference.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```(lua|js)\n(.*?)^```", REFERENCE, re.MULTILINE | re.DOTALL)


def lookup_order(id: int) -> dict[str, Any]:  # noqa: A002  # what the example calls it
    """An order."""
    return {"id": id}


SERVER = McpServerConfig(command=sys.executable, args=(str(Path(__file__).parents[1] / "mcp/plain.py"),))
SHORTEN = "export default params;"


@pytest.fixture
def permissions() -> Iterator[Permissions]:
    """In a folder with the files that the examples have."""
    files = {
        "notes.txt": "one two\nthree\n",
        "cat.png": "no cat",
        "shorten.lua": "return params",
        "shorten.js": SHORTEN,
    }
    with standing_on(files, {}) as folder:
        here = str(folder)
        net = (NetRule("api.example.com"),)
        yield Permissions(read=(here,), write=(here,), net=net, env=("HOME",), run=(("sort",),))


def answer(request: Request) -> str:
    """What the model says: what a schema of the examples asks for, or words."""
    fields = (request.schema or {}).get("properties", {})
    return json.dumps({"city": "Paris"} if "city" in fields else {"label": "praise"}) if fields else "hello there"


def serve(request: httpx2.Request) -> httpx2.Response:
    """What is at `api.example.com`."""
    if request.url.path == "/changes":
        return httpx2.Response(200, text="data: new\n\n")
    return httpx2.Response(200, json={"items": [1, 2]})


@pytest.mark.parametrize(("language", "source"), EXAMPLES)
def test_an_example_runs(language: str, source: str, permissions: Permissions) -> None:
    result = llmspell.run(
        llmspell.Spell(source=source, language=language, name=f"example.{language}", folder="."),
        model="scripted/test",
        config=Config(mcp=McpConfig(servers={"notes": SERVER})),
        providers=[ScriptedProvider(answer)],
        tools=[lookup_order],
        stdin="one\ntwo\n",
        permissions=permissions,
        http_transport=httpx2.MockTransport(serve),
        isolation="inline",
    )
    assert result.error is None


def test_both_languages_have_their_examples() -> None:
    assert {language for language, _ in EXAMPLES} == {"lua", "js"}
