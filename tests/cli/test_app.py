"""What all commands share: help, suggestions, faults, and the guess that gives a run its head start."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest

from llmspell.cli.app import COMMANDS
from llmspell.cli.early import DIALECTS, HeadStart, guess_dialect
from llmspell.cli.interrupts import Stopped, exit_code
from llmspell.errors import InternalError
from llmspell.languages import bridge_for
from tests.cli.conftest import Program


class TestHelp:
    @pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
    def test_the_program_alone_shows_it(self, llmspell: Program, args: list[str]) -> None:
        outcome = llmspell(*args)
        assert outcome.code == 0
        assert all(f"\n  {command} " in outcome.out for command in COMMANDS)

    @pytest.mark.parametrize(
        "command", ["run", "check", "types", "models", "models list", "models info", "models pull", "models remove"]
    )
    def test_every_command_has_examples(self, llmspell: Program, command: str) -> None:
        outcome = llmspell(*command.split(), "--help")
        assert outcome.code == 0
        assert "Examples:" in outcome.out
        assert f"  llmspell {command}" in outcome.out
        assert max(map(len, outcome.out.splitlines())) <= 100


class TestWrongCommands:
    def test_a_near_name_is_suggested(self, llmspell: Program) -> None:
        assert llmspell("ran") == (2, "", "error: there is no command 'ran'\nhint: did you mean run?\n")

    def test_others_are_listed(self, llmspell: Program) -> None:
        hint = f"hint: commands are {', '.join(COMMANDS)}"
        assert hint in llmspell("xyzzy").err

    def test_a_file_is_taken_for_a_spell_to_run(self, llmspell: Program, home: Path) -> None:
        (home / "a.lua").touch()
        assert "hint: to run a spell: llmspell run a.lua" in llmspell("a.lua").err

    def test_an_unknown_option(self, llmspell: Program) -> None:
        outcome = llmspell("--nonsense")
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith("error: No such option")


class TestFaults:
    """What is no user's mistake has a code of its own, and a traceback for those who ask for it."""

    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def run(*_: Any, **__: Any) -> NoReturn:
            raise ZeroDivisionError("oops")

        monkeypatch.setattr("llmspell.host.run", run)

    SAY = ("run", "-e", "return 1", "--lang", "lua")

    def test_a_sentence(self, llmspell: Program) -> None:
        outcome = llmspell(*self.SAY)
        assert (outcome.code, outcome.out) == (70, "")
        assert outcome.err.startswith("error: llmspell failed: ZeroDivisionError\nhint: ")
        assert "Traceback" not in outcome.err

    def test_an_object(self, llmspell: Program) -> None:
        outcome = llmspell(*self.SAY, "--json")
        assert (outcome.code, outcome.err) == (70, "")
        assert outcome.json["error"]["kind"] == "internal"

    def test_a_traceback_on_request(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLMSPELL_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            llmspell(*self.SAY)

    def test_a_fault_that_the_runtime_names(self, llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        def run(*_: Any, **__: Any) -> NoReturn:
            raise InternalError("broken")

        monkeypatch.setattr("llmspell.host.run", run)
        assert llmspell(*self.SAY) == (70, "", "error: broken\n")


def test_exit_codes_of_interrupts() -> None:
    assert exit_code(KeyboardInterrupt()) == 130
    assert exit_code(Stopped(143)) == 143


class TestHeadStart:
    def test_the_endings_are_those_of_the_bridges(self) -> None:
        for ending, dialect in DIALECTS.items():
            bridge = bridge_for("x" + ending)
            assert bridge is not None
            assert bridge.language == dialect
            assert set(bridge.suffixes) <= set(DIALECTS)

    @pytest.mark.parametrize(
        ("args", "dialect"),
        [
            (["run", "a.lua"], "lua"),
            (["run", "a.js"], "js"),
            (["run", "--json", "a.js", "-p", "x=1"], "js"),
            (["run", "-p", "b.lua", "a.js"], "js"),
            (["run", "a.lua", "--lang", "luajit"], "luajit"),
            (["run", "--lang=luajit", "a.lua"], "luajit"),
            (["run", "-e", "return 1", "--lang", "lua"], "lua"),
            (["run", "-", "--lang", "js"], "js"),
            (["run", "a.lua", "--isolation", "process"], "lua"),
            (["run", "a.lua", "--isolation", "inline"], None),
            (["run", "a.lua", "--isolation=inline"], None),
            (["run", "a.lua", "--help"], None),
            (["run", "none.lua"], None),
            (["run", "a.txt"], None),
            (["run", "a.lua", "--lang"], None),
            (["run", "a.lua", "--lang="], None),
            (["run"], None),
            (["check", "a.lua"], None),
            (["models", "run", "a.lua"], None),
            ([], None),
        ],
    )
    def test_the_guess(self, home: Path, args: list[str], dialect: str | None) -> None:
        for name in ("a.lua", "a.js", "a.txt"):
            (home / name).touch()
        assert guess_dialect(args) == dialect

    def test_no_worker_where_the_settings_want_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LLMSPELL_ISOLATION", "inline")
        assert guess_dialect(["run", "-e", "return 1", "--lang", "lua"]) is None

    @pytest.mark.parametrize(("guessed", "taken"), [("lua", "lua"), ("lua", "js"), (None, "lua")])
    def test_a_worker_is_there_and_none_is_left(self, guessed: str | None, taken: str) -> None:
        early = HeadStart(guessed)
        first = early._child
        worker = early.take(taken)
        assert (worker is first) == (guessed == taken)
        worker.close()
        early.close()
        for child in (first, worker):
            assert child is None or child.poll() is not None

    def test_a_wrong_guess_does_no_harm(self) -> None:
        early = HeadStart("cobol")
        early.close()
        early.close()


def test_the_language_decides_not_the_guess(llmspell: Program, home: Path) -> None:
    (home / "a.lua").write_text("export default 1", encoding="utf-8")
    assert llmspell("run", "a.lua", "--lang", "js") == (0, "1\n", "")


def test_python_m(monkeypatch: pytest.MonkeyPatch) -> None:
    import runpy

    def leave(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr("llmspell.cli.interrupts.guard", lambda: None)
    monkeypatch.setattr("llmspell.cli._prepare_streams", lambda: None)
    monkeypatch.setattr(sys, "argv", ["llmspell", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("llmspell", run_name="__main__")
    assert ended.value.code == 0
