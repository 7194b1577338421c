"""Bodies through the product's decoders, whole and in random pieces, and the comparison with the naive reading."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import groupby, pairwise
from typing import Any

from llmspell.providers.accumulator import Accumulator
from llmspell.providers.base import Event, Response
from llmspell.providers.content import Reasoning, Text, ToolCall
from llmspell.providers.wire.format import Format
from tests.conformance.naive import WORDS, Reading


def folded(events: Iterable[Event]) -> Response:
    accumulator = Accumulator("asked-for")
    for event in events:
        accumulator.add(event)
    return accumulator.response()


def streamed(wire: Format, pieces: Iterable[bytes]) -> Response:
    decoder = wire.decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return folded(events + decoder.end())


def pieces(body: bytes, seed: str, cuts: int) -> list[bytes]:
    """The body cut at random places, half of them where it hurts: inside characters, line ends and numbers."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    sore = [
        place for place in range(1, len(body)) if body[place] & 0xC0 == 0x80 or body[place - 1 : place + 1] in b"\r\n\n"
    ]
    places = {chance.randrange(len(body)) for _ in range(cuts)} | set(chance.sample(sore, min(cuts, len(sore))))
    borders = [0, *sorted(places), len(body)]
    return [body[start:end] for start, end in pairwise(borders)]


def differences(response: Response, found: Reading, *, output_in_total: bool = False) -> list[str]:
    """How an answer differs from its naive reading."""
    wanted: dict[str, Any] = {
        "text": found.text,
        "reasoning": found.reasoning,
        "calls": _complete(found),
        "stop": found.stop,
        "finish": _finish(found),
        "id": found.id or None,
        "model": found.model or "asked-for",
        "logprobs": found.logprobs,
        "order": found.order if len(found.calls) == len(_complete(found)) else _order(response),
        **_tokens(found, output_in_total=output_in_total),
    }
    usage = response.usage
    got: dict[str, Any] = {
        "text": response.text,
        "reasoning": response.reasoning or "",
        "calls": [(call.name, call.arguments) for call in response.tool_calls],
        "stop": response.raw_finish_reason,
        "finish": response.finish_reason,
        "id": response.id,
        "model": response.model,
        "logprobs": [(token["token"], token["logprob"]) for token in response.logprobs or []],
        "order": _order(response),
        "input": usage.input_tokens,
        "output": usage.output_tokens,
        "cached": usage.cached_tokens or 0,
        "written": usage.cache_write_tokens or 0,
        "reasoning tokens": usage.reasoning_tokens or 0,
    }
    return [
        f"{name}: expected {wanted[name]!r:.300}, got {got[name]!r:.300}"
        for name in wanted
        if wanted[name] != got[name]
    ]


def _order(response: Response) -> list[str]:
    """The kinds of the parts, in their order."""
    kinds = {Text: "text", Reasoning: "reasoning", ToolCall: "call"}
    said = [kinds[type(part)] for part in response.parts if type(part) in kinds and getattr(part, "text", "a call")]
    return [kind for kind, _ in groupby(said)]


def _complete(found: Reading) -> list[tuple[str, Any]]:
    """The calls without those that a limit cut off, which the product leaves out."""
    cut = WORDS.get(found.stop or "") == "length"
    return [call for call in found.calls if not cut or isinstance(call[1], dict)]


def _finish(found: Reading) -> str:
    word = WORDS.get(found.stop or "stop", "other")
    if word == "stop":
        return "content_filter" if found.refused else "tool_calls" if found.calls else "stop"
    return word


def _tokens(found: Reading, *, output_in_total: bool) -> dict[str, int | None]:
    tokens = found.tokens
    output = tokens.get("output")
    if output_in_total and tokens.get("total"):
        output = (tokens["total"] or 0) - (tokens.get("input") or 0)
    return {
        "input": tokens.get("input"),
        "output": output,
        "cached": tokens.get("cached") or 0,
        "written": tokens.get("written") or 0,
        "reasoning tokens": tokens.get("reasoning") or 0,
    }
