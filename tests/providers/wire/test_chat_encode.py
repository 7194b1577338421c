"""What requests of chat completions look like: every part of a conversation, every option, every dialect."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from llmspell.errors import InvalidValueError, ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import (
    Foreign,
    Media,
    Message,
    Part,
    Reasoning,
    State,
    Text,
    ToolCall,
    ToolResult,
)
from llmspell.providers.wire.chat_dialect import Dialect
from llmspell.providers.wire.openai_chat import OpenAIChat

PNG = b"\x89PNG"
PNG_URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
PICTURE = Media(kind="image", mime="image/png", data=PNG)
LINKED = Media(kind="image", mime="image/png", url="https://example.com/a.png")
PDF = Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf")
PDF_URI = "data:application/pdf;base64,JVBERg=="


def body(dialect: Dialect | None = None, **fields: Any) -> dict[str, Any]:
    fields.setdefault("messages", [Message("user", "Hi")])
    encoded: dict[str, Any] = json.loads(OpenAIChat(dialect).chat(Request(model="m", **fields), stream=False).body)
    return encoded


def messages(*conversation: Message, **switches: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(Dialect(**switches), messages=list(conversation))["messages"]
    return found


def user(*parts: Part, **switches: Any) -> Any:
    (message,) = messages(Message("user", list(parts)), **switches)
    return message["content"]


def assistant(*parts: Part, **switches: Any) -> dict[str, Any]:
    (message,) = messages(Message("assistant", list(parts)), **switches)
    return message


def state(**data: Any) -> State:
    return State("openai-chat", data)


class TestWhatTheUserSays:
    def test_texts_are_one_text(self) -> None:
        assert user(Text("a"), Text("b")) == "ab"

    def test_a_picture_in_the_request(self) -> None:
        assert user(Text("What?"), PICTURE) == [
            {"type": "text", "text": "What?"},
            {"type": "image_url", "image_url": {"url": PNG_URI}},
        ]

    def test_a_picture_somewhere_else(self) -> None:
        assert user(LINKED) == [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]

    @pytest.mark.parametrize(
        ("mime", "form"), [("audio/wav", "wav"), ("audio/mpeg", "mp3"), ("audio/x-wav", "wav"), ("audio/flac", "flac")]
    )
    def test_a_recording(self, mime: str, form: str) -> None:
        recording = Media(kind="audio", mime=mime, data=b"\x00\x01")
        assert user(recording) == [{"type": "input_audio", "input_audio": {"data": "AAE=", "format": form}}]

    def test_a_document(self) -> None:
        assert user(PDF) == [{"type": "file", "file": {"filename": "a.pdf", "file_data": PDF_URI}}]

    def test_a_document_without_a_name_gets_one(self) -> None:
        nameless = Media(kind="document", mime="application/pdf", url="https://example.com/x")
        assert user(nameless) == [
            {"type": "file", "file": {"filename": "document.pdf", "file_data": "https://example.com/x"}}
        ]

    def test_mistral_takes_documents_by_url(self) -> None:
        assert user(PDF, documents="document_url") == [
            {"type": "document_url", "document_url": PDF_URI, "document_name": "a.pdf"}
        ]

    @pytest.mark.parametrize(
        ("media", "switches", "what"),
        [
            (PICTURE, {"images": False}, "pictures"),
            (PDF, {"documents": "none"}, "documents"),
            (Media(kind="audio", mime="audio/wav", data=b"x"), {"audio": False}, "recordings"),
            (Media(kind="audio", mime="audio/wav", url="https://example.com/a.wav"), {}, "recordings by URL"),
            (Media(kind="video", mime="video/mp4", data=b"x"), {}, "video"),
        ],
    )
    def test_what_a_service_cannot_take(self, media: Media, switches: dict[str, Any], what: str) -> None:
        with pytest.raises(ModelError, match=f"the openai-chat format of this service has no {what}"):
            user(media, **switches)

    def test_marks_for_the_cache(self) -> None:
        marked = Text("long", cache=True)
        assert user(marked, Text("short")) == "longshort"
        assert user(marked, Text("short"), cache_control=True) == [
            {"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "short"},
        ]
        picture = Media(kind="image", mime="image/png", url="https://example.com/a.png", cache=True)
        assert user(picture, cache_control=True)[0]["cache_control"] == {"type": "ephemeral"}

    def test_answers_of_tools_in_a_turn_of_the_user(self) -> None:
        turn = Message("user", [ToolResult("c1", [Text("sunny")]), Text("So?")])
        assert messages(turn) == [
            {"role": "tool", "content": "sunny", "tool_call_id": "c1"},
            {"role": "user", "content": "So?"},
        ]


class TestInstructions:
    @pytest.mark.parametrize("role", ["system", "developer"])
    def test_the_role_is_the_dialects(self, role: str) -> None:
        assert messages(Message("system", "Be brief"), system_role=role) == [{"role": role, "content": "Be brief"}]

    def test_they_can_be_marked_for_the_cache(self) -> None:
        (encoded,) = messages(Message("system", [Text("Be brief", cache=True)]), cache_control=True)
        assert encoded["content"] == [{"type": "text", "text": "Be brief", "cache_control": {"type": "ephemeral"}}]


class TestAnswers:
    CALL = ToolCall("c1", "f", {"x": "é"})

    def test_text_and_calls(self) -> None:
        assert assistant(Text("Wait"), self.CALL) == {
            "role": "assistant",
            "content": "Wait",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": "é"}'}}],
        }

    def test_an_empty_answer_is_an_empty_text(self) -> None:
        assert assistant() == {"role": "assistant", "content": ""}

    @pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
    def test_thoughts_go_back_in_the_field_of_the_service(self, field: str) -> None:
        thoughts = Reasoning("Hm"), Text("Yes")
        assert assistant(*thoughts, reasoning_echo=field) == {"role": "assistant", "content": "Yes", field: "Hm"}
        assert assistant(*thoughts) == {"role": "assistant", "content": "Yes"}

    def test_thoughts_as_parts_of_the_content(self) -> None:
        thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
        with_text = assistant(Reasoning("Hm"), Text("Yes"), reasoning_echo="parts")
        assert with_text["content"] == [thinking, {"type": "text", "text": "Yes"}]
        with_call = assistant(Reasoning("Hm"), self.CALL, reasoning_echo="parts")
        assert with_call["content"] == [thinking]

    def test_details_of_thoughts_go_back_untouched(self) -> None:
        details = [{"type": "reasoning.encrypted", "data": "x", "id": "r", "format": None, "index": 0}]
        thought = Reasoning("", state(reasoning_details=details))
        assert assistant(thought, Text("Yes"), reasoning_echo="reasoning_details") == {
            "role": "assistant",
            "content": "Yes",
            "reasoning_details": details,
        }
        assert "reasoning_details" not in assistant(thought, Text("Yes"), reasoning_echo="reasoning_content")

    def test_thoughts_of_another_service_go_to_openrouter_as_text(self) -> None:
        foreign = Reasoning("Hm", State("anthropic", {"signature": "s"}))
        assert assistant(foreign, reasoning_echo="reasoning_details")["reasoning"] == "Hm"

    def test_signatures_of_gemini_go_back_with_their_part(self) -> None:
        extra = {"google": {"thought_signature": "abc"}}
        call = ToolCall("c1", "f", {}, state(extra_content=extra))
        assert assistant(call)["tool_calls"][0]["extra_content"] == extra
        assert "extra_content" not in assistant(call, extra_content=False)["tool_calls"][0]
        assert assistant(Text("Hi", state(extra_content=extra)))["extra_content"] == extra

    def test_state_of_another_format_stays_here(self) -> None:
        signed = ToolCall("c1", "f", {}, State("gemini", {"extra_content": {"google": {}}}))
        assert "extra_content" not in assistant(signed)["tool_calls"][0]

    def test_what_only_its_provider_understands_is_left_out(self) -> None:
        search = Foreign(State("anthropic", {"type": "server_tool_use"}))
        assert assistant(search, Text("Yes")) == {"role": "assistant", "content": "Yes"}

    def test_a_picture_of_the_models_own(self) -> None:
        mine = Media(kind="image", mime="image/png", data=PNG, state=state(images=True))
        assert assistant(Text("Here"), mine)["images"] == [{"type": "image_url", "image_url": {"url": PNG_URI}}]

    def test_what_the_model_said_aloud_goes_back_by_its_id(self) -> None:
        spoken = Media(kind="audio", mime="audio/wav", data=b"RIFF", state=state(audio={"id": "audio_1"}))
        assert assistant(Text("Hello"), spoken) == {"role": "assistant", "audio": {"id": "audio_1"}, "content": None}

    def test_a_picture_of_another_provider_cannot_be_the_models_own(self) -> None:
        with pytest.raises(ModelError, match="no image in answers") as failed:
            assistant(PICTURE)
        assert "a message of the user" in (failed.value.hint or "")


class TestAnswersOfTools:
    def test_pictures_go_into_a_message_behind_all_answers(self) -> None:
        results: list[Part] = [
            ToolResult("c1", [Text("a map"), PICTURE], name="map"),
            ToolResult("c2", [Text("sunny")]),
        ]
        assert messages(Message("tool", results)) == [
            {"role": "tool", "content": "a map", "tool_call_id": "c1"},
            {"role": "tool", "content": "sunny", "tool_call_id": "c2"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What the tool map c1 gave:"},
                    {"type": "image_url", "image_url": {"url": PNG_URI}},
                ],
            },
        ]

    def test_a_picture_alone_is_announced(self) -> None:
        first, _ = messages(Message("tool", [ToolResult("c1", [PICTURE])]))
        assert first["content"] == "what it gave follows in the next message"

    def test_services_that_take_pictures_get_them_in_place(self) -> None:
        (only,) = messages(Message("tool", [ToolResult("c1", [Text("a map"), LINKED])]), tool_media="parts")
        assert [part["type"] for part in only["content"]] == ["text", "image_url"]

    def test_an_answer_marked_for_the_cache(self) -> None:
        marked = ToolResult("c1", [Text("long")], cache=True)
        (only,) = messages(Message("tool", [marked]), cache_control=True)
        assert only["content"] == [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral"}}]


TOOL = {"name": "f", "description": "does", "parameters": {"type": "object", "properties": {}, "minProperties": 0}}


class TestTools:
    def test_choices(self) -> None:
        for choice in ("auto", "none", "required"):
            assert body(tool_choice=choice)["tool_choice"] == choice
        assert body(tool_choice="f")["tool_choice"] == {"type": "function", "function": {"name": "f"}}
        assert body(Dialect(required="any"), tool_choice="required")["tool_choice"] == "any"

    def test_several_at_once_may_be_forbidden(self) -> None:
        assert body(parallel_tool_calls=False)["parallel_tool_calls"] is False
        assert "parallel_tool_calls" not in body()

    def test_those_of_the_provider_go_in_its_own_words(self) -> None:
        search = {"type": "openrouter:web_search"}
        assert body(tools=[TOOL], provider_tools=[search])["tools"] == [
            {"type": "function", "function": TOOL},
            search,
        ]

    def test_keywords_that_a_service_refuses_are_told_instead(self) -> None:
        (tool,) = body(Dialect(schema_drop=("minProperties",)), tools=[TOOL])["tools"]
        assert tool["function"]["parameters"] == {
            "type": "object",
            "properties": {},
            "description": "(minProperties: 0)",
        }


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class TestSchemas:
    def test_a_strict_one(self) -> None:
        assert body(schema=CITY, schema_name="place")["response_format"] == {
            "type": "json_schema",
            "json_schema": {"name": "place", "schema": {**CITY, "additionalProperties": False}, "strict": True},
        }

    def test_one_with_optional_properties_is_not_strict(self) -> None:
        loose = {"type": "object", "properties": {"city": {"type": "string"}}}
        told = body(schema=loose)["response_format"]["json_schema"]
        assert (told["schema"], told["strict"]) == (loose, False)

    def test_services_that_know_no_strictness(self) -> None:
        told = body(Dialect(strict=False), schema=CITY)["response_format"]["json_schema"]
        assert told == {"name": "answer", "schema": CITY}

    def test_where_json_is_all_that_can_be_asked_for_the_instructions_have_the_schema(self) -> None:
        made = body(Dialect(schema="json_object"), schema=CITY)
        assert made["response_format"] == {"type": "json_object"}
        first, second = made["messages"]
        assert first["role"] == "system"
        assert json.dumps(CITY) in first["content"]
        assert second == {"role": "user", "content": "Hi"}

    def test_there_it_joins_the_instructions_that_there_are(self) -> None:
        conversation = [Message("system", "Be brief"), Message("user", "Hi")]
        first, _ = body(Dialect(schema="json_object"), schema=CITY, messages=conversation)["messages"]
        assert first["content"].startswith("Be brief\n\nAnswer with JSON alone")

    def test_services_without_any(self) -> None:
        with pytest.raises(ModelError, match="holds no answer to a schema"):
            body(Dialect(schema="none"), schema=CITY)


class TestThinking:
    @pytest.mark.parametrize(
        ("how", "asked", "sent"),
        [
            ("effort", "low", {"reasoning_effort": "low"}),
            ("effort", "none", {"reasoning_effort": "none"}),
            ("object", "high", {"reasoning": {"effort": "high"}}),
            ("object", 2000, {"reasoning": {"max_tokens": 2000}}),
            ("thinking", "low", {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
            ("thinking", "none", {"thinking": {"type": "disabled"}}),
            ("switch", "high", {"thinking": {"type": "enabled"}}),
            ("switch", "none", {"thinking": {"type": "disabled"}}),
        ],
    )
    def test_each_way_to_ask_for_it(self, how: str, asked: str | int, sent: dict[str, Any]) -> None:
        plain = body(Dialect(reasoning=how))
        assert body(Dialect(reasoning=how), reasoning=asked) == plain | sent

    @pytest.mark.parametrize("how", ["effort", "thinking", "switch"])
    def test_a_number_of_tokens_where_there_is_none(self, how: str) -> None:
        with pytest.raises(ModelError, match="no number of tokens for thinking"):
            body(Dialect(reasoning=how), reasoning=1024)

    def test_services_that_do_not_think(self) -> None:
        with pytest.raises(ModelError, match="cannot be asked to think"):
            body(Dialect(reasoning="none"), reasoning="low")


def test_log_probabilities() -> None:
    assert {key: body(logprobs=2)[key] for key in ("logprobs", "top_logprobs")} == {"logprobs": True, "top_logprobs": 2}
    assert "top_logprobs" not in body(logprobs=0)
    assert body(logprobs=0)["logprobs"] is True


def test_the_seed_has_the_dialects_name() -> None:
    assert body(Dialect(seed="random_seed"), seed=3)["random_seed"] == 3


def test_extra_is_laid_over_all_else() -> None:
    made = body(schema=CITY, extra={"response_format": {"type": "text"}, "audio": {"voice": "alloy", "format": "wav"}})
    assert made["response_format"] == {"type": "text"}
    assert made["audio"]["voice"] == "alloy"


def test_several_answers_at_once_would_be_mixed() -> None:
    assert body(extra={"n": 1})["n"] == 1
    with pytest.raises(ModelError, match="gives one answer to a request"):
        body(extra={"n": 2})


@pytest.mark.parametrize(
    "fields", [{"temperature": float("inf")}, {"extra": {"x": b"x"}}, {"messages": [Message("user", "\ud83d")]}]
)
def test_what_is_not_json(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError, match="the request holds something that is not JSON"):
        body(**fields)


@pytest.mark.parametrize(
    ("switches", "problem"),
    [
        ({"schema": "xml"}, "schema must be json_schema or json_object or none, not 'xml'"),
        ({"stream_usage": "no"}, "stream_usage must be true or false"),
        ({"max_tokens": ""}, "max_tokens must be text"),
        ({"schema_drop": "format"}, "schema_drop must be a list of texts"),
        ({"reasoning": 5}, "reasoning must be effort or object"),
    ],
)
def test_a_dialect_that_is_none(switches: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        OpenAIChat(Dialect(**switches))
