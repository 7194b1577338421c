"""Responses: what is sent, what is made of the answers, and the recorded traffic of those who speak it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.base import Request, Started
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire import formats
from llmspell.providers.wire.openai_responses import Dialect, OpenAIResponses
from llmspell.providers.wire.openai_responses_items import WIRE, input_items
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded, pieces_of

FORMAT = OpenAIResponses()
SERVICES = ("openai-responses", "xai", "chatgpt", "copilot", "azure", "deepseek", "bedrock-mantle")
TOOL = {"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {}}}


def body_of(request: Request, *, stream: bool = False, **dialect: Any) -> dict[str, Any]:
    return json.loads(formats.make(WIRE, dialect).chat(request, stream=stream).body)


def asking(*parts: Any, **options: Any) -> Request:
    return Request(model="gpt-5", messages=[Message("user", list(parts) or "hi")], **options)


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def answer(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "model": "gpt-5", "status": "completed", "output": list(output), **fields}


def completed(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "response.completed", "response": answer(*output, **fields)}


def said(text: str, **fields: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": [part], **fields}


def stream(*events: dict[str, Any]):
    created = {"type": "response.created", "response": answer(status="in_progress")}
    return folded(decoded(FORMAT.decoder(), [sse(created, *events)]))


def whole(*output: dict[str, Any], **fields: Any):
    return folded(FORMAT.decode(json.dumps(answer(*output, **fields)).encode()))


# What is sent


def test_a_plain_question():
    assert body_of(asking()) == {
        "model": "gpt-5",
        "input": [{"role": "user", "content": "hi"}],
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }


def test_what_the_system_says_first_are_instructions_and_later_a_message():
    messages = [Message("system", "A"), Message("system", "B"), Message("user", "hi"), Message("system", "C")]
    body = body_of(Request(model="m", messages=messages))
    assert body["instructions"] == "A\n\nB"
    assert [item["role"] for item in body["input"]] == ["user", "system"]


def test_a_dialect_without_instructions_keeps_system_messages():
    messages = [Message("system", "A"), Message("user", "hi")]
    body = body_of(Request(model="m", messages=messages), instructions=False, store=None, encrypted=False)
    assert body == {"model": "m", "input": [{"role": "system", "content": "A"}, {"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4.1", "grok-4-1-fast-non-reasoning"])
def test_models_that_do_not_reason_are_not_asked_for_encrypted_reasoning(model):
    assert "include" not in body_of(Request(model=model, messages=[Message("user", "hi")]))


def test_options_by_their_names():
    body = body_of(
        asking(
            temperature=0.5,
            top_p=0.9,
            max_tokens=100,
            tools=[TOOL],
            tool_choice="required",
            parallel_tool_calls=False,
            provider_tools=[{"type": "web_search"}],
            reasoning="low",
            logprobs=2,
            extra={"reasoning": {"summary": "auto"}, "service_tier": "flex"},
        ),
        stream=True,
    )
    assert body["stream"] is True
    assert (body["temperature"], body["top_p"], body["max_output_tokens"]) == (0.5, 0.9, 100)
    assert body["tools"] == [{"type": "function", "strict": False, **TOOL}, {"type": "web_search"}]
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["top_logprobs"] == 2
    assert "message.output_text.logprobs" in body["include"]
    assert body["service_tier"] == "flex"


def test_one_tool_can_be_required():
    body = body_of(asking(tools=[TOOL], tool_choice="add"))
    assert body["tool_choice"] == {"type": "function", "name": "add"}


def test_a_summary_is_asked_for_in_its_dialect():
    assert body_of(asking(), summary="detailed")["reasoning"] == {"summary": "detailed"}


@pytest.mark.parametrize(
    ("options", "named"),
    [({"stop": ["x"]}, "stop"), ({"seed": 1}, "seed"), ({"reasoning": 1000}, "number of tokens")],
)
def test_what_cannot_be_said_is_an_error(options, named):
    with pytest.raises(ModelError, match=f"the openai-responses format has no .*{named}"):
        body_of(asking(**options))


def test_a_schema_is_kept_strictly_where_that_changes_nothing_else():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    sent = body_of(asking(schema=schema))["text"]["format"]
    assert (sent["type"], sent["name"], sent["strict"]) == ("json_schema", "answer", True)
    assert sent["schema"] == {**schema, "additionalProperties": False}
    loose = {"type": "object", "additionalProperties": {"type": "string"}}
    sent = body_of(asking(schema=loose))["text"]["format"]
    assert (sent["strict"], sent["schema"]) == (False, loose)


def test_media_in():
    pdf = Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf")
    picture = Media(kind="image", mime="image/png", url="https://x.test/a.png")
    linked = Media(kind="document", mime="application/pdf", url="https://x.test/a.pdf")
    content = body_of(asking(Text("see"), picture, pdf, linked))["input"][0]["content"]
    assert content == [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "https://x.test/a.png", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_file", "file_url": "https://x.test/a.pdf"},
    ]


def test_audio_is_an_error():
    with pytest.raises(ModelError, match="has no audio"):
        body_of(asking(Media(kind="audio", mime="audio/wav", data=b"")))


def test_the_answers_of_tools_may_be_pictures():
    picture = Media(kind="image", mime="image/png", data=b"png")
    results = [ToolResult("c1", [Text("ok")]), ToolResult("c2", [Text("see"), picture])]
    items = input_items([Message("tool", list(results))])
    assert items[0] == {"type": "function_call_output", "call_id": "c1", "output": "ok"}
    assert [part["type"] for part in items[1]["output"]] == ["input_text", "input_image"]


def test_an_answer_of_another_provider_goes_without_its_state():
    foreign = State("anthropic", {"signature": "x"})
    parts = [Reasoning("hm", foreign), Foreign(foreign), Text("so", foreign), ToolCall("c", "add", {"a": 1}, foreign)]
    assert input_items([Message("assistant", parts)]) == [
        {"type": "message", "role": "assistant", "content": "so"},
        {"type": "function_call", "call_id": "c", "name": "add", "arguments": '{"a":1}'},
    ]


def test_tokens_are_counted_where_there_is_an_endpoint():
    messages = [Message("system", "A"), Message("user", "hi")]
    assert FORMAT.count("m", messages) is None
    asked = OpenAIResponses(Dialect(counts=True)).count("m", messages)
    assert asked is not None
    assert asked.path == "/responses/input_tokens"
    assert json.loads(asked.body)["instructions"] == "A"
    assert FORMAT.decode_count(b'{"object": "response.input_tokens", "input_tokens": 11}') == 11


# What comes back


def test_text_in_pieces():
    pieces = [
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text, "item_id": text}
        for text in ("Hel", "lo")
    ]
    done = {"type": "response.output_item.done", "output_index": 0, "item": said("Hello", phase="final_answer")}
    response = stream(*pieces, done, completed(said("Hello")))
    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("Hello", "stop", "completed")
    assert (response.id, response.model) == ("resp_1", "gpt-5")
    assert input_items([response.message])[0]["phase"] == "final_answer"


def test_items_that_were_never_announced_are_taken_from_the_last_event():
    response = stream(completed(said("All at once")))
    assert response.text == "All at once"
    assert response.parts == whole(said("All at once")).parts


def test_items_may_be_missing_from_the_last_event():
    done = {"type": "response.output_item.done", "output_index": 0, "item": said("Hello")}
    assert stream(done, completed()).text == "Hello"


def test_an_empty_text_is_no_part():
    assert whole(said(""), CALL).parts == whole(CALL).parts


def test_two_texts_of_one_item_go_back_as_one():
    item = said("one")
    item["content"].append({**item["content"][0], "text": "two"})
    response = whole(item)
    assert [part.text for part in response.parts] == ["one", "two"]
    (back,) = input_items([response.message])
    assert [part["text"] for part in back["content"]] == ["one", "two"]


def test_reasoning_is_shown_and_goes_back_as_it_came():
    item = {
        "type": "reasoning",
        "id": "rs_1",
        "encrypted_content": "gAAA",
        "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
        "status": None,
        "content": [],
    }
    response = whole(item, said("so"))
    assert response.reasoning == "one\n\ntwo"
    back = input_items([response.message])[0]
    assert back == {key: item[key] for key in ("type", "id", "encrypted_content", "summary")}


def test_encrypted_reasoning_is_that_of_the_last_event():
    early = {"type": "reasoning", "id": "rs_1", "encrypted_content": "early", "summary": []}
    events = [{"type": f"response.output_item.{kind}", "output_index": 0, "item": early} for kind in ("added", "done")]
    response = stream(*events, completed({**early, "encrypted_content": "late"}))
    assert input_items([response.message]) == [{**early, "encrypted_content": "late"}]


def test_paragraphs_of_a_summary_are_kept_apart():
    pieces = [
        {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 0,
            "summary_index": part,
            "delta": text,
        }
        for part, text in ((0, "A"), (0, "a"), (1, "B"), (1, "b"))
    ]
    item = {"type": "reasoning", "id": "r", "summary": [{"text": "Aa"}, {"text": "Bb"}]}
    assert stream(*pieces, completed(item)).reasoning == whole(item).reasoning == "Aa\n\nBb"


def test_open_reasoning():
    pieces = [{"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "hm"}]
    assert stream(*pieces, completed()).reasoning == "hm"


CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_abcdef", "name": "add", "arguments": '{"a":1}'}


def call_events(*deltas: str, index: int = 0, item: dict[str, Any] = CALL) -> list[dict[str, Any]]:
    added = {"type": "response.output_item.added", "output_index": index, "item": {**item, "arguments": ""}}
    pieces = [
        {"type": "response.function_call_arguments.delta", "output_index": index, "delta": delta} for delta in deltas
    ]
    return [added, *pieces, {"type": "response.output_item.done", "output_index": index, "item": item}]


@pytest.mark.parametrize("deltas", [('{"a"', ":1}"), ('{"a":1}',), ()])
def test_a_call_in_pieces_or_not(deltas):
    response = stream(*call_events(*deltas), completed(CALL))
    assert response.finish_reason == "tool_calls"
    assert [(call.id, call.name, call.arguments) for call in response.tool_calls] == [("call_abcdef", "add", {"a": 1})]
    assert input_items([response.message]) == [CALL]


def test_calls_side_by_side_in_any_order():
    other = {**CALL, "id": "fc_2", "call_id": "call_ghijkl", "arguments": '{"a":2}'}
    first, second = call_events('{"a"', ":1}"), call_events('{"a"', ":2}", index=1, item=other)
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    assert [call.arguments for call in stream(*mixed, completed(CALL, other)).tool_calls] == [{"a": 1}, {"a": 2}]


def test_items_are_told_apart_by_their_ids_where_that_is_all_there_is():
    events = [
        {"type": "response.output_item.added", "item": said("")},
        {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "so"},
        *call_events('{"a"', ":1}"),
        {"type": "response.output_item.done", "item": said("so")},
    ]
    for event in events:
        if event.pop("output_index", None) is not None and "item" not in event:
            event["item_id"] = "fc_1"
    response = stream(*events, completed(said("so"), CALL))
    assert [type(part) for part in response.parts] == [Text, ToolCall]
    assert (response.text, response.tool_calls[0].arguments) == ("so", {"a": 1})


def test_calls_numbered_anew_in_each_answer_get_ids_of_their_own():
    assert whole({**CALL, "call_id": "call_0"}).tool_calls[0].id == "resp_1:call_0"


def test_a_call_with_bad_arguments_is_an_error():
    with pytest.raises(ProviderError, match="not a JSON object"):
        whole({**CALL, "arguments": "{"})


def test_a_call_cut_off_by_the_limit_is_left_out():
    cut = answer({**CALL, "arguments": '{"a'}, status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    response = folded(FORMAT.decode(json.dumps(cut).encode()))
    assert (response.finish_reason, response.raw_finish_reason) == ("length", "max_output_tokens")
    assert response.tool_calls == []


def test_tools_of_the_provider_pass_through():
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "x"}}
    response = whole(search, said("found"))
    assert response.parts[0] == Foreign(State(WIRE, search))
    assert input_items([response.message])[0] == search


def test_pictures_out():
    item = {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "result": base64.b64encode(b"picture").decode(),
        "output_format": "webp",
        "revised_prompt": "a cat",
    }
    partial = {"type": "response.image_generation_call.partial_image", "output_index": 0, "partial_image_b64": "eA=="}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    response = stream(partial, done, completed(item))
    (picture,) = response.parts
    assert isinstance(picture, Media)
    assert (picture.kind, picture.mime, picture.data) == ("image", "image/webp", b"picture")
    assert input_items([response.message]) == [item]


def test_a_refusal():
    item = {**said(""), "content": [{"type": "refusal", "refusal": "No."}]}
    delta = {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No."}
    for response in (stream(delta, completed(item)), whole(item)):
        assert (response.text, response.finish_reason) == ("No.", "content_filter")
        assert input_items([response.message])[0]["content"] == [{"type": "refusal", "refusal": "No."}]


def test_citations_are_kept():
    item = said("x")
    item["content"][0]["annotations"] = [{"type": "url_citation", "url": "https://x.test"}]
    state = whole(item).parts[0].state
    assert state.data["annotations"] == item["content"][0]["annotations"]


def test_log_probabilities():
    tokens = [
        {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": [{"token": "b", "logprob": -2, "bytes": []}]}
    ]
    expected = [{"token": "a", "logprob": -0.1, "top": [{"token": "b", "logprob": -2}]}]
    item = said("a")
    item["content"][0]["logprobs"] = tokens
    delta = {
        "type": "response.output_text.delta",
        "output_index": 0,
        "content_index": 0,
        "delta": "a",
        "logprobs": tokens,
    }
    assert whole(item).logprobs == stream(delta, completed(item)).logprobs == expected


def test_usage_and_what_nobody_knows():
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 6,
        "output_tokens_details": {"reasoning_tokens": 5},
        "cost_in_usd_ticks": 5_000_000_000,
    }
    response = whole(said("x"), usage=usage, novelty={"a": 1})
    found = response.usage
    assert (found.input_tokens, found.cached_tokens, found.cache_write_tokens) == (10, 4, 2)
    assert (found.output_tokens, found.reasoning_tokens, found.cost) == (6, 5, 0.5)
    assert response.raw["novelty"] == {"a": 1}


@pytest.mark.parametrize(
    ("reason", "ours"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("weather", "other")]
)
def test_why_an_answer_is_incomplete(reason, ours):
    event = {
        "type": "response.incomplete",
        "response": answer(said("x"), status="incomplete", incomplete_details={"reason": reason}),
    }
    response = stream(event)
    assert (response.finish_reason, response.raw_finish_reason) == (ours, reason)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, 429),
        ({"type": "error", "error": {"type": "server_error", "message": "oops"}}, 500),
        ({"type": "response.failed", "response": answer(status="failed", error={"code": "server_error"})}, 500),
        ({"type": "response.cancelled", "response": answer(status="cancelled")}, None),
    ],
)
def test_an_error_in_the_stream(event, status):
    with pytest.raises(RefusedError) as caught:
        stream(event)
    assert caught.value.problem.status == status
    assert caught.value.problem.message


def test_an_error_in_a_whole_answer():
    with pytest.raises(RefusedError, match="oops"):
        whole(status="failed", error={"code": "server_error", "message": "oops"})


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_an_answer_that_is_not_ready(status):
    with pytest.raises(ProviderError, match="not ready"):
        whole(status=status)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output": [{}]}', b'{"output": [1]}', b"<html>", b"{"])
def test_nonsense_is_an_error(body):
    with pytest.raises(ProviderError):
        FORMAT.decode(body)


def test_a_stream_that_is_cut_is_an_error():
    decoder = FORMAT.decoder()
    events = decoder.feed(sse({"type": "response.created", "response": answer()}, *call_events("{}")))
    assert isinstance(events[0], Started)
    with pytest.raises(ProviderError, match="cut off"):
        decoder.end()


def test_events_that_nobody_knows_are_passed_over():
    assert stream({"type": "response.new_thing.delta", "output_index": 3}, completed(said("x"))).text == "x"


def test_embeddings_and_models_are_those_of_chat():
    assert FORMAT.embeddings("m", ["a"]).path == "/embeddings"
    assert FORMAT.decode_embeddings(b'{"data": [{"embedding": [1.0]}], "usage": {}}')[0] == [[1.0]]
    assert FORMAT.models().path == "/models"
    assert FORMAT.decode_models(b'{"data": [{"id": "m"}]}')[0]["id"] == "m"


# Recorded traffic


def recorded(status: int = 200) -> list[Exchange]:
    found = [x for service in SERVICES for x in exchanges(service) if x.path.endswith("/responses") and x.asked]
    return [x for x in found if x.status == status]


def is_stream(exchange: Exchange) -> bool:
    return bool(exchange.asked.get("stream"))


def naive(exchange: Exchange) -> dict[str, Any]:
    """The answer at the end, its items from where they are told of as done if it has none itself."""
    if not is_stream(exchange):
        return exchange.json
    events = [json.loads(line[6:]) for line in exchange.answer.decode().splitlines() if line.startswith("data: {")]
    last = events[-1]["response"]
    items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    return last if last["output"] else {**last, "output": items}


def check(exchange: Exchange, response: Any) -> None:
    expected = naive(exchange)
    output = expected["output"]
    texts = [part for item in output if item["type"] == "message" for part in item["content"]]
    assert response.text == "".join(part.get("text") or part.get("refusal") for part in texts)
    calls = [item for item in output if item["type"] == "function_call" and item.get("status") != "incomplete"]
    assert [(call.name, call.arguments) for call in response.tool_calls] == [
        (item["name"], json.loads(item["arguments"])) for item in calls
    ]
    thoughts = [item for item in output if item["type"] == "reasoning"]
    texts = ["\n\n".join(p["text"] for p in [*item.get("summary", ()), *item.get("content", ())]) for item in thoughts]
    assert (response.reasoning or "") == "".join(texts)
    assert response.usage.input_tokens == expected["usage"]["input_tokens"]
    assert response.usage.output_tokens == expected["usage"]["output_tokens"]
    details = expected["usage"]["output_tokens_details"]
    assert response.usage.reasoning_tokens == details["reasoning_tokens"]
    assert response.model == expected["model"]
    assert response.id
    assert response.id in exchange.answer.decode()  # one service gives another id in every event
    cut = (expected.get("incomplete_details") or {}).get("reason")
    assert response.raw_finish_reason == (cut or expected["status"])
    assert response.finish_reason != "other"


def test_every_recorded_answer():
    found = recorded()
    for exchange in found:
        events = decoded(FORMAT.decoder(), [exchange.answer]) if is_stream(exchange) else FORMAT.decode(exchange.answer)
        check(exchange, folded(events))
    assert len(found) > 70


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_where_recorded_streams_are_cut_does_not_matter(data):
    exchange = data.draw(st.sampled_from([exchange for exchange in recorded() if is_stream(exchange)]))
    body = exchange.answer.replace(b"\n", b"\r\n") if data.draw(st.booleans()) else exchange.answer
    assert decoded(FORMAT.decoder(), data.draw(pieces_of(body))) == decoded(FORMAT.decoder(), [exchange.answer])


def test_recorded_refusals_say_why():
    found = [x for service in SERVICES for x in exchanges(service) if x.path.endswith("/responses") and x.status >= 400]
    for exchange in found:
        problem = FORMAT.problem(exchange.answer, exchange.status)
        assert problem.message
    assert len(found) > 5


OURS = ("model", "input", "instructions", "temperature", "max_output_tokens", "tools", "tool_choice", "text", "stream")
OURS += ("parallel_tool_calls", "reasoning")


def plain(item: Any) -> Any:
    """An item without what says nothing: nulls, defaults, and the shorthand for a single text."""
    if isinstance(item, list):
        return [plain(inner) for inner in item]
    if not isinstance(item, dict):
        return item
    item = {key: plain(value) for key, value in item.items() if value not in (None, [], {}) and key != "status"}
    if item.get("type") in (None, "message") and isinstance(item.get("content"), str):
        kind = "output_text" if item.get("role") == "assistant" else "input_text"
        item["content"] = [{"type": kind, "text": item["content"]}]
    for key, default in (
        ("type", "message"),
        ("detail", "auto"),
        ("strict", False),
        ("stream", False),
        ("instructions", ""),
        ("tool_choice", "auto"),
    ):
        if item.get(key) == default:
            del item[key]
    if item.get("type") == "function_call":
        item["arguments"] = json.loads(item["arguments"])
    return item


def as_request(body: dict[str, Any]) -> Request:
    """The request that was recorded, in our types; what we have no word for goes to `extra`."""
    instructions = body.get("instructions")
    messages = [Message("system", instructions)] if instructions else []
    tools = [tool for tool in body.get("tools", ()) if tool["type"] == "function"]
    format_ = (body.get("text") or {}).get("format") or {}
    return Request(
        model=body["model"],
        messages=messages + [as_message(item) for item in body["input"]],
        temperature=body.get("temperature"),
        max_tokens=body.get("max_output_tokens"),
        tools=[{key: value for key, value in tool.items() if key != "type"} for tool in tools],
        provider_tools=[tool for tool in body.get("tools", ()) if tool["type"] != "function"],
        tool_choice=body.get("tool_choice"),
        parallel_tool_calls=body.get("parallel_tool_calls"),
        schema=format_.get("schema"),
        schema_name=format_.get("name", "answer"),
        reasoning=(body.get("reasoning") or {}).get("effort"),
        extra={key: value for key, value in body.items() if key not in OURS} | beside(body),
    )


def beside(body: dict[str, Any]) -> dict[str, Any]:
    """Parts of objects that we have no word for."""
    text = {key: value for key, value in (body.get("text") or {}).items() if key != "format" or "schema" not in value}
    reasoning = {key: value for key, value in (body.get("reasoning") or {}).items() if key != "effort"}
    return ({"text": text} if text else {}) | ({"reasoning": reasoning} if reasoning else {})


def as_message(item: dict[str, Any]) -> Message:
    kind = item.get("type", "message")
    if kind == "function_call_output":
        output = item["output"]
        parts = [Text(output)] if isinstance(output, str) else [as_part(part) for part in output]
        return Message("tool", [ToolResult(item["call_id"], parts)])
    if kind == "function_call":
        known = ("type", "call_id", "name", "arguments")
        state = State(WIRE, {key: value for key, value in item.items() if key not in known})
        return Message("assistant", [ToolCall(item["call_id"], item["name"], json.loads(item["arguments"]), state)])
    if kind == "reasoning":
        return Message("assistant", [Reasoning("", State(WIRE, item))])
    if kind != "message":
        return Message("assistant", [Foreign(State(WIRE, item))])
    content = item["content"]
    parts = [Text(content)] if isinstance(content, str) else [as_part(part) for part in content]
    if item["role"] == "assistant" and "id" in item:
        kept = {key: value for key, value in item.items() if key not in ("type", "role", "content")}
        parts = [Text(part.text, State(WIRE, {"item": kept})) for part in parts]
    return Message(item["role"], parts)


def as_part(part: dict[str, Any]) -> Text | Media:
    if part["type"] in ("input_text", "output_text"):
        return Text(part["text"])
    kind = "image" if part["type"] == "input_image" else "document"
    mime = {"image": "image/jpeg", "document": "application/pdf"}[kind]
    source = part.get("image_url") or part.get("file_url") or part.get("file_data")
    if source is None:
        return Media(kind=kind, mime=mime, state=State(WIRE, part))
    if not source.startswith("data:"):
        return Media(kind=kind, mime=mime, url=source)
    head, _, data = source[5:].partition(";base64,")
    return Media(kind=kind, mime=head, data=base64.b64decode(data), name=part.get("filename"))


def test_every_recorded_request_can_be_made():
    count = 0
    for status in (200, 400):
        for exchange in recorded(status):
            dialect = {"instructions": "instructions" in exchange.asked, "store": None, "encrypted": False}
            sent = body_of(as_request(exchange.asked), stream=is_stream(exchange), **dialect)
            assert plain(sent) == plain(exchange.asked), exchange.file
            count += 1
    assert count > 75


SHOWN_ELSEWHERE = ("id", "encrypted_content", "phase", "annotations")


def shown(item: Any) -> Any:
    """Without what a client may leave out, and without what is compared otherwise."""
    if isinstance(item, list):
        return [shown(inner) for inner in item]
    if not isinstance(item, dict):
        return item
    return {key: shown(value) for key, value in item.items() if key not in SHOWN_ELSEWHERE}


def test_recorded_conversations_go_on_with_the_state_untouched():
    """What we send back of an answer is what its own client has sent back."""
    count = 0
    for before, after in zip(recorded(), recorded()[1:], strict=False):
        start = len(before.asked["input"])
        if before.file != after.file or plain(after.asked["input"][:start]) != plain(before.asked["input"]):
            continue
        events = decoded(FORMAT.decoder(), [before.answer]) if is_stream(before) else FORMAT.decode(before.answer)
        ours = input_items([folded(events).message])
        for mine, theirs in zip(ours, after.asked["input"][start:], strict=False):
            assert shown(plain(mine)) == shown(plain(theirs)), after.file
            # One service gives other ids, and encrypts anew, in every event.
            assert all((mine.get(key) or "") in before.answer.decode() for key in ("id", "encrypted_content"))
            count += 1
    assert count > 30
