"""What a run of an agent came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmspell.agents.limits import EndReason
from llmspell.agents.run import AgentRun
from llmspell.agents.steps import Question
from llmspell.errors import LlmspellError
from llmspell.providers.base import Usage
from llmspell.providers.content import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult:
    """The end of a run, or where it paused.

    `text` is the last text of the model, `data` the structured answer. `messages` are those of this run from the prompt
    on, `history` the whole conversation, fit to be passed to the next run. `cost` is in US dollars, None when unknown.
    `detail` says more about the reason, `error` is what failed.
    """

    reason: EndReason
    text: str
    data: Any
    messages: list[Message]
    history: list[Message]
    turns: int
    tool_calls: int
    usage: Usage
    cost: float | None
    detail: str | None = None
    error: LlmspellError | None = None
    questions: tuple[Question, ...] = ()
    """What is to be approved before a paused run can go on."""
    state: dict[str, Any] | None = None
    """A paused run, as JSON for `Agent.resume`."""


def result_of(run: AgentRun) -> AgentResult:
    """The result of a run that is over, or that only waits to be approved."""
    paused = run.reason is None
    return AgentResult(
        reason=run.reason or "paused",
        text=run.text,
        data=run.output.typed(run.value) if run.output and run.has_value else None,
        messages=run.messages[run.begins :],
        history=list(run.messages),
        turns=run.turns,
        tool_calls=run.tool_calls,
        usage=run.usage,
        cost=run.cost,
        detail=run.detail,
        error=run.error,
        questions=tuple(run.questions) if paused else (),
        state=run.to_data() if paused else None,
    )
