"""What a call to a model may come to at most, before it is sent: its tokens, and their price."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from llmspell.errors import InvalidValueError, ModelError
from llmspell.providers.base import LLMProvider, Request, Usage
from llmspell.providers.content import Foreign, Media, Reasoning, State
from llmspell.providers.spending import Forecast
from llmspell.providers.tokens import MEDIA_TOKENS, count_messages, estimate

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job

LONGEST = 32_768
"""Tokens of the longest answer of a model of which nothing is known."""
# From the providers' pages about their models, the more special name first.
_LONGEST = {
    "gpt-5-chat": 16_384,
    "gpt-5": 128_000,
    "gpt-4.1": 32_768,
    "gpt-4o": 16_384,
    "gpt-4-turbo": 4096,
    "gpt-4": 8192,
    "gpt-3.5": 4096,
    "o1": 100_000,
    "o3": 100_000,
    "o4": 100_000,
    "claude-3-5": 8192,
    "claude-3-7": 64_000,
    "claude-3": 4096,
    "claude": 64_000,
    "gemini-1": 8192,
    "gemini-2.0": 8192,
    "gemini": 65_536,
    "deepseek-chat": 8192,
    "deepseek-reasoner": 65_536,
}
_UNSURE = 4 / 3
"""An estimate of tokens is right within a third."""
_MEDIA_BYTES = 50
"""Bytes of a document or a recording that make a token: few enough for most."""
_THINKING_ROOM = 4096
_TOO_FREE = frozenset(
    {"maxtokens", "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "numpredict", "n", "candidatecount"}
    | {"bestof", "servicetier"}
)


def of_request(provider: LLMProvider, request: Request, *, priced: bool) -> Forecast:
    """The forecast for a conversation. `priced` says that the price matters.

    Raises `ModelError` then when it is not known, and `InvalidValueError` for what goes round `max_tokens`.
    """
    _check_extra(request.extra)
    tokens = input_tokens(request)
    output = request.max_tokens or _longest(request)
    prompt, each = _prices(provider, request.model, tokens) if priced else (0.0, 0.0)
    return Forecast(tokens, output, prompt, each, flexible=request.max_tokens is None)


def of_texts(provider: LLMProvider, model: str, texts: list[str], *, priced: bool) -> Forecast:
    """The forecast for embeddings."""
    tokens = _sure(sum(map(estimate, texts)))
    price = _price(provider, model, Usage(input_tokens=tokens)) if priced else 0.0
    return Forecast(tokens, 0, price, 0.0)


def of_job(provider: LLMProvider, job: Job[Any], *, priced: bool) -> Forecast:
    """The forecast for what is no conversation. What pictures and recordings cost shows afterwards only."""
    from llmspell.providers.jobs import Rerank

    given = [getattr(job, field.name) for field in fields(job) if field.name not in ("model", "extra")]
    if isinstance(job, Rerank):  # some read the query again with each document
        given += [job.query] * (len(job.documents) - 1)
    tokens = _sure(sum(map(_tokens_in, given)))
    if not priced:
        return Forecast(tokens, 0, 0.0, 0.0)
    if isinstance(job, Rerank):
        return Forecast(tokens, 0, _price(provider, job.model, Usage(input_tokens=tokens)), 0.0)
    if provider.cost(job.model, Usage(input_tokens=1_000_000, output_tokens=1_000_000)) != 0:
        raise _unknown_price(provider, job.model)
    return Forecast(tokens, 0, 0.0, 0.0)


def input_tokens(request: Request) -> int:
    """About how many tokens the provider reads, rather too many than too few."""
    count = count_messages(request.model, request.messages)
    tokens = count.tokens if count.method == "tiktoken" else _sure(count.tokens)
    parts = [part for message in request.messages for part in message.parts]
    told = [request.tools, request.provider_tools, request.schema, request.extra, *map(_unseen, parts)]
    tokens += _sure(sum(estimate(json.dumps(item, default=str)) for item in told if item))
    return tokens + sum(max(_media_tokens(part) - MEDIA_TOKENS, 0) for part in _media(parts))


def _unseen(part: object) -> object:
    """What the provider gets beside the texts: thoughts, and what only it understands."""
    if isinstance(part, Reasoning):
        return [part.text, part.state and part.state.data]
    if isinstance(part, Foreign):
        return part.state.data
    state = getattr(part, "state", None)
    return state.data if isinstance(state, State) else None


def _media(parts: Any) -> list[Media]:
    found: list[Media] = []
    for part in parts:
        if isinstance(part, Media):
            found.append(part)
        found += _media(getattr(part, "parts", ()))
    return found


def _media_tokens(media: Media) -> int:
    if media.kind == "image":
        return 2 * MEDIA_TOKENS
    return max(MEDIA_TOKENS, len(getattr(media, "data", None) or b"") // _MEDIA_BYTES)


def _tokens_in(value: object) -> int:
    if isinstance(value, str):
        return estimate(value)
    if isinstance(value, list):
        return sum(map(_tokens_in, value))
    return _media_tokens(value) if isinstance(value, Media) else 0


def _sure(tokens: int) -> int:
    return math.ceil(tokens * _UNSURE)


def _longest(request: Request) -> int:
    name = request.model.lower().rpartition("/")[2]
    known = next((most for part, most in _LONGEST.items() if part in name), LONGEST)
    thinking = request.reasoning if isinstance(request.reasoning, int) else 0
    return max(known, thinking + _THINKING_ROOM)


def _prices(provider: LLMProvider, model: str, tokens: int) -> tuple[float, float]:
    """The price of a prompt, and of each token of the answer."""
    prompt = _price(provider, model, Usage(input_tokens=tokens, output_tokens=0))
    thousand = _price(provider, model, Usage(input_tokens=tokens, output_tokens=1000))
    return prompt, max(thousand - prompt, 0.0) / 1000


def _price(provider: LLMProvider, model: str, usage: Usage) -> float:
    price = provider.cost(model, usage)
    if price is None:
        raise _unknown_price(provider, model)
    return price


def _unknown_price(provider: LLMProvider, model: str) -> ModelError:
    return ModelError(
        f"the price of {provider.name}/{model} is not known, so max_cost cannot be kept",
        hint='bound the run with max_tokens instead, or say whose prices it has: prices = "openai" in '
        f"[providers.{provider.name}] of llmspell.toml",
        provider=provider.name,
    )


def _check_extra(extra: Mapping[str, Any]) -> None:
    """A bound that is given beside `max_tokens` would not be counted."""
    for key, value in extra.items():
        if key.replace("_", "").lower() in _TOO_FREE:
            raise InvalidValueError(
                f"extra.{key} cannot be used while max_cost or max_tokens bounds the run", hint="use max_tokens"
            )
        if isinstance(value, Mapping):
            _check_extra(value)
