"""The objects that bridge objects take and give, as scripts see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from llmspell.scriptable.shapes import YEAR, Bounds, Refusal

Temperature: TypeAlias = Annotated[float, Bounds(at_least=0)]
Share: TypeAlias = Annotated[float, Bounds(at_least=0, at_most=1)]
Count: TypeAlias = Annotated[int, Bounds(at_least=1)]
Seconds: TypeAlias = Annotated[float, Bounds(above=0, at_most=YEAR)]
PartType: TypeAlias = Annotated[
    Literal["text"], Refusal("{} parts are not supported yet by this version; only text parts are")
]


class TextPart(TypedDict):
    """A piece of a message's content."""

    type: PartType
    """The kind of part; only text for now."""
    text: str
    """The text."""


class ToolCall(TypedDict):
    """A model asks for a tool."""

    id: str
    """What the message with the tool's answer refers to."""
    name: str
    """The tool."""
    arguments: dict[str, Any]
    """The arguments that the model chose, not yet checked."""


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    """Who speaks."""
    content: NotRequired[str | list[TextPart]]
    """What is said; only an assistant that calls tools may say nothing."""
    tool_calls: NotRequired[list[ToolCall]]
    """The tools that the assistant asked for, as they came in a reply."""
    tool_call_id: NotRequired[str]
    """In a message of a tool: the call that it answers."""


Prompt: TypeAlias = str | list[Message]


class ModelTool(TypedDict):
    """A tool that the model may ask for; the spell runs it."""

    name: str
    """Its name for the model."""
    description: NotRequired[str]
    """What it does, for the model."""
    parameters: NotRequired[dict[str, Any]]
    """JSON Schema of its arguments."""


class ModelOptions(TypedDict, total=False):
    """How a model answers. Those of a call override those of `llm`; what is absent is up to the provider."""

    temperature: Temperature
    """How freely the words are chosen: 0 for the likeliest."""
    top_p: Share
    """Choose only among the likeliest words that together have this share, from 0 to 1."""
    max_tokens: Count
    """The most tokens the answer may have."""
    stop: str | list[str]
    """The answer ends before any of these texts."""
    seed: int
    """The same seed gives the same answer, where the provider can do that."""
    timeout: Seconds
    """Seconds that the whole answer may take."""
    tools: list[ModelTool]
    """Tools that the model may ask for."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class EmbedOptions(TypedDict, total=False):
    """How texts are embedded."""

    timeout: Seconds
    """Seconds that it may take."""


class TokenUsage(TypedDict):
    """The tokens of one call, as the provider counted them; absent where it did not say."""

    input_tokens: NotRequired[int]
    """Tokens of the prompt, cached ones included."""
    output_tokens: NotRequired[int]
    """Tokens of the answer."""
    cached_tokens: NotRequired[int]
    """Tokens of the prompt that the provider had in its cache."""
    reasoning_tokens: NotRequired[int]
    """Tokens of the answer that were spent on reasoning."""


FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "other"]


class Reply(TypedDict):
    """A whole answer."""

    text: str
    """What the model says; empty when it only calls tools."""
    reasoning: NotRequired[str]
    """What the model thought before, where the provider shows it."""
    tool_calls: list[ToolCall]
    """The tools that the model asks for."""
    finish_reason: FinishReason
    """Why the answer ended: `length` means that it was cut at `max_tokens`."""
    usage: TokenUsage
    """The tokens of this call."""
    cost: float | None
    """The price in US dollars; null when it is unknown."""
    model: str
    """The model that answered, `provider/model`."""


class Chunk(TypedDict):
    """A piece of an answer. The last one has no text and says how the answer ended."""

    text: str
    """More of the answer; may be empty."""
    reasoning: NotRequired[str]
    """More of what the model thinks."""
    tool_calls: NotRequired[list[ToolCall]]
    """In the last chunk: the tools that the model asks for."""
    finish_reason: NotRequired[FinishReason]
    """In the last chunk: why the answer ended."""
    usage: NotRequired[TokenUsage]
    """In the last chunk: the tokens of this call."""
    cost: NotRequired[float | None]
    """In the last chunk: the price in US dollars; null when it is unknown."""
    model: NotRequired[str]
    """In the last chunk: the model that answered, `provider/model`."""


class TokenCount(TypedDict):
    """The length of a prompt in tokens."""

    tokens: int
    """How many."""
    method: Literal["endpoint", "tiktoken", "model", "estimate"]
    """How they were counted: by the provider, by a tokenizer of its family, by the model's own, or estimated."""


class ModelInfo(TypedDict):
    """What is known of a model."""

    name: str
    """The full name, `provider/model`."""
    provider: str
    """The provider's name."""
    context_length: int | None
    """The most tokens of prompt and answer together; null when unknown."""
    max_output_tokens: int | None
    """The most tokens of an answer; null when unknown."""
    local: bool
    """Whether it runs on this machine."""
    details: dict[str, Any]
    """Facts of its kind of provider, such as the file, its size and quantisation."""
