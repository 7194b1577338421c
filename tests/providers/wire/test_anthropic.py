"""Anthropic's messages: each trap by a small example of our own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.base import Request, Usage
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.failures import Asked, failure
from llmspell.providers.wire import formats
from llmspell.providers.wire.anthropic import Anthropic, Dialect
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.kit import cut, stream
from tests.providers.wire.traffic import decoded, folded, pieces_of

WIRE = Anthropic()
WEATHER = {"name": "weather", "description": "Of a city", "parameters": {"type": "object", "properties": {}}}
START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude-x", "role": "assistant", "content": [], "usage": {"input_tokens": 5}},
}
STOP = {"type": "message_stop"}


def asked(*messages: Message, model: str = "claude-sonnet-4-5", **options) -> dict:
    conversation = list(messages) or [Message("user", "hi")]
    return json.loads(WIRE.chat(Request(model=model, messages=conversation, **options), stream=False).body)


def said(*blocks: dict, reason: str = "end_turn", usage: dict | None = None, **more) -> bytes:
    answer = {"type": "message", "id": "msg_1", "model": "claude-x", "role": "assistant", "content": blocks, **more}
    return json.dumps(
        {**answer, "stop_reason": reason, "usage": usage or {"input_tokens": 5, "output_tokens": 7}}
    ).encode()


def block(number: int, start: dict, *deltas: dict) -> list[dict]:
    return [
        {"type": "content_block_start", "index": number, "content_block": start},
        *({"type": "content_block_delta", "index": number, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": number},
    ]


def ending(reason: str = "end_turn", **usage: int) -> list[dict]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7, **usage}}, STOP]


def streamed(*chunks: dict):
    return folded(decoded(WIRE.decoder(), [stream(*chunks)]))


THINKING = {"type": "thinking", "thinking": "Hm…", "signature": "c2ln"}
SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "née"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [{"encrypted_content": "x"}]}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Zürich"}}
REDACTED = {"type": "redacted_thinking", "data": "b3BhcXVl"}
CITED = {"type": "text", "text": "It is so.", "citations": [{"type": "char_location", "cited_text": "so"}]}


class TestRequests:
    def test_the_smallest(self):
        assert asked(max_tokens=9) == {
            "model": "claude-sonnet-4-5",
            "max_tokens": 9,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        }

    def test_where_it_goes_and_with_which_headers(self):
        sent = WIRE.chat(Request(model="m", messages=[], extra={"betas": ["a-1", "b-2"]}), stream=True)
        assert sent.path == "/messages"
        assert sent.headers == {"anthropic-version": "2023-06-01", "anthropic-beta": "a-1,b-2"}
        assert json.loads(sent.body)["stream"] is True
        assert "betas" not in json.loads(sent.body)
        assert WIRE.auth("k") == {"x-api-key": "k"}
        assert Anthropic(Dialect(bearer=True)).auth("k") == {"authorization": "Bearer k"}

    @pytest.mark.parametrize(
        ("model", "most"),
        [("claude-3-haiku-20240307", 4096), ("claude-3-5-sonnet-latest", 8192), ("claude-opus-4-1", 32_000)],
    )
    def test_a_length_is_always_given(self, model, most):
        assert asked(model=model)["max_tokens"] == most

    def test_a_service_may_have_a_length_of_its_own(self):
        sent = Anthropic(Dialect(max_tokens=77)).chat(Request(model="m", messages=[]), stream=False)
        assert json.loads(sent.body)["max_tokens"] == 77

    def test_options(self):
        body = asked(temperature=0.0, top_p=0.5, stop=["END"], extra={"metadata": {"user_id": "u"}})
        assert (body["temperature"], body["top_p"], body["stop_sequences"]) == (0.0, 0.5, ["END"])
        assert body["metadata"] == {"user_id": "u"}

    @pytest.mark.parametrize("option", [{"seed": 1}, {"logprobs": 2}])
    def test_what_it_has_not_is_refused_by_name(self, option):
        with pytest.raises(ModelError, match=f"the anthropic format has no {next(iter(option))}"):
            asked(**option)

    def test_system_messages_stand_beside_the_others(self):
        body = asked(
            Message("system", "Be brief."), Message("user", "hi"), Message("system", [Text("Now.", cache=True)])
        )
        assert body["system"] == [
            {"type": "text", "text": "Be brief."},
            {"type": "text", "text": "Now.", "cache_control": {"type": "ephemeral"}},
        ]
        assert [message["role"] for message in body["messages"]] == ["user"]

    def test_a_picture_is_no_system_message(self):
        with pytest.raises(ModelError, match="system messages of anything but text"):
            asked(Message("system", [Media(kind="image", mime="image/png", data=b"x")]))

    def test_results_of_tools_stand_together_in_a_turn_of_the_user(self):
        body = asked(
            Message("user", "hi"),
            Message("assistant", [ToolCall("a", "weather", {}), ToolCall("b", "weather", {"city": "Bern"})]),
            Message("tool", [ToolResult("a", [Text("warm")])]),
            Message("tool", [ToolResult("b", [], is_error=True, cache=True)]),
            Message("user", "well?"),
        )
        assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
        assert body["messages"][2]["content"] == [
            {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "warm"}]},
            {"type": "tool_result", "tool_use_id": "b", "is_error": True, "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "well?"},
        ]

    def test_ids_of_other_services_are_made_to_fit_on_both_sides(self):
        body = asked(
            Message("assistant", [ToolCall("functions.weather:0", "weather", {})]),
            Message("tool", [ToolResult("functions.weather:0", [Text("warm")])]),
        )
        assert body["messages"][0]["content"][0]["id"] == "functions_weather_0"
        assert body["messages"][1]["content"][0]["tool_use_id"] == "functions_weather_0"

    def test_empty_texts_and_empty_turns_are_left_out(self):
        body = asked(Message("user", [Text(""), Text("hi")]), Message("assistant", ""), Message("user", "there?"))
        assert body["messages"] == [
            {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "there?"}]}
        ]

    @pytest.mark.parametrize(
        ("media", "expected"),
        [
            (
                Media(kind="image", mime="image/png", data=b"\x89P", cache=True),
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVA="},
                    "cache_control": {"type": "ephemeral"},
                },
            ),
            (
                Media(kind="image", mime="image/png", url="https://x.test/a.png"),
                {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}},
            ),
            (
                Media(kind="document", mime="application/pdf", data=b"%PDF", name="a.pdf"),
                {
                    "type": "document",
                    "title": "a.pdf",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
                },
            ),
            (
                Media(kind="document", mime="text/markdown", data="# né".encode()),
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# né"}},
            ),
            (
                Media(kind="document", mime="application/pdf", url="https://x.test/a.pdf"),
                {"type": "document", "source": {"type": "url", "url": "https://x.test/a.pdf"}},
            ),
        ],
    )
    def test_media_in_messages_and_in_results(self, media, expected):
        body = asked(Message("user", [media]), Message("assistant", [ToolCall("a", "see", {})]),
                     Message("tool", [ToolResult("a", [media])]))  # fmt: skip
        assert body["messages"][0]["content"] == [expected]
        assert body["messages"][2]["content"][0]["content"] == [expected]

    @pytest.mark.parametrize("kind", ["audio", "video"])
    def test_sound_and_film_are_refused(self, kind):
        with pytest.raises(ModelError, match=f"the anthropic format has no {kind}"):
            asked(Message("user", [Media(kind=kind, mime=f"{kind}/mp4", data=b"x")]))

    def test_an_uploaded_file_is_something_of_its_own(self):
        upload = {"type": "container_upload", "file_id": "file_1"}
        body = asked(Message("user", [Text("sum it"), Foreign(State("anthropic", upload))]))
        assert body["messages"][0]["content"][1] == upload

    def test_what_other_services_left_behind_stays_away(self):
        body = asked(
            Message("user", "hi"),
            Message(
                "assistant",
                [
                    Reasoning("Hm", State("gemini", {"thoughtSignature": "x"})),
                    Reasoning("Hm, unsigned"),
                    Foreign(State("openai-responses", {"type": "web_search_call"})),
                    Text("ho", State("gemini", {"thoughtSignature": "y"})),
                ],
            ),
        )
        assert body["messages"][1]["content"] == [{"type": "text", "text": "ho"}]

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("auto", {"type": "auto"}),
            ("none", {"type": "none"}),
            ("required", {"type": "any"}),
            ("weather", {"type": "tool", "name": "weather"}),
        ],
    )
    def test_tool_choice(self, choice, expected):
        body = asked(tools=[WEATHER], tool_choice=choice)
        assert body["tool_choice"] == expected
        assert body["tools"] == [
            {"name": "weather", "description": "Of a city", "input_schema": {"type": "object", "properties": {}}}
        ]

    def test_one_call_at_a_time(self):
        body = asked(tools=[WEATHER], parallel_tool_calls=False)
        assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
        body = asked(tools=[WEATHER], parallel_tool_calls=False, tool_choice="required")
        assert body["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
        assert "tool_choice" not in asked(tools=[WEATHER], parallel_tool_calls=True)

    def test_a_tool_without_parameters_still_has_a_schema(self):
        assert asked(tools=[{"name": "now"}])["tools"][0]["input_schema"] == {"type": "object", "properties": {}}

    def test_tools_of_the_service_stand_beside_ours(self):
        search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
        assert asked(tools=[WEATHER], provider_tools=[search])["tools"][1] == search

    @pytest.mark.parametrize(
        ("model", "reasoning", "expected"),
        [
            ("claude-sonnet-4-5-20250929", "low", {"type": "enabled", "budget_tokens": 2048}),
            ("claude-opus-4-20250514", "high", {"type": "enabled", "budget_tokens": 16_384}),
            ("claude-3-7-sonnet-20250219", "minimal", {"type": "enabled", "budget_tokens": 1024}),
            ("claude-opus-4-7", "medium", {"type": "adaptive", "display": "summarized"}),
            ("claude-sonnet-5", "medium", {"type": "adaptive", "display": "summarized"}),
            ("anthropic/claude-haiku-4.5", 1500, {"type": "enabled", "budget_tokens": 1500}),
            ("glm-4.6", "low", {"type": "enabled", "budget_tokens": 2048}),
            ("claude-sonnet-4-6", "none", {"type": "disabled"}),
            ("claude-sonnet-4-6", 0, {"type": "disabled"}),
        ],
    )
    def test_thinking(self, model, reasoning, expected):
        assert asked(model=model, reasoning=reasoning)["thinking"] == expected

    def test_an_effort_and_a_schema_share_their_place(self):
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        assert asked(model="claude-opus-4-6", reasoning="minimal", schema=schema)["output_config"] == {
            "effort": "low",
            "format": {"type": "json_schema", "schema": schema},
        }

    def test_there_is_room_for_the_answer_after_the_thinking(self):
        assert asked(reasoning=40_000)["max_tokens"] == 44_096
        assert asked(reasoning=2000, max_tokens=3000)["max_tokens"] == 3000

    def test_extras_are_laid_over_what_is_there(self):
        body = asked(model="claude-opus-4-6", reasoning="high", extra={"output_config": {"effort": "max"}, "top_k": 3})
        assert body["output_config"] == {"effort": "max"}
        assert body["top_k"] == 3


class TestSchemas:
    def schema(self, schema: dict) -> dict:
        return asked(schema=schema)["output_config"]["format"]["schema"]

    def test_objects_are_closed_everywhere(self):
        given = {
            "type": "object",
            "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}},
            "$defs": {"x": {"type": "object", "properties": {}, "additionalProperties": True}},
            "title": "kept",
        }
        found = self.schema(given)
        assert found["additionalProperties"] is False
        assert found["properties"]["list"]["items"]["additionalProperties"] is False
        assert found["$defs"]["x"]["additionalProperties"] is False
        assert found["title"] == "kept"
        assert "additionalProperties" not in given

    def test_limits_become_words(self):
        found = self.schema({"type": "integer", "minimum": 1, "maximum": 9, "description": "A die"})
        assert found == {"type": "integer", "description": "A die (minimum: 1, maximum: 9)"}
        assert self.schema({"type": "string", "maxLength": 5}) == {"type": "string", "description": "(maxLength: 5)"}
        assert self.schema({"type": "array", "items": {}, "minItems": 1})["minItems"] == 1
        assert self.schema({"type": "string", "format": "date"}) == {"type": "string", "format": "date"}
        assert self.schema({"type": "string", "format": "iri"})["description"] == '(format: "iri")'
        assert "minItems" not in self.schema({"type": "array", "items": {}, "minItems": 2})

    def test_a_property_may_have_the_name_of_a_keyword(self):
        found = self.schema({"type": "object", "properties": {"minimum": {"type": "integer"}}})
        assert found["properties"] == {"minimum": {"type": "integer"}}

    def test_choices(self):
        found = self.schema({"oneOf": [{"type": "number", "minimum": 0}, {"type": "null"}]})
        assert found == {"anyOf": [{"type": "number", "description": "(minimum: 0)"}, {"type": "null"}]}


ANSWER = [THINKING, REDACTED, SEARCH, FOUND, CITED, CALL, {**CALL, "id": "toolu_2", "input": {}}]
CHUNKS = [
    START,
    *block(0, {"type": "thinking", "thinking": "", "signature": ""},
           {"type": "thinking_delta", "thinking": "Hm"}, {"type": "thinking_delta", "thinking": "…"},
           {"type": "signature_delta", "signature": "c2ln"}),
    {"type": "ping"},
    *block(1, REDACTED),
    *block(2, {**SEARCH, "input": {}}, {"type": "input_json_delta", "partial_json": ""},
           {"type": "input_json_delta", "partial_json": '{"query": "n'},
           {"type": "input_json_delta", "partial_json": 'ée"}'}),
    *block(3, FOUND),
    *block(4, {"type": "text", "text": "", "citations": []},
           {"type": "text_delta", "text": "It is "}, {"type": "citations_delta", "citation": CITED["citations"][0]},
           {"type": "text_delta", "text": "so."}),
    *block(5, {**CALL, "input": {}}, {"type": "input_json_delta", "partial_json": ""},
           {"type": "input_json_delta", "partial_json": '{"city": "Z'},
           {"type": "input_json_delta", "partial_json": 'ürich"}'}),
    *block(6, {**CALL, "id": "toolu_2", "input": {}}),
    *ending("tool_use", cache_read_input_tokens=100),
]  # fmt: skip


class TestAnswers:
    def test_every_kind_of_block(self):
        response = folded(WIRE.decode(said(*ANSWER, reason="tool_use")))
        assert response.parts == [
            Reasoning("Hm…", State("anthropic", {"signature": "c2ln"})),
            Reasoning("", State("anthropic", REDACTED)),
            Foreign(State("anthropic", SEARCH)),
            Foreign(State("anthropic", FOUND)),
            Text("It is so.", State("anthropic", {"citations": CITED["citations"]})),
            ToolCall("toolu_1", "weather", {"city": "Zürich"}),
            ToolCall("toolu_2", "weather", {}),
        ]
        assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "tool_use")
        assert (response.id, response.model) == ("msg_1", "claude-x")
        assert response.reasoning == "Hm…"

    def test_a_stream_gives_the_same(self):
        whole = folded(WIRE.decode(said(*ANSWER, reason="tool_use")))
        assert streamed(*CHUNKS).parts == whole.parts

    @given(st.data())
    def test_however_it_is_cut(self, data):
        body = stream(*CHUNKS)
        if data.draw(st.booleans()):
            body = body.replace(b"\n", b"\r\n")
        assert decoded(WIRE.decoder(), data.draw(pieces_of(body))) == decoded(WIRE.decoder(), [stream(*CHUNKS)])

    def test_the_answer_goes_back_as_it_came(self):
        message = streamed(*CHUNKS).message
        assert asked(Message("user", "hi"), message)["messages"][1]["content"] == ANSWER

    def test_fields_that_are_yet_to_be_invented_go_back_too(self):
        blocks = [{**THINKING, "a": 1}, {"type": "text", "text": "x", "b": 2}, {**CALL, "toolset_name": "c"}]
        message = folded(WIRE.decode(said(*blocks, reason="tool_use"))).message
        assert asked(message)["messages"][0]["content"] == blocks

    def test_who_called_a_tool_goes_back_unless_it_was_the_model(self):
        program = {"type": "code_execution_20250825", "tool_id": "srv_1"}
        called = [{**CALL, "caller": program}, {**CALL, "caller": {"type": "direct"}}]
        message = folded(WIRE.decode(said(*called, reason="tool_use"))).message
        assert asked(message)["messages"][0]["content"] == [{**CALL, "caller": program}, CALL]

    def test_thinking_that_is_not_shown_keeps_its_signature(self):
        hidden = {"type": "thinking", "thinking": "", "signature": "c2ln"}
        for response in (folded(WIRE.decode(said(hidden))), streamed(START, *block(0, hidden), *ending())):
            assert response.parts == [Reasoning("", State("anthropic", {"signature": "c2ln"}))]
            assert asked(response.message)["messages"][0]["content"] == [hidden]

    def test_blocks_and_pieces_that_are_yet_to_be_invented(self):
        response = streamed(
            START,
            {"type": "novelty", "x": 1},
            *block(0, {"type": "compaction", "content": None},
                   {"type": "compaction_delta", "content": "In "}, {"type": "compaction_delta", "content": "short"}),
            *ending(),
        )  # fmt: skip
        assert response.parts == [Foreign(State("anthropic", {"type": "compaction", "content": "In short"}))]

    def test_a_gateway_that_sends_arguments_at_once(self):
        response = streamed(START, *block(0, CALL), *ending("tool_use"))
        assert response.tool_calls[0].arguments == {"city": "Zürich"}

    def test_half_an_emoji(self):
        body = stream(START, *block(0, {"type": "text", "text": ""}), *ending())
        half = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\ud83d"}}'
        body = body.replace(b"event: content_block_stop", b"data: " + half + b"\n\nevent: content_block_stop")
        assert folded(decoded(WIRE.decoder(), [body])).text == "\ufffd"

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            ("end_turn", "stop"),
            ("stop_sequence", "stop"),
            ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"),
            ("tool_use", "tool_calls"),
            ("refusal", "content_filter"),
            ("pause_turn", "other"),
            ("boredom", "other"),
        ],
    )
    def test_reasons(self, raw, reason):
        for response in (folded(WIRE.decode(said(reason=raw))), streamed(START, *ending(raw))):
            assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)

    def test_what_nothing_else_stands_for_is_kept(self):
        more = {"container": {"id": "c"}, "stop_sequence": "END", "stop_details": None}
        usage = {"input_tokens": 1, "output_tokens": 2, "service_tier": "batch", "server_tool_use": None}
        expected = {"container": {"id": "c"}, "stop_sequence": "END", "usage": {"service_tier": "batch"}}
        assert folded(WIRE.decode(said(usage=usage, **more))).raw == expected
        delta = {"stop_reason": "end_turn", **more}
        assert streamed(START, {"type": "message_delta", "delta": delta, "usage": usage}, STOP).raw == expected

    @pytest.mark.parametrize(("raw", "reason"), [("max_tokens", "length"), ("refusal", "content_filter")])
    def test_an_answer_that_was_cut_within_a_call(self, raw, reason):
        half = {"type": "input_json_delta", "partial_json": '{"city": "Z'}
        response = streamed(START, *block(0, {**CALL, "input": {}}, half), *ending(raw))
        assert (response.parts, response.finish_reason) == ([], reason)

    def test_arguments_that_are_no_json(self):
        bad = {"type": "input_json_delta", "partial_json": '{"city": oops'}
        with pytest.raises(ProviderError, match="arguments that are not a JSON object"):
            streamed(START, *block(0, {**CALL, "input": {}}, bad), *ending("tool_use"))
        with pytest.raises(ProviderError, match="damaged"):
            streamed(START, *block(0, {**SEARCH, "input": {}}, bad), *ending())


class TestUsage:
    def test_the_cache_is_counted_with_the_input(self):
        usage = {
            "input_tokens": 5,
            "output_tokens": 70,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 30,
            "output_tokens_details": {"thinking_tokens": 40},
        }
        expected = Usage(
            input_tokens=135, output_tokens=70, cached_tokens=100, cache_write_tokens=30, reasoning_tokens=40
        )
        assert folded(WIRE.decode(said(usage=usage))).usage == expected

    def test_the_last_count_of_a_stream_is_the_right_one(self):
        assert streamed(*CHUNKS).usage == Usage(input_tokens=105, output_tokens=7, cached_tokens=100)

    def test_a_gateway_that_knows_the_input_at_the_end(self):
        start = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 0, "output_tokens": 0}}}
        assert streamed(start, *ending(input_tokens=32)).usage.input_tokens == 32

    def test_a_gateway_that_knows_it_at_the_beginning(self):
        assert streamed(START, *ending(input_tokens=0)).usage.input_tokens == 5

    def test_no_usage_at_all(self):
        assert folded(WIRE.decode(b'{"content": [], "stop_reason": "end_turn"}')).usage == Usage()


class TestFailures:
    @pytest.mark.parametrize(
        ("kind", "status", "error"),
        [
            ("overloaded_error", 529, "provider"),
            ("rate_limit_error", 429, "rate_limit"),
            ("api_error", 500, "provider"),
            ("authentication_error", 401, "auth"),
            ("invalid_request_error", 400, "provider"),
        ],
    )
    def test_an_error_within_a_stream(self, kind, status, error):
        refusal = {"type": "error", "error": {"type": kind, "message": "Sorry"}, "request_id": "req_1"}
        with pytest.raises(RefusedError) as caught:
            streamed(START, *block(0, {"type": "text", "text": "Well"}), refusal)
        assert caught.value.problem[:4] == ("Sorry", "", kind, status)
        translated = failure(caught.value.problem, 200, Asked("anthropic", "x.test"))
        assert (translated.kind, translated.retryable) == (error, status in (429, 500, 529))
        with pytest.raises(RefusedError):
            WIRE.decode(json.dumps(refusal).encode())

    def test_a_stream_that_was_cut_anywhere_is_never_a_success(self):
        for count in range(len(CHUNKS)):
            with pytest.raises(ProviderError, match="cut off") as caught:
                streamed(*CHUNKS[:count])
            assert caught.value.retryable

    def test_what_comes_after_the_end_is_not_read(self):
        body = stream(START, *ending()) + b"event: data\ndata: [DONE]\n\n"
        for pieces in ([body], cut(body, 1)):
            assert folded(decoded(WIRE.decoder(), pieces)).finish_reason == "stop"

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"content": 1}', b'{"content": [1]}', b'{"content": [{}]}']
    )
    def test_what_is_no_answer(self, body):
        with pytest.raises(ProviderError):
            WIRE.decode(body)
        with pytest.raises(ProviderError):
            decoded(WIRE.decoder(), [b"data: " + body + b"\n\n"])

    @pytest.mark.parametrize(
        "chunk",
        [
            {"type": "content_block_start", "content_block": None},
            {"type": "content_block_delta", "delta": {}},
            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": 5}},
            {"type": "message_start"},
            {"type": "message_delta", "delta": None},
        ],
    )
    def test_chunks_that_make_no_sense(self, chunk):
        with pytest.raises(ProviderError, match="not an answer"):
            streamed(START, chunk)

    def test_an_unknown_model(self):
        body = b'{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"},"request_id":"r"}'
        error = failure(WIRE.problem(body, 404), 404, Asked("anthropic", "x.test", "claude-9"))
        assert error.kind == "not_found"

    @pytest.mark.parametrize(
        "words",
        [
            "prompt is too long: 210000 tokens > 200000 maximum",
            "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        ],
    )
    def test_a_prompt_that_is_too_long(self, words):
        body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": words}}).encode()
        assert failure(WIRE.problem(body, 400), 400, Asked("anthropic", "x.test")).kind == "context_length"


class TestBesideChat:
    def test_counting(self):
        sent = WIRE.count("claude-x", [Message("system", "Be brief."), Message("user", "hi")])
        assert sent.path == "/messages/count_tokens"
        assert json.loads(sent.body) == {
            "model": "claude-x",
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
            "system": [{"type": "text", "text": "Be brief."}],
        }
        assert WIRE.decode_count(b'{"input_tokens": 19}') == 19
        with pytest.raises(ProviderError):
            WIRE.decode_count(b"{}")

    def test_models(self):
        assert WIRE.models().path == "/models?limit=1000"
        (found,) = WIRE.decode_models(b'{"data": [{"id": "claude-x", "max_input_tokens": 9, "max_tokens": 3}, {}]}')
        assert (found["id"], found["context_length"], found["max_output_tokens"]) == ("claude-x", 9, 3)
        with pytest.raises(ProviderError):
            WIRE.decode_models(b"{}")

    def test_it_is_found_by_name(self):
        assert isinstance(formats.make("anthropic", {"bearer": True}), Anthropic)
