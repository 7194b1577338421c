"""How an agent asks its model: hooks before and after, deltas on the way, one path for `run` and `stream`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, cast

from llmspell.agents.events import (
    AgentEvent,
    Failed,
    ModelAnswered,
    ModelCalled,
    OutputAdded,
    ReasoningAdded,
    TextAdded,
)
from llmspell.agents.hooks import Hooks, Retry, Skip, Stop
from llmspell.agents.output import TOOL, Output
from llmspell.errors import InvalidValueError, LlmspellError
from llmspell.providers.accumulator import Accumulator, MalformedCallError
from llmspell.providers.base import Event as ProviderEvent
from llmspell.providers.base import LLMProvider, ReasoningDelta, Request, Response, TextDelta, ToolCallDelta, Usage
from llmspell.providers.content import Reasoning, Text

_PARTIAL_SHARE = 16
"""A structured answer is parsed again once it has grown by such a share, so that long ones are not parsed too often."""


class Heard(NamedTuple):
    """The model answered. `malformed` are texts of arguments that cannot be read, by the number of the call."""

    response: Response
    cost: float | None
    malformed: dict[int, str]


class Again(NamedTuple):
    """The model is to be asked again."""

    usage: Usage
    cost: float | None
    note: str | None


class Halted(NamedTuple):
    """A hook ended the run."""

    why: str | None


Outcome: TypeAlias = Heard | Again | Halted


class _StopError(Exception):
    def __init__(self, why: str | None) -> None:
        self.why = why


@dataclass(slots=True, kw_only=True)
class Asker:
    """Asks the model in one run, and yields events on the way; the `outcome` is there after the last one.

    With `stream` the answer is asked for piece by piece, otherwise as a whole, unless a hook wants the pieces.
    """

    provider: LLMProvider
    hooks: Hooks
    output: Output | None
    stream: bool
    outcome: Outcome | None = None

    async def ask(self, request: Request, turn: int) -> AsyncGenerator[AgentEvent, None]:
        """One turn. Raises the provider's `LlmspellError` unless a hook deals with it."""
        self.outcome = None
        try:
            decided = await self.hooks.decide(ModelCalled(turn, request))
            if isinstance(decided.action, Stop):
                raise _StopError(decided.action.why)
            yield decided.event
            if isinstance(decided.action, Skip):
                heard = Heard(_instead(decided.action.value, request), 0.0, {})
            else:
                async with aclosing(self._provided(decided.event.request)) as events:
                    async for event in events:
                        yield event
                heard = cast(Heard, self.outcome)
            async with aclosing(self._judged(heard, turn)) as events:
                async for event in events:
                    yield event
        except _StopError as stop:
            self.outcome = Halted(stop.why)

    async def failed(self, error: LlmspellError, request: Request, turn: int) -> AsyncGenerator[AgentEvent, None]:
        """The hooks see an error; without an outcome afterwards it stands."""
        self.outcome = None
        decided = await self.hooks.decide(Failed(error))
        yield decided.event
        if isinstance(decided.action, Stop):
            self.outcome = Halted(decided.action.why)
        elif isinstance(decided.action, Retry):
            self.outcome = Again(Usage(), 0.0, decided.action.note)
        elif isinstance(decided.action, Skip):
            instead = Heard(_instead(decided.action.value, request), 0.0, {})
            try:
                async with aclosing(self._judged(instead, turn)) as events:
                    async for event in events:
                        yield event
            except _StopError as stop:
                self.outcome = Halted(stop.why)

    async def _judged(self, heard: Heard, turn: int) -> AsyncGenerator[AgentEvent, None]:
        """The answer, as the hooks leave it."""
        self.outcome = None
        decided = await self.hooks.decide(ModelAnswered(turn, heard.response, heard.cost))
        if isinstance(decided.action, Stop):
            raise _StopError(decided.action.why)
        yield decided.event
        if isinstance(decided.action, Retry):
            self.outcome = Again(heard.response.usage, heard.cost, decided.action.note)
        else:
            self.outcome = heard._replace(response=decided.event.response)

    async def _provided(self, request: Request) -> AsyncGenerator[AgentEvent, None]:
        if self.stream or self.hooks.wants("text", "reasoning", "output"):
            async with aclosing(self._streamed(request)) as events:
                async for event in events:
                    yield event
        else:
            self.outcome = await self._heard(lambda: self.provider.complete(request))
            for part in self.outcome.response.parts:
                if isinstance(part, (Text, Reasoning)) and part.text:
                    yield TextAdded(part.text) if isinstance(part, Text) else ReasoningAdded(part.text)

    async def _streamed(self, request: Request) -> AsyncGenerator[AgentEvent, None]:
        accumulator, partial = Accumulator(request.model, self.provider.name), _Partial(self.output)
        async with aclosing(cast(Any, self.provider.stream(request))) as events:
            async for event in events:
                accumulator.add(event)
                for shown in _shown(event, partial):
                    if (kept := await self._kept(shown)) is not None:
                        yield kept

        async def response() -> Response:
            return accumulator.response()

        self.outcome = await self._heard(response)

    async def _kept(self, event: AgentEvent) -> AgentEvent | None:
        """A piece, as the hooks leave it for the listeners."""
        if not self.hooks.wants(event.kind):
            return event
        decided = await self.hooks.decide(event)
        if isinstance(decided.action, Stop):
            raise _StopError(decided.action.why)
        return None if isinstance(decided.action, Skip) else cast(AgentEvent, decided.event)

    async def _heard(self, get: Callable[[], Any]) -> Heard:
        malformed: dict[int, str] = {}
        try:
            response = await get()
        except MalformedCallError as error:
            response, malformed = error.response, error.texts
        usage = response.usage
        if response.cached:
            return Heard(response, 0.0, malformed)
        cost = self.provider.cost(response.model, usage) if usage.cost is None else usage.cost
        return Heard(response, cost, malformed)


