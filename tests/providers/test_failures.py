"""From refusals to errors: the kinds, and the keys that providers repeat and we do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import (
    AuthError,
    ContentFilterError,
    ContextLengthError,
    NotFoundError,
    ProviderError,
    RateLimitError,
)
from llmspell.providers.failures import RETRYABLE, Asked, failure, missing_key
from llmspell.providers.wire.problem import Problem, from_body, from_json

KEY = "sk-live-0123456789abcdef"
ASKED = Asked("here", "api.here.test", "m-1", KEY, "HERE_KEY")


def fail(status=400, message="", code="", **fields):
    return failure(Problem(message, code, **fields), status, ASKED)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
        "Please reduce the length of the messages or completion.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "the request exceeds the available context size. try increasing the context size",
        "Input exceeds the context window of this model",
    ],
)
def test_prompts_that_are_too_long(message):
    assert isinstance(fail(400, message), ContextLengthError)
    assert isinstance(fail(413, message), ContextLengthError)
    assert isinstance(fail(500, message), ContextLengthError)


@pytest.mark.parametrize(
    "message",
    [
        "The model `x` does not exist or you do not have access to it.",
        "Model Not Exist",
        "Invalid model: x",
        "x is not a valid model ID",
        "No such model",
        "The model `x` has been decommissioned and is no longer supported.",
        "model 'x' not found",
    ],
)
@pytest.mark.parametrize("status", [400, 404, 422])
def test_unknown_models(message, status):
    error = fail(status, message)
    assert isinstance(error, NotFoundError)
    assert "llmspell models list --provider here" in error.hint


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("The response was filtered due to Azure OpenAI's content management policy", "content_filter"),
        ("Your request was flagged by our safety system", ""),
        ("This violates our usage policies", ""),
    ],
)
def test_refused_content(message, code):
    assert isinstance(fail(400, message, code), ContentFilterError)


@pytest.mark.parametrize("status", sorted(RETRYABLE))
def test_what_may_be_tried_again(status):
    error = fail(status, "try later")
    assert error.retryable
    assert isinstance(error, RateLimitError if status == 429 else ProviderError)


@pytest.mark.parametrize("status", [301, 400, 402, 404, 405, 413, 422, 501])
def test_what_may_not(status):
    assert not fail(status, "no").retryable


def test_an_empty_account_is_not_a_reason_to_wait():
    error = fail(429, "You exceeded your current quota, please check your plan and billing details")
    assert isinstance(error, RateLimitError)
    assert not error.retryable
    assert "billing" in error.hint


def test_the_status_inside_the_body_counts():
    error = failure(Problem("busy", "503", status=503), 200, ASKED)
    assert (error.retryable, error.status) == (True, 503)


def test_a_wrong_address_is_suspected():
    assert "base_url" in fail(404, "Not Found").hint
    assert "base_url" in fail(405).hint


def test_hints_about_keys():
    assert fail(401).hint == "check the key in the environment variable HERE_KEY"
    assert missing_key(ASKED._replace(key="")).hint == "put the key into the environment variable HERE_KEY"
    nameless = failure(Problem(), 401, ASKED._replace(key="", key_source=""))
    assert "api_key_env in [providers.here]" in nameless.hint
    assert isinstance(nameless, AuthError)


@pytest.mark.parametrize(
    "quoted",
    [KEY, "sk-live-********cdef", "sk-live-0123****", KEY[:-3], f"Bearer {KEY}", "sk-l...cdef", "sk-live-0123…"],
)
def test_keys_are_not_repeated(quoted):
    error = fail(401, f"Incorrect API key provided: {quoted}. See https://here.test/keys.")
    for secret in (KEY, KEY[:12], "****", "cdef"):
        assert secret not in error.message
    assert "Incorrect API key provided" in error.message
    assert "See https://here.test/keys" in error.message


@pytest.mark.parametrize("key", ["", "short"])
def test_messages_without_a_key_to_hide(key):
    error = failure(Problem("the short message"), 400, ASKED._replace(key=key))
    assert ("the short message" in error.message) == (not key)


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from([200, 400, 401, 403, 404, 429, 500, 503]))
def test_the_key_is_never_in_an_error(before, after, status):
    error = fail(status, before + KEY + after)
    assert KEY not in error.message


@pytest.mark.parametrize("text", ["x", "model ", "context ", "* ", "***"])
def test_long_messages_are_cut(text):
    assert len(fail(400, text * 1_000_000).message) < 600


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "a", "code": "c", "type": "t"}}, ("a", "c", "t", None)),
        ({"error": {"message": "a", "code": 429}}, ("a", "429", "", 429)),
        ({"error": {"message": "a", "code": None}}, ("a", "", "", None)),
        ({"error": "a"}, ("a", "", "", None)),
        ({"message": "a", "type": "t", "code": "1500"}, ("a", "1500", "t", None)),
        ({"detail": "a"}, ("a", "", "", None)),
        ({"detail": [{"msg": "a", "loc": ["body", "stop", 0]}]}, ("stop.0: a", "", "", None)),
        ({"detail": [{"msg": "a", "loc": ["body"]}]}, ("a", "", "", None)),
        ({"detail": [{"loc": ["x"]}]}, ("", "", "", None)),
        ({"message": {"detail": [{"msg": "a"}]}}, ("a", "", "", None)),
        (
            [{"error": {"code": 400, "message": "a", "status": "INVALID_ARGUMENT"}}],
            ("a", "400", "INVALID_ARGUMENT", 400),
        ),
        ([], ("", "", "", None)),
        (None, ("", "", "", None)),
        ({"error": {}}, ("", "", "", None)),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": "a"}}}, ("a", "", "", None)),
        ({"error": {"message": "b", "metadata": {"raw": '{"error": {"message": "a"}}'}}}, ("a", "", "", None)),
        ({"error": {"message": "a", "metadata": {"raw": ""}}}, ("a", "", "", None)),
    ],
)
def test_the_shapes_of_error_bodies(body, expected):
    assert from_json(body) == Problem(*expected)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"x" * 5000, b"\x00\x01", b"{oops"])
def test_bodies_that_say_nothing(body):
    assert from_body(body, 500) == Problem(status=500)


def test_a_plain_text_is_the_message():
    assert from_body(b" 404 page not found\n", 404) == Problem("404 page not found", status=404)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.25, "0.25 s"), (30.4, "30 s"), (150, "2 min"), (86_400, "24 h"), (119, "119 s")]
)
def test_how_long_to_wait_is_told(seconds, words):
    error = failure(Problem("busy", retry_after=seconds), 429, ASKED)
    assert error.hint == f"it asks to wait {words}"
    assert error.data == {"retry_after": seconds}


def test_no_wait_helps_against_what_cannot_be_retried():
    error = failure(Problem("insufficient_quota", retry_after=5), 429, ASKED)
    assert ("billing" in error.hint, error.data) == (True, None)


def test_a_wrong_key_is_one_whatever_the_status():
    problem = Problem("Incorrect API key provided. You can obtain one from the console.", "invalid-argument")
    assert isinstance(failure(problem, 400, Asked("xai", "api.x.ai")), AuthError)


def test_a_model_that_is_not_supported_is_unknown_but_not_a_feature():
    asked = Asked("voyage", "api.voyageai.com", "nonexistent")
    assert isinstance(
        failure(Problem("Model nonexistent is not supported. Supported models are"), 400, asked), NotFoundError
    )
    assert not isinstance(failure(Problem("This model does not support images"), 400, asked), NotFoundError)
