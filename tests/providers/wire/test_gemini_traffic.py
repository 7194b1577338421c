"""Recorded traffic of Gemini and Vertex AI: decoded as a plain reader reads it, encoded as it was sent, carried on."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from llmspell.providers.base import Request, Response
from llmspell.providers.content import Foreign, Media, Message, Part, State, Text, ToolCall, ToolResult
from llmspell.providers.wire.gemini import Dialect, Gemini
from tests.providers.wire.kit import chunks_of, cut, is_stream
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded

WIRE = Gemini()
STOPS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "MODEL_ARMOR": "content_filter"}
MEDIA = {"image": "image", "audio": "audio", "video": "video", "application": "document", "text": "document"}


def found(*methods: str, services: tuple[str, ...] = ("gemini", "vertex")) -> list[Exchange]:
    every = [exchange for service in services for exchange in exchanges(service)]
    return [exchange for exchange in every if exchange.path.endswith(methods)]


def chats() -> list[Exchange]:
    return found(":generateContent", ":streamGenerateContent")


def answers() -> list[Exchange]:
    return [exchange for exchange in chats() if exchange.status == 200]


def response_of(exchange: Exchange) -> Response:
    if is_stream(exchange.answer):
        return folded(decoded(WIRE.decoder(), [exchange.answer]))
    return folded(WIRE.decode(exchange.answer))


def parts_of(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    candidates = [candidate for chunk in chunks for candidate in chunk.get("candidates", ())]
    return [part for candidate in candidates for part in candidate.get("content", {}).get("parts", ())]


def test_every_answer_is_what_a_plain_reader_finds():
    for exchange in answers():
        chunks = chunks_of(exchange.answer) if is_stream(exchange.answer) else [exchange.json]
        parts, response, last = parts_of(chunks), response_of(exchange), chunks[-1]
        texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
        assert response.text == "".join(texts), exchange.file
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        assert [(call.name, call.arguments) for call in response.tool_calls] == [(c["name"], c["args"]) for c in calls]
        assert all(
            "id" not in call or call["id"] == ours.id for call, ours in zip(calls, response.tool_calls, strict=True)
        )
        own = [part for part in parts if not part.keys() & {"text", "functionCall", "inlineData"}]
        assert [part.state.data for part in response.parts if isinstance(part, Foreign)] == own, exchange.file
        reason = (
            last["candidates"][0]["finishReason"] if "candidates" in last else last["promptFeedback"]["blockReason"]
        )
        assert response.raw_finish_reason == reason, exchange.file
        assert response.finish_reason == ("tool_calls" if calls else STOPS[reason]), exchange.file
        assert (response.id, response.model) == (last["responseId"], last["modelVersion"]), exchange.file
        usage = last["usageMetadata"]
        prompt = usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0)
        thought = usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
        assert (response.usage.input_tokens or 0, response.usage.output_tokens or 0) == (prompt, thought), exchange.file
        assert prompt + thought == usage.get("totalTokenCount", 0), exchange.file
        assert response.usage.cached_tokens == usage.get("cachedContentTokenCount"), exchange.file
    assert len(answers()) > 30


def test_where_streams_are_cut_does_not_matter():
    streams = [exchange for exchange in answers() if is_stream(exchange.answer)]
    for seed, exchange in enumerate(streams * 2):
        whole = decoded(WIRE.decoder(), [exchange.answer])
        body = exchange.answer.replace(b"\n", b"\r\n") if seed % 2 else exchange.answer
        assert decoded(WIRE.decoder(), cut(body, seed)) == whole, exchange.file
    assert len(streams) > 9


def test_log_probabilities():
    (exchange,) = [exchange for exchange in answers() if "logprobs" in exchange.file]
    chosen = exchange.json["candidates"][0]["logprobsResult"]["chosenCandidates"]
    assert [token["logprob"] for token in response_of(exchange).logprobs or ()] == [c["logProbability"] for c in chosen]


def camel(value: Any) -> Any:
    """The service takes names with humps and with underscores; recordings have both."""
    if isinstance(value, list):
        return [camel(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("_([a-z])", lambda m: m[1].upper(), key): camel(inner) for key, inner in value.items()}


def plain(value: Any) -> Any:
    """Without what says nothing, and with one kind of base64."""
    if isinstance(value, list):
        return [plain(inner) for inner in value if inner not in ({}, None)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        if inner in (None, False, []) or (key in ("generationConfig", "response") and inner == {}):
            continue
        kept[key] = plain(inner)
        if key in ("data", "thoughtSignature"):
            kept[key] = inner.replace("-", "+").replace("_", "/")
    return kept


def part_of(part: dict[str, Any]) -> Part:
    """A recorded part as a part of ours."""
    own = {key: part[key] for key in ("thoughtSignature",) if key in part}
    if "text" in part:
        return Text(part["text"], State("gemini", own) if own else None)
    if call := part.get("functionCall"):
        own |= {} if "id" in call else {"nameless": True}
        return ToolCall(call.get("id", f"call_{call['name']}"), call["name"], call["args"], State("gemini", own))
    if result := part.get("functionResponse"):
        pictures = [media_of(inner) for inner in result.get("parts", ())]
        text = [Text(json.dumps(result["response"]))] if result["response"] else []
        return ToolResult(result.get("id", f"call_{result['name']}"), [*text, *pictures], name=result["name"])
    if "inlineData" in part or "fileData" in part:
        return media_of(part)
    return Foreign(State("gemini", part))


def media_of(part: dict[str, Any]) -> Media:
    source = part.get("inlineData") or part["fileData"]
    data = base64.b64decode(source["data"], altchars=b"-_") if "data" in source else None
    kind: Any = MEDIA[source["mimeType"].partition("/")[0]]
    return Media(kind=kind, mime=source["mimeType"], data=data, url=source.get("fileUri"))


def request_of(exchange: Exchange) -> tuple[Gemini, Request]:
    """A recorded request in our words, and the dialect that it was sent in; what our words lack is an extra."""
    body = camel_outside_schemas(exchange.asked)
    config = body.get("generationConfig") or {}
    declared = [tool for entry in body.get("tools") or () for tool in entry.get("functionDeclarations", ())]
    system = (body.get("systemInstruction") or {}).get("parts")
    messages = [Message("system", [part_of(part) for part in system])] if system else []
    messages += [message_of(turn) for turn in body["contents"]]
    mode = ((body.get("toolConfig") or {}).get("functionCallingConfig") or {}).get("mode")
    known = {"contents", "systemInstruction", "tools", "generationConfig"} | ({"toolConfig"} if mode else set())
    extra = {key: value for key, value in body.items() if key not in known and value is not None}
    leftover = {key: config[key] for key in ("responseModalities", "thinkingConfig") if key in config}
    tools = [
        {"name": tool["name"], "description": tool["description"],
         "parameters": tool.get("parametersJsonSchema") or tool["parameters"]}
        for tool in declared
    ]  # fmt: skip
    request = Request(
        model=exchange.path.rpartition("/")[2].partition(":")[0],
        messages=messages,
        temperature=config.get("temperature"),
        max_tokens=config.get("maxOutputTokens"),
        logprobs=config.get("logprobs"),
        schema=config.get("responseJsonSchema"),
        tools=tools,
        tool_choice={"AUTO": "auto"}.get(mode, mode),
        provider_tools=[entry for entry in body.get("tools") or () if "functionDeclarations" not in entry],
        extra={**extra, **({"generationConfig": leftover} if leftover else {})},
    )
    return Gemini(Dialect(json_schema=not any("parameters" in tool for tool in declared))), request


def camel_outside_schemas(body: dict[str, Any]) -> dict[str, Any]:
    schema = (body.get("generationConfig") or {}).get("responseJsonSchema")
    result = camel(body)
    if schema:
        result["generationConfig"]["responseJsonSchema"] = schema
    return result


def message_of(turn: dict[str, Any]) -> Message:
    parts = [part_of(part) for part in turn["parts"]]
    if turn["role"] == "model":
        return Message("assistant", parts)
    return Message("tool" if any(isinstance(part, ToolResult) for part in parts) else "user", parts)


def expected_of(body: dict[str, Any]) -> Any:
    result = plain(camel_outside_schemas(body))
    for turn in [*result["contents"], result.get("systemInstruction", {})]:
        for part in turn.get("parts", ()):
            if part.get("functionResponse", {}).get("response") is None and "functionResponse" in part:
                part["functionResponse"].pop("response", None)
    result.get("systemInstruction", {}).pop("role", None)
    for entry in result.get("tools", ()):
        for tool in entry.get("functionDeclarations", ()):
            if tool.get("parameters", {}).get("properties") == {}:
                del tool["parameters"]
    return result


def test_every_request_is_encoded_as_it_was_sent():
    for exchange in chats():
        wire, request = request_of(exchange)
        sent = wire.chat(request, stream="stream" in exchange.path)
        assert exchange.path.endswith(sent.path.partition("?")[0].partition(":")[2])
        assert expected_of(json.loads(sent.body)) == expected_of(exchange.asked), exchange.file
    assert len(chats()) > 30


def test_answers_go_back_into_the_next_request_as_they_came():
    carried = 0
    before: Exchange | None = None
    for exchange in chats():
        place = len(before.asked["contents"]) if before else 0
        if before is not None and before.file == exchange.file and len(exchange.asked["contents"]) > place + 1:
            message = response_of(before).message
            sent = json.loads(WIRE.chat(Request(model="m", messages=[message]), stream=False).body)["contents"][0]
            recorded = expected_of({"contents": [exchange.asked["contents"][place]]})["contents"][0]
            assert essence(plain(sent)) == essence(recorded), exchange.file
            carried += 1
        before = exchange
    assert carried >= 10


def essence(turn: dict[str, Any]) -> Any:
    """Text, calls and signatures of a turn, in order: clients differ in joining texts and in naming calls."""
    parts = turn["parts"]
    texts = "".join(part.get("text", "") for part in parts)
    calls = [{**part["functionCall"], "id": None} for part in parts if "functionCall" in part]
    own = [list(part) for part in parts if part.keys() & {"toolCall", "toolResponse", "executableCode"}]
    return texts, calls, own, [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]


def test_refusals():
    refused = [exchange for exchange in found("", services=("gemini", "vertex")) if exchange.status >= 400]
    for exchange in refused:
        problem = WIRE.problem(exchange.answer, exchange.status)
        assert problem.message, exchange.file
        wrong_key = b"API_KEY_INVALID" in exchange.answer
        assert problem.status == (401 if wrong_key else exchange.status), exchange.file
    assert len(refused) > 3


@pytest.mark.parametrize("vertex", [False, True])
def test_beside_chat(vertex):
    wire = Gemini(Dialect(vertex=vertex))
    if vertex:
        (exchange,) = found(":embedContent")
        vectors, usage = wire.decode_embeddings(exchange.answer)
        assert vectors == [exchange.json["embedding"]["values"]]
        assert usage.input_tokens == exchange.json["usageMetadata"]["promptTokenCount"]
        return
    (counted,) = found(":countTokens")
    assert wire.decode_count(counted.answer) == counted.json["totalTokens"]
    assert json.loads(wire.count("m", [Message("user", "Hello, world!")]).body) == counted.asked
    (listed,) = [exchange for exchange in found("/models") if exchange.status == 200]
    assert [model["name"] for model in wire.decode_models(listed.answer)] == [m["name"] for m in listed.json["models"]]
