"""What a model provider is: the types that every wire format, local runtime and bridge object shares.

A `Request` goes in; a stream of events comes out. `Response` is those events folded by `Accumulator`, so
`complete` and `stream` cannot disagree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from llmspell.errors import ModelError, ProviderError

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "other"]
CountMethod: TypeAlias = Literal["endpoint", "tiktoken", "model", "estimate"]


@dataclass(slots=True)
class ToolCall:
    """A model asks for a tool. `arguments` is the parsed JSON object; `id` is what the result refers to."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(slots=True)
class Message:
    """One turn of a conversation; `tool_calls` belong to the assistant, `tool_call_id` to a tool's answer."""

    role: Role
    content: str
    tool_calls: list[ToolCall] = field(default_factory=list)
    tool_call_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Request:
    """What to ask a model. `timeout` is in seconds for the whole answer; `extra` goes to the provider as it is."""

    model: str
    messages: list[Message]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: list[str] = field(default_factory=list)
    seed: int | None = None
    timeout: float | None = None
    tools: list[dict[str, Any]] = field(default_factory=list)
    """Tools the model may call: `{"name", "description", "parameters"}`, parameters being JSON Schema."""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Usage:
    """Tokens of a call; None where the provider did not say. Cached tokens are part of the input tokens."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(slots=True)
class ReasoningDelta:
    """More of what the model thinks before it answers."""

    text: str


@dataclass(slots=True)
class ToolCallDelta:
    """More of a tool call: `index` tells calls apart, `arguments` is a piece of JSON text."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Started:
    """The provider accepted the request: its id for the answer, and the model that really answers."""

    id: str | None = None
    model: str | None = None


@dataclass(slots=True)
class Finished:
    """The model stopped: why, in our words and in the provider's."""

    reason: FinishReason
    raw_reason: str | None = None


Event: TypeAlias = Started | TextDelta | ReasoningDelta | ToolCallDelta | Usage | Finished


@dataclass(slots=True, kw_only=True)
class Response:
    """A whole answer."""

    text: str
    reasoning: str | None
    tool_calls: list[ToolCall]
    finish_reason: FinishReason
    raw_finish_reason: str | None
    usage: Usage
    model: str
    id: str | None = None


@dataclass(slots=True, kw_only=True)
class Embeddings:
    """One vector for each text, in their order."""

    vectors: list[list[float]]
    model: str
    usage: Usage


@dataclass(slots=True)
class TokenCount:
    """How many tokens, and how that was found out."""

    tokens: int
    method: CountMethod


@dataclass(slots=True, kw_only=True)
class ModelInfo:
    """What is known of a model; None where it is not."""

    name: str
    """The full name, `provider/model`."""
    provider: str
    context_length: int | None = None
    max_output_tokens: int | None = None
    local: bool = False
    details: dict[str, Any] = field(default_factory=dict)
    """Facts of the kind of provider, such as file, size in bytes, architecture and quantisation."""


class LLMProvider(ABC):
    """A source of models. `name` is the part before the `/` of its models' names.

    Models are named without that part here. Every method raises an `LlmspellError`: `not_found` for an unknown
    model, `network`, `auth`, `rate_limit`, `timeout`, `context_length`, `content_filter`, `model`, `provider`.
    Cancelling the awaiting task, or closing the iterator, stops the work and frees the connection.
    """

    name: str

    @abstractmethod
    def stream(self, request: Request) -> AsyncIterator[Event]:
        """The answer as it comes: at most one `Started` first, a `Finished` near the end, `Usage` when known."""

    async def complete(self, request: Request) -> Response:
        """The whole answer. By default the folded stream."""
        return await fold(self.stream(request), request.model)

    async def embed(
        self,
        model: str,
        texts: list[str],  # noqa: ARG002  # for those that can
        *,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  # part of the request, enforced by the transport
    ) -> Embeddings:
        """A vector for each text."""
        raise ModelError(f"{self.name}/{model} makes no embeddings", provider=self.name)

    async def count_tokens(self, model: str, messages: list[Message]) -> TokenCount:
        """The tokens of a prompt, by the best means this provider has."""
        from llmspell.providers.tokens import count_messages  # loads tiktoken's ranks

        return count_messages(model, messages)

    def cost(self, model: str, usage: Usage) -> float | None:
        """What a call cost, in US dollars; None when that is not known. By default what the price list says."""
        from llmspell.providers.costs import cost

        return cost(self.name, model, usage)

    @abstractmethod
    async def list_models(self) -> list[ModelInfo]:
        """The models that can be used now."""

    @abstractmethod
    async def info(self, model: str) -> ModelInfo:
        """What is known of a model; raises `not_found` with near names for one that does not exist."""

    async def aclose(self) -> None:
        """Release connections and processes. The provider can be used again afterwards."""
        return


async def fold(events: AsyncIterable[Event], model: str) -> Response:
    """The response that a stream of events adds up to."""
    accumulator = Accumulator(model)
    async for event in events:
        accumulator.add(event)
    return accumulator.response()


class Accumulator:
    """Builds a `Response` from events, the same for every format."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id: str | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, ToolCallDelta] = {}
        self._usage = Usage()
        self._finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take one event, in the order in which they came."""
        match event:
            case TextDelta(text):
                self._text.append(text)
            case ReasoningDelta(text):
                self._reasoning.append(text)
            case ToolCallDelta():
                self._add_call(event)
            case Usage():
                self._usage = event
            case Finished():
                self._finished = event
            case Started(id_, model):
                self._id, self._model = id_ or self._id, model or self._model

    def _add_call(self, delta: ToolCallDelta) -> None:
        call = self._calls.setdefault(delta.index, ToolCallDelta(delta.index))
        call.id = call.id or delta.id
        call.name = call.name or delta.name
        call.arguments += delta.arguments

    @property
    def usage(self) -> Usage:
        """What is known of the usage so far."""
        return self._usage

    def response(self) -> Response:
        """The answer so far. Raises `ProviderError` when the stream never said that it was finished."""
        if self._finished is None:
            raise ProviderError("the answer ended before it was finished", retryable=True)
        reason = self._finished.reason
        calls = [
            tool_call(call)
            for _, call in sorted(self._calls.items())
            if reason != "length" or _arguments(call.arguments) is not None  # the limit cut this one off
        ]
        return Response(
            text="".join(self._text),
            reasoning="".join(self._reasoning) or None,
            tool_calls=calls,
            finish_reason="tool_calls" if calls and reason == "stop" else reason,
            raw_finish_reason=self._finished.raw_reason,
            usage=self._usage,
            model=self._model,
            id=self._id,
        )


def tool_call(delta: ToolCallDelta) -> ToolCall:
    """The finished call of the collected pieces; no arguments at all mean an empty object."""
    arguments = _arguments(delta.arguments)
    if arguments is None:
        raise ProviderError(
            f"the model called {delta.name!r} with arguments that are not a JSON object: {delta.arguments[:80]!r}"
        )
    return ToolCall(delta.id or f"call_{delta.index}", delta.name, arguments)


def _arguments(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`; some servers send its first or last brace twice."""
    import json  # rarely needed

    text = text.strip() or "{}"
    for candidate in (text, text[1:] if text.startswith("{{") else "", text[:-1] if text.endswith("}") else ""):
        try:
            arguments = json.loads(candidate)
        except ValueError:
            continue
        if arguments is None:
            return {}
        return arguments if isinstance(arguments, dict) else None
    return None
