"""The way to a service: how long each step may take, proxies, and certificates of one's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager, suppress

import pytest
import trustme

from llmspell.config import Config, NetworkConfig, ProviderConfig, load
from llmspell.errors import InvalidValueError, NetworkError, TimeoutExceededError
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.network import Network, Timeouts, is_loopback
from llmspell.providers.registry import ProviderRegistry
from tests.providers.loopback import LoopbackServer, chunk, completion, http, sse

pytestmark = pytest.mark.usefixtures("connections")

ASK = Request(model="m", messages=[Message("user", "hello")])
STALL = 20.0
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def at_once(monkeypatch):
    """Attempts follow each other without a pause."""
    monkeypatch.setattr("llmspell.providers.retry.RetryPolicy.pauses", lambda self: iter([0.0] * 9))


@asynccontextmanager
async def serving(serve, **options):
    """A server that lets `serve` do as it likes with each connection; gives its port."""
    tasks = set()

    async def handle(reader, writer):
        tasks.add(asyncio.current_task())
        try:
            with suppress(asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
                await serve(reader, writer)
        finally:
            writer.close()
            with suppress(Exception):
                await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def registry(provider=None, network=None, environ=None):
    made = ProviderRegistry(
        Config(providers={"here": ProviderConfig(**provider)}, network=NetworkConfig(**network or {})),
        environ=environ or {},
    )
    try:
        yield made
    finally:
        await made.aclose()


async def ask(url, how="complete", **options):
    async with registry({"base_url": url, **options.pop("provider", {})}, **options) as models:
        provider = models.provider("here")
        if how == "complete":
            return (await provider.complete(ASK)).text
        return [event async for event in provider.stream(ASK)]


def failure(reply, how="complete", **options):
    """The error of a call to a server that does this, which must come long before the server goes on."""

    async def main():
        async with LoopbackServer(*[reply] * 3) as server:
            started = asyncio.get_running_loop().time()
            with pytest.raises(TimeoutExceededError) as caught:
                await ask(server.url, how, **options)
            assert asyncio.get_running_loop().time() - started < STALL / 2
            return caught.value, len(server.received)

    return asyncio.run(main())


class TestEachStepHasATimeout:
    @pytest.mark.parametrize("how", ["complete", "stream"])
    def test_the_first_byte(self, how):
        error, asked = failure([STALL], how, provider={"timeouts": {"first_byte": 0.1, "between_chunks": 9}})
        assert "did not begin to answer within 0.1 s" in error.message
        assert error.hint == "raise `first_byte` in [providers.here.timeouts] or [network.timeouts]"
        assert error.data == {"timeout": "first_byte", "seconds": 0.1}
        assert (error.provider, error.retryable, error.sent, asked) == ("here", True, True, 1)

    @pytest.mark.parametrize("body", [[STALL], [b"5\r\nda", STALL]])
    @pytest.mark.parametrize("how", ["complete", "stream"])
    def test_between_chunks(self, body, how):
        error, _ = failure([HEAD, *body], how, provider={"timeouts": {"between_chunks": 0.1, "first_byte": 9}})
        assert "sent nothing more within 0.1 s" in error.message
        assert "raise `between_chunks` in [providers.here.timeouts]" in error.hint
        assert error.data == {"timeout": "between_chunks", "seconds": 0.1}

    def test_between_later_chunks(self):
        steps = [*sse(chunk({"content": "Hel"}), end=False), STALL]
        error, _ = failure(steps, "stream", provider={"timeouts": {"between_chunks": 0.1}})
        assert error.data["timeout"] == "between_chunks"

    @pytest.mark.parametrize(
        "provider", [{"timeout": 0.2}, {"timeouts": {"total": 0.2}}, {"timeout": 9, "timeouts": {"total": 0.2}}]
    )
    @pytest.mark.parametrize("how", ["complete", "stream"])
    def test_the_total(self, provider, how):
        drip = [HEAD, *[step for _ in range(100) for step in (b"3\r\n: \n\r\n", 0.05)]]
        error, _ = failure(drip, how, provider=provider)
        assert "here did not finish within the timeout of this call" in error.message
        assert "`total` in [providers.here.timeouts] or [network.timeouts]" in error.hint
        assert error.data == {"timeout": "total"}

    def test_a_connection(self, at_once):
        async def main():
            # A queue of one that is full: the system does not answer who wants to connect.
            with socket.socket() as server, socket.socket() as first, socket.socket() as second:
                server.bind(("127.0.0.1", 0))
                server.listen(0)
                for waiting in (first, second):
                    waiting.setblocking(False)
                    with suppress(BlockingIOError):
                        waiting.connect(server.getsockname())
                url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
                with pytest.raises(TimeoutExceededError) as caught:
                    await ask(url, provider={"timeouts": {"connect": 0.1, "total": 5}})
                return caught.value

        error = asyncio.run(main())
        assert "no connection to 127.0.0.1" in error.message
        assert "within 0.1 s" in error.message
        assert "raise `connect` in [providers.here.timeouts]" in error.hint
        assert error.data == {"timeout": "connect", "seconds": 0.1}
        assert not error.sent

    def test_encryption_is_part_of_the_connection(self, at_once):
        async def main():
            async def silent(reader, writer):
                await reader.read()

            async with serving(silent) as port:
                with pytest.raises(TimeoutExceededError) as caught:
                    await ask(f"https://127.0.0.1:{port}/v1", provider={"timeouts": {"connect": 0.2, "total": 9}})
                return caught.value

        assert asyncio.run(main()).data["timeout"] == "connect"

    def test_one_table_for_all_services(self):
        error, _ = failure([STALL], network={"timeouts": {"first_byte": 0.1}})
        assert error.data == {"timeout": "first_byte", "seconds": 0.1}
        error, _ = failure([STALL], network={"timeouts": {"total": 0.1}})
        assert error.data == {"timeout": "total"}

    def test_a_service_goes_over_it(self):
        error, _ = failure(
            [STALL], provider={"timeouts": {"first_byte": 0.1}}, network={"timeouts": {"first_byte": 9, "total": 9}}
        )
        assert error.data["seconds"] == 0.1

    def test_what_is_quick_enough_gets_through(self):
        async def main():
            whole, stream = http(completion()), sse(chunk({"content": "Hello"}, "stop"))
            slow = [0.2, *whole], [stream[0], 0.2, *stream[1:]]
            async with LoopbackServer(*slow) as server:
                limits = {"timeouts": {"connect": 5, "first_byte": 5, "between_chunks": 5, "total": 9}}
                assert await ask(server.url, provider=limits) == "Hello"
                await ask(server.url, "stream", provider=limits)

        asyncio.run(main())


@asynccontextmanager
async def tunnel():
    """A proxy that passes on what `CONNECT` asks for, whatever its name, to this machine: its URL, what was asked."""
    seen = []

    async def pipe(reader, writer):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()

    async def serve(reader, writer):
        seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
        port = int(seen[-1].split()[1].rpartition(":")[2])
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            await asyncio.wait(
                [asyncio.ensure_future(pipe(reader, there_writer)), asyncio.ensure_future(pipe(there_reader, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            there_writer.close()

    async with serving(serve) as port:
        yield f"http://127.0.0.1:{port}", seen


class TestProxies:
    def test_of_a_service(self):
        async def main():
            async with LoopbackServer(http(completion("by proxy"))) as proxy:
                url = f"http://ada:secret@127.0.0.1:{proxy.port}"
                text = await ask("http://server.test/v1", provider={"proxy": url})
                return text, proxy.received[0]

        text, received = asyncio.run(main())
        assert text == "by proxy"
        assert received.path == "http://server.test/v1/chat/completions"
        assert received.headers["proxy-authorization"].startswith("Basic ")

    def test_of_all_services_but_those_of_this_machine(self):
        async def main():
            async with LoopbackServer(http(completion("by proxy"))) as proxy:
                network = {"proxy": f"http://127.0.0.1:{proxy.port}"}
                there = await ask("http://server.test/v1", network=network)
                async with LoopbackServer(http(completion("direct"))) as server:
                    here = await ask(server.url, network=network)
                return there, here

        assert asyncio.run(main()) == ("by proxy", "direct")

    def test_none_is_a_direct_connection_whatever_the_environment_says(self, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        async def main(**options):
            async with LoopbackServer(http(completion("direct"))) as server:
                return await ask(server.url, **options)

        assert asyncio.run(main(provider={"proxy": "none"})) == "direct"
        assert asyncio.run(main(network={"proxy": "none"}, provider={"proxy": "none"})) == "direct"

    def test_its_password_may_come_from_a_variable(self):
        async def main():
            async with LoopbackServer(http(completion())) as proxy:
                url = f"http://ada:{{PROXY_PASSWORD}}@127.0.0.1:{proxy.port}"
                environ = {"PROXY_PASSWORD": "s3cret"}
                await ask("http://server.test/v1", provider={"proxy": url}, environ=environ)
                return proxy.received[0].headers["proxy-authorization"]

        assert asyncio.run(main()) == "Basic YWRhOnMzY3JldA=="
        with pytest.raises(
            InvalidValueError, match=r"providers\.here: proxy needs the environment variable PROXY_PASSWORD"
        ):
            asyncio.run(ask("http://server.test/v1", provider={"proxy": "http://a:{PROXY_PASSWORD}@127.0.0.1:1"}))

    def test_one_that_is_down(self, at_once):
        with pytest.raises(NetworkError) as caught:
            asyncio.run(ask("http://server.test/v1", provider={"proxy": "http://ada:secret@127.0.0.1:1"}))
        assert "proxy" in caught.value.hint
        assert "secret" not in str(caught.value.to_data())

    @pytest.mark.parametrize("proxy", ["http://", "http://:80", "http://a:99999", "https://[::1"])
    def test_what_is_none_is_refused_and_not_shown(self, proxy):
        with pytest.raises(InvalidValueError, match="proxy is not the URL of a proxy") as caught:
            Network(proxy=proxy).proxy_url()
        assert proxy not in caught.value.message


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@asynccontextmanager
async def encrypted(authority, *replies):
    """A model server with a certificate that nobody else trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "server.test").configure_cert(context)
    inner = LoopbackServer(*replies)
    async with serving(inner._serve, ssl=context) as port:
        yield port


