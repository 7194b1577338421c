"""What somebody has put beside the database of a host: SQLite believes it, so it is not opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llmspell.errors import InvalidValueError
from llmspell.storage.database import Database
from llmspell.storage.journals import check_journal
from llmspell.storage.state import Scope
from tests.storage.hot import hot_journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path.resolve() / "state.sqlite3"
    database = Database(path)
    Scope(database, "spell:/a").set("n", 1)
    database.close()
    return path


def beside(file: Path) -> Path:
    return file.with_name(f"{file.name}-journal")


def read(file: Path) -> object:
    database = Database(file)
    try:
        return Scope(database, "spell:/a").get("n")
    finally:
        database.close()


@pytest.fixture
def victim(tmp_path: Path, file: Path) -> Path:
    victim = tmp_path.resolve() / "elsewhere"
    victim.write_bytes(b"precious\0")
    beside(file).write_bytes(hot_journal(file, victim))
    return victim


def test_sqlite_itself_deletes_the_file_that_a_journal_names(file: Path, victim: Path) -> None:
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("SELECT * FROM items").fetchall()
    assert not victim.exists()


def test_a_database_with_such_a_journal_is_not_opened(file: Path, victim: Path) -> None:
    with pytest.raises(InvalidValueError, match="the journal beside it names another file") as refused:
        read(file)
    assert "move it away" in (refused.value.hint or "")
    assert victim.exists()
    beside(file).unlink()
    assert read(file) == 1


def test_it_is_found_where_a_link_leads(file: Path, victim: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(file)
    with pytest.raises(InvalidValueError, match="names another file"):
        read(link)
    assert victim.exists()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 2000, bytes.fromhex("d9d505f920a163d7")])
def test_other_journals_are_left_to_sqlite(file: Path, content: bytes) -> None:
    beside(file).write_bytes(content)
    check_journal(str(file), "it")
    assert read(file) == 1
