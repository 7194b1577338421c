"""Gemini's generateContent: each trap by a small example of our own."""

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
from llmspell.providers.wire.gemini import Dialect, Gemini
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.kit import cut, stream
from tests.providers.wire.traffic import decoded, folded, pieces_of

WIRE = Gemini()
VERTEX = Gemini(Dialect(vertex=True))
WEATHER = {"name": "weather", "description": "Of a city", "parameters": {"type": "object", "properties": {}}}
OLD, NEW = "gemini-2.5-flash", "gemini-3-flash-preview"


def asked(*messages: Message, wire: Gemini = WIRE, model: str = NEW, **options) -> dict:
    conversation = list(messages) or [Message("user", "hi")]
    return json.loads(wire.chat(Request(model=model, messages=conversation, **options), stream=False).body)


def chunk(*parts: dict, reason: str | None = None, usage: dict | None = None, **more) -> dict:
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    found = {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1", **more}
    return {**found, "usageMetadata": usage} if usage else found


def said(*parts: dict, reason: str = "STOP", **more):
    return folded(WIRE.decode(json.dumps(chunk(*parts, reason=reason, **more)).encode()))


def streamed(*chunks: dict):
    return folded(decoded(WIRE.decoder(), [stream(*chunks)]))


def state(**data) -> State:
    return State("gemini", data)


class TestRequests:
    def test_the_smallest(self):
        assert asked() == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}

    def test_where_it_goes(self):
        request = Request(model=OLD, messages=[])
        assert WIRE.chat(request, stream=False).path == "/models/gemini-2.5-flash:generateContent"
        assert WIRE.chat(request, stream=True).path == "/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
        tuned = Request(model="tunedModels/my model?", messages=[])
        assert WIRE.chat(tuned, stream=False).path == "/tunedModels/my%20model%3F:generateContent"

    @pytest.mark.parametrize("model", ["..", "tunedModels/../models/gemini-pro", "./x"])
    def test_no_name_leads_elsewhere(self, model):
        with pytest.raises(ModelError, match="is no name of a model"):
            WIRE.chat(Request(model=model, messages=[Message("user", "hi")]), stream=False)

    def test_keys_stand_in_headers_never_in_the_path(self):
        assert WIRE.auth("k") == {"x-goog-api-key": "k"}
        assert VERTEX.auth("k") == {"authorization": "Bearer k"}

    def test_options(self):
        body = asked(temperature=0.0, top_p=0.5, max_tokens=9, seed=4, stop=["END"])
        assert body["generationConfig"] == {
            "temperature": 0.0,
            "topP": 0.5,
            "maxOutputTokens": 9,
            "seed": 4,
            "stopSequences": ["END"],
        }

    def test_extras_are_merged_into_what_is_there(self):
        safety = [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"}]
        extra = {"safetySettings": safety, "generationConfig": {"topK": 40}}
        body = asked(max_tokens=9, extra=extra)
        assert body["generationConfig"] == {"maxOutputTokens": 9, "topK": 40}
        assert body["safetySettings"] == safety

    def test_log_probabilities(self):
        assert asked(logprobs=2)["generationConfig"] == {"responseLogprobs": True, "logprobs": 2}
        assert asked(logprobs=0)["generationConfig"] == {"responseLogprobs": True}

    def test_what_it_has_not_is_refused_by_name(self):
        with pytest.raises(ModelError, match="the gemini format has no parallel_tool_calls"):
            asked(tools=[WEATHER], parallel_tool_calls=False)
        assert asked(tools=[WEATHER], parallel_tool_calls=True)

    def test_system_messages_stand_beside_the_others(self):
        body = asked(Message("system", "Be brief."), Message("user", "hi"), Message("system", "Now."))
        assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Now."}]}
        assert len(body["contents"]) == 1
        with pytest.raises(ModelError, match="system messages of anything but text"):
            asked(Message("system", [Media(kind="image", mime="image/png", data=b"x")]))

    @pytest.mark.parametrize(
        ("media", "expected"),
        [
            (
                Media(kind="image", mime="image/png", data=b"\x89P", cache=True),
                {"inlineData": {"mimeType": "image/png", "data": "iVA="}},
            ),
            (
                Media(kind="audio", mime="audio/wav", data=b"\xff\xff\xfe"),
                {"inlineData": {"mimeType": "audio/wav", "data": "///+"}},
            ),
            (
                Media(kind="document", mime="application/pdf", url="https://x.test/files/1"),
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://x.test/files/1"}},
            ),
        ],
    )
    def test_media(self, media, expected):
        assert asked(Message("user", [Text("see"), media]))["contents"][0]["parts"][1] == expected

    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("auto", {"mode": "AUTO"}),
            ("none", {"mode": "NONE"}),
            ("required", {"mode": "ANY"}),
            ("weather", {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
        ],
    )
    def test_tool_choice(self, choice, expected):
        body = asked(tools=[WEATHER], tool_choice=choice)
        assert body["toolConfig"] == {"functionCallingConfig": expected}

    def test_tools(self):
        body = asked(tools=[WEATHER, {"name": "now"}], provider_tools=[{"googleSearch": {}}])
        schema = {"type": "object", "properties": {}}
        weather = {"name": "weather", "description": "Of a city", "parametersJsonSchema": schema}
        assert body["tools"] == [{"googleSearch": {}}, {"functionDeclarations": [weather, {"name": "now"}]}]

    @pytest.mark.parametrize(
        ("model", "reasoning", "expected"),
        [
            (OLD, "none", {"thinkingBudget": 0}),
            (OLD, 0, {"thinkingBudget": 0}),
            (OLD, -1, {"thinkingBudget": -1, "includeThoughts": True}),
            (OLD, "medium", {"thinkingBudget": 8192, "includeThoughts": True}),
            (NEW, "medium", {"thinkingLevel": "medium", "includeThoughts": True}),
            (NEW, "none", {"thinkingLevel": "minimal"}),
            (NEW, 500, {"thinkingBudget": 500, "includeThoughts": True}),
            ("gemini-flash-latest", "low", {"thinkingLevel": "low", "includeThoughts": True}),
        ],
    )
    def test_thinking(self, model, reasoning, expected):
        assert asked(model=model, reasoning=reasoning)["generationConfig"]["thinkingConfig"] == expected


class TestToolResults:
    def talk(self, *results: ToolResult, model: str = NEW, calls: list[ToolCall] | None = None) -> list[dict]:
        made = calls or [ToolCall("a", "weather", {"city": "Bern"}), ToolCall("b", "time", {})]
        messages = [Message("user", "hi"), Message("assistant", [*made])]
        return asked(*messages, *(Message("tool", [result]) for result in results), model=model)["contents"][2:]

    def test_results_stand_together_and_know_the_names_of_their_calls(self):
        (turn,) = self.talk(ToolResult("a", [Text("warm")]), ToolResult("b", [Text("late")], is_error=True))
        assert turn == {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "id": "a", "response": {"output": "warm"}}},
                {"functionResponse": {"name": "time", "id": "b", "response": {"error": "late"}}},
            ],
        }

    def test_results_are_in_the_order_of_their_calls(self):
        (turn,) = self.talk(ToolResult("b", [Text("2")]), ToolResult("a", [Text("1")]))
        assert [part["functionResponse"]["id"] for part in turn["parts"]] == ["a", "b"]

    @pytest.mark.parametrize(
        ("text", "response"),
        [
            ('{"celsius": 21}', {"celsius": 21}),
            ("", {}),
            ("[1, 2]", {"output": "[1, 2]"}),
            ("{not json", {"output": "{not json"}),
            ("née", {"output": "née"}),
        ],
    )
    def test_the_response_is_always_an_object(self, text, response):
        (turn,) = self.talk(ToolResult("a", [Text(text)]))
        assert turn["parts"][0]["functionResponse"]["response"] == response

    def test_a_failure_stays_one_even_if_it_is_json(self):
        (turn,) = self.talk(ToolResult("a", [Text('{"why": 1}')], is_error=True))
        assert turn["parts"][0]["functionResponse"]["response"] == {"error": '{"why": 1}'}

    def test_a_result_whose_call_is_gone(self):
        (turn,) = self.talk(ToolResult("z", [Text("x")], name="lost"))
        assert turn["parts"][0]["functionResponse"] == {"name": "lost", "id": "z", "response": {"output": "x"}}

    def test_pictures_stand_inside_since_gemini_3(self):
        picture = Media(kind="image", mime="image/png", data=b"\x89P")
        inline = {"inlineData": {"mimeType": "image/png", "data": "iVA="}}
        (turn,) = self.talk(ToolResult("a", [Text("see"), picture]))
        assert turn["parts"][0]["functionResponse"]["parts"] == [inline]
        result, after = self.talk(ToolResult("a", [picture], name="camera"), model=OLD)
        assert result["parts"][0]["functionResponse"]["response"] == {}
        assert after == {"role": "user", "parts": [{"text": "From the tool camera:"}, inline]}

    def test_sound_always_stands_outside(self):
        sound = Media(kind="audio", mime="audio/wav", url="https://x.test/a")
        assert len(self.talk(ToolResult("a", [sound]))) == 2

    def test_ids_that_were_invented_here_stay_here(self):
        calls = {"functionCall": {"name": "weather", "args": {"n": 1}}}, {"functionCall": {"name": "weather"}}
        message = said(*calls).message
        first, second = message.tool_calls
        assert first.id != second.id
        results = [ToolResult(second.id, [Text("2")]), ToolResult(first.id, [Text("1")])]
        contents = asked(Message("user", "hi"), message, Message("tool", [*results]), model=OLD)["contents"]
        assert [part["functionCall"] for part in contents[1]["parts"]] == [
            {"name": "weather", "args": {"n": 1}},
            {"name": "weather", "args": {}},
        ]
        assert [part["functionResponse"] for part in contents[2]["parts"]] == [
            {"name": "weather", "response": {"output": "1"}},
            {"name": "weather", "response": {"output": "2"}},
        ]

    def test_calls_of_other_models_pass_the_check_of_signatures(self):
        calls = [ToolCall("a", "weather", {}), ToolCall("b", "time", {})]
        first, second = asked(Message("assistant", [*calls]))["contents"][0]["parts"]
        assert first["thoughtSignature"]
        assert "thoughtSignature" not in second
        assert "thoughtSignature" not in asked(Message("assistant", [*calls]), model=OLD)["contents"][0]["parts"][0]


