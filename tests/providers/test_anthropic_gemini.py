"""Anthropic, Gemini and Vertex AI as services: where requests go, which headers they carry, what is tried again."""

from __future__ import annotations

import asyncio

import pytest

from llmspell.errors import AuthError, InvalidValueError, LlmspellError, ModelError, NotFoundError, ProviderError
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request, TokenCount
from llmspell.providers.catalog import ROWS
from llmspell.providers.content import Message
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.transport import HttpTransport
from tests.providers.loopback import LoopbackServer, http, sse

KEY = "secret-abcdefghijklmnop1234"
QUICK = RetryPolicy(first_pause=0.001, longest_pause=0.01)
ASKED = Request(model="m-1", messages=[Message("user", "Hi")])


def against(service: str, *replies, use):
    """The outcome of `use(provider)`, or its error, and what the server received."""

    async def main():
        async with LoopbackServer(*replies) as server:
            transport = HttpTransport()
            provider = HttpProvider(ROWS[service]._replace(base_url=server.url), transport, key=KEY, retries=QUICK)
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


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "model": "m-1",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 11, "output_tokens": 7},
}
EVENTS = (
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
)
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
GENERATED = {
    "candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18},
    "modelVersion": "m-1",
    "responseId": "r1",
}


class TestAnthropic:
    @pytest.mark.parametrize(
        ("reply", "use"), [(http(MESSAGE, request_id="req_1"), completing), (sse(*EVENTS), streaming)]
    )
    def test_an_answer(self, reply, use):
        response, (asked,) = against("anthropic", reply, use=use)
        assert (response.text, response.usage.input_tokens, response.finish_reason) == ("Hello", 11, "stop")
        assert asked.path == "/v1/messages"
        assert asked.headers["x-api-key"] == KEY
        assert asked.headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in asked.headers
        assert asked.body["max_tokens"] > 0

    def test_the_id_of_the_request(self):
        response, _ = against("anthropic", http(MESSAGE, request_id="req_1"), use=completing)
        assert (response.id, response.request_id) == ("msg_1", "req_1")

    def test_an_overload_before_the_first_token_is_tried_again(self):
        response, asked = against("anthropic", sse(EVENTS[0], OVERLOADED), sse(*EVENTS), use=streaming)
        assert (response.text, len(asked)) == ("Hello", 2)

    def test_an_overload_after_it_is_an_error(self):
        error, asked = against("anthropic", sse(*EVENTS[:3], 0.05, OVERLOADED), use=streaming)
        assert isinstance(error, ProviderError)
        assert (error.status, error.retryable, len(asked)) == (529, True, 1)

    def test_status_529_is_tried_again(self):
        response, asked = against("anthropic", http(OVERLOADED, 529), http(MESSAGE), use=completing)
        assert (response.text, len(asked)) == ("Hello", 2)

    def test_an_unknown_model(self):
        refusal = {"type": "error", "error": {"type": "not_found_error", "message": "model: m-1"}}
        error, _ = against("anthropic", http(refusal, 404), use=completing)
        assert isinstance(error, NotFoundError)

    def test_tokens_are_counted_by_the_service(self):
        found, (asked,) = against(
            "anthropic", http({"input_tokens": 19}), use=lambda provider: provider.count_tokens("m-1", ASKED.messages)
        )
        assert found == TokenCount(19, "endpoint")
        assert asked.path == "/v1/messages/count_tokens"
        assert asked.headers["anthropic-version"] == "2023-06-01"

    def test_models_come_in_pages(self):
        pages = [
            http({"data": [{"id": "a", "max_input_tokens": 9, "max_tokens": 3}], "has_more": True, "last_id": "a"}),
            http({"data": [{"id": "b"}], "has_more": False, "last_id": "b"}),
        ]
        models, asked = against("anthropic", *pages, use=lambda provider: provider.list_models())
        assert [(model.name, model.context_length, model.max_output_tokens) for model in models] == [
            ("anthropic/a", 9, 3),
            ("anthropic/b", None, None),
        ]
        assert [request.path for request in asked] == ["/v1/models?limit=1000", "/v1/models?limit=1000&after_id=a"]


