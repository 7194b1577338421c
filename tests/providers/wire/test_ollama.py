"""Ollama's own format: what is sent, what is made of the answers, and the recorded traffic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire import formats
from llmspell.providers.wire.ollama import Ollama
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded, pieces_of

FORMAT = Ollama()
TOOL = {"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {}}}


def body_of(request: Request, *, stream: bool = False, **dialect: Any) -> dict[str, Any]:
    return json.loads(formats.make("ollama", dialect).chat(request, stream=stream).body)


def asking(*parts: Any, **options: Any) -> Request:
    return Request(model="qwen3", messages=[Message("user", list(parts) or "hi")], **options)


def lines(*objects: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in objects)


def piece(content: str = "", **message: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **message}
    return {"model": "qwen3:4b", "created_at": "2026-08-04T19:59:20.4Z", "message": message, "done": False}


def last(**fields: Any) -> dict[str, Any]:
    counts = {"prompt_eval_count": 3, "eval_count": 2, "total_duration": 9}
    return piece() | {"done": True, "done_reason": "stop"} | counts | fields


def stream(*objects: dict[str, Any]):
    return folded(decoded(FORMAT.decoder(), [lines(*objects)]))


def test_a_plain_question():
    assert body_of(asking(), stream=True) == {
        "model": "qwen3",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
    }
    assert FORMAT.chat(asking(), stream=False).path == "/api/chat"
    assert FORMAT.stream_type == "application/x-ndjson"


def test_options_lie_in_an_object_of_their_own():
    request = asking(
        temperature=0.5,
        top_p=0.9,
        seed=1,
        max_tokens=10,
        stop=["x"],
        schema={"type": "object"},
        tools=[TOOL],
        logprobs=2,
        extra={"options": {"num_ctx": 8192}, "keep_alive": "1h"},
    )
    body = body_of(request)
    options = {"temperature": 0.5, "top_p": 0.9, "seed": 1, "num_predict": 10, "stop": ["x"], "num_ctx": 8192}
    assert body["options"] == options
    assert body["format"] == {"type": "object"}
    assert body["tools"] == [{"type": "function", "function": TOOL}]
    assert (body["logprobs"], body["top_logprobs"], body["keep_alive"]) == (True, 2, "1h")


@pytest.mark.parametrize(
    ("effort", "think"), [("none", False), ("minimal", "low"), ("low", "low"), ("medium", "medium"), ("high", "high")]
)
def test_how_much_to_think(effort, think):
    assert body_of(asking(reasoning=effort))["think"] == think
    assert body_of(asking(reasoning=effort), levels=False)["think"] is bool(think)


def test_tools_may_be_held_back():
    assert "tools" not in body_of(asking(tools=[TOOL], tool_choice="none"))
    assert "tools" in body_of(asking(tools=[TOOL], tool_choice="auto"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"tool_choice": "required"}, "tool_choice 'required'"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"provider_tools": [{}]}, "provider_tools"),
        ({"reasoning": 100}, "number of tokens"),
    ],
)
def test_what_cannot_be_said_is_an_error(options, named):
    with pytest.raises(ModelError, match=f"the ollama format has no {named}"):
        body_of(asking(**options))


@pytest.mark.parametrize(
    "media",
    [
        Media(kind="image", mime="image/png", url="https://x.test/a.png"),
        Media(kind="document", mime="application/pdf", data=b""),
        Media(kind="audio", mime="audio/wav", data=b""),
    ],
)
def test_media_that_cannot_be_sent(media):
    with pytest.raises(ModelError, match="the ollama format has no"):
        body_of(asking(media))


def test_a_conversation_with_tools_and_pictures():
    picture = Media(kind="image", mime="image/png", data=b"png")
    messages = [
        Message("user", [Text("see"), picture]),
        Message(
            "assistant",
            [
                Reasoning("hm"),
                Reasoning("secret", State("anthropic", {})),
                Foreign(State("x", {})),
                ToolCall("c1", "add", {"a": 1}),
            ],
        ),
        Message("tool", [ToolResult("c1", [Text("2"), picture])]),
    ]
    assert body_of(Request(model="m", messages=messages))["messages"] == [
        {"role": "user", "content": "see", "images": ["cG5n"]},
        {
            "role": "assistant",
            "content": "",
            "thinking": "hm",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": {"a": 1}}}],
        },
        {"role": "tool", "content": "2", "tool_call_id": "c1", "tool_name": "add", "images": ["cG5n"]},
    ]


def test_thoughts_then_text():
    response = stream(piece(thinking="h"), piece(thinking="m"), piece("so"), piece("!"), last())
    assert [type(part) for part in response.parts] == [Reasoning, Text]
    assert (response.reasoning, response.text, response.model) == ("hm", "so!", "qwen3:4b")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "stop")
    assert response.raw["total_duration"] == 9


def test_a_whole_answer_is_one_line():
    body = last(message={"role": "assistant", "content": "so", "thinking": "hm"})
    assert folded(FORMAT.decode(json.dumps(body).encode())).parts == stream(body).parts == [Reasoning("hm"), Text("so")]


def test_calls_without_ids_get_some_that_are_their_own():
    call = {"function": {"index": 0, "name": "add", "arguments": {"a": 1}}}
    response = stream(piece(tool_calls=[call]), piece(tool_calls=[call, call]), last())
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == 3
    assert all(len(found) > 15 for found in ids)
    assert [call.arguments for call in response.tool_calls] == [{"a": 1}] * 3
    assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "stop")


@pytest.mark.parametrize(("arguments", "expected"), [(None, {}), ('{"a": 1}', {"a": 1}), ({}, {})])
def test_arguments_of_any_kind(arguments, expected):
    call = {"id": "c1", "function": {"name": "add", "arguments": arguments}}
    (found,) = stream(piece(tool_calls=[call]), last()).tool_calls
    assert (found.id, found.arguments) == ("c1", expected)


@pytest.mark.parametrize(("raw", "ours"), [("length", "length"), ("load", "other"), ("stop", "stop")])
def test_why_it_stopped(raw, ours):
    assert stream(piece("x"), last(done_reason=raw)).finish_reason == ours


def test_log_probabilities():
    token = {"token": "x", "logprob": -0.1, "bytes": [120], "top_logprobs": [{"token": "y", "logprob": -3}]}
    response = stream({**piece("x"), "logprobs": [token]}, last())
    assert response.logprobs == [{"token": "x", "logprob": -0.1, "top": [{"token": "y", "logprob": -3}]}]


def test_an_error_in_the_middle():
    with pytest.raises(RefusedError, match="unexpected EOF") as caught:
        stream(piece("x"), {"error": "the model's process ended: unexpected EOF"})
    assert caught.value.problem.status == 500


def test_a_stream_that_is_cut_is_an_error():
    with pytest.raises(ProviderError, match="cut off"):
        stream(piece("x"))


def test_the_last_line_may_lack_its_end():
    body = lines(piece("x"), last()).rstrip(b"\n")
    assert folded(decoded(FORMAT.decoder(), [body])).text == "x"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"message": 1, "done": true}', b"<html>", b'{"message": {}}'])
def test_nonsense_is_an_error(body):
    with pytest.raises(ProviderError):
        FORMAT.decode(body)


def test_a_line_without_end_is_an_error():
    decoder = FORMAT.decoder()
    decoder.feed(b"x" * (15 << 20))
    with pytest.raises(ProviderError, match="16 MiB"):
        decoder.feed(b"x" * (2 << 20))


def test_embeddings():
    asked = FORMAT.embeddings("m", ["a", "b"])
    assert (asked.path, json.loads(asked.body)) == ("/api/embed", {"model": "m", "input": ["a", "b"]})
    vectors, usage = FORMAT.decode_embeddings(b'{"embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 5}')
    assert (vectors, usage.input_tokens) == ([[1, 2], [3, 4]], 5)
    with pytest.raises(ProviderError):
        FORMAT.decode_embeddings(b"{}")


def test_models():
    assert FORMAT.models().path == "/api/tags"
    assert FORMAT.decode_models(b'{"models": [{"name": "a:latest", "size": 1}]}')[0]["id"] == "a:latest"


# Recorded traffic


def recorded(path: str = "/api/chat") -> list[Exchange]:
    return [exchange for exchange in exchanges("ollama") if exchange.path == path]


def naive(exchange: Exchange) -> dict[str, Any]:
    objects = [json.loads(line) for line in exchange.answer.splitlines()]
    messages = [each["message"] for each in objects]
    return {
        "text": "".join(message["content"] for message in messages),
        "thinking": "".join(message.get("thinking", "") for message in messages),
        "calls": [call["function"] for message in messages for call in message.get("tool_calls", ())],
        "last": objects[-1],
    }


def test_every_recorded_answer():
    for exchange in recorded():
        expected = naive(exchange)
        whole = not exchange.asked["stream"]
        response = folded(FORMAT.decode(exchange.answer) if whole else decoded(FORMAT.decoder(), [exchange.answer]))
        assert (response.text, response.reasoning or "") == (expected["text"], expected["thinking"])
        calls = [(call.name, call.arguments) for call in response.tool_calls]
        assert calls == [(call["name"], call["arguments"]) for call in expected["calls"]]
        assert response.usage.input_tokens == expected["last"]["prompt_eval_count"]
        assert response.usage.output_tokens == expected["last"]["eval_count"]
        assert response.raw_finish_reason == expected["last"]["done_reason"]
    assert len(recorded()) >= 11


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_where_recorded_streams_are_cut_does_not_matter(data):
    exchange = data.draw(st.sampled_from([exchange for exchange in recorded() if exchange.asked["stream"]]))
    body = exchange.answer.replace(b"\n", b"\r\n") if data.draw(st.booleans()) else exchange.answer
    assert decoded(FORMAT.decoder(), data.draw(pieces_of(body))) == decoded(FORMAT.decoder(), [exchange.answer])


def as_request(body: dict[str, Any]) -> Request:
    options = body.get("options", {})
    known = ("model", "messages", "stream", "tools", "options")
    return Request(
        model=body["model"],
        messages=[as_message(message) for message in body["messages"]],
        max_tokens=options.get("num_predict"),
        tools=[tool["function"] for tool in body.get("tools", ())],
        extra={key: value for key, value in body.items() if key not in known},
    )


def as_message(message: dict[str, Any]) -> Message:
    if message["role"] == "tool":
        return Message("tool", [ToolResult("", [Text(message["content"])], name=message["tool_name"])])
    parts: list[Any] = [Reasoning(message["thinking"])] if "thinking" in message else []
    parts.append(Text(message["content"]))
    calls = [call["function"] for call in message.get("tool_calls", ())]
    return Message(message["role"], parts + [ToolCall("", call["name"], call["arguments"]) for call in calls])


def plain(value: Any) -> Any:
    """Without ids, which clients of old servers do not send, and without empty options."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {key: plain(inner) for key, inner in value.items() if key not in ("id", "tool_call_id") and inner != {}}


def test_every_recorded_request_can_be_made():
    for exchange in recorded():
        sent = body_of(as_request(exchange.asked), stream=exchange.asked["stream"])
        assert plain(sent) == plain(exchange.asked), exchange.file


def test_recorded_conversations_go_on():
    count = 0
    for before, after in zip(recorded(), recorded()[1:], strict=False):
        if before.file != after.file:
            continue
        events = decoded(FORMAT.decoder(), [before.answer])
        messages = [*as_request(before.asked).messages, folded(events).message]
        sent = body_of(Request(model="m", messages=messages))["messages"]
        assert plain(sent) == plain(after.asked["messages"][: len(sent)]), after.file
        count += 1
    assert count >= 3


def test_the_recorded_list_of_models():
    (exchange,) = recorded("/api/tags")
    assert "qwen3:4b" in [model["id"] for model in FORMAT.decode_models(exchange.answer)]
