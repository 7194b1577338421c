"""The web as spells reach it: what is asked for, where connections go, and what comes back, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import shlex
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmspell.errors import (
    InvalidValueError,
    LlmspellError,
    NetworkError,
    PermissionDeniedError,
    ProviderError,
    TimeoutExceededError,
)
from llmspell.permissions import NetRule, Permissions
from llmspell.providers.guarded import GuardedConnections
from llmspell.system.urls import target_of
from llmspell.system.web import Web, WebRequest
from llmspell.testing import Answer, RecordedTransport
from tests.providers.loopback import LoopbackServer, http

LOCAL = NetRule("127.0.0.1")


class Names:
    """A resolver whose answers change: for each name a list of answers, the last one for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self._answers = {name.replace("_", "."): list(found) for name, found in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self._answers:
            raise socket.gaierror(-2, "Name or service not known")
        answers = self._answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def connected(resolve: Any = None) -> AsyncIterator[GuardedConnections]:
    connections = GuardedConnections(resolve=resolve)
    try:
        yield connections
    finally:
        await connections.aclose()


async def fetch(connections: GuardedConnections, url: str, *rules: NetRule, **fields: Any) -> tuple[int, bytes]:
    web = Web(connections, Permissions(net=rules))
    async with web.open(WebRequest(target=target_of(url), **fields)) as answer:
        return answer.status, await answer.read()


def fetched(url: str, *answers: Any, rules: tuple[str, ...] = ("a.test",), **fields: Any) -> Any:
    """What comes of a request that recorded answers serve, with what was sent."""
    transport = RecordedTransport(answers)
    connections = GuardedConnections(transport.transport)
    outcome = asyncio.run(fetch(connections, url, *map(NetRule, rules), **fields))
    return outcome, transport.requests


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"location": to}, pieces=[b""])


OK = Answer(status=200, headers={}, pieces=[b"ok"])


