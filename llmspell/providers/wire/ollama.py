"""Ollama's own format: chat over lines of JSON, embeddings, the list of models.

https://github.com/ollama/ollama/blob/main/docs/api.md. Tool calls come whole, their arguments as objects and, from
older servers, without an id, for which one is made up here.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from llmspell.providers.base import (
    EmbedKind,
    Event,
    Finished,
    FinishReason,
    LogProbs,
    ReasoningDelta,
    Request,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Media, Message, Reasoning, Text, ToolCall, ToolResult
from llmspell.providers.wire.bodies import count, dumps, laid_over, name, not_an_answer, unsupported, valid
from llmspell.providers.wire.format import Format, HttpRequest
from llmspell.providers.wire.media import base64_of, refuse
from llmspell.providers.wire.problem import Problem, RefusedError, from_json
from llmspell.providers.wire.streams import Decoder, Lines, Reader, guarded, load_object

_WIRE = "ollama"
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length"}
_THINK: dict[str, bool | str] = {"none": False, "minimal": "low"}
_KNOWN = ("message", "model", "done", "done_reason", "logprobs", "prompt_eval_count", "eval_count")


class Dialect(NamedTuple):
    """What servers that speak this format do differently."""

    levels: bool = True
    """Whether the model may be told how much to think; `false` says only whether."""


class Ollama(Format):
    """`/api/chat`, `/api/embed` and `/api/tags`."""

    name = _WIRE
    stream_type = "application/x-ndjson"

    def __init__(self, dialect: Dialect | None = None) -> None:
        self._dialect = dialect or Dialect()

    def auth(self, key: str) -> dict[str, str]:
        return {"authorization": f"Bearer {key}"}

    def chat(self, request: Request, *, stream: bool) -> HttpRequest:
        body = {"model": request.model, "messages": _messages(request.messages), "stream": stream}
        body |= _tools(request) | _options(request)
        if request.schema is not None:
            body["format"] = request.schema
        if request.reasoning is not None:
            body["think"] = self._think(request.reasoning)
        if request.logprobs is not None:
            body |= {"logprobs": True, "top_logprobs": request.logprobs}
        return HttpRequest("/api/chat", dumps(laid_over(body, request.extra)))

    def decode(self, body: bytes) -> list[Event]:
        data = load_object(body)
        reader = _Reader()
        events = guarded(reader.read, data)
        if not reader.done:
            raise not_an_answer(data)
        return events

    def decoder(self) -> Decoder:
        return Decoder(Lines(), _Reader())

    def models(self) -> HttpRequest:
        return HttpRequest("/api/tags", method="GET")

    def decode_models(self, body: bytes) -> list[dict[str, Any]]:
        return guarded(lambda data: [{**model, "id": model["name"]} for model in data["models"]], load_object(body))

    def embeddings(
        self,
        model: str,
        texts: list[str],
        *,
        dimensions: int | None = None,
        kind: EmbedKind | None = None,  # noqa: ARG002  # no difference here
    ) -> HttpRequest:
        options = {} if dimensions is None else {"dimensions": dimensions}
        return HttpRequest("/api/embed", dumps({"model": model, "input": texts, **options}))

    def decode_embeddings(self, body: bytes) -> tuple[list[list[float]], Usage]:
        data = load_object(body)
        return guarded(lambda data: [list(vector) for vector in data["embeddings"]], data), Usage(
            input_tokens=count(data, "prompt_eval_count")
        )

    def _think(self, reasoning: str | int) -> bool | str:
        if isinstance(reasoning, int):
            raise unsupported(_WIRE, "number of tokens for reasoning: say how much in a word")
        think = _THINK.get(reasoning, reasoning)
        return think if self._dialect.levels else bool(think)


def _options(request: Request) -> dict[str, Any]:
    options: dict[str, Any] = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
        "num_predict": request.max_tokens,
        "stop": request.stop or None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    return {"options": given} if given else {}


def _tools(request: Request) -> dict[str, Any]:
    if request.tool_choice not in (None, "auto", "none"):
        raise unsupported(_WIRE, f"tool_choice {request.tool_choice!r}")
    if request.parallel_tool_calls is False:
        raise unsupported(_WIRE, "parallel_tool_calls")
    if request.provider_tools:
        raise unsupported(_WIRE, "provider_tools")
    if not request.tools or request.tool_choice == "none":
        return {}
    return {"tools": [{"type": "function", "function": tool} for tool in request.tools]}


def _messages(messages: list[Message]) -> list[dict[str, Any]]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    encoded: list[dict[str, Any]] = []
    for message in messages:
        results = message.tool_results
        encoded += [_result(result, names) for result in results] or [_message(message)]
    return encoded


def _message(message: Message) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": message.role, "content": message.text}
    if images := [_image(part) for part in message.parts if isinstance(part, Media)]:
        encoded["images"] = images
    # Reasoning that another provider wants back is not for this one.
    thoughts = [part.text for part in message.parts if isinstance(part, Reasoning) and part.state is None]
    if thinking := "".join(thoughts):
        encoded["thinking"] = thinking
    if calls := message.tool_calls:
        encoded["tool_calls"] = [_call(call) for call in calls]
    return encoded


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _result(result: ToolResult, names: dict[str, str]) -> dict[str, Any]:
    encoded = {"role": "tool", "content": result.text, "tool_call_id": result.id}
    if tool := result.name or names.get(result.id):
        encoded["tool_name"] = tool
    images = [_image(part) for part in result.parts if not isinstance(part, Text)]
    return encoded | ({"images": images} if images else {})


def _image(media: Media) -> str:
    if media.kind != "image":
        raise unsupported(_WIRE, media.kind)
    refuse(media, _WIRE, "detail", "file_id")
    return base64_of(media, _WIRE)


class _Reader(Reader):
    """Reads lines, of which the whole answer is one that is done."""

    def __init__(self) -> None:
        self._started = False
        self._calls = 0
        self._last: dict[str, Any] = {}

    def read(self, chunk: dict[str, Any]) -> list[Event]:
        if "error" in chunk:
            raise RefusedError(_problem(chunk))
        events: list[Event] = []
        if not self._started:
            self._started = True
            events.append(Started(None, name(chunk.get("model"))))
        self._message(chunk["message"], str(chunk.get("created_at") or ""), events)
        if logprobs := chunk.get("logprobs"):
            events.append(LogProbs([_logprob(token) for token in logprobs]))
        if chunk.get("done"):
            self._last = chunk
            self.finished = True
            events += self.finish()
        return events

    def _message(self, message: dict[str, Any], created: str, events: list[Event]) -> None:
        if thinking := message.get("thinking"):
            events.append(ReasoningDelta(valid(thinking)))
        if content := message.get("content"):
            events.append(TextDelta(valid(content)))
        events += [self._call(call, created) for call in message.get("tool_calls") or ()]

    def _call(self, call: dict[str, Any], created: str) -> ToolCallDelta:
        function = call["function"]
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
        index, self._calls = self._calls, self._calls + 1
        # The time of the answer keeps the made-up ids of several answers apart.
        stamp = "".join(digit for digit in created if digit.isdigit())
        return ToolCallDelta(index, str(call.get("id") or f"call_{stamp}_{index}"), str(function["name"]), arguments)

    def end(self) -> list[Event]:
        raw_reason = str(self._last.get("done_reason") or "stop")
        reason = _REASONS.get(raw_reason, "other")
        if self._calls and reason == "stop":
            reason = "tool_calls"
        usage = Usage(
            input_tokens=count(self._last, "prompt_eval_count"), output_tokens=count(self._last, "eval_count")
        )
        raw = {key: value for key, value in self._last.items() if key not in _KNOWN}
        return [usage, Finished(reason, raw_reason, raw)]


def _logprob(token: dict[str, Any]) -> dict[str, Any]:
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in token.get("top_logprobs") or ()]
    return {"token": token["token"], "logprob": token["logprob"], "top": top}


def _problem(chunk: dict[str, Any]) -> Problem:
    """The problem of a line in the middle of a stream: the model's process failed, unless it says otherwise."""
    problem = from_json(chunk)
    return problem._replace(status=problem.status or count(chunk, "status_code") or 500)
