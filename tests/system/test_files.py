"""Files: what each method does, and what it says when it cannot."""

from __future__ import annotations

import os
import resource
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import (
    CancelledError,
    InvalidValueError,
    LlmspellError,
    NotFoundError,
    PermissionDeniedError,
)
from llmspell.permissions import Permissions
from llmspell.system import files as module
from llmspell.system import trees
from llmspell.system.blobs import Blobs
from llmspell.system.files import Files
from llmspell.system.trees import entries, matches


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """May do everything below the working directory, and nothing else."""
    monkeypatch.chdir(tmp_path)
    here = os.path.realpath(tmp_path)
    return Files(Permissions(read=(here,), write=(here,)), Blobs())


def test_what_was_written_is_read(files: Files) -> None:
    files.write("note.txt", "grüße\n".encode())

    assert files.read("note.txt") == "grüße\n"
    assert Path("note.txt").read_text(encoding="utf-8") == "grüße\n"
    assert os.listdir() == ["note.txt"]


def test_writing_replaces_and_appending_adds(files: Files) -> None:
    files.write("f", b"one")
    files.write("f", b"two")
    files.write("f", b"!", append=True)
    files.write("new", b"x", append=True)

    assert (files.read("f"), files.read("new")) == ("two!", "x")


def test_a_file_keeps_its_mode_when_it_is_replaced(files: Files) -> None:
    Path("f").write_text("x")
    Path("f").chmod(0o4640)

    files.write("f", b"y")

    assert stat.S_IMODE(Path("f").stat().st_mode) == 0o640


def test_writing_goes_through_a_link_and_leaves_it(files: Files) -> None:
    Path("real").write_text("x")
    Path("link").symlink_to("real")

    files.write("link", b"y")

    assert Path("link").is_symlink()
    assert Path("real").read_text() == "y"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write("f", b"old")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "write", full)
    with pytest.raises(InvalidValueError, match="No space left"):
        files.write("f", b"new")

    assert files.read("f") == "old"
    assert os.listdir() == ["f"]


def test_folders_above_are_made_when_asked(files: Files) -> None:
    with pytest.raises(NotFoundError):
        files.write("a/b/c.txt", b"x")

    files.write("a/b/c.txt", b"x", create_parents=True)

    assert files.read("a/b/c.txt") == "x"


def test_a_hard_link_to_elsewhere_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "in", tmp_path / "outside"
    inside.mkdir()
    outside.write_text("theirs")
    os.link(outside, inside / "f")
    files = Files(Permissions(write=(os.path.realpath(inside),)), Blobs())

    with pytest.raises(PermissionDeniedError, match="other names"):
        files.write(f"{inside}/f", b"bad", append=True)
    files.write(f"{inside}/f", b"mine")

    assert outside.read_text() == "theirs"
    assert (inside / "f").read_text() == "mine"


def test_a_blob_has_the_bytes_and_the_type_of_its_name(files: Files) -> None:
    Path("point.png").write_bytes(b"\x89PNG\0\xff")
    blobs = files._blobs

    handle = files.blob("point.png")

    assert handle["mime"] == "image/png"
    assert blobs.get(handle).data == b"\x89PNG\0\xff"


def test_a_file_that_is_no_text_says_where(files: Files) -> None:
    Path("f").write_bytes(b"ab\xff")

    with pytest.raises(InvalidValueError, match=r"'f' is no text: byte 2") as caught:
        files.read("f")
    assert "fs.blob" in (caught.value.hint or "")


def test_a_file_that_is_too_large_is_not_read(files: Files) -> None:
    with Path("big").open("wb") as file:
        file.truncate(module.MAX_TEXT + 1)
    small = Files(files._permissions, Blobs(max_bytes=1000))
    Path("medium").write_bytes(bytes(2000))

    with pytest.raises(InvalidValueError, match="too large"):
        files.read("big")
    with pytest.raises(InvalidValueError, match="no room"):
        small.blob("medium")


