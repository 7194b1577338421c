"""Answers as JSON and back: what a stream said, event by event, or what a whole answer was made of."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from llmspell.providers import base
from llmspell.providers.content import Foreign, Media, Part, Reasoning, State, Text, ToolCall

_EVENTS: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        base.Started,
        base.TextDelta,
        base.ReasoningDelta,
        base.ToolCallDelta,
        base.StateDelta,
        base.PartAdded,
        base.LogProbs,
        base.Usage,
        base.Finished,
    )
}
_PARTS: dict[str, type[Any]] = {cls.__name__: cls for cls in (Media, Foreign)}


def dumps(events: Iterable[base.Event]) -> str:
    """The events as JSON text."""
    return json.dumps([_plain(event) for event in events], separators=(",", ":"))


def loads(text: str) -> list[base.Event]:
    """The events of such a text. Raises `ValueError`, `KeyError` or `TypeError` when it is none."""
    return [_event(plain) for plain in json.loads(text)]


def _plain(event: base.Event | Media | Foreign) -> dict[str, Any]:
    """An event without what has its usual value, its kind under `is`."""
    plain: dict[str, Any] = {"is": type(event).__name__}
    for field in fields(event):
        value = getattr(event, field.name)
        if value is not None and value != field.default:
            plain[field.name] = _plain_value(value)
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, State):
        return value._asdict()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _plain(value) if isinstance(value, (Media, Foreign)) else value


def _event(plain: dict[str, Any]) -> Any:
    values = dict(plain)
    cls = (_EVENTS | _PARTS)[values.pop("is")]
    if "part" in values:
        values["part"] = _event(values["part"])
    if "state" in values:
        values["state"] = State(**values["state"])
    if "data" in values:
        values["data"] = base64.b64decode(values["data"])
    return cls(**values)


def events_of(response: base.Response) -> Iterator[base.Event]:
    """The events that add up to this answer."""
    yield base.Started(response.id, response.model, response.provider, response.cached)
    for index, part in enumerate(response.parts):
        yield from _events_of_part(index, part)
    if response.logprobs is not None:
        yield base.LogProbs(response.logprobs)
    yield response.usage
    yield base.Finished(response.finish_reason, response.raw_finish_reason, response.raw)


def _events_of_part(index: int, part: Part) -> Iterator[base.Event]:
    match part:
        case Text(text, state):
            yield base.TextDelta(text, index)
            yield from _state("text", index, state)
        case Reasoning(text, state):
            yield base.ReasoningDelta(text, index)
            yield from _state("reasoning", index, state)
        case ToolCall():
            yield base.ToolCallDelta(index, part.id, part.name, json.dumps(part.arguments))
            yield from _state("tool_call", index, part.state)
        case Media() | Foreign():
            yield base.PartAdded(part)


def _state(kind: Any, index: int, state: State | None) -> Iterator[base.Event]:
    if state is not None:
        yield base.StateDelta(kind, index, state)
