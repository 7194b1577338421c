"""What a model provider is: the types that every wire format, local runtime and bridge object shares.

A `Request` goes in; a stream of events comes out. `Response` is those events folded by `accumulator`, so `complete`
and `stream` cannot disagree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from llmspell.errors import ModelError
from llmspell.providers.content import Foreign, Media, Message, Part, Reasoning, State, ToolCall

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
        from llmspell.providers.accumulator import fold  # made of these types

        return await fold(self.stream(request), request.model, self.name)

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
