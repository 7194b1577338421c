"""The files that a host believes, so that its spells must not write them, not even where they may write the folder.

SQLite believes the journal that lies beside a database: a crafted one names any file of the machine, which is deleted
then (see "super-journal", https://www.sqlite.org/fileformat2.html#the_rollback_journal). The settings grant rights, and
the list of MCP servers names programs to be started.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell.config import Config

_BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a database, for the files that go with it."""


def reserved_files(config: Config, state: str | os.PathLike[str] | None) -> tuple[str, ...]:
    """The files of a host with these settings, which keeps what outlives a run in `state`."""
    return tuple(dict.fromkeys(_files(config, state)))


def _files(config: Config, state: str | os.PathLike[str] | None) -> Iterator[str]:
    for file in config.files:
        yield from _places(file)
    if config.mcp is not None and config.mcp.file is not None:
        yield from _places(config.mcp.file)
    if state is not None:
        for place in _places(state):
            yield from (f"{place}{ending}" for ending in _BESIDE)


def _places(file: str | os.PathLike[str]) -> Iterator[str]:
    """Where a file is, and where its links are that lead there: who moves those makes another one of it."""
    for place in (os.path.realpath(file), os.path.abspath(file)):
        yield place[1:] if place.startswith("//") else place  # POSIX lets two slashes stand
