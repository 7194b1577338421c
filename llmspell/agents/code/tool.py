"""`run_code`: the one tool that a model has in code mode, and the calls of tools that its code makes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmspell.agents import results
from llmspell.agents.calling import Answered, Asked, Caller, Stopped
from llmspell.agents.code.declarations import declared, listed
from llmspell.agents.code.languages import WRITTEN
from llmspell.agents.code.options import Code
from llmspell.agents.code.search import SEARCH, search_tool
from llmspell.agents.code.session import CodeSession, LostError, Ran
from llmspell.agents.context import ToolContext
from llmspell.agents.run import PendingCall
from llmspell.agents.toolbox import Toolbox
from llmspell.agents.tools import BaseTool, StopError
from llmspell.errors import UNCATCHABLE, InvalidValueError, LlmspellError, ToolError
from llmspell.providers.content import Media, Text, ToolCall, ToolResult

if TYPE_CHECKING:
    from llmspell.agents.calling import Emit
    from llmspell.agents.hooks import Hooks

RUN = "run_code"
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
        self.search = _search_name(tools)
        finder = [search_tool(tools, name=self.search, language=code.language)] if many else []
        self.inner = Toolbox([*tools, *finder])
        self.description = _description(code, tools, self.search if many else None)

    def definitions(self) -> list[dict[str, Any]]:
        """What the model is told."""
        return [{"name": RUN, "description": self.description, "parameters": _PARAMETERS}]


_PARAMETERS = {
    "type": "object",
    "properties": {"code": {"type": "string", "description": "The code to run."}},
    "required": ["code"],
    "additionalProperties": False,
}


def _search_name(tools: Toolbox) -> str:
    return next(name for name in ("search", SEARCH, f"{SEARCH}_by_words") if tools.find(name) is None)


def _description(code: Code, tools: Toolbox, search: str | None) -> str:
    written = WRITTEN[code.language]
    head = f"Run {written.name} that calls tools. Do as much as you can in one piece of code.\n\n{written.told}\n\n"
    if search is None:
        return f"{head}{_DECLARED}\n\n{declared(tools, code.language)}"
    call = _CALLS[code.language].format(search)
    return f"{head}{_LISTED.format(call=call)}\n\n{listed(tools)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ValueCaller(Caller):
    """A caller that remembers what tools gave, before it became a text for a model."""

    given: dict[str, tuple[list[Text | Media], Any]] = field(default_factory=dict)

    def shown(self, tool: BaseTool, id_: str, value: Any, most: int) -> ToolResult:
        if _is_content(value):
            return Caller.shown(self, tool, id_, value, most)
        plain = tool.jsonable(value)
        parts: list[Text | Media] = [Text(results.text_of(plain))]
        self.given[id_] = (list(parts), plain)
        return ToolResult(id_, parts, tool.name)

    def value(self, result: ToolResult) -> Any:
        """The value for the code: what the tool gave, unless a hook has changed what is told."""
        parts, value = self.given.pop(result.id, ([], None))
        if parts and parts == result.parts:
            return value
        texts = [each.text for each in result.parts if isinstance(each, Text)]
        return "\n".join(texts)


def _is_content(value: Any) -> bool:
    if isinstance(value, (Text, Media)):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(each, (Text, Media)) for each in value)


class RunCode(BaseTool):
    """Runs code of one run of an agent; `close` ends its session.

    What it calls goes the way of the model's own calls: checked, hooked, approved, counted. `count` is told of each
    call and raises when there are too many.
    """

    def __init__(
        self,
        tools: CodeTools,
        *,
        hooks: Hooks,
        emit: Emit,
        count: Callable[[], None],
        concurrency: int,
        timeout: float | None,
    ) -> None:
        super().__init__(RUN, timeout=_LONG)
        self._tools = tools
        self._count = count
        self._caller = _ValueCaller(
            tools=tools.inner, hooks=hooks, context=self._context_of, emit=emit, timeout=timeout
        )
        self._room = asyncio.Semaphore(concurrency)
        self._turn = asyncio.Lock()
        self._session = CodeSession(tools.code, self._called, seed=_seed())
        self._context = ToolContext()
        self._active = False
        self._number = 0
        self._open = 0
        self._media: list[Media] = []
        self._blocked = asyncio.Event()
        self._fatal: Exception | None = None

    @property
    def description(self) -> str:
        return self._tools.description

    @property
    def parameters(self) -> dict[str, Any]:
        return _PARAMETERS

    async def close(self) -> None:
        """End the session."""
        await self._session.close()

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        async with self._turn:
            self._context, self._number, self._media, self._fatal = context, 0, [], None
            self._blocked.clear()
            try:
                ran = await self._piece(args["code"])
            except LostError as error:
                self._raise_fatal()
                raise self._with_output(error) from None
            finally:
                self._active = False
            self._raise_fatal()
            return self._told(ran, args["code"])

    async def _piece(self, source: str) -> Ran:
        await self._session.open(self._context.budget)
        self._active = True
        piece = self._session.begin(source)
        ran = await self._session.finish(piece, self._blocked, self._tools.code.limits.timeout)
        if ran is None:
            await self._session.close()
            return Ran()
        return ran

    def _raise_fatal(self) -> None:
        """What ends the agent's run, whatever the code has made of it."""
        budget = self._context.budget
        if budget is not None and (exceeded := budget.exceeded) is not None:
            raise exceeded
        if self._fatal is not None:
            raise self._fatal

    # What the code calls

    async def _called(self, name: str, args: dict[str, Any]) -> Any:
        if not self._active:
            raise ToolError("no code is running that could call a tool", hint="await every call before the code ends")
        self._number += 1
        call = ToolCall(f"{self._context.call_id}/{self._number}", name, args)
        try:
            self._count()
            async with self._room:
                answer = await self._caller.answer(PendingCall(key=self._number, call=call))
        except LlmspellError as error:
            if error.kind in UNCATCHABLE or isinstance(error, StopError):
                self._end(error)
            raise
        match answer:
            case Answered(result):
                return self._value(result)
            case Asked():
                raise ToolError(f"{name} must be approved, which code cannot wait for")
            case Stopped(why):
                stop = StopError(why or "the run was stopped")
                self._end(stop)
                raise stop

    def _value(self, result: ToolResult) -> Any:
        value = self._caller.value(result)
        if result.is_error:
            raise ToolError("\n".join(each.text for each in result.parts if isinstance(each, Text)))
        media = [each for each in result.parts if isinstance(each, Media)]
        self._media += media
        return value if not media or value else f"[{len(media)} shown to you after this code]"

    def _end(self, error: Exception) -> None:
        self._fatal = self._fatal or error
        self._blocked.set()

    def _context_of(self, call: PendingCall) -> ToolContext:
        # A number of a function means nothing in the script that the agent serves.
        return replace(self._context, call_id=call.call.id, invoke=None, paused=None, answers={})

    # What the model is told

    def _told(self, ran: Ran, source: str) -> Any:
        if ran.error is not None:
            raise self._with_output(_located(ran.error, source, self._session.pieces))
        text = _joined(self._session.output, ran.value)
        return [Text(text), *self._media] if self._media else text

    def _with_output(self, error: ToolError) -> ToolError:
        if output := self._session.output:
            error.message += f"\nPrinted before:\n{output[-1000:]}"
        return error


def _joined(output: str, value: Any) -> str:
    if not output:
        return results.text_of(value)
    output = output if output.endswith("\n") else f"{output}\n"
    return output.rstrip("\n") if value is None else f"{output}=> {results.text_of(value)}"


def _located(error: LlmspellError, source: str, pieces: Mapping[str, str]) -> ToolError:
    """The error of a piece of code, with the line of it."""
    current = f"code {len(pieces)}"
    told = error.message
    file = error.file or current
    if error.line is not None and file in pieces:
        lines = pieces[file].splitlines()
        where = f"line {error.line}" if file == current else f"line {error.line} of {file}"
        shown = lines[error.line - 1].strip()[:200] if 0 < error.line <= len(lines) else ""
        told += f"\n  at {where}: {shown}" if shown else f"\n  at {where}"
    del source
    return ToolError(told, hint=error.hint)


def _seed() -> int:
    return int.from_bytes(os.urandom(6), "big")
