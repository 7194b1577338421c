from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Program


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(llmspell: Program, shell: str) -> None:
    if shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    outcome = llmspell("completion", shell)
    assert outcome.code == 0
    assert outcome.out.startswith(f"# To install: llmspell completion {shell} > ")
    assert f"_LLMSPELL_COMPLETE={shell}_complete" in outcome.out


def test_an_unknown_shell(llmspell: Program) -> None:
    outcome = llmspell("completion", "tcsh")
    assert outcome.code == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in outcome.err


def complete(words: str, home: Path) -> list[str]:
    """What the program gives to a bash that completes the last of these words."""
    environment = os.environ | {
        "_LLMSPELL_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "llmspell"], env=environment, cwd=home, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_commands(home: Path) -> None:
    assert complete("llmspell mo", home) == ["plain,models"]


def test_files(home: Path) -> None:
    assert complete("llmspell run he", home) == ["file,he"]


def test_languages(home: Path) -> None:
    assert complete("llmspell run -e x --lang lua", home) == ["plain,lua", "plain,lua5.5", "plain,luajit"]


def test_models(home: Path) -> None:
    (home / "llmspell.toml").write_text('[aliases]\nfast = "x/y"\nslow = "x/z"\n', encoding="utf-8")
    assert complete("llmspell run a.lua --model fa", home) == ["plain,fast"]


def test_settings_that_are_wrong_complete_nothing(home: Path) -> None:
    (home / "llmspell.toml").write_text("nonsense = 1", encoding="utf-8")
    assert complete("llmspell run a.lua --model fa", home) == []


def test_models_to_pull(home: Path) -> None:
    assert complete("llmspell models pull smo", home) == ["plain,smollm2-135m"]
