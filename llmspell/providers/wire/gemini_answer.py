"""Answers of Gemini, whole and streamed: a chunk of a stream is a small answer.

A part that carries a thought signature stays a part of its own, since signatures are tied to their places:
https://ai.google.dev/gemini-api/docs/thought-signatures. Others of one kind that follow each other are one.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any, Literal

from llmspell.errors import ModelError, ProviderError
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
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Foreign, Media, MediaKind, State
from llmspell.providers.wire import sse
from llmspell.providers.wire.bodies import count, dumps, loads, name, not_an_answer, text, valid
from llmspell.providers.wire.gemini_request import NAMELESS, WIRE, Block
from llmspell.providers.wire.problem import Problem, RefusedError, from_body, from_json

_FILTERED = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "MODEL_ARMOR",
)
_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERED, "content_filter"),
}
_COUNTS = (
    "promptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
)
_READ_ELSEWHERE = frozenset(
    {"candidates", "usageMetadata", "modelVersion", "responseId", "content", "finishReason", "index", "logprobsResult"}
)
_OURS = frozenset({"text", "thought", "functionCall", "inlineData"})
_KINDS: tuple[MediaKind, ...] = ("image", "audio", "video")
_TOO_LONG = re.compile(r"input token count.{0,40}exceeds", re.IGNORECASE | re.DOTALL)
_AN_ERROR = re.compile(rb'\[?\s*\{\s*"error"')
_DELAY = re.compile(rb'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"')
_LONGEST_ERROR = 65_536


def problem_of(body: bytes, status: int) -> Problem:
    """The problem in the body of a refusal."""
    return _named(from_body(body, status), body)


def _named(problem: Problem, body: bytes = b"") -> Problem:
    """With codes for what the service says in words alone, and what stands in the details of the refusal's `body`."""
    if b"API_KEY_INVALID" in body:
        return problem._replace(status=401)
    if problem.type == "NOT_FOUND" and "models/" in problem.message:
        return problem._replace(code="model_not_found")
    if _TOO_LONG.search(problem.message):
        return problem._replace(code="context_length_exceeded")
    delay = _DELAY.search(body)
    return problem._replace(retry_after=float(delay[1])) if delay else problem


def read_answer(data: Any) -> list[Event]:
    """The events of a whole answer."""
    reader = _Reader()
    events = reader.read(data)
    if not reader.finished:
        raise not_an_answer(data)
    return events + reader.end()


class Decoder:
    """Turns the bytes of a stream into events. There is no end marker; a stream that gave no reason was cut off."""

    def __init__(self) -> None:
        self.done = False
        self._sse = sse.Decoder()
        self._reader = _Reader()
        self._rest = b""

    def feed(self, piece: bytes) -> list[Event]:
        """The events in the next bytes. Raises `RefusedError` for an error event, `ProviderError` for nonsense."""
        received = self._sse.feed(piece)
        self._rest = piece[-_LONGEST_ERROR:] if received else (self._rest + piece)[-_LONGEST_ERROR:]
        return self._events(received)

    def end(self) -> list[Event]:
        """The events left when the connection closed. Raises `ProviderError` when that was too early."""
        events = self._events(self._sse.end())
        if not self._reader.finished:
            raise self._cut()
        self.done = True
        return events + self._reader.end()

    def _events(self, received: list[sse.ServerEvent]) -> list[Event]:
        return [event for _, data in received if data for event in self._reader.read(loads(data))]

    def _cut(self) -> Exception:
        """Why a stream ended early: errors may come as plain JSON in the middle of it."""
        if found := _AN_ERROR.search(self._rest):
            body = self._rest[found.start() :].strip()
            problem = _named(from_body(body), body)
            if problem.message:
                return RefusedError(problem)
        return ProviderError("the stream was cut off before the answer was finished", retryable=True)


