"""The files of a run: reading and writing within what was granted. These methods block.

Paths that are not absolute begin at the working directory of the program, or with `~/` at the home of the user. What
a path means is found by `walk`, so that neither links nor `..` nor renaming under way lead out of the grants; only
regular files are opened. A hard link cannot be told from the file that it names: what is inside a granted folder under
a name of its own may be read there. It is never written through, because writing puts a new file in the place of the
old one, and appending refuses it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from llmspell import values
from llmspell.errors import CancelledError, InvalidValueError, LlmspellError, NotFoundError, PermissionDeniedError
from llmspell.system.walk import OutsideError, Place, at_home, is_process, locate

if TYPE_CHECKING:
    from llmspell.permissions import Permissions
    from llmspell.system.blobs import Blobs, Handle
    from llmspell.system.lines import Lines

MAX_TEXT = values.MAX_BYTES - 1024
MAX_PATH = 4096
_CHUNK = 1 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


class Status(NamedTuple):
    """What is known of a file or folder: `type` is `file`, `folder`, `link` or `other`, `modified` in seconds since
    1970."""

    type: str
    size: int
    modified: float


Stopped: TypeAlias = Callable[[], bool]
"""Whether nobody waits any more for what takes long."""


def never() -> bool:
    """For those who wait to the end."""
    return False


def check_stopped(stopped: Stopped) -> None:
    """Raises `CancelledError` when nobody waits any more."""
    if stopped():
        raise CancelledError("the call was cancelled")


class Files:
    """What one run may do with files."""

    def __init__(self, permissions: Permissions, blobs: Blobs) -> None:
        self._permissions = permissions
        self._blobs = blobs

    # Reading

    def read(self, path: str) -> str:
        """A whole file of at most 16 MiB as text. Raises `InvalidValueError` for more, and for what is not UTF-8."""
        with self._reading(path) as file:
            data = _all(file, MAX_TEXT)
        if data is None:
            raise InvalidValueError(
                f"{_quoted(path)} is too large: a text has at most {values.MAX_BYTES >> 20} MiB",
                hint="read it with fs.lines, or keep its bytes with fs.blob",
            )
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise InvalidValueError(
                f"{_quoted(path)} is no text: byte {error.start} is not UTF-8", hint="keep its bytes with fs.blob"
            ) from None

    def blob(self, path: str) -> Handle:
        """A whole file as a blob, with the media type that its ending tells."""
        import mimetypes  # only for blobs

        with self._reading(path) as file:
            self._blobs.check_room(os.fstat(file).st_size)
            data = _all(file, self._blobs.room)
        if data is None:
            self._blobs.check_room(self._blobs.room + 1)
            raise InvalidValueError(f"{_quoted(path)} grew while it was read")
        return self._blobs.add(data, mimetypes.guess_type(path, strict=False)[0] or "application/octet-stream")

    def lines(self, path: str) -> Lines:
        """A reader of the lines of a file, which has to be closed."""
        from llmspell.system.lines import Lines  # not needed for whole files

        with self._reading(path) as file:
            return Lines(os.dup(file), _quoted(path))

    def status(self, path: str) -> Status:
        """What a path leads to. Raises `NotFoundError`."""
        with self._at("read", path) as place:
            return status_of(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False))

    def exists(self, path: str) -> bool:
        """Whether a path leads to anything. Raises `PermissionDeniedError` for paths outside the grants."""
        try:
            self.status(path)
        except NotFoundError:
            return False
        return True

    # Writing

    def write(self, path: str, content: bytes, *, append: bool = False, create_parents: bool = False) -> None:
        """Put a file in the place of the old one, at once and whole; or append to it."""
        with self._at("write", path, make=create_parents, new=True) as place:
            _check_replaceable(place, path)
            if append:
                _append(place, path, content)
            else:
                _replace(place, lambda file: _write_all(file, content))

    def make(self, path: str) -> None:
        """Make a folder, and those above it that are missing. Nothing happens if it is there."""
        with self._at("write", path, make=True) as place:
            try:
                os.mkdir(place.name, dir_fd=place.folder)
            except FileExistsError:
                if not stat.S_ISDIR(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False).st_mode):
                    raise

    def remove(self, path: str, *, recursive: bool = False, stopped: Stopped = never) -> None:
        """Remove a file, a link or an empty folder; with `recursive` a folder and all that is in it."""
        with self._at("write", path, follow=False) as place:
            self._check_displaced(place, path)
            status = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                os.unlink(place.name, dir_fd=place.folder)
            elif place.name == ".":
                raise InvalidValueError(f"{_quoted(path)} cannot be removed: it is the root of all files")
            elif recursive:
                from llmspell.system.trees import clear  # not needed for a file

                clear(place, path, self._permissions.may_write, stopped)
                os.rmdir(place.name, dir_fd=place.folder)
            else:
                os.rmdir(place.name, dir_fd=place.folder)

    def copy(self, source: str, target: str, *, stopped: Stopped = never) -> None:
        """Put a copy of a file in the place of the target."""
        with self._reading(source) as file, self._at("write", target, new=True) as place:
            _check_replaceable(place, target)
            _replace(place, lambda copy: _copy(file, copy, stopped))

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder; a file in its place is replaced. Needs the right to read and write it."""
        with self._at("read", source, follow=False) as place:
            os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        with (
            self._at("write", source, follow=False) as old,
            self._at("write", target, follow=False, new=True) as new,
        ):
            _check_replaceable(new, target)
            self._check_displaced(old, source)
            self._check_displaced(new, target)
            os.rename(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder)

    # How

    @contextmanager
    def at(self, path: str) -> Iterator[Place]:
        """Where a path leads that may be read; errors inside become those of llmspell."""
        with self._at("read", path) as place:
            yield place

    def folder(self, path: str) -> str:
        """The real path of a folder that may be read, for a program to work in."""
        with self._at("read", path) as place:
            os.close(os.open(place.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place.folder))
            return place.path

    def refusal(self, kind: str, path: str, place: str) -> PermissionDeniedError:
        """The error for a path as the script wrote it, which leads to a place that may not be read or written."""
        if kind == "write" and self._permissions.is_kept(place):
            return PermissionDeniedError(
                f"this spell may not write {_quoted(path)}, because llmspell keeps its own data there",
                hint="write another file",
            )
        if is_process(place) and (self.may_read(place) or self._permissions.may_write(place)):
            return PermissionDeniedError(
                f"this spell may not {kind} {_quoted(path)}, because it shows the inside of a process",
                hint="nothing allows that; env.get reads a variable that was allowed",
            )
        return self._permissions.denied(kind, f"{kind} {_quoted(path)}", path)

    def may_read(self, path: str) -> bool:
        """Whether a real path may be read."""
        return self._permissions.may_read(path)

    def _check_displaced(self, place: Place, path: str) -> None:
        if not self._permissions.may_displace(place.path):
            raise PermissionDeniedError(
                f"this spell may not move or remove {_quoted(path)}, because llmspell keeps a file of its own there",
                hint="move or remove what is beside that file",
            )

    @contextmanager
    def _at(
        self, kind: str, path: str, *, follow: bool = True, make: bool = False, new: bool = False
    ) -> Iterator[Place]:
        """Where a path leads; `new` says that what is there need not exist, but for its folder."""
        _check(path)
        allowed = self._permissions.may_read if kind == "read" else self._permissions.may_write
        found = False
        try:
            with locate(at_home(path), allowed, follow=follow, make=make) as place:
                found = True
                yield place
        except OutsideError as outside:
            raise self.refusal(kind, path, outside.place) from None
        except (FileNotFoundError, NotADirectoryError) as error:
            if found and isinstance(error, NotADirectoryError):
                raise InvalidValueError(f"{_quoted(path)} is no folder") from None
            raise _missing(path, new) from None
        except OSError as error:
            raise error_of(error, path) from None

    @contextmanager
    def _reading(self, path: str) -> Iterator[int]:
        """The descriptor of a regular file."""
        with self._at("read", path) as place:
            _check_regular(os.stat(place.name, dir_fd=place.folder, follow_symlinks=False), path)
            file = os.open(place.name, _READ, dir_fd=place.folder)
            try:
                _check_regular(os.fstat(file), path)
                yield file
            finally:
                os.close(file)


