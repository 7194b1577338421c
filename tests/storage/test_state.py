"""What spells keep: kept between runs, alone or shared, whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import llmspell
from llmspell import Config, Host, Spell
from llmspell.agents.threads import ThreadStore
from llmspell.errors import InvalidValueError, TimeoutExceededError
from llmspell.storage.database import Database
from llmspell.storage.state import Scope, scope_name

COUNT = "return state.update('n', function(n) return (n or 0) + 1 end)"


@pytest.fixture
def database(tmp_path: Path):
    database = Database(tmp_path / "deep" / "state.sqlite3")
    yield database
    database.close()


def test_it_is_kept_between_runs_and_by_the_place_of_the_file(tmp_path: Path) -> None:
    file, spell, other = tmp_path / "state.sqlite3", tmp_path / "a.lua", tmp_path / "b.lua"
    spell.write_text(COUNT)
    other.write_text(COUNT)
    link = tmp_path / "link.lua"
    link.symlink_to(spell)
    runs = [llmspell.run(path, state=file, isolation="inline").value for path in (spell, spell, other, link)]
    assert runs == [1, 2, 1, 3]
    assert llmspell.run(spell, isolation="inline").value == 1  # without a file it is forgotten
    assert llmspell.run(spell, isolation="inline", config=Config(state=file)).value == 4


@pytest.mark.parametrize("isolation", ["inline", "process"])
def test_a_host_without_a_file_keeps_it_as_long_as_it_lives(tmp_path: Path, isolation: str) -> None:
    spell = tmp_path / "a.lua"
    spell.write_text(COUNT)
    alone = Spell(source=COUNT, language="lua", name="-e")

    async def main() -> list[int]:
        async with Host() as host:
            return [(await host.run(each, isolation=isolation)).value for each in (spell, spell, alone, alone)]

    assert asyncio.run(main()) == [1, 2, 1, 1]


def test_many_runs_count_on_the_same_number(tmp_path: Path) -> None:
    spell = tmp_path / "a.lua"
    spell.write_text(COUNT)

    async def main() -> list[int]:
        async with Host(state=tmp_path / "state.sqlite3") as host:
            results = await asyncio.gather(*(host.run(spell, isolation="inline") for _ in range(30)))
        return sorted(result.value for result in results)

    assert asyncio.run(main()) == list(range(1, 31))


def test_many_processes_count_on_the_same_number(tmp_path: Path) -> None:
    (tmp_path / "a.lua").write_text(f"local n for i = 1, 20 do n = (function() {COUNT} end)() end return n")
    program = "import sys, llmspell; print(llmspell.run(sys.argv[1], state=sys.argv[2], isolation='inline').value)"
    command = [sys.executable, "-c", program, str(tmp_path / "a.lua"), str(tmp_path / "state.sqlite3")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    counted = [int(each.communicate(timeout=60)[0]) for each in running]
    assert max(counted) == 60


def test_no_thread_loses_the_change_of_another(database: Database) -> None:
    scope = Scope(database, "spell:/a")

    def count(_: int) -> None:
        while True:
            before = scope.text("n")
            if scope.replace("n", before, int(before or 0) + 1):
                return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert scope.get("n") == 200


def test_a_scope_has_an_end(database: Database) -> None:
    scope, other = Scope(database, "spell:/a", max_bytes=4000), Scope(database, "spell:/b", max_bytes=4000)
    scope.set("a", "x" * 2000)
    scope.set("a", "y" * 2500)  # the old value makes room
    with pytest.raises(InvalidValueError, match=r"^there is no room for 'b': the state of a spell has at most"):
        scope.set("b", "x" * 2000)
    assert scope.keys() == ["a"]
    with pytest.raises(InvalidValueError, match="no room"):
        scope.set("a", "x" * 4000)
    assert scope.get("a") == "y" * 2500
    other.set("b", "x" * 2000)
    assert scope.delete("a")
    scope.set("b", "x" * 2000)


def test_a_folder_shares_so_many(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmspell.storage.database.MAX_SHARED", 2)

    def shared(name: str, path: str = "/a/b.lua") -> Scope:
        return Scope(database, scope_name(path, name))

    shared("one").set("k", 1)
    shared("two").set("k", 1)
    with pytest.raises(InvalidValueError, match="share under 2 names already"):
        shared("three").set("k", 1)
    shared("three", "/b.lua").set("k", 1)
    shared("three", "/x/a/b.lua").set("k", 1)
    assert not shared("four").delete("k")
    shared("four").set("k", None)
    shared("one").delete("k")
    shared("three").set("k", 1)


def test_only_the_user_may_read_the_file(database: Database) -> None:
    Scope(database, "spell:/a").set("a", 1)
    assert stat.S_IMODE(os.stat(database.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(database.path)).st_mode) == 0o700


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be looked at" * 40, b"SQLite format 3\0" + bytes(4000)]
)
def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file, spell = tmp_path / "state.sqlite3", tmp_path / "a.lua"
    file.write_bytes(content)
    spell.write_text("local ok, e = pcall(state.get, 'a') return {e.kind, e.message, e.hint}")
    kind, message, hint = llmspell.run(spell, state=file, isolation="inline").value
    assert kind == "value"
    assert message.startswith("~/state.sqlite3 is damaged: ")
    assert hint == "restore it, or move it away: then a new one is made"
    assert file.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "theirs.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE items (a)")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(InvalidValueError, match=r"theirs\.sqlite3 is the database of another program$"):
        Scope(Database(file), "spell:/a").set("a", 1)
    assert file.read_bytes() == before


@pytest.mark.parametrize("written", [b'{"x":', b"[NaN]", b'"\xff"'])
def test_a_damaged_value_is_named_and_can_be_replaced(database: Database, written: bytes) -> None:
    scope = Scope(database, "spell:/a")
    scope.set("n", 1)
    scope.set("other", 2)
    with database.writing() as connection:
        connection.execute("UPDATE items SET value = CAST(? AS TEXT) WHERE key = 'n'", (written,))
    with pytest.raises(InvalidValueError, match=r"state\.sqlite3 is damaged: "):
        scope.get("n")
    assert (scope.get("other"), scope.keys()) == (2, ["n", "other"])
    scope.set("n", 3)
    assert scope.get("n") == 3


def test_a_damaged_conversation_is_named(database: Database) -> None:
    threads = ThreadStore(database, "spell:/a")
    threads.save("ada", {"messages": []})
    with database.writing() as connection:
        connection.execute("UPDATE threads SET value = '{\"mess'")
    with pytest.raises(InvalidValueError, match="is damaged: the conversation 'ada' is not JSON"):
        threads.load("ada")


def test_a_newer_file_is_left_alone(database: Database) -> None:
    Scope(database, "spell:/a").set("a", 1)
    database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InvalidValueError, match=r"written by a newer llmspell \(format 99"):
        Scope(database, "spell:/a").get("a")


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidValueError, match=r"state\.sqlite3 cannot be used: (Not a directory|File exists)"):
        Scope(Database(tmp_path / "file" / "state.sqlite3"), "spell:/a").get("a")


def test_a_file_that_others_hold(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llmspell.storage.database._PATIENCE", 0.05)
    Scope(database, "spell:/a").set("a", 1)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TimeoutExceededError, match=r"was held by others for 0\.05 s") as caught:
        Scope(database, "spell:/a").set("a", 2)
    assert caught.value.retryable
    other.execute("ROLLBACK")
    other.close()
    Scope(database, "spell:/a").set("a", 3)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "../x", "x" * 65, "ä"])
def test_what_cannot_be_shared(name: str) -> None:
    with pytest.raises(InvalidValueError, match="cannot be the name of a shared state"):
        scope_name("/a.lua", name)


KEYS = st.sampled_from(["a", "ab", "b", "ä", "%", "_", "a\0"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)


class Kept(RuleBasedStateMachine):
    """A scope behaves as a dictionary does, whatever is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database()
        self.scope = Scope(self.database, "spell:/a")
        self.model: dict[str, object] = {}

    def teardown(self) -> None:
        self.database.close()

    @rule(key=KEYS, value=VALUES)
    def set(self, key: str, value: object) -> None:
        self.scope.set(key, value)
        self.put(key, value)

    @rule(key=KEYS, value=VALUES, fresh=st.booleans())
    def replace(self, key: str, value: object, fresh: bool) -> None:
        before = self.scope.text(key) if fresh else '"something else"'
        assert self.scope.replace(key, before, value) is fresh
        if fresh:
            self.put(key, value)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert self.scope.delete(key) is (self.model.pop(key, None) is not None)

    @rule()
    def clear(self) -> None:
        assert self.scope.clear() == len(self.model)
        self.model.clear()

    @rule(prefix=st.sampled_from(["", "a", "ä", "%", "_"]))
    def list(self, prefix: str) -> None:
        assert sorted(self.scope.keys(prefix)) == sorted(key for key in self.model if key.startswith(prefix))

    @invariant()
    def same(self) -> None:
        assert {key: self.scope.get(key) for key in self.scope.keys()} == self.model  # noqa: SIM118  # no dict
        with self.database.reading() as connection:
            used = connection.execute("SELECT coalesce(sum(used), 0) FROM scopes").fetchone()
            sizes = connection.execute("SELECT coalesce(sum(size), 0) FROM items").fetchone()
        assert used == sizes

    def put(self, key: str, value: object) -> None:
        self.model[key] = value
        if value is None:
            del self.model[key]


TestKept = Kept.TestCase
TestKept.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@given(VALUES.filter(lambda value: value is not None))
@settings(max_examples=50, deadline=None)
def test_any_value_comes_back(value: object) -> None:
    database = Database()
    scope = Scope(database, "spell:/a")
    scope.set("a", value)
    assert scope.get("a") == value
    database.close()
