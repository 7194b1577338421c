"""What the new formats send is what the services' own packages describe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire import formats

PICTURE = Media(kind="image", mime="image/png", data=b"png")
PDF = Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf")
LINKED = Media(kind="document", mime="application/pdf", url="https://x.test/a.pdf")
TOOL = {
    "name": "add",
    "description": "adds",
    "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def body_of(wire: str, messages: list[Message], **options: Any) -> dict[str, Any]:
    request = Request(model="m", messages=messages, tools=[TOOL], schema=SCHEMA, reasoning="low", **options)
    return json.loads(formats.make(wire, {}).chat(request, stream=True).body)


def conversation(*said: Any, asked: tuple[Any, ...] = (), found: tuple[Any, ...] = ()) -> list[Message]:
    return [
        Message("system", "brief"),
        Message("user", [Text("hi"), PICTURE, *asked]),
        Message("assistant", [*said, ToolCall("c1", "add", {"a": 1})]),
        Message("tool", [ToolResult("c1", [Text("2"), *found])]),
        Message("assistant", "ok"),
        Message("user", "so?"),
    ]


def test_openai():
    pytest.importorskip("openai", reason="needs the group `sdks`")
    from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
    from pydantic import TypeAdapter

    def own(**data: Any) -> State:
        return State("openai-responses", data)

    item = {"id": "m1", "status": "completed", "phase": "final_answer"}
    summary = [{"type": "summary_text", "text": "hm"}]
    search = {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"type": "search", "query": "x"}}
    drawn = own(type="image_generation_call", id="ig", status="completed")
    said = [
        Reasoning("hm", own(type="reasoning", id="rs", encrypted_content="x", summary=summary)),
        Text("so", own(item=item)),
        Text("no", own(item=item, refusal=True)),
        Media(kind="image", mime="image/png", data=b"x", state=drawn),
        Foreign(own(**search)),
    ]
    body = body_of(
        "openai-responses",
        conversation(*said, asked=(PDF, LINKED), found=(PICTURE,)),
        temperature=0.5,
        top_p=0.9,
        max_tokens=100,
        tool_choice="add",
        parallel_tool_calls=True,
        provider_tools=[{"type": "web_search"}],
        logprobs=2,
    )
    TypeAdapter(ResponseCreateParamsStreaming).validate_python(body)


def test_ollama():
    types = pytest.importorskip("ollama._types", reason="needs the group `sdks`")
    body = body_of("ollama", conversation(Reasoning("hm")), temperature=0.5, seed=1, stop=["x"], logprobs=2)
    types.ChatRequest.model_validate(body)
    assert set(body) <= set(types.ChatRequest.model_fields)
    assert set(body["options"]) <= set(types.Options.model_fields)


def test_cohere():
    cohere = pytest.importorskip("cohere", reason="needs the group `sdks`")
    import inspect

    from cohere.types.chat_message_v2 import ChatMessageV2
    from pydantic import TypeAdapter

    def own(kind: str) -> State:
        return State("cohere-v2", {"type": kind})

    said = [Reasoning("p", own("tool_plan")), Reasoning("t", own("thinking")), Text("so")]
    options: dict[str, Any] = {"temperature": 0.5, "top_p": 0.9, "seed": 1, "stop": ["x"], "logprobs": 0}
    body = body_of("cohere-v2", conversation(*said), tool_choice="required", **options)
    for part, kind in (
        ("messages", list[ChatMessageV2]),
        ("tools", list[cohere.ToolV2]),
        ("thinking", cohere.Thinking),
        ("response_format", cohere.ResponseFormatV2),
    ):
        TypeAdapter(kind).validate_python(body[part])
    assert set(body) - {"stream"} <= set(inspect.signature(cohere.ClientV2.chat_stream).parameters)
