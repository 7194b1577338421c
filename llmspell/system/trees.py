"""What is in a folder: lists and patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from typing import NamedTuple

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.permissions import denied
from llmspell.system.files import Files, Status, Stopped, check_stopped, never, status_of
from llmspell.system.walk import Allowed, Place

MAX_ENTRIES = 100_000
"""How many entries are looked at for one call."""
MAX_DEPTH = 100
MAX_PARTS = 32
_DEEPEST = 1000
"""How deep a tree may be that is removed: what each level costs grows with those above it."""
_MAGIC = re.compile(r"[*?\[]")
_NOWHERE = -1
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """Something in a folder; a link is not followed."""

    name: str
    status: Status


def entries(files: Files, path: str) -> list[Entry]:
    """What is in a folder, by name. Names that are not Unicode are left out."""
    with files.at(path) as place:
        folder = os.open(place.name, _FOLDER, dir_fd=place.folder)
        try:
            found = list(_inside(folder, _Budget(path)))
        finally:
            os.close(folder)
    return sorted(found)


def matches(files: Files, pattern: str, stopped: Stopped = never) -> list[str]:
    """The paths that fit a pattern, sorted: `*` and `?` stand for letters of one name, `[a-z]` for one of these
    letters, `**` for any folders between. Names that begin with a dot are found only by a dot, and links to folders are
    not looked into, except those that the pattern names before its first `*`.
    """
    start, rest = _split(pattern)
    if not rest:
        return [pattern] if files.exists(pattern) else []
    search = _Search(pattern, rest, stopped)
    try:
        with files.at(start or ".") as place:
            folder = os.open(place.name, _FOLDER, dir_fd=place.folder)
            try:
                search.start(folder)
            finally:
                os.close(folder)
    except NotFoundError:
        return []
    return sorted(start + found for found in search.found)


class _Budget:
    def __init__(self, shown: str) -> None:
        self._left = MAX_ENTRIES
        self._shown = shown

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise InvalidValueError(
                f"{self._shown[:200]!r} leads through more than {MAX_ENTRIES} entries", hint="look in a smaller folder"
            )


class _Search:
    """Looks for paths below a folder. The parts of the pattern that the next name may fit are followed side by side."""

    def __init__(self, pattern: str, rest: str, stopped: Stopped) -> None:
        self._parts = rest.split("/")
        if len(self._parts) > MAX_PARTS or not all(self._parts):
            raise InvalidValueError(f"{pattern[:200]!r} is no pattern: it has empty parts, or more than {MAX_PARTS}")
        self._budget = _Budget(pattern)
        self._stopped = stopped
        self.found: list[str] = []

    def start(self, root: int) -> None:
        self._look(root, (), self._reached({0}))

    def _look(self, root: int, names: tuple[str, ...], at: set[int]) -> None:
        inside: list[tuple[str, set[int]]] = []
        with _below(root, names) as folder:
            for name, status in _inside(folder, self._budget):
                check_stopped(self._stopped)
                after = self._reached({self._after(part, name) for part in at})
                if len(self._parts) in after:
                    self.found.append("/".join((*names, name)))
                after -= {len(self._parts), _NOWHERE}
                if after and status.type == "folder" and len(names) < MAX_DEPTH:
                    inside.append((name, after))
        for name, after in inside:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):  # changed meanwhile, or not ours
                self._look(root, (*names, name), after)

    def _after(self, part: int, name: str) -> int:
        """The part that follows when the name fits this one; `**` goes on fitting."""
        if part >= len(self._parts):
            return _NOWHERE
        wanted = self._parts[part]
        if name.startswith(".") and not wanted.startswith("."):
            return _NOWHERE
        if wanted == "**":
            return part
        return part + 1 if fnmatchcase(name, wanted) else _NOWHERE

    def _reached(self, at: set[int]) -> set[int]:
        """The same and what comes behind each `**`, which may stand for nothing."""
        reached = set(at)
        for part in sorted(at):
            while 0 <= part < len(self._parts) and self._parts[part] == "**":
                part += 1
                reached.add(part)
        return reached


def clear(place: Place, shown: str, allowed: Allowed, stopped: Stopped) -> None:
    """Remove all that is in a folder, without following links; `shown` is its path as the script wrote it.

    Raises `OSError`, `PermissionDeniedError` at the first file that is not `allowed`, and `InvalidValueError` where a
    tree is too deep.
    """
    root = os.open(place.name, _FOLDER, dir_fd=place.folder)
    try:
        open_: list[tuple[tuple[str, ...], bool]] = [((), False)]
        while open_:
            names, is_empty = open_.pop()
            if is_empty:
                with _below(root, names[:-1]) as folder:
                    os.rmdir(names[-1], dir_fd=folder)
                continue
            if len(names) > _DEEPEST:
                raise InvalidValueError(f"{shown[:200]!r} has more than {_DEEPEST} folders inside each other")
            if names:
                open_.append((names, True))
            with _below(root, names) as folder:
                for name, is_folder in _names_in(folder):
                    check_stopped(stopped)
                    _check_removable(place.path, shown, (*names, name), allowed)
                    if is_folder:
                        open_.append(((*names, name), False))
                    else:
                        os.unlink(name, dir_fd=folder)
    finally:
        os.close(root)


def _names_in(folder: int) -> list[tuple[str, bool]]:
    with os.scandir(folder) as found:
        return [(each.name, each.is_dir(follow_symlinks=False)) for each in found]


def _check_removable(root: str, shown: str, names: tuple[str, ...], allowed: Allowed) -> None:
    if not allowed(os.path.join(root, *names)):
        path = os.path.join(shown, *names).encode(errors="replace").decode()
        raise denied("write", f"remove {path[:200]!r}", path)


@contextmanager
def _below(root: int, names: Sequence[str]) -> Iterator[int]:
    """A folder below an open one, opened step by step: a deep tree must not use up the descriptors of the program."""
    folder = os.dup(root)
    try:
        for name in names:
            inner = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _inside(folder: int, budget: _Budget) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        for each in found:
            budget.spend()
            if each.name.isprintable() or _is_unicode(each.name):
                with suppress(FileNotFoundError):  # removed meanwhile
                    yield Entry(each.name, status_of(each.stat(follow_symlinks=False)))


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _split(pattern: str) -> tuple[str, str]:
    """The folders before the first special letter, and what comes then."""
    magic = _MAGIC.search(pattern)
    if magic is None:
        return pattern, ""
    cut = pattern.rfind("/", 0, magic.start()) + 1
    return pattern[:cut], pattern[cut:]
