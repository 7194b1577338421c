"""`llmspell cache`: what is remembered, and forgetting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Program, Server


@pytest.fixture
def file(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where answers are remembered."""
    monkeypatch.setenv("LLMSPELL_CACHE_DIR", str(home / "cache"))
    return home / "cache" / "answers.sqlite3"


def test_nothing_is_remembered_and_nothing_is_made(llmspell: Program, file: Path) -> None:
    assert llmspell("cache", "info", "--json").json == {"answers": 0, "size": 0, "file": str(file)}
    assert llmspell("cache", "clear").out == "0 answers forgotten\n"
    assert not file.exists()


def test_answers_are_remembered_between_runs_and_forgotten(llmspell: Program, server: Server, file: Path) -> None:
    spell = """
        local text, last = "", nil
        for chunk in llm("here/m", { cache = true }):stream("Hi") do
          text, last = text .. chunk.text, chunk
        end
        return { text, last.cached == true }
    """
    first, second = (llmspell("run", "-e", spell, "--lang", "lua", "--json").json["value"] for _ in range(2))
    assert (first, second) == (["Hello, world", False], ["Hello, world", True])
    assert llmspell("cache", "info").out.startswith("1 answers, ")
    assert llmspell("cache", "clear").out == "1 answers forgotten\n"
    assert llmspell("cache", "info", "--json").json["answers"] == 0


def test_a_file_that_is_no_cache(llmspell: Program, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"not a database, but long enough to look like one" * 50)
    assert llmspell("cache", "info", "--json").json["answers"] == 0
    outcome = llmspell("cache", "clear")
    assert outcome.code == 2
    assert "answers.sqlite3 cannot be cleared: " in outcome.err
