"""Cohere's chat, version 2, with embeddings, ranking and the tokenizer.

https://docs.cohere.com/v2/reference/chat. What the model writes before it calls tools, its `tool_plan`, is taken as
reasoning. The tokens that were charged differ from those that were counted; `raw["usage"]` has both.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar, cast

from llmspell.providers.base import EmbedKind, Event, Request, Usage
from llmspell.providers.content import Foreign, Media, Message, Reasoning, Text, ToolCall, ToolResult
from llmspell.providers.jobs import Job, Outcome, Rerank
from llmspell.providers.wire import ranking
from llmspell.providers.wire.bodies import count, dumps, laid_over, unsupported
from llmspell.providers.wire.chat_schema import without
from llmspell.providers.wire.cohere_answer import WIRE, AnswerReader
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.media import refuse, url_of
from llmspell.providers.wire.streams import Decoder, ServerSentObjects, guarded, load_object

T = TypeVar("T")

_SAME = ("temperature", "seed", "max_tokens")
_RANGES = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
)
_REFUSED = (*_RANGES, "multipleOf", "uniqueItems", "$schema")
"""What schemas may not say: https://docs.cohere.com/docs/structured-outputs."""
_MOST_CHARACTERS = 65_536
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576}


class Dialect(NamedTuple):
    """What may be set for the whole service."""

    input_type: str = "search_document"
    """What embeddings are for; `search_query`, `classification` and `clustering` are the others."""


class Cohere(Format):
    """`/v2/chat`, `/v2/embed`, `/v2/rerank`, `/v1/models` and `/v1/tokenize`."""

    name = WIRE

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        body = {"model": request.model, "messages": _messages(request.messages), "stream": stream}
        body |= _settings(request) | _tools(request)
        return HttpRequest("/v2/chat", dumps(laid_over(body, request.extra)))

    def decode(self, body: bytes) -> list[Event]:
        return guarded(AnswerReader().whole, load_object(body))

    def decoder(self) -> Decoder:
        return Decoder(ServerSentObjects(), AnswerReader())

    def models(self) -> HttpRequest:
        return HttpRequest("/v1/models?page_size=1000", method="GET")

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        return guarded(lambda data: [{**model, "id": model["name"]} for model in data["models"]], load_object(body))

    def max_texts(self, model: str) -> int:  # noqa: ARG002  # the same for all
        return 96

    def embeddings(
        self, model: str, texts: list[str], *, dimensions: int | None = None, kind: EmbedKind | None = None
    ) -> HttpRequest:
        purpose = f"search_{kind}" if kind else self._dialect.input_type
        body: dict[str, Any] = {"model": model, "texts": texts, "input_type": purpose, "embedding_types": ["float"]}
        if dimensions is not None:
            body["output_dimension"] = dimensions
        return HttpRequest("/v2/embed", dumps(body))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = load_object(body)
        vectors = guarded(lambda data: [list(vector) for vector in data["embeddings"]["float"]], data)
        billed = (data.get("meta") or {}).get("billed_units") or {}
        return vectors, Usage(input_tokens=count(billed, "input_tokens"))

    def job(self, job: Job[Any]) -> HttpRequest:
        if not isinstance(job, Rerank):
            raise unsupported(WIRE, job.name)
        return ranking.request(job, "/v2/rerank")

    def decode_job(self, job: Job[T], body: bytes, mime: str) -> Outcome[T]:  # noqa: ARG002  # always JSON
        return cast(Outcome[T], ranking.read(cast(Rerank, job), body))

    def count(self, model: str, messages: list[Message]) -> HttpRequest | None:
        """The texts alone are counted, without what the service puts around them, and no long ones."""
        text = "\n".join(message.text for message in messages)
        if not 0 < len(text) <= _MOST_CHARACTERS:
            return None
        return HttpRequest("/v1/tokenize", dumps({"model": model, "text": text}))

    def decode_count(self, body: bytes) -> int:
        return guarded(lambda data: len(data["tokens"]), load_object(body))


def _settings(request: Request) -> dict[str, Any]:
    settings = {name: value for name in _SAME if (value := getattr(request, name)) is not None}
    if request.top_p is not None:
        settings["p"] = request.top_p
    if request.stop:
        settings["stop_sequences"] = request.stop
    if request.schema is not None:
        settings["response_format"] = {"type": "json_object", "json_schema": without(request.schema, _REFUSED)}
    if request.logprobs is not None:
        if request.logprobs:
            raise unsupported(WIRE, "log probabilities of other tokens than those chosen")
        settings["logprobs"] = True
    if request.reasoning is not None:
        settings["thinking"] = _thinking(request.reasoning)
    return settings


def _thinking(reasoning: str | int) -> dict[str, Any]:
    if reasoning == "none":
        return {"type": "disabled"}
    budget = reasoning if isinstance(reasoning, int) else _BUDGETS[reasoning]
    return {"type": "enabled", "token_budget": budget}


def _tools(request: Request) -> dict[str, Any]:
    if request.parallel_tool_calls is False:
        raise unsupported(WIRE, "parallel_tool_calls")
    if request.provider_tools:
        raise unsupported(WIRE, "provider_tools")
    tools, choice = request.tools, request.tool_choice
    if choice not in (None, "auto", "none", "required"):
        # There is no word for one tool, but being required to use the only one there is means the same.
        tools, choice = [tool for tool in tools if tool["name"] == choice], "required"
    body: dict[str, Any] = {}
    if tools:
        body["tools"] = [{"type": "function", "function": tool} for tool in tools]
    if choice in ("none", "required"):
        body["tool_choice"] = choice.upper()
    return body


def _messages(messages: list[Message]) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = []
    for message in messages:
        results = message.tool_results
        encoded += [_result(result) for result in results] or [_message(message)]
    return encoded


def _message(message: Message) -> dict[str, Any]:
    if message.role == "assistant":
        return _assistant(message)
    content = [_content(part) for part in message.parts if isinstance(part, (Text, Media))]
    if all(part["type"] == "text" for part in content) and len(content) < 2:
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": content}


def _content(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if part.kind != "image":
        raise unsupported(WIRE, f"{part.kind} in messages")
    refuse(part, WIRE, "file_id")
    return {"type": "image_url", "image_url": {"url": url_of(part)} | ({"detail": part.detail} if part.detail else {})}


def _assistant(message: Message) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant"}
    content: list[dict[str, Any]] = []
    for part in message.parts:
        match part:
            case Text() if part.text:
                content.append({"type": "text", "text": part.text})
            case Reasoning(text, state) if state and state.wire == WIRE:
                if state.data.get("type") == "tool_plan":
                    encoded["tool_plan"] = encoded.get("tool_plan", "") + text
                else:
                    content.append({"type": "thinking", "thinking": text})
            case ToolCall():
                encoded.setdefault("tool_calls", []).append(_call(part))
            case Media():
                raise unsupported(WIRE, f"{part.kind} from the assistant")
            case Text() | Reasoning() | Foreign() | ToolResult():
                continue
    if content or "tool_calls" not in encoded:
        encoded["content"] = content
    return encoded


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": dumps(call.arguments).decode()}
    return {"id": call.id, "type": "function", "function": function}


def _result(result: ToolResult) -> dict[str, Any]:
    if any(isinstance(part, Media) for part in result.parts):
        raise unsupported(WIRE, "media in the answers of tools")
    texts = [{"type": "text", "text": part.text} for part in result.parts if isinstance(part, Text)]
    content = texts if len(texts) > 1 else result.text
    return {"role": "tool", "tool_call_id": result.id, "content": content}
