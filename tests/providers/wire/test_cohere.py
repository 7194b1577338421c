"""Cohere's chat: what is sent, what is made of the answers, and the recorded traffic."""

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
from llmspell.providers.wire.cohere import Cohere
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded, pieces_of

FORMAT = Cohere()
WIRE = "cohere-v2"
TOOL = {"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {}}}
OTHER = {**TOOL, "name": "subtract"}


def body_of(request: Request, *, stream: bool = False) -> dict[str, Any]:
    return json.loads(FORMAT.chat(request, stream=stream).body)


def asking(*parts: Any, **options: Any) -> Request:
    return Request(model="command-a", messages=[Message("user", list(parts) or "hi")], **options)


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def event(kind: str, index: int = 0, **message: Any) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}}


START = {"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant", "content": []}}}
USAGE = {
    "billed_units": {"input_tokens": 2, "output_tokens": 1},
    "cached_tokens": 4,
    "tokens": {"input_tokens": 10.0, "output_tokens": 5.0, "reasoning_tokens": 3},
}


def end(reason: str = "COMPLETE", **delta: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE, **delta}}


def stream(*events: dict[str, Any]):
    return folded(decoded(FORMAT.decoder(), [sse(START, *events)]))


def whole(reason: str = "COMPLETE", **message: Any):
    body = {"id": "m1", "finish_reason": reason, "message": {"role": "assistant", **message}, "usage": USAGE}
    return folded(FORMAT.decode(json.dumps(body).encode()))


def test_options_by_their_names():
    request = asking(
        temperature=0.5,
        top_p=0.9,
        seed=1,
        max_tokens=10,
        stop=["x"],
        schema={"type": "object"},
        tools=[TOOL],
        tool_choice="required",
        logprobs=0,
        reasoning=500,
        extra={"documents": []},
    )
    assert body_of(request, stream=True) == {
        "model": "command-a",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "temperature": 0.5,
        "p": 0.9,
        "seed": 1,
        "max_tokens": 10,
        "stop_sequences": ["x"],
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "tools": [{"type": "function", "function": TOOL}],
        "tool_choice": "REQUIRED",
        "logprobs": True,
        "thinking": {"type": "enabled", "token_budget": 500},
        "documents": [],
    }


def test_what_a_schema_may_not_say_goes_into_words():
    schema = {"$schema": "x", "type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    sent = body_of(asking(schema=schema))["response_format"]["json_schema"]
    number = {"type": "integer", "description": "(minimum: 1)"}
    assert sent == {"type": "object", "properties": {"n": number}}


def test_thinking_can_be_turned_off_or_up():
    assert body_of(asking(reasoning="none"))["thinking"] == {"type": "disabled"}
    low, high = (body_of(asking(reasoning=effort))["thinking"]["token_budget"] for effort in ("low", "high"))
    assert 0 < low < high


def test_one_tool_can_be_required_by_offering_no_other():
    body = body_of(asking(tools=[TOOL, OTHER], tool_choice="subtract"))
    assert ([tool["function"]["name"] for tool in body["tools"]], body["tool_choice"]) == (["subtract"], "REQUIRED")


@pytest.mark.parametrize(("choice", "word"), [("none", "NONE"), ("auto", None), (None, None)])
def test_tool_choice(choice, word):
    assert body_of(asking(tools=[TOOL], tool_choice=choice)).get("tool_choice") == word


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"provider_tools": [{}]}, "provider_tools"),
        ({"logprobs": 3}, "log probabilities of other tokens"),
    ],
)
def test_what_cannot_be_said_is_an_error(options, named):
    with pytest.raises(ModelError, match=f"the cohere-v2 format has no {named}"):
        body_of(asking(**options))


def test_pictures_in():
    picture = Media(kind="image", mime="image/png", data=b"png")
    assert body_of(asking(Text("see"), picture))["messages"][0]["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
    ]


