"""Regular expressions of strangers: RE2, which takes time linear to the text, of the extra `tools`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

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
        return re.compile(re.escape(pattern), re.IGNORECASE if ignore_case else 0)
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


def matches(pattern: Any, text: str, stopped: Callable[[], bool]) -> Iterator[Any]:
    """All matches, as long as somebody waits. Raises `TimeoutExceededError` after ten seconds."""
    deadline = time.monotonic() + SECONDS
    for found in pattern.finditer(text):
        yield found
        if stopped() or time.monotonic() > deadline:
            raise TimeoutExceededError(f"the search took longer than {SECONDS:g} s", hint="search a shorter text")
