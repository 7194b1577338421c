"""Each recorded request that our types can express is encoded to one that means the same."""

from __future__ import annotations

import json

from llmspell.errors import ModelError
from llmspell.providers.wire import formats
from llmspell.providers.wire.chat_dialect import Dialect
from llmspell.providers.wire.format import HttpRequest
from tests.conformance import recordings, services
from tests.conformance.recordings import Exchange
from tests.conformance.same import difference
from tests.conformance.tally import Tally
from tests.conformance.translate import anthropic, bedrock, chat, gemini, others, responses
from tests.conformance.translate.common import Asked, InexpressibleError


def in_our_words(service: str, wire: str, exchange: Exchange) -> Asked:
    """The recorded request; raises `InexpressibleError` with what our types have no word for."""
    body = exchange.asked
    if not isinstance(body, dict):
        raise InexpressibleError("a request that the recording does not hold")
    match wire:
        case "openai-chat":
            row = services.row_of(service, wire)
            return chat.translate(body, Dialect(**(row.dialect if row else {})))
        case "openai-responses":
            return responses.translate(body)
        case "anthropic":
            return anthropic.translate(body)
        case "gemini":
            return gemini.translate(body, model_of(exchange), stream="stream" in exchange.path)
        case "bedrock":
            return bedrock.translate(body, model_of(exchange), stream="stream" in exchange.path)
        case "ollama":
            return others.ollama(body)
    return others.cohere(body)


def model_of(exchange: Exchange) -> str:
    """The model in the path."""
    if exchange.path.startswith("/model/"):
        return exchange.path.split("/")[2]
    return exchange.path.partition("/models/")[2].rpartition(":")[0]


def encoded(service: str, wire: str, asked: Asked) -> HttpRequest:
    return services.format_for(service, wire).chat(asked.request, stream=asked.stream)


@recordings.each
def test_requests_mean_the_same(name: str, tally: Tally) -> None:
    recording = recordings.recording(name)
    problems = []
    for number, exchange in enumerate(recording.exchanges):
        kind = services.kind_of(recording.service, exchange)
        if kind is None or kind[0] != "chat" or kind[1] not in formats.NAMES:
            continue
        wire = kind[1]
        try:
            asked = in_our_words(recording.service, wire, exchange)
            ours = encoded(recording.service, wire, asked)
        except InexpressibleError as reason:
            tally.leave_out(recording.service, f"requests with {reason}")
            continue
        except ModelError as refused:
            tally.leave_out(recording.service, f"requests that the service refuses, and so do we: {refused.message}")
            problems += [refused.message] if exchange.status == 200 else []
            continue
        tally.add(recording.service, wire, name, "requests")
        recorded = gemini.camel(exchange.asked) if wire == "gemini" else exchange.asked
        if not services.is_path_of(recording.service, wire, ours, exchange):
            problems.append(f"{wire} #{number} goes to {ours.path}, not to {exchange.host}{exchange.path}")
        if found := difference(wire, recorded, json.loads(ours.body)):
            problems.append(f"{wire} #{number} {found}")
    assert not problems, "\n".join(problems)
