"""The calls of a turn that the model waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from llmspell.agents.data import part_from_data, part_to_data
from llmspell.providers.content import ToolCall, ToolResult

Status: TypeAlias = Literal["ready", "asked", "done"]


@dataclass(slots=True, kw_only=True)
class PendingCall:
    """A call of this turn that the model waits for. `key` tells calls of a turn apart, ids may be used twice."""

    key: int
    call: ToolCall
    status: Status = "ready"
    result: ToolResult | None = None
    malformed: str | None = None
    """The text of its arguments, where that is no JSON object."""
    arguments: dict[str, Any] | None = None
    """Those that it was asked about, as hooks have left them."""
    approved: bool = False
    questions: list[dict[str, Any]] = field(default_factory=list)
    """What is asked before it can go on: `{"id", "name", "arguments", "reason"?}`."""
    answers: dict[str, Any] = field(default_factory=dict)
    paused: dict[str, Any] | None = None
    """The state of a tool that asked in the middle of its work."""
    begun: bool = False
    """Whether the tool has begun its work, here and now."""


def pending_to_data(call: PendingCall) -> dict[str, Any]:
    """A call as JSON."""
    return {
        "key": call.key,
        "call": part_to_data(call.call),
        "status": call.status,
        "result": part_to_data(call.result) if call.result else None,
        "malformed": call.malformed,
        "approved": call.approved,
        "arguments": call.arguments,
        "questions": call.questions,
        "answers": call.answers,
        "paused": call.paused,
    }


def pending_from_data(data: Mapping[str, Any]) -> PendingCall:
    """What `pending_to_data` made JSON of."""
    fields = dict(data)
    fields["call"] = part_from_data(data["call"])
    fields["result"] = part_from_data(data["result"]) if data["result"] else None
    return PendingCall(**fields)
