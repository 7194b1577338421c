"""What spells say, as it leaves over HTTP, and what comes back, in both languages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

import llmspell
from llmspell.config import Config, ProviderConfig
from llmspell.providers.wire import formats
from llmspell.testing import Answer, RecordedTransport

PIXEL = "iVBORw0KGgo="
THOUGHT = {"type": "thinking", "thinking": "Add them.", "signature": "EuYBCkQYAiJA+/="}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1, "b": 2}}
CLAUDE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "usage": {"input_tokens": 9, "output_tokens": 7},
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE_KEY", "sk-of-the-test")


def run(language: str, source: str, model: str, wire: str, *answers: Answer) -> tuple[Any, list[Any]]:
    """The result of a spell that talks to a recorded service, and the requests."""
    recorded = RecordedTransport(answers)
    result = llmspell.run(
        llmspell.Spell(source=source, language=language, name=f"spell.{language}"),
        config=Config(
            providers={"here": ProviderConfig(base_url="http://here.example/v1", wire=wire, api_key_env="HERE_KEY")}
        ),
        model=f"here/{model}",
        http_transport=recorded.transport,
        isolation="inline",
        check=False,
    )
    assert result.error is None, result.error
    return result.value, recorded.requests


def json_answer(body: Any) -> Answer:
    return Answer(pieces=[json.dumps(body).encode()])


def claude(*content: Any, stop: str) -> Answer:
    usage = {"input_tokens": 9, "output_tokens": 7, "cache_creation_input_tokens": 5}
    said = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content}
    return json_answer({**said, "stop_reason": stop, "usage": usage})


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "lua",
            """
            local options = { reasoning = 2048, tools = { { name = "add" } }, tool_choice = "auto", max_tokens = 4096 }
            local messages = { { role = "user", content = {
              { type = "text", text = "1 + 2?", cache = true },
              { type = "image", data = "iVBORw0KGgo=", mime = "image/png" } } } }
            local reply = llm():complete(messages, options)
            messages[2] = reply.message
            messages[3] = { role = "tool", tool_call_id = reply.tool_calls[1].id, content = "no", is_error = true }
            return { llm():complete(messages, options).text, reply.reasoning, reply.raw_finish_reason,
              reply.usage.cache_write_tokens }
            """,
        ),
        (
            "js",
            """
            const options = { reasoning: 2048, tools: [{ name: "add" }], toolChoice: "auto", maxTokens: 4096 };
            const messages = [{ role: "user", content: [
              { type: "text", text: "1 + 2?", cache: true },
              { type: "image", data: "iVBORw0KGgo=", mime: "image/png" }] }];
            const reply = await llm().complete(messages, options);
            messages.push(reply.message);
            messages.push({ role: "tool", toolCallId: reply.toolCalls[0].id, content: "no", isError: true });
            export default [(await llm().complete(messages, options)).text, reply.reasoning, reply.rawFinishReason,
              reply.usage.cacheWriteTokens];
            """,
        ),
    ],
)  # fmt: skip
def test_signed_thoughts_go_back_to_claude_as_they_came(language: str, source: str) -> None:
    answers = [claude(THOUGHT, CALL, stop="tool_use"), claude({"type": "text", "text": "3"}, stop="end_turn")]
    value, requests = run(language, source, "claude-sonnet-4-5", "anthropic", *answers)
    assert value == ["3", "Add them.", "tool_use", 5]
    asked = json.loads(requests[1].content)
    assert asked["messages"][1] == {"role": "assistant", "content": [THOUGHT, CALL]}
    [result] = asked["messages"][2]["content"]
    assert (result["tool_use_id"], result["is_error"]) == ("toolu_1", True)
    text, image = asked["messages"][0]["content"]
    assert text["cache_control"]["type"] == "ephemeral"
    assert image["source"] == {"type": "base64", "media_type": "image/png", "data": PIXEL}
    assert asked["thinking"]["budget_tokens"] == 2048


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "lua",
            """
            local best = llm():rerank("Who barks?", { "a cat", "a dog" }, { top = 1 })[1]
            local audio = llm():speak(best.text, { voice = "alloy" })
            local heard = llm():transcribe(audio)
            local picture = llm():image(heard.text)[1]
            return { best.text, audio.mime, heard.text, picture.data, #llm():embed("x", { dimensions = 2 }),
              spell.usage().calls }
            """,
        ),
        (
            "js",
            """
            const [best] = await llm().rerank("Who barks?", ["a cat", "a dog"], { top: 1 });
            const audio = await llm().speak(best.text, { voice: "alloy" });
            const heard = await llm().transcribe(audio);
            const [picture] = await llm().image(heard.text);
            const vector = await llm().embed("x", { dimensions: 2 });
            export default [best.text, audio.mime, heard.text, picture.data, vector.length,
              (await spell.usage()).calls];
            """,
        ),
    ],
)  # fmt: skip
def test_all_that_is_no_conversation(language: str, source: str) -> None:
    value, requests = run(
        language,
        source,
        "any",
        "openai-chat",
        json_answer({"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}),
        Answer(pieces=[b"ID3\xff"], headers={"content-type": "audio/mpeg"}),
        json_answer({"text": "A dog."}),
        json_answer({"data": [{"b64_json": PIXEL}]}),
        json_answer({"data": [{"index": 0, "embedding": [0.5, 1]}]}),
    )
    picture = value.pop(3)
    assert (picture["mime"], picture["size"]) == ("image/png", len(base64.b64decode(PIXEL)))
    assert value == ["a dog", "audio/mpeg", "A dog.", 2, 5]
    assert [request.url.path for request in requests] == [
        "/v1/rerank",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/images/generations",
        "/v1/embeddings",
    ]
    assert b"ID3\xff" in requests[2].content
    assert json.loads(requests[4].content)["dimensions"] == 2


class Turn(NamedTuple):
    """A conversation in the words of a service: its two answers, and what the second request has of all before."""

    call: Any
    text: Any
    sent: Callable[[Any], Any]
    expected: Any


def chat(message: Any, reason: str) -> Any:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return {"id": "c", "model": "m", "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 7}}


def responses(*output: Any) -> Any:
    return {
        "id": "r",
        "object": "response",
        "model": "m",
        "status": "completed",
        "output": output,
        "usage": {"input_tokens": 9, "output_tokens": 7, "total_tokens": 16},
    }


def gemini(*parts: Any) -> Any:
    content = {"role": "model", "parts": parts}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 7}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "usageMetadata": usage, "modelVersion": "m"}


def bedrock(*content: Any, stop: str = "end_turn") -> Any:
    message = {"role": "assistant", "content": content}
    return {"output": {"message": message}, "stopReason": stop, "usage": {"inputTokens": 9, "outputTokens": 7}}


def cohere(message: Any, reason: str) -> Any:
    usage = {"tokens": {"input_tokens": 9, "output_tokens": 7}}
    return {"id": "c", "message": {"role": "assistant", **message}, "finish_reason": reason, "usage": usage}


def ollama(**message: Any) -> Any:
    counts = {"prompt_eval_count": 9, "eval_count": 7}
    return {"model": "m", "message": {"role": "assistant", **message}, "done": True, "done_reason": "stop", **counts}


ARGUMENTS = {"a": 1, "b": 2}
TEXT_CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
URL = f"data:image/png;base64,{PIXEL}"
TURNS = {
    "openai-chat": Turn(
        chat({"content": None, "tool_calls": [TEXT_CALL]}, "tool_calls"),
        chat({"content": "3"}, "stop"),
        lambda body: [
            body["messages"][0]["content"][1]["image_url"]["url"],
            json.loads(body["messages"][1]["tool_calls"][0]["function"]["arguments"]),
            body["messages"][2]["tool_call_id"],
        ],
        [URL, ARGUMENTS, "call_1"],
    ),
    "openai-responses": Turn(
        responses(
            {
                "type": "function_call",
                "id": "f",
                "call_id": "call_a1b2c3d4e5f6",
                "name": "add",
                "arguments": '{"a":1,"b":2}',
            }
        ),
        responses({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "3"}]}),
        lambda body: [
            body["input"][0]["content"][1]["image_url"],
            json.loads(body["input"][1]["arguments"]),
            body["input"][2]["call_id"],
        ],
        [URL, ARGUMENTS, "call_a1b2c3d4e5f6"],
    ),
    "anthropic": Turn(
        {**CLAUDE, "content": [CALL], "stop_reason": "tool_use"},
        {**CLAUDE, "content": [{"type": "text", "text": "3"}], "stop_reason": "end_turn"},
        lambda body: [
            body["messages"][0]["content"][1]["source"]["data"],
            body["messages"][1]["content"][0]["input"],
            body["messages"][2]["content"][0]["tool_use_id"],
        ],
        [PIXEL, ARGUMENTS, "toolu_1"],
    ),
    "gemini": Turn(
        gemini({"functionCall": {"name": "add", "args": ARGUMENTS}, "thoughtSignature": "c2ln"}),
        gemini({"text": "3"}),
        lambda body: [
            body["contents"][0]["parts"][1]["inlineData"]["data"],
            body["contents"][1]["parts"][0],
            body["contents"][2]["parts"][0]["functionResponse"]["name"],
        ],
        [PIXEL, {"functionCall": {"name": "add", "args": ARGUMENTS}, "thoughtSignature": "c2ln"}, "add"],
    ),
    "bedrock": Turn(
        bedrock({"toolUse": {"toolUseId": "t1", "name": "add", "input": ARGUMENTS}}, stop="tool_use"),
        bedrock({"text": "3"}),
        lambda body: [
            body["messages"][0]["content"][1]["image"]["source"]["bytes"],
            body["messages"][1]["content"][0]["toolUse"]["input"],
            body["messages"][2]["content"][0]["toolResult"]["toolUseId"],
        ],
        [PIXEL, ARGUMENTS, "t1"],
    ),
    "cohere-v2": Turn(
        cohere({"tool_plan": "I add.", "tool_calls": [TEXT_CALL]}, "TOOL_CALL"),
        cohere({"content": [{"type": "text", "text": "3"}]}, "COMPLETE"),
        lambda body: [
            body["messages"][0]["content"][1]["image_url"]["url"],
            json.loads(body["messages"][1]["tool_calls"][0]["function"]["arguments"]),
            body["messages"][2]["tool_call_id"],
        ],
        [URL, ARGUMENTS, "call_1"],
    ),
    "ollama": Turn(
        ollama(content="", tool_calls=[{"function": {"name": "add", "arguments": ARGUMENTS}}]),
        ollama(content="3"),
        lambda body: [
            body["messages"][0]["images"],
            body["messages"][1]["tool_calls"][0]["function"]["arguments"],
            body["messages"][2]["tool_name"],
        ],
        [[PIXEL], ARGUMENTS, "add"],
    ),
}
NO_CONVERSATIONS = {"voyage": "it embeds and ranks, and has no conversations"}


def test_every_format_is_here() -> None:
    assert {*TURNS, *NO_CONVERSATIONS} == set(formats.NAMES)


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "lua",
            """
            local options = { tools = { { name = "add", description = "Add.", parameters = {
              type = "object", properties = { a = { type = "number" }, b = { type = "number" } } } } } }
            local messages = { { role = "user", content = {
              { type = "text", text = "1 + 2?" }, { type = "image", data = "iVBORw0KGgo=", mime = "image/png" } } } }
            local reply = llm():complete(messages, options)
            local call = reply.tool_calls[1]
            messages[2] = reply.message
            messages[3] = { role = "tool", tool_call_id = call.id, content = "3" }
            local last = llm():complete(messages, options)
            return { call.name, call.arguments.a + call.arguments.b, reply.finish_reason, last.text, last.finish_reason,
              spell.usage().input_tokens, spell.usage().output_tokens, spell.budget().tokens }
            """,
        ),
        (
            "js",
            """
            const options = { tools: [{ name: "add", description: "Add.", parameters: {
              type: "object", properties: { a: { type: "number" }, b: { type: "number" } } } }] };
            const messages = [{ role: "user", content: [
              { type: "text", text: "1 + 2?" }, { type: "image", data: "iVBORw0KGgo=", mime: "image/png" }] }];
            const reply = await llm().complete(messages, options);
            const [call] = reply.toolCalls;
            messages.push(reply.message);
            messages.push({ role: "tool", toolCallId: call.id, content: "3" });
            const last = await llm().complete(messages, options);
            const usage = await spell.usage();
            export default [call.name, call.arguments.a + call.arguments.b, reply.finishReason, last.text,
              last.finishReason, usage.inputTokens, usage.outputTokens, (await spell.budget()).tokens];
            """,
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wire", TURNS)
def test_a_picture_and_a_tool_go_there_and_back(language: str, source: str, wire: str) -> None:
    turn = TURNS[wire]
    value, requests = run(language, source, "m", wire, json_answer(turn.call), json_answer(turn.text))
    assert value == ["add", 3, "tool_calls", "3", "stop", 18, 14, 32]
    assert turn.sent(json.loads(requests[1].content)) == turn.expected


CANNOT = """
local _, err = pcall(function()
  llm():complete { { role = "user", content = { { type = "image", url = "https://x.example/a.png" } } } }
end)
return { err.kind, err.provider, err.message }
"""


@pytest.mark.parametrize(("wire", "words"), [("voyage", "has no conversations"), ("ollama", "url"), ("bedrock", "url")])
def test_what_a_format_cannot_say_is_told_and_nothing_is_sent(wire: str, words: str) -> None:
    (kind, provider, message), requests = run("lua", CANNOT, "any", wire)
    assert (kind, provider) == ("model", "here")
    assert words in message.lower()
    assert requests == []


def test_the_bytes_of_a_recording_are_those_that_were_given() -> None:
    data = bytes(range(256))
    source = f'return llm():transcribe({{ data = "{base64.b64encode(data).decode()}", mime = "audio/wav" }}).text'
    value, [request] = run("lua", source, "any", "openai-chat", json_answer({"text": "ok"}))
    assert value == "ok"
    assert data in request.content
