"""Changes to a database in a folder that the spell may write as a whole.

SQLite believes the journals that lie beside a database: one that a hostile spell has put there may name any file of the
machine, and that file is deleted (see "super-journal", https://www.sqlite.org/fileformat2.html#the_rollback_journal).
So such a database is never opened for writing where it is: it is read into memory, changed there, and put in the place
of the old one, whole and at once. Whoever does the same waits; programs that have it open keep the old one.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llmspell.errors import InvalidValueError, TimeoutExceededError

if TYPE_CHECKING:
    from llmspell.system.files import Files
    from llmspell.system.walk import Place

MAX_SIZE = 64 << 20
_WAIT = 5.0
_PAUSE = 0.01
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WAL, _FORMAT = b"\x02\x02", slice(18, 20)
"""How the header says that a database keeps a write-ahead log, and where; see the format of SQLite's files."""


@contextmanager
def changed_copy(files: Files, place: Place, path: str) -> Iterator[sqlite3.Connection]:
    """A database in memory, which takes the place of the file at the end, unless an error ends it."""
    with _locked(place, path) as file:
        before = b"" if file is None else _content(file, place, path)
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            if before:
                connection.deserialize(before)
            yield connection
            connection.set_authorizer(None)
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            after = connection.serialize() if pages else before
        finally:
            connection.close()
        if after != before:
            files.write(path, after)


@contextmanager
def _locked(place: Place, path: str) -> Iterator[int | None]:
    """The file that is at a place, which nobody else changes in this way meanwhile; None where there is none."""
    import fcntl  # where there is no fcntl there are no guarded files

    deadline = time.monotonic() + _WAIT
    while True:
        try:
            file = os.open(place.name, _READ, dir_fd=place.folder)
        except FileNotFoundError:
            yield None
            return
        try:
            if _has_lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) and _is_there(file, place):
                yield file
                return
        finally:
            os.close(file)
        if time.monotonic() > deadline:
            raise TimeoutExceededError(f"{path[:200]!r} is being changed by others", retryable=True)
        time.sleep(_PAUSE)


def _has_lock(file: int, how: int) -> bool:
    import fcntl  # as above

    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True


def _is_there(file: int, place: Place) -> bool:
    """Whether a file is still the one at its place."""
    try:
        now = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file), now)


def _content(file: int, place: Place, path: str) -> bytes:
    for ending in ("-journal", "-wal"):
        if _size(place, ending):
            raise InvalidValueError(
                f"{path[:200]!r} is in use, or somebody did not finish a change of it: there is a {ending} file",
                hint="end what uses it; or allow writing the file alone, --allow-write with its path",
            )
    if os.fstat(file).st_size > MAX_SIZE:
        raise InvalidValueError(
            f"{path[:200]!r} has more than {MAX_SIZE >> 20} MiB",
            hint="to change it where it is, allow writing the file alone, not its folder",
        )
    with open(file, "rb", closefd=False) as source:
        content = bytearray(source.read(MAX_SIZE))
    if content[_FORMAT] == _WAL:
        content[_FORMAT] = b"\x01\x01"  # a database in memory keeps none
    return bytes(content)


def _size(place: Place, ending: str) -> int:
    try:
        return os.stat(place.name + ending, dir_fd=place.folder, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
