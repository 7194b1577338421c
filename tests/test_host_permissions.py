"""Permissions of a host and of its runs, from Python."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import llmspell
from llmspell import Config, Host, Permissions, Spell
from llmspell.errors import PermissionDeniedError
from llmspell.testing import ScriptedProvider

SOURCES = {
    "lua": "-- @allow tool double\nreturn tools.double { number = 21 }",
    "js": "// @allow tool double\nexport default await tools.double({ number: 21 });",
}
NONE, ONE = Permissions(tools=()), Permissions(tools=("double",))

pytestmark = [
    pytest.mark.parametrize("language", SOURCES),
    pytest.mark.parametrize("isolation", ["inline", "process"]),
]


def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


def outcome(language: str, isolation: str, config: Permissions, host: Permissions | None, run: Any) -> Any:
    """The value of a run, or its error, with these permissions in the settings, the host and the run."""
    spell = Spell(name=f"a.{language}", language=language, source=SOURCES[language])

    async def both() -> llmspell.Result:
        async with Host(Config(permissions=config), tools=[double], permissions=host) as embedder:
            return await embedder.run(spell, permissions=run, isolation=isolation, check=False)

    result = asyncio.run(both())
    return result.value if result.error is None else result.error


@pytest.mark.parametrize(
    ("config", "host", "run", "allowed"),
    [
        (Permissions(), None, None, True),
        (NONE, None, None, False),
        (ONE, None, None, True),
        (NONE, ONE, None, True),
        (ONE, NONE, None, False),
        (NONE, NONE, ONE, True),
        (ONE, ONE, NONE, False),
    ],
)
def test_who_says_it_last(language, isolation, config, host, run, allowed):
    result = outcome(language, isolation, config, host, run)
    assert result == 42 if allowed else isinstance(result, PermissionDeniedError)


def test_without_an_event_loop(language, isolation):
    spell = Spell(name=f"a.{language}", language=language, source=SOURCES[language])
    options = {"tools": [double], "isolation": isolation}
    assert llmspell.run(spell, permissions=ONE, **options).value == 42
    with pytest.raises(PermissionDeniedError, match="this spell may not call the tool 'double'"):
        llmspell.run(spell, permissions=NONE, **options)
    with pytest.raises(PermissionDeniedError):
        llmspell.run(spell, config=Config(permissions=NONE), **options)


def test_the_model_of_the_run_has_to_be_allowed(language, isolation):
    source = {
        "lua": 'return llm():complete("Hi").text',
        "js": 'export default (await llm().complete("Hi")).text;',
    }[language]
    spell = Spell(name=f"a.{language}", language=language, source=source)
    model = ScriptedProvider(["Hello"], "scripted")
    config = Config(model="scripted/test")
    options = {"providers": [model], "config": config, "isolation": isolation}
    with pytest.raises(PermissionDeniedError, match="this spell may not use the model 'scripted/test'"):
        llmspell.run(spell, permissions=Permissions(models=("local/*",)), **options)
    assert model.requests == []
    assert llmspell.run(spell, permissions=Permissions(models=("scripted/*",)), **options).value == "Hello"


def test_two_runs_of_a_host_do_not_share_what_they_may(language, isolation):
    spell = Spell(name=f"a.{language}", language=language, source=SOURCES[language])

    async def both() -> list[Any]:
        async with Host(tools=[double]) as host:
            runs = [host.run(spell, permissions=given, isolation=isolation, check=False) for given in (ONE, NONE) * 3]
            return [result.value for result in await asyncio.gather(*runs)]

    assert asyncio.run(both()) == [42, None] * 3


def test_a_spell_that_was_left_less_is_told_so(language, isolation, tmp_path, monkeypatch):
    sources = {
        "lua": (
            'return select(2, pcall(fs.read, "b")).hint',
            'return { spell.run("child"), spell.run("child", {}, { permissions = { read = { "a" } } }) }',
        ),
        "js": (
            'export default await fs.read("b").catch((error) => error.hint);',
            (
                'const part = { permissions: { read: ["a"] } };'
                'export default [await spell.run("child"), await spell.run("child", {}, part)];'
            ),
        ),
    }
    monkeypatch.chdir(tmp_path)
    child, parent = sources[language]
    (tmp_path / f"child.{language}").write_text(child)
    (tmp_path / f"parent.{language}").write_text(parent)
    here = Permissions(read=(str(tmp_path.resolve() / "a"),))
    whole, part = llmspell.run(f"parent.{language}", permissions=here, isolation=isolation).value
    assert "--allow-read=b" in whole
    assert part == f"{whole}; the `permissions` of this part of the run must allow it too"