@pytest.mark.parametrize(
    "message",
    [
        Message("user", [Media(kind="document", mime="application/pdf", data=b"")]),
        Message("assistant", [Media(kind="image", mime="image/png", data=b"")]),
        Message("tool", [ToolResult("c", [Media(kind="image", mime="image/png", data=b"")])]),
    ],
)
def test_media_that_cannot_be_sent(message):
    with pytest.raises(ModelError, match="the cohere-v2 format has no"):
        body_of(Request(model="m", messages=[message]))


def test_the_plan_and_the_thoughts_go_back_where_they_came_from():
    parts = [
        Reasoning("plan", State(WIRE, {"type": "tool_plan"})),
        Reasoning("hm", State(WIRE, {"type": "thinking"})),
        Reasoning("secret", State("anthropic", {})),
        Foreign(State("anthropic", {})),
        ToolCall("c1", "add", {"a": 1}),
    ]
    results = [ToolResult("c1", [Text("2")]), ToolResult("c2", [Text("a"), Text("b")])]
    request = Request(model="m", messages=[Message("assistant", parts), Message("tool", list(results))])
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    assert body_of(request)["messages"] == [
        {
            "role": "assistant",
            "tool_plan": "plan",
            "content": [{"type": "thinking", "thinking": "hm"}],
            "tool_calls": [call],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "2"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": t} for t in "ab"]},
    ]


def test_thinking_then_text():
    response = stream(
        event("content-start", 0, content={"type": "thinking", "thinking": ""}),
        event("content-delta", 0, content={"thinking": "hm"}),
        event("content-end", 0),
        event("content-start", 1, content={"type": "text", "text": "s"}),
        event("content-delta", 1, content={"text": "o"}),
        event("content-end", 1),
        end(),
    )
    assert (response.reasoning, response.text, response.id) == ("hm", "so", "m1")
    content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "so"}]
    assert response.parts == whole(content=content).parts
    assert response.parts[0] == Reasoning("hm", State(WIRE, {"type": "thinking"}))


def test_usage_is_what_was_counted_and_the_bill_is_kept():
    usage = whole(content=[]).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (10, 5, 4, 3)
    assert whole(content=[]).raw["usage"]["billed_units"] == {"input_tokens": 2, "output_tokens": 1}


def call_start(index: int, call_id: str, name: str, arguments: Any = "") -> dict[str, Any]:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return event("tool-call-start", index, tool_calls=call)


def call_delta(index: int, arguments: str) -> dict[str, Any]:
    return event("tool-call-delta", index, tool_calls={"function": {"arguments": arguments}})


def test_a_plan_and_calls():
    response = stream(
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will"}}},
        {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": " add"}}},
        call_start(0, "c1", "add"),
        call_delta(0, '{"a"'),
        call_delta(0, ":1}"),
        event("tool-call-end", 0),
        call_start(1, "c2", "subtract"),
        end("TOOL_CALL"),
    )
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}},
        {"id": "c2", "type": "function", "function": {"name": "subtract", "arguments": None}},
    ]
    assert response.parts == whole("TOOL_CALL", tool_plan="I will add", tool_calls=calls).parts
    assert response.reasoning == "I will add"
    assert [(call.id, call.arguments) for call in response.tool_calls] == [("c1", {"a": 1}), ("c2", {})]
    assert response.finish_reason == "tool_calls"


def test_arguments_may_come_as_an_object():
    assert stream(call_start(0, "c", "add", {"a": 1}), end("TOOL_CALL")).tool_calls[0].arguments == {"a": 1}


def test_citations_are_kept():
    citation = {"start": 0, "end": 1, "text": "x", "sources": []}
    response = stream(
        event("content-delta", 0, content={"text": "x"}), event("citation-start", 0, citations=citation), end()
    )
    assert response.raw["citations"] == [citation]
    assert whole(content=[{"type": "text", "text": "x"}], citations=[citation]).raw["citations"] == [citation]


