"""`fs`: files, for scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Literal, TypeAlias, TypedDict

from llmspell.scriptable.context import RunContext
from llmspell.scriptable.records import BlobHandle
from llmspell.system.files import Files, Status
from llmspell.system.threads import quick, slow

FileType: TypeAlias = Literal["file", "folder", "link", "other"]
Paths: TypeAlias = list[str]


class FileStatus(TypedDict):
    """What is known of a file or folder."""

    type: FileType
    """What it is."""
    size: int
    """Its bytes."""
    modified: float
    """When it was last written, in seconds since 1970."""


class FolderEntry(TypedDict):
    """Something in a folder."""

    name: str
    """Its name."""
    type: FileType
    """What it is; a link is not followed here."""
    size: int
    """Its bytes."""
    modified: float
    """When it was last written, in seconds since 1970."""


Entries: TypeAlias = list[FolderEntry]


class WriteOptions(TypedDict, total=False):
    """How a file is written."""

    append: bool
    """Add to what is in the file."""
    create_parents: bool
    """Make the folders above it that are missing."""


class RemoveOptions(TypedDict, total=False):
    """What is removed."""

    recursive: bool
    """A folder with all that is in it."""


class ScriptableFiles:
    """Files and folders that the spell may read or write: see `--allow-read` and `--allow-write`.

    A path that does not begin with `/` begins at the working directory of the program, one with `~/` at the user's
    home. Links are followed as long as they lead to places that are allowed. All methods fail with `permission`
    outside of them, with `not_found` where nothing is, and with `value` where it is of the wrong kind.
    """

    def __init__(self, context: RunContext) -> None:
        self._blobs = context.blobs
        self._programs = context.programs
        self._files = Files(context.permissions, context.blobs)

    def read(self, path: str) -> str:
        """A whole file as text. Fails with `value` when it is not UTF-8, or has more than 16 MiB."""
        return quick(partial(self._files.read, path))

    def blob(self, path: str) -> BlobHandle:
        """A whole file as a blob; its media type is what the ending of its name tells."""
        return quick(partial(self._files.blob, path))

    async def lines(self, path: str) -> AsyncIterator[str]:
        """The lines of a file one by one, without their ends, however large it is."""
        import asyncio  # whoever iterates has it

        reader = await asyncio.to_thread(self._files.lines, path)
        try:
            while batch := await asyncio.to_thread(reader.batch):
                for line in batch:
                    yield line
        finally:
            reader.close()

    def write(self, path: str, content: str | BlobHandle, options: WriteOptions | None = None) -> None:
        """Write a whole file, in the place of one that is there: whoever reads sees the old or the new one."""
        data = content.encode() if isinstance(content, str) else self._blobs.get(content).data
        return quick(partial(self._files.write, path, data, **(options or {})))

    def list(self, path: str = ".") -> Entries:
        """What is in a folder, sorted by name."""
        from llmspell.system.trees import entries

        return quick(lambda: [_entry(name, status) for name, status in entries(self._files, path)])

    def stat(self, path: str) -> FileStatus:
        """What is known of a file or folder."""
        return quick(lambda: _status(self._files.status(path)))

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return quick(partial(self._files.exists, path))

    async def glob(self, pattern: str) -> Paths:
        """The paths that fit a pattern, sorted: `*` and `?` are letters of one name, `[a-z]` is one of these letters,
        `**` any folders between. Names that begin with a dot must be asked for with one.
        """
        from llmspell.system.trees import matches

        return await slow(partial(matches, self._files, pattern), self._programs.slot())

    def make(self, path: str) -> None:
        """Make a folder, and those above it that are missing. It may be there already."""
        return quick(partial(self._files.make, path))

    async def remove(self, path: str, options: RemoveOptions | None = None) -> None:
        """Remove a file, a link, or an empty folder. With `recursive` a folder with all that is in it."""
        work = partial(self._files.remove, path, **(options or {}))
        await slow(lambda stopped: work(stopped=stopped), self._programs.slot())

    async def copy(self, source: str, target: str) -> None:
        """Copy a file; one in the place of the target is replaced."""
        await slow(lambda stopped: self._files.copy(source, target, stopped=stopped), self._programs.slot())

    def move(self, source: str, target: str) -> None:
        """Rename a file or folder, to another place of the same disk; a file in the place of the target is replaced.

        The spell must be allowed to read and to write it.
        """
        return quick(partial(self._files.move, source, target))


def _status(status: Status) -> FileStatus:
    kind: FileType = status.type  # type: ignore[assignment]  # one of these words
    return {"type": kind, "size": status.size, "modified": status.modified}


def _entry(name: str, status: Status) -> FolderEntry:
    return {"name": name, **_status(status)}
