"""`llmspell state`: what spells keep, shown and changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Program


@pytest.fixture
def spell(home: Path) -> str:
    (home / "a.lua").write_text(
        "state.set('n', (state.get('n') or 0) + 1) state.set('board', {'x'}, {shared = 'team'}) return state.get('n')"
    )
    return "a.lua"


def test_nothing_is_kept_and_nothing_is_made(llmspell: Program, home: Path) -> None:
    listed = llmspell("state", "list")
    assert (listed.code, listed.out) == (0, "")
    assert "nothing is kept in " in listed.err
    assert llmspell("state", "list", "a.lua", "--json").json == []
    assert llmspell("state", "list", "a.lua").err == "a.lua has no keys\n"
    assert llmspell("state", "clear", "a.lua").out == "0 keys forgotten\n"
    assert llmspell("state", "clear", "a.lua", "--all").out == "0 keys, 0 conversations, 0 documents forgotten\n"
    assert llmspell("state", "get", "a.lua", "n").code == 2
    assert llmspell("state", "delete", "a.lua", "n").code == 2
    assert list(home.rglob("*.sqlite3")) == []


def test_it_is_in_the_folder_of_the_user(llmspell: Program, home: Path, spell: str) -> None:
    assert llmspell("run", spell).out == "1\n"
    assert llmspell("run", spell).out == "2\n"
    assert (home / "home/llmspell/state.sqlite3").is_file()


def test_or_where_the_settings_say(llmspell: Program, home: Path, spell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "llmspell.toml").write_text('[state]\npath = "here.sqlite3"\n')
    assert llmspell("run", spell).out == "1\n"
    assert (home / "here.sqlite3").is_file()
    monkeypatch.setenv("LLMSPELL_STATE", str(home / "there.sqlite3"))
    assert llmspell("run", spell).out == "1\n"
    assert (home / "there.sqlite3").is_file()


def test_it_is_listed(llmspell: Program, home: Path, spell: str) -> None:
    llmspell("run", spell)
    first, second = llmspell("state", "list").out.splitlines()
    assert first.split() == [str(home), "shared", "as", "team", "1", "key", *first.split()[-2:]]
    assert second.startswith(str(home / "a.lua"))
    found = llmspell("state", "list", "--json").json
    assert [(each["spell"], each["shared"], each["keys"]) for each in found] == [
        (str(home), "team", 1),
        (str(home / "a.lua"), None, 1),
    ]
    assert llmspell("state", "list", spell).out == "n\n"
    assert llmspell("state", "list", spell, "--shared", "team", "--json").json == ["board"]


def test_it_is_changed(llmspell: Program, spell: str) -> None:
    llmspell("run", spell)
    assert llmspell("state", "set", spell, "n", "41").code == 0
    assert llmspell("run", spell).out == "42\n"
    assert llmspell("state", "get", spell, "n").json == 42
    assert llmspell("state", "get", spell, "board", "--shared", "team").json == ["x"]
    assert llmspell("state", "delete", spell, "n").code == 0
    assert llmspell("state", "list", spell).out == ""
    assert llmspell("state", "clear", spell, "--shared", "team").out == "1 key forgotten\n"


def test_conversations_and_memories_are_listed_and_forgotten(llmspell: Program, home: Path) -> None:
    (home / "b.js").write_text("""
        await state.set("n", 1);
        await state.set("m", 1);
        const notes = memory("notes", { meaning: false });
        await notes.add("The harbour opens at six.");
        await notes.add("Tea is served.");
        const helper = agent({ thread: "ada" });
        await helper.load(await helper.save());
    """)
    llmspell("run", "b.js")
    [line] = llmspell("state", "list").out.splitlines()
    assert "2 keys, 1 conversation, 2 documents" in line
    [kept] = llmspell("state", "list", "--json").json
    assert (kept["keys"], kept["conversations"], kept["documents"]) == (2, 1, 2)
    assert llmspell("state", "clear", "b.js", "--all").out == "2 keys, 1 conversation, 2 documents forgotten\n"
    assert llmspell("state", "list").out == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("get", "a.lua", "no"), "a.lua keeps nothing as 'no'"),
        (("delete", "a.lua", "no"), "a.lua keeps nothing as 'no'"),
        (("set", "a.lua", "n", "{"), "'{' is not JSON"),
        (("set", "a.lua", "", "1"), "a key is empty"),
        (("get", "a.lua", "n", "--shared", "no name"), "'no name' cannot be the name of a shared state"),
    ],
)
def test_what_is_wrong(llmspell: Program, spell: str, args: tuple[str, ...], message: str) -> None:
    llmspell("run", spell)
    outcome = llmspell("state", *args)
    assert outcome.code == 2
    assert message in outcome.err
