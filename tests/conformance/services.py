"""Which recorded requests the wire formats are for, in the dialect of which service, and why the others are not."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from llmspell.providers.catalog import ROWS
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import Format
from tests.conformance.recordings import Exchange

Kind = Literal["chat", "embeddings", "models", "count", "rerank"]

_ENDPOINTS: tuple[tuple[str, str, Kind, str], ...] = (
    ("POST", r"/chat/completions$", "chat", "openai-chat"),
    ("POST", r"/responses$", "chat", "openai-responses"),
    ("POST", r"/v1/messages$", "chat", "anthropic"),
    ("POST", r":(?:streamG|g)enerateContent$", "chat", "gemini"),
    ("POST", r"/api/chat$", "chat", "ollama"),
    ("POST", r"/v2/chat$", "chat", "cohere-v2"),
    ("POST", r"/model/[^/]+/converse(?:-stream)?$", "chat", "bedrock"),
    ("POST", r"/embeddings$", "embeddings", "openai-chat"),
    ("POST", r":(?:batchE|e)mbedContents?$", "embeddings", "gemini"),
    ("POST", r"/v2/embed$", "embeddings", "cohere-v2"),
    ("POST", r"/model/[^/]+/invoke$", "embeddings", "bedrock"),
    ("GET", r"/v1beta/models$", "models", "gemini"),
    ("GET", r"/api/tags$", "models", "ollama"),
    ("GET", r"/models$", "models", "openai-chat"),
    ("POST", r"/messages/count_tokens$", "count", "anthropic"),
    ("POST", r":countTokens$", "count", "gemini"),
    ("POST", r"/v1/tokenize$", "count", "cohere-v2"),
    ("POST", r"/count-tokens$", "count", "bedrock"),
)

ELSEWHERE = (
    (r"^GET /(?:jpg|webp|mp3)/", "a picture or sound that the recorded client fetched itself"),
    (r"/files(?:/|$)|/vector_stores|/fileSearchStores", "file stores: we send files in the request"),
    (r"/cachedContents", "caches made beforehand: their name goes into `extra`, making them is the caller's"),
    (r"/conversations", "conversations kept by the service: ours are sent whole"),
    (
        r"^GET /v1/responses(?:/|$)",
        "an answer fetched again, or a websocket's handshake: answers come with their request",
    ),
    (r"/realtime/|/webrtc", "realtime sessions over WebRTC and WebSocket"),
    (r"/v1beta/interactions", "Gemini's interactions: the same models answer generateContent"),
    (r"/mcp$", "the Model Context Protocol, which is no format of models"),
    (r"/audio/(?:speech|transcriptions)", "speech: no wire format has it"),
    (r"/images/generations", "pictures beside the chat: no wire format has them"),
    (r"/rerank$", "reranking: no wire format has it"),
    (r"^POST /v1/embed$", "Cohere's first version of embeddings; the format speaks the second"),
    (r"^POST /token$", "Google's exchange of credentials, which its own library does"),
    (r"/api/models/", "Hugging Face's facts of a model, outside its router"),
    (r"/available-models$", "a list of models at Heroku, in the words of its own"),
)

FRAMES = {
    "realtime-ws": "frames of realtime WebSockets",
    "xai-grpc": "xAI's gRPC, of which the wire formats know nothing",
}

_ROWS = {
    "openai-chat": "openai",
    "openai-other": "openai",
    "mcp-streamable-http": "openai",
    "llamacpp": "llamacpp-server",
    ("gemini", "openai-chat"): "gemini-openai",
    ("ollama", "openai-chat"): "ollama-openai",
    ("azure", "openai-chat"): "azure",
}
_DIALECTS = {"vertex": {"vertex": True}}


def kind_of(service: str, exchange: Exchange) -> tuple[Kind, str] | None:
    """What is asked for, and the format that speaks to this endpoint; None where none does."""
    if why_not(exchange):
        return None
    for method, path, kind, wire in _ENDPOINTS:
        if exchange.method == method and re.search(path, exchange.path):
            return kind, "anthropic" if (kind, service) == ("models", "anthropic") else wire
    return None


def why_not(exchange: Exchange) -> str | None:
    """Why no format speaks to this endpoint; None for one that nobody has thought of."""
    asked = f"{exchange.method} {exchange.path}"
    return next((reason for path, reason in ELSEWHERE if re.search(path, asked)), None)


def row_name(service: str, wire: str) -> str:
    """The row of the catalog for recordings of a service, which may not exist."""
    return _ROWS.get((service, wire)) or _ROWS.get(service) or service


@cache
def format_for(service: str, wire: str) -> Format:
    """The format, in the dialect of the catalog's row where that speaks it."""
    row = ROWS.get(row_name(service, wire))
    if row is not None and row.wire == wire:
        return formats.make(wire, row.dialect)
    return formats.make(wire, _DIALECTS.get(service, {}))
