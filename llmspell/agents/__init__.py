"""Agents and their tools, for programs: see `docs/agents.md`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmspell.agents.agent import Agent, AgentStream, BaseAgent, RunOptions
    from llmspell.agents.agent_tool import AgentTool
    from llmspell.agents.context import ToolContext
    from llmspell.agents.conversation import Conversation
    from llmspell.agents.events import (
        AgentEvent,
        ApprovalAsked,
        Failed,
        Finished,
        ModelAnswered,
        ModelCalled,
        OutputAdded,
        ReasoningAdded,
        TextAdded,
        ToolAnswered,
        ToolCalled,
        TurnEnded,
    )
    from llmspell.agents.history import HistoryPolicy, Summary, TokenBudget, Window
    from llmspell.agents.hooks import Change, Hooks, Retry, Skip, Stop
    from llmspell.agents.limits import AgentLimits
    from llmspell.agents.output import Output
    from llmspell.agents.result import AgentResult
    from llmspell.agents.run import AgentRun
    from llmspell.agents.steps import Ask, CallModel, CallTools, Done, Question
    from llmspell.agents.structured import classify, extract
    from llmspell.agents.threads import Thread, ThreadStore
    from llmspell.agents.tools import BaseTool, PausedError, SchemaTool, StopError, Tool

_HOME = {
    "agent": ("Agent", "AgentStream", "BaseAgent", "RunOptions"),
    "agent_tool": ("AgentTool",),
    "context": ("ToolContext",),
    "conversation": ("Conversation",),
    "events": (
        *("AgentEvent", "ApprovalAsked", "Failed", "Finished", "ModelAnswered", "ModelCalled", "OutputAdded"),
        *("ReasoningAdded", "TextAdded", "ToolAnswered", "ToolCalled", "TurnEnded"),
    ),
    "history": ("HistoryPolicy", "Summary", "TokenBudget", "Window"),
    "hooks": ("Change", "Hooks", "Retry", "Skip", "Stop"),
    "limits": ("AgentLimits",),
    "output": ("Output",),
    "result": ("AgentResult",),
    "run": ("AgentRun",),
    "steps": ("Ask", "CallModel", "CallTools", "Done", "Question"),
    "structured": ("classify", "extract"),
    "threads": ("Thread", "ThreadStore"),
    "tools": ("BaseTool", "PausedError", "SchemaTool", "StopError", "Tool"),
}
_MODULES = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Agent",
    "AgentEvent",
    "AgentLimits",
    "AgentResult",
    "AgentRun",
    "AgentStream",
    "AgentTool",
    "ApprovalAsked",
    "Ask",
    "BaseAgent",
    "BaseTool",
    "CallModel",
    "CallTools",
    "Change",
    "Conversation",
    "Done",
    "Failed",
    "Finished",
    "HistoryPolicy",
    "Hooks",
    "ModelAnswered",
    "ModelCalled",
    "Output",
    "OutputAdded",
    "PausedError",
    "Question",
    "ReasoningAdded",
    "Retry",
    "RunOptions",
    "SchemaTool",
    "Skip",
    "Stop",
    "StopError",
    "Summary",
    "TextAdded",
    "Thread",
    "ThreadStore",
    "TokenBudget",
    "Tool",
    "ToolAnswered",
    "ToolCalled",
    "ToolContext",
    "TurnEnded",
    "Window",
    "classify",
    "extract",
]


def __getattr__(name: str) -> Any:
    # A host whose spells only call its tools does without agents.
    if name in _MODULES:
        return getattr(importlib.import_module(f"llmspell.agents.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'llmspell.agents' has no attribute {name!r}")
