"""Answers in which anything may have been replaced by anything: read, or refused with an error of ours."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import LlmspellError
from llmspell.providers.wire import formats
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.frames import frame
from tests.providers.wire.traffic import decoded, folded

CALL = {"type": "function_call", "id": "fc", "call_id": "call_abcdef", "name": "add", "arguments": '{"a":1}'}
LOGPROB = {"token": "a", "logprob": -1.0, "top_logprobs": [{"token": "b", "logprob": -2.0}]}
PART = {"type": "output_text", "text": "so", "annotations": [{"url": "x"}], "logprobs": [LOGPROB]}
PICTURE = {"type": "image_generation_call", "id": "ig", "result": "eA==", "output_format": "png"}
THOUGHT = {"type": "reasoning", "id": "rs", "summary": [{"text": "hm"}], "encrypted_content": "x"}
USAGE = {"input_tokens": 1, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 0}}
ITEMS = [THOUGHT, {"type": "message", "id": "m", "content": [PART]}, CALL, PICTURE]
ANSWER = {"id": "r", "model": "m", "status": "completed", "output": ITEMS, "usage": USAGE}

RESPONSES = [
    {"type": "response.created", "response": {"id": "r", "model": "m"}},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm"},
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "so", "logprobs": [LOGPROB]},
    {"type": "response.output_item.added", "output_index": 2, "item": CALL},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '{"a":1}'},
    {"type": "response.output_item.done", "output_index": 2, "item": CALL},
    {"type": "response.completed", "response": ANSWER},
]
MESSAGE = {"content": "so", "thinking": "hm", "tool_calls": [{"id": "c", "function": {"name": "a", "arguments": {}}}]}
OLLAMA = [
    {"model": "m", "created_at": "2026", "message": MESSAGE, "logprobs": [LOGPROB], "done": False},
    {"model": "m", "message": {"content": ""}, "done": True, "done_reason": "stop", "eval_count": 1},
]
TOOL = {"id": "c", "type": "function", "function": {"name": "a", "arguments": "{}"}}
TOKENS = {"tokens": {"input_tokens": 1.0}, "cached_tokens": 0}
COHERE = [
    {"type": "message-start", "id": "m"},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will"}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"thinking": "hm"}}}},
    {
        "type": "content-delta",
        "index": 1,
        "delta": {"message": {"content": {"text": "so"}}},
        "logprobs": {"text": "so", "logprobs": [-1.0]},
    },
    {"type": "citation-start", "delta": {"message": {"citations": {"start": 0}}}},
    {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": TOOL}}},
    {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": TOKENS}},
]
COHERE_WHOLE = {
    "id": "m",
    "finish_reason": "COMPLETE",
    "message": {"tool_plan": "p", "content": [{"text": "so"}, {"thinking": "hm"}], "tool_calls": [TOOL]},
    "usage": TOKENS,
    "logprobs": [{"text": "so", "logprobs": [-1.0]}],
}
BLOCKS = [
    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
    {"text": "so"},
    {"citationsContent": {"content": [{"text": "so"}], "citations": [{"title": "t"}]}},
    {"toolUse": {"toolUseId": "c", "name": "a", "input": {}}},
    {"toolUse": {"toolUseId": "c", "name": "a", "input": {}, "type": "server_tool_use"}},
    {"image": {"format": "png", "source": {"bytes": "eA=="}}},
]
CONVERSED = {
    "output": {"message": {"role": "assistant", "content": BLOCKS}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 1, "outputTokens": 2, "cacheReadInputTokens": 3},
}
BEDROCK = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "hm"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "s"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "so"}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "t"}}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "c", "name": "a"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{}"}}}),
    ("contentBlockStart", {"contentBlockIndex": 3, "start": {"image": {"format": "png"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 3, "delta": {"image": {"source": {"bytes": "eA=="}}}}),
    ("contentBlockStop", {"contentBlockIndex": 3}),
    ("contentBlockStart", {"contentBlockIndex": 4, "start": {"toolResult": {"toolUseId": "c"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 4, "delta": {"toolResult": [{"text": "x"}]}}),
    ("contentBlockStop", {"contentBlockIndex": 4}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": CONVERSED["usage"]}),
]


def sse(events: list[Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)


def ndjson(lines: list[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def frames(events: list[Any]) -> bytes:
    return b"".join(frame(name, data) for name, data in events)


def pairs(events: list[Any]) -> bytes:
    """Frames keep their names, or they would be none."""
    return frames([(name, data) for (name, _), data in zip(BEDROCK, events, strict=True)])


STREAMS = {
    "openai-responses": (RESPONSES, sse),
    "ollama": (OLLAMA, ndjson),
    "cohere-v2": (COHERE, sse),
    "bedrock": ([data for _, data in BEDROCK], pairs),
}
WHOLES = {
    "openai-responses": ANSWER,
    "ollama": {**OLLAMA[0], "done": True},
    "cohere-v2": COHERE_WHOLE,
    "bedrock": CONVERSED,
}
ANYTHING = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "{}", [], [1], {}, {"a": 1}, [{}], [None], "\ud83d"])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every value inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in inside for place in places(inner, (*path, key)))][not path :]


def damaged(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = by
    return changed


@pytest.mark.parametrize("name", STREAMS)
def test_without_damage_all_is_read(name):
    events, written = STREAMS[name]
    streamed = folded(decoded(formats.make(name, {}).decoder(), [written(events)]))
    whole = folded(formats.make(name, {}).decode(json.dumps(WHOLES[name]).encode()))
    assert streamed.text.startswith("so")
    assert whole.text.startswith("so")
    assert streamed.tool_calls[0].id == whole.tool_calls[0].id


@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_stream_is_read_or_refused(name, data):
    events, written = STREAMS[name]
    changed = damaged(events, data.draw(st.sampled_from(places(events))), data.draw(ANYTHING))
    try:
        response = folded(decoded(formats.make(name, {}).decoder(), [written(changed)]))
    except (LlmspellError, RefusedError):
        return
    assert isinstance(response.text, str)
    assert all(isinstance(call.arguments, dict) for call in response.tool_calls)


@pytest.mark.parametrize("name", WHOLES)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_answer_is_read_or_refused(name, data):
    whole = WHOLES[name]
    changed = damaged(whole, data.draw(st.sampled_from(places(whole))), data.draw(ANYTHING))
    try:
        response = folded(formats.make(name, {}).decode(json.dumps(changed).encode()))
    except (LlmspellError, RefusedError):
        return
    assert isinstance(response.text, str)
    assert all(isinstance(call.arguments, dict) for call in response.tool_calls)
