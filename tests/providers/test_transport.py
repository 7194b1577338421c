"""The transport: no foreign error gets out, nothing is left open, and the embedder's connections are used."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os

import httpx2
import pytest

from llmspell.errors import LlmspellError, NetworkError, ProviderError, TimeoutExceededError
from llmspell.providers.retry import Retry
from llmspell.providers.transport import Call, HttpTransport, host_of
from llmspell.testing import Answer, RecordedTransport
from tests.providers.loopback import LoopbackServer, chunk, completion, http, sse

pytestmark = pytest.mark.usefixtures("connections")

URL = "http://server.test:8080/v1/chat/completions"


def call(url=URL, **fields):
    return Call("POST", url, {"content-type": "application/json"}, b"{}", provider="here", **fields)


def outcome(failure):
    """What becomes of an error of the HTTP library, whether raised while opening or while reading."""

    async def opening():
        await HttpTransport(RecordedTransport([failure]).transport).open(call())

    async def reading():
        async def body():
            yield b"x"
            raise failure

        async def respond(request):
            return httpx2.Response(200, content=body())

        reply = await HttpTransport(httpx2.MockTransport(respond)).open(call())
        try:
            await reply.read()
        finally:
            await reply.aclose()

    for step in (opening, reading):
        with pytest.raises((LlmspellError, Retry)) as failed:
            asyncio.run(step())
        yield failed.value


def concrete(base):
    every = {cls for _, cls in inspect.getmembers(httpx2, inspect.isclass) if issubclass(cls, base)}
    return sorted(every - {httpx2.HTTPStatusError}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("foreign", [*concrete(httpx2.HTTPError), ConnectionResetError, BrokenPipeError])
def test_no_foreign_error_gets_out(foreign):
    for error in outcome(foreign("it broke")):
        inner = error.error if isinstance(error, Retry) else error
        assert isinstance(inner, ProviderError | TimeoutExceededError)
        assert inner.provider == "here"
        assert "server.test:8080" in inner.message
        assert inner.retryable == (isinstance(error, Retry) or isinstance(inner, TimeoutExceededError))


@pytest.mark.parametrize(
    ("foreign", "words"),
    [
        (httpx2.ConnectTimeout("slow"), "no connection to server.test:8080 within 10 s"),
        (httpx2.ConnectError("refused"), "cannot be reached: refused"),
        (httpx2.ProxyError("407"), "the proxy for server.test:8080 refused: 407"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), "no secure connection"),
        (httpx2.ReadTimeout("slow"), "did not begin to answer within 600 s"),
        (httpx2.RemoteProtocolError("cut"), "broke before the answer was complete"),
    ],
)
def test_what_is_said(foreign, words):
    error = next(outcome(foreign))
    assert words in (error.error if isinstance(error, Retry) else error).message


def test_a_certificate_is_not_tried_again():
    error = next(outcome(httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired")))
    assert isinstance(error, NetworkError)
    assert not error.retryable


def test_https_to_a_server_without_it():
    async def refuse(_, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def main():
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            transport = HttpTransport()
            with pytest.raises(NetworkError, match="no secure connection"):
                await transport.open(call(f"https://127.0.0.1:{port}/v1"))
            await transport.aclose()

    asyncio.run(main())


def test_an_empty_piece_is_not_the_end():
    async def main():
        recorded = RecordedTransport([Answer(pieces=[b"a", b"", b"b"])])
        reply = await HttpTransport(recorded.transport).open(call())
        body = await reply.read()
        await reply.aclose()
        return body

    assert asyncio.run(main()) == b"ab"


def test_the_embedders_transport_is_used_and_not_closed():
    class Mine(httpx2.MockTransport):
        closed = False

        async def aclose(self):
            self.closed = True

    async def main():
        mine = Mine(lambda request: httpx2.Response(200, content=b"mine"))
        transport = HttpTransport(mine)
        reply = await transport.open(call())
        body = await reply.read()
        await reply.aclose()
        await transport.aclose()
        return body, mine.closed

    assert asyncio.run(main()) == (b"mine", False)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("http://user:secret@127.0.0.1:8080/v1?key=secret", "127.0.0.1:8080"),
        ("http://[::1]:80/v1", "[::1]"),
        ("http://[::1", "the server"),
    ],
)
def test_hosts_for_messages(url, host):
    assert host_of(url) == host


def test_nothing_is_left_open_after_answers_streams_and_cancellations():
    async def main():
        replies = [
            http(completion()),
            sse(chunk({"content": "x"}, "stop"), "[DONE]"),
            sse(chunk({"content": "x"}), 30.0),
        ]
        async with LoopbackServer(*replies * 8) as server:
            transport = HttpTransport()
            counts = []
            for _ in range(8):
                for expected in (None, None, 0.005):
                    reply = await transport.open(call(server.url))
                    try:
                        async with asyncio.timeout(expected):
                            await reply.read()
                    except TimeoutError:
                        pass
                    finally:
                        await reply.aclose()
                gc.collect()
                counts.append(len(os.listdir("/proc/self/fd")))
            await transport.aclose()
            return counts, len(transport._pools)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc to count descriptors")
    counts, pools = asyncio.run(main())
    assert max(counts[3:]) <= counts[3] + 2
    assert pools == 0


def test_plain_http_reads_no_certificates(monkeypatch):
    monkeypatch.setattr(httpx2, "create_ssl_context", lambda *_, **__: pytest.fail("read the certificates"))

    async def main():
        async with LoopbackServer(http(completion())) as server:
            transport = HttpTransport()
            reply = await transport.open(call(server.url))
            await reply.aclose()
            await transport.aclose()

    asyncio.run(main())


def test_proxies_of_the_environment_are_respected(monkeypatch):
    async def main():
        async with LoopbackServer(http({"by": "proxy"})) as proxy:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            transport = HttpTransport()
            reply = await transport.open(call("http://server.test/v1"))
            body = await reply.read()
            await reply.aclose()
            await transport.aclose()
            return body, proxy.received[0].path

    assert asyncio.run(main()) == (b'{"by": "proxy"}', "http://server.test/v1")
