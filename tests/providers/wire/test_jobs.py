"""Ranking, pictures, speech and transcription: what is sent, what is made of answers, and the recorded traffic."""

from __future__ import annotations

import asyncio
import base64
import email.parser
import email.policy
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.errors import ContentFilterError, LlmspellError, ModelError, ProviderError
from llmspell.providers.catalog import ROWS, Row
from llmspell.providers.content import Media, Message
from llmspell.providers.http_provider import HttpProvider
from llmspell.providers.jobs import Job, Paint, Ranked, Rerank, Speak, Transcribe, Transcript
from llmspell.providers.retry import RetryPolicy
from llmspell.providers.transport import HttpTransport
from llmspell.providers.wire import formats
from llmspell.providers.wire.problem import RefusedError
from llmspell.providers.wire.vectors import vector
from llmspell.testing import Answer, RecordedTransport
from tests.providers.wire.traffic import exchanges

CHAT = formats.make("openai-chat", {})
VOYAGE = formats.make("voyage", {})
COHERE = formats.make("cohere-v2", {})
PNG = b"\x89PNG\r\n\x1a\n"
SOUND = Media(kind="audio", mime="audio/wav", data=b"RIFF\r\n--x\x00\xff")
JSON = "application/json"


def sent(wire, job):
    return json.loads(wire.job(job).body)


def rerank(**fields):
    return Rerank(**{"model": "m", "query": "q", "documents": ["a", "b", "c"], **fields})


def answer_of(wire, job, body, mime=JSON):
    return wire.decode_job(job, body if isinstance(body, bytes) else json.dumps(body).encode(), mime)


def recorded(service, file):
    [exchange] = [each for each in exchanges(service) if each.file == file]
    return exchange


# Ranking


def test_an_order_is_asked_for_in_the_words_of_the_service():
    job = rerank(top=2, extra={"return_documents": False})
    common = {"model": "m", "query": "q", "documents": ["a", "b", "c"], "return_documents": False}
    assert sent(CHAT, job) == sent(COHERE, job) == common | {"top_n": 2}
    assert sent(VOYAGE, job) == common | {"top_k": 2}
    assert [wire.job(job).path for wire in (CHAT, COHERE, VOYAGE)] == ["/rerank", "/v2/rerank", "/rerank"]


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"results": [{"index": 0, "relevance_score": 0.1}, {"index": 2, "relevance_score": 0.9}]}, None),
        ({"data": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
          "usage": {"total_tokens": 26}}, 26),
        ({"results": [{"index": 2, "score": 0.9, "document": {"text": "c"}}, {"index": 0, "score": 0.1}],
          "usage": {"prompt_tokens": 5, "total_tokens": 6}}, 5),
        ({"results": [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
          "meta": {"billed_units": {"search_units": 1}}}, None),
    ],
)  # fmt: skip
def test_an_order_is_read_best_first(body, tokens):
    outcome = answer_of(CHAT, rerank(), body)
    assert outcome.value == [Ranked(2, 0.9), Ranked(0, 0.1)]
    assert outcome.usage.input_tokens == tokens


def test_a_server_that_knows_nothing_of_a_top():
    body = {"results": [{"index": at, "relevance_score": at} for at in range(3)]}
    assert answer_of(CHAT, rerank(top=1), body).value == [Ranked(2, 2)]


@pytest.mark.parametrize(
    "results",
    [
        [{"index": 3, "relevance_score": 1}],
        [{"index": -1, "relevance_score": 1}],
        [{"index": True, "relevance_score": 1}],
        [{"index": 0}],
        [{"index": 0, "relevance_score": "1"}],
        [{"index": 0, "relevance_score": float("nan")}],
        [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}],
        [1],
        "x",
        None,
    ],
)
def test_an_order_of_other_documents_is_refused(results):
    with pytest.raises(ProviderError):
        answer_of(CHAT, rerank(), {"results": results})


def test_an_error_in_a_good_answer():
    with pytest.raises(RefusedError):
        answer_of(VOYAGE, rerank(), {"detail": "the model is no reranker"})


