"""The provider against a real server on the loopback interface: answers, streams, refusals, retries, cancelling."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import traceback

import pytest

from llmspell.errors import (
    AuthError,
    ContentFilterError,
    ContextLengthError,
    InvalidValueError,
    LlmspellError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    TimeoutExceededError,
)
from llmspell.providers import http_provider
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request, TextDelta, Usage
from llmspell.providers.catalog import OPENAI, Row
from llmspell.providers.content import Message
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.jobs import Speak
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.transport import HttpTransport
from llmspell.providers.wire.openai_chat import OpenAIChat
from tests.providers.loopback import LoopbackServer, chunk, completion, http, sse

pytestmark = pytest.mark.usefixtures("connections")

KEY = "sk-proj-abcdefghijklmnop1234"
CUT = LoopbackServer.CUT
QUICK = RetryPolicy(first_pause=0.001, longest_pause=0.01)
HELLO = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hel"}), chunk({"content": "lo"}))
END = (chunk(finish="stop"), chunk(usage={"prompt_tokens": 11, "completion_tokens": 7}, choices=[]), "[DONE]")


def ask(**fields):
    return Request(model="m-1", messages=[Message("user", "Hi")], **fields)


@contextlib.asynccontextmanager
async def provider_at(url, **fields):
    key = fields.pop("key", KEY)
    retries = fields.pop("retries", QUICK)
    transport = HttpTransport()
    row = Row(**{"name": "here", "base_url": url, "key_env": "HERE_KEY", **fields})
    try:
        yield HttpProvider(row, transport, key=key, retries=retries)
    finally:
        await transport.aclose()


def against(*replies, use, **fields):
    """The outcome of `use(provider)` against a server with these replies, and the server."""

    async def main():
        async with LoopbackServer(*replies) as server, provider_at(server.url, **fields) as provider:
            return await use(provider), server

    return asyncio.run(main())


def completing(**fields):
    return lambda provider: provider.complete(ask(**fields))


def streaming(**fields):
    return lambda provider: fold(provider.stream(ask(**fields)), "m-1")


def failing(*replies, use=None, error=LlmspellError, **fields):
    """The error of a call against a server with these replies, and the server."""

    async def main():
        async with LoopbackServer(*replies) as server, provider_at(server.url, **fields) as provider:
            with pytest.raises(error) as failed:
                await (use or completing())(provider)
            return failed.value, server

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("use", [completing(), streaming()], ids=["complete", "stream"])


# Answers


def test_a_whole_answer():
    response, server = against(http(completion()), use=completing(temperature=0.5))
    assert (response.text, response.usage, response.model) == ("Hello", Usage(11, 7), "m-1")
    (received,) = server.received
    assert (received.method, received.path) == ("POST", "/v1/chat/completions")
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body["temperature"] == 0.5
    assert "stream" not in received.body


def test_a_stream_folds_to_the_whole_answer():
    streamed, server = against(sse(*HELLO, *END), use=streaming())
    whole, _ = against(http(completion()), use=completing())
    assert streamed == whole
    assert server.received[0].body["stream"] is True


def test_events_come_while_the_server_is_still_writing():
    async def main():
        async with LoopbackServer(sse(*HELLO, 30.0, *END)) as server, provider_at(server.url) as provider:
            stream, texts = provider.stream(ask()), []
            async for event in stream:
                if isinstance(event, TextDelta):
                    texts.append(event.text)
                if len(texts) == 2:
                    break
            await stream.aclose()
            return texts

    assert asyncio.run(main()) == ["Hel", "lo"]


def test_a_server_that_ignores_stream():
    response, _ = against(http(completion()), use=streaming())
    assert response.text == "Hello"


def test_compressed_answers_and_streams():
    body = gzip.compress(json.dumps(completion()).encode())
    response, _ = against(http(body, content_type="application/json", content_encoding="gzip"), use=completing())
    assert response.text == "Hello"
    stream = b"".join(f"data: {step if step == '[DONE]' else json.dumps(step)}\n\n".encode() for step in (*HELLO, *END))
    reply = http(gzip.compress(stream), content_type="text/event-stream", content_encoding="gzip")
    assert against(reply, use=streaming())[0].text == "Hello"


def test_connections_are_used_again_after_answers_and_streams():
    async def use(provider):
        for _ in range(2):
            await provider.complete(ask())
            await fold(provider.stream(ask()), "m-1")

    _, server = against(*[http(completion()), sse(*HELLO, *END)] * 2, use=use)
    assert server.connections == 1


def test_a_server_that_keeps_the_stream_open_after_its_end():
    response, _ = against(sse(*HELLO, *END, 30.0), use=streaming())
    assert response.text == "Hello"


def test_many_at_once():
    async def use(provider):
        return await asyncio.gather(*(provider.complete(ask()) for _ in range(30)))

    responses, server = against(*[http(completion())] * 30, use=use)
    assert {response.text for response in responses} == {"Hello"}
    assert 8 < server.connections <= 30


def test_the_same_provider_in_one_event_loop_after_another():
    transport = HttpTransport()

    async def main():
        async with LoopbackServer(http(completion()), sse(*HELLO, *END)) as server:
            provider = HttpProvider(Row("here", server.url), transport)
            texts = (await provider.complete(ask())).text, (await fold(provider.stream(ask()), "m")).text
            await transport.aclose()
            return texts

    assert asyncio.run(main()) == asyncio.run(main()) == ("Hello", "Hello")


def test_headers_and_no_key():
    response, server = against(
        http(completion()), use=completing(), key=None, headers={"x-title": "spell", "user-agent": "mine"}
    )
    headers = server.received[0].headers
    assert "authorization" not in headers
    assert (headers["x-title"], headers["user-agent"]) == ("spell", "mine")
    assert response.text == "Hello"


# Refusals

REFUSALS = [
    (401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}, AuthError, "refused the key"),
    (403, {"error": {"message": "Country not supported"}}, AuthError, "Country not supported"),
    (404, {"error": {"code": "model_not_found", "message": "The model `m-1` does not exist"}}, NotFoundError, "'m-1'"),
    (400, {"error": {"message": "Model Not Exist"}}, NotFoundError, "'m-1'"),
    (400, {"error": {"message": "x is not a valid model ID"}}, NotFoundError, "'m-1'"),
    (404, {"detail": "Not Found"}, ProviderError, "404: Not Found"),
    (400, {"error": {"code": "context_length_exceeded", "message": "too long"}}, ContextLengthError, "too long"),
    (400, {"error": {"type": "exceed_context_size_error", "message": "the request exceeds the available context size"}},
     ContextLengthError, "m-1"),
    (400, {"error": {"code": "content_filter", "message": "violates"}}, ContentFilterError, "violates"),
    (400, {"error": {"message": "temperature must be below 2"}}, ProviderError, "temperature must be below 2"),
    (402, {"error": {"message": "Insufficient Balance"}}, ProviderError, "Insufficient Balance"),
    (422, {"detail": [{"msg": "field required", "loc": ["body"]}]}, ProviderError, "field required"),
    (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}, RateLimitError, "no credit"),
    (302, b"", ProviderError, "status 302"),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("status", "body", "error", "words"), REFUSALS)
def test_refusals(use, status, body, error, words):
    failed, server = failing(http(body, status), use=use)
    assert type(failed) is error
    assert words in failed.message
    assert (failed.provider, failed.status, failed.retryable) == ("here", status, False)
    assert len(server.received) == 1
    assert KEY not in everything_said(failed)


def everything_said(error):
    return "".join(traceback.format_exception(error)) + repr(error) + str(error.to_data()) + repr(vars(error))


def test_an_auth_error_says_where_the_key_comes_from():
    failed, _ = failing(http({"error": {"message": "bad key sk-proj-********1234"}}, 401), error=AuthError)
    assert "HERE_KEY" in failed.hint
    assert "***" not in failed.message


def test_without_a_needed_key_nothing_is_sent():
    failed, server = failing(key=None, key_required=True, error=AuthError)
    assert "HERE_KEY" in failed.hint
    assert server.received == []


@BOTH
@pytest.mark.parametrize("status", [200, 302, 404, 405])
def test_a_web_page_is_explained(use, status):
    page = b"<!doctype html><title>Welcome</title>"
    failed, _ = failing(http(page, status, content_type="text/html; charset=utf-8"), use=use, error=ProviderError)
    assert "a web page, not JSON" in failed.message
    assert "base_url" in failed.hint
    assert (failed.provider, failed.status) == ("here", None if status == 200 else status)


@BOTH
@pytest.mark.parametrize(
    ("status", "error", "attempts"), [(401, AuthError, 1), (413, ProviderError, 1), (500, ProviderError, 3)]
)
def test_a_page_of_a_gateway_says_what_its_status_says(use, status, error, attempts):
    page = http(b"<html><h1>nginx</h1></html>", status, content_type="text/html")
    failed, server = failing(*[page] * attempts, use=use, error=error)
    assert "web page" not in failed.message
    assert (failed.status, len(server.received)) == (status, attempts)


@BOTH
def test_plain_text_is_quoted(use):
    failed, _ = failing(http(b"this key may not do that\n", 403, content_type="text/plain"), use=use, error=AuthError)
    assert failed.message.endswith("refused the key: this key may not do that")


@BOTH
def test_an_error_inside_a_good_answer(use):
    body = {"error": {"message": "This model's maximum context length is 10 tokens", "code": 400}}
    assert isinstance(failing(http(body), use=use)[0], ContextLengthError)


@BOTH
def test_an_error_inside_a_good_answer_has_the_status_of_its_type(use):
    busy = http({"error": {"message": "try later", "type": "server_error"}})
    failed, _ = failing(*[busy] * 3, use=use, error=ProviderError)
    assert (failed.status, failed.retryable) == (500, True)


@BOTH
def test_an_error_inside_a_good_answer_may_have_no_status(use):
    failed, server = failing(http({"error": "boom"}), use=use, error=ProviderError)
    assert failed.message.endswith("sent an error in its answer: boom")
    assert (failed.status, failed.retryable, len(server.received)) == (None, False, 1)


@BOTH
@pytest.mark.parametrize("body", [b'{"choices": [', b""])
def test_damaged_json_is_tried_again(use, body):
    failed, server = failing(*[http(body, content_type="application/json")] * 3, use=use, error=ProviderError)
    assert "damaged" in failed.message
    assert (failed.provider, len(server.received)) == ("here", 3)


def test_a_body_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("llmspell.providers.transport.MAX_BODY", 1000)
    failed, _ = failing(http(b"x" * 5000), error=ProviderError)
    assert "larger than" in failed.message
    assert failed.provider == "here"


# Retries


@BOTH
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_passing_refusals_are_tried_again(use, status):
    good = http(completion()) if use is BOTH.args[1][0] else sse(*HELLO, *END)
    response, server = against(http({"error": {"message": "busy"}}, status), good, use=use)
    assert response.text == "Hello"
    assert len(server.received) == 2


@BOTH
def test_after_three_attempts_the_refusal_stands(use):
    failed, server = failing(*[http({"error": {"message": "overloaded"}}, 503)] * 3, use=use, error=ProviderError)
    assert (failed.retryable, failed.status) == (True, 503)
    assert "overloaded" in failed.message
    assert len(server.received) == 3


def test_the_server_says_how_long_to_wait():
    async def use(provider):
        start = asyncio.get_running_loop().time()
        await provider.complete(ask())
        return asyncio.get_running_loop().time() - start

    waited, _ = against(http({}, 429, retry_after_ms="120"), http(completion()), use=use)
    assert waited >= 0.12


def test_a_wait_longer_than_the_budget_is_not_waited_for():
    failed, server = failing(http({"error": {"message": "later"}}, 429, retry_after="3600"), error=RateLimitError)
    assert failed.retryable
    assert len(server.received) == 1


@BOTH
def test_a_connection_that_breaks_before_the_answer_is_tried_again(use):
    good = http(completion()) if use is BOTH.args[1][0] else sse(*HELLO, *END)
    response, server = against([CUT], good, use=use)
    assert response.text == "Hello"
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "first",
    [
        sse(HELLO[0], CUT, end=False),
        sse(HELLO[0]),
        sse({"error": {"message": "upstream is overloaded", "code": 502}}),
        http({"error": {"message": "upstream is overloaded", "code": 502}}),
    ],
    ids=["cut", "ended", "error-event", "error-body"],
)
def test_before_the_first_token_a_stream_is_tried_again(first):
    response, server = against(first, sse(*HELLO, *END), use=streaming())
    assert response.text == "Hello"
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("rest", "error"),
    [([CUT], NetworkError), ([], ProviderError), ([{"error": {"message": "x", "code": 503}}], ProviderError)],
    ids=["cut", "ended", "error-event"],
)
def test_after_the_first_token_a_broken_stream_is_an_error(rest, error):
    failed, server = failing(sse(*HELLO, 0.05, *rest, end=CUT not in rest), use=streaming(), error=error)
    assert failed.retryable
    assert failed.provider == "here"
    assert len(server.received) == 1


# Timeouts and the network


@BOTH
@pytest.mark.parametrize("reply", [[30.0], sse(*HELLO, 30.0)], ids=["silent", "stalled"])
def test_the_timeout_covers_the_whole_answer(use, reply):
    failed, server = failing(
        reply, use=use if reply == [30.0] else streaming(timeout=0.2), error=TimeoutExceededError, timeout=0.2
    )
    assert failed.provider == "here"
    assert len(server.received) == 1


def test_the_timeout_covers_the_retries():
    replies = [http({"error": {"message": "busy"}}, 503)] * 3
    failed, server = failing(*replies, use=completing(timeout=0.3), retries=RetryPolicy(first_pause=5, longest_pause=9))
    assert isinstance(failed, (ProviderError, TimeoutExceededError))
    assert len(server.received) == 1


@BOTH
def test_nobody_listens(use):
    async def main():
        async with LoopbackServer() as server:
            port = server.port
        async with provider_at(f"http://127.0.0.1:{port}/v1") as provider:
            with pytest.raises(NetworkError) as failed:
                await use(provider)
            return failed.value, port

    failed, port = asyncio.run(main())
    assert f"127.0.0.1:{port}" in failed.message
    assert failed.hint
    assert failed.retryable


@pytest.mark.parametrize("url", ["not a url", "ftp://host/v1", "http://"])
def test_an_unusable_url(url):
    async def main():
        async with provider_at(url) as provider:
            await provider.complete(ask())

    with pytest.raises(ProviderError) as failed:
        asyncio.run(main())
    assert "base_url" in failed.value.hint


def test_credentials_in_the_url_are_not_shown():
    async def main():
        async with LoopbackServer(http({"error": {"message": "no: Basic dXNlcjpzZWNyZXQ="}}, 403)) as server:
            url = server.url.replace("//", "//user:secret@")
            async with provider_at(url) as provider:
                assert "secret" not in repr(provider)
                with pytest.raises(AuthError, match="no: Basic") as failed:
                    await provider.complete(ask())
                assert server.received[0].headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="
                return failed.value

    said = everything_said(asyncio.run(main()))
    assert "secret" not in said
    assert "dXNlcjpzZWNyZXQ=" not in said


def test_a_missing_key_is_told_before_a_url_that_is_none():
    row = Row("here", "http://user:secret@[::1/v1", key_env="HERE_KEY", key_required=True)
    with pytest.raises(AuthError) as failed:
        asyncio.run(HttpProvider(row, HttpTransport()).complete(ask()))
    assert "secret" not in everything_said(failed.value)


# Cancelling


@BOTH
@pytest.mark.parametrize("reply", [[30.0], sse(*HELLO, 30.0)], ids=["waiting", "reading"])
def test_cancelling_the_task_closes_the_connection(use, reply):
    async def main():
        async with LoopbackServer(reply) as server, provider_at(server.url) as provider:
            task = asyncio.ensure_future(use(provider))
            await asyncio.wait_for(server.asked.wait(), 5)
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(server.hung_up.wait(), 5)

    asyncio.run(main())


def test_leaving_a_stream_early_closes_the_connection():
    async def main():
        async with LoopbackServer(sse(*HELLO, 30.0)) as server, provider_at(server.url) as provider:
            async with contextlib.aclosing(provider.stream(ask())) as stream:
                async for event in stream:
                    if isinstance(event, TextDelta):
                        break
            await asyncio.wait_for(server.hung_up.wait(), 5)

    asyncio.run(main())


# Embeddings, models, tokens, costs


def vectors(*numbers, usage=3):
    data = [{"index": i, "embedding": [float(number)]} for i, number in enumerate(numbers)]
    return http({"data": data, "usage": {"prompt_tokens": usage}})


def test_embeddings_in_batches(monkeypatch):
    monkeypatch.setattr(OpenAIChat, "max_texts", lambda *_: 2)
    found, server = against(
        vectors(1, 2), vectors(3, 4), vectors(5), use=lambda provider: provider.embed("e", ["a", "b", "c", "d", "é"])
    )
    assert found.vectors == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert found.usage == Usage(input_tokens=9)
    assert [received.body["input"] for received in server.received] == [["a", "b"], ["c", "d"], ["é"]]
    assert server.received[0].path == "/v1/embeddings"


def test_long_texts_make_small_batches(monkeypatch):
    monkeypatch.setattr(http_provider, "_MAX_TEXT_BYTES", 10)
    _, server = against(vectors(1), vectors(2, 3), use=lambda provider: provider.embed("e", ["a" * 50, "b", "c"]))
    assert [len(received.body["input"]) for received in server.received] == [1, 2]


def test_no_texts_make_no_request():
    found, server = against(use=lambda provider: provider.embed("e", []))
    assert found.vectors == []
    assert server.received == []


def test_a_missing_vector_is_an_error():
    failed, _ = failing(vectors(1), use=lambda provider: provider.embed("e", ["a", "b"]), error=ProviderError)
    assert "1 vectors for 2 texts" in failed.message


MODELS = http({"data": [{"id": "m-1", "context_window": 4096, "owned_by": "me"}, {"id": "m-2"}]})


def test_the_list_of_models():
    models, server = against(MODELS, use=lambda provider: provider.list_models())
    assert [(model.name, model.context_length, model.details) for model in models] == [
        ("here/m-1", 4096, {"owned_by": "me"}),
        ("here/m-2", None, {}),
    ]
    assert (server.received[0].method, server.received[0].path) == ("GET", "/v1/models")


@pytest.mark.parametrize("body", [{"detail": "Not Found"}, b"<html>nothing here</html>"])
def test_a_service_may_have_no_list(body):
    kind = "text/html" if isinstance(body, bytes) else "application/json"
    missing = http(body, 404, content_type=kind)
    failed, _ = failing(missing, use=lambda provider: provider.list_models(), error=ProviderError)
    assert failed.hint == "it may have no list: name a model, as in here/...; or else check base_url"


def test_what_is_known_of_a_model():
    info, _ = against(MODELS, use=lambda provider: provider.info("m-1"))
    assert (info.provider, info.context_length, info.local) == ("here", 4096, False)
    failed, _ = failing(MODELS, use=lambda provider: provider.info("m1"), error=NotFoundError)
    assert "here/m-1" in failed.hint
    failed, _ = failing(MODELS, use=lambda provider: provider.info("something else"), error=NotFoundError)
    assert failed.hint == "`llmspell models list --provider here` shows its models"


def test_costs_are_known_where_prices_are():
    transport = HttpTransport()
    million = Usage(1_000_000, 0)
    assert HttpProvider(OPENAI, transport).cost("gpt-4o-mini", million) == pytest.approx(0.15)
    assert HttpProvider(OPENAI._replace(prices=None), transport).cost("gpt-4o-mini", million) is None


def test_the_key_is_in_no_repr():
    assert KEY not in repr(HttpProvider(OPENAI, HttpTransport(), key=KEY))


@pytest.mark.parametrize("extra", [{"model": "dear-1"}, {"models": ["dear-1"]}, {"modelId": "dear-1"}])
def test_no_extra_names_another_model(extra):
    def speaking(provider):
        return provider.perform(Speak(model="m-1", text="x", extra=extra))

    for use in (completing(extra=extra), streaming(extra=extra), speaking):
        error, server = failing(use=use, error=InvalidValueError)
        assert "cannot be used" in error.message
        assert server.received == []
