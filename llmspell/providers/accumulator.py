"""Folds the events of an answer into the whole answer, the same way for every format."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

from llmspell.errors import InvalidValueError, ProviderError
from llmspell.providers.base import (
    Event,
    Finished,
    LogProbs,
    PartAdded,
    ReasoningDelta,
    Response,
    Started,
    StateDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Foreign, Media, Part, Reasoning, State, Text, ToolCall


class MalformedCallError(ProviderError):
    """The model called a tool with arguments that cannot be read.

    `response` is the answer with empty arguments in their place, and `texts` are those that came, by the number of the
    call among the calls of the answer. Both stay on this side of the border.
    """

    response: Response

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message, **fields)
        self.texts: dict[int, str] = {}


_SAID = ("text", "reasoning")


async def fold(events: AsyncIterable[Event], model: str, provider: str | None = None) -> Response:
    """The response that a stream of events adds up to. An error on the way holds what had arrived, as its `data`."""
    accumulator = Accumulator(model, provider)
    try:
        async for event in events:
            accumulator.add(event)
    except ProviderError as error:
        error.data = error.data or accumulator.arrived()
        raise
    return accumulator.response()


class Accumulator:
    """Builds a `Response` from events, the same for every format. `provider` is who was asked, for errors."""

    def __init__(self, model: str, provider: str | None = None) -> None:
        self._model = model
        self._asked = provider
        self._id: str | None = None
        self._provider: str | None = None
        self._cached = False
        self._request_id: str | None = None
        self._rate_limit: dict[str, str] = {}
        self._parts: dict[tuple[str, int], _Growing] = {}
        self._logprobs: list[dict[str, Any]] | None = None
        self._usage = Usage()
        self._finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take one event, in the order in which they came. Raises `TypeError` for what is none."""
        match event:
            case TextDelta(text, index):
                self._part("text", index).pieces.append(text)
            case ReasoningDelta(text, index):
                self._part("reasoning", index).pieces.append(text)
            case ToolCallDelta():
                self._part("tool_call", event.index).add_call(event)
            case StateDelta(kind, index, state):
                self._part(kind, index).add_state(state)
            case PartAdded(part):
                self._part("whole", len(self._parts)).whole = part
            case LogProbs(tokens):
                self._logprobs = self._logprobs or []
                self._logprobs += tokens
            case Usage():
                self._usage = event
            case Finished():
                self._finished = event
            case Started():
                self._start(event)
            case _:
                raise TypeError(f"{type(event).__name__} is no event of an answer")

    def _start(self, event: Started) -> None:
        self._id, self._model = event.id or self._id, event.model or self._model
        self._provider, self._cached = event.provider or self._provider, event.cached or self._cached
        self._request_id, self._rate_limit = event.request_id or self._request_id, event.rate_limit or self._rate_limit

    def _part(self, kind: str, index: int) -> _Growing:
        part = self._parts.get((kind, index))
        if part is None:
            part = self._parts[kind, index] = _Growing(kind, index)
        return part

    @property
    def usage(self) -> Usage:
        """What is known of the usage so far."""
        return self._usage

    def response(self) -> Response:
        """The answer so far.

        Raises `ProviderError` when the stream never said that it was finished, or a tool was called with nonsense;
        its `data` is what had arrived.
        """
        try:
            return self._response()
        except ProviderError as error:
            error.data = self.arrived()
            error.provider = self._provider or self._asked
            raise

    def arrived(self) -> dict[str, str] | None:
        """The `text` and `reasoning` that came so far; None when nothing did."""
        came = {kind: "".join(part.text for part in self._parts.values() if part.kind == kind) for kind in _SAID}
        return {kind: text for kind, text in came.items() if text} or None

    def _response(self) -> Response:
        if self._finished is None:
            raise ProviderError("the answer ended before it was finished", retryable=True)
        try:
            return self._of_parts(self._finished)
        except MalformedCallError as error:
            error.response = self._of_parts(self._finished, error.texts)
            raise

    def _of_parts(self, finished: Finished, malformed: dict[int, str] | None = None) -> Response:
        """The answer; where `malformed` is given, it takes up the texts of arguments that cannot be read, by the
        number of the call, instead of raising for them."""
        reason = finished.reason
        parts: list[Part] = []
        calls = 0
        for growing in self._parts.values():
            part = growing.part(reason in _CUTS, calls, malformed)
            calls += isinstance(part, ToolCall)
            parts += [part] if part else []
        return Response(
            parts=parts,
            finish_reason="tool_calls" if calls and reason == "stop" else reason,
            raw_finish_reason=finished.raw_reason,
            usage=self._usage,
            model=self._model,
            id=self._id,
            request_id=self._request_id,
            rate_limit=self._rate_limit,
            logprobs=self._logprobs,
            raw=finished.raw,
            provider=self._provider,
            cached=self._cached,
        )


