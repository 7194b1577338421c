"""Pages become texts to read, and no page does harm."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.system.readable import MAX_PAGE, Article, readable

pytest.importorskip("trafilatura", reason="the extra `web` is not installed")

PAGE = """<!doctype html><html lang="en"><head><title>Tides of the north</title>
<meta name="author" content="Ada Byron"><meta property="og:site_name" content="Harbour">
<meta name="description" content="When the sea comes."><meta property="article:published_time" content="2024-05-06">
<style>p { color: red }</style></head>
<body><nav><a href="/">Home</a> <a href="/about">About us</a> <a href="/login">Log in</a></nav>
<article><h1>Tides</h1>
<p>The tide comes at six in the morning, and it goes at noon. Fishermen know that well, since their boats
depend on it.</p>
<ul><li>ebb</li><li>flow</li></ul>
<p>There is <a href="/more?x=1">more about tides</a>, with <b>many</b> words which make this a whole
article to read.</p>
<table><tr><th>day</th><th>hour</th></tr><tr><td>Monday</td><td>six</td></tr></table></article>
<footer>Copyright 1999, all rights reserved, <a href="/imprint">imprint</a></footer>
<script>steal("cookies")</script></body></html>"""

TAGS = [
    "<p>", "</div>", "<a href='", "<!--", "<![CDATA[", "&#0;", "&#xd800;", "<?xml encoding='x'?>", "x" * 60, "<table>",
    "<svg>", "]]>", "<html>", "<base href=//x>", "<meta charset=utf-16>", "<title>",
]  # fmt: skip


def test_an_article_is_found() -> None:
    article = readable(PAGE, "https://harbour.test/tides/")
    assert "The tide comes at six in the morning" in article.text
    assert "# Tides" in article.text
    assert "- ebb\n- flow" in article.text
    assert "[more about tides](https://harbour.test/more?x=1)" in article.text
    assert "Monday" in article.text
    for noise in ("Log in", "Copyright", "cookies", "color", "<"):
        assert noise not in article.text
    assert (article.title, article.author, article.date) == ("Tides", "Ada Byron", "2024-05-06")
    assert (article.site, article.description) == ("Harbour", "When the sea comes.")


def test_links_can_be_left_out() -> None:
    text = readable(PAGE, links=False).text
    assert "more about tides" in text
    assert "](" not in text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>hi</p>", "hi"),
        ("", ""),
        ("plain words", "plain words"),
        ("<html></html>", ""),
        ("<script>x()</script>", ""),
    ],
)
def test_a_page_that_is_no_article_gives_its_text(page: str, text: str) -> None:
    assert readable(page) == Article(text)


@settings(max_examples=60, deadline=None)
@example("<SVG><HTML")
@given(st.text(max_size=80) | st.lists(st.sampled_from(TAGS), max_size=30).map("".join))
def test_any_text_is_a_page(page: str) -> None:
    text = readable(page, "http://a.test/").text
    assert text.encode().decode() == text
    assert "\0" not in text


@pytest.mark.parametrize(
    "page", ["<div>" * 50_000 + "x", "<table>" * 20_000, "<a href=x>" * 20_000, "<p>" + "a " * 400_000]
)
def test_hostile_pages_end(page: str) -> None:
    assert isinstance(readable(page), Article)


def test_a_page_must_not_be_too_long() -> None:
    with pytest.raises(InvalidValueError, match=f"at most {MAX_PAGE} can be read"):
        readable("x" * (MAX_PAGE + 1))


def test_nothing_is_fetched() -> None:
    page = '<!DOCTYPE html SYSTEM "http://127.0.0.1:1/x.dtd" [<!ENTITY e SYSTEM "file:///etc/passwd">]><p>a &e; b</p>'
    assert "root:" not in readable(page).text


def test_without_the_extra_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(NotFoundError, match="needs trafilatura") as failed:
        readable("<p>hi</p>")
    assert failed.value.hint == "run: pip install 'llmspell[web]'"


def test_odd_pages_leave_the_terminal_alone() -> None:
    program = "from llmspell.system.readable import readable; print(readable('<p>'), readable('<a'))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60)
    assert done.stderr == ""
