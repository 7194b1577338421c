"""The OpenAI wire format, and every way in which servers were seen to bend it."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import LlmspellError, ProviderError
from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Finished, ReasoningDelta, Request, Started, TextDelta, Usage
from llmspell.providers.content import Message, Text, ToolCall, ToolResult
from llmspell.providers.wire import openai_chat as wire
from llmspell.providers.wire.problem import RefusedError
from tests.providers.loopback import chunk, completion

DONE = "[DONE]"

CHAT = wire.OpenAIChat()


def lines(*chunks):
    return b"".join(f"data: {c if isinstance(c, str) else json.dumps(c)}\n\n".encode() for c in chunks)


def events(*chunks):
    decoder = wire.Decoder()
    return decoder.feed(lines(*chunks)) + decoder.end()


def fold(received):
    accumulator = Accumulator("asked-for")
    for event in received:
        accumulator.add(event)
    return accumulator.response()


def streamed(*chunks):
    return fold(events(*chunks))


def calls(*pieces, finish="tool_calls"):
    """The tool calls of a stream, each argument a chunk's `tool_calls`."""
    response = streamed(*(chunk({"tool_calls": piece}) for piece in pieces), chunk(finish=finish), DONE)
    return [(call.name, call.arguments) for call in response.tool_calls]


def piece(index=0, call_id=None, name=None, arguments=None):
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fields = (("index", index), ("id", call_id), ("function", function or None))
    return {key: value for key, value in fields if value is not None}


# Requests


def encoded(*, stream=False, dialect=None, **fields):
    fields.setdefault("messages", [Message("user", "Hi")])
    return json.loads(wire.OpenAIChat(dialect).chat(Request(model="m", **fields), stream=stream).body)


def test_a_plain_request_says_nothing_that_was_not_asked_for():
    assert encoded() == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def test_options():
    body = encoded(temperature=0, top_p=0.5, max_tokens=9, stop=["x"], seed=3, extra={"top_k": 1, "seed": 4})
    del body["messages"], body["model"]
    assert body == {"temperature": 0, "top_p": 0.5, "max_tokens": 9, "stop": ["x"], "seed": 4, "top_k": 1}


def test_the_dialect_decides_what_servers_differ_in():
    openai = wire.Dialect(max_tokens="max_completion_tokens")
    assert encoded(max_tokens=9, dialect=openai)["max_completion_tokens"] == 9
    assert encoded(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in encoded(stream=True, dialect=wire.Dialect(stream_usage=False))


def test_a_conversation_with_tools():
    messages = [
        Message("assistant", [ToolCall("c1", "weather", {"city": "Málaga"})]),
        Message("tool", [ToolResult("c1", [Text("sunny")])]),
    ]
    tool = {"name": "weather", "description": "of a city", "parameters": {"type": "object"}}
    body = encoded(messages=messages, tools=[tool])
    call = body["messages"][0].pop("tool_calls")[0]
    assert call["function"].pop("arguments") == '{"city": "Málaga"}'
    assert call == {"id": "c1", "type": "function", "function": {"name": "weather"}}
    assert body["messages"] == [
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
    ]
    assert body["tools"] == [{"type": "function", "function": tool}]


# Whole answers and streams of the same


def test_an_answer_and_its_stream_are_the_same_events_in_the_end():
    whole = CHAT.decode(json.dumps(completion("Hello")).encode())
    usage = completion()["usage"]
    stream = events(chunk({"content": "Hel"}), chunk({"content": "lo"}, "stop", usage=usage), DONE)
    assert whole == [Started("chatcmpl-1", "m-1"), TextDelta("Hello"), Usage(11, 7), Finished("stop", "stop")]
    assert fold(whole) == fold(stream)


def test_details_of_the_usage():
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 8},
    }
    assert streamed(chunk(finish="stop", usage=usage), DONE).usage == Usage(100, 20, 64, 8)


