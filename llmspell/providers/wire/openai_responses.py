"""OpenAI's Responses, as spoken by OpenAI, xAI, Azure and others.

https://platform.openai.com/docs/api-reference/responses. The whole conversation is sent each time and nothing is
left with the service (`store` is false), so reasoning is asked for in its encrypted form and sent back as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.content import Message
from llmspell.providers.wire.bodies import dumps, laid_over, unsupported
from llmspell.providers.wire.chat_schema import strict
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.openai_responses_answer import AnswerReader
from llmspell.providers.wire.openai_responses_items import WIRE, input_items, split_instructions
from llmspell.providers.wire.streams import Decoder, ServerSentObjects, guarded, load_object

if TYPE_CHECKING:
    from llmspell.providers.jobs import Job, Outcome

T = TypeVar("T")

_SAME = ("temperature", "top_p", "parallel_tool_calls")
_ENCRYPTED = "reasoning.encrypted_content"
_UNTHINKING = ("gpt-3", "gpt-4", "gpt-5-chat", "chatgpt-", "grok-2", "grok-3", "non-reasoning")


class Dialect(NamedTuple):
    """What services do differently."""

    instructions: bool = True
    """Whether what the system says goes to `instructions`; else it is a message among the others."""
    store: bool | None = False
    """Whether the service is to keep the answer; None leaves that to the service."""
    encrypted: bool = True
    """Whether models that reason are asked for their reasoning in encrypted form."""
    summary: str | None = None
    """What to show of the reasoning, such as `auto`; OpenAI wants to know an organisation before it shows any."""
    counts: bool = False
    """Whether there is `/responses/input_tokens`."""


class OpenAIResponses(Format):
    """`/responses`; embeddings, jobs and the list of models are those of chat completions."""

    name = WIRE

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        body = _body(request, self._dialect)
        if stream:
            body["stream"] = True
        return HttpRequest("/responses", dumps(laid_over(body, request.extra)))

    def decode(self, body: bytes) -> list[Event]:
        return guarded(AnswerReader().whole, load_object(body))

    def decoder(self) -> Decoder:
        return Decoder(ServerSentObjects(), AnswerReader())

    def models(self) -> HttpRequest:
        return _chat().models()

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        return _chat().decode_models(body)

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        return _chat().embeddings(model, texts, dimensions=dimensions, kind=kind)

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        return _chat().decode_embeddings(body)

    def job(self, job: Job[Any]) -> HttpRequest:
        return _chat().job(job)

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:
        return _chat().decode_job(job, body, mime)

    def count(self, model: str, messages: list[Message]) -> HttpRequest | None:
        if not self._dialect.counts:
            return None
        return HttpRequest("/responses/input_tokens", dumps({"model": model, **_conversation(messages, self._dialect)}))

    def decode_count(self, body: bytes) -> int:
        return guarded(lambda data: int(data["input_tokens"]), load_object(body))


def _chat() -> Format:
    from llmspell.providers.wire.openai_chat import OpenAIChat  # only for what is not an answer

    return OpenAIChat()


def _conversation(messages: list[Message], dialect: Dialect) -> dict[str, Any]:
    instructions, rest = split_instructions(messages) if dialect.instructions else ("", messages)
    conversation: dict[str, Any] = {"input": input_items(rest)}
    return conversation | ({"instructions": instructions} if instructions else {})


def _body(request: Request, dialect: Dialect) -> dict[str, Any]:
    for option in ("stop", "seed"):
        if getattr(request, option):
            raise unsupported(WIRE, option)
    body = {"model": request.model, **_conversation(request.messages, dialect)}
    body |= {name: value for name in _SAME if (value := getattr(request, name)) is not None}
    if request.max_tokens is not None:
        body["max_output_tokens"] = request.max_tokens
    if dialect.store is not None:
        body["store"] = dialect.store
    if reasoning := _reasoning(request, dialect):
        body["reasoning"] = reasoning
    if request.schema is not None:
        body["text"] = {"format": _format(request.schema, request.schema_name)}
    if request.logprobs is not None:
        body["top_logprobs"] = request.logprobs
    if include := _include(request, dialect):
        body["include"] = include
    return body | _tools(request)


def _reasoning(request: Request, dialect: Dialect) -> dict[str, Any]:
    if isinstance(request.reasoning, int):
        raise unsupported(WIRE, "number of tokens for reasoning: say how much in a word")
    reasoning: dict[str, Any] = {}
    if request.reasoning is not None:
        reasoning["effort"] = request.reasoning
    if dialect.summary is not None and _thinks(request.model):
        reasoning["summary"] = dialect.summary
    return reasoning


def _include(request: Request, dialect: Dialect) -> list[str]:
    include = []
    if dialect.encrypted and _thinks(request.model):
        include.append(_ENCRYPTED)
    if request.logprobs is not None:
        include.append("message.output_text.logprobs")
    return include


def _thinks(model: str) -> bool:
    """Models that do not reason refuse to be asked for encrypted reasoning."""
    return not any(word in model for word in _UNTHINKING)


def _tools(request: Request) -> dict[str, Any]:
    tools = [{"type": "function", "strict": False, **tool} for tool in request.tools] + request.provider_tools
    body: dict[str, Any] = {"tools": tools} if tools else {}
    choice = request.tool_choice
    if choice is not None:
        words = ("auto", "none", "required")
        body["tool_choice"] = choice if choice in words else {"type": "function", "name": choice}
    return body


def _format(schema: dict[str, Any], name: str) -> dict[str, Any]:
    closed = strict(schema)
    return {"type": "json_schema", "name": name, "schema": closed or schema, "strict": closed is not None}
