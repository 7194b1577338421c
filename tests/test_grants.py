"""Rules as people write them."""

from __future__ import annotations

import os

import pytest

from llmspell.errors import InvalidValueError
from llmspell.grants import rules, split, together
from llmspell.permissions import KINDS, NetRule, Permissions


class TestPaths:
    def test_are_relative_to_a_folder_and_resolved(self, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        root = os.path.realpath(tmp_path)
        assert rules("read", ["link/a", "./link/../b", "real"], "x", str(tmp_path)) == (
            f"{root}/real/a",
            f"{root}/b",
            f"{root}/real",
        )

    def test_are_relative_to_the_current_directory_otherwise(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert rules("write", "out", "x") == (os.path.realpath(tmp_path / "out"),)

    def test_the_home_and_the_root(self, monkeypatch):
        monkeypatch.setenv("HOME", "/nowhere/ada")
        assert rules("read", ["~", "~/notes", "/", "//tmp/../nowhere", "*"], "x") == (
            "/nowhere/ada",
            "/nowhere/ada/notes",
            "/",
            "/nowhere",
            "*",
        )

    def test_a_wildcard_is_refused_unless_a_file_has_that_name(self, tmp_path):
        with pytest.raises(InvalidValueError, match=r"--allow-read: paths have no wildcards, as in 'a\*'") as caught:
            rules("read", "a*", "--allow-read", str(tmp_path))
        assert "a folder allows all" in str(caught.value.hint)
        (tmp_path / "a*").touch()
        assert rules("read", "a*", "x", str(tmp_path)) == (os.path.realpath(tmp_path / "a*"),)


class TestNet:
    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("api.example.com", NetRule("api.example.com")),
            ("API.Example.com.", NetRule("api.example.com")),
            ("api.example.com:8443", NetRule("api.example.com", 8443)),
            ("https://api.example.com", NetRule("api.example.com", 443)),
            ("http://api.example.com:8080/", NetRule("api.example.com", 8080)),
            ("*.example.com", NetRule("*.example.com")),
            ("*", NetRule("*")),
            ("*:443", NetRule("*", 443)),
            ("127.0.0.1:8080", NetRule("127.0.0.1", 8080)),
            ("::1", NetRule("::1")),
            ("[::1]", NetRule("::1")),
            ("[0:0::1]:8080", NetRule("::1", 8080)),
            ("10.0.0.0/8", NetRule("10.0.0.0/8")),
            ("fd00::/8", NetRule("fd00::/8")),
            ("GET,HEAD@api.example.com", NetRule("api.example.com", None, ("GET", "HEAD"))),
            ("get@[::1]:80", NetRule("::1", 80, ("GET",))),
            ("münchen.de", NetRule("xn--mnchen-3ya.de")),
            ({"host": "a.com"}, NetRule("a.com")),
            ({"host": "a.com", "port": 443, "methods": ["get"]}, NetRule("a.com", 443, ("GET",))),
        ],
    )
    def test_what_can_be_written(self, text, rule):
        assert rules("net", text, "x") == (rule,)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a.com/path", "'a.com/path' is no host"),
            ("ftp://a.com", "'ftp://a.com' is no host"),
            ("https://a.com/path", "'a.com/path' is no host"),
            ("a.*.com", r"'a.\*.com' is no host"),
            ("*.", r"'\*.' is no host"),
            ("*.1.2.3.4", "is no host"),
            ("127.1", "'127.1' is no host"),
            ("10.0.0.1/8", "'10.0.0.1/8' is no host"),
            ("[::1", "is no host"),
            ("[::1]x", "is no host"),
            ("a b", "is no host"),
            ("a.com:http", "a port is a number from 1 to 65535, not 'http'"),
            ("a.com:", "a port is a number from 1 to 65535, not ''"),
            ("a.com:65536", "a port is a number"),
            ("FETCH@a.com", "'FETCH' is no method"),
            ("user@a.com", "'USER' is no method"),
            ("", "is empty"),
            (7, "must be a text or a list of texts, not 7"),
            ({"port": 1}, "needs a host"),
            ({"host": "a.com", "verbs": []}, "there is no 'verbs'"),
            ({"host": "a.com", "port": True}, "a port is a number"),
            ({"host": "a.com", "port": 1.5}, "a port is a number"),
            ({"host": "a.com", "methods": "GET"}, "methods must be a list of texts"),
            ({"host": 1}, "must be a text"),
        ],
    )
    def test_what_cannot(self, text, message):
        with pytest.raises(InvalidValueError, match=f"^--allow-net.*{message}") as caught:
            rules("net", text, "--allow-net")
        assert caught.value.hint or "must be" in caught.value.message or "a port" in caught.value.message


class TestPrograms:
    def test_text_is_split_as_a_shell_does(self):
        assert rules("run", ["git", "git status", "git commit -m 'a b'", ["say", "a b"], "*"], "x") == (
            ("git",),
            ("git", "status"),
            ("git", "commit", "-m", "a b"),
            ("say", "a b"),
            ("*",),
        )

    def test_a_path_to_a_program_is_made_absolute(self, tmp_path):
        assert rules("run", "./tool -v", "x", str(tmp_path)) == ((f"{tmp_path}/tool", "-v"),)

    @pytest.mark.parametrize("rule", ["", " ", "git 'a", "''", [], ["git", 1], "g*t", {"a": 1}])
    def test_what_is_none(self, rule):
        with pytest.raises(InvalidValueError, match=r"^permissions\.run"):
            rules("run", [rule], "permissions.run")


class TestNames:
    @pytest.mark.parametrize("kind", ["env", "model", "tool"])
    def test_a_star_stands_at_the_end(self, kind):
        assert rules(kind, ["a", "a*", "*", "a"], "x") == ("a", "a*", "*")
        with pytest.raises(InvalidValueError, match=r"a \* may only stand at the end, not as in '\*a'"):
            rules(kind, "*a", "x")

    @pytest.mark.parametrize("name", ["A=1", "A B", "A\nB"])
    def test_what_is_no_variable(self, name):
        with pytest.raises(InvalidValueError, match=r"^x: "):
            rules("env", name, "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["", None, 5, "a\x1b[2Jb", "a\u202eb", "a" * 5000])
def test_no_kind_takes_these(kind, value):
    with pytest.raises(InvalidValueError, match=r"^here"):
        rules(kind, [value], "here")


def test_texts_are_split_at_commas():
    assert split("read", "a, b,,c,d") == ["a", "b,c", "d"]
    assert split("net", "GET,HEAD@a.com,b.com,POST@c.com") == ["GET,HEAD@a.com", "b.com", "POST@c.com"]
    assert split("net", "a.com,GET") == ["a.com", "GET,"]
    assert split("env", "GET,A") == ["GET", "A"]


def test_grants_add_up():
    one = Permissions(read=("/a",), env=("A", "B"), models=("m",))
    two = Permissions(read=("/b",), env=("B", "C"), tools=("t",))
    both = together(one, two)
    assert (both.read, both.env) == (("/a", "/b"), ("A", "B", "C"))
    assert (both.models, both.tools, both.net) == (("m",), ("t",), ())
    assert together(Permissions(), Permissions()) == Permissions()
    assert together(Permissions(models=("m",)), Permissions(models=("n",))).models == ("m", "n")
