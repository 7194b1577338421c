"""Recorded embeddings, lists of models and counts of tokens, asked for and answered."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any, Literal

import pytest

from llmspell.providers.content import Media, Message
from llmspell.providers.jobs import Job, Outcome, Paint, Rerank, Speak, Transcribe
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import Format, HttpRequest
from tests.conformance import recordings, services
from tests.conformance.recordings import Exchange
from tests.conformance.tally import Tally


@recordings.each
def test_what_is_not_chat(name: str, tally: Tally) -> None:
    recording = recordings.recording(name)
    for exchange in recording.exchanges:
        kind = services.kind_of(recording.service, exchange)
        if kind is None or kind[0] == "chat" or kind[1] not in formats.NAMES:
            continue
        tally.add(recording.service, kind[1], name, "beyond chat")
        form = services.format_for(recording.service, kind[1])
        made = _CHECKS[kind[0]](form, exchange)
        assert services.is_path_of(recording.service, kind[1], made, exchange)
        assert made.method == exchange.method


def check_embeddings(form: Format, exchange: Exchange) -> HttpRequest:
    asked = exchange.asked
    made = form.embeddings(model_of(exchange), texts_of(asked), dimensions=dimensions_of(asked), kind=purpose_of(asked))
    assert without_choices(json.loads(made.body)) == without_choices(asked)
    if exchange.status == 200:
        vectors, usage = form.decode_embeddings(exchange.answer)
        assert vectors == [pytest.approx(vector) for vector in vectors_of(json.loads(exchange.answer))]
        assert usage.input_tokens == tokens_of(json.loads(exchange.answer))
    return made


def check_models(form: Format, exchange: Exchange) -> HttpRequest:
    if exchange.status == 200:
        answer = json.loads(exchange.answer)
        names = [model.get("id") or model["name"] for model in answer.get("data") or answer["models"]]
        found = [model["id"] for model in form.decode_models(exchange.answer)]
        assert found == [name.removeprefix("models/") for name in names]
    return form.models()


def check_count(form: Format, exchange: Exchange) -> HttpRequest:
    made = form.count(model_of(exchange), [Message("user", texts_of(exchange.asked)[0])])
    assert made is not None
    assert texts_of(json.loads(made.body)) == texts_of(exchange.asked)
    if exchange.status == 200:
        answer = json.loads(exchange.answer)
        numbers = [answer.get(key) for key in ("input_tokens", "totalTokens", "inputTokens")]
        expected = next((number for number in numbers if number is not None), None)
        assert form.decode_count(exchange.answer) == (len(answer["tokens"]) if expected is None else expected)
    return made


def check_job(form: Format, exchange: Exchange) -> HttpRequest:
    job = job_of(exchange)
    made = form.job(job)
    if isinstance(exchange.asked, dict):
        assert json.loads(made.body) == exchange.asked
    if exchange.status == 200:
        mime = "audio/mpeg" if exchange.path.endswith("/speech") else "application/json"
        check_outcome(form.decode_job(job, exchange.answer, mime), exchange)
    return made


def job_of(exchange: Exchange) -> Job[Any]:
    """The recorded job in our words; what only that service knows goes into `extra`."""
    rest = dict(exchange.asked) if isinstance(exchange.asked, dict) else {"model": "unknown"}
    model = rest.pop("model")
    match exchange.path.rpartition("/")[2]:
        case "rerank":
            return Rerank(model=model, query=rest.pop("query"), documents=rest.pop("documents"), extra=rest)
        case "generations":
            return Paint(model=model, prompt=rest.pop("prompt"), size=rest.pop("size", None), extra=rest)
        case "speech":
            form, speed = rest.pop("response_format"), rest.pop("speed")
            return Speak(
                model=model, text=rest.pop("input"), voice=rest.pop("voice"), format=form, speed=speed, extra=rest
            )
    return Transcribe(model=model, audio=Media(kind="audio", mime="audio/wav", data=b"RIFF"))


def check_outcome(outcome: Outcome[Any], exchange: Exchange) -> None:
    match outcome.value:
        case Media() as spoken:
            assert spoken.data == exchange.answer
        case [Media(), *_] as pictures:
            items = json.loads(exchange.answer)["data"]
            assert [picture.data for picture in pictures] == [base64.b64decode(item["b64_json"]) for item in items]
            assert [picture.mime for picture in pictures] == [item["mime_type"] for item in items]
        case ranked:
            results = json.loads(exchange.answer)["results"]
            found = [{"index": each.index, "relevance_score": each.score} for each in ranked]
            assert found == sorted(results, key=lambda each: -each["relevance_score"])


_CHECKS = {"embeddings": check_embeddings, "models": check_models, "count": check_count, "job": check_job}

_TEXT_KEYS = ("text", "value", "input", "inputText", "texts")
_CHOICES = frozenset({"output_dtype", "encoding_format", "truncate", "truncation", "max_tokens"})
"""What a client may choose beside the texts, and our `embed` leaves to the service or to the catalog's row."""


def dimensions_of(asked: Any) -> int | None:
    """How long the vectors shall be, by any of the names for it."""
    if not isinstance(asked, dict):
        return None
    names = ("dimensions", "output_dimension", "embeddingDimension", "outputDimensionality")
    inner = [dimensions_of(value) for value in asked.values()]
    return next((found for found in [*map(asked.get, names), *inner] if found is not None), None)


def purpose_of(asked: dict[str, Any]) -> Literal["query", "document"] | None:
    """What the vectors are for."""
    said = str(asked.get("input_type") or (asked.get("singleEmbeddingParams") or {}).get("embeddingPurpose") or "")
    if "query" in said or "RETRIEVAL" in said:
        return "query"
    return "document" if "document" in said else None


def texts_of(asked: Any) -> list[str]:
    """The texts anywhere in a request."""
    if isinstance(asked, list):
        return [text for item in asked for text in texts_of(item)]
    if not isinstance(asked, dict):
        return []
    found = []
    for key, value in asked.items():
        if key in _TEXT_KEYS and isinstance(value, str):
            found.append(value)
        elif key in _TEXT_KEYS and isinstance(value, list) and all(isinstance(item, str) for item in value):
            found += value
        else:
            found += texts_of(value)
    return found


def without_choices(asked: Any) -> Any:
    if isinstance(asked, dict):
        kept = {key: value for key, value in asked.items() if key not in _CHOICES and value is not None}
        return {key: without_choices(value) for key, value in kept.items()}
    return [without_choices(item) for item in asked] if isinstance(asked, list) else asked


def model_of(exchange: Exchange) -> str:
    """The model, which some services want in the body and others in the path."""
    if isinstance(exchange.asked, dict) and "model" in exchange.asked:
        return str(exchange.asked["model"])
    found = re.search(r"/models?/([^/]+?)(?::[a-zA-Z]+)?(?:/|$)", exchange.path)
    return found[1] if found else ""


def vectors_of(answer: dict[str, Any]) -> list[list[float]]:
    if "embedding" in answer:
        return [answer["embedding"]["values"]]
    items = answer.get("data") or answer["embeddings"]
    return [unpacked(item["embedding"]) for item in items]


def unpacked(vector: Any) -> list[float]:
    if isinstance(vector, list):
        return vector
    return [number for (number,) in struct.iter_unpack("<f", base64.b64decode(vector))]


def tokens_of(answer: dict[str, Any]) -> int | None:
    usage = answer.get("usage") or answer.get("usageMetadata") or answer
    keys = ("prompt_tokens", "promptTokenCount", "inputTextTokenCount", "total_tokens")
    return next((usage[key] for key in keys if key in usage), None)