class TestCertificates:
    @pytest.mark.parametrize("where", ["provider", "network"])
    def test_of_ones_own_are_trusted(self, authority, tmp_path, where):
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))

        async def main():
            async with encrypted(authority, http(completion("trusted"))) as port:
                return await ask(f"https://127.0.0.1:{port}/v1", **{where: {"ca_file": file}})

        assert asyncio.run(main()) == "trusted"

    def test_of_others_are_not(self, authority):
        async def main():
            async with encrypted(authority, http(completion())) as port:
                with pytest.raises(NetworkError, match="no secure connection") as caught:
                    await ask(f"https://127.0.0.1:{port}/v1")
                return caught.value.hint

        assert "ca_file" in asyncio.run(main())

    def test_through_a_proxy(self, authority, tmp_path):
        file = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(file))

        async def main():
            async with tunnel() as (proxy, seen), encrypted(authority, http(completion("through"))) as port:
                url = f"https://server.test:{port}/v1"
                text = await ask(url, network={"ca_file": file, "proxy": proxy})
                return text, seen[0].split()[0]

        assert asyncio.run(main()) == ("through", "CONNECT")

    def test_a_file_that_is_not_there(self, tmp_path):
        file = tmp_path / "none.pem"
        with pytest.raises(InvalidValueError, match=r"ca_file .*none\.pem cannot be read: No such file"):
            asyncio.run(ask("https://127.0.0.1:1/v1", provider={"ca_file": file}))
        file.write_text("no certificate")
        with pytest.raises(InvalidValueError, match=r"ca_file .*none\.pem holds no certificate") as caught:
            asyncio.run(ask("https://127.0.0.1:1/v1", provider={"ca_file": file}))
        assert "PEM" in caught.value.hint


