"""`sqlite_query`: SQL on a database file, one statement at a time.

Read-only unless the call asks to write and the run may write the file. An authorizer refuses what reaches beyond the
file (ATTACH, VACUUM INTO, extensions, virtual tables of modules, most pragmas), limits of SQLite bound what a statement
may be and make, and a clock ends it. The file is opened by its real path, and held against the one that was granted.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmspell.errors import InvalidValueError, NotFoundError, PermissionDeniedError, TimeoutExceededError
from llmspell.permissions import ALL
from llmspell.storage.journals import check_journal
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length, cut, within
from llmspell.tools.sqlite_copy import changed_copy
from llmspell.values import MAX_SAFE_INTEGER

if TYPE_CHECKING:
    from llmspell.system.files import Stopped
    from llmspell.system.walk import Place

SECONDS = 20.0
"""How long a statement may take."""
MAX_ROWS = 1000
_FEW = 100
_MAX_SQL = 50_000
_MAX_VALUE = 8 << 20
_CELL = 4000
_STEPS = 2000
_MAX_PAGES = 32_768  # 128 MiB of usual pages
_WAIT = 2.0

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MAX_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: _MAX_SQL * 4,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_WRITING = frozenset(
    {
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_TEMP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_INDEX,
        sqlite3.SQLITE_DROP_TEMP_VIEW,
        sqlite3.SQLITE_DROP_TEMP_TRIGGER,
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_ANALYZE,
    }
)
_PRAGMAS = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("foreign_key_list", "foreign_key_check", "collation_list", "integrity_check", "data_version"),
    }
)
_NO_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "unhex"})
_SLOW = {"instr": 128 << 10, "replace": 128 << 10, "json_patch": 64 << 10}
"""Functions that take as long as the product of two values, which no clock stops, and how large values may be there."""


async def _query(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    most = args.get("max_rows", _FEW)
    within("max_rows", most, 1, MAX_ROWS)
    check_length("sql", args["sql"], _MAX_SQL)
    if not args["sql"].strip("; \t\r\n"):
        raise InvalidValueError("sql is empty", hint="such as SELECT name, sql FROM sqlite_schema")
    return await reach.slow(lambda stopped: _answer(reach, args, most, stopped))


def _answer(reach: Reach, args: dict[str, Any], most: int, stopped: Stopped) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    wants_write = args.get("write", False)
    with _opened(reach, args["database"], write=wants_write) as connection:
        connection.set_progress_handler(lambda: stopped() or time.monotonic() > deadline, _STEPS)
        try:
            _bound_slow_functions(connection, args["sql"], args.get("parameters") or (), write=wants_write)
            with connection:  # a change is kept when all of it went well
                cursor = connection.execute(args["sql"], args.get("parameters") or ())
                told = _told(cursor, most)
            return told | {"changed": max(cursor.rowcount, 0)} if cursor.description is None else told
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise _failure(error, wants_write=wants_write, late=time.monotonic() > deadline) from None


@contextmanager
def _opened(reach: Reach, path: str, *, write: bool) -> Iterator[sqlite3.Connection]:
    """A connection to the database at a path, bounded in all that it may do. Raises `LlmspellError`."""
    with reach.files.at(path) as place:
        if write and not reach.permissions.may_write(place.path):
            raise reach.files.refusal("write", path, place.path)
        there = _identity(place.name, place.folder)
        if there is None and not write:
            raise NotFoundError(f"there is no database {path[:200]!r}", hint="write = true makes a new one")
        opened = _in_place(place, path, there, write=write)
        if write and _may_write_beside(reach, place):
            opened = changed_copy(reach.files, place, path)
        with opened as connection:
            _bound(connection, write=write)
            yield connection


def _may_write_beside(reach: Reach, place: Place) -> bool:
    """Whether the spell can put files there that SQLite would believe, and nothing more than it may do anyway."""
    return reach.permissions.may_write(f"{place.path}-journal") and ALL not in reach.permissions.write


@contextmanager
def _in_place(place: Place, path: str, there: tuple[int, int] | None, *, write: bool) -> Iterator[sqlite3.Connection]:
    mode = "ro" if not write else "rw" if there else "rwc"
    check_journal(place.path, repr(path[:200]))
    try:
        connection = sqlite3.connect(
            f"file:{quote(place.path)}?mode={mode}", uri=True, timeout=_WAIT, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise InvalidValueError(f"{path[:200]!r} cannot be opened: {error}") from None
    try:
        if there is not None and _identity(place.path, None) != there:
            raise PermissionDeniedError(f"{path[:200]!r} was exchanged while it was opened")
        yield connection
    finally:
        connection.close()


def _identity(name: str, folder: int | None) -> tuple[int, int] | None:
    """What tells one file from another; None where there is none. Raises `InvalidValueError` for what is no file."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    import stat  # the system's files have loaded it

    if not stat.S_ISREG(status.st_mode):
        raise InvalidValueError(f"{name[:200]!r} is no regular file")
    return status.st_dev, status.st_ino


