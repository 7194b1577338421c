"""A language, a provider and a tool of packages that are installed beside llmspell."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

import llmspell
from llmspell import Host, Limits, Spell, languages
from llmspell.config import Config
from llmspell.config_tools import ToolsConfig
from llmspell.errors import InternalError, InvalidValueError, LimitError, NotFoundError, SpellError
from llmspell.tools import registry

ISOLATIONS = ("process", "inline")

LANGUAGE = '''
from llmspell.border import Abort, Call, Done, Failed, Print, Problem, Reject
from llmspell.errors import SpellError


class Stack:
    """Words separated by blanks: a number is pushed, `+`, `say`, `sleep`, `llm`, `break` act."""

    def start(self, spell):
        self.spell, self.stack, self.calls = spell, [], 0
        self.words = [(at, word) for at, line in enumerate(spell.source.splitlines(), 1) for word in line.split()]
        return self.go_on([])

    def feed(self, messages, now):
        for message in messages:
            if isinstance(message, Abort):
                return [Failed(message.error)]
            if isinstance(message, Reject):
                return [Failed(message.error | {"file": self.spell.name, "line": self.line})]
            if message.value is not None:
                self.stack.append(message.value["text"])
        return self.go_on([])

    def go_on(self, out):
        while self.words:
            (self.line, word), *self.words = self.words
            if word.isdigit():
                self.stack.append(int(word))
            elif word == "+":
                self.stack.append(self.stack.pop() + self.stack.pop())
            elif word == "params":
                self.stack.append(self.spell.params)
            elif word == "say":
                out.append(Print("stdout", f"{self.stack.pop()}\\n"))
            elif word == "break":
                raise RuntimeError("out of order")
            elif word in ("sleep", "llm"):
                self.calls += 1
                names = {"sleep": ("sleep", "seconds"), "llm": ("llm.complete", "prompt")}
                method, name = names[word]
                prompt = {name: self.stack.pop()} | ({"self": {}} if word == "llm" else {})
                return [*out, Call(self.calls, method, prompt)]
            else:
                error = SpellError(f"there is no word {word}", file=self.spell.name, line=self.line)
                return [*out, Failed(error.to_data())]
        return [*out, Done(self.stack[-1] if self.stack else None)]

    def close(self):
        pass


class Bridge:
    language = "stack"
    suffixes = (".stack",)
    dialects = {"stack": True}

    def interpreter(self, dialect):
        return Stack()

    def check(self, source, name):
        return [Problem(1, 1, "nothing to do", "warning")] if not source.strip() else []


bridge = Bridge()
'''

PROVIDER = '''
from llmspell.testing import ScriptedProvider


def echo(config):
    return ScriptedProvider(lambda request: request.messages[-1].text.upper(), name="echo")


def unfinished(config):
    raise TypeError("half of it is missing")


def none(config):
    return None


def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()
'''

ENTRY_POINTS = """[llmspell.bridges]
stack = stack_language:bridge
[llmspell.providers]
echo = echo_models:echo
unfinished = echo_models:unfinished
none = echo_models:none
[llmspell.tools]
shout = echo_models:shout
"""


@pytest.fixture(autouse=True)
def installed(tmp_path_factory, monkeypatch):
    """The packages, as an installer leaves them."""
    site: Path = tmp_path_factory.mktemp("site")
    (site / "stack_language.py").write_text(LANGUAGE)
    (site / "echo_models.py").write_text(PROVIDER)
    facts = site / "packages-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: packages\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(site))
    caches = (languages._installed, registry._entries)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()
    for name in ("stack_language", "echo_models"):
        sys.modules.pop(name, None)


def stack(source: str) -> Spell:
    return Spell(source=source, language="stack", name="a.stack")


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_language_of_a_package(isolation, tmp_path):
    (tmp_path / "a.stack").write_text("1 2 +\n0 sleep say params llm")
    config = Config(model="echo/any")
    result = llmspell.run(tmp_path / "a.stack", params="hello", isolation=isolation, config=config)
    assert (result.value, result.output, result.calls) == ("HELLO", "3\n", 2)
    with pytest.raises(SpellError) as caught:
        llmspell.run(stack("1\nfly"), isolation=isolation)
    assert (caught.value.message, caught.value.line, caught.value.source_line) == ("there is no word fly", 2, "fly")
    with pytest.raises(LimitError, match="time limit"):
        llmspell.run(stack("60 sleep"), isolation=isolation, limits=Limits(timeout=0.2))


@pytest.mark.parametrize("isolation", ISOLATIONS)
@pytest.mark.parametrize("source", ["break", "0 sleep break", "+", "0 sleep +"])
def test_a_bridge_that_raises_fails_its_spell_alone(isolation, source):
    async def main():
        async with Host() as host:
            failed = await asyncio.wait_for(host.run(stack(source), isolation=isolation, check=False), 30)
            return failed.error, (await host.run(stack("7"), isolation=isolation)).value

    for error, value in (asyncio.run(main()), (llmspell.run(stack(source), isolation=isolation, check=False).error, 7)):
        assert isinstance(error, InternalError)
        assert error.message.startswith("the bridge failed: ")
        assert value == 7


def test_a_spell_runs_one_in_the_language_of_a_package(tmp_path):
    (tmp_path / "sum.stack").write_text("1 2 +")
    (tmp_path / "main.lua").write_text("return spell.run('sum', {})")
    assert llmspell.run(tmp_path / "main.lua").value == 3


def test_a_provider_that_cannot_be_made_is_no_fault_of_llmspell():
    for name, told in (
        ("unfinished", "the provider 'unfinished' cannot be made by echo_models:unfinished: TypeError: half of it is"),
        ("none", "echo_models:none gave neither an LLMProvider nor a Row, but NoneType"),
    ):
        spell = Spell(source=f"return llm('{name}/x'):complete('hi').text", language="lua")
        with pytest.raises(InvalidValueError, match=told):
            llmspell.run(spell, isolation="inline")


def test_a_tool_of_a_package_has_to_be_named():
    spell = Spell(source="return tools.shout { text = 'a' }", language="lua")
    with pytest.raises(NotFoundError, match="there is no tool 'shout'") as caught:
        llmspell.run(spell, isolation="inline")
    assert (
        caught.value.hint == 'a package has it: spells get it with packages = ["shout"] under [tools] in llmspell.toml'
    )
    assert llmspell.run(spell, config=Config(tools=ToolsConfig(packages=("shout",)))).value == "A"
