"""What a model provider is: the types that every wire format, local runtime and bridge object shares.

A `Request` goes in; a stream of events comes out. `Response` is those events folded by `Accumulator`, so
`complete` and `stream` cannot disagree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from llmspell.errors import ModelError, ProviderError
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, Text, ToolCall

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "other"]
CountMethod: TypeAlias = Literal["endpoint", "tiktoken", "model", "estimate"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high"]
EmbedKind: TypeAlias = Literal["query", "document"]


@dataclass(slots=True, kw_only=True)
class Request:
    """What to ask a model. What is None is up to the provider; what it cannot do is an error of kind `model`."""

    model: str
    messages: list[Message]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: list[str] = field(default_factory=list)
    seed: int | None = None
    timeout: float | None = None
    """Seconds for the whole answer."""
    tools: list[dict[str, Any]] = field(default_factory=list)
    """Tools the model may call: `{"name", "description", "parameters"}`, parameters being JSON Schema."""
    tool_choice: str | None = None
    """`auto`, `none`, `required`, or the name of the one tool that must be called."""
    parallel_tool_calls: bool | None = None
    provider_tools: list[dict[str, Any]] = field(default_factory=list)
    """Tools that the provider runs itself, in its own words."""
    schema: dict[str, Any] | None = None
    """JSON Schema that the answer must follow."""
    schema_name: str = "answer"
    reasoning: Effort | int | None = None
    """How much to think before the answer: an effort, or a number of tokens."""
    logprobs: int | None = None
    """Give the log probability of each token, and of so many others in its place."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Goes to the provider as it is, laid over the rest."""


@dataclass(slots=True)
class Usage:
    """Tokens of a call; None where the provider did not say.

    Whatever the provider counts, here `input_tokens` contains those read from a cache (`cached_tokens`) and those
    written to one (`cache_write_tokens`), and `output_tokens` contains `reasoning_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost: float | None = None
    """US dollars, where whoever answered knows the price better than the price list."""


@dataclass(slots=True)
class TextDelta:
    """More of the text with that number among the texts of the answer."""

    text: str
    index: int = 0


@dataclass(slots=True)
class ReasoningDelta:
    """More of what the model thinks."""

    text: str
    index: int = 0


@dataclass(slots=True)
class ToolCallDelta:
    """More of a tool call: `index` tells calls apart, `arguments` is a piece of JSON text."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class StateDelta:
    """State for a part of the answer: merged, key by key, into what that part has already."""

    kind: Literal["text", "reasoning", "tool_call"]
    index: int
    state: State


@dataclass(slots=True)
class PartAdded:
    """A part that comes whole: a picture, a recording, or something only the provider understands."""

    part: Media | Foreign


@dataclass(slots=True)
class LogProbs:
    """Log probabilities of more tokens: `{"token", "logprob", "top": [{"token", "logprob"}]}` each."""

    tokens: list[dict[str, Any]]


@dataclass(slots=True)
class Started:
    """The provider accepted the request: its id for the answer, and the model that really answers.

    `provider` is whose model that is, where it was chosen among several; `cached` says that the answer is an old one.
    `request_id` and `rate_limit` come from the headers of the answer.
    """

    id: str | None = None
    model: str | None = None
    provider: str | None = None
    cached: bool = False
    request_id: str | None = None
    rate_limit: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Finished:
    """The model stopped: why, in our words and in the provider's. `raw` has the fields of the answer that nothing
    else here stands for."""

    reason: FinishReason
    raw_reason: str | None = None
    raw: dict[str, Any] = field(default_factory=dict)


Event: TypeAlias = (
    Started | TextDelta | ReasoningDelta | ToolCallDelta | StateDelta | PartAdded | LogProbs | Usage | Finished
)


@dataclass(slots=True, kw_only=True)
class Response:
    """A whole answer: its parts in the order in which they came."""

    parts: list[Part]
    finish_reason: FinishReason
    raw_finish_reason: str | None
    usage: Usage
    model: str
    id: str | None = None
    request_id: str | None = None
    """The provider's name for the HTTP request, for its support."""
    rate_limit: dict[str, str] = field(default_factory=dict)
    """The headers that tell of rate limits."""
    logprobs: list[dict[str, Any]] | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    provider: str | None = None
    """Who answered, where the provider that was asked has chosen among several."""
    cached: bool = False
    """Whether this is the answer to the same request at an earlier time."""

    @property
    def message(self) -> Message:
        """The answer as a turn of the conversation, to be sent back with the next one."""
        return Message("assistant", self.parts)

    @property
    def text(self) -> str:
        """What the model says; empty when it only calls tools."""
        return self.message.text

    @property
    def reasoning(self) -> str | None:
        """What the model thought, where the provider shows it."""
        return "".join(part.text for part in self.parts if isinstance(part, Reasoning)) or None

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tools that the model asks for."""
        return self.message.tool_calls


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
    default_model: str | None = None
    """The model that the provider's name alone stands for."""

    @property
    def capabilities(self) -> frozenset[str] | None:
        """What it has some model for, in the words of the catalog, such as `tools` and `schema`; None when unknown."""
        return None

    @property
    def identity(self) -> str:
        """Tells providers apart whose answers must not be taken for each other's, such as two servers of one name."""
        return self.name

    def version(self, model: str) -> str:  # noqa: ARG002  # for those that know
        """Tells a model from what had the same name at another time, such as another file; empty when nobody knows."""
        return ""

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
        dimensions: int | None = None,  # noqa: ARG002  # as above
        kind: EmbedKind | None = None,  # noqa: ARG002  # as above
    ) -> Embeddings:
        """A vector for each text, with so many `dimensions`; raises `ModelError` where a model does not let choose.

        `kind` is what the texts are in a search, for the models to which that makes a difference.
        """
        raise ModelError(f"{self.name}/{model} makes no embeddings", provider=self.name)

    async def perform(self, job: Job[T]) -> Outcome[T]:
        """What is no conversation: ranking, pictures, speech, transcription; see `jobs`."""
        raise ModelError(f"{self.name}/{job.model} cannot do that: there is no {job.name}", provider=self.name)

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


async def fold(events: AsyncIterable[Event], model: str) -> Response:
    """The response that a stream of events adds up to. An error on the way holds what had arrived, as its `data`."""
    accumulator = Accumulator(model)
    try:
        async for event in events:
            accumulator.add(event)
    except ProviderError as error:
        error.data = error.data or accumulator.arrived()
        raise
    return accumulator.response()


class Accumulator:
    """Builds a `Response` from events, the same for every format."""

    def __init__(self, model: str) -> None:
        self._model = model
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
        """Take one event, in the order in which they came."""
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


def tool_call(delta: ToolCallDelta, state: State | None = None) -> ToolCall:
    """The finished call of the collected pieces; no arguments at all mean an empty object."""
    arguments = _arguments(delta.arguments)
    if arguments is None:
        raise MalformedCallError(
            f"the model called {delta.name!r} with arguments that are not a JSON object: {delta.arguments[:80]!r}"
        )
    return ToolCall(delta.id or f"call_{delta.index}", delta.name, arguments, state)


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