def test_log_probabilities():
    told = {"token_ids": [1], "text": "x", "logprobs": [-0.5]}
    response = stream(event("content-delta", 0, content={"text": "x"}) | {"logprobs": told}, end())
    assert response.logprobs == [{"token": "x", "logprob": -0.5, "top": []}]


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("ERROR_TOXIC", "content_filter"),
        ("NEW", "other"),
    ],
)
def test_why_it_stopped(raw, ours):
    response = whole(raw, content=[{"type": "text", "text": "x"}])
    assert (response.finish_reason, response.raw_finish_reason) == (ours, raw)


@pytest.mark.parametrize(("reason", "status"), [("ERROR", 500), ("TIMEOUT", 504)])
def test_an_answer_that_ends_with_an_error(reason, status):
    with pytest.raises(RefusedError, match="overloaded") as caught:
        stream(event("content-delta", 0, content={"text": "x"}), end(reason, error="overloaded"))
    assert caught.value.problem.status == status
    with pytest.raises(RefusedError, match=reason):
        whole(reason)


def test_a_stream_that_is_cut_is_an_error():
    with pytest.raises(ProviderError, match="cut off"):
        stream(event("content-delta", 0, content={"text": "x"}))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"finish_reason": "COMPLETE", "message": 1}', b"<html>"])
def test_nonsense_is_an_error(body):
    with pytest.raises(ProviderError):
        FORMAT.decode(body)


def test_an_error_instead_of_events():
    with pytest.raises(RefusedError, match="no such model"):
        decoded(FORMAT.decoder(), [b'data: {"message": "no such model"}\n\n'])


def test_embeddings():
    asked = formats.make(WIRE, {"input_type": "search_query"}).embeddings("embed", ["a"])
    assert asked.path == "/v2/embed"
    assert json.loads(asked.body) == {
        "model": "embed",
        "texts": ["a"],
        "input_type": "search_query",
        "embedding_types": ["float"],
    }
    body = {"embeddings": {"float": [[1.0]]}, "meta": {"billed_units": {"input_tokens": 3}}}
    vectors, usage = FORMAT.decode_embeddings(json.dumps(body).encode())
    assert (vectors, usage.input_tokens, FORMAT.max_texts("embed")) == ([[1.0]], 3, 96)


def test_models_and_counts():
    assert (
        FORMAT.decode_models(b'{"models": [{"name": "command-a", "context_length": 256000}]}')[0]["id"] == "command-a"
    )
    asked = FORMAT.count("m", [Message("user", "a"), Message("user", "b")])
    assert asked is not None
    assert (asked.path, json.loads(asked.body)) == ("/v1/tokenize", {"model": "m", "text": "a\nb"})
    assert FORMAT.count("m", [Message("user", "x" * 70_000)]) is None
    assert FORMAT.decode_count(b'{"tokens": [1, 2], "token_strings": ["a", "b"]}') == 2


# Recorded traffic


def recorded(path: str = "/v2/chat", status: int = 200) -> list[Exchange]:
    return [exchange for exchange in exchanges("cohere") if (exchange.path, exchange.status) == (path, status)]


def is_stream(exchange: Exchange) -> bool:
    return bool(exchange.asked.get("stream"))


def answers(exchange: Exchange) -> list:
    return decoded(FORMAT.decoder(), [exchange.answer]) if is_stream(exchange) else FORMAT.decode(exchange.answer)


def naive(exchange: Exchange) -> dict[str, Any]:
    if not is_stream(exchange):
        body = exchange.json
        message = body["message"]
        return {
            "text": "".join(part["text"] for part in message.get("content", ())),
            "reasoning": message.get("tool_plan", ""),
            "calls": [call["function"] for call in message.get("tool_calls", ())],
            **body,
        }
    events = [json.loads(line[5:]) for line in exchange.answer.decode().splitlines() if line.startswith("data: {")]
    found: dict[str, Any] = {"text": "", "reasoning": "", "calls": [], **events[-1]["delta"]}
    for each in events:
        message = (each.get("delta") or {}).get("message") or {}
        match each["type"].rpartition("-")[0]:
            case "content":
                found["text"] += (message.get("content") or {}).get("text", "")
                found["reasoning"] += (message.get("content") or {}).get("thinking", "")
            case "tool-plan":
                found["reasoning"] += message["tool_plan"]
            case "tool-call" if each["type"] == "tool-call-start":
                found["calls"].append(dict(message["tool_calls"]["function"]))
            case "tool-call" if message:
                found["calls"][-1]["arguments"] += message["tool_calls"]["function"]["arguments"]
    return found


