"""What an `AgentRun` asks to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from llmspell.agents.limits import EndReason
from llmspell.agents.pending import PendingCall
from llmspell.providers.base import Request


@dataclass(frozen=True, slots=True)
class Question:
    """A call that somebody must agree to. `id` is what the answer refers to."""

    id: str
    name: str
    arguments: dict[str, Any]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model; tell `answered`, `retry` or `failed`."""

    request: Request


@dataclass(frozen=True, slots=True)
class CallTools:
    """Run these, in any order or at once; tell `tool_done` or `ask` for each."""

    calls: list[PendingCall]


@dataclass(frozen=True, slots=True)
class Ask:
    """Nothing can go on before these are decided; tell `decide` for each."""

    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Done:
    """The run is over."""

    reason: EndReason


Step: TypeAlias = CallModel | CallTools | Ask | Done
