"""Recorded embeddings, lists of models and counts of tokens, asked for and answered."""

from __future__ import annotations

import base64
import json
import re
import struct
from typing import Any
from urllib.parse import unquote

import pytest

from llmspell.providers.content import Message
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
        _CHECKS[kind[0]](services.format_for(recording.service, kind[1]), exchange)


def check_embeddings(form: Format, exchange: Exchange) -> None:
    asked = exchange.asked
    made = form.embeddings(model_of(exchange), texts_of(asked))
    assert path_ends(exchange, made)
    assert without_choices(json.loads(made.body)) == without_choices(asked)
    if exchange.status == 200:
        vectors, usage = form.decode_embeddings(exchange.answer)
        assert vectors == [pytest.approx(vector) for vector in vectors_of(json.loads(exchange.answer))]
        assert usage.input_tokens == tokens_of(json.loads(exchange.answer))


def check_models(form: Format, exchange: Exchange) -> None:
    assert path_ends(exchange, form.models())
    if exchange.status == 200:
        answer = json.loads(exchange.answer)
        names = [model.get("id") or model["name"] for model in answer.get("data") or answer["models"]]
        assert [model["id"] for model in form.decode_models(exchange.answer)] == [
            name.removeprefix("models/") for name in names
        ]


def check_count(form: Format, exchange: Exchange) -> None:
    made = form.count(model_of(exchange), [Message("user", texts_of(exchange.asked)[0])])
    assert made is not None
    assert path_ends(exchange, made)
    assert texts_of(json.loads(made.body)) == texts_of(exchange.asked)
    if exchange.status == 200:
        answer = json.loads(exchange.answer)
        numbers = [answer.get(key) for key in ("input_tokens", "totalTokens", "inputTokens")]
        expected = next((number for number in numbers if number is not None), None)
        assert form.decode_count(exchange.answer) == (len(answer["tokens"]) if expected is None else expected)


_CHECKS = {"embeddings": check_embeddings, "models": check_models, "count": check_count}

_TEXT_KEYS = ("text", "value", "input", "inputText", "texts")
_CHOICES = frozenset(
    {
        "dimensions",
        "output_dimension",
        "embeddingDimension",
        "output_dtype",
        "encoding_format",
        "embeddingPurpose",
        "input_type",
        "truncate",
        "truncation",
        "max_tokens",
    }
)
"""What a client may choose beside the texts, and our `embed` leaves to the service or to the catalog's row."""


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
        return {key: without_choices(value) for key, value in asked.items() if key not in _CHOICES}
    return [without_choices(item) for item in asked] if isinstance(asked, list) else asked


def model_of(exchange: Exchange) -> str:
    """The model, which some services want in the body and others in the path."""
    if isinstance(exchange.asked, dict) and "model" in exchange.asked:
        return str(exchange.asked["model"])
    if "/publishers/" in exchange.path:
        return exchange.path.partition("/v1beta1/")[2].rpartition(":")[0]
    found = re.search(r"/models?/([^/]+?)(?::[a-zA-Z]+)?(?:/|$)", exchange.path)
    return found[1] if found else ""


def path_ends(exchange: Exchange, made: HttpRequest) -> bool:
    return exchange.method == made.method and exchange.path.endswith(unquote(made.path.partition("?")[0]))


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
    keys = ("prompt_tokens", "promptTokenCount", "inputTextTokenCount")
    return next((usage[key] for key in keys if key in usage), None)
