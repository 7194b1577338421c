"""The answers of Converse and ConverseStream."""

from __future__ import annotations

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
from llmspell.providers.content import Foreign, Media, State
from llmspell.providers.wire.bedrock_messages import WIRE
from llmspell.providers.wire.bodies import count, dumps, loads, not_an_answer, valid
from llmspell.providers.wire.media import from_base64, to_base64
from llmspell.providers.wire.problem import Problem, RefusedError
from llmspell.providers.wire.streams import Reader

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_MALFORMED = ("malformed_model_output", "malformed_tool_use")
_STATUSES = {
    "validationException": 400,
    "accessDeniedException": 403,
    "modelTimeoutException": 408,
    "throttlingException": 429,
    "internalServerException": 500,
    "modelStreamErrorException": 500,
    "serviceUnavailableException": 503,
    "modelNotReadyException": 503,
}
_SERVER_TOOL = "server_tool_use"
_TOOL = "tool_use"
"""What a call is when it does not say."""


class AnswerReader(Reader):
    """Reads the events of a stream, or a whole answer as if its blocks were events."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._open: dict[int, dict[str, Any]] = {}
        self._reason: str | None = None
        self._raw: dict[str, Any] = {}

    def whole(self, data: dict[str, Any]) -> list[Event]:
        """The events of a whole answer."""
        if "stopReason" not in data:
            raise not_an_answer(data)
        message = (data.get("output") or {}).get("message") or {}
        events: list[Event] = [Started()]
        for index, block in enumerate(message.get("content") or ()):
            events += self._block(index, block)
        self._close(data)
        self._note(data)
        return events + self.finish()

    def read(self, chunk: dict[str, Any]) -> list[Event]:
        kind, name, data = chunk["kind"], chunk["name"], chunk["data"]
        if kind != "event":
            raise RefusedError(_problem(name, data))
        index = data.get("contentBlockIndex", 0)
        match name:
            case "messageStart":
                return [Started()]
            case "contentBlockStart":
                return self._begin(index, data.get("start") or {})
            case "contentBlockDelta":
                return self._delta(index, data["delta"])
            case "contentBlockStop":
                return self._stop(index)
            case "messageStop":
                self._close(data)
            case "metadata":
                self._note(data)
                return self.finish() if self.finished else []
        return []

    def end(self) -> list[Event]:
        raw_reason = str(self._reason)
        usage = _usage(self._raw.get("usage") or {})
        return [usage, Finished(_REASONS.get(raw_reason, "other"), raw_reason, self._raw)]

    def _close(self, data: dict[str, Any]) -> None:
        self._reason = str(data["stopReason"])
        if self._reason in _MALFORMED:
            raise ProviderError(f"the model's output could not be read ({self._reason})", retryable=True)
        self.finished = True
        self._note(data)

    def _note(self, data: dict[str, Any]) -> None:
        """Keeps what nothing else stands for; `p` is padding against eavesdroppers who count bytes."""
        known = ("output", "stopReason", "p")
        self._raw |= {key: value for key, value in data.items() if key not in known and value is not None}

    def _block(self, index: int, block: dict[str, Any]) -> list[Event]:
        if (text := block.get("text")) is not None:
            return [TextDelta(valid(text), self._number("text", index))] if text else []
        if reasoning := block.get("reasoningContent"):
            return self._reasoning(index, reasoning.get("reasoningText") or reasoning)
        if cited := block.get("citationsContent"):
            return self._cited(index, cited)
        if (tool := block.get("toolUse")) and tool.get("type") != _SERVER_TOOL:
            arguments = dumps(tool.get("input") or {}).decode()
            return self._call(index, tool, arguments)
        if image := block.get("image"):
            return _image(image)
        return [PartAdded(Foreign(State(WIRE, block)))]

    def _begin(self, index: int, start: dict[str, Any]) -> list[Event]:
        tool = start.get("toolUse")
        if tool and tool.get("type") != _SERVER_TOOL:
            return self._call(index, tool, "")
        if start:
            self._open[index] = {key: {**value} for key, value in start.items()}
        return []

    def _delta(self, index: int, delta: dict[str, Any]) -> list[Event]:
        if (text := delta.get("text")) is not None:
            return [TextDelta(valid(text), self._number("text", index))] if text else []
        if tool := delta.get("toolUse"):
            return self._input(index, valid(tool.get("input") or ""))
        if reasoning := delta.get("reasoningContent"):
            return self._reasoning(index, reasoning)
        if citation := delta.get("citation"):
            self._open.setdefault(index, {}).setdefault("citations", []).append(citation)
        elif result := delta.get("toolResult"):
            self._open[index]["toolResult"].setdefault("content", []).extend(result)
        elif image := delta.get("image"):
            _grow_image(self._open[index]["image"], image)
        return []

    def _stop(self, index: int) -> list[Event]:
        block = self._open.pop(index, None)
        if block is None:
            return []
        if citations := block.get("citations"):
            return [self._state("text", index, {"citations": citations})]
        if image := block.get("image"):
            return _image(image)
        if tool := block.get("toolUse"):
            tool["input"] = _parsed(tool.get("input", ""))
        return [PartAdded(Foreign(State(WIRE, block)))]

    def _call(self, index: int, tool: dict[str, Any], arguments: str) -> list[Event]:
        number = self._number("tool_call", index)
        events: list[Event] = [ToolCallDelta(number, str(tool["toolUseId"]), str(tool["name"]), arguments)]
        if (kind := tool.get("type")) and kind != _TOOL:
            events.append(self._state("tool_call", index, {"type": kind}))
        return events

    def _input(self, index: int, text: str) -> list[Event]:
        if index in self._open:
            tool = self._open[index]["toolUse"]
            tool["input"] = tool.get("input", "") + text
            return []
        return [ToolCallDelta(self._number("tool_call", index), arguments=text)]

    def _reasoning(self, index: int, reasoning: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        if text := reasoning.get("text"):
            events.append(ReasoningDelta(valid(text), self._number("reasoning", index)))
        if signature := reasoning.get("signature"):
            events.append(self._state("reasoning", index, {"signature": signature}))
        if redacted := reasoning.get("redactedContent"):
            events.append(self._state("reasoning", index, {"redactedContent": redacted}))
        return events

    def _cited(self, index: int, cited: dict[str, Any]) -> list[Event]:
        text = "".join(piece.get("text") or "" for piece in cited.get("content") or ())
        state = self._state("text", index, {"citations": cited.get("citations") or []})
        return [TextDelta(valid(text), self._number("text", index)), state]

    def _state(self, kind: Literal["text", "reasoning", "tool_call"], index: int, data: dict[str, Any]) -> StateDelta:
        return StateDelta(kind, self._number(kind, index), State(WIRE, data))

    def _number(self, kind: str, index: int) -> int:
        """Numbers the parts of a kind from 0; the service numbers all blocks together."""
        known = self._numbers.setdefault(kind, [])
        if index not in known:
            known.append(index)
        return known.index(index)


def _image(image: dict[str, Any]) -> list[Event]:
    data = from_base64(image["source"]["bytes"])
    return [PartAdded(Media(kind="image", mime=f"image/{image['format']}", data=data))]


def _grow_image(image: dict[str, Any], delta: dict[str, Any]) -> None:
    """Pieces of base64, each of whole bytes."""
    if error := delta.get("error"):
        raise ProviderError(f"the model's picture could not be made: {error.get('message', '')}")
    source = image.setdefault("source", {"bytes": ""})
    joined = from_base64(source["bytes"]) + from_base64(delta["source"]["bytes"])
    source["bytes"] = to_base64(joined)


def _parsed(text: str) -> Any:
    try:
        return loads(text.encode()) if text.strip() else {}
    except ProviderError:
        raise ProviderError(f"the model called a tool with arguments that are not JSON: {text[:80]!r}") from None


def _usage(usage: dict[str, Any]) -> Usage:
    """Their input tokens do not contain those of the cache; ours do."""
    fresh = count(usage, "inputTokens")
    read, written = count(usage, "cacheReadInputTokens"), count(usage, "cacheWriteInputTokens")
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=count(usage, "outputTokens"),
        cached_tokens=read,
        cache_write_tokens=written,
    )


def _problem(name: str, data: dict[str, Any]) -> Problem:
    message = str(data.get("originalMessage") or data.get("message") or "the stream broke off with an error")
    known = {key.lower(): status for key, status in _STATUSES.items()}
    return Problem(message, name, status=known.get(name.lower(), 500))
