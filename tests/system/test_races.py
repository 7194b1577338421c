"""What is on the way is exchanged for a link that leads out, before each single call to the system in turn, and put
back before a later one: no order of events reads or changes anything outside.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from llmspell.errors import LlmspellError
from llmspell.permissions import Permissions
from llmspell.system.blobs import Blobs
from llmspell.system.files import Files
from llmspell.system.trees import entries, matches

CALLS = ("open", "stat", "lstat", "readlink", "scandir", "mkdir", "rmdir", "unlink", "rename", "fstat")
MOST = 60
SWAPPED = ("sub", "file", "sub/file")


class Interference:
    """Counts the calls to the system while it is active, and does something before two of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, do: Callable[[], None], undo: Callable[[], None]) -> None:
        self._do, self._undo = do, undo
        self._at: tuple[int, int] | None = None
        self.count = 0
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrapped(getattr(os, name)))

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def interfered(*args: Any, **kwargs: Any) -> Any:
            if self._at is not None:
                at, self._at = self._at, None  # what is done calls the system as well
                self.count += 1
                if self.count == at[0]:
                    self._do()
                elif self.count == at[1]:
                    self._undo()
                self._at = at
            return call(*args, **kwargs)

        return interfered

    def run(self, act: Callable[[], object], first: int, second: int) -> object:
        self.count, self._at = 0, (first, second)
        try:
            return act()
        except LlmspellError:
            return None
        finally:
            self._at = None


def build(ground: Path) -> None:
    """A granted folder `in`, and `out`, which is not; every file says where it is."""
    for name in ("in", "out"):
        (ground / name / "sub").mkdir(parents=True, exist_ok=True)
        for path in ("file", "sub/file"):
            (ground / name / path).write_text(name)
    (ground / "in" / "link").symlink_to("sub")


def clear(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink()


def exchange(ground: Path, name: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """What puts a link to the same thing outside in the place of something inside, and what undoes it."""
    inside, aside = ground / "in" / name, ground / "aside"

    def do() -> None:
        with suppress(OSError):
            inside.rename(aside)
            inside.symlink_to(ground / "out" / name)

    def undo() -> None:
        with suppress(OSError):
            if inside.is_symlink():
                inside.unlink()
                aside.rename(inside)

    return do, undo


READS: dict[str, Callable[[Files, str], object]] = {
    "file": lambda files, root: files.read(f"{root}/file"),
    "sub/file": lambda files, root: files.read(f"{root}/sub/file"),
    "link/file": lambda files, root: files.read(f"{root}/link/file"),
    "up": lambda files, root: files.read(f"{root}/sub/../sub/file"),
    "blob": lambda files, root: files._blobs.get(files.blob(f"{root}/sub/file")).data.decode(),
    "lines": lambda files, root: lines_of(files, f"{root}/sub/file"),
    "copy": lambda files, root: files.copy(f"{root}/sub/file", f"{root}/copy"),
}


def lines_of(files: Files, path: str) -> str:
    reader = files.lines(path)
    try:
        return "".join(reader.batch())
    finally:
        reader.close()


@pytest.mark.parametrize("swapped", SWAPPED)
@pytest.mark.parametrize("read", READS)
def test_nothing_outside_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: str, swapped: str) -> None:
    build(tmp_path)
    root = os.path.realpath(tmp_path / "in")
    files = Files(Permissions(read=(root,), write=(root,)), Blobs())
    do, undo = exchange(tmp_path, swapped)
    interference = Interference(monkeypatch, do, undo)
    found: set[object] = set()
    for first, second in orders(interference, lambda: READS[read](files, root)):
        found.add(interference.run(lambda: READS[read](files, root), first, second))
        undo()
        if (tmp_path / "in" / "copy").exists():
            found.add((tmp_path / "in" / "copy").read_text())

    assert "in" in found
    assert found <= {"in", None}


def orders(interference: Interference, act: Callable[[], object]) -> list[tuple[int, int]]:
    """Before every call, to be undone before one of the next ones, or never."""
    interference.run(act, 0, 0)
    most = interference.count + 2
    assert 3 < most < MOST
    return [(first, second) for first in range(1, most) for second in (first + 1, first + 2, first + 4, MOST)]


@pytest.mark.parametrize("swapped", SWAPPED)
def test_no_folder_outside_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str) -> None:
    build(tmp_path)
    (tmp_path / "out" / "sub" / "secret").write_text("out")
    root = os.path.realpath(tmp_path / "in")
    files = Files(Permissions(read=(root,)), Blobs())
    do, undo = exchange(tmp_path, swapped)
    interference = Interference(monkeypatch, do, undo)
    acts: tuple[Callable[[], list[str]], ...] = (
        lambda: [entry.name for entry in entries(files, f"{root}/sub")],
        lambda: matches(files, f"{root}/**/*"),
        lambda: matches(files, f"{root}/sub/*"),
    )
    for act in acts:
        for first, second in orders(interference, act):
            assert "secret" not in str(interference.run(act, first, second))
            undo()


WRITES: dict[str, Callable[[Files, str], object]] = {
    "write": lambda files, root: files.write(f"{root}/sub/file", b"bad"),
    "new": lambda files, root: files.write(f"{root}/sub/new", b"bad"),
    "append": lambda files, root: files.write(f"{root}/sub/file", b"bad", append=True),
    "parents": lambda files, root: files.write(f"{root}/sub/a/b", b"bad", create_parents=True),
    "make": lambda files, root: files.make(f"{root}/sub/made"),
    "remove": lambda files, root: files.remove(f"{root}/sub/file"),
    "clear": lambda files, root: files.remove(f"{root}/sub", recursive=True),
    "move": lambda files, root: files.move(f"{root}/file", f"{root}/sub/file"),
    "away": lambda files, root: files.move(f"{root}/sub/file", f"{root}/moved"),
    "copy": lambda files, root: files.copy(f"{root}/file", f"{root}/sub/file"),
}


@pytest.mark.parametrize("swapped", SWAPPED)
@pytest.mark.parametrize("write", WRITES)
def test_nothing_outside_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str, swapped: str) -> None:
    build(tmp_path)
    root = os.path.realpath(tmp_path / "in")
    files = Files(Permissions(read=(root,), write=(root,)), Blobs())
    interference = Interference(monkeypatch, *exchange(tmp_path, swapped))
    act = lambda: WRITES[write](files, root)  # noqa: E731  # it is passed on twice
    outside = state(tmp_path / "out")
    for first, second in orders(interference, act):
        clear(tmp_path)
        build(tmp_path)
        interference.run(act, first, second)

        assert state(tmp_path / "out") == outside, (first, second)
        assert not any((tmp_path / "out" / "sub").glob(".*")), (first, second)
        moved = tmp_path / "in" / "moved"
        assert moved.is_symlink() or not moved.exists() or moved.read_text() == "in"


def state(folder: Path) -> dict[str, str | None]:
    return {str(path): path.read_text() if path.is_file() else None for path in sorted(folder.rglob("*"))}
