"""`llmspell tools`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from llmspell.tools import CATALOG
from llmspell.tools.registry import spec_of
from tests.cli.conftest import Program
from tests.cli.test_completion import complete


class TestList:
    def test_everything_is_there(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "list")
        assert (outcome.code, outcome.err) == (0, "")
        title, *lines = outcome.out.splitlines()
        assert title.split() == ["NAME", "NEEDS", "DOES"]
        assert [line.split()[0] for line in lines] == list(CATALOG)
        assert all(len(line) < 130 for line in lines)
        assert lines[0].split(None, 2)[1:] == ["-", "Compute an arithmetic expression and give the exact result"]

    def test_as_json(self, llmspell: Program) -> None:
        facts = {fact["name"]: fact for fact in llmspell("tools", "list", "--json").json}
        assert facts["edit_file"]["needs"] == ["read", "write"]
        assert facts["calculator"]["offered"] is True


class TestShow:
    def test_for_people(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "show", "clock")
        assert outcome.code == 0
        assert "  unit?       seconds|minutes|hours" in outcome.out
        assert "example  llmspell tools call clock -p time_zone=Europe/Paris" in outcome.out

    def test_as_json(self, llmspell: Program) -> None:
        facts = llmspell("tools", "show", "read_file", "--json").json
        assert facts["parameters"]["required"] == ["path"]
        assert facts["needs"] == ["read"]

    def test_unknown(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "show", "calculatr")
        assert outcome.code == 2
        assert "did you mean 'calculator'?" in outcome.err


class TestCall:
    def test_a_value(self, llmspell: Program) -> None:
        assert llmspell("tools", "call", "calculator", "-p", "expression=2^10") == (0, "1024\n", "")

    def test_an_object(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "call", "text_search", "-p", "text=aa", "-p", "pattern=a", "-p", "max_matches=1")
        assert json.loads(outcome.out)["count"] == 2

    def test_as_json(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "call", "calculator", "-p", "expression=1+1", "--json")
        assert outcome.json == {"value": 2, "error": None}

    def test_arguments_from_a_file(self, llmspell: Program, home: Path) -> None:
        (home / "a.json").write_text('{"expression": "1", "x": 1}', "utf-8")
        outcome = llmspell("tools", "call", "calculator", "--params", "a.json", "-p", "expression=2")
        assert outcome.code == 2
        assert "there is no field x" in outcome.err
        (home / "a.json").write_text("[1]", "utf-8")
        assert "holds no object" in llmspell("tools", "call", "calculator", "--params", "a.json").err

    def test_nothing_may_be_touched_without_a_flag(self, llmspell: Program, home: Path) -> None:
        (home / "a.txt").write_text("hello", "utf-8")
        outcome = llmspell("tools", "call", "read_file", "-p", "path=a.txt")
        assert (outcome.code, outcome.out) == (1, "")
        assert "--allow-read=a.txt" in outcome.err
        allowed = llmspell("tools", "call", "read_file", "-p", "path=a.txt", "--allow-read=a.txt")
        assert json.loads(allowed.out)["text"] == "hello"
        assert llmspell("tools", "call", "read_file", "-p", "path=a.txt", "-A").code == 0

    def test_settings_allow_too(self, llmspell: Program, home: Path) -> None:
        (home / "a.txt").write_text("hello", "utf-8")
        (home / "llmspell.toml").write_text('[permissions]\nread = "a.txt"\n', "utf-8")
        assert llmspell("tools", "call", "read_file", "-p", "path=a.txt").code == 0

    def test_a_refusal_as_json(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "call", "list_files", "--json")
        assert outcome.code == 1
        assert outcome.json["value"] is None
        assert outcome.json["error"]["kind"] == "permission"

    def test_tools_that_are_left_out(self, llmspell: Program) -> None:
        outcome = llmspell("tools", "call", "calculator", "-p", "expression=1", "--allow-tool=clock")
        assert outcome.code == 1
        assert "may not call the tool 'calculator'" in outcome.err

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["nothing"], "no tool 'nothing'"),
            (["calculator"], "expression is missing"),
            (["calculator", "-p", "expression"], "is no parameter"),
            (["web_search", "-p", "query=a"], "no search service is configured"),
        ],
    )
    def test_mistakes(self, llmspell: Program, args: list[str], said: str) -> None:
        outcome = llmspell("tools", "call", *args)
        assert outcome.code == 2
        assert said in outcome.err

    def test_settings_of_the_search(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLMSPELL_WEB_SEARCH", "brave")
        assert "set the variable BRAVE_API_KEY" in llmspell("tools", "call", "web_search", "-p", "query=a").err


@pytest.mark.parametrize("name", CATALOG)
def test_examples_are_understood(llmspell: Program, home: Path, name: str) -> None:
    example = spec_of(name).example
    if "--allow-net" in example or "--allow-run" in example or name in ("web_search", "run_spell"):
        return
    for file in ("notes.txt", "app.py"):
        (home / file).write_text("x = 1\n", "utf-8")
    outcome = llmspell("tools", "call", name, *shlex.split(example))
    assert "is missing" not in outcome.err
    assert name == "sqlite_query" or outcome.code == 0, outcome.err


def test_names_are_completed(home: Path) -> None:
    assert complete("llmspell tools call cal", home) == ["plain,calculator"]
    assert complete("llmspell to", home) == ["plain,tools"]