def test_every_recorded_answer():
    for exchange in recorded():
        expected = naive(exchange)
        response = folded(answers(exchange))
        assert (response.text, response.reasoning or "") == (expected["text"], expected["reasoning"]), exchange.file
        calls = [(call.name, call.arguments) for call in response.tool_calls]
        assert calls == [(call["name"], json.loads(call["arguments"])) for call in expected["calls"]]
        assert response.usage.input_tokens == expected["usage"]["tokens"]["input_tokens"]
        assert response.usage.output_tokens == expected["usage"]["tokens"]["output_tokens"]
        assert response.raw_finish_reason == expected["finish_reason"]
        assert response.finish_reason != "other"
    assert len(recorded()) >= 15


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_where_recorded_streams_are_cut_does_not_matter(data):
    exchange = data.draw(st.sampled_from([exchange for exchange in recorded() if is_stream(exchange)]))
    assert decoded(FORMAT.decoder(), data.draw(pieces_of(exchange.answer))) == answers(exchange)


def as_request(body: dict[str, Any]) -> Request:
    known = ("model", "messages", "stream", "tools", "tool_choice", "temperature", "max_tokens")
    return Request(
        model=body["model"],
        messages=[as_message(message) for message in body["messages"]],
        temperature=body.get("temperature"),
        max_tokens=body.get("max_tokens"),
        tools=[tool["function"] for tool in body.get("tools", ())],
        tool_choice=body.get("tool_choice", "auto").lower(),
        extra={key: value for key, value in body.items() if key not in known},
    )


def as_message(message: dict[str, Any]) -> Message:
    content = message.get("content") or []
    parts: list[Any] = [Text(content)] if isinstance(content, str) else [Text(part["text"]) for part in content]
    if message["role"] == "tool":
        return Message("tool", [ToolResult(message["tool_call_id"], parts)])
    for call in message.get("tool_calls", ()):
        function = call["function"]
        parts.append(ToolCall(call["id"], function["name"], json.loads(function["arguments"])))
    return Message(message["role"], parts)


def plain(value: Any) -> Any:
    """Without what says nothing, and single texts as texts."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    value = {key: plain(inner) for key, inner in value.items() if inner not in (None, [], False)}
    content = value.get("content")
    if isinstance(content, list) and len(content) == 1 and content[0]["type"] == "text":
        value["content"] = content[0]["text"]
    return value


def test_every_recorded_request_can_be_made():
    for exchange in recorded():
        assert plain(body_of(as_request(exchange.asked), stream=is_stream(exchange))) == plain(exchange.asked)


def test_recorded_conversations_go_on():
    count = 0
    for before, after in zip(recorded(), recorded()[1:], strict=False):
        start = len(before.asked["messages"])
        if before.file != after.file or len(after.asked["messages"]) <= start:
            continue
        (ours,) = body_of(Request(model="m", messages=[folded(answers(before)).message]))["messages"]
        theirs = plain(after.asked["messages"][start])
        assert plain(ours) | {"tool_plan": theirs.get("tool_plan")} == theirs | {"tool_plan": theirs.get("tool_plan")}
        assert ours["tool_plan"] == naive(before)["reasoning"]  # those clients have not sent it back
        count += 1
    assert count >= 4


def test_what_else_was_recorded():
    (tokens,) = recorded("/v1/tokenize")
    assert FORMAT.decode_count(tokens.answer) == 4
    (image,) = recorded("/v1/embed")
    assert len(FORMAT.decode_embeddings(image.answer)[0][0]) > 1000
    (refused,) = recorded("/v2/embed", 404)
    assert "nonexistent" in FORMAT.problem(refused.answer, 404).message