def status_of(status: os.stat_result) -> Status:
    """The status as scripts see it."""
    return Status(_KINDS.get(stat.S_IFMT(status.st_mode), "other"), status.st_size, status.st_mtime)


def error_of(error: OSError, path: str) -> LlmspellError:
    """The error of llmspell for one of the system, with the path as the script wrote it and no other."""
    shown, said = _quoted(path), os.strerror(error.errno) if error.errno else type(error).__name__
    match error:
        case PermissionError():
            return PermissionDeniedError(
                f"the system does not allow that with {shown}", hint="look at its owner and mode: ls -l"
            )
        case IsADirectoryError():
            return InvalidValueError(f"{shown} is a folder")
        case OSError(errno=errno.ENOTEMPTY):
            return InvalidValueError(f"{shown} is not empty", hint="the option recursive removes all that is in it too")
        case _:
            return InvalidValueError(f"{shown}: {said}")


def _missing(path: str, new: bool) -> NotFoundError:
    if new:
        return NotFoundError(f"there is no folder for {_quoted(path)}", hint="make its folder first, with fs.make")
    return NotFoundError(
        f"there is no file or folder {_quoted(path)}", hint="paths begin where the program was started, or with /"
    )


def _check(path: str) -> None:
    if not path or "\0" in path or len(path.encode()) > MAX_PATH:
        wrong = "is empty" if not path else "has a NUL" if "\0" in path else f"has more than {MAX_PATH} bytes"
        raise InvalidValueError(f"the path {wrong}", hint="paths begin where the program was started, or with /")


