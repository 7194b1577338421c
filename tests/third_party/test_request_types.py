"""The types of the services' own packages accept what we send, and know every field of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from llmspell.providers.base import Request
from llmspell.providers.catalog import ROWS
from llmspell.providers.content import Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.wire import formats

WEATHER = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
PNG = Media(kind="image", mime="image/png", data=b"png")
LINKED = Media(kind="image", mime="image/png", url="https://x.test/a.png")
CLOSELY = Media(kind="image", mime="image/png", url="https://x.test/a.png", detail="high")
LEFT = Media(kind="document", mime="application/pdf", file_id="file-1")
PDF = Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf")
WAV = Media(kind="audio", mime="audio/wav", data=b"RIFF")
OPTIONS = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 4096}
ALL = {**OPTIONS, "seed": 7, "stop": ["END"]}

ASKED = [Message("system", "Be brief."), Message("user", "Hi")]


def called(*thought: Reasoning) -> list[Message]:
    """A conversation in which two tools were called at once."""
    calls = [ToolCall("call_0001a", "weather", {"city": "Ulm"}), ToolCall("call_0002b", "weather", {"city": "Bonn"})]
    return [
        *ASKED,
        Message("assistant", [*thought, Text("I will look."), *calls]),
        Message("tool", [ToolResult("call_0001a", [Text("rain")])]),
        Message("tool", [ToolResult("call_0002b", [Text("no such city")], is_error=True)]),
        Message("assistant", "It rains."),
        Message("user", "And now?"),
    ]


def seeing(*media: Media) -> list[Message]:
    return [Message("user", [Text("What is this?"), *media])]


def body(provider: str, messages: list[Message], *, stream: bool, **options: Any) -> dict[str, Any]:
    row = ROWS[provider]
    request = Request(model=row.default_model or "m-1", messages=messages, **options)
    sent: dict[str, Any] = json.loads(formats.make(row.wire, row.dialect).chat(request, stream=stream).body)
    return sent


def plain(value: Any) -> Any:
    """A checked value as it is in JSON. What a type calls iterable is checked now, while it is read."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, str | int | float | None):
        return value
    return [plain(inner) for inner in value]


def accepts(kind: Any, sent: Any) -> None:
    """The type accepts it, and drops no field as unknown."""
    assert plain(TypeAdapter(kind).validate_python(sent)) == sent


def signed(wire: str, **data: Any) -> Reasoning:
    return Reasoning("Rain is likely.", State(wire, data))


TOOLED = {"tools": [WEATHER], "tool_choice": "auto", "parallel_tool_calls": False}
FORCED = {"tools": [WEATHER], "tool_choice": "weather"}


def cases(*more: tuple[str, list[Message], dict[str, Any]], options: dict[str, Any]) -> Any:
    every = [
        ("text", ASKED, options),
        ("tools", called(), TOOLED),
        ("a forced tool", ASKED, FORCED),
        ("tools that must be called", ASKED, {"tools": [WEATHER], "tool_choice": "required"}),
        ("a schema", ASKED, {"schema": SCHEMA}),
        ("reasoning", ASKED, {"reasoning": "low"}),
        ("pictures", seeing(PNG), {}),
        *more,
    ]
    ids = [name for name, *_ in every]
    return pytest.mark.parametrize(("messages", "options"), [case for _, *case in every], ids=ids)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
class TestTypes:
    @cases(
        ("media", seeing(LINKED, CLOSELY, PDF, LEFT, WAV), {}),
        ("log probabilities", ASKED, {"logprobs": 3}),
        options=ALL,
    )
    def test_openai(self, messages: list[Message], options: dict[str, Any], stream: bool) -> None:
        types = pytest.importorskip("openai.types.chat.completion_create_params", reason="needs the group `sdks`")
        kind = types.CompletionCreateParamsStreaming if stream else types.CompletionCreateParamsNonStreaming
        accepts(kind, {"stream": stream} | body("openai", messages, stream=stream, **options))

    @cases(
        ("media", seeing(LINKED, PDF), {}),
        ("thoughts", called(signed("anthropic", signature="c2ln")), TOOLED | {"reasoning": 2048, "max_tokens": 8192}),
        options={"max_tokens": 4096, "stop": ["END"]},  # the package has no temperature any more, older models have
    )
    def test_anthropic(self, messages: list[Message], options: dict[str, Any], stream: bool) -> None:
        types = pytest.importorskip("anthropic.types.message_create_params", reason="needs the group `sdks`")
        kind = types.MessageCreateParamsStreaming if stream else types.MessageCreateParamsNonStreaming
        accepts(kind, {"stream": stream} | body("anthropic", messages, stream=stream, **options))

    @cases(
        ("media", seeing(PDF, WAV), {}),
        ("thoughts", called(signed("gemini", thoughtSignature="c2ln")), {"tools": [WEATHER], "reasoning": 512}),
        ("log probabilities", ASKED, {"logprobs": 3}),
        options=ALL,
    )
    def test_gemini(self, messages: list[Message], options: dict[str, Any], stream: bool) -> None:
        types = pytest.importorskip("google.genai.types", reason="needs the group `sdks`")
        if options.get("parallel_tool_calls") is False:
            options = {**options, "parallel_tool_calls": None}  # Gemini has no such switch
        sent = body("gemini", messages, stream=stream, **options)
        kinds = {
            "contents": list[types.Content],
            "systemInstruction": types.Content,
            "tools": list[types.Tool],
            "toolConfig": types.ToolConfig,
            "generationConfig": types.GenerationConfig,
        }
        for name, value in sent.items():
            TypeAdapter(kinds[name]).validate_json(json.dumps(value))

    @cases(("media", seeing(LINKED, CLOSELY, LEFT), {}), options=ALL)
    def test_mistral(self, messages: list[Message], options: dict[str, Any], stream: bool) -> None:
        models = pytest.importorskip("mistralai.client.models", reason="needs the group `sdks`")
        kind = models.ChatCompletionStreamRequest if stream else models.ChatCompletionRequest
        sent = body("mistral", messages, stream=stream, **options)
        checked = kind.model_validate(sent)
        assert set(sent) <= set(kind.model_fields) | {field.alias for field in kind.model_fields.values()}
        assert len(checked.messages) == len(sent["messages"])

    @cases(("a picture to look at closely", seeing(CLOSELY), {}), options=ALL)
    def test_cohere(self, messages: list[Message], options: dict[str, Any], stream: bool) -> None:
        cohere = pytest.importorskip("cohere", reason="needs the group `sdks`")
        from cohere.types.chat_message_v2 import ChatMessageV2

        options = {name: value for name, value in options.items() if name != "parallel_tool_calls"}
        if options.get("tool_choice") in ("auto", "weather"):
            options["tool_choice"] = "required"  # Cohere's can force a call, but not which
        sent = body("cohere", messages, stream=stream, **options)
        kinds = {
            "messages": list[ChatMessageV2],
            "tools": list[cohere.ToolV2],
            "response_format": cohere.ResponseFormatV2,
            "thinking": cohere.Thinking,
        }
        for name, kind in kinds.items():
            if name in sent:
                TypeAdapter(kind).validate_python(sent[name])
