"""`run_code`: the one tool that a model has in code mode, and the calls of tools that its code makes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmspell.agents import results
from llmspell.agents.code.calls import Calls, Record
from llmspell.agents.code.declarations import declared, listed
from llmspell.agents.code.languages import WRITTEN
from llmspell.agents.code.options import Code
from llmspell.agents.code.search import SEARCH, search_tool
from llmspell.agents.code.session import CodeSession, LostError, Ran
from llmspell.agents.context import ToolContext
from llmspell.agents.toolbox import Toolbox
from llmspell.agents.tools import BaseTool, PausedError
from llmspell.errors import InvalidValueError, LlmspellError, ToolError
from llmspell.providers.content import Text

if TYPE_CHECKING:
    from llmspell.agents.calling import Emit
    from llmspell.agents.hooks import Hooks

RUN = "run_code"
_FINISH = ("finish", "finish_run", "finish_agent_run")
_LONG = 1e8  # seconds: code has a limit of its own
_DECLARED = "These are the tools:"
_LISTED = """\
These are the tools. Their arguments are not shown here: `{call}` gives \
`[{{name, description, declaration}}]` of those that fit best. Names alone:"""
_CALLS = {"js": 'await tools.{}({{ query: "what it should do" }})', "lua": 'tools.{} {{ query = "what it should do" }}'}


class CodeTools:
    """The tools of an agent in code mode: what the model has, and what its code has."""

    def __init__(self, code: Code, tools: Toolbox) -> None:
        if code.runner is None:
            raise InvalidValueError(
                "code mode needs somewhere to run code", hint="make the agent with Host.agent, or pass Code(runner=...)"
            )
        if not len(tools):
            raise InvalidValueError("code mode needs tools that the code can call", hint="pass tools=[...]")
        self.code = code
        many = len(tools) > code.declare
        self.search = search_name(tools, "search")
        finder = [search_tool(tools, name=self.search, language=code.language)] if many else []
        self.inner = Toolbox([*tools, *finder])
        self.finish = next(name for name in _FINISH if self.inner.find(name) is None)
        self.description = _description(code, tools, self.search if many else None, self.finish)

    def definitions(self) -> list[dict[str, Any]]:
        """What the model is told."""
        return [{"name": RUN, "description": self.description, "parameters": PARAMETERS}]


PARAMETERS = {
    "type": "object",
    "properties": {"code": {"type": "string", "description": "The code to run."}},
    "required": ["code"],
    "additionalProperties": False,
}


def search_name(tools: Toolbox, *wished: str) -> str:
    """A name for the search that no tool has."""
    return next(name for name in (*wished, SEARCH, f"{SEARCH}_by_words") if tools.find(name) is None)


def _description(code: Code, tools: Toolbox, search: str | None, finish: str) -> str:
    written = WRITTEN[code.language]
    begin = f"Run {written.name} that calls tools. Do as much as you can in one piece of code."
    head = f"{begin}\n\n{written.told} {written.ends.format(finish)}\n\n"
    if search is None:
        return f"{head}{_DECLARED}\n\n{declared(tools, code.language)}"
    call = _CALLS[code.language].format(search)
    return f"{head}{_LISTED.format(call=call)}\n\n{listed(tools)}"


class RunCode(BaseTool):
    """Runs code of one run of an agent; `close` ends its session.

    When calls of the code wait to be approved, it waits too, and goes on with the answers. In another process the code
    is repeated up to there: what its calls gave is part of the saved state.
    """

    def __init__(
        self,
        tools: CodeTools,
        *,
        hooks: Hooks,
        emit: Emit,
        count: Callable[[], None],
        answer: Callable[[Any], None],
        concurrency: int,
        timeout: float | None,
    ) -> None:
        super().__init__(RUN, timeout=_LONG)
        self._tools = tools
        self._answer = answer
        self._calls = Calls(
            tools.inner,
            finish=tools.finish,
            hooks=hooks,
            emit=emit,
            count=count,
            concurrency=concurrency,
            timeout=timeout,
        )
        self._session = CodeSession(tools.code, self._calls, seed=_seed())
        self._turn = asyncio.Lock()
        self._records: list[Record] = []
        self._piece: asyncio.Future[Any] | None = None

    @property
    def description(self) -> str:
        return self._tools.description

    @property
    def parameters(self) -> dict[str, Any]:
        return PARAMETERS

    async def close(self) -> None:
        """End the session."""
        await self._session.close()

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        if context.paused is not None:
            return await self._outcome(self._resumed(context.paused, context), context)
        async with self._turn:
            if self._piece is not None:
                raise ToolError("this code was not run: other code waits for an approval", hint="run it again")
            return await self._outcome(self._begun(args["code"], context), context)

    async def _outcome(self, running: Awaitable[Ran | None], context: ToolContext) -> Any:
        try:
            ran = await running
        except LostError as error:
            self._over(context)
            raise self._with_output(error) from None
        except BaseException:
            self._piece = None
            self._calls.end()
            raise
        if ran is None and self._calls.fatal is None:
            raise PausedError(self._calls.questions(), self._state())
        left = self._over(context)
        assert ran is not None  # noqa: S101  # for the type checker: what is fatal was raised
        return self._told(ran, left)

    async def _begun(self, source: str, context: ToolContext) -> Ran | None:
        await self._open(context)
        self._start(source, context)
        return await self._finish()

    async def _open(self, context: ToolContext) -> None:
        if not self._session.alive:
            self._records, self._calls.size = [], 0
        await self._session.open(context.budget)

    def _start(self, source: str, context: ToolContext) -> None:
        self._records.append(Record(source))
        self._calls.begin(context, self._records[-1])
        self._piece = self._session.begin(source)

    async def _finish(self) -> Ran | None:
        assert self._piece is not None  # noqa: S101  # for the type checker: it was started
        return await self._session.finish(self._piece, self._calls.blocked, self._tools.code.limits.timeout)

    def _over(self, context: ToolContext) -> int:
        """The piece is over: gives how many calls it left open. Raises what ends the agent's run."""
        self._piece = None
        left = self._calls.end()
        budget = context.budget
        if budget is not None and (exceeded := budget.exceeded) is not None:
            raise exceeded
        if self._calls.fatal is not None:
            raise self._calls.fatal
        return left

    # Approval

    def _state(self) -> dict[str, Any]:
        return {
            "language": self._tools.code.language,
            "seed": self._session.seed,
            "pieces": [{"code": each.code, "calls": each.calls} for each in self._records]
            if self._calls.remembered
            else None,
            "asked": self._calls.waiting(),
        }

    async def _resumed(self, state: Mapping[str, Any], context: ToolContext) -> Ran | None:
        if self._piece is not None and self._session.alive:
            self._calls.resume(context)
            return await self._finish()
        if state["language"] != self._tools.code.language:
            raise InvalidValueError(f"the agent that paused wrote {state['language']}", hint="make it alike")
        if state["pieces"] is None:
            raise LostError("the code has made too many calls to be repeated here", hint="start the run again")
        self._session.seed = state["seed"]
        *before, last = state["pieces"]
        for piece in before:
            await self._open(context)
            self._start(piece["code"], context)
            self._calls.repeat(piece["calls"], [], {}, strict=True)
            await self._finish()
            self._records[-1].calls = piece["calls"]
            self._calls.end()
            if self._calls.diverged:
                raise LostError("the code did something else when it was repeated", hint="start the run again")
        await self._open(context)
        self._start(last["code"], context)
        self._records[-1].calls = list(last["calls"])
        self._calls.repeat(last["calls"], state["asked"], context.answers, strict=False)
        return await self._finish()

    # What the model is told

    def _told(self, ran: Ran, left: int) -> Any:
        if ran.error is not None:
            raise self._with_output(_located(ran.error, self._session.pieces))
        if self._calls.answer is not None:
            self._answer(self._calls.answer)
            return "Taken as the answer."
        text = _joined(self._session.output, ran.value)
        if left:
            text += f"\n[{left} calls of tools were not awaited, and were cancelled]"
        return [Text(text), *self._calls.media] if self._calls.media else text

    def _with_output(self, error: ToolError) -> ToolError:
        if output := self._session.output:
            error.message += f"\nPrinted before:\n{output[-1000:]}"
        return error


def _joined(output: str, value: Any) -> str:
    if not output:
        return results.text_of(value)
    output = output if output.endswith("\n") else f"{output}\n"
    return output.rstrip("\n") if value is None else f"{output}=> {results.text_of(value)}"


def _located(error: LlmspellError, pieces: Mapping[str, str]) -> ToolError:
    """The error of a piece of code, with the line of it."""
    current = f"code {len(pieces)}"
    told, file = error.message + (f" ({error.hint})" if error.hint else ""), error.file or current
    if error.line is not None and file in pieces:
        lines = pieces[file].splitlines()
        where = f"line {error.line}" if file == current else f"line {error.line} of {file}"
        shown = lines[error.line - 1].strip()[:200] if 0 < error.line <= len(lines) else ""
        told += f"\n  at {where}: {shown}".rstrip(": ")
    return ToolError(told)


def _seed() -> int:
    return int.from_bytes(os.urandom(6), "big")
