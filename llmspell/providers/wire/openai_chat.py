"""OpenAI chat completions and embeddings, as spoken by OpenAI and by most other servers.

https://platform.openai.com/docs/api-reference/chat. Servers differ; what is tolerated here was seen in the wild,
and every case is a test.
"""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

from llmspell.errors import ProviderError
from llmspell.providers.base import (
    Event,
    Finished,
    FinishReason,
    ReasoningDelta,
    Request,
    Started,
    TextDelta,
    Usage,
)
from llmspell.providers.content import Message, ToolCall
from llmspell.providers.wire import sse
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.fragments import ToolCallAssembler
from llmspell.providers.wire.problem import RefusedError, from_json

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
}


class Dialect(NamedTuple):
    """What compatible servers do differently."""

    max_tokens: str = "max_tokens"
    """The field for the length of the answer; OpenAI's reasoning models know only `max_completion_tokens`."""
    stream_usage: bool = True
    """Whether `stream_options.include_usage` may be sent."""


class OpenAIChat(Format):
    """Chat completions, in the dialect of one server."""

    name = "openai-chat"

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        return HttpRequest("/chat/completions", _dumps(_body(request, self._dialect, stream=stream) | request.extra))

    def decode(self, body: bytes) -> list[Event]:
        data = _loads(body)
        reader = _Reader()
        if not isinstance(data, dict) or not data.get("choices"):
            raise _not_an_answer(data)
        events = _read(reader, data, "message")
        return events + reader.end()

    def decoder(self) -> Decoder:
        return Decoder()

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        data = _loads(body)
        items = data.get("data", data.get("models")) if isinstance(data, dict) else data
        if not isinstance(items, list):
            raise _not_an_answer(data)
        return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]

    def embeddings(self, model: str, texts: list[str]) -> HttpRequest:
        return HttpRequest("/embeddings", _dumps({"model": model, "input": texts}))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = _loads(body)
        try:
            items = sorted(data["data"], key=lambda item: item.get("index") or 0)
            return [_vector(item["embedding"]) for item in items], _usage(data.get("usage") or {})
        except (AttributeError, KeyError, TypeError, ValueError, struct.error):
            raise _not_an_answer(data) from None


def _body(request: Request, dialect: Dialect, *, stream: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"model": request.model, "messages": chat_messages(request.messages)}
    for name in ("temperature", "top_p", "seed"):
        if (value := getattr(request, name)) is not None:
            body[name] = value
    if request.max_tokens is not None:
        body[dialect.max_tokens] = request.max_tokens
    if request.stop:
        body["stop"] = request.stop
    if request.tools:
        body["tools"] = [{"type": "function", "function": tool} for tool in request.tools]
    if stream:
        body["stream"] = True
        if dialect.stream_usage:
            body["stream_options"] = {"include_usage": True}
    return body


def decode_embeddings(body: bytes) -> tuple[list[list[float]], Usage]:
    """The vectors, in the order of the texts, and the tokens they cost. Raises as `decode` does."""
    data = _loads(body)
    try:
        items = sorted(data["data"], key=lambda item: item.get("index") or 0)
        return [_vector(item["embedding"]) for item in items], _usage(data.get("usage") or {})
    except (AttributeError, KeyError, TypeError, ValueError, struct.error):
        raise _not_an_answer(data) from None


def _vector(numbers: Any) -> list[float]:
    if isinstance(numbers, str):
        return _unpacked(numbers)
    if not isinstance(numbers, list) or not all(isinstance(number, (int, float)) for number in numbers):
        raise TypeError
    return numbers


def _unpacked(text: str) -> list[float]:
    """Base64 of 32-bit numbers, low byte first: what OpenAI sends for `encoding_format: base64`."""
    import base64  # only for this

    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def decode_models(body: bytes) -> list[dict[str, Any]]:
    """The models of a server as it describes them, each with at least an `id`."""
    data = _loads(body)
    items = data.get("data", data.get("models")) if isinstance(data, dict) else data
    if not isinstance(items, list):
        raise _not_an_answer(data)
    return [item for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]


class Decoder:
    """Turns the bytes of a stream into events.

    `Usage` and `Finished` come last, since servers send them in any order, repeatedly, or after one another.
    `done` is true once the server said that nothing more will come.
    """

    def __init__(self) -> None:
        self.done = False
        self._sse = sse.Decoder()
        self._reader = _Reader()

    def feed(self, piece: bytes) -> list[Event]:
        """The events in the next bytes. Raises `RefusedError` for an error event, `ProviderError` for nonsense."""
        return self._events(self._sse.feed(piece))

    def end(self) -> list[Event]:
        """The events left when the connection closed. Raises `ProviderError` when that was too early."""
        events = self._events(self._sse.end())
        if not self.done:
            if not self._reader.finished:
                raise ProviderError("the stream was cut off before the answer was finished", retryable=True)
            self.done = True
            events += self._reader.end()
        return events

    def _events(self, received: list[sse.ServerEvent]) -> list[Event]:
        events: list[Event] = []
        for name, data in received:
            if self.done:
                break
            if data == b"[DONE]":
                self.done = True
                events += self._reader.end()
            elif data:
                events += self._chunk(name, data)
        return events

    def _chunk(self, name: str, data: bytes) -> list[Event]:
        chunk = _loads(data)
        if not isinstance(chunk, dict) or name == "error":
            raise _not_an_answer(chunk)
        return _read(self._reader, chunk, "delta")


