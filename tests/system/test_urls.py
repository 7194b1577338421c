"""URLs are read in one way, and what could be read in another is refused."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import InvalidValueError
from llmspell.system.headers import checked, for_another_origin, method_of, with_defaults
from llmspell.system.urls import Target, pairs, target_of


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://example.com", Target("http", "example.com", 80, "/")),
        ("HTTPS://EXAMPLE.Com./A?b#c", Target("https", "example.com", 443, "/A?b")),
        ("  http://example.com/  ", Target("http", "example.com", 80, "/")),
        ("http://example.com:8080?x=1", Target("http", "example.com", 8080, "/?x=1")),
        ("http://example.com:/", Target("http", "example.com", 80, "/")),
        ("http://127.0.0.1:1/", Target("http", "127.0.0.1", 1, "/")),
        ("http://[::1]:65535/", Target("http", "::1", 65535, "/")),
        ("http://[0:0:0:0:0:0:0:1]/", Target("http", "::1", 80, "/")),
        ("http://münchen.example/ä b", Target("http", "xn--mnchen-3ya.example", 80, "/%C3%A4%20b")),
        ("http://example.com/%41%2f{}|", Target("http", "example.com", 80, "/%41%2f%7B%7D%7C")),
        ("http://example.com/a@b", Target("http", "example.com", 80, "/a@b")),
        ("http://a_b.example/", Target("http", "a_b.example", 80, "/")),
        ("http://\uff11\uff12\uff17.0.0.1/", Target("http", "127.0.0.1", 80, "/")),
        ("http://127\u30020\u30020\u30021/", Target("http", "127.0.0.1", 80, "/")),
        ("http://ⓔxample.com/", Target("http", "example.com", 80, "/")),
    ],
)
def test_the_parts(url: str, target: Target) -> None:
    assert target_of(url) == target
    assert target_of(target.url) == target


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "/x", "http:/example.com", "http:example.com", "http://", "http:///x",
        "file:///etc/passwd", "ftp://example.com/", "javascript:alert(1)", "data:text/plain,x", "gopher://example.com/",
        "unix:/run/docker.sock", "http+unix://x/", "ws://example.com/", "HTTP\n://example.com/",
        "http://user@example.com/", "http://user:secret@example.com/", "http://example.com@127.0.0.1/",
        "http://127.0.0.1#@example.com/ \\", "http://example.com\\@127.0.0.1/", "http:\\\\127.0.0.1/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://127.0.1/", "http://017700000001/", "http://127.0.0.1.1/", "http://1.2.3.256/", "http://00.0.0.0/",
        "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:99999999/", "http://127.0.0.1:8x/",
        "http://127.0.0.1:+80/", "http://127.0.0.1:80:80/", "http://a:b:c/", "http://[::1/", "http://::1/",
        "http://[127.0.0.1]/", "http://[::1]x/", "http://[::1%25lo]/", "http://[fe80::1%lo]/", "http://[v1.x]/",
        "http://%31%32%37.0.0.1/", "http://example%2ecom/", "http://exa mple.com/", "http://example..com/",
        "http://.example.com/", "http://*/", "http://a,b/", "http://a;b/", "http://<x>/", "http://x|y/",
        "http://example.com\t/", "http://exam\nple.com/", "http://example.com/\r\nHost: x", "http://example.com/\0",
        "http://example.com/\ud800", "http://" + "a" * 64 + ".com/", "http://example.com/" + "a" * 8200, "http://example.com\u2044@x/",
        "http://127.0.0.1\u3002evil/..\\", "http://0x/", "http://" + "a." * 130 + "com/", "http://1/", "http://\u200b/",
    ],
)  # fmt: skip
def test_what_is_refused(url: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        target_of(url)
    assert "secret" not in f"{refused.value.message} {refused.value.hint}"


LABEL = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
SPELLED = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=4).map(lambda address: str(int(address))),
    st.ip_addresses(v=4).map(lambda address: hex(int(address))),
    st.ip_addresses(v=4).map(lambda address: ".".join(f"0{int(part):o}" for part in str(address).split("."))),
    st.ip_addresses(v=4).map(lambda address: ".".join(hex(int(part)) for part in str(address).split("."))),
    st.ip_addresses(v=4).map(lambda address: str(address).translate({48 + n: 0xFF10 + n for n in range(10)})),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.ip_addresses(v=6).map(lambda address: f"[{address.exploded.upper()}]"),
    st.ip_addresses(v=4).map(lambda address: f"[::ffff:{address}]"),
    st.lists(LABEL, min_size=1, max_size=4).map(".".join),
    st.text(max_size=20),
)


@given(SPELLED, st.sampled_from(["", ":80", ":1", "@x", ".", "%", ":", "\\x", "?", "#"]))
def test_other_parsers_find_the_same_host_or_it_is_refused(host: str, after: str) -> None:
    try:
        target = target_of(f"http://{host}{after}/p")
    except InvalidValueError:
        return
    assert target.host.isascii()
    assert httpx2.URL(target.url).raw_host.decode() == target.host
    assert urlsplit(target.url).hostname == target.host
    assert (httpx2.URL(target.url).port or 80) == target.port
    assert httpx2.URL(target.url).raw_path.decode() == target.path


@given(SPELLED)
def test_what_a_resolver_reads_as_an_address_comes_out_as_one(host: str) -> None:
    import socket

    try:
        target = target_of(f"http://{host}/")
    except InvalidValueError:
        return
    try:
        packed = socket.inet_aton(target.host)
    except (OSError, UnicodeError):
        return
    assert str(ipaddress.ip_address(packed)) == target.host


@given(st.text(max_size=60))
def test_any_text_is_a_url_or_an_error(text: str) -> None:
    for url in (text, f"http://{text}", f"http://a.test/{text}"):
        try:
            target = target_of(url)
        except InvalidValueError:
            continue
        assert target.url.isascii()
        assert not set(target.url) & set("\r\n\t \\\0")


def test_a_query_is_added() -> None:
    target = target_of("http://a.test/x?y=1").with_query({"q": ["ä b", 2, True], "n": 3.0, "none": None})
    assert target.path == "/x?y=1&q=%C3%A4+b&q=2&q=true&n=3"
    assert target_of("http://a.test").with_query({}).path == "/"
    assert target_of("http://a.test").with_query({"a": 0.5}).path == "/?a=0.5"
    with pytest.raises(InvalidValueError, match="q must be text"):
        pairs({"q": {"a": 1}})


class TestHeaders:
    def test_are_made_plain(self) -> None:
        assert checked({"X-A": " b ", "Accept": ["x", "y"]}) == [("x-a", "b"), ("accept", "x"), ("accept", "y")]

    @pytest.mark.parametrize(
        "name",
        ["Host", "CONTENT-LENGTH", "transfer-encoding", "Connection", "Upgrade", "TE", "Proxy-Authorization",
         "Accept-Encoding", "Expect", "Sec-Fetch-Mode", ":authority", "a b", "a:", "", "ä", "a\r\nb", "a\0"],
    )  # fmt: skip
    def test_that_spells_may_not_set(self, name: str) -> None:
        with pytest.raises(InvalidValueError):
            checked({name: "1"})

    @pytest.mark.parametrize("value", ["a\r\nHost: x", "a\nb", "a\rb", "a\0b", "\ud800", "\x7f", "\x1b[0m"])
    def test_values_that_would_be_more_headers(self, value: str) -> None:
        with pytest.raises(InvalidValueError, match="the header x has a character"):
            checked({"x": value})

    def test_too_many_or_too_large(self) -> None:
        for headers in ({f"x-{n}": "1" for n in range(101)}, {"x": "y" * 40_000}, {"x": ["y"] * 101}):
            with pytest.raises(InvalidValueError, match="more than 100, or larger than 32 KiB"):
                checked(headers)

    def test_methods(self) -> None:
        assert method_of("pAtch") == "PATCH"
        for wrong in ("", "CONNECT", "trace", "GET /", "G\r\nET", "ä", "x" * 30):
            with pytest.raises(InvalidValueError, match="is not a method"):
                method_of(wrong)

    def test_defaults_and_what_goes_elsewhere(self) -> None:
        headers = with_defaults([("accept", "x"), ("x-key", "s")], {"accept": "y", "user-agent": "z"})
        assert headers == [("accept", "x"), ("x-key", "s"), ("user-agent", "z")]
        assert for_another_origin(headers) == [("accept", "x"), ("user-agent", "z")]
