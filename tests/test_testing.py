"""The public fakes: they behave like what they stand in for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import urllib.error
import urllib.request

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmspell
from llmspell import loop
from llmspell.errors import LlmspellError, ProviderError, RateLimitError
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Finished, ReasoningDelta, Request, Response, Started, TextDelta, Usage
from llmspell.providers.content import Message, Reasoning, Text, ToolCall
from llmspell.testing import After, Answer, NetworkUsedError, RecordedTransport, ScriptedProvider, no_network, words


def ask(text="How are you?"):
    return Request(model="any", messages=[Message("user", text)])


def collected(provider, request=None):
    async def main():
        return [event async for event in provider.stream(request or ask())]

    return asyncio.run(main())


# ScriptedProvider


def test_a_text_is_streamed_word_by_word():
    assert collected(ScriptedProvider(["Fine, thank  you"])) == [
        Started(model="any"),
        TextDelta("Fine,"),
        TextDelta(" thank"),
        TextDelta("  you"),
        Usage(3, 3),
        Finished("stop", "stop"),
    ]


@given(st.text())
def test_words_joined_are_the_text(text):
    assert "".join(words(text)) == text


def test_replies_come_in_order_and_requests_are_kept():
    provider = ScriptedProvider(["one", "two"])
    first, second = ask("a"), ask("b")
    assert asyncio.run(provider.complete(first)).text == "one"
    assert asyncio.run(provider.complete(second)).text == "two"
    assert provider.requests == [first, second]
    with pytest.raises(ProviderError, match="only 2 replies"):
        asyncio.run(provider.complete(ask()))


def test_a_function_answers_for_ever():
    provider = ScriptedProvider(lambda request: request.messages[-1].text.upper())
    for text in ("a", "b", "c"):
        assert asyncio.run(provider.complete(ask(text))).text == text.upper()


def test_a_whole_response_comes_back_as_it_was():
    response = Response(
        parts=[Reasoning("Let me see."), Text("It is warm."), ToolCall("c1", "weather", {"city": "Paris"})],
        finish_reason="tool_calls",
        raw_finish_reason="tool_use",
        usage=Usage(5, 6, 1, 2),
        model="real",
        id="r1",
    )
    assert asyncio.run(ScriptedProvider([response]).complete(ask())) == response


def test_errors_are_raised_before_or_in_the_stream():
    error = RateLimitError("slow down", retryable=True)
    provider = ScriptedProvider([error, [TextDelta("be"), error]])
    with pytest.raises(RateLimitError):
        collected(provider)
    seen = []

    async def main():
        async for event in provider.stream(ask()):
            seen.append(event)  # noqa: PERF401  # what comes before the error counts

    with pytest.raises(RateLimitError):
        asyncio.run(main())
    assert seen == [TextDelta("be")]


def test_events_that_never_finish_are_an_error_when_folded():
    with pytest.raises(ProviderError, match="before it was finished"):
        asyncio.run(ScriptedProvider([[ReasoningDelta("hm")]]).complete(ask()))


def test_delays():
    async def main():
        loop = asyncio.get_running_loop()
        start = loop.time()
        response = await fold(ScriptedProvider([After(0.02, "a b", between=0.01)]).stream(ask()), "m")
        return response.text, loop.time() - start

    text, seconds = asyncio.run(main())
    assert text == "a b"
    assert seconds >= 0.04


def test_open_streams_are_counted():
    async def main():
        provider = ScriptedProvider(["a b c"])
        async with contextlib.aclosing(provider.stream(ask())) as stream:
            await anext(stream)
            during = provider.open
        return during, provider.open

    assert asyncio.run(main()) == (1, 0)


def test_the_rest_of_the_contract():
    async def main():
        provider = ScriptedProvider([], name="mine")
        a, b, again = (await provider.embed("m", ["cat", "dog", "cat"])).vectors
        assert a == again != b
        assert len(a) == 8
        assert (await provider.count_tokens("m", [Message("user", "one two")])).tokens == 2
        assert [info.name for info in await provider.list_models()] == ["mine/test"]
        assert (await provider.info("x")).name == "mine/x"

    asyncio.run(main())


# RecordedTransport


def test_recorded_answers():
    import httpx2

    wire = RecordedTransport([Answer(201, [b"a", b"b"], {"x-one": "1"}), ValueError("broken")])

    async def main():
        async with httpx2.AsyncClient(transport=wire.transport) as client:
            response = await client.post("http://nowhere.example/x", content=b"asked")
            with pytest.raises(ValueError, match="broken"):
                await client.get("http://nowhere.example/y")
            with pytest.raises(AssertionError, match="only 2 answers"):
                await client.get("http://nowhere.example/z")
            return response

    response = asyncio.run(main())
    assert (response.status_code, response.content, response.headers["x-one"]) == (201, b"ab", "1")
    assert [request.url.path for request in wire.requests] == ["/x", "/y", "/z"]
    assert wire.requests[0].content == b"asked"


# no_network


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_this_machine_can_be_reached(listener):
    with no_network(), socket.create_connection(listener), socket.create_connection(("localhost", listener[1])):
        pass


def test_unless_it_may_not(listener):
    with no_network(loopback=False):
        with pytest.raises(NetworkUsedError):
            socket.create_connection(listener)
        with pytest.raises(NetworkUsedError):
            socket.create_connection(("localhost", listener[1]))


@pytest.mark.parametrize(
    "use",
    [
        lambda: socket.create_connection(("192.0.2.1", 80), timeout=0.1),
        lambda: socket.create_connection(("example.com", 80), timeout=0.1),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: socket.gethostbyname("example.com"),
        lambda: urllib.request.urlopen("http://example.com", timeout=0.1),
        lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 80)),
        lambda: asyncio.run(asyncio.open_connection("example.com", 80)),
        lambda: sent("192.0.2.1"),
        lambda: connected("2001:db8::1"),
    ],
)
def test_other_machines_cannot(use):
    with no_network(), pytest.raises(NetworkUsedError):
        use()


@pytest.mark.parametrize("make", [loop.plain, loop.quick])
@pytest.mark.parametrize(
    "use",
    [
        lambda loop: loop.create_connection(asyncio.Protocol, "192.0.2.1", 80),
        lambda loop: loop.create_connection(asyncio.Protocol, "example.com", 80),
        lambda loop: loop.getaddrinfo("example.com", 443),
        lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("192.0.2.1", 53)),
        lambda loop: connecting(loop, ("192.0.2.1", 80)),
    ],
)
def test_no_event_loop_gets_round_it(make, use):
    async def main():
        with pytest.raises(NetworkUsedError):
            await use(asyncio.get_running_loop())

    with no_network():
        loop.run(main, make)


async def connecting(event_loop, address):
    with socket.socket() as tcp:
        tcp.setblocking(False)
        await event_loop.sock_connect(tcp, address)


@pytest.mark.parametrize("make", [loop.plain, loop.quick])
def test_event_loops_reach_this_machine(make, listener):
    async def main():
        _, writer = await asyncio.open_connection(*listener)
        writer.close()
        await writer.wait_closed()

    with no_network():
        loop.run(main, make)
    with no_network(loopback=False), pytest.raises(NetworkUsedError):
        loop.run(main, make)


def test_a_run_that_would_reach_a_service_fails(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    spell = llmspell.Spell(source="return llm('openai/m'):complete('hi').text", language="lua")
    with no_network(), pytest.raises(LlmspellError, match="NetworkUsedError"):
        llmspell.run(spell, isolation="inline")


def sent(host):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", (host, 53))


def connected(host):
    with socket.socket(socket.AF_INET6) as tcp:
        tcp.connect_ex((host, 80, 0, 0))


def test_local_sockets_stay_open():
    with no_network(loopback=False):
        left, right = socket.socketpair()
        with left, right:
            left.sendall(b"x")
            assert right.recv(1) == b"x"


def test_afterwards_all_is_as_before():
    before = socket.socket.connect, socket.getaddrinfo
    with no_network():
        assert (socket.socket.connect, socket.getaddrinfo) != before
    assert (socket.socket.connect, socket.getaddrinfo) == before


def test_the_suite_runs_without_network():
    with pytest.raises(NetworkUsedError):
        socket.getaddrinfo("example.com", 443)
