"""Cuts documents into pieces that are searched one by one: at headings and paragraphs where it can, with an overlap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llmspell.errors import InvalidValueError

SIZE = 1200
OVERLAP = 150
_HEADING = re.compile(r"^(#{1,6})[ \t](.*)$", re.MULTILINE)
_BLANKS = " \t"
_BREAKS = ("\n\n", "\n", ". ", " ")


class Piece(NamedTuple):
    """A piece of a text. `heading` is the headings that it stands under, as in `Ships > Sails`."""

    text: str
    heading: str = ""


def pieces(text: str, *, size: int = SIZE, overlap: int = OVERLAP) -> Iterator[Piece]:
    """The pieces of a text, of at most `size` characters; each begins with the last `overlap` of the one before.

    Markdown headings begin a new piece. Raises `InvalidValueError` for an overlap that is not below half the size.
    """
    if not 0 <= 2 * overlap < size:
        raise InvalidValueError(f"an overlap of {overlap} is too much for pieces of {size} characters")
    for heading, section in _sections(text.replace("\r\n", "\n")):
        for piece in _cut(section.strip(), size, overlap):
            yield Piece(piece, heading)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The text below each heading, with the headings above it."""
    above: list[tuple[int, str]] = []
    start = 0
    for found in _HEADING.finditer(text):
        title = found[2].strip(_BLANKS)
        if not title:
            continue
        yield _path(above), text[start : found.start()]
        level = len(found[1])
        above = [each for each in above if each[0] < level]
        above.append((level, (title.rstrip("#").rstrip(_BLANKS) or title)[:200]))
        start = found.start()
    yield _path(above), text[start:]


def _path(above: list[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in above)


def _cut(text: str, size: int, overlap: int) -> Iterator[str]:
    start = 0
    while len(text) - start > size:
        end = _end(text, start, size)
        yield text[start:end].strip()
        start = _begin(text, max(end - overlap, start + 1), end)
    if rest := text[start:].strip():
        yield rest


def _end(text: str, start: int, size: int) -> int:
    """Where a piece ends: behind the last paragraph, line, sentence or word in its second half."""
    for mark in _BREAKS:
        at = text.rfind(mark, start + size // 2, start + size)
        if at >= 0:
            return at + len(mark)
    return start + size


def _begin(text: str, start: int, end: int) -> int:
    """Where the next piece begins: at a word."""
    at = text.find(" ", start, end)
    return end if start >= end else at + 1 if at >= 0 else start
