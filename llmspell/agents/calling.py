"""How a call of a tool is answered, from the model's arguments to the result that the model is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

from llmspell import values
from llmspell.agents import results
from llmspell.agents.context import ToolContext
from llmspell.agents.events import AgentEvent, ToolAnswered, ToolCalled
from llmspell.agents.hooks import MAX_TOOL_RETRIES, Hooks, Retry, Skip, Stop
from llmspell.agents.pending import PendingCall
from llmspell.agents.toolbox import Toolbox
from llmspell.agents.tools import VERDICTS, BaseTool, PausedError, stops
from llmspell.errors import UNCATCHABLE, InvalidValueError, LlmspellError, TimeoutExceededError, ToolError
from llmspell.providers.content import Text, ToolResult

Emit: TypeAlias = Callable[[AgentEvent], None]
ContextOf: TypeAlias = Callable[[PendingCall], ToolContext]


class Answered(NamedTuple):
    """The result for the model."""

    result: ToolResult


class Asked(NamedTuple):
    """Somebody must agree first; `paused` is the state of a tool that asks in the middle of its work."""

    questions: list[dict[str, Any]]
    arguments: dict[str, Any]
    """Those of the call, as hooks have left them."""
    paused: Mapping[str, Any] | None = None


class Stopped(NamedTuple):
    """A hook or the tool ends the run."""

    why: str | None


Answer: TypeAlias = Answered | Asked | Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Answers the calls of one run. `timeout` and `max_result` are for tools that have none of their own."""

    tools: Toolbox
    hooks: Hooks
    context: ContextOf
    emit: Emit
    timeout: float | None = None
    max_result: int = results.MAX_RESULT

    async def answer(self, pending: PendingCall) -> Answer:
        """Run the call. Raises errors of the kinds `limit` and `cancelled`, and those of hooks."""
        if pending.arguments is not None:  # the hooks have seen it before it was asked about
            return await self._with_tool(pending, pending.arguments)
        call = pending.call
        decided = await self.hooks.decide(ToolCalled(call.id, call.name, call.arguments))
        if isinstance(decided.action, Stop):
            return Stopped(decided.action.why)
        if isinstance(decided.action, Skip):
            self.emit(decided.event)
            text = results.text_of(values.check(decided.action.value, "what a hook for tool_call gave"))
            return await self._told(ToolResult(call.id, [Text(text)], call.name), None)
        return await self._with_tool(pending, decided.event.arguments)

    async def _with_tool(self, pending: PendingCall, arguments: dict[str, Any]) -> Answer:
        call, context = pending.call, self.context(pending)
        refusal, checked = None, arguments
        tool = self.tools.find(call.name)
        if tool is None:
            refusal = results.refusal(call.id, call.name, self.tools.unknown(call.name))
        else:
            try:
                checked = _checked(tool, pending, arguments, context)
            except LlmspellError as error:
                refusal = results.bad_arguments(call.id, tool, error)
        if tool is not None and refusal is None and not pending.approved:
            verdict = await self._verdict(tool, arguments, context)
            if verdict == "ask":
                return Asked([{"id": call.id, "name": tool.name, "arguments": arguments}], arguments)
            if verdict == "deny":
                refusal = results.refusal(call.id, tool.name, f"{tool.name} may not be called like this.")
        if pending.paused is None:
            self.emit(ToolCalled(call.id, call.name if tool is None else tool.name, arguments))
        if refusal is not None:
            return await self._told(refusal, None)
        assert tool is not None  # noqa: S101  # for the type checker: without one it was refused
        pending.begun = True
        return await self._run(tool, call.id, checked, context, arguments)

    async def _verdict(self, tool: BaseTool, arguments: dict[str, Any], context: ToolContext) -> str:
        approval: Any = tool.approval
        if callable(approval):
            try:
                approval = approval(arguments, context)
                approval = await approval if hasattr(approval, "__await__") else approval
            except LlmspellError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it raises: a call that nobody judged must not run
                raise ToolError(f"the approval of tool {tool.name} failed: {str(error)[:200]}") from None
        if approval not in VERDICTS:
            raise InvalidValueError(
                f"the approval of tool {tool.name} gave {approval!r:.40}", hint="it gives allow, ask or deny"
            )
        return str(approval)

    async def _run(
        self, tool: BaseTool, id_: str, checked: dict[str, Any], context: ToolContext, arguments: dict[str, Any]
    ) -> Answer:
        async def again() -> ToolResult:
            return await self._attempts(tool, id_, checked, context)

        try:
            return await self._told(await again(), again)
        except PausedError as paused:
            return Asked(paused.questions, arguments, paused.state)
        except LlmspellError as error:
            if stops(error):
                return Stopped(error.message)
            raise

    async def _attempts(self, tool: BaseTool, id_: str, checked: dict[str, Any], context: ToolContext) -> ToolResult:
        most = self.max_result if tool.max_result is None else tool.max_result
        for attempt in range(1, tool.retries + 2):
            try:
                value = await self._timed(tool, checked, replace(context, attempt=attempt))
                return self.shown(tool, id_, value, most)
            except LlmspellError as error:
                if error.kind in UNCATCHABLE or stops(error):
                    raise
                if attempt > tool.retries:
                    return results.failure(id_, tool.name, error)
        raise AssertionError("the last attempt returns or raises")

    def shown(self, tool: BaseTool, id_: str, value: Any, most: int) -> ToolResult:
        """What a tool gave, as it is told. Raises `InvalidValueError` for what is no JSON."""
        return ToolResult(id_, results.parts_of(tool, value, most), tool.name)

    async def _timed(self, tool: BaseTool, checked: dict[str, Any], context: ToolContext) -> Any:
        seconds = self.timeout if tool.timeout is None else tool.timeout
        try:
            async with asyncio.timeout(seconds) as timer:
                return await tool.guarded(checked, context)
        except TimeoutError:
            if not timer.expired():
                raise
            raise TimeoutExceededError(f"tool {tool.name} took longer than {seconds:g} s") from None

    async def _told(self, result: ToolResult, again: Callable[[], Awaitable[ToolResult]] | None) -> Answer:
        """The result as the hooks leave it. `again` runs the tool once more."""
        for _ in range(MAX_TOOL_RETRIES + 1):
            decided = await self.hooks.decide(ToolAnswered(result.id, result.name, list(result.parts), result.is_error))
            if isinstance(decided.action, Stop):
                return Stopped(decided.action.why)
            if not isinstance(decided.action, Retry) or again is None:
                break
            result = await again()
        event = decided.event
        self.emit(event)
        return Answered(replace(result, parts=event.parts, is_error=event.is_error))


def _checked(tool: BaseTool, pending: PendingCall, arguments: dict[str, Any], context: ToolContext) -> dict[str, Any]:
    if pending.malformed is not None and not arguments:
        raise InvalidValueError(f"they are not a JSON object: {pending.malformed[:200]}")
    return tool.check(arguments, context)
