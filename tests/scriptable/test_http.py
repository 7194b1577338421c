"""`http` on the Python side: bodies, charsets, streams, and what a hostile server or script may do to them."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell import Host, Limits, Spell, values
from llmspell.errors import InvalidValueError, LlmspellError, ProviderError, TimeoutExceededError
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import GuardedConnections
from llmspell.scriptable.http import ScriptableHttp, _Lines
from llmspell.scriptable.web_records import json_of
from llmspell.system.blobs import Blobs
from llmspell.system.bodies import charset_of, is_text
from tests.providers.loopback import LoopbackServer, http
from tests.scriptable.fakes import FakeContext

URL = "http://a.test/"


def scripted(*answers: httpx2.Response) -> ScriptableHttp:
    """`http` of a run that may reach `a.test`, where these answers are given."""
    left = list(answers)
    context = FakeContext()
    context.permissions = Permissions(net=(NetRule("a.test"),))
    context.connections = GuardedConnections(httpx2.MockTransport(lambda _: left.pop(0)))
    return ScriptableHttp(context)


def answer(body: bytes, kind: str | None = None, **headers: str) -> httpx2.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(200, content=body, headers=given | ({"content-type": kind} if kind is not None else {}))


def got(response: httpx2.Response, options: Any = None) -> Any:
    return asyncio.run(scripted(response).get(URL, options))


async def all_of(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "kind", "text"),
        [
            ("ä".encode(), "text/plain", "ä"),
            (b"\xef\xbb\xbfa", "text/plain", "a"),
            (b"\xe4", "text/plain; charset=latin-1", "ä"),
            (b"\x80", 'text/plain; charset="windows-1252"', "€"),
            ("ж".encode("koi8-r"), "text/html; charset=KOI8-R", "ж"),
            ("日".encode("shift_jis"), "text/html; charset=Shift_JIS", "日"),
            ("a".encode("utf-16"), "text/plain; charset=utf-16", "a"),
            (b"\xe4", "text/plain; charset=unicode_escape", "\ufffd"),
            (b"\\ud800", "text/plain; charset=raw_unicode_escape", "\\ud800"),
            (b"xn--a", "text/plain; charset=idna", "xn--a"),
            (b"eJw=", "text/plain; charset=zlib", "eJw="),
            (b"+2AA-", "text/plain; charset=utf-7", "+2AA-"),
            (b"\xff", "text/plain; charset=nonsense", "\ufffd"),
            ("ä".encode(), None, "ä"),
            (b"", "image/png", ""),
            (b"", None, ""),
            (b"<x/>", "image/svg+xml", "<x/>"),
            (b"a: 1", "application/yaml", "a: 1"),
        ],
    )
    def test_text(self, body: bytes, kind: str | None, text: str) -> None:
        response = got(answer(body, kind))
        assert response["text"] == text
        assert "blob" not in response
        values.check(response, "the response")

    @pytest.mark.parametrize(
        ("body", "kind", "mime"),
        [(b"\xff", None, "application/octet-stream"), (b"a\0", None, "application/octet-stream"),
         (b"a", "image/PNG; x=y", "image/png"), (b"a", "application/octet-stream", "application/octet-stream")],
    )  # fmt: skip
    def test_blobs(self, body: bytes, kind: str | None, mime: str) -> None:
        response = got(answer(body, kind))
        assert "text" not in response
        assert (response["blob"]["mime"], response["blob"]["size"]) == (mime, len(body))

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("null", (None,)),
            ("[1, 2.5]", ([1, 2.5],)),
            ("", None),
            ("{", None),
            ("NaN", None),
            ("1e999", None),
            ("[" * 300 + "]" * 300, None),
            ("[" * 100_000, None),
            ("9" * 5000, None),
            ('"\\ud800"', None),
        ],
    )
    def test_json(self, body: str, found: Any) -> None:
        assert json_of(body) == found
        response = got(answer(body.encode(), "application/json"))
        assert response["text"] == body
        assert response.get("json") == (None if found is None else found[0])

    def test_json_that_is_asked_for_must_be_there(self) -> None:
        assert got(answer(b"[1]", "text/plain"), {"expect": "json"})["json"] == [1]
        with pytest.raises(InvalidValueError, match=r"http\.get: a\.test answered with something else than JSON"):
            got(answer(b"<p>", "text/html"), {"expect": "json"})
        for body, why in ((b'{"id": 12345678901234567890}', "value.id"), (b"[" * 300 + b"]" * 300, "the value")):
            with pytest.raises(InvalidValueError, match=f"answered with JSON that a spell cannot hold: .*{why}"):
                got(answer(body, "application/json"), {"expect": "json"})
        assert "json" not in got(answer(b"[1]", "application/json"), {"expect": "text"})

    def test_a_text_that_cannot_cross_can_be_a_blob(self) -> None:
        large, options = b"x" * (16 << 20) + b"y", {"max_size": 20 << 20}
        with pytest.raises(
            InvalidValueError, match=r"http\.get: the answer of a\.test is too large for a text"
        ) as caught:
            got(answer(large, "text/plain"), options)
        assert 'expect = "blob"' in (caught.value.hint or "")
        assert got(answer(large, "text/plain"), options | {"expect": "blob"})["blob"]["size"] == len(large)

    def test_a_body_is_given_as_it_is(self) -> None:
        text = got(answer(b"[1]", "application/json"), {"expect": "body"})
        assert (text["text"], "json" in text, "blob" in text) == ("[1]", False, False)
        assert got(answer(b"\0", "image/png"), {"expect": "body"})["blob"]["mime"] == "image/png"

    def test_headers_are_text_that_a_terminal_survives(self) -> None:
        response = httpx2.Response(
            200, headers=[("Set-Cookie", "a=1"), ("set-cookie", "b"), ("X", "1"), ("x", "\x1b[2J")]
        )
        headers = got(response)["headers"]
        assert headers["set-cookie"] == "a=1\nb"
        assert headers["x"] == "1, \ufffd[2J"

    @given(st.binary(max_size=40), st.text(max_size=20) | st.sampled_from(["utf-8", "utf-16", "big5", "cp932"]))
    def test_any_bytes_are_text_that_can_cross(self, body: bytes, charset: str) -> None:
        name = charset_of({"content-type": f"text/plain; charset={charset}"}, body)
        values.check(body.decode(name, errors="replace"), "the text")
        is_text("", body)

    def test_a_run_holds_so_many_bytes_at_once(self) -> None:
        scriptable = scripted(*[answer(b"x" * 600, "text/plain", content_encoding="") for _ in range(4)])
        context: Any = scriptable._context
        context.blobs = Blobs(1000)

        async def run() -> list[Any]:
            return await asyncio.gather(*[scriptable.get(URL) for _ in range(3)], return_exceptions=True)

        outcomes = asyncio.run(run())
        assert any(isinstance(outcome, dict) for outcome in outcomes)
        assert all(isinstance(outcome, (dict, InvalidValueError)) for outcome in outcomes)
        assert context.blobs.room == 1000 - 256
        assert asyncio.run(scriptable.get(URL, {"max_size": 600}))["text"] == "x" * 600

    def test_what_is_sent_is_built_once_and_whole(self) -> None:
        seen: list[httpx2.Request] = []
        scriptable = scripted()
        context: Any = scriptable._context
        context.connections = GuardedConnections(httpx2.MockTransport(lambda r: seen.append(r) or answer(b"")))  # type: ignore[func-returns-value]
        handle = context.blobs.add(b"\0\1", "image/png")
        asyncio.run(scriptable.post(URL, {"body": handle}))
        asyncio.run(scriptable.post(URL, {"form": {"a": [1, None, True], "b": "ä&"}}))
        asyncio.run(scriptable.post(URL, {"body": "", "headers": {"Content-Type": "x/y"}}))
        assert [(r.headers["content-type"], r.content) for r in seen] == [
            ("image/png", b"\0\1"),
            ("application/x-www-form-urlencoded", b"a=1&a=true&b=%C3%A4%26"),
            ("x/y", b""),
        ]


class TestStreams:
    @given(st.lists(st.text(st.sampled_from("ab\r\n"), max_size=8), max_size=8))
    def test_lines_do_not_depend_on_the_pieces(self, pieces: list[str]) -> None:
        lines = _Lines()
        found = [line for piece in pieces for line in lines.feed(piece)] + list(lines.end())
        whole = "".join(pieces).split("\n")
        expected = [line.removesuffix("\r") for line in (whole[:-1] if whole[-1] == "" else whole)]
        assert found == expected

    def test_a_line_without_an_end_is_an_error(self) -> None:
        with pytest.raises(InvalidValueError, match="a line has more than"):
            asyncio.run(all_of(scripted(answer(b"x" * 1_100_000)).lines(URL)))

    def test_an_event_without_an_end_is_an_error(self) -> None:
        with pytest.raises(ProviderError, match="larger than 16 MiB"):
            asyncio.run(all_of(scripted(answer(b"data: " + b"x" * (17 << 20))).events(URL)))

    def test_text_cut_within_characters(self) -> None:
        body = "ä€😀".encode() * 30_000
        texts = asyncio.run(all_of(scripted(answer(body)).stream(URL)))
        assert "".join(texts) == body.decode()
        assert len(texts) > 1
        assert asyncio.run(all_of(scripted(answer(b"a\xc3")).stream(URL))) == ["a", "\ufffd"]

    def test_a_stream_is_decompressed(self) -> None:
        response = answer(gzip.compress(b"a\nb\n"), content_encoding="gzip")
        assert asyncio.run(all_of(scripted(response).lines(URL))) == ["a", "b"]

    @pytest.mark.parametrize(("status", "retryable"), [(404, False), (429, True), (500, True), (304, False)])
    def test_a_status_without_success_is_an_error(self, status: int, retryable: bool) -> None:
        with pytest.raises(ProviderError) as failed:
            asyncio.run(all_of(scripted(httpx2.Response(status)).stream(URL)))
        assert (failed.value.status, failed.value.retryable) == (status, retryable)

    def test_a_stream_may_have_a_timeout(self) -> None:
        async def run() -> None:
            async with LoopbackServer([b"HTTP/1.1 200 X\r\n\r\nabc", 20]) as server:
                context = FakeContext()
                context.permissions = Permissions(net=(NetRule("127.0.0.1"),))
                stream = ScriptableHttp(context).stream(f"http://127.0.0.1:{server.port}/", {"timeout": 0.2})
                with pytest.raises(TimeoutExceededError):
                    await all_of(stream)
                await asyncio.wait_for(server.hung_up.wait(), 10)

        asyncio.run(run())


SOURCES: Mapping[str, Mapping[str, str]] = {
    "leave": {
        "lua": "for line in http.lines(params.url) do return line end",
        "js": """let found; for await (const line of http.lines(params.url)) { found = line; break; }
        export default found;""",
    },
    "cancel": {
        "lua": "return race(function() return http.get(params.url).text end, function() sleep(0.1) return 'late' end)",
        "js": """const late = async () => { await sleep(0.1); return "late"; };
        export default await race(async () => (await http.get(params.url)).text, late);""",
    },
}


@pytest.mark.parametrize("isolation", ["inline", "process"])
@pytest.mark.parametrize("language", ["lua", "js"])
@pytest.mark.parametrize(("way", "value"), [("leave", "one"), ("cancel", "late")])
def test_the_connection_is_closed(way: str, value: str, language: str, isolation: str) -> None:
    head = b"HTTP/1.1 200 X\r\ncontent-type: text/plain\r\n\r\n"

    async def run() -> None:
        permissions = Permissions(net=(NetRule("127.0.0.1"),))
        async with LoopbackServer([head + b"one\ntwo\nth", 20]) as server, Host(permissions=permissions) as host:
            spell = Spell(source=SOURCES[way][language], language=language, name=f"spell.{language}")
            params = {"url": f"http://127.0.0.1:{server.port}/"}
            result = await host.run(spell, params=params, isolation=isolation, limits=Limits(timeout=20), check=False)
            assert result.error is None, result.error.to_data()
            assert result.value == value
            await asyncio.wait_for(server.hung_up.wait(), 10)

    asyncio.run(run())


@pytest.mark.parametrize("language", ["lua", "js"])
def test_a_blocking_run_reaches_the_web(language: str) -> None:
    """`llmspell.run`, beside a server in a thread of its own."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    import llmspell

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = b'{"path": "%s"}' % self.path.encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            source = {
                "lua": "return http.get(params.url).json.path",
                "js": "export default (await http.get(params.url)).json.path;",
            }[language]
            result = llmspell.run(
                Spell(source=source, language=language, name="spell"),
                params={"url": f"http://localhost:{server.server_port}/x"},
                permissions=Permissions(net=(NetRule("localhost", server.server_port, ("GET",)),)),
            )
        finally:
            server.shutdown()
            thread.join()
    assert result.value == "/x"