def _check_regular(status: os.stat_result, path: str) -> None:
    kind = status_of(status).type
    if kind != "file":
        what = "a folder" if kind == "folder" else "no regular file"
        hint = (
            "fs.list tells what is in it"
            if kind == "folder"
            else "devices, pipes and sockets are neither read nor written"
        )
        raise InvalidValueError(f"{_quoted(path)} is {what}", hint=hint)


def _check_replaceable(place: Place, path: str) -> None:
    """What is at a place to be written, if anything, is a file or a link."""
    with suppress(FileNotFoundError):
        status = os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            _check_regular(status, path)


def _append(place: Place, path: str, content: bytes) -> None:
    file = os.open(place.name, _APPEND, 0o666, dir_fd=place.folder)
    try:
        status = os.fstat(file)
        _check_regular(status, path)
        if status.st_nlink > 1:
            raise PermissionDeniedError(
                f"{_quoted(path)} has other names, which may be outside of what this spell may write",
                hint="write the whole file: that leaves the others as they are",
            )
        _write_all(file, content)
    finally:
        os.close(file)


def _replace(place: Place, fill: Callable[[int], None]) -> None:
    """Fill a new file beside the place and rename it to its name."""
    temporary = f".{os.urandom(8).hex()}.tmp"
    file = os.open(temporary, _NEW, 0o666, dir_fd=place.folder)
    try:
        try:
            fill(file)
            with suppress(FileNotFoundError):
                os.fchmod(file, stat.S_IMODE(_mode(place)))
        finally:
            os.close(file)
        os.rename(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder)
        raise


def _mode(place: Place) -> int:
    """The mode of the file that is replaced, without the bits that give it another owner's rights."""
    return os.stat(place.name, dir_fd=place.folder, follow_symlinks=False).st_mode & 0o777


def _all(file: int, limit: int) -> bytes | None:
    """The whole content, or None if that is more than `limit` bytes."""
    size = os.fstat(file).st_size
    if size > limit:
        return None
    pieces, total = [], 0
    while piece := os.read(file, min(max(size - total, 4096), _CHUNK)):
        total += len(piece)
        if total > limit:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _write_all(file: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]


def _copy(source: int, target: int, stopped: Stopped) -> None:
    while piece := os.read(source, _CHUNK):
        check_stopped(stopped)
        _write_all(target, piece)


def _quoted(path: str) -> str:
    return repr(path if len(path) <= 200 else path[:200] + "...")
