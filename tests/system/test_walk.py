"""Finding places: against the kernel as the reference, and while others rename what is on the way."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError, LlmspellError, NotFoundError, PermissionDeniedError
from llmspell.permissions import Permissions
from llmspell.system.blobs import Blobs
from llmspell.system.files import Files
from llmspell.system.trees import entries, matches
from llmspell.system.walk import OutsideError, locate

NAMES = ("a", "b", "c", "dir", "..")
parts = st.lists(st.sampled_from((*NAMES, ".", "gone")), min_size=1, max_size=7)
targets = st.one_of(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join),
    st.lists(st.sampled_from(NAMES), max_size=4).map(lambda names: "/".join(["ROOT", *names])),
    st.sampled_from(["/", "/etc/passwd", "/proc/self/environ", "/proc/self/cwd", "/dev/null", "."]),
)
nodes = st.one_of(st.just("folder"), st.just("file"), targets.map(lambda target: f"->{target}"))
trees = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES[:4]), min_size=1, max_size=4), nodes), min_size=1, max_size=14
)


def grow(root: Path, tree: list[tuple[list[str], str]]) -> None:
    """Make what can be made of the tree; every file holds its own real path."""
    for names, node in tree:
        path = root.joinpath(*names)
        with suppress(OSError):
            if not os.path.realpath(path.parent).startswith(str(root)):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if node == "folder":
                path.mkdir(exist_ok=True)
            elif node == "file":
                if not path.is_symlink():
                    path.write_text(os.path.realpath(path))
            else:
                path.symlink_to(node.removeprefix("->").replace("ROOT", str(root)))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(trees, parts, st.lists(st.lists(st.sampled_from(NAMES[:4]), max_size=3), min_size=1, max_size=2), st.booleans())
def test_what_is_read_is_what_the_kernel_reads_and_only_inside_the_grants(
    tree: list[tuple[list[str], str]], names: list[str], granted: list[list[str]], relative: bool
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        grow(root, tree)
        permissions = Permissions(read=tuple({os.path.realpath(root.joinpath(*each)) for each in granted}))
        path = str(root.joinpath(*names))
        given_path = os.path.relpath(root) + "/" + "/".join(names) if relative else str(root) + "/" + "/".join(names)
        real = os.path.realpath(path)
        try:
            expected = Path(path).read_text() if Path(path).is_file() else None
        except OSError:
            expected = None

        try:
            found: str | LlmspellError = Files(permissions, Blobs()).read(given_path)
        except LlmspellError as error:
            found = error

        if real.startswith("/proc/"):
            assert isinstance(found, LlmspellError)
        elif expected is not None and permissions.may_read(real):
            assert found == expected
        elif expected is not None or not permissions.may_read(real):
            assert isinstance(found, PermissionDeniedError) or not Path(path).exists()
            assert isinstance(found, LlmspellError)
        else:
            assert isinstance(found, (NotFoundError, InvalidValueError, PermissionDeniedError))
        if isinstance(found, LlmspellError):
            assert str(root) not in found.message.replace(given_path, "")


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(trees, parts, parts)
def test_nothing_outside_the_grant_is_ever_changed(
    tree: list[tuple[list[str], str]], one: list[str], two: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        grow(root, tree)
        inside = root / "dir"
        if inside.is_symlink() or not inside.is_dir():
            return
        permissions = Permissions(read=(str(inside),), write=(str(inside),))
        files = Files(permissions, Blobs())
        before = snapshot(root)
        for path in ("/".join(one), "/".join(two), "../" + "/".join(one)):
            for act in (
                lambda path: files.write(path, b"new", create_parents=True),
                lambda path: files.write(path, b"new", append=True),
                files.make,
                lambda path: files.move(path, f"{inside}/a"),
                lambda path: files.copy(path, f"{inside}/b"),
                lambda path: files.remove(path, recursive=True),
            ):
                with suppress(LlmspellError):
                    act(f"{inside}/{path}")

        assert snapshot(root) == before


def snapshot(root: Path) -> dict[str, str]:
    """All that is outside of the folder `dir`."""
    found = {}
    for path in root.rglob("*"):
        if path == root / "dir" or root / "dir" in path.parents:
            continue
        found[str(path)] = (
            f"->{path.readlink()}" if path.is_symlink() else path.read_text() if path.is_file() else "folder"
        )
    return found


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    """A granted folder `in` and a folder `out` that is not."""
    for name in ("in", "out"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file").write_text(name)
        (tmp_path / name / "file").write_text(name)
    return tmp_path


SWAPS = ("sub", "file", "link")


@pytest.mark.parametrize("swapped", SWAPS)
def test_nothing_outside_is_read_while_links_and_folders_are_swapped(ground: Path, swapped: str) -> None:
    inside = ground / "in"
    files = Files(Permissions(read=(str(inside),)), Blobs())
    stop = threading.Event()
    swapper = threading.Thread(target=swap, args=(ground, swapped, stop))
    swapper.start()
    read: set[str] = set()
    try:
        for _ in range(300):
            for path in ("sub/file", "file", "link/file", "sub/../file", "link/../file", "sub/../sub/file"):
                with suppress(LlmspellError):
                    read.add(files.read(f"{inside}/{path}"))
            with suppress(LlmspellError):
                assert {entry.name for entry in entries(files, f"{inside}/sub")} <= {"file"}
            with suppress(LlmspellError):
                matches(files, f"{inside}/**/file")
    finally:
        stop.set()
        swapper.join()

    assert read == {"in"}


def swap(ground: Path, name: str, stop: threading.Event) -> None:
    """Put a link that leads out in the place of something inside, and back, until told to stop."""
    inside, aside, link = ground / "in" / name, ground / "aside", ground / "prepared"
    target = ground / "out" / ("file" if name == "file" else "sub")
    if name == "link":
        inside.symlink_to("sub")
    while not stop.is_set():
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        try:
            inside.rename(aside)
            link.rename(inside)
            inside.unlink()
            aside.rename(inside)
        except OSError:  # the other one has just made something there
            shutil.rmtree(aside, ignore_errors=True)
        os.sched_yield()


def test_nothing_outside_is_written_or_removed_while_links_are_swapped(ground: Path) -> None:
    inside = ground / "in"
    files = Files(Permissions(write=(str(inside),), read=(str(inside),)), Blobs())
    stop = threading.Event()
    swapper = threading.Thread(target=swap, args=(ground, "sub", stop))
    swapper.start()
    try:
        for _ in range(100):
            for act in (
                lambda: files.write(f"{inside}/sub/new", b"bad"),
                lambda: files.write(f"{inside}/sub/more", b"bad", append=True),
                lambda: files.make(f"{inside}/sub/folder"),
                lambda: files.remove(f"{inside}/sub/folder", recursive=True),
                lambda: files.remove(f"{inside}/sub/file"),
                lambda: files.copy(f"{inside}/file", f"{inside}/sub/copy"),
                lambda: files.move(f"{inside}/sub/copy", f"{inside}/sub/moved"),
            ):
                with suppress(LlmspellError):
                    act()
    finally:
        stop.set()
        swapper.join()

    assert sorted(os.listdir(ground / "out")) == ["file", "sub"]
    assert os.listdir(ground / "out" / "sub") == ["file"]
    assert (ground / "out" / "sub" / "file").read_text() == "out"


def test_a_path_that_leads_out_is_refused_alike_whether_or_not_something_is_there(ground: Path) -> None:
    files = Files(Permissions(read=(str(ground / "in"),)), Blobs())
    (ground / "in" / "there").symlink_to(ground / "out" / "file")
    (ground / "in" / "nowhere").symlink_to(ground / "out" / "nothing")
    messages = set()

    for path in ("there", "nowhere", "../out/file", "../out/nothing", "../out/nothing/at/all", "gone/../../out/file"):
        with pytest.raises(PermissionDeniedError) as caught:
            files.read(f"{ground}/in/{path}")
        messages.add(caught.value.message.replace(path, "PATH"))
        with pytest.raises(PermissionDeniedError):
            files.exists(f"{ground}/in/{path}")

    assert len(messages) == 1


def test_a_link_from_outside_leads_in(ground: Path) -> None:
    (ground / "door").symlink_to("in")
    files = Files(Permissions(read=(str(ground / "in"),)), Blobs())

    assert files.read(f"{ground}/door/sub/../file") == "in"


def test_a_grant_whose_folder_became_a_link_opens_nothing_else(ground: Path) -> None:
    files = Files(Permissions(read=(str(ground / "in"),)), Blobs())
    (ground / "in").rename(ground / "moved")
    (ground / "in").symlink_to("out")

    with pytest.raises(PermissionDeniedError):
        files.read(f"{ground}/in/file")


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/self/root/etc/passwd", "/proc/thread-self/environ"])
def test_the_inside_of_a_process_is_no_file(path: str) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("this system shows no processes as files")
    everything_but = Permissions(read=("/proc",))

    with pytest.raises(PermissionDeniedError):
        Files(everything_but, Blobs()).read(path)
    if path.endswith("environ"):
        with pytest.raises(PermissionDeniedError):
            Files(Permissions.all(), Blobs()).read(path)


def test_circles_and_mazes_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    (tmp_path / "maze").symlink_to("/".join(["x", ".."] * 700 + ["maze"]))
    (tmp_path / "x").mkdir()
    files = Files(Permissions(read=(str(tmp_path),)), Blobs())

    for path in ("one", "maze", "x/../" * 700 + "one"):
        with pytest.raises(InvalidValueError):
            files.read(f"{tmp_path}/{path}")


def test_no_descriptor_is_left_open(ground: Path) -> None:
    files = Files(Permissions(read=(str(ground / "in"),)), Blobs())
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0

    for path in ("file", "gone", "../out/file", "sub", "sub/../file/x"):
        with suppress(LlmspellError):
            files.read(f"{ground}/in/{path}")
        with suppress(LlmspellError):
            files.lines(f"{ground}/in/{path}").close()
        with suppress(OSError, OutsideError), locate(f"{ground}/in/{path}", lambda _: False):
            pass

    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_the_working_directory_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    shutil.rmtree(folder)

    with pytest.raises(NotFoundError):
        Files(Permissions.all(), Blobs()).read("file")
