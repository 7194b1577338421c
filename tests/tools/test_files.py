"""Files for models: within the grants alone, in pieces, and never changed by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmspell.permissions import Permissions
from llmspell.tools.files import edited
from tests.tools.calling import call, refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: `in/` may be read and written, what is beside it may not."""
    root = tmp_path.resolve()
    (root / "in" / "sub").mkdir(parents=True)
    (root / "in" / "a.txt").write_text("one\ntwo\nthree\n", "utf-8")
    (root / "in" / "sub" / "b.md").write_text("# Two\ntwo and TWO\n", "utf-8")
    (root / "in" / "bytes.bin").write_bytes(b"\xff\xfe\n")
    (root / "secret.txt").write_text("two secrets", "utf-8")
    (root / "in" / "out").symlink_to(root / "secret.txt")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def reader(folder: Path) -> Permissions:
    return Permissions(read=(str(folder / "in"),))


@pytest.fixture
def writer(folder: Path) -> Permissions:
    return Permissions(read=(str(folder / "in"),), write=(str(folder / "in"),))


class TestReading:
    def test_a_whole_file(self, reader: Permissions) -> None:
        assert call("read_file", reader, path="in/a.txt") == {
            "text": "one\ntwo\nthree",
            "first_line": 1,
            "last_line": 3,
            "more": False,
        }

    def test_some_lines(self, reader: Permissions) -> None:
        piece = call("read_file", reader, path="in/a.txt", first_line=2, last_line=2)
        assert piece == {"text": "two", "first_line": 2, "last_line": 2, "more": True}

    def test_no_line_is_that_far(self, reader: Permissions) -> None:
        error = refused("read_file", reader, path="in/a.txt", first_line=9)
        assert error.message == "'in/a.txt' has 3 lines, so there is no line 9"

    def test_an_empty_file(self, folder: Path, reader: Permissions) -> None:
        (folder / "in" / "none").touch()
        assert call("read_file", reader, path="in/none")["text"] == ""

    def test_a_long_file_comes_in_pieces(self, folder: Path, reader: Permissions) -> None:
        (folder / "in" / "long").write_text("".join(f"{n}\n" for n in range(1, 5001)), "utf-8")
        piece = call("read_file", reader, path="in/long")
        assert (piece["last_line"], piece["more"]) == (2000, True)
        (folder / "in" / "wide").write_text(("x" * 30_000 + "\n") * 4, "utf-8")
        piece = call("read_file", reader, path="in/wide")
        assert (piece["last_line"], piece["more"]) == (1, True)

    @pytest.mark.parametrize("path", ["secret.txt", "in/out", "in/../secret.txt", "/etc/passwd"])
    def test_nothing_outside(self, reader: Permissions, path: str) -> None:
        error = refused("read_file", reader, path=path)
        assert error.kind == "permission"
        assert "--allow-read" in (error.hint or "")

    @pytest.mark.parametrize(
        ("args", "kind"),
        [
            ({"path": "in/none"}, "not_found"),
            ({"path": "in/sub"}, "value"),
            ({"path": "in/bytes.bin"}, "value"),
            ({"path": ""}, "value"),
            ({"path": "a\0b"}, "value"),
            ({"path": "in/a.txt", "first_line": 0}, "value"),
            ({"path": "in/a.txt", "first_line": 3, "last_line": 1}, "value"),
            ({"path": 5, "lines": 1}, "type"),
        ],
    )
    def test_what_is_refused(self, reader: Permissions, args: dict[str, object], kind: str) -> None:
        assert refused("read_file", reader, **args).kind == kind

    def test_hints_are_for_those_who_have_tools(self, reader: Permissions) -> None:
        assert refused("read_file", reader, path="in/sub").hint == "list_files tells what is in it"
        assert refused("read_file", reader, path="in/bytes.bin").hint is None
        assert (
            "from 3 to 1000000000" in refused("read_file", reader, path="in/a.txt", first_line=3, last_line=1).message
        )