class TestAddresses:
    def test_a_named_address_is_reached(self) -> None:
        async def run() -> None:
            async with LoopbackServer(http(b"hello")) as server, connected() as connections:
                assert await fetch(connections, f"http://127.0.0.1:{server.port}/x?y#z", LOCAL) == (200, b"hello")
                assert server.received[0].path == "/x?y"
                assert server.received[0].headers["host"] == f"127.0.0.1:{server.port}"

        asyncio.run(run())

    @pytest.mark.parametrize("rules", [[], ["*"], ["127.0.0.2"], ["localhost"], ["127.0.0.1:1"]])
    def test_without_being_named_it_is_not(self, rules: list[str]) -> None:
        async def run() -> None:
            async with LoopbackServer() as server, connected() as connections:
                net = [NetRule(rule.partition(":")[0], 1 if ":" in rule else None) for rule in rules]
                with pytest.raises(PermissionDeniedError):
                    await fetch(connections, f"http://127.0.0.1:{server.port}/", *net)
                assert server.connections == 0

        asyncio.run(run())

    def test_the_address_of_a_name_is_connected_to_without_another_look_up(self) -> None:
        async def run() -> None:
            names = Names(a_test=[["127.0.0.1"], ["10.0.0.1"]])
            async with LoopbackServer(http(b"hello")) as server, connected(names) as connections:
                got = await fetch(connections, f"http://a.test:{server.port}/", NetRule("a.test"), LOCAL)
                assert got == (200, b"hello")
                assert names.asked == ["a.test"]
                assert server.received[0].headers["host"] == f"a.test:{server.port}"

        asyncio.run(run())

    @pytest.mark.parametrize(
        "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.1.2.3"]
    )
    def test_a_name_that_leads_inside_is_refused_and_the_address_not_told(self, address: str) -> None:
        async def run() -> None:
            async with connected(Names(evil_test=[[address]])) as connections:
                with pytest.raises(PermissionDeniedError) as refused:
                    await fetch(connections, "http://evil.test:9/", NetRule("*"))
            said = f"{refused.value.message} {refused.value.hint}"
            assert "evil.test" in said
            assert address not in said

        asyncio.run(run())

    def test_a_name_may_change_its_mind_but_not_reach_more(self) -> None:
        """DNS rebinding: each new connection is asked for anew, and one that was allowed stays where it goes."""

        async def run() -> None:
            names = Names(a_test=[["10.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]])
            replies = [http(b"one", connection="close")]
            async with LoopbackServer(*replies) as server, connected(names) as connections:
                url, rules = f"http://a.test:{server.port}/", (NetRule("a.test"), LOCAL)
                outcomes = []
                for _ in range(3):
                    try:
                        outcomes.append(await fetch(connections, url, *rules))
                    except PermissionDeniedError:
                        outcomes.append((0, b"refused"))
                assert outcomes == [(0, b"refused"), (200, b"one"), (0, b"refused")]

        asyncio.run(run())

    def test_of_several_addresses_only_allowed_ones_are_tried(self) -> None:
        async def run() -> None:
            names = Names(a_test=[["169.254.169.254", "10.0.0.1", "127.0.0.1"]])
            async with LoopbackServer(http(b"hello")) as server, connected(names) as connections:
                got = await fetch(connections, f"http://a.test:{server.port}/", NetRule("a.test"), LOCAL)
                assert got == (200, b"hello")

        asyncio.run(run())

    def test_an_unknown_name_is_an_error_of_the_network(self) -> None:
        async def run() -> None:
            async with connected(Names()) as connections:
                with pytest.raises(NetworkError, match=r"there is no host nowhere\.test"):
                    await fetch(connections, "http://nowhere.test/", NetRule("*"))

        asyncio.run(run())

    def test_the_systems_resolver_knows_localhost(self) -> None:
        async def run() -> None:
            async with LoopbackServer(http(b"hello")) as server, connected() as connections:
                got = await fetch(connections, f"http://localhost:{server.port}/", NetRule("localhost"))
                assert got == (200, b"hello")

        asyncio.run(run())

    def test_slow_names_hold_up_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Not even the end of the program, which would wait for the threads of an executor."""
        real, go, asked = socket.getaddrinfo, threading.Event(), []

        def slow(host: str, *args: Any, **options: Any) -> Any:
            asked.append(host)
            if host != "localhost":
                go.wait(20)
            return real("127.0.0.1", *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", slow)

        async def run() -> None:
            async with LoopbackServer(http(b"hello")) as server, connected() as connections:
                rules = (NetRule("*"), NetRule("localhost"))
                for n in range(4):
                    with pytest.raises(TimeoutExceededError):
                        await fetch(connections, f"http://slow{n}.test/", *rules, timeout=0.01)
                got = await fetch(connections, f"http://localhost:{server.port}/", *rules)
                assert got == (200, b"hello")

        asyncio.run(run())
        waiting = [thread for thread in threading.enumerate() if thread.name == "llmspell-name"]
        assert waiting
        assert all(thread.daemon for thread in waiting)
        go.set()
        for thread in waiting:
            thread.join()

    def test_a_name_that_cannot_be_asked_for_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> Any:
            raise UnicodeError("label too long")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)

        async def run() -> None:
            async with connected() as connections:
                with pytest.raises(NetworkError, match="there is no host"):
                    await fetch(connections, "http://a.test/", NetRule("*"))

        asyncio.run(run())

    def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        self.test_a_named_address_is_reached()

    def test_nobody_there_tells_no_address(self) -> None:
        async def run() -> None:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                port = taken.getsockname()[1]
                async with connected(Names(a_test=[["127.0.0.1"]])) as connections:
                    with pytest.raises(NetworkError) as failed:
                        await fetch(connections, f"http://a.test:{port}/", NetRule("a.test"), LOCAL)
            assert failed.value.message == "a.test cannot be reached"
            assert failed.value.retryable

        asyncio.run(run())


class TestConnections:
    def test_are_kept_for_the_same_grant(self) -> None:
        async def run() -> None:
            async with LoopbackServer(http(b"1"), http(b"2")) as server, connected() as connections:
                for body in (b"1", b"2"):
                    assert await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL) == (200, body)
                assert server.connections == 1

        asyncio.run(run())

    def test_are_not_shared_with_another_grant(self) -> None:
        """Somebody's allowed connection to an inner address is no way in for those who only named the host."""

        async def run() -> None:
            names = Names(a_test=[["127.0.0.1"]])
            async with LoopbackServer(http(b"1")) as server, connected(names) as connections:
                url = f"http://a.test:{server.port}/"
                assert await fetch(connections, url, NetRule("a.test"), LOCAL) == (200, b"1")
                with pytest.raises(PermissionDeniedError):
                    await fetch(connections, url, NetRule("a.test"))

        asyncio.run(run())

    def test_many_grants_keep_few_pools(self) -> None:
        async def run() -> None:
            async with LoopbackServer(*[http(b"1")] * 40) as server, connected() as connections:
                for port in range(1, 41):
                    await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL, NetRule("b.test", port))
                assert len(connections._pools) <= 17

        asyncio.run(run())

    def test_closes_when_the_body_is_not_read(self) -> None:
        async def run() -> None:
            head = b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n"
            async with LoopbackServer([head + b"x", 20]) as server, connected() as connections:
                web = Web(connections, Permissions(net=(LOCAL,)))
                target = target_of(f"http://127.0.0.1:{server.port}/")
                async with web.open(WebRequest(target=target)) as answer:
                    async for piece in answer.pieces():
                        assert piece == b"x"
                        break
                await asyncio.wait_for(server.hung_up.wait(), 10)

        asyncio.run(run())

    def test_closes_when_the_task_is_cancelled(self) -> None:
        async def run() -> None:
            async with LoopbackServer([20]) as server, connected() as connections:
                task = asyncio.create_task(fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL))
                await asyncio.wait_for(server.asked.wait(), 10)
                task.cancel()
                await asyncio.wait_for(server.hung_up.wait(), 10)
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(run())

    @pytest.mark.parametrize("steps", [[20], [b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nx", 20]])
    def test_the_timeout_is_for_the_whole_answer(self, steps: list[Any]) -> None:
        async def run() -> None:
            async with LoopbackServer(steps) as server, connected() as connections:
                with pytest.raises(TimeoutExceededError, match=r"did not finish within 0\.2 s"):
                    await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL, timeout=0.2)
                await asyncio.wait_for(server.hung_up.wait(), 10)

        asyncio.run(run())

    @pytest.mark.parametrize(("timeout", "silence"), [(None, 60), (5, 60), (300, 300)])
    def test_silence_may_last_as_long_as_the_timeout(self, timeout: float | None, silence: float) -> None:
        _, [request] = fetched("http://a.test/", OK, timeout=timeout)
        assert request.extensions["timeout"] == {"connect": 10, "read": silence, "write": silence, "pool": None}

    def test_silence_is_an_error(self) -> None:
        with pytest.raises(TimeoutExceededError, match=r"a\.test sent nothing for 300 s"):
            fetched("http://a.test/", httpx2.ReadTimeout("slow"), timeout=300)

    def test_a_name_that_takes_for_ever_is_a_timeout(self) -> None:
        async def never(host: str, port: int) -> list[str]:
            await asyncio.sleep(60)
            return []

        async def run() -> None:
            async with connected(never) as connections:
                with pytest.raises(TimeoutExceededError):
                    await fetch(connections, "http://a.test/", NetRule("a.test"), timeout=0.1)

        asyncio.run(run())

    @pytest.mark.parametrize(
        ("steps", "words"),
        [
            ([b"SSH-2.0-OpenSSH\r\n\r\n", "cut"], "broke off, or does not speak HTTP"),
            (["cut"], "broke"),
            ([b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nx", "cut"], "broke"),
            ([b"HTTP/1.1 200 X\r\nx: " + b"y" * 200_000 + b"\r\n\r\n", "cut"], "broke off"),
            ([b"HTTP/1.1 200 X\r\n" + b"x: y\r\n" * 40_000, "cut"], "broke off"),
        ],
    )
    def test_what_is_no_answer_is_an_error(self, steps: list[Any], words: str) -> None:
        async def run() -> None:
            async with LoopbackServer(steps) as server, connected() as connections:
                with pytest.raises(NetworkError, match=words):
                    await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL)

        asyncio.run(run())

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.binary(max_size=60),
        st.sampled_from([b"", b"HTTP/1.1 200 X\r\n", b"HTTP/1.1 302 X\r\nlocation: ", b"HTTP/1.1 100 X\r\n\r\n",
                         b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n",
                         b"HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08"]),
        st.sampled_from([b"", b"\r\n\r\n"]),
    )  # fmt: skip
    def test_whatever_a_server_says(self, said: bytes, before: bytes, after: bytes) -> None:
        async def run() -> None:
            async with LoopbackServer(*[[before + said + after, "cut"]] * 12) as server, connected() as connections:
                with suppress(LlmspellError):
                    await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL, timeout=5)

        asyncio.run(run())

    def test_another_event_loop_starts_afresh(self) -> None:
        connections = GuardedConnections()

        async def run() -> None:
            async with LoopbackServer(http(b"hello")) as server:
                assert await fetch(connections, f"http://127.0.0.1:{server.port}/", LOCAL) == (200, b"hello")
                await connections.aclose()

        asyncio.run(run())
        asyncio.run(run())


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate of `secure.test` and its key."""
        subprocess.run(
            shlex.split(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem "
                "-out cert.pem -subj /CN=secure.test -addext subjectAltName=DNS:secure.test"
            ),
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=60,
        )
        return tmp_path

    def test_the_name_is_verified_and_not_the_address(self, certificate: Path) -> None:
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        asked: list[str | None] = []
        serving.sni_callback = lambda _socket, name, _context: asked.append(name)  # type: ignore[assignment]

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\nok")
            await writer.drain()
            await reader.read()
            writer.close()

        async def run() -> None:
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=serving)
            port = server.sockets[0].getsockname()[1]
            names = Names(secure_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
            async with connected(names) as connections:
                connections._tls = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
                rules = (NetRule("*.test"), LOCAL)
                assert await fetch(connections, f"https://secure.test:{port}/", *rules) == (200, b"ok")
                with pytest.raises(NetworkError, match=r"no secure connection to other\.test"):
                    await fetch(connections, f"https://other.test:{port}/", *rules)
                with pytest.raises(NetworkError, match=r"no secure connection to 127\.0\.0\.1"):
                    await fetch(connections, f"https://127.0.0.1:{port}/", *rules)
            server.close()
            assert asked[:2] == ["secure.test", "other.test"]

        asyncio.run(run())


class TestRedirects:
    def test_are_followed(self) -> None:
        outcome, requests = fetched("http://a.test/x", redirect("/y?z"), redirect("w"), OK)
        assert outcome == (200, b"ok")
        assert [str(request.url) for request in requests] == [
            "http://a.test/x", "http://a.test/y?z", "http://a.test/w"
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "to",
        [
            "http://b.test/",
            "//b.test/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://169.254.169.254/latest/meta-data",
            "https://a.test.evil.test/",
            "http://a.test:81/",
        ],
    )
    def test_to_what_was_not_granted_are_refused(self, to: str) -> None:
        transport = RecordedTransport([redirect(to), OK])
        with pytest.raises(PermissionDeniedError):
            asyncio.run(fetch(GuardedConnections(transport.transport), "http://a.test/", NetRule("a.test", 80)))
        assert len(transport.requests) == 1

    def test_are_asked_for_with_their_method(self) -> None:
        rules = (NetRule("a.test", methods=("POST",)), NetRule("b.test", methods=("GET",)))
        transport = RecordedTransport([redirect("http://b.test/", 307)])
        connections = GuardedConnections(transport.transport)
        with pytest.raises(PermissionDeniedError, match=r"send POST to b\.test"):
            asyncio.run(fetch(connections, "http://a.test/", *rules, method="POST", body=b"x"))

    @pytest.mark.parametrize(
        "to", ["http://u:p@a.test/", "file:///etc/passwd", "http://127.1/", "ftp://a.test/", "http://[::1"]
    )
    def test_to_what_is_no_usable_url_are_an_error(self, to: str) -> None:
        with pytest.raises(ProviderError, match="redirects to something that cannot be followed"):
            fetched("http://a.test/", redirect(to))

    def test_end_at_some_time(self) -> None:
        with pytest.raises(ProviderError, match="more than 10 redirects"):
            fetched("http://a.test/", *[redirect("/")] * 11)

    def test_can_be_had_as_they_are_or_not_at_all(self) -> None:
        assert fetched("http://a.test/", redirect("/y"), redirect="manual")[0] == (302, b"")
        with pytest.raises(ProviderError, match="redirects elsewhere"):
            fetched("http://a.test/", redirect("/y"), redirect="error")

    @pytest.mark.parametrize(
        ("status", "method", "then"),
        [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (303, "HEAD", "HEAD"), (301, "PUT", "PUT"),
         (307, "POST", "POST"), (308, "POST", "POST")],
    )  # fmt: skip
    def test_keep_or_drop_method_and_body(self, status: int, method: str, then: str) -> None:
        headers = [("content-type", "text/plain"), ("authorization", "secret")]
        _, requests = fetched(
            "http://a.test/", redirect("/y", status), OK, method=method, body=b"data", headers=headers
        )
        assert requests[1].method == then
        kept = method == then and status != 303
        assert ("content-type" in requests[1].headers) == (requests[1].content == b"data") == (kept or then == "HEAD")
        assert requests[1].headers["authorization"] == "secret"

    @pytest.mark.parametrize("to", ["http://b.test/", "https://a.test/", "http://a.test:8080/"])
    def test_take_no_secrets_to_another_origin(self, to: str) -> None:
        secrets = [("authorization", "s"), ("cookie", "s"), ("x-api-key", "s"), ("accept", "text/html")]
        _, requests = fetched(
            "http://a.test/", redirect(to), redirect("http://a.test/"), OK, rules=("*.test",), headers=secrets
        )
        for request in requests[1:]:
            assert {"authorization", "cookie", "x-api-key"} & set(request.headers) == set()
            assert request.headers["accept"] == "text/html"


class TestBodies:
    def test_other_tasks_run_while_a_lot_is_unpacked(self) -> None:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async def run() -> None:
            answer = Answer(status=200, headers={"content-encoding": "gzip"}, pieces=[gzip.compress(bytes(8 << 20))])
            connections = GuardedConnections(RecordedTransport([answer]).transport)
            task = asyncio.create_task(others())
            await fetch(connections, "http://a.test/", NetRule("a.test"))
            task.cancel()

        asyncio.run(run())
        assert turns >= 7

    def test_headers_may_have_any_letters(self) -> None:
        _, [request] = fetched("http://a.test/", OK, headers=[("x", "ä😀")])
        assert (b"x", "ä😀".encode()) in request.headers.raw

    @pytest.mark.parametrize("cut", [1, 7, 100_000])
    @pytest.mark.parametrize(
        ("encoding", "compress"),
        [
            ("gzip", gzip.compress),
            ("x-gzip", gzip.compress),
            ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]) + b"\0\0\0"),
            ("deflate", zlib.compress),
            ("deflate", lambda data: zlib.compress(data)[2:-4]),
            ("identity", bytes),
            ("", bytes),
        ],
    )
    def test_are_decompressed(self, encoding: str, compress: Any, cut: int) -> None:
        data = b"0123456789" * 20_000 if cut > 1 else b"0123456789"
        packed = compress(data)
        pieces = [packed[at : at + cut] for at in range(0, len(packed), cut)]
        outcome, _ = fetched(
            "http://a.test/", Answer(status=200, headers={"content-encoding": encoding}, pieces=pieces)
        )
        assert outcome == (200, data)

    @pytest.mark.parametrize(
        ("encoding", "body", "words"),
        [
            ("br", b"x", "not asked for: 'br'"),
            ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "not asked for"),
            ("gzip", b"no gzip", "cannot be decompressed"),
            ("gzip", gzip.compress(b"x" * 100, mtime=0)[:-9], "ends too early"),
            ("deflate", b"x", "ends too early"),
        ],
    )
    def test_that_cannot_be_are_errors(self, encoding: str, body: bytes, words: str) -> None:
        with pytest.raises(ProviderError, match=words):
            fetched("http://a.test/", Answer(status=200, headers={"content-encoding": encoding}, pieces=[body]))

    def test_a_bomb_is_not_unpacked(self) -> None:
        packed = gzip.compress(bytes(50_000_000))
        answer = Answer(status=200, headers={"content-encoding": "gzip"}, pieces=[packed])
        with pytest.raises(InvalidValueError, match="larger than 100000 bytes"):
            fetched("http://a.test/", answer, max_size=100_000)

    def test_empty_members_for_ever_are_a_large_body_too(self) -> None:
        answer = Answer(status=200, headers={"content-encoding": "gzip"}, pieces=[gzip.compress(b"") * 100] * 100)
        with pytest.raises(InvalidValueError, match="larger than 1000 bytes"):
            fetched("http://a.test/", answer, max_size=1000)

    @pytest.mark.parametrize("headers", [{}, {"content-length": "5"}])
    def test_the_size_is_bounded(self, headers: dict[str, str]) -> None:
        assert (
            fetched("http://a.test/", Answer(status=200, headers=headers, pieces=[b"12345"]), max_size=5)[0][0] == 200
        )
        with pytest.raises(InvalidValueError, match=r"the answer of a\.test is larger than 4 bytes"):
            fetched("http://a.test/", Answer(status=200, headers=headers, pieces=[b"12345"]), max_size=4)

    def test_a_head_may_tell_of_a_large_body(self) -> None:
        answer = Answer(status=200, headers={"content-length": "99999999999"}, pieces=[b""])
        assert fetched("http://a.test/", answer, method="HEAD")[0] == (200, b"")


def concrete(module: Any, base: type) -> list[type]:
    return [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, base)]


@pytest.mark.parametrize("foreign", [*concrete(httpx2, httpx2.HTTPError), ConnectionResetError, OSError])
def test_no_foreign_error_gets_out(foreign: type[Exception]) -> None:
    if foreign is httpx2.HTTPStatusError:
        return
    with pytest.raises(LlmspellError) as failed:
        fetched("http://a.test/", foreign("10.0.0.1 said no"))
    assert "10.0.0.1" not in failed.value.message
    assert "a.test" in failed.value.message