def test_a_file_that_claims_to_be_empty_is_read_to_its_end() -> None:
    if not Path("/proc/version").exists():
        pytest.skip("this system has no such files")
    assert "ersion" in Files(Permissions(read=("/proc",)), Blobs()).read("/proc/version")


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/1", "/proc/thread-self/fd"])
def test_the_inside_of_processes_is_told_from_what_could_be_granted(path: str) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("there is no /proc here")
    with pytest.raises(PermissionDeniedError, match="because it shows the inside of a process") as caught:
        Files(Permissions.all(), Blobs()).status(path)
    assert "--allow" not in (caught.value.hint or "")
    with pytest.raises(PermissionDeniedError, match=f"may not read '{path}'$"):
        Files(Permissions(read=("/granted",)), Blobs()).status(path)


def test_lines(files: Files) -> None:
    Path("f").write_bytes(b"one\r\ntwo\n\n" + b"x" * 200_000 + b"\nlast")

    reader, found = files.lines("f"), list[str]()
    while batch := reader.batch():
        found += batch
    reader.close()
    reader.close()

    assert found == ["one", "two", "", "x" * 200_000, "last"]
    assert reader.batch() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(alphabet="a\r\né", max_size=60))
def test_lines_are_those_of_python(files: Files, text: str) -> None:
    Path("f").write_bytes(text.encode())
    reader, found = files.lines("f"), list[str]()
    while batch := reader.batch():
        found += batch

    expected = [line.removesuffix("\r") for line in text.split("\n")]
    assert found == (expected[:-1] if expected[-1] == "" and not text.split("\n")[-1] else expected)


def test_a_line_without_an_end_is_refused(files: Files) -> None:
    Path("f").write_bytes(b"a\n" + bytes(3 << 20))
    Path("g").write_bytes(b"a\nb\n\xff\n")

    for name, said in (("f", "line 2 is longer"), ("g", "line 3 is no text")):
        reader = files.lines(name)
        with pytest.raises(InvalidValueError, match=said):
            all(iter(reader.batch, []))
        reader.close()


def test_status_and_exists(files: Files) -> None:
    Path("f").write_bytes(b"123")
    Path("d").mkdir()
    Path("to_f").symlink_to("f")
    Path("broken").symlink_to("gone")

    assert files.status("f")[:2] == ("file", 3)
    assert files.status("to_f").type == "file"
    assert files.status("d").type == "folder"
    assert files.status(".").type == "folder"
    assert [files.exists(path) for path in ("f", "d", "gone", "broken", "gone/x")] == [True, True, False, False, False]
    with pytest.raises(NotFoundError, match="'gone'"):
        files.status("gone")


def test_make_move_copy_and_remove(files: Files) -> None:
    files.make("a/b")
    files.make("a/b")
    files.write("a/b/f", b"1")
    files.copy("a/b/f", "a/g")
    files.move("a/g", "a/h")
    files.move("a/b", "c")

    assert sorted(map(str, Path().rglob("*"))) == ["a", "a/h", "c", "c/f"]
    with pytest.raises(InvalidValueError, match="not empty"):
        files.remove("c")
    files.remove("c", recursive=True)
    files.remove("a/h")
    files.remove("a")
    assert os.listdir() == []
    with pytest.raises(NotFoundError):
        files.remove("a")


def test_the_home_is_written_as_in_grants(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    files.write("~/notes/a.txt", b"1", create_parents=True)
    assert Path("home/notes/a.txt").read_text() == "1"
    assert matches(files, "~/**/*.txt") == ["~/notes/a.txt"]
    assert [entry.name for entry in entries(files, "~")] == ["notes"]
    files.write("./~", b"2")
    assert files.read("./~") == Path("~").read_text() == "2"
    monkeypatch.setenv("HOME", "/elsewhere")
    with pytest.raises(PermissionDeniedError, match=r"may not read '~/notes/a\.txt'"):
        files.read("~/notes/a.txt")


def test_what_is_missing_is_named(files: Files) -> None:
    files.write("d/f", b"1", create_parents=True)
    for act in (files.move, files.copy):
        with pytest.raises(NotFoundError, match="no file or folder 'gone'"):
            act("gone", "d/g")
        with pytest.raises(NotFoundError, match="no folder for 'none/g'") as caught:
            act("d/f", "none/g")
        assert "fs.make" in (caught.value.hint or "")
    with pytest.raises(NotFoundError, match="no folder for 'd/f/g'"):
        files.write("d/f/g", b"")
    with pytest.raises(NotFoundError, match="no file or folder 'd/f/g'"):
        files.read("d/f/g")
    assert not files.exists("d/f/g")
    with pytest.raises(InvalidValueError, match="'d' is not empty") as refused:
        files.remove("d")
    assert "recursive" in (refused.value.hint or "")


def test_a_tree_that_is_too_deep_is_left(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "_DEEPEST", 50)
    files.make("tree" + "/a" * 51)
    with pytest.raises(InvalidValueError, match=r"^'tree' has more than 50 folders inside each other$"):
        files.remove("tree", recursive=True)
    files.remove("tree/a", recursive=True)
    assert os.listdir("tree") == []


def test_a_deep_tree_needs_few_descriptors(files: Files) -> None:
    files.make("t/" + "d/" * 600)
    files.write("t/" + "d/" * 90 + "f", b"1")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 16, most[1]))
    try:
        assert len(matches(files, "t/**/f")) == 1
        files.remove("t", recursive=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)
    assert os.listdir() == []


