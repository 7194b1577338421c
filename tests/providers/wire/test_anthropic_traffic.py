"""Recorded traffic of Anthropic: decoded as a plain reader reads it, encoded as it was sent, and carried on."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from llmspell.providers.base import Request, Response
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.anthropic import Anthropic
from tests.providers.wire.kit import chunks_of, cut, is_stream
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded

WIRE = Anthropic()
STOPS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def chats() -> list[Exchange]:
    return [found for found in exchanges("anthropic") if found.path.endswith("/messages")]


def answers() -> list[Exchange]:
    return [found for found in chats() if found.status == 200]


def read_plainly(body: bytes) -> dict[str, Any]:
    """The message in an answer, put together from a stream with no code of ours."""
    if not is_stream(body):
        return json.loads(body)
    message: dict[str, Any] = {}
    for chunk in chunks_of(body):
        if chunk["type"] == "message_start":
            message = chunk["message"]
        elif chunk["type"] == "content_block_start":
            message["content"].append(chunk["content_block"])
        elif chunk["type"] == "content_block_delta":
            grow(message["content"][chunk["index"]], chunk["delta"])
        elif chunk["type"] == "message_delta":
            message |= chunk["delta"]
            message["usage"] |= chunk["usage"]
    for block in message["content"]:
        if isinstance(block.get("json"), str):
            block["input"] = json.loads(block["json"] or "{}")
        block.pop("json", None)
    return message


def grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    keys = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
    if delta["type"] == "input_json_delta":
        block["json"] = block.get("json", "") + delta["partial_json"]
    else:
        key = keys[delta["type"]]
        block[key] += delta[key]


def part_of(block: dict[str, Any]) -> Part:
    """A recorded block as a part of ours."""
    cache = "cache_control" in block
    kind = block["type"]
    if kind == "text":
        return Text(block["text"], cache=cache)
    if kind == "thinking":
        return Reasoning(block["thinking"], State("anthropic", {"signature": block["signature"]}))
    if kind == "redacted_thinking":
        return Reasoning("", State("anthropic", block))
    if kind == "tool_use":
        return ToolCall(block["id"], block["name"], block["input"])
    if kind == "tool_result":
        parts = [part_of(inner) for inner in block["content"]]
        return ToolResult(block["tool_use_id"], parts, is_error=block.get("is_error", False))  # type: ignore[arg-type]
    if kind in ("image", "document"):
        source = block["source"]
        if source["type"] == "file":
            state = State("anthropic", {"source": source})
            return Media(kind=kind, mime="application/octet-stream", url="", state=state)
        data = base64.b64decode(source["data"])
        return Media(kind=kind, mime=source["media_type"], data=data)
    return Foreign(State("anthropic", block))


def request_of(body: dict[str, Any]) -> Request:
    """A recorded request in our words; what those lack is an extra."""
    known = {
        "model",
        "messages",
        "system",
        "max_tokens",
        "stream",
        "tools",
        "tool_choice",
        "output_config",
        "temperature",
    }
    system = [Message("system", [part_of(block) for block in body.get("system", ())])]
    tools = [tool for tool in body.get("tools", ()) if "input_schema" in tool]
    choice = body.get("tool_choice", {}).get("type")
    config = body.get("output_config", {})
    extra = {key: value for key, value in body.items() if key not in known}
    if "effort" in config:
        extra["output_config"] = {"effort": config["effort"]}
    return Request(
        model=body["model"],
        messages=(system if body.get("system") else [])
        + [Message(turn["role"], [part_of(block) for block in turn["content"]]) for turn in body["messages"]],
        max_tokens=body["max_tokens"],
        temperature=body.get("temperature"),
        tools=[{"parameters": tool["input_schema"], **without(tool, "input_schema")} for tool in tools],
        provider_tools=[tool for tool in body.get("tools", ()) if "input_schema" not in tool],
        tool_choice={"any": "required"}.get(choice, choice),
        schema=config.get("format", {}).get("schema"),
        extra=extra,
    )


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in keys}


def plain(value: Any) -> Any:
    """Without what says nothing: defaults that are written out."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    silent = {"is_error": False, "ttl": "5m", "caller": {"type": "direct"}, "stream": False, "citations": None}
    return {key: plain(inner) for key, inner in value.items() if key not in silent or inner != silent[key]}


def response_of(exchange: Exchange) -> Response:
    if is_stream(exchange.answer):
        return folded(decoded(WIRE.decoder(), [exchange.answer]))
    return folded(WIRE.decode(exchange.answer))


def test_every_answer_is_what_a_plain_reader_finds():
    for exchange in answers():
        expected, response = read_plainly(exchange.answer), response_of(exchange)
        blocks = [without(plain(block), "citations") for block in expected["content"]]
        assert response.parts == [part_of(block) for block in blocks], exchange.file
        assert response.raw_finish_reason == expected["stop_reason"], exchange.file
        assert response.finish_reason == STOPS[expected["stop_reason"]], exchange.file
        assert (response.id, response.model) == (expected["id"], expected["model"]), exchange.file
        usage = expected["usage"]
        cached, written = usage["cache_read_input_tokens"] or 0, usage["cache_creation_input_tokens"] or 0
        assert response.usage.input_tokens == usage["input_tokens"] + cached + written, exchange.file
        assert response.usage.output_tokens == usage["output_tokens"], exchange.file
        assert response.usage.cached_tokens == usage["cache_read_input_tokens"], exchange.file
    assert len(answers()) > 25


def test_where_streams_are_cut_does_not_matter():
    streams = [exchange for exchange in answers() if is_stream(exchange.answer)]
    for seed, exchange in enumerate(streams * 3):
        whole = decoded(WIRE.decoder(), [exchange.answer])
        body = exchange.answer.replace(b"\n", b"\r\n") if seed % 2 else exchange.answer
        assert decoded(WIRE.decoder(), cut(body, seed)) == whole, exchange.file
    assert len(streams) > 9


def test_every_request_is_encoded_as_it_was_sent():
    for exchange in chats():
        sent = WIRE.chat(request_of(exchange.asked), stream=exchange.asked.get("stream", False))
        assert plain(json.loads(sent.body)) == plain(exchange.asked), exchange.file
    assert len(chats()) > 25


def test_answers_go_back_into_the_next_request_as_they_came():
    carried = 0
    before: Exchange | None = None
    for exchange in chats():
        if before is not None and before.file == exchange.file and len(exchange.asked["messages"]) > 2:
            turns = exchange.asked["messages"]
            place = len(before.asked["messages"])
            message = response_of(before).message
            sent = json.loads(WIRE.chat(Request(model="m", messages=[message]), stream=False).body)["messages"]
            assert plain(sent[0]) == plain(turns[place]), exchange.file
            carried += 1
        before = exchange
    assert carried >= 8


def test_refusals():
    for exchange in exchanges("anthropic"):
        if exchange.status != 200:
            problem = WIRE.problem(exchange.answer, exchange.status)
            assert problem.message
            assert problem.status == exchange.status


@pytest.mark.parametrize("path", ["/count_tokens", "/models"])
def test_counts_and_models(path):
    found = [found for found in exchanges("anthropic") if found.path.endswith(path) and found.status == 200]
    assert found
    for exchange in found:
        if path == "/models":
            assert len(WIRE.decode_models(exchange.answer)) == len(exchange.json["data"])
        else:
            assert WIRE.decode_count(exchange.answer) == exchange.json["input_tokens"]
            messages = request_of({**exchange.asked, "max_tokens": 1}).messages
            assert json.loads(WIRE.count(exchange.asked["model"], messages).body) == exchange.asked
