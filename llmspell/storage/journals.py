"""Journals that lie beside a database which SQLite is about to open."""

from __future__ import annotations

import os

from llmspell.errors import InvalidValueError

_MAGIC = bytes.fromhex("d9d505f920a163d7")
_TRAILER = 16
"""How a journal ends that names a super-journal; see the format of SQLite's files, the rollback journal."""


def check_journal(database: str, shown: str) -> None:
    """Raises `InvalidValueError` where the journal beside a database names another file: SQLite would delete that file.

    Only a transaction over several databases leaves such a journal, and llmspell makes none.
    """
    try:
        file = os.open(f"{database}-journal", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        size = os.fstat(file).st_size
        if size >= _TRAILER and os.pread(file, len(_MAGIC), size - len(_MAGIC)) == _MAGIC:
            raise InvalidValueError(
                f"{shown} is not opened: the journal beside it names another file, which would be deleted",
                hint="look who has put it there, and move it away",
            )
    finally:
        os.close(file)