def test_deepseek_counts_cached_tokens_elsewhere():
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 4}
    assert streamed(chunk(finish="stop", usage=usage), DONE).usage.cached_tokens == 4


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(finish="stop"), {"id": "x", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}],
        [chunk(finish="stop", usage={"prompt_tokens": 3, "completion_tokens": 2})],
        [chunk(finish="stop", x_groq={"usage": {"prompt_tokens": 3, "completion_tokens": 2}})],
        [{"choices": [{"delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 3, "completion_tokens": 2}}]}],
        [
            chunk({"content": "x"}, usage={"prompt_tokens": 3, "completion_tokens": 1}),
            chunk(finish="stop", usage={"prompt_tokens": 3, "completion_tokens": 2}),
        ],
    ],
    ids=["separate", "with-the-last", "groq", "inside-the-choice", "with-every-chunk"],
)
def test_usage_is_found_and_given_once(chunks):
    received = events(*chunks, DONE)
    assert [event for event in received if isinstance(event, Usage)] == [Usage(3, 2)]


def test_usage_of_the_wrong_type_is_unknown():
    assert streamed(chunk(finish="stop", usage={"prompt_tokens": "3"}), DONE).usage == Usage()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("sensitive", "content_filter"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("abort", "other"),
        (7, "other"),
    ],
)
def test_finish_reasons_keep_the_providers_word(raw, reason):
    assert events(chunk(finish=raw), DONE)[-1] == Finished(reason, str(raw))


def test_a_stream_that_only_says_done_is_finished():
    response = streamed(chunk({"content": "x"}), DONE)
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", None)


def test_azure_begins_with_a_chunk_without_choices():
    response = streamed(
        {"id": "", "model": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        chunk(finish="stop"),
        DONE,
    )
    assert (response.text, response.model, response.id) == ("", "m-1", "chatcmpl-1")
    assert response.raw == {"prompt_filter_results": [{"prompt_index": 0}]}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning(field):
    response = streamed(chunk({field: "Hm"}), chunk({field: "."}), chunk({"content": "Yes"}, "stop"), DONE)
    assert (response.reasoning, response.text) == ("Hm.", "Yes")


def test_reasoning_sent_under_both_names_is_taken_once():
    assert streamed(chunk({"reasoning": "Hm", "reasoning_content": "Hm"}, "stop"), DONE).reasoning == "Hm"


def test_mistral_sends_parts():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    parts = [thinking, {"type": "text", "text": "Yes"}, {"type": "reference", "reference_ids": [1]}]
    received = events(chunk({"content": parts}, "stop"), DONE)
    assert received[1:3] == [ReasoningDelta("Hm"), TextDelta("Yes")]


def test_a_refusal_is_text_and_a_filtered_answer():
    response = streamed(chunk({"refusal": "I'm"}), chunk({"refusal": " sorry"}), chunk(finish="stop"), DONE)
    assert (response.text, response.finish_reason, response.raw_finish_reason) == (
        "I'm sorry",
        "content_filter",
        "stop",
    )


# Tool calls in pieces


def test_parallel_calls_as_openai_streams_them():
    assert calls(
        [piece(0, "a", "f", "")],
        [piece(0, arguments='{"x"')],
        [piece(0, arguments=": 1}")],
        [piece(1, "b", "g", "")],
        [piece(1, arguments="{}")],
    ) == [("f", {"x": 1}), ("g", {})]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([[piece(None, "a", "f", '{"x":1}')], [piece(None, "b", "g", "{}")]], [("f", {"x": 1}), ("g", {})]),
        ([[piece(0, "a", "f", '{"x":1}')], [piece(0, "b", "g", "{}")]], [("f", {"x": 1}), ("g", {})]),
        ([[piece(0, "a", "f", "{}"), piece(0, "b", "f", "{}")]], [("f", {}), ("f", {})]),
        ([[piece(None, None, "f", "{}")], [piece(None, None, "f", '{"y":2}')]], [("f", {}), ("f", {"y": 2})]),
        ([[piece(None, "a", "f", '{"x"')], [piece(None, arguments=":1}")]], [("f", {"x": 1})]),
        ([[piece(0, "a", "f", '{"x":1}')], [piece(0, None, "f", "")]], [("f", {"x": 1})]),
        ([[piece(0, "a", "f")], [piece(0, "b", arguments="{}")]], [("f", {})]),
        ([[piece(0, None, "f", "{}")], [piece(0, None, "g", "{}")]], [("f", {}), ("g", {})]),
        ([[piece(0, "a", "f", "{")], [piece(1, "b", "g", "{}")], [piece(0, arguments="}")]], [("f", {}), ("g", {})]),
        ([[piece(0, "a", "f", "{"), piece(0, "b", "g", "{")], [piece(0, "a", None, "}")], [piece(0, "b", None, "}")]],
         [("f", {}), ("g", {})]),
    ],
    ids=[
        "no-index",
        "same-index",
        "same-index-in-one-chunk",
        "neither-index-nor-id",
        "no-index-and-pieces",
        "name-repeated-with-null-id",
        "a-new-id-for-every-piece",
        "same-index-no-ids",
        "interleaved",
        "same-index-interleaved-by-id",
    ],
)  # fmt: skip
def test_which_piece_belongs_to_which_call(pieces, expected):
    assert calls(*pieces) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["{", '"x":1}'], {"x": 1}),
        (["{", '{"x":1}'], {"x": 1}),
        (['{"x":1}', "}"], {"x": 1}),
        (["", '{"x":1}'], {"x": 1}),
        ([None, '{"x":1}'], {"x": 1}),
        ([""], {}),
        ([None], {}),
        (["null"], {}),
        ([{"x": 1}], {"x": 1}),
        (['{"é":"\U0001f600"}'], {"é": "\U0001f600"}),
    ],
)
def test_arguments(arguments, expected):
    first, *rest = arguments
    assert calls([piece(0, "a", "f", first)], *([piece(0, arguments=more)] for more in rest)) == [("f", expected)]


