"""What `llmspell run` allows: flags, headers, and the question on a terminal."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmspell.cli import permissions, show
from llmspell.errors import InvalidValueError
from llmspell.permissions import KINDS, NetRule, Permissions
from tests.cli.conftest import Program

HEADER = '@allow read notes/ "to sum them up"', "@allow net api.example.com"
SPELLS = {
    "lua": "".join(f"-- {line}\n" for line in HEADER) + "return 'ran'\n",
    "js": "".join(f"// {line}\n" for line in HEADER) + "export default 'ran';\n",
}
MISSING = 'needs more than it was given: read notes/ "to sum them up", net api.example.com'
NONE: dict[str, Any] = {f"allow_{kind}": () for kind in KINDS} | {"allow_all": False, "model": None}


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMSPELL_ISOLATION", "inline")


class TestFlags:
    def test_give_permissions(self, home: Path) -> None:
        here = os.path.realpath(home)
        given = NONE | {
            "allow_read": ("a,b", "c"),
            "allow_net": ("GET,HEAD@a.com,b.com:80",),
            "allow_run": ("git status",),
            "allow_model": ("local/*",),
        }
        assert permissions.granted(Permissions(read=("/x",)), given) == Permissions(
            read=("/x", f"{here}/a", f"{here}/b", f"{here}/c"),
            net=(NetRule("a.com", methods=("GET", "HEAD")), NetRule("b.com", 80)),
            run=(("git", "status"),),
            models=("local/*",),
        )

    def test_none_leave_the_settings_as_they_are(self) -> None:
        settings = Permissions(env=("TZ",))
        assert permissions.granted(settings, NONE) is settings

    def test_all_is_everything_whatever_the_settings_say(self) -> None:
        assert permissions.granted(Permissions(models=()), NONE | {"allow_all": True}) == Permissions.all()

    def test_the_model_of_the_run_is_one_of_those_that_may_be_used(self) -> None:
        given = NONE | {"model": "a/b"}
        assert permissions.granted(Permissions(), given).models is None
        assert permissions.granted(Permissions(models=("local/*",)), given).models == ("local/*", "a/b")

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_mistake_names_the_flag(self, llmspell: Program, kind: str) -> None:
        outcome = llmspell("run", "-e", "return 1", "--lang", "lua", f"--allow-{kind}=")
        assert outcome.code == 2
        assert outcome.err.startswith(f"error: --allow-{kind} is empty\nhint: name what is allowed")

    def test_a_host_that_is_none(self, llmspell: Program) -> None:
        outcome = llmspell("run", "-e", "return 1", "--lang", "lua", "--allow-net=a.com/x", "--json")
        assert outcome.code == 2
        assert outcome.json["error"]["message"] == "--allow-net: 'a.com/x' is no host"

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_flag_without_a_value_takes_none_of_what_follows(self, llmspell: Program, home: Path, kind: str) -> None:
        (home / "a.lua").write_text("return 'ran'", encoding="utf-8")
        assert llmspell("run", f"--allow-{kind}", "a.lua").out == "ran\n"
        refused = llmspell("run", "a.lua", f"--allow-{kind}", "b")
        assert (refused.code, refused.out) == (2, "")
        assert f"write --allow-{kind}=b" in refused.err
        assert llmspell("run", "a.lua", "b", f"--allow-{kind}").out == "ran\n"

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("value", ["b", "notes", "api.example.com"])
    def test_a_value_in_the_place_of_the_file_is_told_so(
        self, llmspell: Program, home: Path, kind: str, value: str
    ) -> None:
        (home / "a.lua").write_text("return 'ran'", encoding="utf-8")
        (home / "notes").mkdir()
        refused = llmspell("run", f"--allow-{kind}", value, "a.lua")
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"error: --allow-{kind} {value}: write --allow-{kind}={value}, or put arguments")
        assert "hint: see llmspell run --help" in refused.err

    def test_a_file_that_may_be_one_is_not_taken_for_a_value(self, llmspell: Program, home: Path) -> None:
        (home / "script").write_text("return 'ran'", encoding="utf-8")
        assert llmspell("run", "--allow-read", "summarise", "notes.md").err.startswith("error: there is no")
        assert llmspell("run", "--lang", "lua", "--allow-read", "script").out == "ran\n"

    def test_another_command_says_so_too(self, llmspell: Program) -> None:
        for args in (["--allow-read", "b", "read_file"], ["read_file", "--allow-read", "b"]):
            refused = llmspell("tools", "call", *args)
            assert refused.code == 2
            assert refused.err.startswith("error: --allow-read b: write --allow-read=b")
            assert "hint: see llmspell tools call --help" in refused.err
        assert "No such option" in llmspell("run", "--allow-read", "b", "--nonsense").err

    def test_after_two_dashes_there_are_no_flags(self, llmspell: Program) -> None:
        outcome = llmspell("run", "--", "--allow-read")
        assert outcome.code == 2
        assert "--allow-read" in outcome.err


@pytest.mark.parametrize("lang", SPELLS)
class TestHeaders:
    @pytest.fixture(autouse=True)
    def spell(self, home: Path, lang: str) -> None:
        (home / f"a.{lang}").write_text(SPELLS[lang], encoding="utf-8")

    def test_what_is_missing_is_shown_and_nothing_runs(self, llmspell: Program, lang: str) -> None:
        outcome = llmspell("run", f"a.{lang}")
        assert (outcome.code, outcome.out) == (1, "")
        assert f"error: a.{lang} {MISSING}\n" in outcome.err
        assert f"a.{lang}:1" in outcome.err
        assert "hint: allow it with --allow-read=notes/ --allow-net=api.example.com\n" in outcome.err

    def test_as_json(self, llmspell: Program, lang: str) -> None:
        outcome = llmspell("run", f"a.{lang}", "--json")
        assert outcome.code == 1
        error = outcome.json["error"]
        assert (error["kind"], error["line"]) == ("permission", 1)
        assert error["message"] == f"a.{lang} {MISSING}"
        assert error["hint"] == "allow it with --allow-read=notes/ --allow-net=api.example.com"

    @pytest.mark.parametrize(
        "flags",
        [
            ["--allow-read=notes/", "--allow-net=api.example.com"],
            ["--allow-read=.", "--allow-net"],
            ["--allow-read", "--allow-net=*.example.com"],
            ["-A"],
        ],
    )
    def test_it_runs_with_what_it_needs(self, llmspell: Program, lang: str, flags: list[str]) -> None:
        assert llmspell("run", f"a.{lang}", *flags) == (0, "ran\n", "")

    def test_the_settings_can_give_it(self, llmspell: Program, home: Path, lang: str) -> None:
        (home / "llmspell.toml").write_text(
            '[permissions]\nread = "notes"\nnet = ["api.example.com"]\n', encoding="utf-8"
        )
        assert llmspell("run", f"a.{lang}") == (0, "ran\n", "")

    def test_only_what_is_missing_is_shown(self, llmspell: Program, lang: str) -> None:
        outcome = llmspell("run", f"a.{lang}", "--allow-read=notes")
        assert f"a.{lang}:2" in outcome.err
        assert "hint: allow it with --allow-net=api.example.com\n" in outcome.err


class TestAsking:
    """On a terminal."""

    @pytest.fixture(autouse=True)
    def terminal(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(show, "is_terminal", lambda stream: stream is not sys.stdout)
        monkeypatch.setenv("NO_COLOR", "1")
        (home / "a.lua").write_text(SPELLS["lua"], encoding="utf-8")

    @pytest.mark.parametrize("answers", ["y\ny\n", "yes\nY\n", "all\n", "a\n", "y\nall\n"])
    def test_yes(self, llmspell: Program, answers: str) -> None:
        outcome = llmspell("run", "a.lua", stdin=answers)
        assert (outcome.code, outcome.out) == (0, "ran\n")
        assert outcome.err.startswith(
            "a.lua needs more than it was given:\n"
            '  read notes/ "to sum them up"\n'
            "  net api.example.com\n"
            "allow read notes/ for this run? [y/N/all] "
        )
        assert outcome.err.count("[y/N/all] ") == len(answers.split())

    @pytest.mark.parametrize("answers", ["", "\n", "n\n", "maybe\n", "y\n\n", "y\nno\n"])
    def test_anything_else_is_no(self, llmspell: Program, answers: str) -> None:
        outcome = llmspell("run", "a.lua", stdin=answers)
        assert (outcome.code, outcome.out) == (1, "")
        assert "error: a.lua needs more than it was given" in outcome.err

    @pytest.mark.parametrize("flag", ["--json", "-q", "--no-prompt"])
    def test_never_with(self, llmspell: Program, flag: str) -> None:
        outcome = llmspell("run", "a.lua", flag, stdin="all\n")
        assert outcome.code == 1
        assert "[y/N/all]" not in outcome.err

    def test_nothing_is_asked_that_was_given(self, llmspell: Program) -> None:
        assert llmspell("run", "a.lua", "-A", stdin="").err == ""

    def test_what_a_rule_comes_to_is_shown(self, llmspell: Program, home: Path) -> None:
        (home / "notes").symlink_to("/")
        (home / "a.lua").write_text("-- @allow read notes\n-- @allow run *\nreturn 1\n", encoding="utf-8")
        assert "\n  read notes (/)\n  run everything\n" in llmspell("run", "a.lua").err

    def test_a_header_cannot_move_the_cursor(self, llmspell: Program, home: Path) -> None:
        (home / "a.lua").write_text('-- @allow env A "\x1b[2Jfine"\nreturn 1\n', encoding="utf-8")
        assert "\x1b" not in llmspell("run", "a.lua").err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_real_terminal(home: Path) -> None:
    import pty

    (home / "a.lua").write_text(SPELLS["lua"], encoding="utf-8")
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "llmspell", "run", "a.lua"]
    process = subprocess.Popen(command, stdin=inside, stdout=inside, stderr=inside)
    os.close(inside)
    seen = b""
    for answer, mark in ((b"y\n", b"[y/N/all]"), (b"all\n", b"[y/N/all]"), (b"", b"ran")):
        while mark not in seen and select.select([terminal], [], [], 20)[0]:
            seen += os.read(terminal, 1000)
        assert mark in seen
        seen = seen.partition(mark)[2]
        os.write(terminal, answer)
    assert process.wait(20) == 0
    os.close(terminal)


def test_a_mistake_in_a_header(llmspell: Program, home: Path) -> None:
    (home / "a.js").write_text("// @allow reed notes/\n// @alow env A\nlet x = 1;\n", encoding="utf-8")
    run = llmspell("run", "a.js", "-A")
    assert run.code == 2
    assert "error: @allow: there is no permission 'reed'\n  a.js:1:4\n" in run.err
    assert "hint: did you mean read?" in run.err
    check = llmspell("check", "a.js")
    assert check.code == 1
    assert "a.js:1:4: error: @allow: there is no permission 'reed'; did you mean read?" in check.out
    assert "a.js:2:4: warning: there is no @alow; did you mean @allow?" in check.out


def test_settings_with_a_mistake_name_the_key(home: Path, llmspell: Program) -> None:
    (home / "llmspell.toml").write_text('[permissions]\nrun = ["git \'x"]\n', encoding="utf-8")
    outcome = llmspell("run", "-e", "return 1", "--lang", "lua")
    assert outcome.code == 2
    assert 'llmspell.toml: permissions.run: "git \'x": No closing quotation' in outcome.err


def test_a_path_with_a_wildcard(home: Path) -> None:
    with pytest.raises(InvalidValueError, match="--allow-read: paths have no wildcards"):
        permissions.granted(Permissions(), NONE | {"allow_read": ("*.txt",)})
