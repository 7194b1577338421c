"""aiohttp's connections behind httpx2's API: chosen when they are there, the same in all that can be seen."""

from __future__ import annotations

import asyncio
import base64
import gc
import sys
import warnings
import zlib

import httpx2
import pytest

from llmspell import loop
from llmspell.errors import NetworkError, ProviderError
from llmspell.providers import transport as module
from llmspell.providers.network import Network
from llmspell.providers.retry import Retry
from llmspell.providers.transport import Call, HttpTransport
from tests.providers.loopback import LoopbackServer, chunk, completion, http, sse

pytest.importorskip("aiohttp", reason="the extra `fast` is not installed")

TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": None}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def post(url, body=b"{}", timeouts=TIMEOUTS, **headers):
    return httpx2.Request("POST", url, headers=headers, content=body, extensions={"timeout": timeouts})


def served(*replies, use):
    """What `use(transport, server)` gives, with aiohttp's connections."""
    from llmspell.providers.fast import AiohttpTransport

    async def main():
        async with LoopbackServer(*replies) as server, AiohttpTransport() as transport:
            return await use(transport, server)

    return asyncio.run(main())


def raised(*replies, timeouts=TIMEOUTS):
    async def read(transport, server):
        answer = await transport.handle_async_request(post(server.url, timeouts=timeouts))
        try:
            await answer.aread()
        finally:
            await answer.aclose()

    with pytest.raises(httpx2.TransportError) as failed:
        served(*replies, use=read)
    return failed.value


def clients(network):
    """What sends the requests to a service that is reached in this way."""
    pools = HttpTransport()._new_pools(network, secure=False)
    return type(pools.acquire().client)