def _instead(value: Any, request: Request) -> Response:
    """The answer that a hook gives in place of the model's."""
    if isinstance(value, Response):
        return value
    if not isinstance(value, str):
        raise InvalidValueError(
            f"a hook answered for the model with {value!r:.60}", hint="give a text, or a Response of providers.base"
        )
    return Response(
        parts=[Text(value)] if value else [],
        finish_reason="stop",
        raw_finish_reason=None,
        usage=Usage(0, 0),
        model=request.model,
    )


def _shown(event: ProviderEvent, partial: _Partial) -> list[AgentEvent]:
    match event:
        case TextDelta(text) if text:
            return [TextAdded(text), *partial.of_text(text)]
        case ReasoningDelta(text) if text:
            return [ReasoningAdded(text)]
        case ToolCallDelta():
            return partial.of_call(event)
        case _:
            return []


class _Partial:
    """The structured answer while it comes."""

    def __init__(self, output: Output | None) -> None:
        self._output = output
        self._text = ""
        self._parsed = 0
        self._index: int | None = None
        self._last: Any = None

    def of_text(self, text: str) -> list[AgentEvent]:
        return [] if self._output is None or self._output.mode == "tool" else self._add(text)

    def of_call(self, delta: ToolCallDelta) -> list[AgentEvent]:
        if self._output is None or self._output.mode != "tool":
            return []
        if delta.name == TOOL and self._index is None:
            self._index = delta.index
        return self._add(delta.arguments) if delta.index == self._index and delta.arguments else []

    def _add(self, text: str) -> list[AgentEvent]:
        assert self._output is not None  # noqa: S101  # for the type checker: the callers looked
        self._text += text
        if len(self._text) - self._parsed < self._parsed // _PARTIAL_SHARE:
            return []
        self._parsed = len(self._text)
        value = self._output.partial(self._text)
        if value is None or value == self._last:
            return []
        self._last = value
        return [OutputAdded(value)]