def _read(reader: _Reader, chunk: dict[str, Any], part: str) -> list[Event]:
    try:
        return reader.read(chunk, part)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise _not_an_answer(chunk) from None


class _Reader:
    """Reads chunks, which differ from a whole answer in nothing but `delta` for `message`."""

    def __init__(self) -> None:
        self.finished = False
        self._started = False
        self._refused = False
        self._raw_reason: str | None = None
        self._usage: Usage | None = None
        self._calls = ToolCallAssembler()

    def read(self, chunk: dict[str, Any], part: str) -> list[Event]:
        events: list[Event] = []
        if chunk.get("error") or "choices" not in chunk:
            _refuse(chunk)
        if not self._started:
            self._started = True
            events.append(Started(_name(chunk.get("id")), _name(chunk.get("model"))))
        choices = chunk.get("choices")
        choice = choices[0] if choices else {}
        if delta := choice.get(part):
            self._delta(delta, events)
        if reason := choice.get("finish_reason"):
            self.finished = True
            self._raw_reason = str(reason)
        if usage := chunk.get("usage") or choice.get("usage") or _groq_usage(chunk):
            self._usage = _usage(usage)
        return events

    def end(self) -> list[Event]:
        events: list[Event] = []
        if self._usage:
            events.append(self._usage)
        events.append(Finished(self._reason(), self._raw_reason))
        return events

    def _delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        if reasoning := delta.get("reasoning_content") or delta.get("reasoning"):
            events.append(ReasoningDelta(_text(reasoning)))
        if content := delta.get("content"):
            if type(content) is str:
                events.append(TextDelta(content if content.isascii() else _valid(content)))
            else:
                events += _parts(content)
        if refusal := delta.get("refusal"):
            self._refused = True
            events.append(TextDelta(_text(refusal)))
        if calls := delta.get("tool_calls"):
            events += self._calls.add(calls)

    def _reason(self) -> FinishReason:
        reason = _REASONS.get(self._raw_reason or "stop", "other")  # some servers only ever say that it is over
        if self._refused and reason == "stop":
            return "content_filter"
        if self._calls.seen and reason in ("stop", "other"):
            return "tool_calls"
        return reason


def chat_messages(messages: list[Message]) -> list[dict[str, Any]]:
    """The `messages` of a request; each answer of a tool is a message of its own."""
    return [encoded for message in messages for encoded in _encoded(message)]


def _encoded(message: Message) -> list[dict[str, Any]]:
    if results := message.tool_results:
        return [{"role": "tool", "content": result.text, "tool_call_id": result.id} for result in results]
    encoded: dict[str, Any] = {"role": message.role, "content": message.text}
    if calls := message.tool_calls:
        encoded["content"] = message.text or None
        encoded["tool_calls"] = [_call(call) for call in calls]
    return [encoded]


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def _parts(content: list[Any]) -> list[Event]:
    """Content as a list of parts, as Mistral's reasoning models send it."""
    events: list[Event] = []
    for part in content:
        kind = part.get("type")
        if kind == "text":
            events.append(TextDelta(_text(part["text"])))
        elif kind == "thinking":
            events.append(ReasoningDelta(_text(part["thinking"])))
    return events


def _text(value: str | list[Any]) -> str:
    """Text, or the joined text of parts."""
    return _valid(value if isinstance(value, str) else "".join(part["text"] for part in value))


def _valid(text: str) -> str:
    """Without lone surrogates: half an emoji that a server cut in two and then escaped."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _groq_usage(chunk: dict[str, Any]) -> dict[str, Any] | None:
    groq = chunk.get("x_groq")
    return groq.get("usage") if groq else None


def _usage(usage: dict[str, Any]) -> Usage:
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    return Usage(
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cached_tokens=_count(usage, "prompt_cache_hit_tokens") or _count(prompt, "cached_tokens"),
        reasoning_tokens=_count(completion, "reasoning_tokens"),
    )


def _count(usage: dict[str, Any], key: str) -> int | None:
    value = usage.get(key)
    return value if type(value) is int else None


def _refuse(chunk: dict[str, Any]) -> None:
    problem = from_json(chunk)
    if chunk.get("error") or problem.message or problem.code:
        raise RefusedError(problem)


def _not_an_answer(data: Any) -> Exception:
    problem = from_json(data)
    if problem.message or problem.code:
        return RefusedError(problem)
    return ProviderError("the server sent JSON that is not an answer of a model", hint=_CHECK_URL)


def _loads(body: bytes) -> Any:
    try:
        return _decode(body.decode())
    except (ValueError, RecursionError):
        return _loads_leniently(body)


def _loads_leniently(body: bytes) -> Any:
    if body.lstrip()[:1] == b"<":
        raise ProviderError("the server answered with a web page, not JSON", hint=_CHECK_URL)
    try:
        return _decode(body.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise ProviderError("the server's JSON is damaged or was cut off", retryable=True) from None


_CHECK_URL = "check base_url: it should end where /chat/completions begins, often in /v1"
_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _dumps(body: dict[str, Any]) -> bytes:
    return _encode(body).encode()
