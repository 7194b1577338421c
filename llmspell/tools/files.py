"""Files for models: reading in pieces, finding, and small changes that cannot go wrong unseen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length, cut, within

if TYPE_CHECKING:
    from llmspell.system.files import Files, Stopped

MAX_LINES = 2000
MAX_FOUND = 1000
SECONDS = 30.0
"""How long a search through files may go on; then it gives what it has."""
_MAX_CONTENT = 4_000_000
_FIRST_LINE = 10**9
_BUFFER = 100
_WILD = "*?["


async def _read(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    first, last = args.get("first_line", 1), args.get("last_line")
    within("first_line", first, 1, _FIRST_LINE)
    if last is not None:
        within("last_line", last, first, _FIRST_LINE)
    wanted = MAX_LINES if last is None else min(last - first + 1, MAX_LINES)
    return await reach.slow(lambda stopped: _piece(reach.files, args["path"], first, wanted, stopped))


def _piece(files: Files, path: str, first: int, wanted: int, stopped: Stopped) -> dict[str, Any]:
    lines: list[str] = []
    size, number, more = 0, 0, False
    for number, line in _numbered(files, path, stopped):
        if number < first:
            continue
        size += len(line) + 1
        if len(lines) == wanted or (size > MAX_TEXT and lines):
            more = True
            break
        lines.append(cut(line)[0])
    if not lines and first > 1:
        raise NotFoundError(f"{path[:200]!r} has {number} lines, so there is no line {first}")
    told = {"text": "\n".join(lines), "first_line": first, "last_line": first + len(lines) - 1, "more": more}
    return told if lines else told | {"first_line": 0, "last_line": 0}


def _numbered(files: Files, path: str, stopped: Stopped) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers."""
    from llmspell.system.files import check_stopped  # with the files

    number = 0
    with closing(files.lines(path)) as reader:
        while batch := reader.batch():
            check_stopped(stopped)
            for line in batch:
                number += 1
                yield number, line


