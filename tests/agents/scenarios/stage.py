"""Runs the scenarios in Python; see README.md beside it for the fields."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from llmspell.agents import Agent, AgentLimits, AgentResult, BaseTool, Change, Hooks, SchemaTool, StopError
from llmspell.agents.hooks import action_from_data
from llmspell.errors import KINDS
from llmspell.providers.base import (
    Event,
    Finished,
    ReasoningDelta,
    Request,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from llmspell.testing import Reply, ScriptedProvider, words

FOLDER = Path(__file__).parent
Case = dict[str, Any]


def cases() -> list[tuple[str, Case]]:
    """All cases, with their names."""
    files = sorted(FOLDER.glob("*.json"))
    return [(f"{file.stem}: {case['name']}", case) for file in files for case in json.loads(file.read_text())]


class Stage:
    """One case: its models, its tools, and what they were asked for."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.ran: list[list[Any]] = []
        self.events: list[str] = []
        self.shown: list[str] = []
        self.questions: list[str] = []
        self.models = {name: ScriptedProvider(self._replies(turns)) for name, turns in case["models"].items()}
        self._calls = 0
        self._failures = 0
        self._fired: dict[int, int] = {}

    def run(self, way: str) -> AgentResult:
        """The case to its end, by `run` or by `stream`; each pause goes on in another agent, through JSON."""
        return asyncio.run(asyncio.wait_for(self._run(way), 10))

    async def _run(self, way: str) -> AgentResult:
        result = await self._one(way, partial(self._start, way))
        answers = self.case.get("answers", [])
        for each in answers if isinstance(answers, list) else [answers]:
            assert result.reason == "paused", result
            state = json.loads(json.dumps(result.state))
            result = await self._one(way, partial(self._resume, way, state, each))
        return result

    async def _one(self, way: str, begin: Callable[[Agent, Hooks], Any]) -> AgentResult:
        hooks = self._hooks()
        spec = {**self.case.get("agent", {}), "model": "main", "tools": self.case.get("tools", ())}
        began = begin(self._agent(spec), hooks)
        if way == "run":
            result = await began
        else:
            async with began as events:
                async for event in events:
                    self._saw(event)
            result = began.result
        self.questions += [question.id for question in result.questions]
        return result

    def _start(self, way: str, agent: Agent, hooks: Hooks) -> Any:
        if way == "run":
            return agent.run(self.case["prompt"], hooks=hooks, check=False)
        return agent.stream(self.case["prompt"], hooks=hooks)

    def _resume(self, way: str, state: Any, answers: Any, agent: Agent, hooks: Hooks) -> Any:
        if way == "run":
            return agent.resume(state, answers, hooks=hooks, check=False)
        return agent.resume_stream(state, answers, hooks=hooks)

    # Agents, tools and hooks

    def _agent(self, spec: dict[str, Any]) -> Agent:
        fields = dict(spec)
        fields["model"] = (self.models[fields.pop("model")], "test")
        fields["tools"] = [self._tool(tool) for tool in fields.pop("tools", ())]
        fields["limits"] = AgentLimits(**fields.pop("limits", {}))
        return Agent(**fields)

    def _tool(self, spec: dict[str, Any]) -> BaseTool:
        fields = dict(spec)
        name, does = fields.pop("name"), fields.pop("does")
        if "agent" in does:
            return self._agent({"name": name, **does["agent"]}).as_tool(name)

        async def run(args: dict[str, Any]) -> Any:
            self.ran.append([name, args])
            return await self._do(does, args)

        return SchemaTool(name, run, **fields)

    async def _do(self, does: dict[str, Any], args: dict[str, Any]) -> Any:
        [(what, value)] = does.items()
        match what:
            case "give":
                return value
            case "echo":
                return args
            case "huge":
                return "x" * value
            case "wait":
                await asyncio.sleep(value)
                return "late"
            case "stop":
                raise StopError(value)
            case "fail_first" if self._failures >= value:
                return "ok"
            case "fail_first":
                self._failures += 1
                raise RuntimeError("not yet")
            case _:
                raise RuntimeError(value)

    def _hooks(self) -> Hooks:
        hooks = Hooks()
        for number, spec in enumerate(self.case.get("hooks", ())):
            hooks.on(spec["on"], self._hook(number, spec))
        return hooks

    def _hook(self, number: int, spec: dict[str, Any]) -> Callable[[Any], Any]:
        def hook(event: Any) -> Any:
            self._fired[number] = self._fired.get(number, 0) + 1
            if self._fired[number] > spec.get("times", 1000):
                return None
            do = spec["do"]
            if "fail" in do:
                raise RuntimeError(do["fail"])
            if "append" in do:
                return Change(text=event.response.text + do["append"])
            return action_from_data(do)

        return hook

    def _saw(self, event: Any) -> None:
        if event.kind == "output":
            return
        if event.kind not in ("text", "reasoning") or self.events[-1:] != [event.kind]:
            self.events.append(event.kind)
        if event.kind == "text":
            self.shown.append(event.text)

    # Models

    def _replies(self, turns: list[Any]) -> Callable[[Request], Reply]:
        left = iter(turns)
        return lambda _: self._reply(next(left))

    def _reply(self, turn: Any) -> Reply:
        turn = {"text": turn} if isinstance(turn, str) else turn
        if "error" in turn:
            return KINDS[turn["error"]["kind"]](turn["error"]["message"], status=turn["error"].get("status"))
        events: list[Event] = [Started(model="test")]
        events += [ReasoningDelta(word) for word in words(turn.get("reasoning", ""))]
        events += [TextDelta(word) for word in words(turn.get("text", ""))]
        for index, (name, arguments) in enumerate(turn.get("calls", ())):
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            events.append(ToolCallDelta(index, f"c{self._calls}", name, text))
            self._calls += 1
        return [*events, Usage(*turn.get("usage", [1, 1])), Finished(turn.get("finish", "stop"))]
