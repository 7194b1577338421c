"""Finds the place that a path means, so that what is opened there is what was allowed.

The kernel is never asked to follow a link or a `..`: each folder is opened from the one above it, links are read and
followed here, and `..` begins again at the top. So the real path of the place is known when it is reached, whatever
others rename meanwhile, and is held against the grants before anything there is looked at. A path that leads out of
them is refused in the same way whether or not something is there.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

Allowed = Callable[[str], bool]
"""Whether an absolute path without links may be touched."""

MAX_LINKS = 40
MAX_STEPS = 2000
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)


class OutsideError(Exception):
    """The path leads to a place that is not allowed."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        """The real path; not for scripts."""


class Place(NamedTuple):
    """Where a path leads: a `name`, which may not exist, in an open `folder`; `path` is the real one of both."""

    folder: int
    name: str
    path: str


@contextmanager
def locate(path: str, allowed: Allowed, *, follow: bool = True, make: bool = False) -> Iterator[Place]:
    """The place of an absolute path, or of one that begins at the working directory.

    Its name was no link when it was looked at, unless `follow` is false: then the last part may be one. Open it with
    `O_NOFOLLOW`. `make` makes the folders above it that are missing. Raises `OutsideError`, and `OSError` for what is
    wrong within the allowed places.
    """
    walk = _Walk(os.path.join(os.getcwd(), path), allowed, follow, make)
    try:
        yield walk.end()
    finally:
        os.close(walk.folder)


class _Walk:
    def __init__(self, path: str, allowed: Allowed, follow: bool, make: bool) -> None:
        self.folder = os.open("/", _FOLDER)
        self._allowed = allowed
        self._follow = follow
        self._make = make
        self._names: list[str] = []
        self._ahead = _parts(path)
        self._steps = 0
        self._links = 0

    def end(self) -> Place:
        try:
            name = self._walk()
        except OSError:
            path = self._real(*reversed(self._ahead))
            if not self._allowed(path):
                raise OutsideError(path) from None
            raise
        path = self._real(name)
        if not self._allowed(path) or is_process(path):
            raise OutsideError(path)
        return Place(self.folder, name, path)

    def _walk(self) -> str:
        while self._ahead:
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
            name, last = self._ahead[-1], len(self._ahead) == 1
            if name == "..":
                self._climb()
            elif (self._follow or not last) and (target := self._link(name)) is not None:
                self._turn(target)
            elif last:
                return name
            else:
                self._enter(name)
        return "."

    def _link(self, name: str) -> str | None:
        try:
            return os.readlink(name, dir_fd=self.folder)
        except OSError:  # it is none; what else is wrong shows when it is opened
            return None

    def _turn(self, target: str) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        self._ahead.pop()
        if target.startswith("/"):
            self._begin_again()
        self._ahead += _parts(target)

    def _climb(self) -> None:
        self._ahead.pop()
        above = self._names[:-1]
        self._begin_again()
        self._ahead += reversed(above)

    def _begin_again(self) -> None:
        self._move(os.open("/", _FOLDER))
        self._names = []

    def _enter(self, name: str) -> None:
        try:
            folder = os.open(name, _FOLDER, dir_fd=self.folder)
        except FileNotFoundError:
            if not self._make or not self._allowed(self._real(name)):
                raise
            with suppress(FileExistsError):  # somebody else was quicker
                os.mkdir(name, dir_fd=self.folder)
            folder = os.open(name, _FOLDER, dir_fd=self.folder)
        self._move(folder)
        self._names.append(name)
        self._ahead.pop()

    def _move(self, folder: int) -> None:
        os.close(self.folder)
        self.folder = folder

    def _real(self, *rest: str) -> str:
        return os.path.normpath("/" + "/".join([*self._names, *rest]))


def _parts(path: str) -> list[str]:
    """The parts of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def at_home(path: str) -> str:
    """The path, with the home of the user for a `~` at its beginning, as in grants."""
    return os.path.expanduser(path) if path == "~" or path.startswith("~/") else path


def is_process(path: str) -> bool:
    """Whether this shows the inside of a process, such as its environment: nothing that a grant of files can mean."""
    parts = path.split("/", 3)
    return parts[1] == "proc" and len(parts) > 2 and parts[2].isdigit()
