"""Who keeps how much."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmspell.agents.threads import ThreadStore
from llmspell.memory.documents import Document
from llmspell.memory.memory import Memory
from llmspell.memory.store import MemoryStore, forget_all
from llmspell.storage.database import Database
from llmspell.storage.overview import Kept, overview
from llmspell.storage.state import Scope, scope_name


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.sqlite3")
    yield database
    database.close()


def remember(database: Database, scope: str, memory: str, *texts: str) -> None:
    asyncio.run(Memory(MemoryStore(database, scope, memory)).add(Document(text=text) for text in texts))


def counts(kept: Kept) -> tuple[int, int, int]:
    return kept.keys, kept.conversations, kept.documents


def test_of_nothing(database: Database) -> None:
    assert overview(database) == []


def test_values_alone(database: Database) -> None:
    Scope(database, scope_name("/folder/a.lua")).set("a", 1)
    team = Scope(database, scope_name("/folder/a.lua", "team"))
    team.set("b", 1)
    team.set("c", 1)
    assert [(each.spell, each.shared, each.keys) for each in overview(database)] == [
        ("/folder", "team", 2),
        ("/folder/a.lua", None, 1),
    ]
    assert team.clear() == 2
    assert len(overview(database)) == 1


def test_all_that_a_spell_keeps_is_its_own_line(database: Database) -> None:
    name, team = scope_name("/folder/a.lua"), scope_name("/folder/a.lua", "team")
    Scope(database, name).set("a", 1)
    threads = ThreadStore(database, name)
    threads.save("ada", {})
    threads.save("bob", {})
    remember(database, name, "notes", "one", "two", "three")
    remember(database, name, "more", "four")
    remember(database, team, "notes", "five")
    shared, own = overview(database)
    assert (shared.spell, shared.shared, counts(shared)) == ("/folder", "team", (0, 0, 1))
    assert (own.spell, own.shared, counts(own)) == ("/folder/a.lua", None, (1, 2, 4))
    assert own.size > shared.size > 0
    assert own.modified >= shared.modified - 60


def test_what_is_forgotten_is_gone(database: Database) -> None:
    name, other = scope_name("/folder/a.lua"), scope_name("/folder/b.lua")
    for scope in (name, other):
        Scope(database, scope).set("a", 1)
        ThreadStore(database, scope).save("ada", {})
        remember(database, scope, "notes", "one", "two")
        remember(database, scope, "more", "three")
    assert Scope(database, name).clear() == 1
    assert ThreadStore(database, name).clear() == 1
    assert forget_all(database, name) == 3
    [left] = overview(database)
    assert (left.spell, counts(left)) == ("/folder/b.lua", (1, 1, 3))
    assert MemoryStore(database, other, "notes").by_words("two", 5)
    assert not MemoryStore(database, name, "notes").by_words("two", 5)


def test_what_programs_keep_has_their_names(database: Database) -> None:
    ThreadStore(database).save("ada", {})
    remember(database, "my-program", "notes", "one")
    assert [(each.spell, counts(each)) for each in overview(database)] == [("", (0, 1, 0)), ("my-program", (0, 0, 1))]