@pytest.mark.parametrize("wrong", ["[1]", "{oops", "5"])
def test_arguments_that_are_no_object_are_an_error_that_names_the_tool(wrong):
    with pytest.raises(ProviderError, match="'f'"):
        calls([piece(0, "a", "f", wrong)])


def test_a_call_that_the_length_limit_cut_off_is_left_out():
    assert calls([piece(0, "a", "f", "{}")], [piece(1, "b", "g", '{"x')], finish="length") == [("f", {})]


def test_a_metadata_piece_is_not_a_call():
    signature = {"extra_content": {"google": {"thought_signature": "abc"}}}
    assert calls([piece(0, "a", "f", "{}")], [signature], [None], finish="stop") == [("f", {})]


def test_a_single_object_instead_of_a_list():
    assert calls(piece(0, "a", "f", "{}")) == [("f", {})]


def test_stop_with_tool_calls_means_tool_calls():
    received = events(chunk({"tool_calls": [piece(0, "a", "f", "{}")]}), chunk(finish="stop"), DONE)
    assert received[-1] == Finished("tool_calls", "stop")


def test_calls_of_a_whole_answer_have_no_index():
    data = completion(None)
    data["choices"][0]["message"]["tool_calls"] = [piece(None, "a", "f", "{}"), piece(None, "b", "f", "{}")]
    response = fold(CHAT.decode(json.dumps(data).encode()))
    assert [(call.id, call.name) for call in response.tool_calls] == [("a", "f"), ("b", "f")]


# Ends and errors


def test_a_stream_that_is_cut_is_an_error():
    decoder = wire.Decoder()
    decoder.feed(lines(chunk({"content": "Hel"})))
    with pytest.raises(ProviderError, match="cut off") as failed:
        decoder.end()
    assert failed.value.retryable


def test_a_finish_reason_is_end_enough():
    assert streamed(chunk({"content": "x"}, "stop")).text == "x"


def test_nothing_counts_after_done():
    decoder = wire.Decoder()
    decoder.feed(lines(chunk(finish="stop"), DONE, chunk({"content": "late"})))
    assert decoder.done
    assert decoder.feed(lines(chunk({"content": "later"}))) == []
    assert decoder.end() == []


@pytest.mark.parametrize(
    ("stream", "message", "code"),
    [
        (lines({"error": {"message": "overloaded", "code": 502}}), "overloaded", "502"),
        (lines({"error": "no"}), "no", ""),
        (lines(chunk({}, error={"message": "Token limit reached", "code": 400})), "Token limit reached", "400"),
        (b'event: error\ndata: {"message": "boom"}\n\n', "boom", ""),
        (lines({"object": "error", "message": "bad", "code": 40303}), "bad", "40303"),
    ],
)
def test_an_error_inside_the_stream(stream, message, code):
    with pytest.raises(RefusedError) as refused:
        wire.Decoder().feed(stream)
    assert refused.value.problem[:2] == (message, code)


