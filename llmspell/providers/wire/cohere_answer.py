"""The answers of Cohere's chat, whole and as a stream."""

from __future__ import annotations

import json
from typing import Any, Literal

from llmspell.providers.base import (
    Event,
    Finished,
    FinishReason,
    LogProbs,
    ReasoningDelta,
    Started,
    StateDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import State
from llmspell.providers.wire.bodies import count, name, not_an_answer, valid
from llmspell.providers.wire.problem import Problem, RefusedError, from_json
from llmspell.providers.wire.streams import Reader

WIRE = "cohere-v2"
_REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
_FAILURES = {"ERROR": 500, "TIMEOUT": 504, "ERROR_LIMIT": 429}


class AnswerReader(Reader):
    """Reads the events of a stream, or a whole answer as if its parts were events."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Any], int] = {}
        self._citations: list[Any] = []
        self._end: dict[str, Any] = {}

    def whole(self, data: dict[str, Any]) -> list[Event]:
        """The events of a whole answer."""
        if "finish_reason" not in data:
            raise not_an_answer(data)
        message = data.get("message") or {}
        events: list[Event] = [Started(name(data.get("id")))]
        if plan := message.get("tool_plan"):
            events += self._plan(plan)
        for index, content in enumerate(message.get("content") or ()):
            events += self._content(content, index)
        for index, call in enumerate(message.get("tool_calls") or ()):
            events += self._call(call, index)
        self._citations += message.get("citations") or ()
        for logprobs in data.get("logprobs") or ():
            events.append(_logprobs(logprobs))
        self._close({**data, "message": None, "id": None})
        return events + self.finish()

    def read(self, chunk: dict[str, Any]) -> list[Event]:
        kind = chunk.get("type")
        delta = chunk.get("delta") or {}
        message = delta.get("message") or {}
        events: list[Event] = []
        match kind:
            case "message-start":
                events.append(Started(name(chunk.get("id"))))
            case "content-start" | "content-delta":
                events += self._content(message.get("content") or {}, chunk.get("index"))
            case "tool-plan-delta":
                events += self._plan(message.get("tool_plan") or "")
            case "tool-call-start" | "tool-call-delta":
                events += self._call(message.get("tool_calls") or {}, chunk.get("index"))
            case "citation-start":
                self._citations.append(message.get("citations"))
            case "message-end":
                self._close(delta)
                events += self.finish()
            case None:
                raise not_an_answer(chunk)
        if logprobs := chunk.get("logprobs"):
            events.append(_logprobs(logprobs))
        return events

    def end(self) -> list[Event]:
        raw_reason = str(self._end["finish_reason"])
        usage = self._end.get("usage") or {}
        raw = {key: value for key, value in self._end.items() if key not in ("finish_reason", "logprobs") and value}
        if self._citations:
            raw["citations"] = self._citations
        return [_usage(usage), Finished(_REASONS.get(raw_reason, "other"), raw_reason, raw)]

    def _close(self, delta: dict[str, Any]) -> None:
        reason = str(delta["finish_reason"])
        if reason in _FAILURES:
            problem = from_json({"message": delta.get("error") or f"the answer ended with {reason}"})
            raise RefusedError(Problem(problem.message, reason, status=_FAILURES[reason]))
        self._end = delta
        self.finished = True

    def _content(self, content: dict[str, Any], index: Any) -> list[Event]:
        if thinking := content.get("thinking"):
            return self._reasoning(thinking, "thinking", index)
        if text := content.get("text"):
            return [TextDelta(valid(text), self._number("text", index))]
        return []

    def _plan(self, text: str) -> list[Event]:
        return self._reasoning(text, "tool_plan", None) if text else []

    def _reasoning(self, text: str, kind: Literal["thinking", "tool_plan"], index: Any) -> list[Event]:
        new = ("reasoning", (kind, index)) not in self._numbers
        number = self._number("reasoning", (kind, index))
        events: list[Event] = [ReasoningDelta(valid(text), number)]
        if new:
            events.append(StateDelta("reasoning", number, State(WIRE, {"type": kind})))
        return events

    def _call(self, call: dict[str, Any], index: Any) -> list[Event]:
        function = call.get("function") or {}
        arguments = function.get("arguments") or ""
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        number = self._number("tool_call", index)
        return [ToolCallDelta(number, str(call.get("id") or ""), str(function.get("name") or ""), arguments)]

    def _number(self, kind: str, key: Any) -> int:
        """Numbers the parts of a kind from 0, whatever numbers the service gives them among all parts."""
        found = self._numbers.get((kind, key))
        if found is None:
            found = self._numbers[kind, key] = sum(1 for known, _ in self._numbers if known == kind)
        return found


def _usage(usage: dict[str, Any]) -> Usage:
    tokens = usage.get("tokens") or usage.get("billed_units") or {}
    return Usage(
        input_tokens=_whole(tokens.get("input_tokens")),
        output_tokens=_whole(tokens.get("output_tokens")),
        cached_tokens=count(usage, "cached_tokens"),
        reasoning_tokens=count(tokens, "reasoning_tokens"),
    )


def _whole(value: Any) -> int | None:
    """Their numbers of tokens are sometimes written with a decimal point."""
    return int(value) if type(value) in (int, float) else None


def _logprobs(logprobs: dict[str, Any]) -> LogProbs:
    """One entry for each piece of text, which may be several tokens: then the product of their probabilities."""
    return LogProbs([{"token": logprobs.get("text") or "", "logprob": sum(logprobs.get("logprobs") or ()), "top": []}])
