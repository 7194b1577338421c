"""Anthropic's messages, as spoken by Anthropic and by gateways.

https://docs.anthropic.com/en/api/messages. What travels in `State`: the keys of a content block that our parts have
no field for (signatures, redacted thinking, citations), and whole blocks of tools that run at the provider.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from llmspell.providers.base import Event, Request
from llmspell.providers.content import Message
from llmspell.providers.wire.anthropic_answer import Decoder, problem_of, read_answer
from llmspell.providers.wire.anthropic_request import body_of, messages_of
from llmspell.providers.wire.bodies import dumps, laid_over, loads, name, not_an_answer
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.media import all_media
from llmspell.providers.wire.problem import Problem

VERSION = "2023-06-01"
_HEADERS = {"anthropic-version": VERSION}
_MODELS = "/models?limit=1000"
_FILES = "files-api-2025-04-14"


class Dialect(NamedTuple):
    """What gateways do differently."""

    bearer: bool = False
    """Whether the key goes into `authorization` instead of `x-api-key`."""
    max_tokens: int | None = None
    """The length of answers that a request leaves open, since the service wants one; by default what the model can."""


class Anthropic(Format):
    """Messages, in the dialect of one server.

    `Request.extra["betas"]`, a list of names, goes into the `anthropic-beta` header.
    """

    name = "anthropic"

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"} if self._dialect.bearer else {"x-api-key": key}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        body = body_of(request, self._dialect.max_tokens)
        if stream:
            body["stream"] = True
        extra = dict(request.extra)
        headers = _headers(request.messages, extra.pop("betas", None) or ())
        return HttpRequest("/messages", dumps(laid_over(body, extra)), headers=headers)

    def decode(self, body: bytes) -> list[Event]:
        return read_answer(loads(body))

    def decoder(self) -> Decoder:
        return Decoder()

    def problem(self, body: bytes, status: int) -> Problem:
        return problem_of(body, status)

    def models(self) -> HttpRequest:
        return HttpRequest(_MODELS, method="GET", headers=_HEADERS)

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        data = loads(body)
        items = data.get("data") if isinstance(data, dict) else None
        if not isinstance(items, list):
            raise not_an_answer(data)
        return [_model(item) for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]

    def more_models(self, body: bytes) -> HttpRequest | None:
        data = loads(body)
        last = name(data.get("last_id")) if data.get("has_more") else None
        return HttpRequest(f"{_MODELS}&after_id={last}", method="GET", headers=_HEADERS) if last else None

    def count(self, model: str, messages: list[Message]) -> HttpRequest:
        body = dumps({"model": model, **messages_of(messages)})
        return HttpRequest("/messages/count_tokens", body, headers=_headers(messages, ()))

    def decode_count(self, body: bytes) -> int:
        data = loads(body)
        tokens = data.get("input_tokens") if isinstance(data, dict) else None
        if type(tokens) is not int:
            raise not_an_answer(data)
        return tokens


def _headers(messages: list[Message], betas: Collection[str]) -> Mapping[str, str]:
    """With the names of what is not released yet: that of files, where the conversation has any, comes by itself."""
    if any(media.file_id is not None for media in all_media(messages)):
        betas = dict.fromkeys((*betas, _FILES))
    return {**_HEADERS, "anthropic-beta": ",".join(betas)} if betas else _HEADERS


def _model(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "context_length": item.get("max_input_tokens"), "max_output_tokens": item.get("max_tokens")}
