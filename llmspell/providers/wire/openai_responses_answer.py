"""The answers of Responses, whole and as a stream.

Items are told apart by `output_index`, since some services give an item another id in every event, and by their ids
where a server leaves it out. What `done` says of an item counts where no pieces of it came, as do the items of the
last event that were never announced.
"""

from __future__ import annotations

import re
from typing import Any, Literal

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
    ToolCallDelta,
    Usage,
)
from llmspell.providers.content import Foreign, Media, State
from llmspell.providers.wire.bodies import count, name, not_an_answer, valid
from llmspell.providers.wire.media import from_base64
from llmspell.providers.wire.openai_responses_items import WIRE
from llmspell.providers.wire.problem import Problem, RefusedError, from_json
from llmspell.providers.wire.streams import Reader

_CUT: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}
_ECHOED = ("id", "model", "object", "output", "output_text", "instructions", "tools", "error")
_TICKS = 1e10
"""xAI counts money in parts of a dollar as small as this."""
_TOO_SHORT = re.compile(r"call_\d{1,4}")


class AnswerReader(Reader):
    """Reads the events of a stream, or a whole answer as if its items were done one after another."""

    def __init__(self) -> None:
        self._id = ""
        self._started = False
        self._refused = False
        self._numbers: dict[str, list[Any]] = {}
        self._ids: list[str] = []
        self._pieces: set[Any] = set()
        self._done_items: set[int] = set()
        self._last: dict[str, Any] = {}

    def whole(self, data: dict[str, Any]) -> list[Event]:
        """The events of a whole answer. Raises `ProviderError` for one that is not ready."""
        if not isinstance(data.get("output"), list):
            raise not_an_answer(data)
        if data.get("status") in ("queued", "in_progress"):
            raise ProviderError("the answer is not ready: it was asked for in the background")
        return self._start(data) + self._close(data, {})

    def read(self, chunk: dict[str, Any]) -> list[Event]:
        kind = chunk.get("type")
        if not isinstance(kind, str) or kind == "error":
            raise RefusedError(_problem(chunk)) if kind else not_an_answer(chunk)
        kind = kind.removeprefix("response.")
        if kind in ("created", "queued", "in_progress"):
            return self._start(chunk["response"])
        if kind in ("completed", "incomplete", "failed", "cancelled"):
            return self._start(chunk["response"]) + self._close(chunk["response"], chunk)
        if kind == "output_item.added":
            return self._added(self._index(chunk), chunk["item"])
        if kind == "output_item.done":
            return self._item(self._index(chunk), chunk["item"])
        return self._piece(kind, chunk)

    def end(self) -> list[Event]:
        reason, raw_reason = self._reason()
        raw = {key: value for key, value in self._last.items() if key not in _ECHOED and value not in (None, {}, [])}
        return [_usage(self._last.get("usage") or {}), Finished(reason, raw_reason, raw)]

    def _start(self, response: dict[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        self._id = str(response.get("id") or "")
        return [Started(name(response.get("id")), name(response.get("model")))]

    def _close(self, response: dict[str, Any], chunk: dict[str, Any]) -> list[Event]:
        if response.get("error") or response.get("status") in ("failed", "cancelled"):
            raise RefusedError(_problem(response))
        events: list[Event] = []
        for place, item in enumerate(response.get("output") or ()):
            index = self._ids.index(item["id"]) if item.get("id") in self._ids else place
            if index not in self._done_items or item.get("type") == "reasoning":
                events += self._item(index, item)
        # Beside the answer, some services tell what it cost.
        beside = {key: value for key, value in chunk.items() if key not in ("type", "response", "sequence_number")}
        self._last = beside | response
        self.finished = True
        return events + self.finish()

    def _reason(self) -> tuple[FinishReason, str]:
        if self._last.get("status") == "incomplete":
            why = str((self._last.get("incomplete_details") or {}).get("reason") or "incomplete")
            return _CUT.get(why, "other"), why
        raw_reason = str(self._last.get("status") or "completed")
        if self._refused:
            return "content_filter", raw_reason
        return ("tool_calls" if self._numbers.get("tool_call") else "stop"), raw_reason

    def _piece(self, kind: str, chunk: dict[str, Any]) -> list[Event]:
        """A piece of an item; what only says that something began or ended is passed over."""
        match kind:
            case "output_text.delta":
                return self._text(self._index(chunk), chunk.get("content_index", 0), chunk)
            case "refusal.delta":
                self._refused = True
                return self._text(self._index(chunk), chunk.get("content_index", 0), chunk)
            case "reasoning_summary_text.delta":
                return self._thought(self._index(chunk), ("s", chunk.get("summary_index", 0)), chunk["delta"])
            case "reasoning_text.delta":
                return self._thought(self._index(chunk), ("c", chunk.get("content_index", 0)), chunk["delta"])
            case "function_call_arguments.delta":
                index = self._index(chunk)
                self._pieces.add(index)
                number = self._number("tool_call", index)
                return [ToolCallDelta(number, arguments=valid(chunk["delta"]))] if chunk["delta"] else []
        return []

    def _index(self, chunk: dict[str, Any]) -> int:
        """Which item of the answer an event is about."""
        index = chunk.get("output_index")
        if index is not None:
            return int(index)
        item_id = chunk["item"]["id"] if "item" in chunk else chunk["item_id"]
        if item_id not in self._ids:
            self._ids.append(item_id)
        return self._ids.index(item_id)

    def _text(self, index: int, part: int, told: dict[str, Any]) -> list[Event]:
        key = (index, part)
        self._pieces.add(key)
        events: list[Event] = []
        if text := told["delta"]:
            events.append(TextDelta(valid(text), self._number("text", key)))
        return events + _logprobs(told.get("logprobs"))

    def _thought(self, index: int, part: tuple[str, int], text: str) -> list[Event]:
        """Paragraphs of a summary come one by one; between them belongs an empty line."""
        key = (index, *part)
        later = key not in self._pieces and any(isinstance(k, tuple) and k[0] == index for k in self._pieces)
        self._pieces.add(key)
        number = self._number("reasoning", index)
        return [ReasoningDelta(("\n\n" if later else "") + valid(text), number)] if text else []

    def _added(self, index: int, item: dict[str, Any]) -> list[Event]:
        if item["type"] != "function_call":
            return []
        number = self._number("tool_call", index)
        return [ToolCallDelta(number, self._call_id(item), str(item["name"]))]

    def _item(self, index: int, item: dict[str, Any]) -> list[Event]:
        """All that is known of an item in the end, except for what came in pieces."""
        self._done_items.add(index)
        match item["type"]:
            case "message":
                return self._message(index, item)
            case "reasoning":
                return self._reasoning(index, item)
            case "function_call":
                return self._call(index, item)
            case "image_generation_call" if item.get("result"):
                return [PartAdded(_image(item))]
        return [PartAdded(Foreign(State(WIRE, item)))]

    def _message(self, index: int, item: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        kept = {key: item[key] for key in ("id", "status", "phase") if item.get(key)}
        for part, content in enumerate(item.get("content") or ()):
            refusal = content.get("type") == "refusal"
            self._refused = self._refused or refusal
            text = content["refusal" if refusal else "text"]
            if (index, part) not in self._pieces:
                events += self._text(index, part, {"delta": text, "logprobs": content.get("logprobs")})
            data = {"item": kept, "refusal": refusal, "annotations": content.get("annotations")}
            told = {key: value for key, value in data.items() if value}
            if text and told:
                events.append(self._state("text", (index, part), told))
        return events

    def _reasoning(self, index: int, item: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        texts = [(("s", i), part) for i, part in enumerate(item.get("summary") or ())]
        texts += [(("c", i), part) for i, part in enumerate(item.get("content") or ())]
        for key, part in texts:
            if (index, *key) not in self._pieces:
                events += self._thought(index, key, part.get("text") or "")
        data = {key: value for key, value in item.items() if value is not None and (key, value) != ("content", [])}
        return [*events, self._state("reasoning", index, data)]

    def _call(self, index: int, item: dict[str, Any]) -> list[Event]:
        number = self._number("tool_call", index)
        arguments = "" if index in self._pieces else item.get("arguments") or ""
        delta = ToolCallDelta(number, self._call_id(item), str(item["name"]), valid(arguments))
        known = ("type", "call_id", "name", "arguments")
        kept = {key: value for key, value in item.items() if key not in known and value is not None}
        return [delta, self._state("tool_call", index, kept)] if kept else [delta]

    def _call_id(self, item: dict[str, Any]) -> str:
        """Some services number the calls of each answer anew, and then want to tell those of several apart."""
        call_id = str(item["call_id"])
        return f"{self._id}:{call_id}" if self._id and _TOO_SHORT.fullmatch(call_id) else call_id

    def _state(self, kind: Literal["text", "reasoning", "tool_call"], key: Any, data: dict[str, Any]) -> StateDelta:
        return StateDelta(kind, self._number(kind, key), State(WIRE, data))

    def _number(self, kind: str, key: Any) -> int:
        """Numbers the parts of a kind from 0."""
        known = self._numbers.setdefault(kind, [])
        if key not in known:
            known.append(key)
        return known.index(key)


def _image(item: dict[str, Any]) -> Media:
    kept = {key: value for key, value in item.items() if key != "result" and value is not None}
    mime = f"image/{item.get('output_format') or 'png'}"
    return Media(kind="image", mime=mime, data=from_base64(item["result"]), state=State(WIRE, kept))


def _logprobs(tokens: list[dict[str, Any]] | None) -> list[Event]:
    return [LogProbs([_logprob(token) for token in tokens])] if tokens else []


def _logprob(token: dict[str, Any]) -> dict[str, Any]:
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in token.get("top_logprobs") or ()]
    return {"token": token["token"], "logprob": token["logprob"], "top": top}


def _usage(usage: dict[str, Any]) -> Usage:
    into, out = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    ticks = count(usage, "cost_in_usd_ticks")
    return Usage(
        input_tokens=count(usage, "input_tokens"),
        output_tokens=count(usage, "output_tokens"),
        cached_tokens=count(into, "cached_tokens"),
        reasoning_tokens=count(out, "reasoning_tokens"),
        cache_write_tokens=count(into, "cache_write_tokens"),
        cost=None if ticks is None else ticks / _TICKS,
    )


def _problem(data: dict[str, Any]) -> Problem:
    problem = from_json(data)
    return problem._replace(message=problem.message or f"the answer ended as {data.get('status') or 'an error'}")
