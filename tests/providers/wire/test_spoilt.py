"""Answers with something wrong at a random place: they are read, or refused with an error of ours, never a crash."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import LlmspellError
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.wire import formats
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire import test_anthropic, test_gemini
from tests.providers.wire.kit import stream
from tests.providers.wire.traffic import decoded, folded

ANSWERS = {
    "anthropic": (test_anthropic.CHUNKS, json.loads(test_anthropic.said(*test_anthropic.ANSWER, reason="tool_use"))),
    "gemini": (test_gemini.CHUNKS, test_gemini.chunk(*test_gemini.ANSWER, reason="STOP", usage={"totalTokenCount": 1})),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("\ud83d"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything inside a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def spoilt(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    result = copy.deepcopy(value)
    target = result
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = other
    return result


def survives(wire: str, read) -> None:
    """What was read can be sent back, and errors are ours."""
    made = formats.make(wire, {})
    try:
        message = folded(read(made)).message
    except (LlmspellError, RefusedError):
        return
    body = made.chat(Request(model="m", messages=[Message("user", "hi"), message]), stream=False).body
    json.loads(body.decode())


@pytest.mark.parametrize("wire", ANSWERS)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_streams(wire, data):
    chunks = ANSWERS[wire][0]
    changed = spoilt(chunks, data.draw(st.sampled_from(places(chunks)[1:])), data.draw(JSON))
    body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in changed)
    survives(wire, lambda made: decoded(made.decoder(), [body]))


@pytest.mark.parametrize("wire", ANSWERS)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whole_answers(wire, data):
    answer = ANSWERS[wire][1]
    changed = spoilt(answer, data.draw(st.sampled_from(places(answer))), data.draw(JSON))
    survives(wire, lambda made: made.decode(json.dumps(changed).encode()))


@pytest.mark.parametrize("wire", ANSWERS)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_bytes(wire, data):
    body = stream(*ANSWERS[wire][0])
    start = data.draw(st.integers(0, len(body)))
    noise = data.draw(st.binary(max_size=8))
    spoiled = body[:start] + noise + body[start + data.draw(st.integers(0, 20)) :]
    survives(wire, lambda made: decoded(made.decoder(), [spoiled]))
    survives(wire, lambda made: made.decode(noise))
