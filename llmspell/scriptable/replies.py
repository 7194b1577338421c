"""From what a provider answers to what a script sees, counting usage on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Literal, TypeAlias, get_args

from llmspell.providers import base
from llmspell.scriptable.context import RunUsage
from llmspell.scriptable.records import Chunk, Reply, TokenUsage

_Count: TypeAlias = Literal["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"]
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
        self.usage = base.Usage()
        """What is known so far."""

    def finish(self, model: str, usage: base.Usage) -> float | None:
        """Count the call and give its price in US dollars; None when that is unknown."""
        self._finished = True
        price = self._provider.cost(model, usage)
        self._total.add(usage, price)
        return price

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        broken_off = error is not None and not isinstance(error, Exception)
        if not self._finished and (self.answered or broken_off):
            self._total.add(self.usage, self._provider.cost(self._model, base.Usage()))


def reply_of(provider: str, response: base.Response, price: float | None) -> Reply:
    """A whole answer for a script."""
    reply: Reply = {
        "text": response.text,
        "tool_calls": [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in response.tool_calls],
        "finish_reason": response.finish_reason,
        "usage": usage_of(response.usage),
        "cost": price,
        "model": f"{provider}/{response.model}",
    }
    if response.reasoning is not None:
        reply["reasoning"] = response.reasoning
    return reply


def usage_of(usage: base.Usage) -> TokenUsage:
    """The tokens of a call, without those that are unknown."""
    known: TokenUsage = {}
    for name in _COUNTS:
        if (count := getattr(usage, name)) is not None:
            known[name] = count
    return known


async def chunks_of(provider: base.LLMProvider, request: base.Request, meter: Meter) -> AsyncIterator[Chunk]:
    """An answer as a script sees it come. Closing this closes the provider's stream."""
    accumulator = base.Accumulator(request.model)
    events = provider.stream(request)
    with meter:
        try:
            async for event in events:
                meter.answered = True
                accumulator.add(event)
                if isinstance(event, base.TextDelta):
                    yield {"text": event.text}
                elif isinstance(event, base.ReasoningDelta):
                    yield {"text": "", "reasoning": event.text}
        finally:
            meter.usage = accumulator.usage
            await _close(events)
        response = accumulator.response()
        price = meter.finish(response.model, response.usage)
    yield _last_chunk(reply_of(provider.name, response, price))


async def _close(events: AsyncIterator[base.Event]) -> None:
    close = getattr(events, "aclose", None)
    if close is not None:
        await close()


def _last_chunk(reply: Reply) -> Chunk:
    chunk: Chunk = {
        "text": "",
        "finish_reason": reply["finish_reason"],
        "usage": reply["usage"],
        "cost": reply["cost"],
        "model": reply["model"],
    }
    if reply["tool_calls"]:
        chunk["tool_calls"] = reply["tool_calls"]
    return chunk
