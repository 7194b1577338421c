"""Responses, Ollama, Cohere and Bedrock as services: where requests go, who signs them, what is tried again."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import pytest

from llmspell.errors import InvalidValueError, LlmspellError, ModelError, RateLimitError
from llmspell.providers import address
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request
from llmspell.providers.catalog import ROWS
from llmspell.providers.content import Message
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.transport import HttpTransport
from tests.providers.loopback import LoopbackServer, http, sse
from tests.providers.wire.frames import frame

KEY = "secret-abcdefghijklmnop1234"
QUICK = RetryPolicy(first_pause=0.001, longest_pause=0.01)
ASKED = Request(model="m-1", messages=[Message("user", "Hi")])


def against(service: str, *replies, use, key=KEY):
    """The outcome of `use(provider)`, or its error, and what the server received."""

    async def main():
        async with LoopbackServer(*replies) as server:
            transport = HttpTransport()
            row = ROWS[service]._replace(base_url=server.url.removesuffix("/v1"))
            provider = HttpProvider(row, transport, key=key, retries=QUICK)
            try:
                return await use(provider), server.received
            except LlmspellError as error:
                shown = f"{error} {error.hint} {error.to_data()} {provider!r}"
                return pytest.fail("the key is shown") if KEY in shown else (error, server.received)
            finally:
                await transport.aclose()

    return asyncio.run(main())


def completing(provider):
    return provider.complete(ASKED)


def streaming(provider):
    return fold(provider.stream(ASKED), "m-1")


def counting(provider):
    return provider.count_tokens("m-1", ASKED.messages)


ITEM = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Hello"}]}
USAGE = {"input_tokens": 11, "output_tokens": 7}
ANSWERED = {"id": "resp_1", "model": "m-1", "status": "completed", "output": [ITEM], "usage": USAGE}
RESPONSES = (
    {"type": "response.created", "response": {**ANSWERED, "output": [], "status": "in_progress"}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hello"},
    {"type": "response.completed", "response": ANSWERED},
)
LINE = {"model": "m-1", "message": {"role": "assistant", "content": "Hello"}, "done": False}
LAST = {**LINE, "message": {"content": ""}, "done": True, "done_reason": "stop"}
LAST |= {"prompt_eval_count": 11, "eval_count": 7}
COUNTED = {"tokens": USAGE, "billed_units": {"input_tokens": 1, "output_tokens": 1}}
COHERE = (
    {"type": "message-start", "id": "m1"},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hello"}}}},
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COUNTED}},
)
SAID = {"role": "assistant", "content": [{"type": "text", "text": "Hello"}]}
CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 11, "outputTokens": 7},
}
FRAMES = (
    frame("messageStart", {"role": "assistant"})
    + frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}})
    + frame("messageStop", {"stopReason": "end_turn"})
    + frame("metadata", {"usage": CONVERSED["usage"]})
)
NDJSON = json.dumps(LINE).encode() + b"\n" + json.dumps(LAST).encode() + b"\n"
EVENTS = "application/vnd.amazon.eventstream"


@pytest.mark.parametrize(
    ("service", "reply", "use", "path"),
    [
        ("openai-responses", http(ANSWERED), completing, "/responses"),
        ("openai-responses", sse(*RESPONSES), streaming, "/responses"),
        ("ollama", http(LAST | {"message": LINE["message"]}), completing, "/api/chat"),
        ("ollama", http(NDJSON, content_type="application/x-ndjson"), streaming, "/api/chat"),
        ("cohere", http({"finish_reason": "COMPLETE", "message": SAID, "usage": COUNTED}), completing, "/v2/chat"),
        ("cohere", sse(*COHERE), streaming, "/v2/chat"),
        ("bedrock", http(CONVERSED), completing, "/model/m-1/converse"),
        ("bedrock", http(FRAMES, content_type=EVENTS), streaming, "/model/m-1/converse-stream"),
    ],
)
def test_an_answer(service, reply, use, path):
    response, (asked,) = against(service, reply, use=use)
    assert (response.text, response.finish_reason) == ("Hello", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (11, 7)
    assert (asked.path, asked.headers["authorization"]) == (path, f"Bearer {KEY}")


OVERLOADED = {"type": "error", "code": "server_error", "message": "overloaded"}
THROTTLED = frame("throttlingException", {"message": "slow down"}, "exception")


@pytest.mark.parametrize(
    ("service", "bad", "good"),
    [
        ("openai-responses", sse(RESPONSES[0], OVERLOADED), sse(*RESPONSES)),
        (
            "ollama",
            http(b'{"error": "crashed"}\n', content_type="application/x-ndjson"),
            http(NDJSON, content_type="application/x-ndjson"),
        ),
        ("bedrock", http(THROTTLED, content_type=EVENTS), http(FRAMES, content_type=EVENTS)),
    ],
)
def test_an_error_before_the_first_token_is_tried_again(service, bad, good):
    response, asked = against(service, bad, good, use=streaming)
    assert (response.text, len(asked)) == ("Hello", 2)


def test_an_error_after_the_first_token_is_told():
    begun = frame("messageStart", {}) + frame("contentBlockDelta", {"delta": {"text": "Hel"}})
    reply = sse(begun, 0.05, THROTTLED)
    reply[0] = reply[0].replace(b"text/event-stream", EVENTS.encode())
    error, asked = against("bedrock", reply, use=streaming)
    assert isinstance(error, RateLimitError)
    assert len(asked) == 1


def test_refusals_are_errors_of_their_kind():
    error, asked = against("cohere", *[http({"message": "trial key"}, 429)] * 3, use=completing)
    assert isinstance(error, RateLimitError)
    assert len(asked) > 1
    error, _ = against("bedrock", http({"message": "no such field"}, 400), use=completing)
    assert (error.kind, error.status) == ("provider", 400)


def test_tokens_are_counted_by_the_service():
    count, (asked,) = against("openai-responses", http({"input_tokens": 12}), use=counting)
    assert (count.tokens, count.method, asked.path) == (12, "endpoint", "/responses/input_tokens")
    claude = "us.anthropic.claude-v1"
    reply = http({"inputTokens": 13})
    count, (asked,) = against("bedrock", reply, use=lambda provider: provider.count_tokens(claude, ASKED.messages))
    assert (count.tokens, count.method, asked.path) == (13, "endpoint", "/model/anthropic.claude-v1/count-tokens")


def test_embeddings_in_as_many_requests_as_it_takes():
    titan = "amazon.titan-embed-text-v2:0"
    replies = [http({"embedding": [number], "inputTextTokenCount": 2}) for number in (1, 2)]
    found, asked = against("bedrock", *replies, use=lambda provider: provider.embed(titan, ["a", "b"]))
    assert (found.vectors, found.usage.input_tokens) == ([[1], [2]], 4)
    assert [request.body["inputText"] for request in asked] == ["a", "b"]


def test_the_name_of_a_model_stays_one_segment_of_the_path():
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0"
    asked = Request(model=arn, messages=ASKED.messages)
    _, (received,) = against("bedrock", http(CONVERSED), use=lambda provider: provider.complete(asked))
    assert received.path == f"/model/{quote(arn, safe='')}/converse"


def test_models_of_ollama():
    models, (asked,) = against("ollama", http({"models": [{"name": "qwen3:4b"}]}), use=lambda p: p.list_models())
    assert [model.name for model in models] == ["ollama/qwen3:4b"]
    assert asked.path == "/api/tags"


def test_bedrock_lists_no_models():
    error, asked = against("bedrock", use=lambda provider: provider.list_models())
    assert isinstance(error, ModelError)
    assert asked == []


def test_without_a_token_requests_are_signed(monkeypatch):
    pytest.importorskip("botocore", reason="needs the extra `bedrock`")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    response, (asked,) = against("bedrock", http(FRAMES, content_type=EVENTS), use=streaming, key=None)
    assert response.text == "Hello"
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "host" in asked.headers["authorization"]
    assert asked.headers["x-amz-date"]


def test_where_the_services_are():
    environ = {"AWS_REGION": "eu-west-1", "AZURE_OPENAI_ENDPOINT": "https://a.openai.azure.com/"}
    places = {
        "bedrock": "https://bedrock-runtime.eu-west-1.amazonaws.com",
        "bedrock-mantle": "https://bedrock-mantle.eu-west-1.api.aws/openai/v1",
        "azure-responses": "https://a.openai.azure.com/openai/v1",
        "ollama": "http://127.0.0.1:11434",
    }
    assert {name: address.filled(ROWS[name].base_url, environ) for name in places} == places


@pytest.mark.parametrize(
    ("host", "url"),
    [("10.0.0.2:11434", "http://10.0.0.2:11434"), ("https://ollama.com/", "https://ollama.com")],
)
def test_where_ollama_is(host, url):
    assert address.filled(ROWS["ollama"].base_url, {"OLLAMA_HOST": host}) == url


def test_a_region_is_needed():
    with pytest.raises(InvalidValueError, match="AWS_REGION"):
        ProviderRegistry(environ={"AWS_BEARER_TOKEN_BEDROCK": KEY}).provider("bedrock")


def test_plain_openai_still_speaks_chat():
    assert (ROWS["openai"].wire, ROWS["xai"].wire, ROWS["azure"].wire) == ("openai-chat",) * 3