class _Growing:
    """A part of which pieces have come."""

    def __init__(self, kind: str, index: int) -> None:
        self.pieces: list[str] = []
        self.whole: Media | Foreign | None = None
        self.kind = kind
        self._index = index
        self._id = ""
        self._name = ""
        self._state: State | None = None

    def add_call(self, delta: ToolCallDelta) -> None:
        self._id = self._id or delta.id
        self._name = self._name or delta.name
        self.pieces.append(delta.arguments)

    def add_state(self, state: State) -> None:
        self._state = State(state.wire, (self._state.data if self._state else {}) | state.data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def part(self, cut: bool, number: int, malformed: dict[int, str] | None) -> Part | None:
        """The finished part; None for an empty one, and for a tool call that was `cut` off."""
        text = self.text
        if self.kind == "tool_call":
            return self._call(text, cut, number, malformed)
        if self.whole is not None:
            return self.whole
        if not text and self._state is None:
            return None
        return Text(text, self._state) if self.kind == "text" else Reasoning(text, self._state)

    def _call(self, text: str, cut: bool, number: int, malformed: dict[int, str] | None) -> ToolCall | None:
        arguments = _arguments(text)
        if arguments is None and cut:
            return None
        if arguments is None and malformed is not None:
            malformed[number], text = text, "{}"
        return tool_call(ToolCallDelta(self._index, self._id, self._name, text), self._state)


_CUTS = ("length", "content_filter")
"""Reasons to stop that may come in the middle of a tool call."""
_MAX_DEPTH = 100
"""Levels of arguments: what they cross the border in adds some."""


def tool_call(delta: ToolCallDelta, state: State | None = None) -> ToolCall:
    """The finished call of the collected pieces; no arguments at all mean an empty object."""
    arguments = _arguments(delta.arguments)
    if arguments is None:
        raise MalformedCallError(
            f"the model called {delta.name!r} with arguments that are not a JSON object: {delta.arguments[:80]!r}"
        )
    return ToolCall(delta.id or f"call_{delta.index}", delta.name, arguments, state)


def _arguments(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`; some servers send its first or last brace twice, some models put it into a fence, or
    into a JSON text. None as well for what no spell could be told of."""
    from llmspell import values  # rarely needed

    for candidate in _candidates(text.strip() or "{}"):
        try:
            found = values.loads(candidate.encode(errors="surrogatepass"))
            found = values.loads(found.encode()) if isinstance(found, str) else found
            arguments = {} if found is None else found
            values.check(arguments, levels=_MAX_DEPTH)
        except (InvalidValueError, UnicodeError):
            continue
        return arguments if isinstance(arguments, dict) else None
    return None


def _candidates(text: str) -> list[str]:
    found = [text]
    if text.startswith("```"):
        found.append(text.partition("\n")[2].rpartition("```")[0])
    if text.startswith("{{"):
        found.append(text[1:])
    if text.endswith("}}"):
        found.append(text[:-1])
    return found
