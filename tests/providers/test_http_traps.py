"""What goes wrong between us and a service: waits, slowness, odd bodies; and what the headers of an answer tell."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from llmspell.errors import AuthError, ProviderError, RateLimitError, TimeoutExceededError
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request, Response, TokenCount
from llmspell.providers.catalog import Row
from llmspell.providers.content import Message
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.transport import HttpTransport
from llmspell.providers.wire.format import HttpRequest
from llmspell.providers.wire.openai_chat import OpenAIChat
from tests.providers.loopback import LoopbackServer, chunk, completion, http, sse

# Its own pauses are longer than its budget: it tries again only when the server says that it is worth it soon.
OBEDIENT = RetryPolicy(first_pause=100, longest_pause=100, budget=20)
STREAM = (chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop", usage=completion()["usage"]), "[DONE]")

pytestmark = pytest.mark.usefixtures("connections")

Use = Callable[[HttpProvider], Awaitable[Any]]


def ask(**fields: Any) -> Request:
    return Request(model="m-1", messages=[Message("user", "Hi")], **fields)


async def complete(provider: HttpProvider) -> Response:
    return await provider.complete(ask())


async def stream(provider: HttpProvider) -> Response:
    return await fold(provider.stream(ask()), "m-1", provider.name)


BOTH = pytest.mark.parametrize("use", [complete, stream])


def against(*replies: Any, use: Use = complete, **fields: Any) -> tuple[Any, LoopbackServer]:
    async def main() -> tuple[Any, LoopbackServer]:
        async with LoopbackServer(*replies) as server:
            transport = HttpTransport()
            retries = fields.pop("retries", OBEDIENT)
            key = fields.pop("key", "sk-planted-0123456789")
            provider = HttpProvider(Row("here", server.url, **fields), transport, key=key, retries=retries)
            try:
                return await use(provider), server
            finally:
                await transport.aclose()

    return asyncio.run(main())


def good(use: Use) -> Any:
    return http(completion()) if use is complete else sse(*STREAM)


class TestWaits:
    SOON = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)

    @BOTH
    @pytest.mark.parametrize("status", [429, 503, 529])
    @pytest.mark.parametrize(
        "headers",
        [
            {"retry_after": "0"},
            {"retry_after": "0.01"},
            {"retry_after": SOON},
            {"retry_after_ms": "5"},
            {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "12ms"},
            {"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "0s"},
        ],
        ids=["seconds", "fraction", "date", "milliseconds", "requests", "tokens"],
    )
    def test_the_server_says_when(self, use: Use, status: int, headers: dict[str, str]) -> None:
        busy = http({"error": {"type": "overloaded_error", "message": "busy"}}, status, **headers)
        response, server = against(busy, good(use), use=use)
        assert response.text == "Hello"
        assert len(server.received) == 2

    @BOTH
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"retry_after": "3600"},
            {"retry_after": "soon"},
            {"retry_after": "-1"},
            {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "1h"},
            {"x_ratelimit_remaining_requests": "5", "x_ratelimit_reset_requests": "1ms"},
        ],
    )
    def test_too_late_or_not_at_all(self, use: Use, headers: dict[str, str]) -> None:
        with pytest.raises(RateLimitError, match="asks to slow down: busy") as failed:
            against(http({"error": {"message": "busy"}}, 429, **headers), use=use)
        assert failed.value.retryable


class TestSlowServers:
    def test_a_stream_that_drips(self) -> None:
        drops: list[Any] = []
        for step in sse(*STREAM):
            assert isinstance(step, bytes)
            drops += [step[at : at + 3] for at in range(0, len(step), 3)]
        whole, _ = against(drops, use=stream)
        assert whole.text == "Hello"

    def test_a_whole_answer_that_drips(self) -> None:
        (reply,) = http(completion())
        assert isinstance(reply, bytes)
        pieces: list[Any] = [piece for at in range(0, len(reply), 40) for piece in (reply[at : at + 40], 0.001)]
        assert against(pieces)[0].text == "Hello"

    @BOTH
    def test_dripping_does_not_outlast_the_timeout(self, use: Use) -> None:
        beat = b": wait\n\n" if use is stream else b" "
        head = sse()[0] if use is stream else b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n"
        piece = b"%x\r\n%b\r\n" % (len(beat), beat) if use is stream else beat
        with pytest.raises(TimeoutExceededError, match="did not finish within the timeout"):
            against([head, *[piece, 0.02] * 200], use=use, timeout=0.2)


class TestOddBodies:
    JSON = json.dumps(completion()).encode()

    @BOTH
    @pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/x-ndjson", "text/x-sse"])
    def test_a_whole_answer_under_a_wrong_label(self, use: Use, kind: str) -> None:
        assert against(http(self.JSON, content_type=kind), use=use)[0].text == "Hello"

    @BOTH
    @pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
    def test_a_stream_under_a_wrong_label(self, use: Use, kind: str) -> None:
        body = b"".join(f"data: {step if isinstance(step, str) else json.dumps(step)}\n\n".encode() for step in STREAM)
        assert against(http(body, content_type=kind), use=use)[0].text == "Hello"

    @BOTH
    @pytest.mark.parametrize("kind", ["text/plain", "application/json", ""])
    def test_a_page_under_a_wrong_label(self, use: Use, kind: str) -> None:
        with pytest.raises(ProviderError, match="a web page, not JSON"):
            against(http(b"<html>hello</html>", content_type=kind), use=use)

    @BOTH
    def test_a_byte_order_mark(self, use: Use) -> None:
        assert against(http(b"\xef\xbb\xbf" + self.JSON, content_type="application/json"), use=use)[0].text == "Hello"

    @BOTH
    @pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
    def test_an_empty_body(self, use: Use, kind: str) -> None:
        with pytest.raises(ProviderError, match="cut off") as failed:
            against(http(b"", content_type=kind), use=use)
        assert failed.value.provider == "here"

    @BOTH
    def test_compressed(self, use: Use) -> None:
        reply = http(gzip.compress(self.JSON), content_type="application/json", content_encoding="gzip")
        assert against(reply, use=use)[0].text == "Hello"

    @BOTH
    def test_not_really_compressed(self, use: Use) -> None:
        reply = http(self.JSON, content_type="application/json", content_encoding="gzip")
        with pytest.raises(ProviderError, match="cannot be decompressed"):
            against(reply, use=use)

    @BOTH
    def test_arguments_of_a_tool_that_are_no_json_name_the_service(self, use: Use) -> None:
        call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{oops"}}
        data = completion()
        data["choices"][0]["message"] = {"role": "assistant", "tool_calls": [call]}
        pieces = sse(chunk({"tool_calls": [call]}), chunk(finish="tool_calls"), "[DONE]")
        reply = http(data) if use is complete else pieces
        with pytest.raises(ProviderError, match="'f' with arguments that are not a JSON object") as failed:
            against(reply, use=use)
        assert failed.value.provider == "here"

    @BOTH
    def test_calls_that_all_have_one_id(self, use: Use) -> None:
        calls = [
            {"index": at, "id": "same", "function": {"name": "f", "arguments": f'{{"x": {at}}}'}} for at in range(3)
        ]
        data = completion()
        data["choices"][0]["message"] = {"role": "assistant", "tool_calls": calls}
        pieces = sse(*(chunk({"tool_calls": [call]}) for call in calls), chunk(finish="tool_calls"), "[DONE]")
        response, _ = against(http(data) if use is complete else pieces, use=use)
        assert [call.arguments for call in response.tool_calls] == [{"x": 0}, {"x": 1}, {"x": 2}]

    @pytest.mark.parametrize("events", [["[DONE]"], [{"id": "x", "choices": []}, "[DONE]"]])
    def test_an_end_without_an_answer_is_tried_again(self, events: list[Any]) -> None:
        response, server = against(sse(*events), sse(*STREAM), use=stream, retries=RetryPolicy(first_pause=0.001))
        assert (response.text, len(server.received)) == ("Hello", 2)


HEADERS = {
    "x_request_id": "req_1",
    "x_ratelimit_remaining_requests": "99",
    "anthropic_ratelimit_tokens_limit": "1000",
    "x_other": "no",
}


class TestHeadersOfAnswers:
    @BOTH
    def test_request_id_and_rate_limits(self, use: Use) -> None:
        response, _ = against(http(completion(), **HEADERS), use=use)
        assert response.request_id == "req_1"
        assert response.rate_limit == {
            "x-ratelimit-remaining-requests": "99",
            "anthropic-ratelimit-tokens-limit": "1000",
        }
        assert response.id == "chatcmpl-1"

    def test_of_a_real_stream(self) -> None:
        head, *rest = sse(*STREAM)
        assert isinstance(head, bytes)
        reply = [head.replace(b"\r\n\r\n", b"\r\nrequest-id: req_2\r\n\r\n"), *rest]
        assert against(reply, use=stream)[0].request_id == "req_2"

    def test_there_may_be_none(self) -> None:
        response, _ = against(http(completion()))
        assert (response.request_id, response.rate_limit) == (None, {})


class Signer:
    """Signs what it is shown."""

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        return {"x-signed": f"{method} {url.rpartition('/')[2]} {len(body) > 2} {'user-agent' in headers}"}


class TestSignatures:
    @pytest.fixture(autouse=True)
    def signer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(OpenAIChat, "signer", lambda _: Signer())

    @BOTH
    def test_every_attempt_is_signed(self, use: Use) -> None:
        _, server = against(http({}, 429, retry_after="0"), good(use), use=use, key=None)
        assert [received.headers["x-signed"] for received in server.received] == ["POST completions True True"] * 2

    def test_a_key_needs_no_signature(self) -> None:
        _, server = against(http(completion()))
        assert "x-signed" not in server.received[0].headers

    def test_no_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> dict[str, str]:
            raise AuthError("there are no credentials")

        monkeypatch.setattr(Signer, "sign", refuse)
        with pytest.raises(AuthError, match="no credentials"):
            against(key=None)


class TestCounting:
    @pytest.fixture(autouse=True)
    def endpoint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(OpenAIChat, "count", lambda *_: HttpRequest("/count", b"{}"))
        monkeypatch.setattr(OpenAIChat, "decode_count", lambda _, body: json.loads(body)["tokens"])

    async def count(self, provider: HttpProvider) -> TokenCount:
        return await provider.count_tokens("m-1", [Message("user", "Hi there")])

    def test_the_service_counts_where_it_can(self) -> None:
        found, server = against(http({"tokens": 7}), use=self.count)
        assert found == TokenCount(7, "endpoint")
        assert server.received[0].path == "/v1/count"

    def test_where_the_endpoint_is_missing_we_count(self) -> None:
        found, _ = against(http({"detail": "Not Found"}, 404), use=self.count)
        assert found.method in ("tiktoken", "estimate")

    def test_another_refusal_stands(self) -> None:
        with pytest.raises(AuthError):
            against(http({"error": {"message": "no"}}, 401), use=self.count)
