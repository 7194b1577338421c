"""`state`: JSON values by their keys that a spell finds again in its next run.

Each spell has a scope of its own, and what one folder's spells share under a name is another. A scope holds at most 64
MiB. Nothing is ever half written, and `replace` lets several runs count on the same number. These methods block.
"""

from __future__ import annotations

import os
import time
from sqlite3 import Connection

from llmspell import values
from llmspell.errors import InvalidValueError
from llmspell.storage.database import Database, find_scope, scope_of
from llmspell.values import Value

MAX_SCOPE = 64 * 1024 * 1024
MAX_KEY = 512
_MAX_NAME = 64
_MARKS = str.maketrans("_-", "aa")
_OVERHEAD = 128
"""Bytes that each key counts besides its text and its value."""


class Scope:
    """The values of one spell, or those that several share."""

    def __init__(self, database: Database, name: str, max_bytes: int = MAX_SCOPE) -> None:
        self.name = name
        self._database = database
        self._max_bytes = max_bytes

    def get(self, key: str) -> Value:
        """The value of a key; None if there is none."""
        return self.value(key, self.text(key))

    def value(self, key: str, text: str | None) -> Value:
        """What `text` gave for a key, as a value."""
        return None if text is None else self._database.kept(text, f"the value of {key!r:.80}")

    def text(self, key: str) -> str | None:
        """The value as JSON, for `replace`."""
        _check_key(key)
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT value FROM items JOIN scopes ON scopes.id = scope WHERE name = ? AND key = ?", (self.name, key)
            ).fetchone()
        return None if row is None else str(row[0])

    def set(self, key: str, value: Value) -> None:
        """Keep a value; None deletes the key. Raises `InvalidValueError` when there is no room for it."""
        _check_key(key)
        text = _text(key, value)
        with self._database.writing() as connection:
            self._put(connection, key, text)

    def replace(self, key: str, before: str | None, value: Value) -> bool:
        """Keep a value if the old one, as `text` gave it, is still there; whether it was."""
        _check_key(key)
        text = _text(key, value)
        with self._database.writing() as connection:
            row = connection.execute(
                "SELECT value FROM items JOIN scopes ON scopes.id = scope WHERE name = ? AND key = ?", (self.name, key)
            ).fetchone()
            if (None if row is None else row[0]) != before:
                return False
            self._put(connection, key, text)
        return True

    def delete(self, key: str) -> bool:
        """Forget a key; whether it was there."""
        _check_key(key)
        with self._database.writing() as connection:
            scope = find_scope(connection, self.name)
            return scope is not None and self._drop(connection, scope, key)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that begin like this, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT key FROM items JOIN scopes ON scopes.id = scope"
                " WHERE name = ? AND substr(key, 1, ?) = ? ORDER BY key",
                (self.name, len(prefix), prefix),
            ).fetchall()
        return [str(row[0]) for row in rows]

    def clear(self) -> int:
        """Forget everything; how many keys there were."""
        with self._database.writing() as connection:
            scope = find_scope(connection, self.name)
            count = connection.execute("DELETE FROM items WHERE scope = ?", (scope,)).rowcount
            connection.execute("UPDATE scopes SET used = 0 WHERE id = ?", (scope,))
        return count

    def _put(self, connection: Connection, key: str, text: str | None) -> None:
        scope = scope_of(connection, self.name) if text is not None else find_scope(connection, self.name)
        if scope is not None:
            self._drop(connection, scope, key)
        if text is None:
            return
        size = len(text.encode()) + len(key.encode()) + _OVERHEAD
        [used] = connection.execute("SELECT used FROM scopes WHERE id = ?", (scope,)).fetchone()
        if used + size > self._max_bytes:
            raise InvalidValueError(
                f"there is no room for {key!r:.80}: the state of a spell has at most {self._max_bytes >> 20} MiB, "
                f"{used} bytes are in use, and this needs {size}",
                hint="delete what is not needed any more; state.keys tells what there is",
            )
        row = (scope, key, text, size, time.time())
        connection.execute("INSERT INTO items (scope, key, value, size, modified) VALUES (?, ?, ?, ?, ?)", row)
        connection.execute("UPDATE scopes SET used = used + ? WHERE id = ?", (size, scope))

    def _drop(self, connection: Connection, scope: int, key: str) -> bool:
        """Delete a key; whether it was there."""
        row = connection.execute("SELECT size FROM items WHERE scope = ? AND key = ?", (scope, key)).fetchone()
        if row is None:
            return False
        connection.execute("DELETE FROM items WHERE scope = ? AND key = ?", (scope, key))
        connection.execute("UPDATE scopes SET used = used - ? WHERE id = ?", (row[0], scope))
        return True


def scope_name(path: str, shared: str | None = None) -> str:
    """The name of the scope of the spell at a real path, or of what its folder's spells share under a name.

    Raises `InvalidValueError` for what cannot be such a name.
    """
    if shared is None:
        return f"spell:{path}"
    if not (0 < len(shared) <= _MAX_NAME and shared.isascii() and shared.translate(_MARKS).isalnum()):
        raise InvalidValueError(
            f"{shared!r:.80} cannot be the name of a shared state",
            hint=f"use 1 to {_MAX_NAME} letters, digits, _ and -",
        )
    return f"shared:{shared}:{os.path.dirname(path)}"


def _text(key: str, value: Value) -> str | None:
    """A value as JSON; None for nothing."""
    return None if value is None else values.dumps(values.check(value, f"the value of {key!r:.80}")).decode()


def _check_key(key: str) -> None:
    if not key or len(key.encode()) > MAX_KEY:
        wrong = "is empty" if not key else f"has more than {MAX_KEY} bytes"
        raise InvalidValueError(f"a key {wrong}", hint=f"a key is a text of 1 to {MAX_KEY} bytes")
