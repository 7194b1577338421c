"""Bedrock: what is sent, what is made of the answers, signatures, and the recorded traffic."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmspell.errors import AuthError, ModelError, ProviderError
from llmspell.providers.base import Request
from llmspell.providers.content import Foreign, Media, Message, Reasoning, State, Text, ToolCall, ToolResult
from llmspell.providers.failures import Asked, failure
from llmspell.providers.wire.bedrock import Bedrock
from llmspell.providers.wire.bedrock_auth import AwsSigner
from llmspell.providers.wire.bedrock_messages import WIRE, converse_messages
from llmspell.providers.wire.problem import RefusedError
from tests.providers.wire.frames import frame
from tests.providers.wire.traffic import Exchange, decoded, exchanges, folded, pieces_of

FORMAT = Bedrock()
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TOOL = {"name": "add", "description": "adds", "parameters": {"type": "object", "properties": {}}}
CLOSED = '{"type":"object","additionalProperties":false}'
USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


def body_of(request: Request) -> dict[str, Any]:
    return json.loads(FORMAT.chat(request, stream=False).body)


def asking(*parts: Any, model: str = CLAUDE, **options: Any) -> Request:
    return Request(model=model, messages=[Message("user", list(parts) or "hi")], **options)


def stream(*events: tuple[str, dict[str, Any]], reason: str = "end_turn"):
    every = [
        ("messageStart", {"role": "assistant"}),
        *events,
        ("messageStop", {"stopReason": reason}),
        ("metadata", {"usage": USAGE}),
    ]
    return folded(decoded(FORMAT.decoder(), [b"".join(frame(name, {**data, "p": "abc"}) for name, data in every)]))


def whole(*content: dict[str, Any], reason: str = "end_turn", **fields: Any):
    body = {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": reason}
    return folded(FORMAT.decode(json.dumps(body | {"usage": USAGE} | fields).encode()))


def delta(index: int = 0, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": fields}


def start(index: int = 0, **fields: Any) -> tuple[str, dict[str, Any]]:
    return "contentBlockStart", {"contentBlockIndex": index, "start": fields}


def stop(index: int = 0) -> tuple[str, dict[str, Any]]:
    return "contentBlockStop", {"contentBlockIndex": index}


# What is sent


def test_the_model_is_in_the_path():
    assert FORMAT.chat(asking(), stream=False).path == f"/model/{CLAUDE.replace(':', '%3A')}/converse"
    assert FORMAT.chat(asking(), stream=True).path.endswith("/converse-stream")
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/x"
    assert "/inference-profile" not in FORMAT.chat(asking(model=arn), stream=False).path


def test_options_by_their_names():
    request = asking(
        temperature=0.5,
        top_p=0.9,
        max_tokens=10,
        stop=["x"],
        tools=[TOOL],
        tool_choice="required",
        provider_tools=[{"systemTool": {"name": "nova_grounding"}}],
        schema={"type": "object"},
        reasoning="low",
        extra={"inferenceConfig": {"maxTokens": 11}, "guardrailConfig": {"trace": "enabled"}},
    )
    assert body_of(request) == {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 11, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "add", "description": "adds", "inputSchema": {"json": TOOL["parameters"]}}},
                {"systemTool": {"name": "nova_grounding"}},
            ],
            "toolChoice": {"any": {}},
        },
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"name": "answer", "schema": CLOSED}},
            }
        },
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
        "guardrailConfig": {"trace": "enabled"},
    }


def test_what_a_schema_may_not_say_goes_into_words():
    number = {"type": "integer", "minimum": 1}
    body = body_of(asking(schema={"type": "object", "properties": {"n": number}, "description": "A number."}))
    told = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert told["description"] == "A number."
    sent = json.loads(told["schema"])
    assert sent["additionalProperties"] is False
    assert sent["properties"]["n"] == {"type": "integer", "description": "(minimum: 1)"}


@pytest.mark.parametrize(("choice", "word"), [("auto", {"auto": {}}), ("add", {"tool": {"name": "add"}}), (None, None)])
def test_tool_choice(choice, word):
    assert body_of(asking(tools=[TOOL], tool_choice=choice))["toolConfig"].get("toolChoice") == word


def test_tools_may_be_held_back_as_long_as_none_was_called():
    assert "toolConfig" not in body_of(asking(tools=[TOOL], tool_choice="none"))
    called = [Message("user", "hi"), Message("assistant", [ToolCall("c", "add", {})])]
    with pytest.raises(ModelError, match="tool_choice 'none'"):
        body_of(Request(model=CLAUDE, messages=called, tools=[TOOL], tool_choice="none"))


@pytest.mark.parametrize(
    ("model", "reasoning", "fields"),
    [
        (CLAUDE, 4000, {"thinking": {"type": "enabled", "budget_tokens": 4000}}),
        (CLAUDE, "none", {"thinking": {"type": "disabled"}}),
        ("openai.gpt-oss-120b-1:0", "high", {"reasoning_effort": "high"}),
        (
            "us.amazon.nova-2-lite-v1:0",
            "minimal",
            {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
        ),
        ("us.amazon.nova-2-lite-v1:0", "none", {"reasoningConfig": {"type": "disabled"}}),
    ],
)
def test_every_maker_of_models_has_other_words_for_reasoning(model, reasoning, fields):
    assert body_of(asking(model=model, reasoning=reasoning))["additionalModelRequestFields"] == fields


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"logprobs": 0}, "logprobs"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls"),
        ({"model": "openai.gpt-oss", "reasoning": 5}, "number of tokens"),
        ({"model": "mistral.large", "reasoning": "low"}, "reasoning setting for mistral.large"),
    ],
)
def test_what_cannot_be_said_is_an_error(options, named):
    with pytest.raises(ModelError, match=f"the bedrock format has no {named}"):
        body_of(asking(**options))


def test_turns_alternate_and_marks_of_the_cache_follow_what_they_mark():
    messages = [
        Message("system", [Text("be brief", cache=True)]),
        Message("user", [Text("hi", cache=True)]),
        Message("assistant", [Text(""), ToolCall("c1", "add", {"a": 1})]),
        Message("tool", [ToolResult("c1", [Text("2")], is_error=True, cache=True)]),
        Message("user", "so?"),
    ]
    mark = {"cachePoint": {"type": "default"}}
    result = {"toolUseId": "c1", "content": [{"text": "2"}], "status": "error"}
    assert converse_messages(messages) == {
        "system": [{"text": "be brief"}, mark],
        "messages": [
            {"role": "user", "content": [{"text": "hi"}, mark]},
            {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c1", "name": "add", "input": {"a": 1}}}]},
            {"role": "user", "content": [{"toolResult": result}, mark, {"text": "so?"}]},
        ],
    }


def blocks(*parts: Any, role: Any = "user") -> list[dict[str, Any]]:
    return converse_messages([Message(role, list(parts))])["messages"][0]["content"]


def test_media_in():
    image = Media(kind="image", mime="image/png", data=b"png")
    stored = Media(kind="video", mime="video/quicktime", url="s3://bucket/a.mov")
    pdf = Media(kind="document", mime="application/pdf", data=b"%PDF", name="my_file (1).pdf")
    assert blocks(image, stored, pdf, pdf) == [
        {"image": {"format": "png", "source": {"bytes": "cG5n"}}},
        {"video": {"format": "mov", "source": {"s3Location": {"uri": "s3://bucket/a.mov"}}}},
        {"document": {"format": "pdf", "source": {"bytes": "JVBERg=="}, "name": "my file (1)"}},
        {"document": {"format": "pdf", "source": {"bytes": "JVBERg=="}, "name": "my file (1) 2"}},
    ]


@pytest.mark.parametrize(
    ("mime", "format_"),
    [("text/plain; charset=utf-8", "txt"), ("text/markdown", "md"), ("text/csv", "csv"), ("application/msword", "doc")],
)
def test_documents_have_formats(mime, format_):
    (block,) = blocks(Media(kind="document", mime=mime, data=b""))
    assert block["document"]["format"] == format_
    assert block["document"]["name"] == "document"


def test_media_that_must_be_loaded_first():
    with pytest.raises(ModelError, match="the bedrock format has no image from a URL"):
        blocks(Media(kind="image", mime="image/png", url="https://x.test/a.png"))


def test_state_of_others_is_left_out():
    foreign = State("anthropic", {"signature": "x"})
    parts = [Reasoning("hm", foreign), Reasoning("hm"), Foreign(foreign), Text("so", foreign)]
    assert blocks(*parts, role="assistant") == [{"text": "so"}]


def test_what_is_sent_is_what_aws_describes():
    loaders = pytest.importorskip("botocore.loaders", reason="needs the extra `bedrock`")
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    service = ServiceModel(loaders.Loader().load_service_model("bedrock-runtime", "service-2"))
    shape = service.operation_model("Converse").input_shape
    messages = [
        Message("system", [Text("brief", cache=True)]),
        Message("user", [Text("hi"), Media(kind="image", mime="image/png", data=b"png")]),
        Message(
            "assistant",
            [
                Reasoning("hm", State(WIRE, {"signature": "sig"})),
                Reasoning("", State(WIRE, {"redactedContent": "eA=="})),
                ToolCall("c1", "add", {"a": 1}),
            ],
        ),
        Message("tool", [ToolResult("c1", [Text("2"), Media(kind="document", mime="text/csv", data=b"a")])]),
    ]
    request = Request(
        model=CLAUDE,
        messages=messages,
        tools=[TOOL],
        tool_choice="add",
        max_tokens=5,
        stop=["x"],
        schema={"type": "object"},
        reasoning="low",
    )
    report = ParamValidator().validate({"modelId": CLAUDE, **body_of(request)}, shape)
    assert not report.has_errors(), report.generate_report()


# What comes back


def test_text_in_pieces():
    response = stream(delta(text="Hel"), delta(text=""), delta(text="lo"), stop())
    assert response.parts == whole({"text": "Hello"}).parts == [Text("Hello")]
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "end_turn")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
    assert "p" not in response.raw


def test_reasoning_keeps_its_signature():
    response = stream(
        delta(0, reasoningContent={"text": "h"}),
        delta(0, reasoningContent={"text": "m"}),
        delta(0, reasoningContent={"signature": "sig"}),
        stop(0),
        delta(1, reasoningContent={"redactedContent": "eA=="}),
        delta(2, text="so"),
    )
    content = [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "eA=="}},
        {"text": "so"},
    ]
    assert response.parts == whole(*content).parts
    assert response.reasoning == "hm"
    assert blocks(*response.parts, role="assistant") == content


def test_reasoning_without_a_signature_is_not_sent_back():
    parts = whole({"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "so"}).parts
    assert parts == [Reasoning("hm"), Text("so")]
    assert blocks(*parts, role="assistant") == [{"text": "so"}]


def test_calls_side_by_side():
    response = stream(
        start(0, toolUse={"toolUseId": "c1", "name": "add", "type": "new_use"}),
        start(1, toolUse={"toolUseId": "c2", "name": "add", "type": "tool_use"}),
        delta(0, toolUse={"input": '{"a"'}),
        delta(1, toolUse={"input": '{"a":2}'}),
        delta(0, toolUse={"input": ":1}"}),
        stop(0),
        stop(1),
        reason="tool_use",
    )
    content = [
        {"toolUse": {"type": "new_use", "toolUseId": "c1", "name": "add", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "c2", "name": "add", "input": {"a": 2}}},
    ]
    assert response.parts == whole(*content, reason="tool_use").parts
    assert blocks(*response.parts, role="assistant") == content
    assert response.finish_reason == "tool_calls"


def test_tools_of_the_provider_pass_through():
    content = [
        {"toolUse": {"toolUseId": "s1", "name": "code", "type": "server_tool_use", "input": {"snippet": "1"}}},
        {
            "toolResult": {
                "toolUseId": "s1",
                "type": "code_result",
                "status": "success",
                "content": [{"json": {"a": 1}}],
            }
        },
    ]
    response = stream(
        start(0, toolUse={"toolUseId": "s1", "name": "code", "type": "server_tool_use"}),
        delta(0, toolUse={"input": '{"snippet":'}),
        delta(0, toolUse={"input": '"1"}'}),
        stop(0),
        start(1, toolResult={"toolUseId": "s1", "type": "code_result", "status": "success"}),
        delta(1, toolResult=[{"json": {"a": 1}}]),
        stop(1),
    )
    assert response.parts == whole(*content).parts == [Foreign(State(WIRE, block)) for block in content]
    assert blocks(*response.parts, role="assistant") == content


def test_citations_are_kept():
    citation = {"title": "a", "location": {"web": {"url": "https://x.test"}}}
    response = stream(delta(text="so"), delta(citation=citation), stop())
    content = {"citationsContent": {"content": [{"text": "so"}], "citations": [citation]}}
    assert response.parts == whole(content).parts
    assert blocks(*response.parts, role="assistant") == [content]


def test_pictures_out():
    encoded = base64.b64encode(b"picture").decode()
    parts = [base64.b64encode(piece).decode() for piece in (b"pict", b"ure")]
    events = [delta(image={"source": {"bytes": part}}) for part in parts]
    response = stream(start(image={"format": "png"}), *events, stop())
    assert response.parts == whole({"image": {"format": "png", "source": {"bytes": encoded}}}).parts
    assert response.parts[0].data == b"picture"


def test_the_cache_is_counted_among_the_input():
    usage = {"inputTokens": 2, "outputTokens": 5, "cacheReadInputTokens": 10, "cacheWriteInputTokens": 100}
    found = whole({"text": "x"}, usage=usage).usage
    assert (found.input_tokens, found.cached_tokens, found.cache_write_tokens) == (112, 10, 100)


@pytest.mark.parametrize(
    ("raw", "ours"),
    [
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("new_reason", "other"),
    ],
)
def test_why_it_stopped(raw, ours):
    assert whole({"text": "x"}, reason=raw).finish_reason == stream(delta(text="x"), reason=raw).finish_reason == ours


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_output_that_nobody_can_read_is_an_error(reason):
    with pytest.raises(ProviderError, match=reason):
        whole({"text": "x"}, reason=reason)


def test_unknown_fields_and_blocks_are_kept():
    response = whole({"novelty": {"a": 1}}, trace={"guardrail": {}})
    assert response.raw["trace"] == {"guardrail": {}}
    assert response.parts == [Foreign(State(WIRE, {"novelty": {"a": 1}}))]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("throttlingException", 429),
        ("ModelStreamErrorException", 500),
        ("serviceUnavailableException", 503),
        ("validationException", 400),
        ("newException", 500),
    ],
)
def test_exceptions_in_the_stream(name, status):
    frames = frame("messageStart", {}) + frame(name, {"message": "no luck"}, "exception")
    with pytest.raises(RefusedError, match="no luck") as caught:
        decoded(FORMAT.decoder(), [frames])
    assert (caught.value.problem.status, caught.value.problem.code) == (status, name)


def test_a_stream_may_end_without_its_figures_but_not_without_a_reason():
    frames = [frame("messageStart", {}), frame("contentBlockDelta", {"delta": {"text": "x"}})]
    ended = frame("messageStop", {"stopReason": "end_turn"})
    response = folded(decoded(FORMAT.decoder(), [*frames, ended]))
    assert (response.text, response.usage.input_tokens) == ("x", None)
    with pytest.raises(ProviderError, match="cut off"):
        decoded(FORMAT.decoder(), frames)
    with pytest.raises(ProviderError, match="cut off"):
        decoded(FORMAT.decoder(), [*frames, ended[:-1]])


def test_a_server_tool_with_bad_arguments_is_an_error():
    events = [
        start(toolUse={"toolUseId": "s", "name": "code", "type": "server_tool_use"}),
        delta(toolUse={"input": "{"}),
    ]
    with pytest.raises(ProviderError, match="not JSON"):
        stream(*events, stop())


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"stopReason": "x", "output": 1}', b"<html>"])
def test_nonsense_is_an_error(body):
    with pytest.raises(ProviderError):
        FORMAT.decode(body)


def test_a_refusal_inside_of_a_200():
    with pytest.raises(RefusedError, match="no access"):
        FORMAT.decode(b'{"message": "no access"}')


def test_a_prompt_that_is_too_long_is_known_by_its_sentence():
    problem = FORMAT.problem(b'{"message": "Input is too long for requested model."}', 400)
    assert failure(problem, 400, Asked("bedrock", "host")).kind == "context_length"


# What is not an answer


def test_embeddings_of_each_maker():
    titan, nova = "amazon.titan-embed-text-v2:0", "amazon.nova-2-multimodal-embeddings-v1:0"
    assert FORMAT.embeddings(titan, ["a"]).path == "/model/amazon.titan-embed-text-v2%3A0/invoke"
    assert json.loads(FORMAT.embeddings(titan, ["a"]).body) == {"inputText": "a"}
    assert json.loads(FORMAT.embeddings(nova, ["a"]).body)["singleEmbeddingParams"]["text"]["value"] == "a"
    assert json.loads(FORMAT.embeddings("cohere.embed-v4:0", ["a", "b"]).body)["texts"] == ["a", "b"]
    assert [FORMAT.max_texts(model) for model in (titan, nova, "cohere.embed-v4:0")] == [1, 1, 96]
    vectors, usage = FORMAT.decode_embeddings(b'{"embedding": [1], "inputTextTokenCount": 2}')
    assert (vectors, usage.input_tokens) == ([[1]], 2)
    for body in (
        b'{"embeddings": [[1]]}',
        b'{"embeddings": {"float": [[1]]}}',
        b'{"embeddings": [{"embedding": [1]}]}',
    ):
        assert FORMAT.decode_embeddings(body)[0] == [[1]]


def test_tokens_are_counted_by_the_service():
    asked = FORMAT.count(CLAUDE, [Message("user", "hi")])
    assert asked is not None
    assert asked.path == "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens"
    assert FORMAT.count("us.amazon.nova-lite-v1:0", [Message("user", "hi")]) is None
    assert json.loads(asked.body) == {
        "input": {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}}
    }
    assert FORMAT.decode_count(b'{"inputTokens": 19}') == 19


def test_there_is_no_list_of_models():
    with pytest.raises(ModelError, match="list of models"):
        FORMAT.models()


# Who asks

URL = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/us.anthropic.claude-v1%3A0/converse"


@pytest.fixture
def credentials(monkeypatch):
    pytest.importorskip("botocore", reason="needs the extra `bedrock`")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")


def signature(date: str, body: bytes, region: str) -> str:
    """Version 4, worked out by hand: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    path = "/model/us.anthropic.claude-v1%253A0/converse"
    host = f"bedrock-runtime.{region}.amazonaws.com"
    headers = f"content-type:application/json\nhost:{host}\nx-amz-date:{date}\n"
    signed = "content-type;host;x-amz-date"
    canonical = "\n".join(("POST", path, "", headers, signed, hashlib.sha256(body).hexdigest()))
    scope = f"{date[:8]}/{region}/bedrock/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4very-secret"
    for word in (date[:8], region, "bedrock", "aws4_request", text):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={signed}, Signature={key.hex()}"


