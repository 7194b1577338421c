"""What a web page says, without its menus, advertisements and markup: as Markdown, for people and models to read.

The work is trafilatura's, of the extra `web`. It takes some milliseconds for a usual page and a second for a hostile
one of the largest size, all of it on the processor: call it in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from llmspell.errors import InvalidValueError, NotFoundError

MAX_PAGE = 2 * 1024 * 1024
"""The longest page, in characters."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(r"\n{3,}")


class Article(NamedTuple):
    """A page to read. `text` is Markdown; what the page does not tell is None. `date` is YYYY-MM-DD."""

    text: str
    title: str | None = None
    author: str | None = None
    date: str | None = None
    site: str | None = None
    description: str | None = None


def readable(html: str, url: str | None = None, *, links: bool = True) -> Article:
    """The article in a page, or all of its text where it has none; empty for a page without text.

    `url` makes relative links absolute. Raises `InvalidValueError` for a page that is too long, `NotFoundError`
    where the extra `web` is not installed.
    """
    if len(html) > MAX_PAGE:
        raise InvalidValueError(f"the page has {len(html)} characters; at most {MAX_PAGE} can be read")
    with _installed():
        import trafilatura  # an extra, and slow to load
    _hush()
    page = _UNPRINTABLE.sub(" ", html)
    if "<" not in page:
        return Article(page.strip())
    if "<html" not in page[:1000].lower():
        page = f"<html><body>{page}</body></html>"
    text = _unless_broken(
        trafilatura.extract,
        page,
        url=url,
        output_format="markdown",
        include_formatting=True,
        include_links=links,
        include_comments=False,
    )
    text = text or _unless_broken(trafilatura.html2txt, page) or ""
    facts = _facts(_unless_broken(trafilatura.extract_metadata, page, url, extensive=False))
    return Article(_BLANK.sub("\n\n", text).strip(), **facts)


def _unless_broken(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What the library finds, or None for a page that breaks it: some trees of tags fail its assertions."""
    try:
        return work(*args, **options)
    except Exception:  # noqa: BLE001  # whatever it is, the page is to blame
        return None


def _facts(found: Any) -> dict[str, str | None]:
    names = {"title": "title", "author": "author", "date": "date", "sitename": "site", "description": "description"}
    return {ours: getattr(found, theirs, None) or None for theirs, ours in names.items()}


def _hush() -> None:
    """What libraries log of odd pages is not for the terminal; whoever asks for it still gets it."""
    import logging  # those libraries have loaded it

    for name in ("trafilatura", "htmldate", "courlan"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


@contextmanager
def _installed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise NotFoundError(
            f"reading web pages needs trafilatura ({error})", hint="run: pip install 'llmspell[web]'"
        ) from None
