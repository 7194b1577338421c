"""URL and URLSearchParams; the expected texts were compared with another engine's."""

from __future__ import annotations

import pytest

from tests.llmspell_js.conftest import Cast

PARSED = [
    ("http://a.com", None, "http://a.com/"),
    (
        "  \tHTTP://User:Pa ss@EXAMPLE.com:80/a/../b/./c?x=1 2#f g\n",
        None,
        "http://User:Pa%20ss@example.com/b/c?x=1%202#f%20g",
    ),
    ("../x?y", "http://h/a/b/c", "http://h/a/x?y"),
    ("..", "http://h/a/b/", "http://h/a/"),
    ("//q/z", "https://h/a", "https://q/z"),
    ("/z", "https://h/a?b#c", "https://h/z"),
    ("?z", "http://h/a?b#c", "http://h/a?z"),
    ("#z", "http://h/a?b#c", "http://h/a?b#z"),
    ("", "http://h/a?b#c", "http://h/a?b"),
    ("http:x", "http://h/a/b", "http://h/a/x"),
    ("http:\\\\h\\p", None, "http://h/p"),
    ("mailto:a@b c", None, "mailto:a@b c"),
    ("javascript:alert(1)", None, "javascript:alert(1)"),
    ("data:text/plain,hi there?q#x", None, "data:text/plain,hi there?q#x"),
    ("foo://H/../a", None, "foo://H/a"),
    ("file:///C|/x/../y", None, "file:///C:/y"),
    ("file://localhost/a", None, "file:///a"),
    ("b", "file:///a/c", "file:///a/b"),
    ("http://[2001:db8:0:0:1:0:0:1]:8080/", None, "http://[2001:db8::1:0:0:1]:8080/"),
    ("http://[::ffff:1.2.3.4]/", None, "http://[::ffff:102:304]/"),
    ("http://0x7f.1/", None, "http://127.0.0.1/"),
    ("http://2130706433/", None, "http://127.0.0.1/"),
    ("http://0300.0250.1", None, "http://192.168.0.1/"),
    ("http://bücher.de/ü", None, "http://xn--bcher-kva.de/%C3%BC"),
    ("http://例え.テスト/", None, "http://xn--r8jz45g.xn--zckzah/"),
    ("http://faß.EXAMPLE/%7Efoo/%zz", None, "http://xn--fa-hia.example/%7Efoo/%zz"),
    ("http://h/?a='b", None, "http://h/?a=%27b"),
    ("https://a.com:443", None, "https://a.com/"),
    ("https://a@b@c/", None, "https://a%40b@c/"),
]
WRONG = [
    "nope", "http://", "http://a b/", "http://h:99999/", "http://h:x/", "http://1.2.3.4.5/", "http://256.1.1.1", "http://[::1",
    "http://[1:2]", "http://[1::2::3]", "http://a%00b/", "http://a<b", "http://user@/x", "foo://a b",
]  # fmt: skip  # rows


@pytest.mark.parametrize(("text", "base", "href"), PARSED)
def test_parsing(cast: Cast, text: str, base: str | None, href: str) -> None:
    assert cast("export default new URL(params[0], params[1] ?? undefined)", params=[text, base]).value == href


@pytest.mark.parametrize("text", WRONG)
def test_wrong_urls(cast: Cast, text: str) -> None:
    source = """let e; try { new URL(params) } catch (x) { e = x }
    export default [e?.name, URL.canParse(params), URL.parse(params)]"""
    assert cast(source, params=text).value == ["TypeError", False, None]


def test_a_base_that_cannot_be_one(cast: Cast) -> None:
    assert "cannot be a base" in cast("new URL('x', 'mailto:a')").error["message"]


def test_parts(cast: Cast) -> None:
    source = """
    const u = new URL("https://me:pw@h.org:81/p/q?a=b#c");
    export default [u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname,
      u.search, u.hash,
      new URL("mailto:x").origin, `${u}` === u.href, JSON.stringify({ u })];
    """
    href = "https://me:pw@h.org:81/p/q?a=b#c"
    assert cast(source).value == [
        "https://h.org:81", "https:", "me", "pw", "h.org:81", "h.org", "81", "/p/q", "?a=b", "#c", "null", True,
        f'{{"u":"{href}"}}',
    ]  # fmt: skip  # one row


@pytest.mark.parametrize(
    ("change", "href"),
    [
        ("u.protocol = 'http'", "http://h/p?q#f"),
        ("u.protocol = 'mailto:'", "https://h/p?q#f"),
        ("u.username = 'a b'; u.password = ':'", "https://a%20b:%3A@h/p?q#f"),
        ("u.host = 'x.org:8080'", "https://x.org:8080/p?q#f"),
        ("u.hostname = 'y'", "https://y/p?q#f"),
        ("u.hostname = 'a b'", "https://h/p?q#f"),
        ("u.port = '81x'", "https://h:81/p?q#f"),
        ("u.port = 443", "https://h/p?q#f"),
        ("u.pathname = 'a b/../c?#'", "https://h/c%3F%23?q#f"),
        ("u.search = 'x=y z'", "https://h/p?x=y%20z#f"),
        ("u.search = ''", "https://h/p#f"),
        ("u.hash = ''", "https://h/p?q"),
        ("u.hash = 'n ew'", "https://h/p?q#n%20ew"),
        ("u.href = 'http://new/?n=1'; u.searchParams.append('m', '2')", "http://new/?n=1&m=2"),
        ("u.searchParams.set('q', 'é&')", "https://h/p?q=%C3%A9%26#f"),
        ("u.searchParams.delete('q')", "https://h/p#f"),
    ],
)
def test_changing_parts(cast: Cast, change: str, href: str) -> None:
    assert cast(f"const u = new URL('https://h/p?q#f'); {change}; export default u.href").value == href


def test_search_params(cast: Cast) -> None:
    source = """
    const p = new URLSearchParams("?a=1&b=%20x+y&a=2&&c");
    const seen = []; p.forEach((value, name) => seen.push(name + value));
    const r = [p.get("a"), p.get("none"), p.getAll("a"), p.has("c"), p.has("a", "3"), p.size, seen,
      [...p.keys()], [...p.values()], `${p}`];
    p.set("a", "9"); p.append("z", "&="); p.delete("b"); p.sort();
    export default [...r, `${p}`, `${new URLSearchParams({ x: 1 })}`, `${new URLSearchParams([["k", "v"]])}`,
      [...new URLSearchParams("q=1")]];
    """
    assert cast(source).value == [
        "1", None, ["1", "2"], True, False, 4, ["a1", "b x y", "a2", "c"], ["a", "b", "a", "c"], ["1", " x y", "2", ""],
        "a=1&b=+x+y&a=2&c=", "a=9&c=&z=%26%3D", "x=1", "k=v", [["q", "1"]],
    ]  # fmt: skip  # rows
