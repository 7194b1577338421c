"""Syntax errors without running anything, by the engine's own parser.

The engine can only compile and run at once. So a mark that no source can have is put behind the source: an engine
that complains about the mark, and where the mark stands, has found nothing wrong before it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import _quickjs

_MARK = "\nexport{};@"
_MARK_COLUMN = len(_MARK) - 1
_POSITION = re.compile(r":(\d+):(\d+)\)?$", re.MULTILINE)
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_MEMORY = 256 * 1024 * 1024
_SECONDS = 10


class SyntaxProblem(NamedTuple):
    """What is wrong with a source, and where, counted from 1."""

    message: str
    line: int
    column: int


def plain(source: str) -> str:
    """The source with a first line such as `#!/usr/bin/env llmspell` made a comment of the same length."""
    mark = source.removeprefix("\ufeff")
    return source.replace("#!", "//", 1) if mark.startswith("#!") else source


def find_unreadable(source: str) -> SyntaxProblem | None:
    """A character that cannot get into the engine: NUL, or half of a surrogate pair."""
    found = _UNREADABLE.search(source)
    if found is None:
        return None
    what = "a NUL character" if found[0] == "\0" else "half of a surrogate pair"
    line = source.count("\n", 0, found.start()) + 1
    column = found.start() - source.rfind("\n", 0, found.start())
    return SyntaxProblem(f"SyntaxError: the source contains {what}", line, column)


def find_problem(source: str) -> SyntaxProblem | None:
    """The first syntax error of a module, as the engine words it."""
    if (unreadable := find_unreadable(source)) is not None:
        return unreadable
    context = _quickjs.Context()
    context.set_memory_limit(_MEMORY)
    context.set_time_limit(_SECONDS)
    try:
        context.module(source + _MARK)
    except _quickjs.JSException as error:
        return _read(str(error), source)
    return None


def find_problem_in_chunk(source: str) -> SyntaxProblem | None:
    """The same for a piece of code that may `return` and `await`: the body of a function."""
    if (unreadable := find_unreadable(source)) is not None:
        return unreadable
    problem = find_problem(f"(async()=>{{\n{source}\n}})")
    if problem is None:
        return None
    lines = source.split("\n")
    message, line, column = problem
    if line - 1 > len(lines):
        return _ends_early(lines)
    return SyntaxProblem(message, max(line - 1, 1), column)


def place_of(stack: str) -> tuple[int, int] | None:
    """Line and column of the innermost frame of a stack."""
    found = _POSITION.search(stack)
    return None if found is None else (int(found[1]), int(found[2]))


def _read(error: str, source: str) -> SyntaxProblem | None:
    message, _, stack = error.partition("\n")
    place = place_of(stack)
    if place is None:
        return SyntaxProblem(message, 1, 1)
    lines = source.split("\n")
    if place[0] <= len(lines):
        return SyntaxProblem(message, *place)
    if place[1] == _MARK_COLUMN:
        return None
    return _ends_early(lines)


def _ends_early(lines: list[str]) -> SyntaxProblem:
    last = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 1)
    return SyntaxProblem("SyntaxError: the source ends too early", last, len(lines[last - 1].rstrip()) + 1)