def _bound(connection: sqlite3.Connection, *, write: bool) -> None:
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if write:
        connection.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
    for name, strip in (("trim", _trimmed), ("ltrim", _trimmed_left), ("rtrim", _trimmed_right)):
        connection.create_function(name, 2, strip, deterministic=True)
    connection.set_authorizer(_authorizer(write=write))


def _bound_slow_functions(connection: sqlite3.Connection, sql: str, parameters: Any, *, write: bool) -> None:
    """Let a statement use the slow functions that it is seen to use now, on values that are small enough for them."""
    used: set[str] = set()
    connection.set_authorizer(_authorizer(write=write, seen=used))
    with suppress(sqlite3.Error, sqlite3.Warning):  # what is wrong shows when it is run
        connection.execute(f"EXPLAIN {sql}", parameters).close()
    slow = used & _SLOW.keys()
    connection.set_authorizer(_authorizer(write=write, without=_SLOW.keys() - slow))
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min((_SLOW[name] for name in slow), default=_MAX_VALUE))


def _trimmed(value: Any, letters: Any) -> Any:
    """As SQLite's own, in linear time."""
    return _trimmed_right(_trimmed_left(value, letters), letters)


def _trimmed_left(value: Any, letters: Any) -> Any:
    if value is None or letters is None:
        return None
    text, those = _plain(value), frozenset(_plain(letters))
    return text[next((at for at, letter in enumerate(text) if letter not in those), len(text)) :]


def _trimmed_right(value: Any, letters: Any) -> Any:
    if value is None or letters is None:
        return None
    return _trimmed_left(_plain(value)[::-1], letters)[::-1]


def _plain(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _authorizer(
    *, write: bool, seen: set[str] | None = None, without: Collection[str] = frozenset()
) -> Callable[..., int]:
    def allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            name = (second or "").lower()
            good = name not in _NO_FUNCTIONS and name not in without
            if seen is not None:
                seen.add(name)
        elif action == sqlite3.SQLITE_PRAGMA:
            good = (first or "").lower() in _PRAGMAS
        elif action == sqlite3.SQLITE_TRANSACTION:
            good = first in ("BEGIN", "COMMIT", "ROLLBACK")
        elif action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
            good = True  # so FTS5 declares its tables; SQLite itself refuses it to statements
        else:
            good = action in _READING or (write and action in _WRITING)
        return sqlite3.SQLITE_OK if good else sqlite3.SQLITE_DENY

    return allow


def _told(cursor: sqlite3.Cursor, most: int) -> dict[str, Any]:
    if cursor.description is None:
        return {}
    names = _distinct([column[0] for column in cursor.description])
    rows: list[dict[str, Any]] = []
    size = 0
    for row in cursor:
        if len(rows) == most or size > MAX_TEXT:
            return {"rows": rows, "more": True}
        cells = [_cell(value) for value in row]
        size += sum(len(str(cell)) + len(name) for cell, name in zip(cells, names, strict=True))
        rows.append(dict(zip(names, cells, strict=True)))
    return {"rows": rows, "more": False}


def _distinct(names: list[str]) -> list[str]:
    """The names of columns, each once: the second `id` is `id_2`."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return made


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        text, more = cut(value.encode(errors="replace").decode(), _CELL)
        return f"{text}… ({len(value)} characters)" if more else text
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return str(value)
    if isinstance(value, float) and not -1e308 <= value <= 1e308:
        return str(value)
    return value


def _failure(error: Exception, *, wants_write: bool, late: bool) -> Exception:
    said = str(error)[:300]
    if late and "interrupted" in said:
        return TimeoutExceededError(f"the statement took longer than {SECONDS:g} s", hint="add LIMIT, or an index")
    if "authoriz" in said or "prohibited" in said or "readonly" in said:
        changing = "it may read and change tables of this file, and nothing else"
        reading = "it may only read this file; to change something in it, write = true and --allow-write"
        return PermissionDeniedError(f"the statement is not allowed: {said}", hint=changing if wants_write else reading)
    if "too big" in said:
        sizes = ", ".join(f"{size >> 10} KiB for {name}" for name, size in _SLOW.items())
        return InvalidValueError(
            f"SQLite: {said}", hint=f"a value or a row may have {_MAX_VALUE >> 20} MiB in a statement; {sizes}"
        )
    tables = "SELECT name, sql FROM sqlite_schema tells what tables there are" if "no such" in said else None
    return InvalidValueError(f"SQLite: {said}", hint=tables)


SQLITE_QUERY = Spec(
    name="sqlite_query",
    description=(
        "Run one SQL statement on an SQLite database file and give the rows. Only reads, unless `write` is true. "
        "SELECT name, sql FROM sqlite_schema tells the tables. "
        'Example: {"database": "shop.db", "sql": "SELECT name FROM items WHERE price > ?", "parameters": [10]}'
    ),
    parameters={
        "database": "string: The path of the database file.",
        "sql": "string: One statement, with ? for each of the parameters.",
        "parameters": "array?: The values for the question marks, in order.",
        "max_rows": f"integer?: The most rows to give, up to {MAX_ROWS}; {_FEW} if absent.",
        "write": "boolean?: true to change the database.",
    },
    work=_query,
    needs=("read",),
    example="-p database=shop.db -p sql='SELECT * FROM items LIMIT 5' --allow-read=shop.db",
)
