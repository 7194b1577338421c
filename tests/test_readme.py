"""The code of the README and the guides runs, and the commands in them exist.

A fence may say more after its language: `file=NAME` puts the block into a file for the blocks below it, `error` is for
a spell that has to fail.
"""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import inspect
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx2
import pytest

import llmspell
from llmspell.cli.app import app
from llmspell.config_mcp import McpConfig, McpServerConfig
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.base import Request, Response, Usage
from llmspell.providers.content import ToolCall
from llmspell.testing import Reply, ScriptedProvider
from tests.fake_openai import fake_openai

ROOT = Path(__file__).parents[1]
NOTES = McpServerConfig(command="python3", args=("notes_server.py",))
DOCS = sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))
PAGES = ("README.md", *DOCS, "examples/README.md")
ELSEWHERE = ("docs/patterns.md", "docs/reference.md")  # their spells have tests of their own


class Block(NamedTuple):
    """A fenced block; `line` is that of its first line of code."""

    page: str
    line: int
    language: str
    extra: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}:{self.language}"


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w+)(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 2
            if page not in ELSEWHERE or match[1] == "sh":
                found.append(Block(page, line, match[1], match[2].strip(), match[3]))
    return found


BLOCKS = blocks()
FILES = [block for block in BLOCKS if block.extra.startswith("file=")]


def of(*languages: str) -> Any:
    chosen = [block for block in BLOCKS if block.language in languages and block not in FILES]
    return pytest.mark.parametrize("block", chosen, ids=str)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with the files that the pages tell of."""
    for block in FILES:
        (tmp_path / block.extra.removeprefix("file=")).write_text(block.code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return tmp_path


@pytest.fixture
def settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `load_config` finds: a model on a server of this machine, under the names that the pages use."""
    for name in [name for name in os.environ if name.startswith("LLMSPELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    with fake_openai() as fake:
        text = f'model = "fake/test"\n[aliases]\nfast = "fake/test"\n[providers.fake]\nbase_url = "{fake.url}"\n'
        (folder / "llmspell.toml").write_text(text)
        yield


def weather(city: str) -> dict[str, object]:
    """Weather of a city."""
    return {"city": city, "celsius": 21}


def reply(request: Request) -> Reply:
    """A tool call where a tool is offered and was not called yet, words otherwise."""
    if request.tools and request.messages[-1].role == "user":
        call = ToolCall("c1", request.tools[0]["name"], {"city": "Paris"})
        return Response(
            parts=[call],
            finish_reason="tool_calls",
            raw_finish_reason=None,
            usage=Usage(),
            model="m",
        )
    return '{"city": "Paris"}' if request.schema else "Some words. And some more."


def web(request: httpx2.Request) -> httpx2.Response:
    """What the pages find at `api.example.com`."""
    if request.url.path == "/logo.png":
        return httpx2.Response(200, content=b"a picture", headers={"content-type": "image/png"})
    if request.url.path == "/missing":
        return httpx2.Response(404, text="nothing here")
    return httpx2.Response(200, json={"items": [{"name": "tide", "id": 1}]})


@of("lua", "js")
def test_spells_run(block: Block, folder: Path) -> None:
    spell = llmspell.Spell(source=block.code, language=block.language, name="spell", folder=str(folder))
    result = llmspell.run(
        spell,
        config=llmspell.Config(cache_dir=folder, mcp=McpConfig(servers={"notes": NOTES})),
        providers=[ScriptedProvider(reply, name) for name in ("scripted", "openai", "local", "voyage")],
        tools=[weather],
        model="scripted/test",
        http_transport=httpx2.MockTransport(web),
        permissions=Permissions(
            read=(os.path.realpath(folder),),
            write=(os.path.realpath(folder),),
            net=(NetRule("api.example.com"),),
            env=("HOME",),
            run=(("sort",), ("python3", "notes_server.py")),
        ),
        stdin="one\ntwo\n",
        limits=llmspell.Limits(timeout=30),
        check=False,
    )
    if block.extra == "error":
        assert result.error is not None
        for kind, message in re.findall(r"(?:--|//) (\w+): (.+)", block.code):
            assert (result.error.kind, result.error.message) == (kind, message)
    else:
        assert result.error is None, result.error


@of("lua", "js")
def test_spells_have_no_problems(block: Block) -> None:
    from llmspell.languages import bridge_of

    assert bridge_of(block.language).check(block.code, "spell") == []


@of("python")
@pytest.mark.usefixtures("settings")
def test_programs_run(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    source = "\n" * (block.line - 1) + block.code
    code = compile(source, str(ROOT / block.page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert not code.co_flags & inspect.CO_COROUTINE, "a snippet must be a whole program"
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(code, names)  # noqa: S102  # that is the point
    if isinstance(host := names.get("host"), llmspell.Host):
        asyncio.run(host.aclose())
    output = capsys.readouterr().out
    for promised in re.findall(r"print\(.*\)  # (.+)", block.code):
        if not promised.startswith(("what", "of all")):
            assert promised in output


@of("toml")
def test_settings_are_known(block: Block, folder: Path) -> None:
    (folder / "llmspell.toml").write_text(block.code, encoding="utf-8")
    config = llmspell.load_config(folder, environ={"XDG_CONFIG_HOME": str(folder)})
    assert config.model == tomllib.loads(block.code).get("model")


@of("sh")
def test_commands_exist(block: Block) -> None:
    for line in block.code.splitlines():
        check_command(line)


def inline_commands() -> list[str]:
    pages = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    return sorted(set(re.findall(r"`(llmspell [^`]+)`", pages)))


@pytest.mark.parametrize("line", inline_commands())
def test_commands_in_sentences_exist(line: str) -> None:
    check_command(line)


def check_command(line: str) -> None:
    """Nothing is started: the program, the command and its options have to be there."""
    words = shlex.split(line.partition(" < ")[0], comments=True)
    program, *args = words[words.index("|") + 1 :] if "|" in words else words
    match Path(program).name:
        case "make":
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in args), line
        case "pip":
            known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            name, extras = re.fullmatch(r"([.\w]+)\[(.+)\]", args[1]).groups()
            assert args[0] == "install"
            assert name in (".", known["name"])
            assert set(extras.split(",")) <= known["optional-dependencies"].keys()
        case "python":
            assert args[0] == "-m"
            assert importlib.util.find_spec(args[1]) is not None
        case "llmspell":
            check_llmspell(args)
        case _:
            pytest.fail(f"nobody checks {line!r}")


def check_llmspell(args: list[str]) -> None:
    command: click.Command = app
    context = click.Context(app, info_name="llmspell", **app.context_settings)
    while isinstance(command, click.Group) and args:
        found = command.get_command(context, args[0])
        assert found is not None, f"there is no command {args[0]}"
        command, args = found, args[1:]
    if not isinstance(command, click.Group) and args:
        command.make_context(command.name, args, parent=context)


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> list[str]:
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), target
            assert not anchor or anchors(there).count(anchor) == 1, target


def test_the_readme_leads_to_every_page() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page for page in (*DOCS, "examples/README.md") if f"]({page})" not in text] == []


def test_the_readme_tells_of_every_package() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"`(\w+(?:/\w+)?/)`", text)
    packages = {f"llmspell/{init.parent.name}/" for init in (ROOT / "llmspell").glob("*/__init__.py")}
    assert [name for name in told if not (ROOT / name).is_dir()] == []
    assert packages - set(told) == set()


def test_the_readme_tells_of_every_extra() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(extras)
