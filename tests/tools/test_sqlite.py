"""`sqlite_query`: rows, changes that were allowed, and no way out of the file."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llmspell.agents.context import ToolContext
from llmspell.errors import LlmspellError
from llmspell.permissions import Permissions
from llmspell.tools import builtin
from tests.storage.hot import hot_journal
from tests.tools.calling import call, refused


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path.resolve() / "shop.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(
            "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL);"
            "INSERT INTO items (name, price) VALUES ('lamp', 12.5), ('rug', 99), (NULL, NULL);"
            "CREATE VIRTUAL TABLE notes USING fts5(text); INSERT INTO notes VALUES ('a good lamp');"
        )
    return path


def query(database: Path, sql: str, *, may_write: bool = False, **args: Any) -> Any:
    return call("sqlite_query", _permissions(database, may_write), database=str(database), sql=sql, **args)


def refusal(database: Path, sql: str, *, may_write: bool = False, **args: Any) -> LlmspellError:
    return refused("sqlite_query", _permissions(database, may_write), database=str(database), sql=sql, **args)


def _permissions(database: Path, may_write: bool) -> Permissions:
    folder = (str(database.parent),)
    return Permissions(read=folder, write=folder if may_write else ())


class TestReading:
    def test_rows(self, database: Path) -> None:
        found = query(database, "SELECT name, price FROM items WHERE price > ?", parameters=[10])
        assert found == {"rows": [{"name": "lamp", "price": 12.5}, {"name": "rug", "price": 99}], "more": False}

    def test_few_rows(self, database: Path) -> None:
        found = query(database, "SELECT id FROM items", max_rows=2)
        assert (len(found["rows"]), found["more"]) == (2, True)

    def test_large_rows_are_few(self, database: Path) -> None:
        sql = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) "
            "SELECT replace(hex(zeroblob(1500)), '0', 'x') t FROM n"
        )
        found = query(database, sql)
        assert found["more"] is True
        assert 10 < len(found["rows"]) < 20

    def test_values(self, database: Path) -> None:
        sql = "SELECT 9007199254740993 big, x'00ff' bytes, 1e999 inf, NULL n, replace(hex(zeroblob(5000)), '0', 'y') t"
        (row,) = query(database, sql)["rows"]
        assert row["t"].endswith("… (10000 characters)")
        del row["t"]
        assert row == {"big": "9007199254740993", "bytes": "<2 bytes>", "inf": "inf", "n": None}

    def test_columns_of_one_name(self, database: Path) -> None:
        assert query(database, "SELECT 1 a, 2 a, 3 a")["rows"] == [{"a": 1, "a_2": 2, "a_3": 3}]

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT name, sql FROM sqlite_schema",
            "PRAGMA table_info(items)",
            "EXPLAIN QUERY PLAN SELECT * FROM items",
            "SELECT * FROM notes WHERE notes MATCH 'lamp'",
            "SELECT json_extract('{\"a\": 1}', '$.a')",
            "SELECT sum(price) OVER (ORDER BY id) FROM items",
        ],
    )
    def test_what_people_ask(self, database: Path, sql: str) -> None:
        assert query(database, sql)["rows"]

    def test_a_statement_that_takes_too_long(self, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.tools.sqlite.SECONDS", 0.1)
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        assert refusal(database, endless).kind == "timeout"


class TestFunctionsThatTakeLong:
    """No clock stops a function of SQLite: what takes as long as the product of two values gets small ones."""

    @pytest.mark.parametrize(
        ("sql", "value"),
        [
            ("SELECT trim('xxaxbxx', 'x') AS v", "axb"),
            ("SELECT ltrim('xxaxx', 'yx') AS v", "axx"),
            ("SELECT rtrim('xxaxx', 'yx') AS v", "xxa"),
            ("SELECT trim('  a ') AS v", "a"),
            ("SELECT trim(77177, 7) AS v", "1"),
            ("SELECT trim(NULL, 'x') AS v", None),
            ("SELECT rtrim('x', NULL) AS v", None),
            ("SELECT trim('', '') AS v", ""),
            ("SELECT instr('abc', 'c') AS v", 3),
            ("SELECT replace('abab', 'b', 'c') AS v", "acac"),
            ("SELECT json_patch('{\"a\":1}', '{\"b\":2}') AS v", '{"a":1,"b":2}'),
            ("SELECT length(trim(printf('%.*c', 4000000, 'a'), printf('%.*c', 4000000, 'b') || 'a')) AS v", 0),
            ("SELECT length(printf('%.*c', 4000000, 'a')) AS v", 4_000_000),
        ],
    )
    def test_what_they_give(self, database: Path, sql: str, value: Any) -> None:
        assert query(database, sql)["rows"] == [{"v": value}]

    @pytest.mark.parametrize(
        "call",
        [
            "instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'b')",
            "replace(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'b', 'c')",
            "/**/ \"REPLACE\" /**/ (hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'b', 'c')",
            "json_patch(json_object('a', hex(zeroblob(100000))), '{}')",
        ],
    )
    def test_large_values_are_refused(self, database: Path, call: str) -> None:
        error = refusal(database, f"SELECT {call}")
        assert "too big" in error.message
        assert error.hint is not None
        assert "128 KiB for instr" in error.hint

    def test_they_are_seen_through_views(self, database: Path) -> None:
        view = "CREATE VIEW slow AS SELECT replace(hex(zeroblob(2000000)), hex(zeroblob(1000000)), '') AS v"
        query(database, view, may_write=True, write=True)
        assert "too big" in refusal(database, "SELECT v FROM slow").message

    def test_what_is_looked_at_before_is_not_done(self, database: Path) -> None:
        query(database, "INSERT INTO items (name) VALUES (replace('once', 'x', 'y'))", may_write=True, write=True)
        assert query(database, "SELECT count(*) AS n FROM items WHERE name = 'once'")["rows"] == [{"n": 1}]

    def test_what_cannot_be_looked_at_before_has_none(self, database: Path) -> None:
        assert query(database, "EXPLAIN SELECT 1")["rows"]
        assert "not authorized" in refusal(database, "EXPLAIN SELECT instr('a', 'b')").message


class TestWriting:
    def test_a_change(self, database: Path) -> None:
        done = query(database, "UPDATE items SET price = 1 WHERE id < 3", may_write=True, write=True)
        assert done == {"changed": 2}
        assert query(database, "SELECT sum(price) s FROM items")["rows"] == [{"s": 2}]

    def test_a_change_that_tells(self, database: Path) -> None:
        done = query(database, "INSERT INTO items (name) VALUES ('cup') RETURNING id", may_write=True, write=True)
        assert done["rows"] == [{"id": 4}]
        assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 4}]

    def test_a_new_database(self, database: Path) -> None:
        new = database.with_name("new.db")
        assert refusal(new, "SELECT 1").kind == "not_found"
        assert query(new, "CREATE TABLE t (a)", may_write=True, write=True) == {"changed": 0}
        assert query(new, "SELECT count(*) c FROM t")["rows"] == [{"c": 0}]

    @pytest.mark.parametrize("sql", ["DELETE FROM items", "DROP TABLE items", "CREATE TABLE t (a)"])
    def test_it_has_to_be_meant_and_allowed(self, database: Path, sql: str) -> None:
        assert refusal(database, sql).kind == "permission"
        assert refusal(database, sql, write=True).kind == "permission"
        assert refusal(database, sql, may_write=True).kind == "permission"
        assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 3}]

    def test_a_failed_change_is_none(self, database: Path) -> None:
        sql = "UPDATE items SET price = 0, id = 1"
        assert "UNIQUE" in refusal(database, sql, may_write=True, write=True).message
        assert query(database, "SELECT max(price) m FROM items")["rows"] == [{"m": 99}]


HOSTILE = [
    "ATTACH DATABASE '{outside}' AS other",
    "VACUUM INTO '{outside}'",
    "PRAGMA journal_mode = OFF",
    "PRAGMA writable_schema = 1",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA database_list",
    "SELECT load_extension('{outside}')",
    "SELECT writefile('{outside}', 'x')",
    "SELECT * FROM pragma_database_list",
    "CREATE VIRTUAL TABLE v USING csv(filename = '/etc/passwd')",
    "UPDATE sqlite_schema SET sql = 'x'",
    "SELECT fts3_tokenizer('simple')",
    "SELECT 1; DROP TABLE items",
    "SELECT zeroblob(100000000)",
    "SELECT randomblob(100000000)",
    "SELECT group_concat(a.t, '') FROM (SELECT hex(zeroblob(1000000)) t FROM items, items b) a",
    "SELECT " + "(" * 300 + "1" + ")" * 300,
    "SELECT 1" + " UNION SELECT 1" * 200,
    "SELECT 'a' LIKE '" + "%a" * 200 + "'",
]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("sql", HOSTILE)
def test_nothing_beyond_the_file(database: Path, sql: str, write: bool) -> None:
    outside = database.parent.parent / "outside.db"
    error = refusal(database, sql.replace("{outside}", str(outside)), may_write=True, write=write)
    assert error.kind in ("permission", "value")
    assert not outside.exists()
    assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 3}]


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ({"sql": "SELEC 1"}, "value"),
        ({"sql": "SELECT * FROM nowhere"}, "value"),
        ({"sql": "SELECT ?"}, "value"),
        ({"sql": "SELECT ?", "parameters": [{"a": 1}]}, "value"),
        ({"sql": "SELECT ?", "parameters": [2**63]}, "value"),
        ({"sql": "SELECT 1" + " " * 60_000}, "value"),
        ({"sql": "SELECT 1", "max_rows": 100_000}, "value"),
        ({"sql": ""}, "value"),
        ({"sql": " ;\n"}, "value"),
    ],
)
def test_mistakes(database: Path, args: dict[str, Any], kind: str) -> None:
    assert refusal(database, **args).kind == kind


def test_what_is_no_database(tmp_path: Path) -> None:
    text = tmp_path.resolve() / "a.txt"
    text.write_text("no database" * 100, "utf-8")
    assert "not a database" in refusal(text, "SELECT * FROM sqlite_schema").message
    assert refusal(tmp_path.resolve(), "SELECT 1").kind == "value"


def test_without_permission(database: Path) -> None:
    error = refused("sqlite_query", database=str(database), sql="SELECT 1")
    assert error.kind == "permission"
    assert "--allow-read" in (error.hint or "")


def test_a_link_out_of_the_grant(database: Path) -> None:
    inside = database.parent / "in"
    inside.mkdir()
    (inside / "link.db").symlink_to(database)
    allowed = Permissions(read=(str(inside),))
    assert refused("sqlite_query", allowed, database=str(inside / "link.db"), sql="SELECT 1").kind == "permission"


class TestJournals:
    """What lies beside a database is believed by SQLite, and may come from a spell."""

    @pytest.fixture
    def victim(self, database: Path) -> Path:
        """A file that SQLite deletes when it opens the database for writing."""
        victim = database.parent.parent / f"{database.parent.name}-victim"
        victim.write_bytes(b"precious\0")
        database.with_name("shop.db-journal").write_bytes(hot_journal(database, victim))
        return victim

    def test_sqlite_itself_deletes_it(self, database: Path, victim: Path) -> None:
        with closing(sqlite3.connect(database)) as opened:
            opened.execute("SELECT * FROM items").fetchall()
        assert not victim.exists()

    @pytest.mark.parametrize("sql", ["SELECT * FROM items", "DELETE FROM items", "CREATE TABLE t (a)"])
    @pytest.mark.parametrize("write", [False, True])
    def test_the_tool_does_not(self, database: Path, victim: Path, sql: str, write: bool) -> None:
        refusal(database, sql, may_write=True, write=write)
        assert victim.exists()
        assert database.with_name("shop.db-journal").exists()

    def test_a_journal_that_comes_meanwhile_is_not_read(
        self, database: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("llmspell.tools.sqlite_copy._size", lambda *_: 0)
        assert query(database, "UPDATE items SET price = 1", may_write=True, write=True) == {"changed": 3}
        assert victim.exists()

    def test_a_file_that_was_granted_alone_is_changed_where_it_is(self, database: Path) -> None:
        before = database.stat().st_ino
        alone = Permissions(read=(str(database),), write=(str(database),))
        args = {"database": str(database), "sql": "DELETE FROM items", "write": True}
        assert call("sqlite_query", alone, **args) == {"changed": 3}
        assert database.stat().st_ino == before

    def test_one_that_was_put_there_before_is_not_read_either(self, database: Path, victim: Path) -> None:
        alone = Permissions(read=(str(database),), write=(str(database),))
        error = refused("sqlite_query", alone, database=str(database), sql="DELETE FROM items", write=True)
        assert "the journal beside it names another file" in error.message
        assert victim.exists()

    def test_a_log_of_others_is_not_lost(self, database: Path) -> None:
        with closing(sqlite3.connect(database)) as other:
            other.execute("PRAGMA journal_mode = WAL")
            other.execute("INSERT INTO items (name) VALUES ('cup')")
            other.commit()
            assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 4}]
            error = refusal(database, "DELETE FROM items", may_write=True, write=True)
            assert "there is a -wal file" in error.message
        assert query(database, "DELETE FROM items", may_write=True, write=True) == {"changed": 4}

    def test_changes_at_once_are_all_kept(self, database: Path) -> None:
        tool, context = builtin("sqlite_query"), ToolContext(permissions=_permissions(database, may_write=True))
        args = {"database": str(database), "sql": "INSERT INTO items (name) VALUES ('cup')", "write": True}

        async def many() -> None:
            await asyncio.gather(*(tool.call(args, context) for _ in range(10)))

        asyncio.run(many())
        assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 13}]

    def test_too_large_a_copy(self, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.tools.sqlite_copy.MAX_SIZE", 1000)
        assert "MiB" in refusal(database, "DELETE FROM items", may_write=True, write=True).message

    def test_nothing_is_written_where_nothing_changes(self, database: Path) -> None:
        before = database.stat().st_ino
        assert query(database, "SELECT 1 a", may_write=True, write=True)["rows"] == [{"a": 1}]
        assert database.stat().st_ino == before

    def test_a_database_cannot_grow_for_ever(self, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.tools.sqlite._MAX_PAGES", 30)
        filling = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
            "INSERT INTO items (name) SELECT hex(zeroblob(2000)) FROM n"
        )
        assert "full" in refusal(database, filling, may_write=True, write=True).message
        assert query(database, "SELECT count(*) c FROM items")["rows"] == [{"c": 3}]
