"""The objects that bridge objects take and give, as scripts see them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypeAlias, TypedDict

from llmspell.scriptable.shapes import YEAR, Bounds

Temperature: TypeAlias = Annotated[float, Bounds(at_least=0)]
Share: TypeAlias = Annotated[float, Bounds(at_least=0, at_most=1)]
Count: TypeAlias = Annotated[int, Bounds(at_least=1)]
Seconds: TypeAlias = Annotated[float, Bounds(above=0, at_most=YEAR)]
Others: TypeAlias = Annotated[int, Bounds(at_least=0, at_most=20)]
MediaType: TypeAlias = Literal["image", "audio", "document", "video"]
Effort: TypeAlias = Literal["none", "minimal", "low", "medium", "high"]


class BlobHandle(TypedDict):
    """Stands for bytes that the runtime holds: a picture, a recording, a file, a body. Goes wherever bytes are wanted.

    It is worth something in this run alone, and as part of its result.
    """

    blob: str
    """Its id."""
    mime: str
    """Its media type, such as `image/png`."""
    size: int
    """How many bytes it has."""


class MessagePart(TypedDict):
    """A piece of a message's content."""

    type: Literal["text", "image", "audio", "document", "video", "reasoning", "tool_call", "opaque"]
    """The kind of part; `reasoning`, `tool_call` and `opaque` are what a reply's message is made of."""
    text: NotRequired[str]
    """Of a text: what is said; of `reasoning`: what the model thought."""
    data: NotRequired[str | BlobHandle]
    """Of a picture, a recording, a document: its bytes, as a blob or in base64."""
    url: NotRequired[str]
    """In place of `data`: where the provider finds it."""
    file_id: NotRequired[str]
    """In place of `data`: the id that the provider gave it when it was left there."""
    detail: NotRequired[Literal["auto", "low", "high"]]
    """Of a picture: how closely to look at it, where the provider lets one choose."""
    mime: NotRequired[str]
    """Its media type, such as `image/png`; needed with `data` unless the blob or the ending of `name` tells it."""
    name: NotRequired[str]
    """The file name of a document; of a `tool_call`, the tool."""
    cache: NotRequired[bool]
    """Asks the provider to keep the prompt up to here, where it has a cache to be told of."""
    id: NotRequired[str]
    """Of a `tool_call`: what the message with the tool's answer refers to."""
    arguments: NotRequired[dict[str, Any]]
    """Of a `tool_call`: what the model chose."""
    state: NotRequired[str]
    """What the provider wants back as it is, such as a signature."""


class Media(TypedDict):
    """A picture, a recording, a document: can be a part of a message as it is."""

    type: MediaType
    """The kind."""
    data: NotRequired[BlobHandle]
    """Its bytes."""
    url: NotRequired[str]
    """In place of `data`: where it is."""
    file_id: NotRequired[str]
    """In place of `data`: what its provider calls it."""
    detail: NotRequired[Literal["low", "high"]]
    """How closely to look at it."""
    mime: str
    """Its media type, such as `image/png`."""
    name: NotRequired[str]
    """Its file name."""


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
    content: NotRequired[str | list[MessagePart]]
    """What is said; only an assistant that calls tools may say nothing."""
    tool_calls: NotRequired[list[ToolCall]]
    """The tools that the assistant asked for, as they came in a reply."""
    tool_call_id: NotRequired[str]
    """In a message of a tool: the call that it answers."""
    is_error: NotRequired[bool]
    """In a message of a tool: whether it tells why the tool failed."""


Prompt: TypeAlias = str | list[Message]