def test_the_recorded_order_of_llama_cpp():
    exchange = recorded("llamacpp", "rig__rerank_matrix__single_document.yaml")
    job = Rerank(model=exchange.asked["model"], query=exchange.asked["query"], documents=exchange.asked["documents"])
    assert sent(CHAT, job) == exchange.asked
    assert exchange.path.endswith(CHAT.job(job).path)
    outcome = answer_of(CHAT, job, exchange.answer)
    assert outcome.value == [Ranked(0, exchange.json["results"][0]["relevance_score"])]
    assert outcome.usage.input_tokens == 13


# Pictures


def test_pictures_are_asked_for_as_data():
    job = Paint(model="dall-e-3", prompt="a cat", count=2, size="1024x1024", format="png", extra={"quality": "hd"})
    assert sent(CHAT, job) == {
        "model": "dall-e-3", "prompt": "a cat", "n": 2, "size": "1024x1024", "output_format": "png", "quality": "hd",
        "response_format": "b64_json",
    }  # fmt: skip
    assert CHAT.job(job).path == "/images/generations"
    assert "response_format" not in sent(CHAT, Paint(model="gpt-image-1-mini", prompt="a cat"))


def test_pictures_come_as_data_or_from_a_url():
    data = [{"b64_json": base64.b64encode(PNG).decode()}, {"url": "https://x.example/a"}]
    outcome = answer_of(
        CHAT, Paint(model="m", prompt="p"), {"data": data, "usage": {"input_tokens": 4, "output_tokens": 272}}
    )
    assert outcome.value == [
        Media(kind="image", mime="image/png", data=PNG),
        Media(kind="image", mime="image/*", url="https://x.example/a"),
    ]
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (4, 272)


@pytest.mark.parametrize(
    "body",
    [{}, [], {"data": []}, {"data": [{}]}, {"data": [{"b64_json": "?"}]}, {"data": [{"url": 1}]}, {"data": "x"}],
)
def test_no_picture_is_an_error(body):
    with pytest.raises(ProviderError):
        answer_of(CHAT, Paint(model="m", prompt="p"), body)


def test_the_recorded_picture_of_xai():
    exchange = recorded("xai", "rig__image_generation__image_generation_smoke.yaml")
    asked = exchange.asked
    extra = {"aspect_ratio": asked["aspect_ratio"], "resolution": asked["resolution"]}
    job = Paint(model=asked["model"], prompt=asked["prompt"], extra=extra)
    assert sent(CHAT, job) == asked
    outcome = answer_of(CHAT, job, exchange.answer)
    assert outcome.value == [Media(kind="image", mime="image/png", data=b"hello")]
    assert outcome.usage.cost == pytest.approx(0.07)


def test_the_recorded_refusal_of_an_option():
    exchange = recorded("openai-other", "rig__image_params_matrix__caller_can_reinstate_response_format.yaml")
    asked = exchange.asked
    extra = {"response_format": asked["response_format"]}
    job = Paint(model=asked["model"], prompt=asked["prompt"], size=asked["size"], extra=extra)
    assert sent(CHAT, job) == asked
    assert "Unknown parameter" in CHAT.problem(exchange.answer, exchange.status).message


# Speech


def test_speech_is_asked_for():
    job = Speak(model="tts-1", text="Hi", voice="alloy", format="wav", speed=1.5, extra={"instructions": "softly"})
    assert sent(CHAT, job) == {
        "model": "tts-1", "input": "Hi", "voice": "alloy", "response_format": "wav", "speed": 1.5,
        "instructions": "softly",
    }  # fmt: skip
    assert sent(CHAT, Speak(model="tts-1", text="Hi")) == {"model": "tts-1", "input": "Hi"}


@pytest.mark.parametrize(
    ("form", "mime", "expected"),
    [
        (None, "audio/mpeg", "audio/mpeg"),
        ("wav", "Audio/WAV; rate=24000", "audio/wav"),
        (None, "application/octet-stream", "audio/mpeg"),
        ("flac", "", "audio/flac"),
        ("opus", "application/octet-stream", "audio/ogg"),
    ],
)
def test_the_type_of_a_recording(form, mime, expected):
    outcome = answer_of(CHAT, Speak(model="m", text="t", format=form), b"\x00\x01", mime)
    assert outcome.value == Media(kind="audio", mime=expected, data=b"\x00\x01")


