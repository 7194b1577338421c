"""Fetches a page of the web to read: for tools that show it to a model."""

from __future__ import annotations

from llmspell.errors import InvalidValueError
from llmspell.system.bodies import is_text, page_of, text_of
from llmspell.system.readable import MAX_PAGE, Article, readable
from llmspell.system.urls import target_of
from llmspell.system.web import TIMEOUT, Web, WebRequest
from llmspell.threads import own

_PAGES = ("text/html", "application/xhtml+xml", "")
_HEADERS = [("accept", "text/html, application/xhtml+xml;q=0.9, text/plain;q=0.8, */*;q=0.5")]


async def fetch_page(web: Web, url: str, *, seconds: float = TIMEOUT, links: bool = True) -> Article:
    """What the page at a URL says; a text that is no page is given as it is.

    Raises what `Web.open` does, `ProviderError` for a status that is none of success, and `InvalidValueError` for what
    is no text or larger than 2 MiB.
    """
    request = WebRequest(target=target_of(url), headers=list(_HEADERS), timeout=seconds, max_size=MAX_PAGE)
    async with web.open(request) as answer:
        if not answer.ok:
            raise answer.failure()
        body = await answer.read()
    if not is_text(answer.mime, body):
        raise InvalidValueError(f"{answer.target.authority} has no page there, but {answer.mime or 'bytes'}")
    if answer.mime not in _PAGES:
        return Article(text_of(answer.headers, body))
    text = page_of(answer.headers, body)
    return await own(lambda: readable(text, answer.target.url, links=links))
