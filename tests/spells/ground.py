"""The folder and the environment that a pair of spells finds itself in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LINK = "-> "


@contextmanager
def standing_on(files: Mapping[str, str | None], variables: Mapping[str, str]) -> Iterator[Path]:
    """Work in a fresh folder with these files; a null is a folder, `-> target` a link."""
    before, environment = Path.cwd(), dict(os.environ)
    with TemporaryDirectory() as name:
        folder = Path(os.path.realpath(name)) / "ground"
        folder.mkdir()
        for path, content in files.items():
            _put(folder / path, content)
        os.chdir(folder)
        os.environ.update(variables)
        try:
            yield folder
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(environment)


def _put(path: Path, content: str | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        path.mkdir(exist_ok=True)
    elif content.startswith(LINK):
        path.symlink_to(content.removeprefix(LINK))
    else:
        path.write_bytes(content.encode())


def files_in(folder: Path) -> dict[str, str | None]:
    """The files of a folder, as a pair writes them; folders only where they are empty."""
    found: dict[str, str | None] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"{LINK}{path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes().decode(errors="replace")  # a database is no text
        elif not any(path.iterdir()):
            found[name] = None
    return found