def test_the_file_says_it_all(tmp_path):
    (tmp_path / "llmspell.toml").write_text(
        """
        [network]
        proxy = "http://proxy.test:3128"
        ca_file = "corp.pem"
        [network.timeouts]
        connect = 3
        first_byte = 30
        [providers.openai]
        proxy = "none"
        [providers.openai.timeouts]
        first_byte = 90
        total = 300
        """
    )
    config = load(tmp_path, {"HOME": str(tmp_path)})
    services = ProviderRegistry(config, environ={}).services
    row = services.row("openai")
    assert services.network(row) == Network(
        Timeouts(3, 90, 600, 300),
        proxy="none",
        ca_file=str(tmp_path / "corp.pem"),
        place="[providers.openai.timeouts] or [network.timeouts]",
    )
    assert services.network(services.row("mistral")).proxy == "http://proxy.test:3128"
    assert services.network(services.row("vllm")).proxy is None
    assert "proxy.test" not in repr(config)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[network.timeouts]\nconnect = 0", "network.timeouts.connect must be a number of seconds above 0, not 0"),
        ("[network]\nproxy = 'proxy:80'", "network.proxy must be a URL such as"),
        ("[network.timeouts]\nread = 1", "there is no setting network.timeouts.read"),
        ("[providers.a.timeouts]\nfirst_bite = 1", "there is no setting providers.a.timeouts.first_bite"),
    ],
)
def test_mistakes_in_the_file(tmp_path, text, words):
    (tmp_path / "llmspell.toml").write_text(text)
    with pytest.raises(InvalidValueError, match=words.replace(".", r"\.")):
        load(tmp_path, {"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://localhost:1/v1", True),
        ("http://a.localhost", True),
        ("http://127.9.0.1", True),
        ("http://[::1]:8", True),
        ("http://127.0.0.1.test", False),
        ("http://10.0.0.1", False),
        ("https://api.test", False),
        ("http://[", False),
    ],
)
def test_what_is_on_this_machine(url, here):
    assert is_loopback(url) == here
