from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from llmspell.errors import ModelError, NotFoundError
from llmspell.providers.local import store as store_module
from llmspell.providers.local.store import ModelStore, default_directory, format_of
from tests import tiny


@pytest.fixture
def store(tmp_path) -> ModelStore:
    return ModelStore(tmp_path / "models")


def put(store: ModelStore, name: str, data: bytes = b"GGUF") -> Path:
    store.directory.mkdir(exist_ok=True)
    (store.directory / name).write_bytes(data)
    return store.directory / name


def test_the_default_directory_is_in_the_users_cache():
    assert default_directory().parts[-2:] == ("llmspell", "models")


def test_an_absent_folder_is_an_empty_store(store):
    assert store.list() == []


def test_list_shows_models_alone(store):
    put(store, "b.gguf")
    put(store, "a.bin", b"lmgg....")
    put(store, "notes.txt")
    put(store, ".hidden.gguf")
    (store.directory / "folder.gguf").mkdir()
    assert [(model.name, model.format, model.size) for model in store.list()] == [("a", "ggml", 8), ("b", "gguf", 4)]


@pytest.mark.parametrize(
    ("data", "format_"), [(b"GGUF", "gguf"), (b"tjgg", "ggml"), (b"fmgg", "ggml"), (b"", "unknown")]
)
def test_the_format_is_that_of_the_first_bytes(tmp_path, data, format_):
    (tmp_path / "x").write_bytes(data)
    assert format_of(tmp_path / "x") == format_


def test_find_by_name_file_name_or_path(store, tmp_path, monkeypatch):
    path = put(store, "tiny-1.5b.gguf")
    elsewhere = tiny.write(tmp_path / "other.gguf")
    monkeypatch.chdir(tmp_path)
    assert store.find("tiny-1.5b").path == store.find("tiny-1.5b.gguf").path == path
    assert store.find(str(elsewhere)).path == elsewhere
    assert store.find("./other.gguf").path == elsewhere
    assert store.find("other.gguf").path == elsewhere


def test_a_name_never_leads_out_of_the_store(store, tmp_path):
    put(store, "a.gguf")
    (tmp_path / "secret.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="not in the store"):
        store.remove(str(store.directory / ".." / "secret.gguf"))
    assert (tmp_path / "secret.gguf").exists()


def hint(store: ModelStore, name: str) -> str:
    with pytest.raises(NotFoundError, match="no local model") as caught:
        store.find(name)
    return caught.value.hint


def test_an_unknown_name_gets_the_next_step(store):
    assert hint(store, "anything") == "no model is installed; fetch one with: llmspell models pull smollm2-135m"
    assert hint(store, "smollm2-135m") == (
        "fetch it with: llmspell models pull smollm2-135m; or set the key of a service, such as OPENAI_API_KEY"
    )
    put(store, "mistral-7b.gguf")
    assert hint(store, "mistral-7B") == "did you mean mistral-7b?"
    assert hint(store, "zzz") == "installed models: mistral-7b"


def test_an_unknown_path(store):
    with pytest.raises(NotFoundError, match="no model file nowhere"):
        store.find("nowhere/x.gguf")


def test_remove(store):
    path = put(store, "a.gguf")
    assert store.remove("a").path == path
    assert store.list() == []
    with pytest.raises(NotFoundError):
        store.remove("a")


def test_info_tells_what_the_header_says(store):
    store.directory.mkdir()
    tiny.write(store.directory / "tiny.gguf", context=256)
    facts = store.info("tiny")
    assert facts["architecture"] == "llama"
    assert facts["trained_context"] == 256
    assert facts["quantisation"] == "F16"
    assert facts["chat_template"] is True
    assert facts["file"] == str(store.directory / "tiny.gguf")
    assert "license" not in facts


def test_info_of_a_file_that_is_none(store):
    put(store, "text.bin", b"hello")
    assert store.info("text")["format"] == "unknown"


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "/x"])
def test_a_model_cannot_be_called_anything(store, name):
    with pytest.raises(ModelError, match="cannot be the name"):
        store.place(name)


def test_a_workspace_vanishes_and_sweeps_up(store):
    old, fresh = (store.directory / f"{store_module._WORK}{name}" for name in ("old", "fresh"))
    for folder in (old, fresh):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 2 * 86_400,) * 2)
    with store.workspace() as work:
        assert work.parent == store.directory
    assert not work.exists()
    assert not old.exists()
    assert fresh.exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot keep a model in"), ModelStore(tmp_path / "file").workspace():
        pass
