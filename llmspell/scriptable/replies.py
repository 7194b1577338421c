"""From what a provider answers to what a script sees, counting usage on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from llmspell.errors import ModelError
from llmspell.providers import base
from llmspell.providers.accumulator import Accumulator
from llmspell.providers.content import Reasoning, Text, ToolCall
from llmspell.providers.select.opened import close
from llmspell.scriptable.parts import call_of, message_of, shown_media
from llmspell.scriptable.records import Chunk, Media, Reply, TokenUsage
from llmspell.usage import RunUsage

if TYPE_CHECKING:
    from llmspell.system.blobs import Blobs

_Count: TypeAlias = Literal["input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens"]
_COUNTS: tuple[_Count, ...] = get_args(_Count)


class Meter:
    """Counts one call to a model, exactly once, in whatever way it ends.

    A call that was broken off may have to be paid, so its price is unknown, except where calls are free. One that
    failed before it was answered is not counted.
    """

    def __init__(self, total: RunUsage, provider: base.LLMProvider, model: str) -> None:
        self._total = total
        self._provider = provider
        self._model = model
        self._finished = False
        self.answered = False
        """Set as soon as the provider has begun to answer."""
        self.cached = False
        """Set when the answer is an old one: then nobody is called, and there is nothing to count."""
        self.usage = base.Usage()
        """What is known so far."""

    def finish(self, model: str, usage: base.Usage) -> float | None:
        """Count the call and give its price in US dollars; None when that is unknown."""
        self._finished = True
        price = self._provider.cost(model, usage) if usage.cost is None else usage.cost
        if not self.cached:
            self._total.add(usage, price)
        return price

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        broken_off = error is not None and not isinstance(error, Exception)
        if not self._finished and not self.cached and (self.answered or broken_off):
            self._total.add(self.usage, self._provider.cost(self._model, base.Usage()))


def reply_of(
    provider: str,
    response: base.Response,
    price: float | None,
    *,
    data: bool = False,
    blobs: Blobs | None = None,
) -> Reply:
    """A whole answer for a script; with the `data` in its text, if it was to follow a schema.

    `blobs` take its media; without them these are base64. Raises `ModelError` when the text is no JSON then.
    """
    texts: list[str] = []
    others: list[Any] = []
    for part in response.parts:
        if type(part) is Text:
            texts.append(part.text)
        else:
            others.append(part)
    shown = shown_media(others, blobs) if others else {}
    reply: Reply = {
        "text": texts[0] if len(texts) == 1 else "".join(texts),
        "tool_calls": [],
        "message": message_of(response.parts, shown),
        "finish_reason": response.finish_reason,
        "usage": usage_of(response.usage),
        "cost": price,
        "model": f"{response.provider or provider}/{response.model}",
    }
    _add_facts(reply, response)
    if others:
        _add_others(reply, others, list(shown.values()))
    if data and not reply["tool_calls"]:
        reply["data"] = _data(reply)
    return reply


def _add_facts(reply: Reply, response: base.Response) -> None:
    if response.id is not None:
        reply["id"] = response.id
    if response.raw_finish_reason is not None:
        reply["raw_finish_reason"] = response.raw_finish_reason
    if response.request_id is not None:
        reply["request_id"] = response.request_id
    if response.logprobs is not None:
        reply["logprobs"] = cast(Any, response.logprobs)
    if response.cached:
        reply["cached"] = True


def _add_others(reply: Reply, parts: list[Any], media: list[Media]) -> None:
    """What is no text: thoughts, tool calls and media."""
    reply["tool_calls"] = [call_of(part) for part in parts if isinstance(part, ToolCall)]
    if reasoning := "".join(part.text for part in parts if isinstance(part, Reasoning)):
        reply["reasoning"] = reasoning
    if media:
        reply["media"] = media


def _data(reply: Reply) -> Any:
    import json  # only for schemas

    text = reply["text"]
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        cut = reply["finish_reason"] == "length"
        what = "ended at max_tokens before its JSON did" if cut else "is no JSON, although a schema was asked for"
        raise ModelError(
            f"the answer of {reply['model']} {what}: {text[:80]!r}",
            hint="allow more max_tokens" if cut else "ask again, or choose a model with structured output",
            data={"text": text, "finish_reason": reply["finish_reason"]},
        ) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def usage_of(usage: base.Usage) -> TokenUsage:
    """The tokens of a call, without those that are unknown."""
    known: TokenUsage = {}
    for name in _COUNTS:
        if (count := getattr(usage, name)) is not None:
            known[name] = count
    return known


async def chunks_of(
    provider: base.LLMProvider, request: base.Request, meter: Meter, blobs: Blobs | None = None
) -> AsyncIterator[Chunk]:
    """An answer as a script sees it come. Closing this closes the provider's stream."""
    accumulator = Accumulator(request.model, provider.name)
    events = provider.stream(request)
    with meter:
        try:
            async for event in events:
                meter.answered = True
                accumulator.add(event)
                meter.cached |= isinstance(event, base.Started) and event.cached
                if isinstance(event, base.TextDelta):
                    yield {"text": event.text}
                elif isinstance(event, base.ReasoningDelta):
                    yield {"text": "", "reasoning": event.text}
        finally:
            meter.usage = accumulator.usage
            await close(events)
        response = accumulator.response()
        price = meter.finish(response.model, response.usage)
    yield _last_chunk(reply_of(provider.name, response, price, data=request.schema is not None, blobs=blobs))


def _last_chunk(reply: Reply) -> Chunk:
    chunk = cast(Chunk, {**reply, "text": ""})
    chunk.pop("reasoning", None)
    if not reply["tool_calls"]:
        del chunk["tool_calls"]
    return chunk
