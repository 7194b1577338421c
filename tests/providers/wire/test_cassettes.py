"""Recorded traffic of many services, cut into random pieces, through the format that they all speak."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.providers.base import Accumulator, Event
from llmspell.providers.wire import openai_chat as wire
from llmspell.providers.wire.problem import RefusedError, from_body
from tests.providers.loopback import CASSETTES

SERVICES = [
    "azure",
    "cerebras",
    "copilot",
    "crusoe",
    "deepseek",
    "doubleword",
    "groq",
    "huggingface",
    "llamacpp",
    "mistral",
    "mistralrs",
    "openai-chat",
    "openai-other",
    "openrouter",
    "perplexity",
    "snowflake",
    "venice",
    "zai",
]
IN_BAND_ERRORS = ("test_tool_use_failed_error_streaming", "test_openrouter_stream_error")

CHAT = wire.OpenAIChat()


class Recording(NamedTuple):
    path: str
    endpoint: str
    status: int
    body: bytes

    @property
    def is_stream(self) -> bool:
        return b"data:" in self.body[:2000]


@cache
def recordings() -> tuple[Recording, ...]:
    files = sorted(file for service in SERVICES for file in (CASSETTES / service).glob("*.yaml"))
    return tuple(recording for file in files for recording in read(file))


def read(file) -> Iterator[Recording]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=loader):
        if "then" in document:
            answer = document["then"]
            if "body_encoding" not in answer:
                yield Recording(file.name, document["when"]["path"], answer["status"], (answer["body"] or "").encode())
        for interaction in document.get("interactions", ()):
            response = interaction["response"]
            yield Recording(file.name, interaction["request"]["uri"], response["status"]["code"], body_of(response))


def body_of(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"]).encode()
    body = response["body"]["string"]
    body = body if isinstance(body, bytes) else body.encode()
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def chosen(path: str, *, stream: bool | None = None, good: bool = True) -> list[Recording]:
    if not CASSETTES.is_dir():
        pytest.skip("the recorded traffic is not beside the project")
    found = [
        recording
        for recording in recordings()
        if recording.endpoint.partition("?")[0].endswith(path)
        and (recording.status == 200) == good
        and stream in (None, recording.is_stream)
    ]
    assert found
    return found


def decode(pieces: list[bytes]) -> list[Event]:
    decoder = wire.Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return events + decoder.end()


def fold(events: list[Event]):
    accumulator = Accumulator("asked-for")
    for event in events:
        accumulator.add(event)
    return accumulator.response()


def test_every_recorded_stream_gives_an_answer():
    finished = 0
    for recording in chosen("/chat/completions", stream=True):
        if any(name in recording.path for name in IN_BAND_ERRORS) and b'"error"' in recording.body:
            with pytest.raises(RefusedError) as refused:
                decode([recording.body])
            assert refused.value.problem.message
            continue
        response = fold(decode([recording.body]))
        assert response.text or response.tool_calls or response.reasoning or was_cut(response), recording.path
        assert response.finish_reason != "other", recording.path
        assert response.model != "asked-for", recording.path
        finished += 1
    assert finished > 40


def test_every_recorded_answer_is_read():
    answers = chosen("/chat/completions", stream=False)
    for recording in answers:
        response = fold(CHAT.decode(recording.body))
        assert response.text or response.tool_calls or response.reasoning or was_cut(response), recording.path
        assert response.usage.input_tokens, recording.path
        assert response.finish_reason != "other", recording.path
    assert len(answers) > 60


def test_tool_calls_are_those_in_the_json():
    for recording in chosen("/chat/completions", stream=False):
        message = json.loads(recording.body)["choices"][0]["message"]
        response = fold(CHAT.decode(recording.body))
        expected = [
            (call["id"], call["function"]["name"], json_or_none(call["function"]["arguments"] or "{}") or {})
            for call in message.get("tool_calls") or []
            if not was_cut(response) or json_or_none(call["function"]["arguments"])
        ]
        assert [(call.id, call.name, call.arguments) for call in response.tool_calls] == expected, recording.path


def was_cut(response) -> bool:
    return response.finish_reason == "length"


def json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_where_the_pieces_are_cut_does_not_matter(draw):
    streams = [r for r in chosen("/chat/completions", stream=True) if not any(n in r.path for n in IN_BAND_ERRORS)]
    body = draw.draw(st.sampled_from(streams)).body
    if draw.draw(st.booleans()):
        body = body.replace(b"\n", b"\r\n")
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(body)), max_size=30)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert decode(pieces) == decode([body])


def test_a_stream_cut_at_any_event_is_never_a_success():
    recording = next(r for r in chosen("/chat/completions", stream=True) if "surfaces_two_distinct" in r.path)
    events = recording.body.split(b"\n\n")
    last = next(i for i, event in enumerate(events) if b'"finish_reason":"' in event)
    for count in range(last):
        with pytest.raises(Exception, match="cut off"):
            decode([b"\n\n".join(events[:count])])


def test_every_recorded_refusal_says_why():
    for path in ("/chat/completions", "/embeddings", "/models"):
        for recording in chosen(path, good=False):
            problem = from_body(recording.body, recording.status)
            assert problem.message, recording.path
            assert problem.status == recording.status, recording.path


def test_recorded_embeddings():
    for recording in chosen("/embeddings"):
        vectors, usage = CHAT.decode_embeddings(recording.body)
        assert vectors
        assert usage.input_tokens is None or usage.input_tokens > 0


def test_recorded_lists_of_models():
    for recording in chosen("/models"):
        assert all(model["id"] for model in CHAT.decode_models(recording.body))
