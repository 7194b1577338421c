"""Which tools there are, for whom, and what a model is told of them."""

from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint
from typing import Any

import jsonschema_rs
import pytest

from llmspell import Config, Host, Spell, run
from llmspell.agents.context import ToolContext
from llmspell.agents.tools import BaseTool, Tool
from llmspell.config_tools import ToolsConfig
from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError
from llmspell.permissions import Permissions
from llmspell.tools import CATALOG, Builtin, Home, Offered, builtin, known
from llmspell.tools.registry import spec_of

NAMES = pytest.mark.parametrize("name", CATALOG)


@NAMES
def test_a_model_is_told_enough(name: str) -> None:
    tool = builtin(name)
    assert tool.name == name
    assert 20 < len(tool.description) < 500
    assert tool.parameters["type"] == "object"
    assert tool.parameters["additionalProperties"] is False
    for parameter in tool.parameters["properties"].values():
        assert len(parameter["description"]) > 8
    jsonschema_rs.meta.validate(tool.parameters)


@NAMES
def test_the_example_in_the_description_fits(name: str) -> None:
    import json

    tool = builtin(name)
    for _, _, rest in (part.partition("Example") for part in [tool.description] if "Example" in part):
        shown, _ = json.JSONDecoder().raw_decode(rest[rest.index("{") :])
        tool.check(shown, ToolContext())


@NAMES
def test_hostile_arguments_are_refused(name: str) -> None:
    tool = builtin(name)
    for args in ({"no_such": 1}, {key: {"$function": 1} for key in tool.parameters["properties"]}):
        with pytest.raises(LlmspellError):
            asyncio.run(tool.call(args, ToolContext()))


@NAMES
def test_what_it_needs_is_a_permission(name: str) -> None:
    assert set(spec_of(name).needs) <= {"read", "write", "net", "run"}


def test_unknown_names_have_near_ones() -> None:
    with pytest.raises(NotFoundError, match="no tool 'calculater'") as caught:
        builtin("calculater")
    assert caught.value.hint == "did you mean 'calculator'?"


def test_options() -> None:
    tool = builtin("calculator", approval="ask", timeout=3, max_result=10)
    assert (tool.approval, tool.timeout, tool.max_result) == ("ask", 3, 10)


class TestPermissions:
    def read(self, tool: BaseTool, context: ToolContext, path: str) -> Any:
        return asyncio.run(tool.call({"path": path}, context))

    def test_nothing_by_default(self, tmp_path: Any) -> None:
        with pytest.raises(LlmspellError, match="may not read"):
            self.read(builtin("list_files"), ToolContext(), str(tmp_path))

    def test_what_the_program_says(self, tmp_path: Any) -> None:
        allowed = Permissions(read=(str(tmp_path.resolve()),))
        assert self.read(builtin("list_files", permissions=allowed), ToolContext(), str(tmp_path))["entries"] == []

    def test_what_both_say(self, tmp_path: Any) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        bound = builtin("list_files", permissions=Permissions(read=(str(tmp_path.resolve() / "a"),)))
        spell = ToolContext(permissions=Permissions(read=(str(tmp_path.resolve()),)))
        assert self.read(bound, spell, str(tmp_path / "a"))["entries"] == []
        with pytest.raises(LlmspellError, match="may not read"):
            self.read(bound, spell, str(tmp_path / "b"))
        with pytest.raises(LlmspellError, match="may not read"):
            self.read(bound, ToolContext(permissions=Permissions()), str(tmp_path / "a"))


class TestOffered:
    def test_those_of_the_program_go_first(self) -> None:
        own = Tool(lambda: 1, name="calculator")
        offered = Offered({"calculator": own}, Home())
        assert offered["calculator"] is own
        assert isinstance(offered["clock"], Builtin)
        assert list(offered) == list(CATALOG)
        assert "nothing" not in offered
        assert offered.get("nothing") is None

    def test_permissions_leave_tools_out(self) -> None:
        only = Permissions(tools=("text_*",))
        offered = Offered({}, Home(), only.may_use_tool)
        assert len(offered) == 4
        assert offered.get("calculator") is None
        assert "calculator" not in offered

    def test_spells_call_them(self) -> None:
        spell = Spell(source='return tools.calculator { expression = "6*7" }', language="lua", name="a")
        assert run(spell, isolation="inline").value == 42
        with pytest.raises(LlmspellError, match="may not call the tool 'calculator'"):
            run(spell, isolation="inline", permissions=Permissions(tools=("clock",)))

    def test_a_host_gives_them_to_agents(self) -> None:
        host = Host()
        offered = host.offered(Permissions())
        assert host._tool_named("calculator").name == "calculator"
        assert len(offered) == len(CATALOG)


def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()


LOUD = Tool(shout)
NO_TOOL = 5


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "loud": EntryPoint("loud", f"{__name__}:shout", "llmspell.tools"),
        "shout": EntryPoint("shout", f"{__name__}:LOUD", "llmspell.tools"),
        "broken": EntryPoint("broken", "no_such_module_at_all:tool", "llmspell.tools"),
        "wrong": EntryPoint("wrong", f"{__name__}:NO_TOOL", "llmspell.tools"),
    }
    loaded = {"loud": shout, "shout": LOUD, "wrong": NO_TOOL}

    class Entry:
        def __init__(self, entry: EntryPoint) -> None:
            self.value = entry.value
            self.name = entry.name

        def load(self) -> Any:
            if self.name not in loaded:
                raise ImportError("no module")
            return loaded[self.name]

    monkeypatch.setattr(
        "llmspell.tools.registry._entries", lambda: {name: Entry(entry) for name, entry in entries.items()}
    )


@pytest.mark.usefixtures("package")
class TestPackages:
    def test_functions_and_tools(self) -> None:
        assert builtin("loud").description == "Say it loudly."
        assert builtin("loud").name == "loud"
        assert builtin("shout") is LOUD
        assert set(known()) >= {"loud", "shout", "calculator"}

    def test_what_cannot_be_used(self) -> None:
        with pytest.raises(InvalidValueError, match="cannot be loaded"):
            builtin("broken")
        with pytest.raises(InvalidValueError, match="neither a tool"):
            builtin("wrong")
        with pytest.raises(InvalidValueError, match="no options"):
            builtin("loud", approval="ask")

    def test_spells_get_only_those_that_are_named(self) -> None:
        spell = Spell(source='return tools.loud { text = "a" }', language="lua", name="a")
        with pytest.raises(NotFoundError, match="no tool 'loud'"):
            run(spell, isolation="inline")
        config = Config(tools=ToolsConfig(packages=("loud",)))
        assert run(spell, isolation="inline", config=config).value == "A"