@pytest.mark.parametrize("language", ["lua", "js"])
def test_a_slow_reader_gets_all_of_a_fast_stream(language: str) -> None:
    """More than one message of the border may hold, read in batches that fit."""
    source = {
        "lua": """local n = 0
        for line in http.lines('http://a.test/') do n = n + #line; if n < 9e5 then sleep(0.01) end end
        return n""",
        "js": """let n = 0;
        for await (const line of http.lines('http://a.test/')) { n += line.length; if (n < 9e5) await sleep(0.01); }
        export default n;""",
    }[language]

    async def run() -> Any:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(60):
                yield b"\x01" * 500_000 + b"\n"

        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body()))
        async with Host(http_transport=transport, permissions=Permissions(net=(NetRule("a.test"),))) as host:
            spell = Spell(source=source, language=language, name="spell")
            return await host.run(spell, limits=Limits(timeout=60), check=False)

    result = asyncio.run(run())
    assert result.error is None, result.error.to_data()
    assert result.value == 30_000_000


def test_errors_say_which_method_was_called() -> None:
    for call in ("get", "post", "fetch"):
        with pytest.raises(LlmspellError, match=rf"^http\.{call}: 'x y' is no host"):
            asyncio.run(getattr(scripted(), call)("http://x y/"))
    with pytest.raises(LlmspellError, match=r"^http\.lines: "):
        asyncio.run(all_of(scripted().lines("nothing")))


def test_the_loopback_answer_is_what_was_sent() -> None:
    async def run() -> None:
        async with LoopbackServer(http({"a": 1}, 201, x_b="c")) as server:
            context = FakeContext()
            context.permissions = Permissions(net=(NetRule("127.0.0.1", server.port),))
            response = await ScriptableHttp(context).get(f"http://127.0.0.1:{server.port}/", {"query": {"q": "1"}})
            assert (response["status"], response["json"], response["headers"]["x-b"]) == (201, {"a": 1}, "c")
            assert server.received[0].path == "/?q=1"
            await context.connections.aclose()

    asyncio.run(run())