@pytest.mark.parametrize(
    ("body", "mime"),
    [(b"", "audio/mpeg"), (b"<html>", "text/html"), (b'{"error": {"message": "no voice"}}', JSON), (b"{", JSON)],
)
def test_what_is_no_recording_is_an_error(body, mime):
    with pytest.raises((ProviderError, RefusedError)):
        answer_of(CHAT, Speak(model="m", text="t"), body, mime)


def test_the_recorded_speech_of_venice():
    exchange = recorded("venice", "rig__audio_generation__audio_generation_smoke.yaml")
    asked = exchange.asked
    job = Speak(model=asked["model"], text=asked["input"], voice=asked["voice"], format="mp3", speed=asked["speed"])
    assert sent(CHAT, job) == asked
    outcome = answer_of(CHAT, job, exchange.answer, "audio/mpeg")
    assert outcome.value == Media(kind="audio", mime="audio/mpeg", data=exchange.answer)
    assert exchange.answer.startswith(b"ID3")


# Transcription


def parts_of(request):
    """The fields of a form, read by the standard library."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    return [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True))
        for part in message.iter_parts()
    ]


def test_a_recording_is_sent_as_a_form():
    extra = {"temperature": 0, "timestamp_granularities": ["word", "segment"]}
    job = Transcribe(model="whisper-1", audio=SOUND, language="en", prompt="Ada", extra=extra)
    asked = CHAT.job(job)
    assert asked.path == "/audio/transcriptions"
    assert parts_of(asked) == [
        ("model", None, b"whisper-1"),
        ("response_format", None, b"json"),
        ("language", None, b"en"),
        ("prompt", None, b"Ada"),
        ("temperature", None, b"0"),
        ("timestamp_granularities[]", None, b"word"),
        ("timestamp_granularities[]", None, b"segment"),
        ("file", "audio.wav", SOUND.data),
    ]


@given(st.binary(min_size=1), st.text(max_size=20).filter(lambda text: "\x00" not in text))
def test_any_recording_arrives_whole(data, name):
    asked = CHAT.job(Transcribe(model="m", audio=Media(kind="audio", mime="audio/mpeg", data=data, name=name)))
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    assert boundary not in data
    assert asked.body.split(b"\r\n\r\n", 3)[-1] == data + b"\r\n--" + boundary + b"--\r\n"
    assert asked.body.count(b"\r\n--" + boundary) == 3


@pytest.mark.parametrize(
    ("mime", "ending"), [("audio/mpeg", "mp3"), ("audio/x-m4a", "m4a"), ("audio/ogg; codecs=opus", "ogg")]
)
def test_the_file_has_the_ending_that_servers_look_at(mime, ending):
    asked = CHAT.job(Transcribe(model="m", audio=Media(kind="audio", mime=mime, data=b"x")))
    assert f'filename="audio.{ending}"'.encode() in asked.body


def test_a_name_cannot_break_out_of_the_form():
    asked = CHAT.job(Transcribe(model="m", audio=Media(kind="audio", mime="audio/wav", data=b"x", name='a"\r\nb: c')))
    assert b'filename="a%22%0D%0Ab: c"\r\n' in asked.body


def test_a_recording_elsewhere_cannot_be_sent():
    audio = Media(kind="audio", mime="audio/wav", url="https://x.example/a.wav")
    with pytest.raises(ModelError, match="openai-chat format has no transcription of anything but the data"):
        CHAT.job(Transcribe(model="m", audio=audio))


def test_words_are_read_with_what_else_is_told():
    body = {"text": "Hi", "language": "english", "usage": {"type": "tokens", "input_tokens": 14, "output_tokens": 2}}
    outcome = answer_of(CHAT, Transcribe(model="m", audio=SOUND), body)
    assert outcome.value == Transcript("Hi", {"language": "english"})
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (14, 2)
    with pytest.raises(ProviderError):
        answer_of(CHAT, Transcribe(model="m", audio=SOUND), {"words": "Hi"})


@pytest.mark.parametrize(
    ("service", "file", "words"),
    [
        ("openai-other", "rig__transcription_usage_matrix__rejected_request_surfaces_the_provider_body.yaml", "enum"),
        ("llamacpp", "rig__unmapped_surface__transcription_not_supported.yaml", "audio"),
    ],
)
def test_the_recorded_refusals_of_transcriptions(service, file, words):
    exchange = recorded(service, file)
    assert exchange.path.endswith(CHAT.job(Transcribe(model="m", audio=SOUND)).path)
    assert words in CHAT.problem(exchange.answer, exchange.status).message


# Formats

ALL = (Rerank, Paint, Speak, Transcribe)
JOBS = {
    "openai-chat": ALL,
    "openai-responses": ALL,
    "voyage": (Rerank,),
    "cohere-v2": (Rerank,),
    "gemini": (Paint, Speak),
}


@pytest.mark.parametrize("name", formats.NAMES)
def test_every_format_does_a_job_or_says_that_it_cannot(name):
    wire = formats.make(name, {})
    able = JOBS.get(name, ())
    for job in (rerank(), Paint(model="m", prompt="p"), Speak(model="m", text="t"), Transcribe(model="m", audio=SOUND)):
        if isinstance(job, able):
            assert wire.job(job).method == "POST"
            continue
        with pytest.raises(ModelError, match=f"the {name} format has no {job.name}"):
            wire.job(job)


def test_an_unknown_kind_of_job_is_refused():
    class Dance(Job):
        name = "dancing"

    with pytest.raises(ModelError, match="the openai-chat format has no dancing"):
        CHAT.job(Dance(model="m"))


def test_voyage_does_not_converse():
    for call in (VOYAGE.models, VOYAGE.decoder, lambda: VOYAGE.chat(None, stream=False)):
        with pytest.raises(ModelError, match="the voyage format has no"):
            call()
    with pytest.raises(ModelError, match="the voyage format has no speech"):
        VOYAGE.job(Speak(model="m", text="t"))
    assert VOYAGE.count("m", [Message("user", "Hi")]) is None


# Gemini

GEMINI = formats.make("gemini", {})
VERTEX = formats.make("gemini", {"vertex": True})


def gemini_answer(*parts, finish="STOP"):
    return {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": finish}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1290, "totalTokenCount": 1295},
        "modelVersion": "gemini-2.5-flash-image",
    }


def inline(mime, data):
    return {"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}}


def test_gemini_paints_in_an_answer():
    job = Paint(model="gemini-2.5-flash-image", prompt="a cat", size="16:9", extra={"safetySettings": []})
    assert GEMINI.job(job).path == "/models/gemini-2.5-flash-image:generateContent"
    assert sent(GEMINI, job) == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}},
        "safetySettings": [],
    }
    outcome = answer_of(GEMINI, job, gemini_answer({"text": "Here."}, inline("image/png", PNG)))
    assert [(picture.mime, picture.data) for picture in outcome.value] == [("image/png", PNG)]
    assert (outcome.usage.input_tokens, outcome.usage.output_tokens) == (5, 1290)


def test_gemini_speaks_in_an_answer():
    job = Speak(model="gemini-2.5-flash-preview-tts", text="Hi", voice="Kore")
    assert sent(GEMINI, job)["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    }
    outcome = answer_of(GEMINI, job, gemini_answer(inline("audio/L16;codec=pcm;rate=24000", b"\x00\x01")))
    assert (outcome.value.mime, outcome.value.data) == ("audio/L16;codec=pcm;rate=24000", b"\x00\x01")


def test_imagen_has_an_endpoint_of_its_own():
    job = Paint(model="imagen-4.0-generate-001", prompt="a cat", count=2, size="1:1", format="jpeg")
    assert GEMINI.job(job).path == "/models/imagen-4.0-generate-001:predict"
    assert sent(GEMINI, job) == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {"sampleCount": 2, "aspectRatio": "1:1", "outputOptions": {"mimeType": "image/jpeg"}},
    }
    picture = {"mimeType": "image/jpeg", "bytesBase64Encoded": base64.b64encode(b"\xff\xd8").decode()}
    outcome = answer_of(GEMINI, job, {"predictions": [picture, {"raiFilteredReason": "no"}]})
    assert outcome.value == [Media(kind="image", mime="image/jpeg", data=b"\xff\xd8")]
    with pytest.raises(ContentFilterError):
        answer_of(GEMINI, job, {})
    with pytest.raises(ProviderError):
        answer_of(GEMINI, job, {"predictions": [{"bytesBase64Encoded": "?", "mimeType": "image/png"}]})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gemini_answer(finish="IMAGE_SAFETY"), ContentFilterError),
        (gemini_answer({"text": "I cannot paint."}), ProviderError),
        ({"error": {"code": 400, "message": "no"}}, RefusedError),
    ],
)
def test_an_answer_of_gemini_without_a_picture(body, error):
    with pytest.raises(error):
        answer_of(GEMINI, Paint(model="gemini-2.5-flash-image", prompt="p"), body)


@pytest.mark.parametrize(
    "job",
    [
        Paint(model="gemini-2.5-flash-image", prompt="p", count=2),
        Paint(model="gemini-2.5-flash-image", prompt="p", format="png"),
        Paint(model="gemini-2.5-flash-image", prompt="p", size="1024x1024"),
        Paint(model="imagen-4.0-generate-001", prompt="p", size="1024x1024"),
        Speak(model="gemini-tts", text="t", speed=2.0),
        Speak(model="gemini-tts", text="t", format="mp3"),
    ],
)
def test_what_gemini_has_no_field_for(job):
    with pytest.raises(ModelError, match="the gemini format has no"):
        VERTEX.job(job)


# Embeddings


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ("openai", {"dimensions": 64}),
        ("mistral", {"output_dimension": 64}),
        ("nvidia", {"dimensions": 64, "input_type": "query"}),
        ("voyage", {"output_dimension": 64, "input_type": "query", "truncation": False}),
        ("cohere", {"output_dimension": 64, "input_type": "search_query", "embedding_types": ["float"]}),
        ("ollama", {"dimensions": 64}),
    ],
)
def test_the_options_of_embeddings_in_the_words_of_the_service(row, fields):
    wire = formats.make(ROWS[row].wire, ROWS[row].dialect)
    asked = json.loads(wire.embeddings("m", ["a"], dimensions=64, kind="query").body)
    assert {key: value for key, value in asked.items() if key not in ("model", "input", "texts")} == fields


def test_gemini_is_told_the_kind_in_a_field_or_in_words():
    wire = formats.make("gemini", {})
    [asked] = json.loads(wire.embeddings("gemini-embedding-001", ["a"], dimensions=8, kind="document").body)["requests"]
    assert (asked["taskType"], asked["outputDimensionality"]) == ("RETRIEVAL_DOCUMENT", 8)
    [asked] = json.loads(wire.embeddings("gemini-embedding-2", ["a"], kind="query").body)["requests"]
    assert asked["content"]["parts"] == [{"text": "task: search result | query: a"}]
    assert "taskType" not in asked


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("cohere.embed-v4:0", {"texts": ["a"], "input_type": "search_query", "output_dimension": 8}),
        ("amazon.titan-embed-text-v2:0", {"inputText": "a", "dimensions": 8}),
    ],
)
def test_bedrock_has_the_words_of_each_maker(model, fields):
    wire = formats.make("bedrock", {})
    assert json.loads(wire.embeddings(model, ["a"], dimensions=8, kind="query").body) == fields
    nova = json.loads(wire.embeddings("amazon.nova-2-multimodal", ["a"], dimensions=8, kind="query").body)
    params = nova["singleEmbeddingParams"]
    assert (params["embeddingPurpose"], params["embeddingDimension"]) == ("GENERIC_RETRIEVAL", 8)


def test_the_recorded_embeddings_of_voyage():
    for exchange in exchanges("voyage"):
        asked = exchange.asked
        wire = formats.make("voyage", {"truncation": bool(asked.get("truncation"))})
        made = json.loads(wire.embeddings(asked["model"], asked["input"], kind=asked["input_type"]).body)
        chosen = {key: value for key, value in asked.items() if value is not None and key != "encoding_format"}
        assert made == chosen | {"truncation": bool(asked.get("truncation"))}
        if exchange.status != 200:
            assert wire.problem(exchange.answer, exchange.status).message
            continue
        vectors, usage = wire.decode_embeddings(exchange.answer)
        packed = base64.b64decode(exchange.json["data"][0]["embedding"])
        assert vectors == [[number for (number,) in struct.iter_unpack("<f", packed)]]
        assert usage.input_tokens == exchange.json["usage"]["total_tokens"]


@pytest.mark.parametrize("numbers", [None, {}, [None], ["1"], "====", "AAA=", 1])
def test_what_is_no_vector(numbers):
    with pytest.raises((TypeError, ValueError)):
        vector(numbers)
    with pytest.raises(ProviderError):
        VOYAGE.decode_embeddings(json.dumps({"data": [{"index": 0, "embedding": numbers}]}).encode())


# Over HTTP


def against(*answers, use, wire="openai-chat"):
    """What `use(provider)` gives with these answers, and what was asked."""
    recorded = RecordedTransport(answers)

    async def main():
        transport = HttpTransport(recorded.transport)
        row = Row("here", "http://here.example/v1", wire=wire)
        try:
            provider = HttpProvider(row, transport, key="secret-key", retries=RetryPolicy(first_pause=0.001))
            return await use(provider)
        finally:
            await transport.aclose()

    return asyncio.run(main()), recorded.requests


def test_a_job_over_http():
    spoken, [request] = against(
        Answer(pieces=[b"ID", b"3!"], headers={"content-type": "audio/mpeg"}),
        use=lambda provider: provider.perform(Speak(model="tts", text="Hi")),
    )
    assert spoken.value == Media(kind="audio", mime="audio/mpeg", data=b"ID3!")
    assert str(request.url) == "http://here.example/v1/audio/speech"
    assert request.headers["authorization"] == "Bearer secret-key"
    assert request.headers["content-type"] == "application/json"


def test_a_form_has_its_own_content_type():
    heard, [request] = against(
        Answer(pieces=[b'{"text": "Hi"}']),
        use=lambda provider: provider.perform(Transcribe(model="w", audio=SOUND)),
    )
    assert heard.value.text == "Hi"
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")


def test_a_job_is_tried_again_when_the_server_is_busy():
    ranked, requests = against(
        Answer(503),
        Answer(pieces=[b'{"results": [{"index": 1, "relevance_score": 2}]}']),
        use=lambda provider: provider.perform(rerank()),
    )
    assert ranked.value == [Ranked(1, 2)]
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401, [b'{"error": {"message": "bad key secret-key"}}']), "auth"),
        (Answer(404, [b"<html>"], {"content-type": "text/html"}), "provider"),
        (Answer(200, [b"<html>"], {"content-type": "text/html"}), "provider"),
        (Answer(200, [b'{"error": {"message": "overloaded", "code": 503}}']), "provider"),
        (Answer(200, [b""]), "provider"),
    ],
)
def test_a_job_that_fails_over_http(answer, kind):
    async def use(provider):
        with pytest.raises(LlmspellError) as failed:
            await provider.perform(rerank())
        return failed.value

    error, _ = against(*[answer] * 3, use=use)
    assert error.kind == kind
    assert error.provider == "here"
    assert "secret-key" not in str(error) + repr(error.to_data())


def test_embeddings_with_options_over_http():
    body = json.dumps({"data": [{"index": 0, "embedding": [1.0]}], "usage": {"total_tokens": 2}}).encode()
    found, [request] = against(
        Answer(pieces=[body]),
        use=lambda provider: provider.embed("voyage-4", ["a"], dimensions=1, kind="query"),
        wire="voyage",
    )
    assert found.vectors == [[1.0]]
    assert json.loads(request.content)["input_type"] == "query"
