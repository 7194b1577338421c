"""What happens in a run of an agent: what hooks are shown first, and then whoever listens to the stream.

`kind` is the name that hooks register for, and that scripts see as `type`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, get_args

if TYPE_CHECKING:
    from llmspell.agents.result import AgentResult
    from llmspell.agents.steps import Question
    from llmspell.errors import LlmspellError
    from llmspell.providers.base import Request, Response
    from llmspell.providers.content import Media, Text


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """The model is about to be asked, for the `turn`th time, from 1."""

    kind: ClassVar[str] = "model_call"
    turn: int
    request: Request


@dataclass(frozen=True, slots=True)
class TextAdded:
    """More of the text of the answer."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningAdded:
    """More of what the model thinks."""

    kind: ClassVar[str] = "reasoning"
    text: str


@dataclass(frozen=True, slots=True)
class OutputAdded:
    """The structured answer, as far as it has come."""

    kind: ClassVar[str] = "output"
    value: Any


@dataclass(frozen=True, slots=True)
class ModelAnswered:
    """The model has answered; `cost` in US dollars is None when it is unknown."""

    kind: ClassVar[str] = "response"
    turn: int
    response: Response
    cost: float | None


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool is about to be called."""

    kind: ClassVar[str] = "tool_call"
    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    """A tool has answered; `parts` are what the model is told."""

    kind: ClassVar[str] = "tool_result"
    id: str
    name: str
    parts: list[Text | Media]
    is_error: bool

    @property
    def text(self) -> str:
        """The texts of the answer, joined."""
        return "".join(getattr(part, "text", "") for part in self.parts)


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call waits for somebody to agree."""

    kind: ClassVar[str] = "approval"
    question: Question


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The model has answered, and the tools that it asked for have too."""

    kind: ClassVar[str] = "turn_end"
    turn: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The model, or a hook, has failed."""

    kind: ClassVar[str] = "error"
    error: LlmspellError


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over, or paused. Always the last event."""

    kind: ClassVar[str] = "finish"
    result: AgentResult


AgentEvent: TypeAlias = (
    ModelCalled
    | TextAdded
    | ReasoningAdded
    | OutputAdded
    | ModelAnswered
    | ToolCalled
    | ToolAnswered
    | ApprovalAsked
    | TurnEnded
    | Failed
    | Finished
)
KINDS: tuple[str, ...] = tuple(each.kind for each in get_args(AgentEvent))
