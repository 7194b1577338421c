from __future__ import annotations

import io
from pathlib import Path

import pytest

from llmspell.cli.progress import Lines, progress_on
from tests import tiny
from tests.cli.conftest import Program, Server
from tests.cli.test_show import Terminal


@pytest.fixture
def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for models."""
    monkeypatch.setenv("LLMSPELL_CACHE_DIR", str(home / "cache"))
    return home / "cache" / "models"


@pytest.fixture
def model(home: Path) -> Path:
    """A model file that is not in the store."""
    file = home / "tiny.gguf"
    tiny.write(file)
    return file


def test_pull_copies_a_file(llmspell: Program, store: Path, model: Path) -> None:
    outcome = llmspell("models", "pull", str(model), "--name", "mine")
    assert outcome.code == 0
    assert outcome.out.startswith(f"{model} is ready as local/mine (")
    assert "copying 100 % of " in outcome.err
    assert (store / "mine.gguf").read_bytes() == model.read_bytes()


class TestOneModel:
    @pytest.fixture(autouse=True)
    def pulled(self, llmspell: Program, store: Path, model: Path) -> None:
        assert llmspell("models", "pull", str(model)).code == 0

    def test_list(self, llmspell: Program) -> None:
        outcome = llmspell("models", "list")
        assert outcome.code == 0
        assert outcome.out.startswith("local/tiny  ")
        assert " tokens" in outcome.out

    def test_list_as_json(self, llmspell: Program, model: Path) -> None:
        (row,) = llmspell("models", "list", "--json").json
        assert (row["name"], row["provider"], row["local"]) == ("local/tiny", "local", True)
        assert row["details"]["size"] == model.stat().st_size

    def test_a_damaged_file_is_listed_as_such(self, llmspell: Program, store: Path) -> None:
        (store / "bad.gguf").write_bytes(b"GGUF\x03")
        assert "local/bad   5 bytes  damaged  it ends inside its header" in llmspell("models", "list").out

    @pytest.mark.parametrize("name", ["tiny", "local/tiny", "llamacpp/tiny", "./tiny.gguf"])
    def test_info(self, llmspell: Program, name: str) -> None:
        outcome = llmspell("models", "info", name)
        assert outcome.code == 0
        facts = dict(line.split(maxsplit=1) for line in outcome.out.splitlines())
        assert facts["architecture"] == "llama"
        assert facts["size"].endswith(" bytes)")

    def test_info_as_json(self, llmspell: Program) -> None:
        info = llmspell("models", "info", "tiny", "--json").json
        assert info["name"] == "local/tiny"
        assert info["details"]["format"] == "gguf"

    @pytest.mark.parametrize("name", ["tiny", "local/tiny"])
    def test_remove(self, llmspell: Program, store: Path, name: str) -> None:
        outcome = llmspell("models", "remove", name)
        assert outcome.code == 0
        assert outcome.out.startswith("removed tiny (")
        assert list(store.iterdir()) == []

    def test_convert(self, llmspell: Program, store: Path) -> None:
        outcome = llmspell("models", "convert", "local/tiny")
        assert outcome.code == 0
        assert outcome.out.startswith("converted to local/tiny-ctransformers (")
        assert (store / "tiny-ctransformers.gguf").is_file()

    def test_a_converted_model_is_removed_by_its_own_name(self, llmspell: Program, store: Path, home: Path) -> None:
        tiny.write(home / "tied.gguf", bpe=True)
        assert llmspell("models", "pull", "./tied.gguf").code == 0
        refused = llmspell("models", "remove", "ctransformers/tied")
        assert (refused.code, refused.err.splitlines()[0]) == (2, "error: there is no model ctransformers/tied")
        assert llmspell("models", "convert", "tied").code == 0
        assert llmspell("models", "remove", "ctransformers/tied").out.startswith("removed tied-ctransformers (")
        assert sorted(file.name for file in store.iterdir()) == ["tied.gguf", "tiny.gguf"]

    def test_it_is_named_to_those_who_leave_out_the_runtime(self, llmspell: Program) -> None:
        outcome = llmspell("models", "info", "tny")
        assert (outcome.code, outcome.err) == (2, "error: there is no model 'tny'\nhint: did you mean local/tiny?\n")

    def test_what_is_cut_off_is_damaged(self, llmspell: Program, store: Path, home: Path) -> None:
        data = (store / "tiny.gguf").read_bytes()
        for folder in (store, home):
            (folder / "cut.gguf").write_bytes(data[:-100])
        assert "is damaged: it is cut off" in llmspell("models", "info", "cut").err
        assert "damaged  it is cut off" in llmspell("models", "list").out
        (store / "cut.gguf").unlink()
        refused = llmspell("models", "pull", "./cut.gguf")
        assert (refused.code, refused.out) == (1, "")
        assert "cut.gguf is damaged: it is cut off" in refused.err
        assert [file.name for file in store.iterdir()] == ["tiny.gguf"]

    def test_it_is_completed(self, llmspell: Program, home: Path) -> None:
        from llmspell.cli.local import model_names

        (home / "llmspell.toml").write_text('[aliases]\nfast = "local/tiny"\n', encoding="utf-8")
        assert model_names() == ["fast", "local/tiny"]


def test_an_empty_store(llmspell: Program, store: Path) -> None:
    hint = "no model is installed; fetch one with: llmspell models pull smollm2-135m\n"
    assert llmspell("models", "list") == (0, "", hint)
    assert llmspell("models", "list", "--json") == (0, "[]\n", "")


def test_the_models_of_a_service(llmspell: Program, server: Server) -> None:
    outcome = llmspell("models", "list", "--provider", "here")
    assert outcome.code == 0
    assert outcome.out == "here/m-1\n"


@pytest.mark.parametrize(
    ("args", "code", "message", "hint"),
    [
        (["list", "--provider", "opnai"], 2, "there is no provider 'opnai'", "openai"),
        (["info", "none"], 2, "there is no model 'none'", "provider/model"),
        (["info", "local/none"], 2, "there is no local model 'none'", "models pull"),
        (["info", "./none.gguf"], 2, "there is no model file none.gguf", ""),
        (["pull", "none"], 2, "there is no model 'none' to pull", "smollm2-135m"),
        (["pull", "noise.gguf"], 1, "noise.gguf is not a model file", ""),
        (["pull", "smollm2-135m", "--name", ""], 1, "'' cannot be the name of a model", "letters"),
        (["pull"], 2, "Missing argument 'SOURCE'", ""),
        (["remove", "none"], 2, "there is no local model 'none'", ""),
        (["remove", "./noise.gguf"], 1, "./noise.gguf is not in the store", "delete"),
        (["convert", "none"], 2, "there is no local model 'none'", ""),
        (["lst"], 2, "No such command 'lst'", ""),
    ],
)
def test_what_goes_wrong(
    llmspell: Program, store: Path, home: Path, args: list[str], code: int, message: str, hint: str
) -> None:
    (home / "noise.gguf").write_bytes(b"noise")
    outcome = llmspell("models", *args)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(f"error: {message}")
    assert hint in outcome.err


def test_a_service_that_is_down(llmspell: Program, home: Path) -> None:
    (home / "llmspell.toml").write_text('[providers.here]\nbase_url = "http://127.0.0.1:9/v1"\n', encoding="utf-8")
    outcome = llmspell("models", "list", "--provider", "here")
    assert outcome.code == 1
    assert "127.0.0.1" in outcome.err


class TestProgress:
    def test_lines_where_nobody_looks(self) -> None:
        stream = io.StringIO()
        lines = Lines(stream)
        for done in range(0, 2_000_001, 1000):
            lines("download", done, 2_000_000)
        lines("extract", 5, None)
        assert stream.getvalue().splitlines() == [
            "downloading 0 % of 2 MB",
            "downloading 25 % of 2 MB",
            "downloading 50 % of 2 MB",
            "downloading 75 % of 2 MB",
            "downloading 100 % of 2 MB",
            "extracting",
        ]

    def test_a_bar_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        stream = Terminal()
        with progress_on(stream) as progress:
            progress("download", 1, 10)
            progress("download", 10, 10)
            progress("extract", 1, None)
        assert "downloading" in stream.getvalue()
        assert "\x1b" in stream.getvalue()