class TestGemini:
    @pytest.mark.parametrize(
        ("reply", "use", "method"),
        [
            (http(GENERATED), completing, "generateContent"),
            (sse(GENERATED), streaming, "streamGenerateContent?alt=sse"),
        ],
    )
    def test_an_answer(self, reply, use, method):
        response, (asked,) = against("gemini", reply, use=use)
        assert (response.text, response.usage.output_tokens, response.finish_reason) == ("Hello", 7, "stop")
        assert asked.path == f"/v1/models/m-1:{method}"
        assert asked.headers["x-goog-api-key"] == KEY
        assert KEY not in asked.path

    def test_a_wrong_key(self):
        reason = {"reason": "API_KEY_INVALID"}
        refusal = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "No", "details": [reason]}}
        error, _ = against("gemini", http(refusal, 400), use=completing)
        assert isinstance(error, AuthError)
        assert "GEMINI_API_KEY" in (error.hint or "")

    def test_an_error_page_for_an_unknown_model_stream(self):
        refusal = {"error": {"code": 404, "status": "NOT_FOUND", "message": "models/m-1 is not found"}}
        error, _ = against("gemini", http(refusal, 404, content_type="text/event-stream"), use=streaming)
        assert isinstance(error, NotFoundError)

    def test_it_waits_as_long_as_the_body_says(self):
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.01s"}
        refusal = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow", "details": [delay]}}
        response, asked = against("gemini", http(refusal, 429), http(GENERATED), use=completing)
        assert (response.text, len(asked)) == ("Hello", 2)

    def test_embeddings_go_a_hundred_at_a_time(self):
        def vectors(count: int):
            return http({"embeddings": [{"values": [float(place)]} for place in range(count)]})

        found, asked = against(
            "gemini", vectors(100), vectors(1), use=lambda provider: provider.embed("m-1", ["a"] * 101)
        )
        assert len(found.vectors) == 101
        assert [len(request.body["requests"]) for request in asked] == [100, 1]

    def test_tokens_are_counted_by_the_service(self):
        found, _ = against(
            "gemini", http({"totalTokens": 5}), use=lambda provider: provider.count_tokens("m-1", ASKED.messages)
        )
        assert found == TokenCount(5, "endpoint")

    def test_models_come_in_pages(self):
        pages = [
            http({"models": [{"name": "models/a", "inputTokenLimit": 9}], "nextPageToken": "x=&y"}),
            http({"models": [{"name": "models/b"}]}),
        ]
        models, asked = against("gemini", *pages, use=lambda provider: provider.list_models())
        assert [(model.name, model.context_length) for model in models] == [("gemini/a", 9), ("gemini/b", None)]
        assert asked[1].path == "/v1/models?pageSize=1000&pageToken=x%3D%26y"


class TestVertex:
    def test_an_answer(self):
        response, (asked,) = against("vertex", http(GENERATED), use=completing)
        assert response.text == "Hello"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert "x-goog-api-key" not in asked.headers

    def test_its_url_is_made_of_the_environment(self):
        environ = {"GOOGLE_ACCESS_TOKEN": KEY, "GOOGLE_CLOUD_PROJECT": "my-project"}
        registry = ProviderRegistry(environ=environ)
        assert repr(registry.provider("vertex")) == "<HttpProvider vertex at aiplatform.googleapis.com>"
        assert registry.provider("vertex").identity == (
            "vertex at https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global/publishers/google"
        )
        environ["GOOGLE_CLOUD_LOCATION"] = "europe-west4"
        assert registry.provider("vertex-regional").identity.startswith(
            "vertex-regional at https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/my-project/locations/europe-west4/"
        )

    def test_a_missing_project_is_named(self):
        with pytest.raises(InvalidValueError, match="GOOGLE_CLOUD_PROJECT") as caught:
            ProviderRegistry(environ={"GOOGLE_ACCESS_TOKEN": KEY}).provider("vertex")
        assert "gcloud auth print-access-token" in (caught.value.hint or "")

    def test_it_lists_no_models_and_says_so(self):
        error, _ = against("vertex", use=lambda provider: provider.list_models())
        assert isinstance(error, ModelError)

    def test_texts_are_embedded_one_by_one(self):
        one = http({"embedding": {"values": [1.0]}, "usageMetadata": {"promptTokenCount": 2}})
        found, asked = against("vertex", one, one, use=lambda provider: provider.embed("m-1", ["a", "b"]))
        assert (found.vectors, found.usage.input_tokens) == ([[1.0], [1.0]], 4)
        assert [request.path for request in asked] == ["/v1/models/m-1:embedContent"] * 2


def test_the_first_key_in_the_environment_decides():
    assert ProviderRegistry(environ={"ANTHROPIC_API_KEY": "k"}).default_model() == "anthropic/claude-sonnet-4-5"
    assert ProviderRegistry(environ={"GEMINI_API_KEY": "k"}).default_model() == "gemini/gemini-2.5-flash-lite"
