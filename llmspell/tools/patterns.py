"""Patterns of strangers: plain texts, and regular expressions of RE2, of the extra `tools`.

Both take time linear to the text. Those of the standard library do not, and while one searches, nothing else runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from llmspell.errors import InvalidValueError, NotFoundError, TimeoutExceededError
from llmspell.tools.base import check_length

MAX_PATTERN = 1000
SECONDS = 10.0
"""How long one search through a text may go on."""
_MAX_PROGRAM = 3000
_MAX_MEMORY = 4 << 20


def compiled(pattern: str, *, ignore_case: bool = False, literal: bool = False) -> Any:
    """A pattern that searches texts; a `literal` one needs no RE2.

    Raises `InvalidValueError`, and `NotFoundError` where RE2 is not installed.
    """
    check_length("pattern", pattern, MAX_PATTERN)
    if not pattern:
        raise InvalidValueError("pattern is empty")
    if literal:
        return Literal(pattern, ignore_case=ignore_case)
    try:
        import re2
    except ImportError as error:
        raise NotFoundError(
            f"regular expressions need google-re2 ({error})", hint="run: pip install 'llmspell[tools]'"
        ) from None
    options = re2.Options()
    options.log_errors, options.max_mem = False, _MAX_MEMORY
    options.case_sensitive = not ignore_case
    try:
        made = re2.compile(pattern, options=options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise InvalidValueError(
            f"{pattern[:80]!r} is no pattern: {said[:120]}",
            hint="the syntax is that of RE2: there are no look-aheads and no back-references",
        ) from None
    if made.programsize > _MAX_PROGRAM:
        raise InvalidValueError(f"{pattern[:80]!r} is too large a pattern", hint="repeat less")
    return made


class Found(NamedTuple):
    """A place where a plain text stands, with the methods of a match."""

    text: str
    begin: int
    after: int

    def start(self) -> int:
        return self.begin

    def end(self) -> int:
        return self.after

    def group(self) -> str:
        return self.text[self.begin : self.after]

    def groups(self) -> tuple[str, ...]:
        return ()

    def expand(self, template: str) -> str:
        return template.replace("\\\\", "\\")


class Literal:
    """A plain text as a pattern."""

    groups = 0

    def __init__(self, text: str, *, ignore_case: bool = False) -> None:
        self._fold = _folded if ignore_case else str
        self._text = self._fold(text)

    def finditer(self, text: str) -> Iterator[Found]:
        """The places where it stands, one behind the other."""
        where, size = self._fold(text), len(self._text)
        at = where.find(self._text)
        while at >= 0:
            yield Found(text, at, at + size)
            at = where.find(self._text, at + size)

    def search(self, text: str) -> Found | None:
        """The first of them."""
        return next(self.finditer(text), None)


def _folded(text: str) -> str:
    """The text in small letters, each in the place of one."""
    small = text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i").lower()
    return small.replace("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")


def matches(pattern: Any, text: str, stopped: Callable[[], bool]) -> Iterator[Any]:
    """All matches, as long as somebody waits. Raises `TimeoutExceededError` after ten seconds."""
    deadline = time.monotonic() + SECONDS
    for found in pattern.finditer(text):
        yield found
        if stopped() or time.monotonic() > deadline:
            raise TimeoutExceededError(f"the search took longer than {SECONDS:g} s", hint="search a shorter text")
