from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Program

BAD = {"lua": "local x = = 2\n", "js": "let x = = 2;\n"}
UNKNOWN = {"lua": "print(1)\nprnt(2)\n", "js": "print(1);\nprnt(2);\n"}


@pytest.mark.parametrize("lang", BAD)
class TestBothLanguages:
    def test_a_syntax_error(self, llmspell: Program, home: Path, lang: str) -> None:
        (home / f"a.{lang}").write_text(BAD[lang], encoding="utf-8")
        outcome = llmspell("check", f"a.{lang}")
        first, source, caret = outcome.out.splitlines()
        column = BAD[lang].index("= 2") + 1
        assert outcome.code == 1
        assert first.startswith(f"a.{lang}:1:{column}: error: ")
        assert source == "    " + BAD[lang].rstrip()
        assert caret.index("^") == 4 + column - 1

    def test_a_wrong_parameter_in_the_header_is_a_warning(self, llmspell: Program, home: Path, lang: str) -> None:
        mark = {"lua": "--", "js": "//"}[lang]
        (home / f"a.{lang}").write_text(f"{mark} Greets.\n{mark} @param name strng whom\n", encoding="utf-8")
        outcome = llmspell("check", f"a.{lang}")
        said = "@param name: there is no type 'strng'; did you mean 'string'?"
        assert (outcome.code, outcome.out.splitlines()[0]) == (0, f"a.{lang}:2:4: warning: {said}")

    def test_an_unknown_global_is_a_warning(self, llmspell: Program, home: Path, lang: str) -> None:
        (home / f"a.{lang}").write_text(UNKNOWN[lang], encoding="utf-8")
        outcome = llmspell("check", f"a.{lang}")
        assert outcome.code == 0
        assert outcome.out.startswith(f"a.{lang}:2:1: warning: ")
        assert "prnt" in outcome.out

    def test_nothing_to_say(self, llmspell: Program, lang: str) -> None:
        assert llmspell("check", "-e", "print(1)", "--lang", lang) == (0, "", "")

    def test_nothing_runs(self, llmspell: Program, lang: str) -> None:
        assert llmspell(
            "check", "-", "--lang", lang, stdin="while (true) { }" if lang == "js" else "while true do end"
        ) == (
            0,
            "",
            "",
        )


def test_many_files_as_json(llmspell: Program, home: Path) -> None:
    (home / "a.lua").write_text(BAD["lua"], encoding="utf-8")
    (home / "b.js").write_text(UNKNOWN["js"], encoding="utf-8")
    outcome = llmspell("check", "a.lua", "b.js", "--json")
    assert outcome.code == 1
    first, second = outcome.json
    assert list(first) == ["file", "line", "column", "message", "severity"]
    assert (first["file"], first["line"], first["severity"]) == ("a.lua", 1, "error")
    assert (second["file"], second["line"], second["severity"]) == ("b.js", 2, "warning")


def test_no_findings_as_json(llmspell: Program) -> None:
    assert llmspell("check", "-e", "print(1)", "--lang", "lua", "--json").json == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "give one spell"),
        (["none.lua"], "there is no file 'none.lua'"),
        (["-e", "x"], "-e needs the language"),
        (["-e", "x", "--lang", "cobol"], "there is no language 'cobol'"),
    ],
)
def test_wrong_usage(llmspell: Program, args: list[str], message: str) -> None:
    outcome = llmspell("check", *args)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {message}")
