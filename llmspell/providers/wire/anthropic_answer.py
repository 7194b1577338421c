"""Answers of Anthropic's messages, whole and streamed.

https://docs.anthropic.com/en/docs/build-with-claude/streaming. A whole answer is read as if its blocks had come one
after the other in a stream.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Literal

from llmspell.errors import ProviderError
from llmspell.providers.base import (
    Event,
    Finished,
    FinishReason,
    PartAdded,
    ReasoningDelta,
    Started,
    StateDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Foreign, State
from llmspell.providers.wire import sse
from llmspell.providers.wire.anthropic_request import WIRE, Block
from llmspell.providers.wire.bodies import count, dumps, loads, name, not_an_answer, text, valid
from llmspell.providers.wire.problem import Problem, RefusedError, from_body, from_json

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_TOO_LONG = re.compile(r"prompt is too long|exceed context limit", re.IGNORECASE)
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens_details",
)
_READ_ELSEWHERE = frozenset({"type", "id", "model", "role", "content", "usage", "stop_reason"})
_OF_TEXT = ("type", "text")
_OF_THINKING = ("type", "thinking", "signature")
_OF_CALL = ("type", "id", "name", "input")
_UNSAID: tuple[Any, ...] = (None, [], {"type": "direct"})
"""What is as good as nothing; the last is who calls a tool when nobody else is named."""


def problem_of(body: bytes, status: int) -> Problem:
    """The problem in the body of a refusal."""
    return _named(from_body(body, status))


def _named(problem: Problem) -> Problem:
    """With codes for what the service says in words alone."""
    code = problem.code
    if problem.type == "not_found_error" and problem.message.startswith("model"):
        code = "model_not_found"
    elif _TOO_LONG.search(problem.message):
        code = "context_length_exceeded"
    return problem._replace(code=code)


def read_answer(data: Any) -> list[Event]:
    """The events of a whole answer."""
    if not isinstance(data, dict) or not isinstance(data.get("content"), list):
        raise _refused(data)
    reader = _Reader()
    try:
        events = reader.start(data)
        for block in data["content"]:
            events += reader.open(block)
            events += reader.close()
        return events + reader.finish(data)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise not_an_answer(data) from None


def _refused(data: Any) -> Exception:
    if isinstance(data, dict) and data.get("error"):
        return RefusedError(_named(from_json(data)))
    return not_an_answer(data)


class Decoder:
    """Turns the bytes of a stream into events. Nothing but `message_stop` ends it well."""

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
            raise ProviderError("the stream was cut off before the answer was finished", retryable=True)
        return events

    def _events(self, received: list[sse.ServerEvent]) -> list[Event]:
        events: list[Event] = []
        for event, data in received:
            if self.done:
                break
            if data:
                events += self._event(event, loads(data))
        return events

    def _event(self, event: str, data: Any) -> list[Event]:
        if not isinstance(data, dict):
            raise not_an_answer(data)
        kind = data.get("type") or event
        if kind == "error" or "error" in data:
            raise _refused(data)
        try:
            return self._read(kind, data)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise not_an_answer(data) from None

    def _read(self, kind: str, data: dict[str, Any]) -> list[Event]:
        match kind:
            case "content_block_delta":
                return self._reader.grow(data["delta"])
            case "content_block_start":
                return self._reader.close() + self._reader.open(data["content_block"])
            case "content_block_stop":
                return self._reader.close()
            case "message_start":
                return self._reader.start(data["message"])
            case "message_delta":
                self._reader.note(data)
                self._reader.note(data["delta"])
            case "message_stop":
                self.done = True
                return self._reader.close() + self._reader.finish({})
        return []  # pings, and what is yet to be invented


class _Reader:
    """Reads the blocks of an answer, which come one after the other, each opened, grown and closed."""

    def __init__(self) -> None:
        self._block: Block | None = None
        self._pieces: list[str] = []
        self._numbers: Counter[str] = Counter()
        self._number = 0
        self._usage: dict[str, Any] = {}
        self._reason: str | None = None
        self._raw: dict[str, Any] = {}

    def start(self, message: dict[str, Any]) -> list[Event]:
        self.note(message)
        return [Started(name(message.get("id")), name(message.get("model")))]

    def note(self, message: dict[str, Any]) -> None:
        """Take what stands beside the content: the reason, the usage, and what is only for those who ask."""
        self._reason = name(message.get("stop_reason")) or self._reason
        for key, value in (message.get("usage") or {}).items():
            if value or self._usage.get(key) is None:  # gateways know some counts only at one end of the stream
                self._usage[key] = value
        self._raw |= {
            key: value
            for key, value in message.items()
            if value is not None and key not in _READ_ELSEWHERE and key != "delta"
        }

    def finish(self, message: dict[str, Any]) -> list[Event]:
        self.note(message)
        if extra := {key: value for key, value in self._usage.items() if value is not None and key not in _COUNTS}:
            self._raw["usage"] = extra
        reason = _REASONS.get(self._reason or "", "other")
        return [_usage(self._usage), Finished(reason, self._reason, self._raw)]

    def open(self, block: Block) -> list[Event]:
        """The events of the beginning of a block, which in a whole answer is all of it."""
        self._block, self._pieces = dict(block), []
        kind = block["type"]
        counted = kind.removeprefix("redacted_")
        self._number = self._numbers[counted]
        self._numbers[counted] += 1
        if kind == "text":
            return self._text(block.get("text") or "")
        if kind == "thinking":
            return self._thinking(block.get("thinking") or "")
        if kind == "tool_use":
            return [ToolCallDelta(self._number, text(block["id"]), text(block["name"]))]
        return []

    def grow(self, delta: dict[str, Any]) -> list[Event]:
        match delta["type"]:
            case "text_delta":
                return self._text(delta["text"])
            case "thinking_delta":
                return self._thinking(delta["thinking"])
            case "input_json_delta":
                return self._input(delta["partial_json"] or "")
        if self._block is not None:
            _grow(self._block, delta)
        return []

    def close(self) -> list[Event]:
        """The events of the end of a block: what it has beside its text."""
        block, self._block = self._block, None
        if block is None:
            return []
        match block["type"]:
            case "text":
                return self._state("text", _kept(block, _OF_TEXT))
            case "thinking":
                signature = block.get("signature") or ""
                return self._state("reasoning", {"signature": signature, **_kept(block, _OF_THINKING)})
            case "redacted_thinking":
                return self._state("reasoning", block)
            case "tool_use":
                return self._called(block)
        if self._pieces:
            block["input"] = loads("".join(self._pieces).encode())
        return [PartAdded(Foreign(State(WIRE, block)))]

    def _text(self, text: str) -> list[Event]:
        return [TextDelta(valid(text), self._number)] if text else []

    def _thinking(self, text: str) -> list[Event]:
        return [ReasoningDelta(valid(text), self._number)] if text else []

    def _input(self, piece: str) -> list[Event]:
        if not piece or self._block is None:
            return []
        piece = valid(piece)
        self._pieces.append(piece)
        return [ToolCallDelta(self._number, arguments=piece)] if self._block["type"] == "tool_use" else []

    def _called(self, block: Block) -> list[Event]:
        events: list[Event] = []
        if block.get("input") and not self._pieces:
            events.append(ToolCallDelta(self._number, arguments=dumps(block["input"]).decode()))
        return events + self._state("tool_call", _kept(block, _OF_CALL))

    def _state(self, kind: Literal["text", "reasoning", "tool_call"], data: dict[str, Any]) -> list[Event]:
        return [StateDelta(kind, self._number, State(WIRE, data))] if data else []


def _kept(block: Block, known: tuple[str, ...]) -> dict[str, Any]:
    """What our parts have no field for, which may be new."""
    return {key: value for key, value in block.items() if key not in known and value not in _UNSAID}


def _grow(block: Block, delta: dict[str, Any]) -> None:
    """Add a piece of a kind that no other code knows; `citations_delta` brings one `citation` at a time."""
    for key, value in delta.items():
        if key == "citation":
            block["citations"] = [*(block.get("citations") or ()), value]
        elif key == "signature" or not isinstance(value, str):
            block[key] = value
        elif key != "type":
            block[key] = (block.get(key) or "") + value


def _usage(usage: dict[str, Any]) -> Usage:
    """Tokens from a cache, and those written to one, are beside the others here; we count them with the input."""
    cached, written = count(usage, "cache_read_input_tokens"), count(usage, "cache_creation_input_tokens")
    fresh = count(usage, "input_tokens")
    return Usage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
        output_tokens=count(usage, "output_tokens"),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count(usage.get("output_tokens_details") or {}, "thinking_tokens"),
    )
