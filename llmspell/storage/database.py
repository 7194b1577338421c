"""One SQLite file, for several threads and several processes at once.

Its methods block: for seconds, when another process writes for long.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError, TimeoutExceededError
from llmspell.storage.journals import check_journal
from llmspell.values import Value

MEMORY = ":memory:"
MAX_SHARED = 16
"""Names under which the spells of a folder may share something."""
MAX_PAGES = 2 * 1024 * 1024
"""Of 4 KiB, in the whole file: no spell fills the disk."""
_PATIENCE = 10.0
_DAMAGED = ("malformed", "not a database", "Could not decode")
_NEWEST = 1
_SCHEMA = """
CREATE TABLE scopes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE items (
    scope INTEGER NOT NULL REFERENCES scopes(id) ON DELETE CASCADE,
    key TEXT NOT NULL, value TEXT NOT NULL, size INTEGER NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE TABLE threads (
    scope INTEGER NOT NULL REFERENCES scopes(id) ON DELETE CASCADE,
    name TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (scope, name)
);
"""


class Database:
    """The file at `path`, or a database in memory for as long as this object lives.

    It is opened, and made where it is missing, when it is first used. Whatever SQLite raises becomes an error of
    llmspell that names the file.
    """

    def __init__(self, path: str | os.PathLike[str] = MEMORY) -> None:
        self.path = os.fspath(path)
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._made: set[str] = set()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone."""
        with self._lock, self._translated():
            yield self._open()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction, which is kept as a whole, or not at all where something is raised."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def prepare(self, name: str, schema: str) -> None:
        """Make the tables of a part that only some spells use; its statements say `IF NOT EXISTS`."""
        if name not in self._made:
            with self.writing() as connection:
                for statement in schema.split(";\n"):
                    connection.execute(statement)
            self._made.add(name)

    def kept(self, text: str, what: str) -> Value:
        """The value of JSON that is in the file. Raises `InvalidValueError` where it is none any more."""
        try:
            return values.loads(text.encode())
        except InvalidValueError as error:
            raise InvalidValueError(
                f"{shown(self.path)} is damaged: {what} is {error.message}", hint="delete it, or restore the file"
            ) from None

    @property
    def exists(self) -> bool:
        """Whether there is a file, so that looking makes none."""
        return self._connection is not None or (self.path != MEMORY and os.path.exists(self.path))

    def close(self) -> None:
        """Close the file. It is opened again where it is used again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                self._made.clear()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self.path != MEMORY:
                check_journal(os.path.realpath(self.path), shown(self.path))
                _make(self.path)
            connection = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        self._check_ours(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA max_page_count = {MAX_PAGES}")
        connection.execute("PRAGMA trusted_schema = OFF")
        if _version(connection) == 0:
            connection.execute("BEGIN IMMEDIATE")  # another process may be about to make it too
            if _version(connection) == 0:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_NEWEST}")
            connection.execute("COMMIT")
        if (version := _version(connection)) > _NEWEST:
            raise InvalidValueError(
                f"{shown(self.path)} was written by a newer llmspell (format {version}, this one knows {_NEWEST})",
                hint="update llmspell, or name another file under [state] path",
            )

    def _check_ours(self, connection: sqlite3.Connection) -> None:
        """Raises `InvalidValueError` for the database of another program, which is left as it is."""
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "scopes" not in tables:
            raise InvalidValueError(
                f"{shown(self.path)} is the database of another program", hint="name another file under [state] path"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from None

    def _error(self, error: Exception) -> LlmspellError:
        file, said = shown(self.path), str(error)
        if isinstance(error, sqlite3.OperationalError) and "locked" in said:
            return TimeoutExceededError(
                f"{file} was held by others for {_PATIENCE:g} s", hint="try again later", retryable=True
            )
        if isinstance(error, sqlite3.DatabaseError) and any(mark in said for mark in _DAMAGED):
            return InvalidValueError(
                f"{file} is damaged: {said}", hint="restore it, or move it away: then a new one is made"
            )
        if isinstance(error, OSError):
            said = error.strerror or said
        return InvalidValueError(
            f"{file} cannot be used: {said}", hint="look at its owner and the room on the disk, or set [state] path"
        )


def shown(path: str) -> str:
    """A path as messages show it: scripts see them too, and need not know whose home it is."""
    home = os.path.expanduser("~").rstrip(os.sep)
    return f"~{path[len(home) :]}" if home and path.startswith(home + os.sep) else path


def find_scope(connection: sqlite3.Connection, name: str) -> int | None:
    """The number of a scope; None if there is none."""
    row = connection.execute("SELECT id FROM scopes WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def scope_of(connection: sqlite3.Connection, name: str) -> int:
    """The number of a scope, which is made where it is missing; to be called in a transaction.

    Raises `InvalidValueError` when the spells of a folder would share too many.
    """
    if (found := find_scope(connection, name)) is not None:
        return found
    if "shared:" in name:
        _check_shared(connection, name)
    return int(connection.execute("INSERT INTO scopes (name) VALUES (?)", (name,)).lastrowid or 0)


def _check_shared(connection: sqlite3.Connection, name: str) -> None:
    kind, _, rest = name.partition("shared:")
    folder = rest.partition(":")[2]
    [count] = connection.execute(
        "SELECT count(*) FROM scopes WHERE substr(name, 1, ?) = ? AND substr(name, ?) = ? AND used > 0",
        (len(kind) + 7, f"{kind}shared:", -len(folder) - 1, f":{folder}"),
    ).fetchone()
    if count >= MAX_SHARED:
        raise InvalidValueError(
            f"the spells of this folder share under {MAX_SHARED} names already", hint="delete what one of them has"
        )


def _make(path: str) -> None:
    """The file and its folder, for nobody else to read."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