class TestChoice:
    def test_it_is_used_where_it_is_installed(self):
        assert module._fast() is not None

    def test_it_is_not_used_where_it_is_not(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "aiohttp", None)
        monkeypatch.delitem(sys.modules, "llmspell.providers.fast", raising=False)
        assert module._fast() is None

    def test_proxies_are_left_to_httpx2(self, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        assert clients(Network()) is httpx2.AsyncClient
        assert clients(Network(proxy="http://127.0.0.1:8")) is httpx2.AsyncClient
        assert clients(Network(proxy="none")).__name__ == "AiohttpTransport"

    def test_exceptions_from_proxies_are_no_proxies(self, monkeypatch):
        monkeypatch.setenv("NO_PROXY", "example.org")
        assert clients(Network()).__name__ == "AiohttpTransport"


class TestExchange:
    def test_the_request_arrives_as_it_was_made(self):
        async def use(transport, server):
            answer = await transport.handle_async_request(
                post(server.url + "/a%2Fb?q=1%202", b'{"a": 1}', **{"x-a": "b"})
            )
            return await answer.aread(), server.received[0]

        body, received = served(http(b"yes"), use=use)
        assert body == b"yes"
        assert (received.method, received.path, received.body) == ("POST", "/v1/a%2Fb?q=1%202", {"a": 1})
        assert received.headers["x-a"] == "b"
        assert {"accept", "accept-encoding", "user-agent", "content-type"}.isdisjoint(received.headers)

    def test_users_in_addresses_become_a_header(self):
        async def use(transport, server):
            url = server.url.replace("http://", "http://me:secret@")
            await (await transport.handle_async_request(post(url, authorization="Bearer x"))).aread()
            return server.received[0].headers["authorization"]

        assert served(http(b"yes"), use=use) == "Basic " + base64.b64encode(b"me:secret").decode()

    def test_bodies_are_decompressed_by_httpx2(self):
        async def use(transport, server):
            answer = await transport.handle_async_request(post(server.url))
            return await answer.aread(), answer.headers["content-encoding"]

        assert served(http(zlib.compress(b"small"), content_encoding="deflate"), use=use) == (b"small", "deflate")

    def test_redirects_are_not_followed(self):
        async def use(transport, server):
            return (await transport.handle_async_request(post(server.url))).status_code

        assert served(http(b"", 307, location="/elsewhere"), use=use) == 307

    def test_cookies_are_not_kept(self):
        async def use(transport, server):
            for _ in range(2):
                await (await transport.handle_async_request(post(server.url))).aread()
            return server.received[1].headers

        assert "cookie" not in served(http(b"", set_cookie="a=b"), http(b""), use=use)

    def test_connections_are_used_again_once_a_body_was_read(self):
        async def use(transport, server):
            for _ in range(3):
                answer = await transport.handle_async_request(post(server.url))
                await answer.aread()
                await answer.aclose()
            return server.connections

        assert served(*[http(completion())] * 3, use=use) == 1

    def test_it_can_be_used_after_it_was_closed(self):
        async def use(transport, server):
            await (await transport.handle_async_request(post(server.url))).aread()
            await transport.aclose()
            return await (await transport.handle_async_request(post(server.url))).aread()

        assert served(http(b"1"), http(b"2"), use=use) == b"2"

    def test_closing_an_answer_hangs_up(self):
        async def use(transport, server):
            answer = await transport.handle_async_request(post(server.url))
            async for _ in answer.aiter_raw():
                break
            await answer.aclose()
            async with asyncio.timeout(5):
                await server.hung_up.wait()
            return True

        assert served(sse(chunk({"content": "x"}), 30.0), use=use)

    def test_cancelling_hangs_up(self):
        async def use(transport, server):
            task = asyncio.create_task(transport.handle_async_request(post(server.url)))
            await server.asked.wait()
            task.cancel()
            async with asyncio.timeout(5):
                await server.hung_up.wait()
            return task.cancelled() or (await asyncio.wait([task]))[0]

        assert served([30.0], use=use)

    def test_connections_of_a_loop_that_is_gone_are_dropped_quietly(self):
        transport = HttpTransport()

        async def main():
            async with LoopbackServer(http(completion())) as server:
                reply = await transport.open(Call("POST", server.url, {}, b"{}"))
                await reply.read()
                await reply.aclose()

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for _ in range(3):
                asyncio.run(main())
            gc.collect()
        assert not [warning for warning in told if "Unclosed" in str(warning.message)]


class TestErrors:
    def test_nobody_listens(self):
        async def use(transport, server):
            port = server.port
            await server.__aexit__()
            with pytest.raises(httpx2.ConnectError):
                await transport.handle_async_request(post(f"http://127.0.0.1:{port}"))

        served(use=use)

    @pytest.mark.parametrize(
        "reply",
        [
            ["cut"],
            [b"not HTTP at all\r\n\r\n"],
            [b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", "cut"],
            sse(chunk({"content": "x"}), "cut"),
        ],
        ids=["nothing", "nonsense", "half", "chunks"],
    )
    def test_broken_answers(self, reply):
        assert isinstance(raised(reply), httpx2.RemoteProtocolError | httpx2.ReadError)

    @pytest.mark.parametrize(
        "reply", [[30.0], [b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", 30.0]], ids=["silent", "stalled"]
    )
    def test_silence(self, reply):
        assert isinstance(raised(reply, timeouts=TIMEOUTS | {"read": 0.05}), httpx2.ReadTimeout)

    def test_headers_that_are_none_are_told_without_their_content(self):
        async def main():
            call = Call("POST", "http://127.0.0.1:9/v1", {"authorization": "Bearer sk-secret\nx"}, b"{}")
            await HttpTransport().open(call)

        with pytest.raises((ProviderError, NetworkError, Retry)) as failed:
            asyncio.run(main())
        assert "sk-secret" not in str(failed.value)


class TestLoop:
    def test_it_is_uvloop_where_that_is_installed(self):
        pytest.importorskip("uvloop", reason="the extra `fast` is not installed")

        async def which():
            return [base.__module__.partition(".")[0] for base in type(asyncio.get_running_loop()).__mro__]

        assert "uvloop" in loop.run(which, loop.quick)
        assert "uvloop" not in loop.run(which, loop.plain)

    def test_it_is_asyncios_where_it_is_not(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "uvloop", None)

        async def which():
            return type(asyncio.get_running_loop()).__module__

        assert loop.run(which, loop.quick).startswith("asyncio")