class ModelTool(TypedDict):
    """A tool that the model may ask for; the spell runs it."""

    name: str
    """Its name for the model."""
    description: NotRequired[str]
    """What it does, for the model."""
    parameters: NotRequired[dict[str, Any]]
    """JSON Schema of its arguments, or its short form."""


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
    tool_choice: str
    """`auto`, `none`, `required`, or the name of the one tool that must be called."""
    parallel_tool_calls: bool
    """Whether the model may ask for several tools at once."""
    provider_tools: list[dict[str, Any]]
    """Tools that the provider runs itself, in its own words."""
    schema: dict[str, Any]
    """JSON Schema that the answer must follow, or its short form; the reply then has `data`."""
    reasoning: Effort | Count
    """How much to think before the answer: an effort, or a number of tokens."""
    logprobs: Others
    """Give the log probability of each token, and of so many others in its place."""
    cache: bool | Seconds
    """Give the same answer to the same request again, at once and for free: for so many seconds, or true for ever."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class AnswerOptions(TypedDict, total=False):
    """How a structured answer is asked for."""

    mode: Literal["auto", "native", "tool", "prompted"]
    """How the model is held to the schema: by its provider, by a tool that it calls, or by its instructions; `auto`
    takes the first of these that it can do."""
    instructions: str
    """What the model has to know besides."""
    repairs: Annotated[int, Bounds(at_least=0, at_most=10)]
    """How often an answer that does not fit is sent back; 2 unless told otherwise."""
    temperature: Temperature
    """How freely the words are chosen: 0 for the likeliest."""
    max_tokens: Count
    """The most tokens an answer may have."""
    seed: int
    """The same seed gives the same answer, where the provider can do that."""
    timeout: Seconds
    """Seconds that each answer may take."""
    reasoning: Effort | Count
    """How much to think before the answer: an effort, or a number of tokens."""
    extra: dict[str, Any]
    """Options that only this provider knows, passed on as they are."""


class EmbedOptions(TypedDict, total=False):
    """How texts are embedded."""

    dimensions: Count
    """How many numbers a vector has, where the model lets one choose."""
    kind: Literal["query", "document"]
    """What the texts are in a search; makes no difference where the provider knows none."""
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
    cache_write_tokens: NotRequired[int]
    """Tokens of the prompt that it put into its cache, for a price."""
    reasoning_tokens: NotRequired[int]
    """Tokens of the answer that were spent on reasoning."""


FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "other"]


class TokenChance(TypedDict):
    """How likely a token was."""

    token: str
    """The token."""
    logprob: float
    """The logarithm of its probability."""


class TokenChances(TypedDict):
    """How likely a token of the answer was, and others in its place."""

    token: str
    """The token."""
    logprob: float
    """The logarithm of its probability."""
    top: NotRequired[list[TokenChance]]
    """The likeliest tokens there."""


class Reply(TypedDict):
    """A whole answer."""

    text: str
    """What the model says; empty when it only calls tools."""
    reasoning: NotRequired[str]
    """What the model thought before, where the provider shows it."""
    data: NotRequired[Any]
    """The value of the JSON in `text`, when a `schema` was asked for and the model called no tools."""
    media: NotRequired[list[Media]]
    """Pictures and recordings that the model made."""
    tool_calls: list[ToolCall]
    """The tools that the model asks for."""
    message: Message
    """The answer as a message, to be put behind the others for the next call, with all that the provider wants back."""
    finish_reason: FinishReason
    """Why the answer ended: `length` means that it was cut at `max_tokens`."""
    raw_finish_reason: NotRequired[str]
    """The same in the provider's own word."""
    usage: TokenUsage
    """The tokens of this call."""
    cost: float | None
    """The price in US dollars; null when it is unknown."""
    model: str
    """The model that answered, `provider/model`."""
    logprobs: NotRequired[list[TokenChances]]
    """How likely each token was, when that was asked for."""
    id: NotRequired[str]
    """The provider's name for the answer."""
    request_id: NotRequired[str]
    """The provider's name for the request, for its support."""
    cached: NotRequired[bool]
    """True for the answer to the same request at an earlier time, out of the cache."""


class Chunk(TypedDict):
    """A piece of an answer. The last one has no text and says how the answer ended; most fields are its own."""

    text: str
    """More of the answer; may be empty."""
    reasoning: NotRequired[str]
    """More of what the model thinks."""
    data: NotRequired[Any]
    """The value of the JSON in the whole text, when a `schema` was asked for."""
    media: NotRequired[list[Media]]
    """Pictures and recordings that the model made."""
    tool_calls: NotRequired[list[ToolCall]]
    """The tools that the model asks for."""
    message: NotRequired[Message]
    """The whole answer as a message for the next call."""
    finish_reason: NotRequired[FinishReason]
    """Why the answer ended."""
    raw_finish_reason: NotRequired[str]
    """The same in the provider's own word."""
    usage: NotRequired[TokenUsage]
    """The tokens of this call."""
    cost: NotRequired[float | None]
    """The price in US dollars; null when it is unknown."""
    model: NotRequired[str]
    """The model that answered, `provider/model`."""
    logprobs: NotRequired[list[TokenChances]]
    """How likely each token was, when that was asked for."""
    id: NotRequired[str]
    """The provider's name for the answer."""
    request_id: NotRequired[str]
    """The provider's name for the request."""
    cached: NotRequired[bool]
    """True for an answer out of the cache."""


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
