"""The folder of model files on this machine.

Every `.gguf` and `.bin` file in it is a model, named by its file without the suffix. A model can also be named by
a path to a file anywhere.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from llmspell.errors import ModelError, NotFoundError

SUFFIXES = (".gguf", ".bin")
DEFAULT_MODEL = "smollm2-135m"

_WORK = ".work-"
_STALE = 24 * 3600.0
_GGML_MAGICS = (b"lmgg", b"fmgg", b"tjgg")  # "ggml", "ggmf", "ggjt" in little-endian


def default_directory() -> Path:
    """Where models are kept unless the user says otherwise: `models` in the user's cache directory."""
    import platformdirs  # only needed when no directory was given

    return Path(platformdirs.user_cache_dir("llmspell")) / "models"


class StoredModel(NamedTuple):
    """A model file. `format` is `gguf`, `ggml` for the formats before it, or `unknown`; `size` is in bytes."""

    name: str
    path: Path
    size: int
    format: str


class ModelStore:
    """The models in `directory`, which is made when the first one comes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def list(self) -> list[StoredModel]:
        """All models, by name."""
        try:
            entries = sorted(self.directory.iterdir())
        except FileNotFoundError:
            return []
        return [_stored(path) for path in entries if _is_model(path)]

    def find(self, name: str) -> StoredModel:
        """The model called `name`: a name in the store, a file name in it, or a path to a model file.

        Raises `NotFoundError`, whose hint has the nearest names or how to get a first model.
        """
        if found := self.get(name):
            return found
        if _looks_like_path(name):
            return self._at_path(Path(name).expanduser())
        raise NotFoundError(f"there is no local model {name!r}", hint=self._hint(name))

    def get(self, name: str) -> StoredModel | None:
        """The model of the store that is called so, with or without the ending of its file."""
        for candidate in (name, *(name + suffix for suffix in SUFFIXES)):
            path = self.directory / candidate
            if Path(candidate).name == candidate and _is_model(path):
                return _stored(path)
        return None

    def _at_path(self, path: Path) -> StoredModel:
        if not path.is_file():
            raise NotFoundError(f"there is no model file {path}", hint="a path is relative to the current directory")
        return _stored(path.absolute())

    def _hint(self, name: str) -> str:
        from llmspell.providers.local.catalogue import PULLABLE  # only for the error

        if name in PULLABLE:
            hint = f"fetch it with: llmspell models pull {name}"
            return hint if name != DEFAULT_MODEL else f"{hint}; or set the key of a service, such as OPENAI_API_KEY"
        names = [model.name for model in self.list()]
        if not names:
            return f"no model is installed; fetch one with: llmspell models pull {DEFAULT_MODEL}"
        import difflib  # only for the error

        if near := difflib.get_close_matches(name, names):
            return "did you mean " + " or ".join(near) + "?"
        return "installed models: " + ", ".join(names[:8])

    def place(self, name: str, suffix: str = ".gguf") -> Path:
        """Where a model called `name` is kept. Raises `ModelError` for a name that is no plain file name."""
        if not name or Path(name).name != name or name.startswith("."):
            hint = "use letters, digits, '-', '_' and '.', which cannot be the first"
            raise ModelError(f"{name!r} cannot be the name of a model", hint=hint)
        return self.directory / (name if name.endswith(SUFFIXES) else name + suffix)

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Path]:
        """A folder beside the models, on the same file system, that vanishes afterwards.

        What a killed process left of such a folder goes after a day. A full or read-only disk raises `ModelError`.
        """
        import tempfile  # only for bringing models in

        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._sweep()
            with tempfile.TemporaryDirectory(prefix=_WORK, dir=self.directory) as work:
                yield Path(work)
        except OSError as error:
            raise ModelError(f"cannot keep a model in {self.directory}: {error.strerror or error}") from None

    def _sweep(self) -> None:
        import shutil  # only for bringing models in

        for left in self.directory.glob(_WORK + "*"):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)

    def remove(self, name: str) -> StoredModel:
        """Delete a model from the store; files elsewhere are never touched. Raises `NotFoundError`."""
        model = self.find(name)
        if model.path.parent != self.directory:
            raise ModelError(f"{name} is not in the store", hint=f"delete the file {model.path} yourself")
        model.path.unlink()
        return model

    def info(self, name: str) -> dict[str, Any]:
        """Facts about a model: `name`, `file`, `size` (bytes), `format`, and what its header tells."""
        model = self.find(name)
        facts: dict[str, Any] = {
            "name": model.name,
            "file": str(model.path),
            "size": model.size,
            "format": model.format,
        }
        from llmspell.providers.local.facts import describe  # reads headers, which listing does not

        return facts | describe(model.path, model.format)


def format_of(path: Path) -> str:
    """`gguf`, `ggml` or `unknown`, by the first four bytes. Raises `ModelError` when it cannot be read."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"cannot read the model file {path}: {error.strerror}") from None
    if magic == b"GGUF":
        return "gguf"
    return "ggml" if magic in _GGML_MAGICS else "unknown"


def _is_model(path: Path) -> bool:
    return path.suffix in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _looks_like_path(name: str) -> bool:
    return os.sep in name or "/" in name or name.startswith("~") or name.endswith(SUFFIXES)


def _stored(path: Path) -> StoredModel:
    return StoredModel(path.stem, path, path.stat().st_size, format_of(path))