SIGNED = {"text": "", "thoughtSignature": "c2ln+/=="}
CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}, "thoughtSignature": "eA=="}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1\n"}}
CALL = {"functionCall": {"name": "weather", "args": {"city": "Zürich"}, "id": "c1"}, "thoughtSignature": "eQ=="}
NAMELESS = {"functionCall": {"name": "time", "args": {}}}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "iVA="}, "thoughtSignature": "eg=="}
DRAFT = {"inlineData": {"mimeType": "image/png", "data": "iVA="}, "thought": True}
ANSWER = [
    {"text": "Hm…", "thought": True},
    {"text": "So.", "thought": True, "thoughtSignature": "dw=="},
    CODE,
    RESULT,
    {"text": "Née wärm."},
    SIGNED,
    {"text": "More."},
    DRAFT,
    PICTURE,
    CALL,
    NAMELESS,
]
CHUNKS = [
    chunk({"text": "H", "thought": True}),
    chunk({"text": "m…", "thought": True}),
    chunk(ANSWER[1], CODE),
    chunk(RESULT, {"text": "Née "}),
    chunk({"text": ""}, {"text": "wärm."}),
    chunk(SIGNED),
    chunk({"text": "More."}, DRAFT),
    chunk(PICTURE, CALL),
    chunk(NAMELESS),
    chunk({"text": ""}, reason="STOP", usage={"promptTokenCount": 5, "totalTokenCount": 5}),
]


