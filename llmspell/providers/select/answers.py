"""The cache of answers: a SQLite file, which several processes may use at once.

It can only ever help: a file that cannot be read or written counts as empty. It holds answers and the hashes of the
requests, and neither requests nor keys.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

FILE = "answers.sqlite3"
MOST_BYTES = 256 * 1024 * 1024

_VERSION = 1
_EVERY = 50
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS answers (
        key BLOB PRIMARY KEY, made REAL NOT NULL, size INTEGER NOT NULL, events TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS answers_made ON answers (made);
"""


def default_file() -> Path:
    """Where answers are kept unless the user says otherwise: in the user's cache directory."""
    import platformdirs  # only needed when no directory was given

    return Path(platformdirs.user_cache_dir("llmspell")) / FILE


class CacheInfo(NamedTuple):
    """How many answers there are, and their size in bytes."""

    answers: int
    size: int


class Answers:
    """Texts by hash, in the SQLite file at `path`, at most 256 MiB of them: the oldest are forgotten first.

    The methods block and may be called from any thread. The file is opened when it is first needed.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._most = most_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._puts = 0

    def get(self, key: bytes, max_age: float | None = None) -> str | None:
        """The text of that key, unless it is older than `max_age` seconds."""
        oldest = 0.0 if max_age is None else self._clock() - max_age
        with self._lock, suppress(sqlite3.Error, OSError):
            query = "SELECT events FROM answers WHERE key = ? AND made >= ?"
            row = self._open().execute(query, (key, oldest)).fetchone()
            return str(row[0]) if row else None
        return None

    def put(self, key: bytes, events: str) -> None:
        """Keep a text."""
        with self._lock, suppress(sqlite3.Error, OSError):
            row = (key, self._clock(), len(events.encode()), events)
            with self._open() as database:
                database.execute("REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
                if self._puts % _EVERY == 0:
                    self._prune(database)
            self._puts += 1

    def info(self) -> CacheInfo:
        """What there is."""
        with self._lock, suppress(sqlite3.Error, OSError):
            query = "SELECT count(*), coalesce(sum(size), 0) FROM answers"
            return CacheInfo(*self._open().execute(query).fetchone())
        return CacheInfo(0, 0)

    def clear(self) -> None:
        """Forget all answers. Raises `sqlite3.Error` or `OSError` when that fails."""
        with self._lock:
            database = self._open()
            with database:
                database.execute("DELETE FROM answers")
            database.execute("VACUUM")

    def close(self) -> None:
        """Close the file. It is opened again when it is needed."""
        with self._lock:
            database, self._database = self._database, None
            if database is not None:
                database.close()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            database = sqlite3.connect(self.path, timeout=2.0, check_same_thread=False)
            try:
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                if database.execute("PRAGMA user_version").fetchone()[0] not in (0, _VERSION):
                    raise sqlite3.DatabaseError("made by another version")
                database.executescript(f"{_SCHEMA} PRAGMA user_version = {_VERSION};")
            except BaseException:
                database.close()
                raise
            self._database = database
        return self._database

    def _prune(self, database: sqlite3.Connection) -> None:
        # The newest answers that together have room stay.
        database.execute(
            "DELETE FROM answers WHERE made <= coalesce((SELECT max(made) FROM "
            "(SELECT made, sum(size) OVER (ORDER BY made DESC) AS total FROM answers) WHERE total > ?), -1)",
            (self._most,),
        )