class _Reader:
    """Reads chunks, which hold some of the parts each."""

    def __init__(self) -> None:
        self.finished = False
        self._blocked = False
        self._started = False
        self._id = ""
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._raw: dict[str, Any] = {}
        self._numbers = {"text": -1, "reasoning": -1, "tool_call": -1}
        self._open: str | None = None

    def read(self, chunk: Any) -> list[Event]:
        if not isinstance(chunk, dict) or chunk.get("error"):
            raise self._refused(chunk)
        try:
            return self._chunk(chunk)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            raise not_an_answer(chunk) from None

    def _refused(self, chunk: Any) -> Exception:
        problem = _named(from_json(chunk))
        return RefusedError(problem) if problem.message or problem.code else not_an_answer(chunk)

    def _chunk(self, chunk: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        if not self._started:
            self._started = True
            self._id = name(chunk.get("responseId")) or ""
            events.append(Started(self._id or None, name(chunk.get("modelVersion"))))
        self._note(chunk)
        self._usage = dict(chunk.get("usageMetadata") or self._usage)
        for candidate in (chunk.get("candidates") or ())[:1]:
            self._note(candidate)
            for part in (candidate.get("content") or {}).get("parts") or ():
                events += self._part(part)
            events += _logprobs(candidate.get("logprobsResult"))
            self._end_with(candidate.get("finishReason"))
        if blocked := (chunk.get("promptFeedback") or {}).get("blockReason"):
            self._blocked = True
            self._end_with(blocked)
        return events

    def _note(self, fields: dict[str, Any]) -> None:
        self._raw |= {key: value for key, value in fields.items() if key not in _READ_ELSEWHERE}

    def _end_with(self, reason: Any) -> None:
        if reason:
            self.finished = True
            self._reason = str(reason)

    def end(self) -> list[Event]:
        if extra := {key: value for key, value in self._usage.items() if key not in _COUNTS}:
            self._raw["usageMetadata"] = extra
        reason = _REASONS.get(self._reason or "", "other")
        if self._blocked:
            reason = "content_filter"
        if reason in ("stop", "other") and self._numbers["tool_call"] >= 0:
            reason = "tool_calls"
        return [_usage(self._usage), Finished(reason, self._reason, self._raw)]

    def _part(self, part: Block) -> list[Event]:
        state = {key: value for key, value in part.items() if key not in _OURS and value is not None}
        if "text" in part:
            return self._text(part["text"], state, "reasoning" if part.get("thought") else "text")
        self._open = None
        if "functionCall" in part:
            return self._call(part["functionCall"], state)
        if "inlineData" in part and not part.get("thought"):
            return [PartAdded(_media(part["inlineData"], state))]
        return [PartAdded(Foreign(State(WIRE, part)))]

    def _text(self, text: str, state: dict[str, Any], kind: Literal["text", "reasoning"]) -> list[Event]:
        if not text and not state:
            return []
        if state or self._open != kind:
            self._numbers[kind] += 1
        self._open = None if state else kind
        number = self._numbers[kind]
        events: list[Event] = []
        if text:
            delta = TextDelta if kind == "text" else ReasoningDelta
            events.append(delta(valid(text), number))
        return events + _state(kind, number, state)

    def _call(self, call: Block, state: dict[str, Any]) -> list[Event]:
        if "partialArgs" in call or call.get("willContinue"):
            raise ModelError(
                "the gemini format has no streamed arguments", hint="leave streamFunctionCallArguments out"
            )
        self._numbers["tool_call"] += 1
        number = self._numbers["tool_call"]
        identifier = name(call.get("id"))
        if identifier is None:
            identifier = f"call_{self._id}_{number}"
            state[NAMELESS] = True
        delta = ToolCallDelta(number, identifier, text(call["name"]), dumps(call.get("args") or {}).decode())
        return [delta, *_state("tool_call", number, state)]


def _state(kind: Literal["text", "reasoning", "tool_call"], number: int, data: dict[str, Any]) -> list[Event]:
    return [StateDelta(kind, number, State(WIRE, data))] if data else []


def _media(blob: Block, state: dict[str, Any]) -> Media:
    mime = blob["mimeType"]
    kind: MediaKind = next((kind for kind in _KINDS if mime.startswith(kind)), "document")
    data = b64decode(blob["data"], altchars=b"-_") if _is_url_safe(blob["data"]) else b64decode(blob["data"])
    return Media(kind=kind, mime=mime, data=data, state=State(WIRE, state) if state else None)


def _is_url_safe(text: str) -> bool:
    return "-" in text or "_" in text


def _logprobs(result: Any) -> list[Event]:
    if not result:
        return []
    tops = result.get("topCandidates") or ()
    tokens = [
        {**_token(chosen), "top": [_token(top) for top in (tops[place].get("candidates") if place < len(tops) else ())]}
        for place, chosen in enumerate(result.get("chosenCandidates") or ())
    ]
    return [LogProbs(tokens)] if tokens else []


def _token(candidate: dict[str, Any]) -> dict[str, Any]:
    return {"token": candidate["token"], "logprob": candidate["logProbability"]}


def _usage(usage: dict[str, Any]) -> Usage:
    """Thoughts are beside the answer, results of the provider's tools beside the prompt; zeros are left out."""
    told = "totalTokenCount" in usage or "promptTokenCount" in usage
    return Usage(
        input_tokens=_sum(usage, "promptTokenCount", "toolUsePromptTokenCount") if told else None,
        output_tokens=_sum(usage, "candidatesTokenCount", "thoughtsTokenCount") if told else None,
        cached_tokens=count(usage, "cachedContentTokenCount"),
        reasoning_tokens=count(usage, "thoughtsTokenCount"),
    )


def _sum(usage: dict[str, Any], *keys: str) -> int:
    return sum(count(usage, key) or 0 for key in keys)