class TestAnswers:
    def test_every_kind_of_part(self):
        response = said(*ANSWER)
        assert response.parts == [
            Reasoning("Hm…"),
            Reasoning("So.", state(thoughtSignature="dw==")),
            Foreign(State("gemini", CODE)),
            Foreign(State("gemini", RESULT)),
            Text("Née wärm."),
            Text("", state(thoughtSignature="c2ln+/==")),
            Text("More."),
            Foreign(State("gemini", DRAFT)),
            Media(kind="image", mime="image/png", data=b"\x89P", state=state(thoughtSignature="eg==")),
            ToolCall("c1", "weather", {"city": "Zürich"}, state(thoughtSignature="eQ==")),
            ToolCall("call_r1_1", "time", {}, state(nameless=True)),
        ]
        assert (response.id, response.model) == ("r1", "gemini-x")

    def test_a_stream_gives_the_same(self):
        assert streamed(*CHUNKS).parts == said(*ANSWER).parts

    @given(st.data())
    def test_however_it_is_cut(self, data):
        body = stream(*CHUNKS)
        if data.draw(st.booleans()):
            body = body.replace(b"\n", b"\r\n")
        assert decoded(WIRE.decoder(), data.draw(pieces_of(body))) == decoded(WIRE.decoder(), [stream(*CHUNKS)])

    def test_the_answer_goes_back_as_it_came(self):
        parts = asked(Message("user", "hi"), streamed(*CHUNKS).message)["contents"][1]["parts"]
        assert parts == ANSWER[1:]  # thoughts without a signature are of no use to it

    def test_fields_that_are_yet_to_be_invented_go_back_too(self):
        parts = [{"text": "x", "partMetadata": {"a": 1}}, {**CALL, "novelty": 2}]
        assert asked(said(*parts).message)["contents"][0]["parts"] == parts

    def test_calls_finish_the_turn_though_the_service_says_stop(self):
        response = said(CALL)
        assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "STOP")

    def test_a_call_of_a_tool_that_does_not_exist_can_be_answered(self):
        response = said(CALL, reason="UNEXPECTED_TOOL_CALL")
        assert (response.finish_reason, response.raw_finish_reason) == ("tool_calls", "UNEXPECTED_TOOL_CALL")

    @pytest.mark.parametrize(
        ("raw", "reason"),
        [
            ("STOP", "stop"),
            ("MAX_TOKENS", "length"),
            ("SAFETY", "content_filter"),
            ("RECITATION", "content_filter"),
            ("PROHIBITED_CONTENT", "content_filter"),
            ("IMAGE_SAFETY", "content_filter"),
            ("MALFORMED_FUNCTION_CALL", "other"),
            ("OTHER", "other"),
            ("A_NEW_ONE", "other"),
        ],
    )
    def test_reasons(self, raw, reason):
        for response in (said(reason=raw), streamed(chunk(reason=raw))):
            assert (response.finish_reason, response.raw_finish_reason) == (reason, raw)

    def test_a_prompt_that_was_blocked(self):
        body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"trafficType": "ON_DEMAND"}}
        for response in (folded(WIRE.decode(json.dumps(body).encode())), streamed(body)):
            assert (response.finish_reason, response.raw_finish_reason) == ("content_filter", "SAFETY")
            assert response.raw == {**body}
            assert response.usage == Usage()

    def test_content_may_be_missing(self):
        for content in ({}, {"content": None}, {"content": {}}, {"content": {"parts": None}}):
            body = {"candidates": [{"finishReason": "SAFETY", "safetyRatings": [1], **content}]}
            response = folded(WIRE.decode(json.dumps(body).encode()))
            assert (response.parts, response.raw) == ([], {"safetyRatings": [1]})

    def test_a_reason_in_every_chunk_is_no_end(self):
        assert streamed(chunk({"text": "a"}, reason="STOP"), chunk({"text": "b"}, reason="STOP")).text == "ab"

    def test_only_the_first_of_several_answers_is_read(self):
        body = {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"} for text in "ab"]}
        assert folded(WIRE.decode(json.dumps(body).encode())).text == "a"

    def test_log_probabilities(self):
        top = {"token": "Hi", "tokenId": 1, "logProbability": -0.1}
        other = {"token": "Ho", "tokenId": 2, "logProbability": -3}
        found = {"chosenCandidates": [top, top], "topCandidates": [{"candidates": [top, other]}]}
        body = {"candidates": [{"finishReason": "STOP", "logprobsResult": found, "avgLogprobs": -0.1}]}
        response = folded(WIRE.decode(json.dumps(body).encode()))
        hi = {"token": "Hi", "logprob": -0.1}
        assert response.logprobs == [{**hi, "top": [hi, {"token": "Ho", "logprob": -3}]}, {**hi, "top": []}]
        assert response.raw == {"avgLogprobs": -0.1}

    def test_sources_are_kept(self):
        grounding = {"groundingChunks": [{"web": {"uri": "https://x.test"}}]}
        body = chunk({"text": "a"}, reason="STOP")
        body["candidates"][0]["groundingMetadata"] = grounding
        assert streamed(body).raw == {"groundingMetadata": grounding}

    def test_pictures_in_either_kind_of_base64(self):
        for data in ("_-8=", "/+8="):
            response = said({"inlineData": {"mimeType": "audio/pcm", "data": data}})
            assert response.parts == [Media(kind="audio", mime="audio/pcm", data=b"\xff\xef")]

    def test_half_an_emoji(self):
        body = stream(chunk({"text": "PLACE"}, reason="STOP")).replace(b"PLACE", b"\\ud83d")
        assert folded(decoded(WIRE.decoder(), [body])).text == "\ufffd"

    def test_arguments_in_pieces_are_refused_not_lost(self):
        with pytest.raises(ModelError, match="no streamed arguments") as caught:
            streamed(chunk({"functionCall": {"name": "x", "partialArgs": [], "willContinue": True}}))
        assert "streamFunctionCallArguments" in (caught.value.hint or "")


class TestUsage:
    def test_what_contains_what(self):
        usage = {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "toolUsePromptTokenCount": 11,
            "candidatesTokenCount": 7,
            "thoughtsTokenCount": 40,
            "totalTokenCount": 158,
            "serviceTier": "standard",
        }
        response = said(usage=usage)
        assert response.usage == Usage(input_tokens=111, output_tokens=47, cached_tokens=60, reasoning_tokens=40)
        assert response.raw == {"usageMetadata": {"serviceTier": "standard"}}

    def test_zeros_are_left_out_by_the_service(self):
        assert said(usage={"promptTokenCount": 5, "totalTokenCount": 5}).usage == Usage(input_tokens=5, output_tokens=0)

    def test_the_last_chunk_counts(self):
        first, last = {"promptTokenCount": 5, "totalTokenCount": 5}, {"promptTokenCount": 9, "candidatesTokenCount": 2}
        response = streamed(chunk(usage=first), chunk(reason="STOP", usage=last))
        assert response.usage == Usage(input_tokens=9, output_tokens=2)


class TestFailures:
    def refusal(self, code: int, status: str, message: str, *details: dict) -> dict:
        return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}

    def problem(self, body, status: int):
        return failure(WIRE.problem(json.dumps(body).encode(), status), status, Asked("gemini", "x.test", "m"))

    def test_an_error_within_a_stream(self):
        busy = self.refusal(503, "UNAVAILABLE", "Busy")
        bodies = [
            stream(chunk({"text": "a"}), busy),
            stream(chunk({"text": "a"})) + json.dumps(busy, indent=1).encode(),
            stream(chunk({"text": "a"})) + json.dumps([busy], indent=1).encode().replace(b"\n", b"\r\n"),
        ]
        for body in bodies:
            for pieces in ([body], cut(body, 3)):
                with pytest.raises(RefusedError) as caught:
                    decoded(WIRE.decoder(), pieces)
                assert caught.value.problem[:4] == ("Busy", "503", "UNAVAILABLE", 503)

    @pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]])
    def test_an_error_in_an_answer(self, wrap):
        body = wrap(self.refusal(400, "INVALID_ARGUMENT", "No"))
        with pytest.raises(RefusedError) as caught:
            WIRE.decode(json.dumps(body).encode())
        assert caught.value.problem.message == "No"
        assert self.problem(body, 400).status == 400

    def test_a_stream_that_was_cut_anywhere_is_never_a_success(self):
        for count in range(len(CHUNKS)):
            with pytest.raises(ProviderError, match="cut off") as caught:
                streamed(*CHUNKS[:count])
            assert caught.value.retryable

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>",
            b"[]",
            b"{}",
            b"null",
            b'{"candidates": 1}',
            b'{"candidates": [1]}',
            b'{"candidates": [{"finishReason": "STOP", "content": {"parts": [1]}}]}',
            b'{"candidates": [{"finishReason": "STOP", "content": {"parts": [{"text": 1}]}}]}',
            b'{"candidates": [{"finishReason": "STOP", "content": {"parts": [{"inlineData": {"data": "x"}}]}}]}',
        ],
    )
    def test_what_is_no_answer(self, body):
        with pytest.raises(ProviderError):
            WIRE.decode(body)
        with pytest.raises(ProviderError):
            decoded(WIRE.decoder(), [b"data: " + body + b"\n\n"])

    def test_a_wrong_key_is_said_to_be_one(self):
        reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        assert self.problem(self.refusal(400, "INVALID_ARGUMENT", "API key not valid.", reason), 400).kind == "auth"

    def test_an_unknown_model(self):
        words = "models/gemini-9 is not found for API version v1beta"
        assert self.problem(self.refusal(404, "NOT_FOUND", words), 404).kind == "not_found"

    def test_a_prompt_that_is_too_long(self):
        words = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
        assert self.problem(self.refusal(400, "INVALID_ARGUMENT", words), 400).kind == "context_length"

    def test_the_pause_that_stands_in_the_body(self):
        delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "35.5s"}
        body = self.refusal(429, "RESOURCE_EXHAUSTED", "Slow down", delay)
        assert WIRE.problem(json.dumps(body).encode(), 429).retry_after == 35.5
        assert self.problem(body, 429).kind == "rate_limit"