def test_an_error_inside_a_good_answer():
    with pytest.raises(RefusedError) as refused:
        CHAT.decode(b'{"error": {"message": "no", "type": "server_error", "code": 503}}')
    assert refused.value.problem[:4] == ("no", "503", "server_error", 503)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<!doctype html><html>", "a web page, not JSON"),
        (b'{"choices": [{"mess', "damaged or was cut off"),
        (b"", "damaged or was cut off"),
        (b"[" * 100_000, "damaged or was cut off"),
        (b'{"choices": []}', "not an answer"),
        (b'{"choices": {"a": 1}}', "not an answer"),
        (b'{"choices": [{"message": "text"}]}', "not an answer"),
        (b'{"choices": [{"message": {"content": 5}}]}', "not an answer"),
        (b'{"choices": [{"message": {"tool_calls": [5]}}]}', "not an answer"),
        (b"[]", "not an answer"),
        (b"7", "not an answer"),
        (b"{}", "not an answer"),
    ],
)
def test_what_is_no_answer(body, message):
    with pytest.raises(ProviderError, match=message):
        CHAT.decode(body)


def test_damaged_text_is_shown_rather_than_lost():
    body = json.dumps(completion("caf_")).encode().replace(b"caf_", b"caf\xe9")
    assert fold(CHAT.decode(body)).text == "caf\ufffd"


def test_half_an_emoji_is_replaced():
    assert streamed(chunk({"content": "\ud83d"}), chunk({"content": "\ud83d\ude00"}, "stop")).text == "\ufffd\U0001f600"


FIELDS = [
    "choices",
    "delta",
    "message",
    "content",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "index",
    "id",
    "usage",
    "error",
    "finish_reason",
    "reasoning",
    "prompt_tokens_details",
    "x_groq",
    "type",
    "text",
    "reasoning_details",
    "images",
    "image_url",
    "audio",
    "data",
    "extra_content",
    "function_call",
    "logprobs",
    "token",
    "summary",
    "annotations",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=20,
)


@given(json_values)
def test_no_json_makes_it_fail_in_another_way(value):
    for attempt in (
        lambda: fold(CHAT.decode(json.dumps(value).encode())),
        lambda: streamed(value, chunk(finish="stop"), DONE),
        lambda: streamed({"choices": [{"delta": value, "finish_reason": "stop"}]}, DONE),
        lambda: streamed({"choices": [{"delta": {"reasoning_details": value, "images": value, "audio": value}}]}, DONE),
        lambda: streamed({"choices": [{"logprobs": value, "finish_reason": "stop"}], "usage": value}, DONE),
        lambda: CHAT.decode_embeddings(json.dumps(value).encode()),
        lambda: CHAT.decode_models(json.dumps(value).encode()),
    ):
        try:
            attempt()
        except (LlmspellError, RefusedError):
            continue


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_in_another_way(garbage):
    decoder = wire.Decoder()
    try:
        decoder.feed(b"data: " + garbage)
        decoder.end()
    except (LlmspellError, RefusedError):
        pass


# Embeddings and models


def test_embeddings_come_in_the_order_of_the_texts():
    body = {"data": [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 4}}
    vectors, usage = CHAT.decode_embeddings(json.dumps(body).encode())
    assert (vectors, usage) == ([[1.0], [2.0]], Usage(4))


def test_embeddings_as_base64():
    body = {"data": [{"embedding": base64.b64encode(struct.pack("<2f", 0.5, -2.0)).decode()}]}
    assert CHAT.decode_embeddings(json.dumps(body).encode()) == ([[0.5, -2.0]], Usage())


@pytest.mark.parametrize(
    "wrong", [{}, {"data": 5}, {"data": [{"embedding": "A"}]}, {"data": [{"embedding": ["x"]}]}, []]
)
def test_what_is_no_embedding(wrong):
    with pytest.raises(ProviderError, match="not an answer"):
        CHAT.decode_embeddings(json.dumps(wrong).encode())


MODELS = [{"id": "a"}, {"id": "b", "owned_by": "x"}]


@pytest.mark.parametrize("body", [{"data": MODELS}, {"models": MODELS}, MODELS])
def test_lists_of_models(body):
    assert [model["id"] for model in CHAT.decode_models(json.dumps(body).encode())] == ["a", "b"]