def test_a_signature(credentials):
    headers = AwsSigner().sign("POST", URL, {"content-type": "application/json"}, b"{}")
    assert headers == {
        "x-amz-date": headers["x-amz-date"],
        "authorization": signature(headers["x-amz-date"], b"{}", "eu-west-1"),
    }


def test_the_token_of_a_session_is_sent(credentials, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    assert AwsSigner().sign("POST", URL, {}, b"")["x-amz-security-token"] == "token"


def test_the_region_of_another_host_is_the_configured_one(credentials, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert "/ap-south-1/bedrock/" in AwsSigner().sign("POST", "http://127.0.0.1:1/x", {}, b"")["authorization"]


def test_without_credentials_nothing_is_sent(credentials, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(AuthError, match="no AWS credentials") as caught:
        AwsSigner().sign("POST", URL, {}, b"")
    assert "AWS_BEARER_TOKEN_BEDROCK" in (caught.value.hint or "")


def test_credentials_that_cannot_be_read_are_no_fault_of_ours(credentials, monkeypatch):
    import botocore.session
    from botocore.exceptions import HTTPClientError

    def fail(self):
        raise HTTPClientError(error="the service of this machine is cut off")

    monkeypatch.setattr(botocore.session.Session, "get_credentials", fail)
    with pytest.raises(AuthError, match="cannot be read: HTTPClientError"):
        AwsSigner().sign("POST", URL, {}, b"")


def test_without_the_extra_the_hint_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(AuthError, match="needs botocore") as caught:
        AwsSigner().sign("POST", URL, {}, b"")
    assert "llmspell[bedrock]" in (caught.value.hint or "")


def test_a_token_is_a_bearer():
    assert FORMAT.auth("token") == {"authorization": "Bearer token"}


# Recorded traffic


def recorded(status: int = 200) -> list[Exchange]:
    paths = ("/converse", "/converse-stream")
    return [x for x in exchanges("bedrock") if x.path.endswith(paths) and x.status == status]


def is_stream(exchange: Exchange) -> bool:
    return exchange.path.endswith("-stream")


def answers(exchange: Exchange) -> list:
    return decoded(FORMAT.decoder(), [exchange.answer]) if is_stream(exchange) else FORMAT.decode(exchange.answer)


def naive(exchange: Exchange) -> dict[str, Any]:
    """The fields of the answer, found without frames: a JSON object follows each header of an event."""
    found: dict[str, Any] = {"text": "", "reasoning": "", "calls": []}
    if not is_stream(exchange):
        body = exchange.json
        for block in body["output"]["message"]["content"]:
            found["text"] += block.get("text", "")
            found["reasoning"] += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
            found["calls"] += [block["toolUse"]] if "toolUse" in block else []
        return found | body
    text = exchange.answer.decode("latin-1")
    for piece in text.split(":message-type\x07\x00\x05event")[1:]:
        event, _ = json.JSONDecoder().raw_decode(piece.encode("latin-1").decode("utf-8", errors="replace"))
        found |= {key: value for key, value in event.items() if key in ("stopReason", "usage")}
        if tool := event.get("start", {}).get("toolUse"):
            found["calls"].append({**tool, "input": ""})
        told = event.get("delta", {})
        found["text"] += told.get("text", "")
        found["reasoning"] += told.get("reasoningContent", {}).get("text", "")
        if "toolUse" in told:
            found["calls"][-1]["input"] += told["toolUse"]["input"]
    for call in found["calls"]:
        call["input"] = json.loads(call["input"])
    return found


def test_every_recorded_answer():
    for exchange in recorded():
        expected, response = naive(exchange), folded(answers(exchange))
        assert (response.text, response.reasoning or "") == (expected["text"], expected["reasoning"]), exchange.file
        calls = [call for call in expected["calls"] if call.get("type") != "server_tool_use"]
        assert [(c.id, c.name, c.arguments) for c in response.tool_calls] == [
            (call["toolUseId"], call["name"], call["input"]) for call in calls
        ]
        usage = expected["usage"]
        cache = usage.get("cacheReadInputTokens", 0) + usage.get("cacheWriteInputTokens", 0)
        assert response.usage.input_tokens == usage["inputTokens"] + cache
        assert response.usage.output_tokens == usage["outputTokens"]
        assert response.raw_finish_reason == expected["stopReason"]
        assert response.finish_reason != "other"
    assert len(recorded()) >= 22


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_where_recorded_streams_are_cut_does_not_matter(data):
    exchange = data.draw(st.sampled_from([exchange for exchange in recorded() if is_stream(exchange)]))
    assert decoded(FORMAT.decoder(), data.draw(pieces_of(exchange.answer))) == answers(exchange)


def model_of(exchange: Exchange) -> str:
    return exchange.path.split("/")[2]


def as_request(exchange: Exchange) -> Request:
    body = exchange.asked
    limits, tools = body.get("inferenceConfig", {}), body.get("toolConfig", {})
    schema = body.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema", {})
    known = ("messages", "system", "inferenceConfig", "toolConfig", "outputConfig")
    choice = tools.get("toolChoice", {})
    system = [Message("system", as_parts(body["system"]))] if body.get("system") else []
    return Request(
        model=model_of(exchange),
        messages=system + [as_message(message) for message in body["messages"]],
        max_tokens=limits.get("maxTokens"),
        temperature=limits.get("temperature"),
        tools=[as_tool(tool["toolSpec"]) for tool in tools.get("tools", ()) if "toolSpec" in tool],
        provider_tools=[tool for tool in tools.get("tools", ()) if "toolSpec" not in tool],
        tool_choice={"auto": "auto", "any": "required"}.get(next(iter(choice), "")),
        schema=as_schema(schema) if schema else None,
        schema_name=schema.get("name", "answer"),
        extra={key: value for key, value in body.items() if key not in known},
    )


def as_schema(told: dict[str, Any]) -> dict[str, Any]:
    about = {"description": told["description"]} if "description" in told else {}
    return json.loads(told["schema"]) | about


def as_tool(spec: dict[str, Any]) -> dict[str, Any]:
    return {**spec, "parameters": spec["inputSchema"]["json"]}


def as_message(message: dict[str, Any]) -> Message:
    return Message(message["role"], as_parts(message["content"]))


def as_parts(content: list[dict[str, Any]]) -> list[Any]:
    parts: list[Any] = []
    for block in content:
        match block:
            case {"cachePoint": _}:
                parts[-1].cache = True
            case {"text": text}:
                parts.append(Text(text))
            case {"toolUse": {"type": "server_tool_use"}} | {"toolResult": {"type": _}}:
                parts.append(Foreign(State(WIRE, block)))
            case {"toolUse": call}:
                extra = {key: value for key, value in call.items() if key == "type"}
                parts.append(ToolCall(call["toolUseId"], call["name"], call["input"], State(WIRE, extra)))
            case {"toolResult": result}:
                error = result.get("status") == "error"
                parts.append(ToolResult(result["toolUseId"], as_parts(result["content"]), is_error=error))
            case {"image": media} | {"document": media}:
                kind = next(iter(block))
                mime = "text/plain" if media["format"] == "txt" else f"{kind}/{media['format']}"
                source = media["source"]
                data = base64.b64decode(source["bytes"]) if "bytes" in source else None
                url = source.get("s3Location", {}).get("uri")
                parts.append(Media(kind=kind, mime=mime, data=data, url=url, name=media.get("name")))
            case _:
                raise AssertionError(f"the test knows no {block}")
    return parts


def plain(value: Any) -> Any:
    """Without what says nothing."""
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "schema" in value and isinstance(value["schema"], str):
        value = {**value, "schema": as_schema(value)}
    found = {key: plain(inner) for key, inner in value.items() if inner not in ([], {}) and key != "bucketOwner"}
    return {key: inner for key, inner in found.items() if (key, inner) != ("status", "success")}


def test_every_recorded_request_can_be_made():
    for status in (200, 400, 404):
        for exchange in recorded(status):
            asked = FORMAT.chat(as_request(exchange), stream=is_stream(exchange))
            assert plain(json.loads(asked.body)) == plain(exchange.asked), exchange.file
            assert asked.path.replace("%3A", ":") == exchange.path


def test_recorded_conversations_go_on_with_the_state_untouched():
    count = 0
    for before, after in zip(recorded(), recorded()[1:], strict=False):
        start = len(before.asked["messages"])
        if before.file != after.file or len(after.asked["messages"]) <= start:
            continue
        assert blocks(*folded(answers(before)).parts, role="assistant") == after.asked["messages"][start]["content"]
        count += 1
    assert count >= 3


def test_recorded_refusals_say_why():
    found = [*recorded(400), *recorded(404)]
    problems = [FORMAT.problem(exchange.answer, exchange.status) for exchange in found]
    assert all(problem.message for problem in problems)
    assert [problem.code for problem in problems].count("model_not_found") == 3  # two that never were, one retired
    assert len(found) >= 5


def test_what_else_was_recorded():
    for exchange in exchanges("bedrock"):
        if exchange.path.endswith("/count-tokens"):
            assert FORMAT.decode_count(exchange.answer) == 19
        if exchange.path.endswith("/invoke"):
            assert len(FORMAT.decode_embeddings(exchange.answer)[0][0]) == 256