async def _list(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    from llmspell.system.trees import entries  # only for folders

    found = await reach.slow(lambda _: entries(reach.files, args.get("path") or "."))
    shown = [{"name": each.name, "type": each.status.type, "size": each.status.size} for each in found[:MAX_FOUND]]
    return {"entries": shown, "more": len(found) > MAX_FOUND}


async def _find(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    from llmspell.system.trees import matches  # only for folders

    found = await reach.slow(partial(matches, reach.files, args["pattern"]))
    return {"paths": found[:MAX_FOUND], "count": len(found), "more": len(found) > MAX_FOUND}


async def _search(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    from llmspell.tools.patterns import compiled  # only for searches

    most = args.get("max_matches", _BUFFER)
    within("max_matches", most, 1, MAX_FOUND)
    regex = args.get("regex", False)
    pattern = compiled(args["pattern"], ignore_case=args.get("ignore_case", False), literal=not regex)
    search = _Search(reach.files, pattern, most)
    await reach.slow(partial(search.through, args.get("files", "**/*")))
    return {"matches": search.found, "files_searched": search.files, "skipped": search.skipped, "more": search.more}


class _Search:
    """Looks for a pattern in the lines of files, until it has found enough."""

    def __init__(self, files: Files, pattern: Any, most: int) -> None:
        self._files = files
        self._pattern = pattern
        self._most = most
        self._size = 0
        self._deadline = time.monotonic() + SECONDS
        self.found: list[dict[str, Any]] = []
        self.files = 0
        self.skipped = 0
        """Files that are no text, or that the system does not let us read."""
        self.more = False

    def through(self, glob: str, stopped: Stopped) -> None:
        for path in self._paths(glob, stopped):
            try:
                self._file(path, stopped)
                self.files += 1
            except (InvalidValueError, NotFoundError):  # bytes, or gone meanwhile
                self.skipped += 1
            self.more = self.more or time.monotonic() > self._deadline
            if self.more:
                return

    def _paths(self, glob: str, stopped: Stopped) -> list[str]:
        from llmspell.system.trees import matches  # as above

        if (
            not any(letter in _WILD for letter in glob)
            and self._files.exists(glob)
            and self._files.status(glob).type == "folder"
        ):
            glob = f"{glob.rstrip('/')}/**/*"
        return [path for path in matches(self._files, glob, stopped) if self._is_file(path)]

    def _is_file(self, path: str) -> bool:
        from llmspell.errors import PermissionDeniedError  # links may lead out of the grants

        try:
            return self._files.status(path).type == "file"
        except (NotFoundError, PermissionDeniedError):
            return False

    def _file(self, path: str, stopped: Stopped) -> None:
        for number, line in _numbered(self._files, path, stopped):
            if time.monotonic() > self._deadline:
                return
            if self._pattern.search(line) is None:
                continue
            text = line.strip()[: _BUFFER * 3]
            self._size += len(text) + len(path)
            if len(self.found) == self._most or self._size > MAX_TEXT:
                self.more = True
                return
            self.found.append({"path": path, "line": number, "text": text})


async def _write(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    check_length("content", args["content"], _MAX_CONTENT)
    data = args["content"].encode()
    append = args.get("append", False)
    await reach.slow(lambda _: reach.files.write(args["path"], data, append=append, create_parents=True))
    return {"path": args["path"], "bytes": len(data)}


async def _edit(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    check_length("new", args["new"], _MAX_CONTENT)

    def work(_: Stopped) -> dict[str, Any]:
        text = reach.files.read(args["path"])
        made, count, line = edited(text, args["old"], args["new"], every=args.get("all", False))
        reach.files.write(args["path"], made.encode())
        return {"path": args["path"], "replaced": count, "line": line}

    return await reach.slow(work)


def edited(text: str, old: str, new: str, *, every: bool) -> tuple[str, int, int]:
    """The text with `new` in the place of `old`, how often that was there, and the line of the first.

    Raises `NotFoundError` where it is not there, `InvalidValueError` where it is there twice and not `every` is meant.
    """
    if not old:
        raise InvalidValueError("old is empty", hint="write_file makes a new file, or replaces a whole one")
    if old == new:
        raise InvalidValueError("old and new are the same: nothing would change")
    if old not in text and "\r\n" in text:  # models write line feeds alone
        old, new = (each.replace("\r\n", "\n").replace("\n", "\r\n") for each in (old, new))
    count = text.count(old)
    if count == 0:
        raise NotFoundError("old is not in the file", hint=_why_not(text, old))
    if count > 1 and not every:
        raise InvalidValueError(
            f"old is in the file {count} times, first in {_lines_of(text, old)}",
            hint="give more of the text around it, so that it is there once; or all = true to replace each",
        )
    return text.replace(old, new), count, text.count("\n", 0, text.find(old)) + 1


def _why_not(text: str, old: str) -> str:
    squeezed = " ".join(old.split())
    if squeezed and squeezed in " ".join(text.split()):
        return "its blanks or line ends differ: read the file, and copy the text exactly"
    first = next((line.strip() for line in old.splitlines() if line.strip()), "")
    for number, line in enumerate(text.splitlines(), 1):
        if first and first in line:
            return f"its first line is line {number} of the file, but what follows differs: read the file again"
    return "read the file again, and copy the text exactly, without line numbers"


def _lines_of(text: str, old: str) -> str:
    lines: list[str] = []
    at = text.find(old)
    while at >= 0 and len(lines) < 3:
        lines.append(str(text.count("\n", 0, at) + 1))
        at = text.find(old, at + len(old))
    return f"lines {', '.join(lines)}"


READ_FILE = Spec(
    name="read_file",
    description=(
        f"Read a text file, or some of its lines; at most {MAX_LINES} lines at once. `more` tells whether there are "
        'further lines. Example: {"path": "notes/today.md", "first_line": 1, "last_line": 50}'
    ),
    parameters={
        "path": "string: The path of the file.",
        "first_line": "integer?: The first line to read, from 1.",
        "last_line": "integer?: The last line to read.",
    },
    work=_read,
    needs=("read",),
    example="-p path=notes.txt --allow-read=notes.txt",
)
LIST_FILES = Spec(
    name="list_files",
    description='List what is in one folder: names, types and sizes. Example: {"path": "notes"}',
    parameters={"path": "string?: The folder; the working directory if absent."},
    work=_list,
    needs=("read",),
    example="-p path=. --allow-read=.",
)
FIND_FILES = Spec(
    name="find_files",
    description=(
        "Find files by their names: * and ? stand for letters of one name, ** for any folders between. "
        'Example: {"pattern": "src/**/*.py"}'
    ),
    parameters={"pattern": 'string: A pattern of paths, such as "notes/*.md".'},
    work=_find,
    needs=("read",),
    example="-p pattern='**/*.md' --allow-read=.",
)
SEARCH_FILES = Spec(
    name="search_files",
    description=(
        "Find the lines of files that contain a word or match a pattern, like grep. "
        'Example: {"pattern": "TODO", "files": "src/**/*.py"}'
    ),
    parameters={
        "pattern": "string: What to find in a line.",
        "files": 'string?: Where: a file, a folder, or a pattern such as "src/**/*.py"; all files if absent.',
        "regex": "boolean?: true if the pattern is a regular expression (RE2 syntax); if absent it is plain text.",
        "ignore_case": "boolean?: true to take small and capital letters as the same.",
        "max_matches": f"integer?: The most lines to give, up to {MAX_FOUND}; {_BUFFER} if absent.",
    },
    work=_search,
    needs=("read",),
    example="-p pattern=TODO -p files='**/*.md' --allow-read=.",
)
WRITE_FILE = Spec(
    name="write_file",
    description=(
        "Write a text file: make it, or replace all that is in it. To change a part of a file use edit_file. "
        'Example: {"path": "out/report.md", "content": "# Report"}'
    ),
    parameters={
        "path": "string: The path of the file; folders above it are made.",
        "content": "string: All that the file is to hold.",
        "append": "boolean?: true to add the content at the end of the file instead.",
    },
    work=_write,
    needs=("write",),
    example="-p path=out.txt -p content=Hello --allow-write=out.txt",
)
EDIT_FILE = Spec(
    name="edit_file",
    description=(
        "Change a part of a text file: `old`, copied exactly from the file, is replaced with `new`. `old` must be in "
        'the file once. Example: {"path": "app.py", "old": "x = 1", "new": "x = 2"}'
    ),
    parameters={
        "path": "string: The path of the file.",
        "old": "string: The text to replace, exactly as it is in the file, with a line around it if it is short.",
        "new": "string: The text to put in its place.",
        "all": "boolean?: true to replace it everywhere.",
    },
    work=_edit,
    needs=("read", "write"),
    example="-p path=app.py -p old='x = 1' -p new='x = 2' --allow-read=app.py --allow-write=app.py",
)