def test_removing_a_link_leaves_what_it_points_to(files: Files) -> None:
    files.write("d/f", b"1", create_parents=True)
    Path("link").symlink_to("d")
    Path("d/inner").symlink_to("..")

    files.remove("link", recursive=True)
    assert files.read("d/f") == "1"
    files.remove("d", recursive=True)
    assert os.listdir() == []


def test_the_root_is_not_removed() -> None:
    with pytest.raises(InvalidValueError, match="root"):
        Files(Permissions.all(), Blobs()).remove("/", recursive=True)


@pytest.mark.parametrize("act", ["copy", "remove", "search"])
def test_what_takes_long_can_be_stopped(files: Files, act: str) -> None:
    files.write("d/f", b"1", create_parents=True)
    acts: dict[str, Callable[[], object]] = {
        "copy": lambda: files.copy("d/f", "g", stopped=lambda: True),
        "remove": lambda: files.remove("d", recursive=True, stopped=lambda: True),
        "search": lambda: matches(files, "**", lambda: True),
    }

    with pytest.raises(CancelledError):
        acts[act]()

    assert os.listdir() == ["d"]
    assert files.read("d/f") == "1"


def test_moving_needs_the_right_to_read(tmp_path: Path) -> None:
    root = os.path.realpath(tmp_path)
    for name in ("secret", "open"):
        (tmp_path / name).mkdir()
    (tmp_path / "secret" / "f").write_text("x")
    files = Files(Permissions(read=(f"{root}/open",), write=(root,)), Blobs())

    with pytest.raises(PermissionDeniedError):
        files.move(f"{root}/secret/f", f"{root}/open/f")
    with pytest.raises(PermissionDeniedError):
        files.copy(f"{root}/secret/f", f"{root}/open/f")


@pytest.mark.parametrize(
    ("act", "grant"),
    [
        (lambda files: files.read("f"), "--allow-read=f"),
        (lambda files: files.write("f", b""), "--allow-write=f"),
        (lambda files: entries(files, "some dir"), "some dir"),
        (lambda files: matches(files, "*.txt"), "--allow-read=."),
        (lambda files: files.exists("f"), "--allow-read=f"),
        (lambda files: files.make("f"), "--allow-write=f"),
        (lambda files: files.remove("f"), "--allow-write=f"),
        (lambda files: files.folder("f"), "--allow-read=f"),
    ],
)
def test_nothing_is_allowed_by_default(act: Any, grant: str) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        act(Files(Permissions(), Blobs()))

    assert grant in (caught.value.hint or "")
    assert os.getcwd() not in str(caught.value.to_data())


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5000])
def test_a_path_that_is_none(files: Files, path: str) -> None:
    for act in (files.read, files.status, files.make, files.remove):
        with pytest.raises(InvalidValueError, match="the path"):
            act(path)


def test_a_name_that_is_too_long(files: Files) -> None:
    with pytest.raises(InvalidValueError, match="name too long"):
        files.read("x" * 300)


