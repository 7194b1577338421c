"""Which recorded requests the wire formats are for, in the dialect of which service, and why the others are not."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal
from urllib.parse import unquote

from llmspell.providers.catalog import ROWS, Row
from llmspell.providers.wire import formats
from llmspell.providers.wire.format import Format, HttpRequest
from tests.conformance.recordings import Exchange

Kind = Literal["chat", "embeddings", "models", "count", "job"]

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
    ("POST", r"/rerank$", "job", "openai-chat"),
    ("POST", r"/images/generations$", "job", "openai-chat"),
    ("POST", r"/audio/(?:speech|transcriptions)$", "job", "openai-chat"),
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
    ("openai-responses", "openai-responses"): "openai-responses",
    ("openai-other", "openai-responses"): "openai-responses",
    ("xai", "openai-responses"): "xai-responses",
    ("azure", "openai-responses"): "azure-responses",
}
_OWN_WIRES = {("voyage", "openai-chat"): "voyage", ("anthropic", "openai-chat"): "anthropic"}
"""Services that give the paths of chat completions another meaning."""


def kind_of(service: str, exchange: Exchange) -> tuple[Kind, str] | None:
    """What is asked for, and the format that speaks to this endpoint; None where none does."""
    if why_not(exchange):
        return None
    for method, path, kind, wire in _ENDPOINTS:
        if exchange.method == method and re.search(path, exchange.path):
            return kind, _OWN_WIRES.get((service, wire), wire)
    return None


def why_not(exchange: Exchange) -> str | None:
    """Why no format speaks to this endpoint; None for one that nobody has thought of."""
    asked = f"{exchange.method} {exchange.path}"
    return next((reason for path, reason in ELSEWHERE if re.search(path, asked)), None)


def row_of(service: str, wire: str) -> Row | None:
    """The row of the catalog for recordings of a service in a format; None for services that have none."""
    row = ROWS.get(_ROWS.get((service, wire)) or _ROWS.get(service) or service)
    return row if row is not None and row.wire == wire else None


@cache
def format_for(service: str, wire: str) -> Format:
    """The format, in the dialect of the service where the catalog has it."""
    row = row_of(service, wire)
    return formats.make(wire, row.dialect if row else {})


_OTHER_BASES = frozenset({("azure", "openai-chat"), ("huggingface", "openai-chat")})
"""Recorded with the older paths of Azure, which have the deployment in them, and with those behind the router."""


def is_path_of(service: str, wire: str, made: HttpRequest, exchange: Exchange) -> bool:
    """Whether a request of ours goes where the recorded one went, gateways with paths of their own aside."""
    path = unquote(made.path.partition("?")[0])
    row = row_of(service, wire)
    if row is None or not exchange.host or (service, wire) in _OTHER_BASES or row.base_url.startswith("http:"):
        return exchange.path.endswith(path)
    rows = [row, ROWS.get(f"{row.name}-regional", row)]
    patterns = [re.sub(r"\\\{.*?\\\}", "(?:https://)?[^/]+", re.escape(row.base_url)) for row in rows]
    recorded = f"https://{exchange.host}{exchange.path}"
    return any(re.fullmatch(pattern + re.escape(path), recorded) for pattern in patterns)