class TestFinding:
    def test_a_list(self, reader: Permissions) -> None:
        found = call("list_files", reader, path="in")
        assert [(entry["name"], entry["type"]) for entry in found["entries"]] == [
            ("a.txt", "file"),
            ("bytes.bin", "file"),
            ("out", "link"),
            ("sub", "folder"),
        ]
        assert refused("list_files", reader).kind == "permission"

    def test_patterns(self, reader: Permissions) -> None:
        assert call("find_files", reader, pattern="in/**/*.md") == {
            "paths": ["in/sub/b.md"],
            "count": 1,
            "more": False,
        }
        assert refused("find_files", reader, pattern="*").kind == "permission"

    def test_lines_of_files(self, reader: Permissions) -> None:
        found = call("search_files", reader, pattern="two", files="in")
        assert found["matches"] == [
            {"path": "in/a.txt", "line": 2, "text": "two"},
            {"path": "in/sub/b.md", "line": 2, "text": "two and TWO"},
        ]
        assert (found["files_searched"], found["skipped"], found["more"]) == (2, 1, False)

    def test_a_pattern_in_one_file(self, reader: Permissions) -> None:
        found = call("search_files", reader, pattern="^t(wo|hree)$", regex=True, files="in/a.txt")
        assert [match["line"] for match in found["matches"]] == [2, 3]

    def test_it_stops_at_the_most(self, reader: Permissions) -> None:
        found = call("search_files", reader, pattern="two", files="in/**/*", ignore_case=True, max_matches=1)
        assert (len(found["matches"]), found["more"]) == (1, True)

    def test_it_ends_after_its_time(self, reader: Permissions, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("llmspell.tools.files.SECONDS", -1.0)
        assert call("search_files", reader, pattern="two", files="in")["more"] is True

    def test_links_lead_nowhere(self, reader: Permissions) -> None:
        assert "secret" not in str(call("search_files", reader, pattern="e", files="in"))

    def test_what_must_be_granted_to_search_everywhere(self, reader: Permissions) -> None:
        error = refused("search_files", reader, pattern="two")
        assert error.message == "this spell may not read '.'"

    @pytest.mark.parametrize("files", ["**/*", ".", "secret.txt"])
    def test_nothing_outside(self, reader: Permissions, files: str) -> None:
        assert refused("search_files", reader, pattern="two", files=files).kind == "permission"


class TestWriting:
    def test_a_new_file_in_a_new_folder(self, folder: Path, writer: Permissions) -> None:
        assert call("write_file", writer, path="in/new/c.txt", content="é") == {"path": "in/new/c.txt", "bytes": 2}
        assert (folder / "in" / "new" / "c.txt").read_text("utf-8") == "é"

    def test_at_the_end(self, folder: Path, writer: Permissions) -> None:
        call("write_file", writer, path="in/a.txt", content="four\n", append=True)
        assert (folder / "in" / "a.txt").read_text("utf-8").endswith("three\nfour\n")

    @pytest.mark.parametrize("path", ["secret.txt", "in/out", "in/../x", "in/llmspell.toml"])
    def test_nothing_outside(self, folder: Path, writer: Permissions, path: str) -> None:
        assert refused("write_file", writer, path=path, content="x").kind == "permission"
        assert (folder / "secret.txt").read_text("utf-8") == "two secrets"

    def test_reading_is_no_writing(self, reader: Permissions) -> None:
        assert refused("write_file", reader, path="in/a.txt", content="x").kind == "permission"
        assert refused("edit_file", reader, path="in/a.txt", old="one", new="x").kind == "permission"


class TestEditing:
    def test_one_place(self, folder: Path, writer: Permissions) -> None:
        done = call("edit_file", writer, path="in/a.txt", old="two", new="2")
        assert done == {"path": "in/a.txt", "replaced": 1, "line": 2}
        assert (folder / "in" / "a.txt").read_text("utf-8") == "one\n2\nthree\n"

    def test_several_places_only_if_meant(self, folder: Path, writer: Permissions) -> None:
        error = refused("edit_file", writer, path="in/a.txt", old="e", new="E")
        assert error.message == "old is in the file 3 times, first in lines 1, 3, 3"
        assert (folder / "in" / "a.txt").read_text("utf-8") == "one\ntwo\nthree\n"
        assert call("edit_file", writer, path="in/a.txt", old="e", new="E", all=True)["replaced"] == 3

    def test_writing_is_no_reading(self, folder: Path) -> None:
        blind = Permissions(write=(str(folder / "in"),))
        assert refused("edit_file", blind, path="in/a.txt", old="two", new="2").kind == "permission"

    def test_line_ends_stay_as_they_are(self) -> None:
        assert edited("a\r\nb\r\n", "a\nb", "c\nd", every=False)[0] == "c\r\nd\r\n"

    @pytest.mark.parametrize(
        ("old", "hint"),
        [
            ("if x:\n  y", "its blanks or line ends differ"),
            ("if x:\n    z", "its first line is line 2"),
            ("nothing of it", "read the file again"),
        ],
    )
    def test_why_it_is_not_there(self, old: str, hint: str) -> None:
        with pytest.raises(Exception, match="old is not in the file") as caught:
            edited("# a\nif x:\n    y\n", old, "", every=False)
        assert hint in caught.value.hint

    @pytest.mark.parametrize(("old", "new"), [("", "x"), ("one", "one")])
    def test_what_changes_nothing(self, writer: Permissions, old: str, new: str) -> None:
        assert refused("edit_file", writer, path="in/a.txt", old=old, new=new).kind == "value"
