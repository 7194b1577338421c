from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Program


def test_the_stubs_are_written(llmspell: Program, home: Path) -> None:
    outcome = llmspell("types", "project")
    assert outcome.code == 0
    assert {"llmspell.lua", "llmspell.d.ts"} <= {file.name for file in (home / "project").iterdir()}
    assert [Path(line.removeprefix("wrote ")).exists() for line in outcome.out.splitlines()]
    assert "wrote project/llmspell.lua" in outcome.out


def test_the_working_directory_is_the_default(llmspell: Program, home: Path) -> None:
    assert llmspell("types").code == 0
    assert (home / "llmspell.d.ts").is_file()


def test_a_file_is_no_directory(llmspell: Program, home: Path) -> None:
    (home / "file").touch()
    outcome = llmspell("types", "file/below")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: cannot write into 'file/below': ")
