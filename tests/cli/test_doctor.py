"""`llmspell doctor`: what the machine has, and whether the walls hold."""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from llmspell.cli import doctor
from llmspell.errors import InternalError
from llmspell.languages import dialects
from llmspell.workers import probe
from tests.cli.conftest import Program

KEY = "sk-not-to-be-shown-0123456789"


def test_a_sound_machine(llmspell: Program) -> None:
    outcome = llmspell("doctor", "--json")
    report = outcome.json
    assert outcome.code == 0
    assert report["ok"] is True
    assert report["problems"] == []
    assert report["python"].startswith(sys.version.split()[0])
    assert report["languages"] == dict.fromkeys(dialects(), "runs")
    assert set(report["isolation"]["attempts"]) == {"lua", "js"}
    assert set(report["isolation"]["features"]) >= {"seccomp", "landlock", "namespaces", "rlimits", "no_new_privs"}


def test_packages_of_every_extra_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    extras = distribution("llmspell").metadata.get_all("Provides-Extra")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    packages = doctor._packages()
    assert {state.partition("'llmspell[")[2].rstrip("]'") for state in packages.values()} == {*extras} - {"all"}


def test_for_people(llmspell: Program) -> None:
    outcome = llmspell("doctor")
    assert outcome.code == 0
    for words in ("language lua", "wall: seccomp", "wall: landlock", "wall, tried in js", "models here", "settings"):
        assert words in outcome.out
    assert "problem:" not in outcome.out


def test_services_with_keys_are_named_and_keys_are_not_shown(
    llmspell: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert "openai" in llmspell("doctor", "--json").json["settings"]["keys"]
    for arguments in (("doctor",), ("doctor", "--json")):
        assert KEY not in llmspell(*arguments).out


def test_settings_that_were_read_and_such_that_cannot_be(llmspell: Program, home: Path) -> None:
    file = home / "llmspell.toml"
    file.write_text('model = "openai/gpt-5-mini"\n')
    assert llmspell("doctor", "--json").json["settings"]["files"] == [str(file)]
    file.write_text("model = [")
    outcome = llmspell("doctor", "--json")
    assert outcome.code == 1
    assert "the settings cannot be used" in outcome.json["problems"][0]


def test_a_wall_that_does_not_hold_is_a_problem(llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"features": {"seccomp": "used"}, "attempts": {"fork": "DONE", "read a file": "killed"}}
    monkeypatch.setattr(probe, "probe", lambda dialect: found)
    outcome = llmspell("doctor")
    assert outcome.code == 1
    assert "problem: a worker for lua can fork" in outcome.out
    assert "1 of 2 refused; it can fork" in outcome.out


def test_what_the_system_lacks_is_shown_and_no_problem(llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"features": {"seccomp": "not in this kernel"}, "attempts": {"fork": "DONE"}}
    monkeypatch.setattr(probe, "probe", lambda dialect: found)
    outcome = llmspell("doctor")
    assert outcome.code == 0
    assert "not in this kernel" in outcome.out


def test_workers_that_do_not_come_up_are_a_problem(llmspell: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(dialect: str) -> None:
        raise InternalError(f"no worker process for {dialect} comes up")

    monkeypatch.setattr(probe, "probe", fail)
    outcome = llmspell("doctor", "--json")
    assert outcome.code == 1
    assert outcome.json["problems"] == [f"no worker process for {dialect} comes up" for dialect in ("lua", "js")]


def test_only_engines_that_compile_may_run_what_they_wrote() -> None:
    assert probe.expected("luajit", "map memory that runs")
    assert not probe.expected("lua", "map memory that runs")
    assert not probe.expected("luajit", "fork")