class TestSchemas:
    GIVEN = {  # noqa: RUF012  # never changed
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "kind": {"const": "cat"},
            "const": {"type": ["string", "null"], "examples": ["x"]},
            "home": {"$ref": "#/$defs/home", "description": "Where"},
            "size": {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}]},
            "any": {"type": ["string", "integer"]},
        },
        "additionalProperties": False,
        "$defs": {"home": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }

    def test_json_schema_is_taken_nearly_as_it_is(self):
        config = asked(schema=self.GIVEN)["generationConfig"]
        assert config["responseMimeType"] == "application/json"
        found = config["responseJsonSchema"]
        assert found["properties"]["kind"] == {"enum": ["cat"]}
        assert found["properties"]["const"] == self.GIVEN["properties"]["const"]
        assert found["$defs"] == self.GIVEN["$defs"]

    def test_the_older_kind_of_schema(self):
        older = Gemini(Dialect(json_schema=False))
        expected = {
            "type": "object",
            "properties": {
                "kind": {"enum": ["cat"]},
                "const": {"type": "string", "nullable": True},
                "home": {"type": "object", "description": "Where", "properties": {"city": {"type": "string"}}},
                "size": {"anyOf": [{"type": "integer"}], "nullable": True},
                "any": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
        }
        tool = {"name": "keep", "parameters": self.GIVEN}
        body = asked(wire=older, schema=self.GIVEN, tools=[tool, WEATHER])
        assert body["generationConfig"]["responseSchema"] == expected
        declared = body["tools"][0]["functionDeclarations"]
        assert declared == [
            {"name": "keep", "parameters": expected},
            {"name": "weather", "description": "Of a city"},
        ]

    def test_a_schema_that_refers_to_itself(self):
        older = Gemini(Dialect(json_schema=False))
        tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
        with pytest.raises(ModelError, match="refer to themselves"):
            asked(wire=older, schema=tree)
        assert asked(schema=tree)["generationConfig"]["responseJsonSchema"] == tree

    def test_a_reference_to_nowhere(self):
        with pytest.raises(ModelError, match="'#/gone'"):
            asked(wire=Gemini(Dialect(json_schema=False)), schema={"$ref": "#/gone"})


class TestBesideChat:
    def test_counting(self):
        sent = WIRE.count(OLD, [Message("user", "hi")])
        assert sent.path == "/models/gemini-2.5-flash:countTokens"
        contents = [{"role": "user", "parts": [{"text": "hi"}]}]
        assert json.loads(sent.body) == {"contents": contents}
        talk = [Message("system", "Be brief."), Message("user", "hi")]
        whole = {"contents": contents, "systemInstruction": {"parts": [{"text": "Be brief."}]}}
        wrapped = {"generateContentRequest": {"model": "models/gemini-2.5-flash", **whole}}
        assert json.loads(WIRE.count(OLD, talk).body) == wrapped
        assert json.loads(VERTEX.count(OLD, talk).body) == whole
        assert WIRE.decode_count(b'{"totalTokens": 5}') == 5
        with pytest.raises(ProviderError):
            WIRE.decode_count(b"{}")

    def test_embeddings(self):
        sent = WIRE.embeddings("gemini-embedding-001", ["a", "b"])
        assert sent.path == "/models/gemini-embedding-001:batchEmbedContents"
        first, _ = json.loads(sent.body)["requests"]
        assert first == {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}}
        body = b'{"embeddings": [{"values": [1, 0.5]}, {"values": [0, 1]}]}'
        assert WIRE.decode_embeddings(body) == ([[1, 0.5], [0, 1]], Usage())

    def test_embeddings_of_vertex(self):
        sent = VERTEX.embeddings("gemini-embedding-2", ["a"])
        assert sent.path == "/models/gemini-embedding-2:embedContent"
        assert json.loads(sent.body) == {"content": {"parts": [{"text": "a"}]}}
        body = b'{"embedding": {"values": [1]}, "usageMetadata": {"promptTokenCount": 3}}'
        assert VERTEX.decode_embeddings(body) == ([[1]], Usage(input_tokens=3))

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"embeddings": [{"values": ["x"]}]}', b'{"embedding": 1}'])
    def test_embeddings_that_are_none(self, body):
        with pytest.raises(ProviderError):
            WIRE.decode_embeddings(body)

    def test_models(self):
        assert WIRE.models().path == "/models?pageSize=1000"
        body = b'{"models": [{"name": "models/gemini-x", "inputTokenLimit": 9, "outputTokenLimit": 3}, 1]}'
        (found,) = WIRE.decode_models(body)
        assert (found["id"], found["context_length"], found["max_output_tokens"]) == ("gemini-x", 9, 3)
        with pytest.raises(ModelError, match="no list of models on Vertex AI"):
            VERTEX.models()
        with pytest.raises(ProviderError):
            WIRE.decode_models(b"{}")

    def test_it_is_found_by_name(self):
        assert isinstance(formats.make("gemini", {"vertex": True}), Gemini)
