"""From the JSON of chat completions to events: the same for chunks of a stream and for whole answers."""

from __future__ import annotations

from typing import Any

from llmspell.errors import ProviderError
from llmspell.providers.base import (
    Event,
    Finished,
    FinishReason,
    LogProbs,
    PartAdded,
    ReasoningDelta,
    Started,
    StateDelta,
    TextDelta,
)
from llmspell.providers.content import State
from llmspell.providers.wire import chat_usage
from llmspell.providers.wire.chat_json import not_an_answer, valid
from llmspell.providers.wire.chat_media import NAME, Recording, picture
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
_PLAIN_DELTA = frozenset({"role", "content", "reasoning", "reasoning_content", "refusal", "tool_calls"})
_PLAIN_CHUNK = frozenset({"id", "object", "created", "model", "choices", "usage", "error", "obfuscation", "p"})
_PLAIN_CHOICE = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "usage"})
_NOTHING: tuple[Any, ...] = (None, [], {}, "")
_WRONG_SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Reader:
    """Reads chunks, which differ from a whole answer in nothing but `delta` for `message`.

    `finished` is true once the server gave a reason for its end. `output_in_total` is the dialect's; a `whole`
    answer comes in one piece.
    """

    def __init__(self, *, output_in_total: bool = False, whole: bool = False) -> None:
        self.finished = False
        self._part = "message" if whole else "delta"
        self._output_in_total = output_in_total
        self._refused = False
        self._raw_reason: str | None = None
        self._usage: dict[str, Any] | None = None
        self._calls = ToolCallAssembler()
        self._details: list[dict[str, Any]] = []
        self._recording: Recording | None = None
        self._size = 0
        self._chose = False
        self._last: dict[str, Any] = {}
        self._kept: dict[str, Any] = {}
        self._raw: dict[str, Any] = {}

    def read(self, chunk: Any) -> list[Event]:
        """The events of a chunk. Raises `RefusedError` for an error in it, `ProviderError` for nonsense."""
        try:
            return self._read(chunk)
        except _WRONG_SHAPE:
            raise not_an_answer(chunk) from None

    def end(self) -> list[Event]:
        """The events that come last, since servers send what they hold in any order, repeatedly, or not at all."""
        if not self._chose:
            raise ProviderError("the server said that the answer was over, and had sent none", retryable=True)
        try:
            return self._end()
        except _WRONG_SHAPE:
            raise not_an_answer(self._last) from None

    def _read(self, chunk: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        if chunk.get("error") or "choices" not in chunk:
            _refuse(chunk)
        if len(chunk) != self._size:
            self._begin(chunk, events)
        self._last = chunk
        choices = chunk.get("choices")
        if choices:
            choice, self._chose = choices[0], True
        else:
            choice = {}
        if delta := choice.get(self._part):
            self._delta(delta, events)
        if logprobs := choice.get("logprobs"):
            _add_logprobs(logprobs, events)
        if reason := choice.get("finish_reason"):
            self.finished = True
            self._raw_reason = str(reason)
            self._keep_fields_of(chunk)
        if usage := chunk.get("usage") or choice.get("usage"):
            self._usage = usage
        return events

    def _begin(self, chunk: dict[str, Any], events: list[Event]) -> None:
        """The first chunk, and those that have more or fewer fields than the one before.

        Azure's first one is about the prompt: it has neither an id nor anything of the answer.
        """
        self._keep_fields_of(chunk)
        if not self._size:
            if not chunk.get("id") and not chunk.get("choices"):
                return
            events.append(Started(_name(chunk.get("id")), _name(chunk.get("model"))))
        self._size = len(chunk)

    def _delta(self, delta: dict[str, Any], events: list[Event]) -> None:
        content = delta.get("content")
        if type(content) is str and content and len(delta) == 1 + ("role" in delta):  # most chunks of most streams
            events.append(TextDelta(content if content.isascii() else valid(content)))
            return
        if reasoning := delta.get("reasoning_content") or delta.get("reasoning"):
            events.append(ReasoningDelta(_text(reasoning)))
        is_plain = _PLAIN_DELTA.issuperset(delta)
        if not is_plain and (details := delta.get("reasoning_details")):
            self._add_details(details, events, spoken=bool(reasoning))
        if content:
            if type(content) is str:
                events.append(TextDelta(content if content.isascii() else valid(content)))
            else:
                self._parts(content, events)
        if not is_plain:
            self._rare_fields(delta, events)
        if refusal := delta.get("refusal"):
            self._refused = True
            events.append(TextDelta(_text(refusal)))
        if calls := delta.get("tool_calls"):
            events += self._calls.add(calls)

    def _parts(self, content: list[Any], events: list[Event]) -> None:
        """Content as a list of parts, as Mistral's reasoning models send it."""
        for part in content:
            kind = part.get("type")
            if kind == "text":
                events.append(TextDelta(_text(part["text"])))
            elif kind == "thinking":
                events.append(ReasoningDelta(_text(part["thinking"])))
            elif kind == "image_url":
                events.append(PartAdded(picture(part)))
            else:
                self._keep("parts", [part])

    def _rare_fields(self, delta: dict[str, Any], events: list[Event]) -> None:
        for key, value in delta.items():
            if key in _PLAIN_DELTA or key == "reasoning_details" or value in _NOTHING:
                continue
            if key == "images":
                events += [PartAdded(picture(item)) for item in value]
            elif key == "audio":
                self._listen(value, events)
            elif key == "extra_content":  # Gemini's signature of a text
                events.append(StateDelta("text", 0, State(NAME, {"extra_content": value})))
            elif key == "function_call":
                events += self._calls.add({"index": 0, "function": value})
            else:
                self._keep(key, value)

    def _listen(self, piece: dict[str, Any], events: list[Event]) -> None:
        self._recording = self._recording or Recording()
        if text := self._recording.add(piece):
            events.append(TextDelta(valid(text)))

    def _add_details(self, details: list[dict[str, Any]], events: list[Event], *, spoken: bool) -> None:
        """OpenRouter's thoughts, with what must come back; a stream brings each entry in pieces of one `index`."""
        if not spoken:
            text = "".join(detail.get("text") or detail.get("summary") or "" for detail in details)
            events.append(ReasoningDelta(valid(text)) if text else _placeholder())
        for detail in details:
            if self._part == "delta" and self._details and _continues(self._details[-1], detail):
                _grow(self._details[-1], detail)
            else:
                self._details.append(dict(detail))

    def _end(self) -> list[Event]:
        events: list[Event] = []
        self._keep_fields_of(self._last)
        if self._details:
            events.append(StateDelta("reasoning", 0, State(NAME, {"reasoning_details": self._details})))
        if self._recording and (media := self._recording.media()):
            events.append(PartAdded(media))
        if usage := self._usage:
            events.append(chat_usage.read(usage, output_in_total=self._output_in_total))
            if not chat_usage.PLAIN.issuperset(usage):
                self._raw["usage"] = usage
        events.append(Finished(self._reason(), self._raw_reason, self._raw))
        return events

    def _keep_fields_of(self, chunk: dict[str, Any]) -> None:
        """Keep what we have no word for. Not done with every chunk, for which there is no time: they are alike."""
        if chunk is self._kept:
            return
        self._kept = chunk
        if not _PLAIN_CHUNK.issuperset(chunk):
            self._raw |= _others(chunk, _PLAIN_CHUNK)
            groq = chunk.get("x_groq")
            if groq and "usage" in groq:
                self._usage = groq["usage"]
        choices = chunk.get("choices")
        if choices and not _PLAIN_CHOICE.issuperset(choices[0]):
            self._raw |= _others(choices[0], _PLAIN_CHOICE)

    def _keep(self, key: str, value: Any) -> None:
        known = self._raw.get(key)
        self._raw[key] = [*known, *value] if isinstance(known, list) and isinstance(value, list) else value

    def _reason(self) -> FinishReason:
        reason = _REASONS.get(self._raw_reason or "stop", "other")  # some servers only ever say that it is over
        if self._refused and reason == "stop":
            return "content_filter"
        if self._calls.seen and reason in ("stop", "other"):
            return "tool_calls"
        return reason


def _others(table: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in known and value not in _NOTHING}


def _add_logprobs(logprobs: dict[str, Any], events: list[Event]) -> None:
    tokens = [_logprob(token) for token in logprobs.get("content") or ()]
    if tokens:
        events.append(LogProbs(tokens))


def _logprob(token: dict[str, Any]) -> dict[str, Any]:
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in token.get("top_logprobs") or ()]
    return {"token": token["token"], "logprob": token["logprob"], "top": top}


def _placeholder() -> StateDelta:
    """Holds the place of thoughts that have no text."""
    return StateDelta("reasoning", 0, State(NAME, {"reasoning_details": []}))


def _continues(detail: dict[str, Any], more: dict[str, Any]) -> bool:
    same = all(detail.get(key) == more.get(key) for key in ("index", "type"))
    return same and more.get("index") is not None and more.get("id") in (None, detail.get("id"))


def _grow(detail: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if key in ("text", "summary", "data") and isinstance(value, str) and isinstance(detail.get(key), str):
            detail[key] += value
        elif value is not None:
            detail[key] = value


def _text(value: str | list[Any]) -> str:
    """Text, or the joined text of parts."""
    return valid(value if isinstance(value, str) else "".join(part["text"] for part in value))


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _refuse(chunk: dict[str, Any]) -> None:
    problem = from_json(chunk)
    if chunk.get("error") or problem.message or problem.code:
        raise RefusedError(problem)