def test_what_is_no_regular_file_is_neither_read_nor_replaced(files: Files, tmp_path: Path) -> None:
    os.mkfifo("fifo")
    Path("folder").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("socket")
    listening.close()

    for name in ("fifo", "socket", "folder"):
        for act in (files.read, files.blob, files.lines, lambda name: files.write(name, b"x")):
            with pytest.raises(InvalidValueError, match=r"no regular file|is a folder"):
                act(name)
        with pytest.raises(InvalidValueError):
            files.write(name, b"x", append=True)


def test_devices_are_not_read() -> None:
    files = Files(Permissions.all(), Blobs())

    for path in ("/dev/zero", "/dev/stdin", "/dev/tty"):
        with pytest.raises(LlmspellError):
            files.read(path)
    with pytest.raises(InvalidValueError):
        files.write("/dev/null", b"x")


def test_a_folder_says_what_is_in_it(files: Files) -> None:
    files.write("d/b", b"12", create_parents=True)
    files.make("d/c")
    Path("d/a").symlink_to("nowhere")
    Path(os.fsdecode(b"d/\xff")).write_text("x")

    found = [(entry.name, entry.status.type, entry.status.size) for entry in entries(files, "d")]

    assert [(name, kind) for name, kind, _ in found] == [("a", "link"), ("b", "file"), ("c", "folder")]
    assert found[1][2] == 2
    with pytest.raises(InvalidValueError, match="is no folder"):
        entries(files, "d/b")
    with pytest.raises(NotFoundError):
        entries(files, "gone")


TREE = ("a.txt", "b.md", ".hidden", "d/a.txt", "d/e/f/a.txt", "d/.git/a.txt", "odd[1].txt", "x/y/z.md")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt", "odd[1].txt"]),
        ("?.*", ["a.txt", "b.md"]),
        ("[ab].*", ["a.txt", "b.md"]),
        ("[!a].md", ["b.md"]),
        ("[z-a]*", []),
        ("odd[[]1].txt", ["odd[1].txt"]),
        ("*/a.txt", ["d/a.txt"]),
        ("**/a.txt", ["a.txt", "d/a.txt", "d/e/f/a.txt"]),
        ("d/**", ["d/a.txt", "d/e", "d/e/f", "d/e/f/a.txt"]),
        ("d/**/a.txt", ["d/a.txt", "d/e/f/a.txt"]),
        ("**/*.md", ["b.md", "x/y/z.md"]),
        ("**/**/z.md", ["x/y/z.md"]),
        (".*", [".hidden"]),
        ("d/.git/*", ["d/.git/a.txt"]),
        ("./d/*.txt", ["./d/a.txt"]),
        ("gone/*", []),
        ("gone/at/all/*", []),
        ("a.txt", ["a.txt"]),
        ("gone", []),
        ("link/*", ["link/a.txt", "link/e"]),
        ("l*/a.txt", []),
    ],
)
def test_patterns(files: Files, pattern: str, expected: list[str]) -> None:
    for path in TREE:
        files.write(path, b"", create_parents=True)
    Path("link").symlink_to("d")

    assert matches(files, pattern) == expected


def test_a_pattern_may_be_absolute(files: Files, tmp_path: Path) -> None:
    files.write("d/a.txt", b"", create_parents=True)

    assert matches(files, f"{tmp_path}/*/a.txt") == [f"{tmp_path}/d/a.txt"]


def test_hostile_patterns_end(files: Files) -> None:
    files.write("a" * 200, b"")
    for pattern in ("*a" * 100 + "b", "[" * 1000, "*" * 3000, "**/" * 30 + "b"):
        assert matches(files, pattern) in ([], ["a" * 200])
    for pattern in ("*/" * 100, "*//b"):
        with pytest.raises(InvalidValueError, match="no pattern"):
            matches(files, pattern)


def test_a_search_has_a_bound(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(5):
        files.write(f"d/{at}", b"", create_parents=True)
    monkeypatch.setattr("llmspell.system.trees.MAX_ENTRIES", 4)

    with pytest.raises(InvalidValueError, match="more than 4 entries"):
        entries(files, "d")
    with pytest.raises(InvalidValueError, match="more than 4 entries"):
        matches(files, "**")


def test_a_file_that_the_system_keeps_to_itself(files: Files) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    files.write("f", b"x")
    Path("f").chmod(0)
    with pytest.raises(PermissionDeniedError, match="the system does not allow"):
        files.read("f")
