"""Pages of the web, fetched under permissions and made readable."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmspell.errors import InvalidValueError, PermissionDeniedError, ProviderError
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import GuardedConnections
from llmspell.system.pages import fetch_page
from llmspell.system.readable import Article
from llmspell.system.web import Web
from llmspell.testing import Answer, RecordedTransport
from tests.system.test_readable import PAGE

pytest.importorskip("trafilatura", reason="the extra `web` is not installed")


def fetched(answer: Answer, url: str = "http://a.test/x/", **options: Any) -> Article:
    web = Web(GuardedConnections(RecordedTransport([answer]).transport), Permissions(net=(NetRule("a.test"),)))
    return asyncio.run(fetch_page(web, url, **options))


def page(body: str | bytes, kind: str = "text/html", status: int = 200) -> Answer:
    return Answer(status, [body if isinstance(body, bytes) else body.encode()], {"content-type": kind})


def test_a_page_is_read() -> None:
    article = fetched(page(PAGE))
    assert article.title == "Tides"
    assert "[more about tides](http://a.test/more?x=1)" in article.text
    assert "](" not in fetched(page(PAGE), links=False).text


def test_its_letters_are_those_of_the_header() -> None:
    assert fetched(page("<p>zwölf</p>".encode("latin-1"), "text/html; charset=iso-8859-1")).text == "zwölf"


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        ('<meta charset="iso-8859-1">', "latin-1"),
        ('<META http-equiv="Content-Type" content="text/html; CHARSET=windows-1252">', "cp1252"),
        ("<title>a</title><meta name=a><meta charset='iso-8859-2'>", "iso-8859-2"),
        ("<meta charset=utf-16>", "utf-8"),
        ("<meta charset=nothing-known>", "utf-8"),
        ("<!-- charset=latin-1 -->", "utf-8"),
        ("<title>a</title>" + " " * 1100 + "<meta charset=latin-1>", "utf-8"),
    ],
)
def test_without_a_header_they_are_those_that_the_page_tells(head: str, charset: str) -> None:
    body = f"<html><head>{head}</head><body><p>zwölf</p></body></html>"
    assert fetched(page(body.encode(charset))).text == "zwölf"
    assert fetched(page(body.encode(), "text/html; charset=utf-8")).text == "zwölf"


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "text/markdown; charset=utf-8"])
def test_a_text_is_given_as_it_is(kind: str) -> None:
    assert fetched(page("<b>not</b> HTML\n", kind)) == Article("<b>not</b> HTML\n")


def test_what_cannot_be_read() -> None:
    with pytest.raises(InvalidValueError, match="has no page there, but image/png"):
        fetched(page(b"\0", "image/png"))
    with pytest.raises(InvalidValueError, match="larger than 2097152 bytes"):
        fetched(page(b"x" * 2_100_000))
    with pytest.raises(ProviderError, match="status 404"):
        fetched(page("gone", status=404))
    with pytest.raises(PermissionDeniedError):
        fetched(page("secret"), "http://b.test/")
