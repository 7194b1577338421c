"""Drives an `AgentRun`: asks the model, runs the tools, tells the hooks, and yields what happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from llmspell.agents.calling import Answer, Answered, Asked, Caller, Stopped
from llmspell.agents.clock import Clock, OutOfTimeError
from llmspell.agents.context import ToolContext
from llmspell.agents.events import AgentEvent, ApprovalAsked, Failed, Finished, TurnEnded
from llmspell.agents.hooks import Hooks, Stop
from llmspell.agents.model import Again, Asker, Halted, Heard
from llmspell.agents.pending import PendingCall
from llmspell.agents.result import AgentResult, result_of
from llmspell.agents.run import AgentRun
from llmspell.agents.steps import Ask, CallModel, CallTools, Question
from llmspell.agents.toolbox import Toolbox
from llmspell.agents.tools import StopError
from llmspell.errors import UNCATCHABLE, LlmspellError, SpellError
from llmspell.providers.base import LLMProvider, Request, Usage

if TYPE_CHECKING:
    from llmspell.agents.agent import Agent
    from llmspell.agents.code.tool import RunCode
    from llmspell.budget import Budget

Decision: TypeAlias = bool | str
"""True agrees; False refuses, and so does a text, which is the reason that the model is told."""
Approve: TypeAlias = Callable[[Question], "Decision | Awaitable[Decision]"]


_REFUSED = (400, 422)


class Driver:
    """One run of an agent. `result` is there after the last event."""

    def __init__(
        self,
        agent: Agent,
        run: AgentRun,
        *,
        provider: LLMProvider,
        budget: Budget,
        parent: Budget | None,
        hooks: Hooks,
        context: ToolContext,
        approve: Approve | None,
        stream: bool,
    ) -> None:
        self.result: AgentResult | None = None
        self._agent = agent
        self._run = run
        self._budget = budget
        self._parent = parent
        self._hooks = hooks
        self._context = context
        self._approve = approve
        self._too_many = False
        self._clock = Clock(run)
        self._seen: LlmspellError | None = None
        """What the hooks were shown as the error of a call of the model."""
        self._queue: asyncio.Queue[AgentEvent | None] = asyncio.Queue()
        self._asker = Asker(provider=provider, hooks=hooks, output=run.output, stream=stream)
        self._code = self._run_code() if agent.code_tools is not None else None
        self._caller = Caller(
            tools=self._tools(),
            hooks=hooks,
            context=self._context_of,
            emit=self._queue.put_nowait,
            timeout=agent.tool_timeout,
            max_result=agent.max_result,
        )

    async def events(self) -> AsyncGenerator[AgentEvent, None]:
        """All that happens, up to `Finished`. Closing it cancels what is under way.

        Raises errors of the kinds `limit` and `cancelled` that are not the agent's own.
        """
        try:
            try:
                async with aclosing(self._steps()) as steps:
                    while (event := await self._clock.next(steps)) is not None:
                        yield event
            except OutOfTimeError:
                self._run.stop(f"it took longer than {self._run.limits.timeout:g} s", "timeout")
            except LlmspellError as error:
                if error is self._seen or error.kind in UNCATCHABLE:
                    self._fail(error)
                else:
                    await self._show(error)
                    yield Failed(error)
            yield await self._finished()
        finally:
            if self._code is not None:
                await self._code.close()

    async def _show(self, error: LlmspellError) -> None:
        """The hooks see what failed outside of a call of the model, and may stop instead."""
        try:
            decided = await self._hooks.decide(Failed(error))
        except LlmspellError as second:
            self._fail(second)
            return
        self._fail(error)
        if isinstance(decided.action, Stop):
            self._run.stopped(decided.action.why)

    def _fail(self, error: LlmspellError) -> None:
        if error.kind not in UNCATCHABLE:
            self._run.failed(error)
            return
        own = self._budget.exceeded is not None and (self._parent is None or self._parent.exceeded is None)
        if error.kind != "limit" or not own:
            raise error
        self._run.stop(error.message, "max_cost" if error.message.startswith("budget of $") else "max_tokens")

    async def _steps(self) -> AsyncGenerator[AgentEvent, None]:
        run = self._run
        if await self._agent.ready():
            run.template.tools = self._agent.definitions()
        while True:
            match run.step():
                case CallModel():
                    events = self._ask_model()
                case CallTools(calls):
                    events = self._call_tools(calls)
                case Ask(questions):
                    events = self._ask(questions)
                    if self._approve is None:
                        async for event in events:
                            yield event
                        return
                case _:
                    return
            before, waiting = run.turns, bool(run.pending)
            async with aclosing(events):
                async for event in events:
                    yield event
            if not run.pending and (waiting or run.turns > before):
                yield await self._turn_ended()

    async def _turn_ended(self) -> AgentEvent:
        event = TurnEnded(self._run.turns)
        decided = await self._hooks.decide(event)
        if isinstance(decided.action, Stop):
            self._run.stop(decided.action.why)
        return event

    async def _finished(self) -> AgentEvent:
        try:
            decided = await self._hooks.decide(Finished(result_of(self._run)))
            self.result = decided.event.result
        except LlmspellError as error:
            self.result = replace(result_of(self._run), reason="error", error=error, detail=error.message)
        assert self.result is not None  # noqa: S101  # for the type checker
        return Finished(self.result)

    # The model

    async def _ask_model(self) -> AsyncGenerator[AgentEvent, None]:
        request = await self._request()
        turn = self._run.turns + 1
        try:
            async with aclosing(self._asker.ask(request, turn)) as events:
                async for event in events:
                    yield event
        except LlmspellError as error:
            if error.kind in UNCATCHABLE:
                raise
            if self._falls_back(error):
                return
            self._seen = error
            async with aclosing(self._asker.failed(error, request, turn)) as events:
                async for event in events:
                    yield event
            if self._asker.outcome is None:
                raise
        self._take(self._asker.outcome)

    def _falls_back(self, error: LlmspellError) -> bool:
        """Whether another way to structured output is tried: the model cannot do this one, or its server refused it
        from the start, as many do that do not know `response_format` or tools."""
        run = self._run
        refused = error.kind == "provider" and error.status in _REFUSED and run.turns == 0
        unable = self._agent.falls_back and (error.kind == "model" or refused)
        return unable and run.output is not None and run.output.fall_back()

    def _take(self, outcome: Any) -> None:
        match outcome:
            case Heard(response, cost, malformed):
                self._report(response.usage, cost)
                self._run.answered(response, cost, malformed)
            case Again(usage, cost, note):
                self._report(usage, cost)
                self._run.retry(usage, cost, note)
            case Halted(why):
                self._run.stop(why)

    def _report(self, usage: Usage, cost: float | None) -> None:
        """Tell the agent that this one serves, at once: it may never hear the end of this run."""
        if self._context.spend is not None:
            self._context.spend(usage, cost)

    def _spend(self, usage: Usage, cost: float | None) -> None:
        self._run.spend(usage, cost)
        self._report(usage, cost)

    async def _request(self) -> Request:
        run, policy = self._run, self._agent.history
        if policy is None:
            return run.request(run.messages)
        from llmspell.agents.history import HistoryContext  # only with a policy

        kept = await policy.fit(run.messages, HistoryContext(self._asker.provider, run.template.model, run.memory))
        return run.request(kept)

    # The tools

    async def _call_tools(self, calls: list[PendingCall]) -> AsyncGenerator[AgentEvent, None]:
        room = asyncio.Semaphore(self._agent.concurrency)
        tasks = [asyncio.create_task(self._one(call, room)) for call in calls]
        done = 0
        try:
            while done < len(tasks):
                event = await self._queue.get()
                if event is not None:
                    yield event
                    continue
                done += 1
                if any(_ends(task) for task in tasks):
                    break
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._keep(calls, tasks)
        while not self._queue.empty():
            if (event := self._queue.get_nowait()) is not None:
                yield event
        self._end(tasks)

    async def _one(self, call: PendingCall, room: asyncio.Semaphore) -> Answer:
        try:
            async with room:
                return await self._caller.answer(call)
        finally:
            self._queue.put_nowait(None)

    def _keep(self, calls: list[PendingCall], tasks: list[asyncio.Task[Answer]]) -> None:
        """Tell the run what came of the calls that are over."""
        for call, task in zip(calls, tasks, strict=True):
            if task.cancelled() or task.exception() is not None:
                continue
            match task.result():
                case Answered(result):
                    self._run.tool_done(call.key, result)
                case Asked(questions, arguments, paused):
                    self._run.ask(call.key, questions, arguments, paused)

    def _end(self, tasks: list[asyncio.Task[Answer]]) -> None:
        """End the run where a call ends it. Raises what a call has raised."""
        over = [task for task in tasks if not task.cancelled()]
        for task in over:
            if (error := task.exception()) is not None:
                raise error
        if stops := [each for each in (task.result() for task in over) if isinstance(each, Stopped)]:
            self._run.stop(stops[0].why, "max_tool_calls" if self._too_many else "stopped")

    def _context_of(self, call: PendingCall) -> ToolContext:
        return replace(
            self._context,
            call_id=call.call.id,
            budget=self._budget,
            paused=call.paused,
            answers=self._run.inner_answers(call),
            spend=self._spend,
        )

    def _tools(self) -> Toolbox:
        if self._code is not None:
            return Toolbox([self._code])
        if not self._agent.searches:
            return self._agent.tools
        from llmspell.agents.searched import searched  # most agents have few tools

        return searched(self._agent.tools, self._run)

    # Code mode

    def _run_code(self) -> RunCode:
        from llmspell.agents.code.tool import RunCode  # most agents call tools one by one

        agent = self._agent
        assert agent.code_tools is not None  # noqa: S101  # for the type checker: the caller looked
        return RunCode(
            agent.code_tools,
            hooks=self._hooks,
            emit=self._queue.put_nowait,
            count=self._count_call,
            answer=self._answered,
            concurrency=agent.concurrency,
            timeout=agent.tool_timeout,
        )

    def _answered(self, answer: Any) -> None:
        """Take what code gives as the answer of the run."""
        plain = self._run.output is None and isinstance(answer, str)
        self._run.answer = answer if plain else json.dumps(answer, ensure_ascii=False)

    def _count_call(self) -> None:
        """Count a call of a tool that code makes. Raises `StopError` when it is one too many."""
        run, most = self._run, self._run.limits.max_tool_calls
        if most is not None and run.tool_calls >= most:
            self._too_many = True
            raise StopError(f"the model asked for more than {most} calls of tools")
        run.tool_calls += 1

    # Approval

    async def _ask(self, questions: list[Question]) -> AsyncGenerator[AgentEvent, None]:
        for question in questions:
            event = ApprovalAsked(question)
            decided = await self._hooks.decide(event)
            if isinstance(decided.action, Stop):
                self._run.stop(decided.action.why)
                return
            yield event
            if self._approve is not None:
                with self._clock.stopped():
                    answer = await self._decision(self._approve, question)
                decide(self._run, question.id, answer)

    async def _decision(self, approve: Approve, question: Question) -> Any:
        try:
            answer: Any = approve(question)
            return await answer if hasattr(answer, "__await__") else answer
        except LlmspellError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it raises: a call that nobody judged must not run
            said = str(error)[:500] or type(error).__name__
            raise SpellError(f"the approval of tool {question.name} failed: {said}") from None


def decide(run: AgentRun, id_: str, decision: Any) -> None:
    """Answer a question of a run; whatever is not plainly true refuses."""
    run.decide(id_, decision is True, decision if isinstance(decision, str) else None)


def _ends(task: asyncio.Task[Answer]) -> bool:
    """Whether a call ends the run, so that the others need not be waited for."""
    if not task.done() or task.cancelled():
        return False
    return task.exception() is not None or isinstance(task.result(), Stopped)
