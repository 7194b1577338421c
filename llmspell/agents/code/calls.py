"""The calls of tools that code makes: each goes the way of a model's own call, and those that must be approved wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from llmspell.agents import results
from llmspell.agents.calling import Answer, Asked, Caller, Stopped
from llmspell.agents.context import ToolContext
from llmspell.agents.pending import PendingCall
from llmspell.agents.tools import BaseTool, StopError
from llmspell.errors import UNCATCHABLE, LlmspellError, ToolError
from llmspell.functions import FUNCTION_KEY
from llmspell.providers.content import Media, Text, ToolCall, ToolResult

if TYPE_CHECKING:
    from llmspell.agents.calling import Emit
    from llmspell.agents.hooks import Hooks
    from llmspell.agents.toolbox import Toolbox

Data: TypeAlias = dict[str, Any]

_MOMENT = 0.02
_MOST_REMEMBERED = 16 * 1024 * 1024
"""Characters of calls that are kept in case that a run pauses; code that has made more cannot go on elsewhere."""


@dataclass(slots=True)
class Record:
    """A piece of code and the calls that it has made, so that it can be repeated without them."""

    code: str
    calls: list[Data] = field(default_factory=list)
    """`{"name", "args", "value"}`, or `"error"` instead of the value."""


@dataclass(slots=True)
class _Waiting:
    """A call that somebody must agree to."""

    number: int
    name: str
    args: Data
    asked: Asked
    decided: asyncio.Future[Mapping[str, Any]]

    def questions(self) -> list[Data]:
        inner = self.asked.paused is not None
        return [
            {**each, "id": f"{self.number}/{each['id']}" if inner else str(self.number)}
            for each in self.asked.questions
        ]

    def to_data(self) -> Data:
        return {
            "number": self.number,
            "name": self.name,
            "args": self.args,
            "questions": self.asked.questions,
            "arguments": self.asked.arguments,
            "paused": self.asked.paused,
        }


class Calls:
    """The calls of one session of code; `begin` and `end` stand around each piece.

    `finish` is the name by which code gives the answer itself. `count` is told of each call, and raises when there are
    too many. `blocked` is set when nothing goes on any more: when calls wait for approval, or when `fatal` ends the
    agent's run.
    """

    def __init__(
        self,
        tools: Toolbox,
        *,
        finish: str,
        hooks: Hooks,
        emit: Emit,
        count: Callable[[], None],
        concurrency: int,
        timeout: float | None,
    ) -> None:
        self.blocked = asyncio.Event()
        self.fatal: LlmspellError | None = None
        self.media: list[Media] = []
        self.size = 0
        """Characters of all that the calls of the session were given and gave, as JSON."""
        self.answer: Any = None
        """What the piece has given as the answer of the agent's run."""
        self.diverged = False
        """Whether a repeated piece made a call that it had not made the first time."""
        self._count = count
        self._finish = finish
        self._caller = _ValueCaller(tools=tools, hooks=hooks, context=self._context_of, emit=emit, timeout=timeout)
        self._room = asyncio.Semaphore(concurrency)
        self._context = ToolContext()
        self._record = Record("")
        self._active = False
        self._number = 0
        self._running = 0
        self._go = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()
        self._waiting: dict[int, _Waiting] = {}
        self._known: list[Data] = []
        self._asked: list[Data] = []
        self._answers: Mapping[str, Any] = {}
        self._strict = False

    @property
    def remembered(self) -> bool:
        """Whether all calls of the session are in its records."""
        return self.size <= _MOST_REMEMBERED

    def begin(self, context: ToolContext, record: Record) -> None:
        """A piece of code starts; what it calls is written into the record."""
        self._context, self._record, self._number = context, record, 0
        self._active, self.fatal, self.media, self.answer = True, None, [], None
        self._known, self._asked, self._strict = [], [], False
        self._waiting.clear()
        self.blocked.clear()
        self._go.set()

    def repeat(self, known: list[Data], asked: list[Data], answers: Mapping[str, Any], *, strict: bool) -> None:
        """What has begun is repeated: calls that are known have their answers, those that were asked about theirs.

        `strict` allows no others.
        """
        self._known, self._asked, self._answers, self._strict = list(known), list(asked), answers, strict
        self._number = max((each["number"] for each in asked), default=0) + len(known)

    def end(self) -> int:
        """The piece is over: gives how many calls were still open, which are cancelled."""
        self._active = False
        left = [task for task in self._open if not task.done()]
        for task in left:
            task.cancel()
        return len(left)

    # Approval

    def questions(self) -> list[Data]:
        """What waits to be approved."""
        return [question for waiting in self._waiting.values() for question in waiting.questions()]

    def waiting(self) -> list[Data]:
        """The calls that wait, for `repeat`."""
        return [each.to_data() for each in self._waiting.values()]

    def resume(self, context: ToolContext) -> None:
        """Go on with the answers to the questions."""
        self._context = context
        self.blocked.clear()
        self._go.set()
        for waiting in list(self._waiting.values()):
            if not waiting.decided.done():
                waiting.decided.set_result(context.answers)

    # A call

    async def __call__(self, name: str, args: Data) -> Any:
        """Call a tool for the code, by its name. Raises `ToolError` as the code sees it."""
        if not self._active:
            raise ToolError("no code is running that could call a tool", hint="await every call before the code ends")
        if name == self._finish:
            self.answer = _answer_of(args)
            return None
        if f'"{FUNCTION_KEY}": ' in json.dumps(args):
            raise ToolError(f"{name} takes no functions", hint="pass JSON: texts, numbers, lists, objects")
        task = asyncio.create_task(self._call(name, args))
        self._open.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if task.cancelled() and not self._active:
                raise ToolError(f"the call of {name} was cancelled: the code had ended") from None
            task.cancel()
            raise
        finally:
            self._open.discard(task)

    async def _call(self, name: str, args: Data) -> Any:
        await self._go.wait()
        if (known := _taken(self._known, name, args)) is not None:
            return _replayed(known)
        try:
            value = await self._answered(name, args)
        except ToolError as error:
            self._remember({"name": name, "args": args, "error": error.message})
            raise
        self._remember({"name": name, "args": args, "value": value})
        return value

    def _remember(self, entry: Data) -> None:
        self.size += len(json.dumps(entry))
        if self.size <= _MOST_REMEMBERED:
            self._record.calls.append(entry)

    async def _answered(self, name: str, args: Data) -> Any:
        if (asked := _taken(self._asked, name, args)) is not None:
            number = asked["number"]
            answer = await self._decided(
                _call_of(self._context, number, name, args),
                Asked(asked["questions"], asked["arguments"], asked["paused"]),
                self._answers,
            )
        else:
            if self._strict:
                self.diverged = True
                raise ToolError("the code cannot be repeated")
            self._number += 1
            number = self._number
            self._counted()
            answer = await self._try(PendingCall(key=number, call=_call_of(self._context, number, name, args)))
        while isinstance(answer, Asked):
            waiting = _Waiting(number, name, args, answer, asyncio.get_running_loop().create_future())
            answers = await self._wait(waiting)
            answer = await self._decided(_call_of(self._context, number, name, args), answer, answers)
        if isinstance(answer, Stopped):
            raise self._ended(StopError(answer.why or "the run was stopped"))
        return self._value(answer.result)

    async def _try(self, pending: PendingCall) -> Answer:
        self._running += 1
        try:
            async with self._room:
                return await self._caller.answer(pending)
        except LlmspellError as error:
            if error.kind in UNCATCHABLE or isinstance(error, StopError):
                self._ended(error)
            raise
        finally:
            self._running -= 1
            self._look()

    async def _wait(self, waiting: _Waiting) -> Mapping[str, Any]:
        self._waiting[waiting.number] = waiting
        self._look()
        try:
            return await waiting.decided
        finally:
            del self._waiting[waiting.number]

    async def _decided(self, call: ToolCall, asked: Asked, answers: Mapping[str, Any]) -> Answer:
        number = int(call.id.rpartition("/")[2])
        if asked.paused is None:
            answer = answers.get(str(number), {"approved": False, "reason": None})
            if not answer["approved"]:
                why = f": {answer['reason']}" if answer["reason"] else ""
                raise ToolError(f"the call of {call.name} was not approved{why}")
        inner = {id_.removeprefix(f"{number}/"): answer for id_, answer in answers.items()}
        pending = PendingCall(key=number, call=call, arguments=asked.arguments, approved=True, answers=inner)
        pending.paused = None if asked.paused is None else dict(asked.paused)
        return await self._try(pending)

    def _look(self) -> None:
        if self._waiting and not self._running:
            asyncio.get_running_loop().call_later(_MOMENT, self._block)  # other calls may come, to be asked about too

    def _block(self) -> None:
        if self._waiting and not self._running and self._active:
            self._go.clear()
            self.blocked.set()

    def _counted(self) -> None:
        try:
            self._count()
        except StopError as error:
            raise self._ended(error) from None

    def _ended(self, error: LlmspellError) -> LlmspellError:
        self.fatal = self.fatal or error
        self.blocked.set()
        return error

    def _value(self, result: ToolResult) -> Any:
        value = self._caller.value(result)
        if result.is_error:
            raise ToolError("\n".join(each.text for each in result.parts if isinstance(each, Text)))
        media = [each for each in result.parts if isinstance(each, Media)]
        self.media += media
        return value if not media or value else f"[{len(media)} media, shown to you after this code]"

    def _context_of(self, call: PendingCall) -> ToolContext:
        # A number of a function means nothing in the script that the agent serves.
        return replace(
            self._context,
            call_id=call.call.id,
            invoke=None,
            paused=call.paused,
            answers=call.answers if call.paused else {},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ValueCaller(Caller):
    """A caller that remembers what tools gave, before it became a text for a model."""

    given: dict[str, tuple[list[Text | Media], Any]] = field(default_factory=dict)

    def shown(self, tool: BaseTool, id_: str, value: Any, most: int) -> ToolResult:
        if results.is_content(value):
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
        return "\n".join(each.text for each in result.parts if isinstance(each, Text))


def _call_of(context: ToolContext, number: int, name: str, args: Data) -> ToolCall:
    return ToolCall(f"{context.call_id}/{number}", name, args)


def _answer_of(args: Data) -> Any:
    answer = args.get("answer")
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        raise ToolError("there is no answer in this", hint="pass it as `answer`: a text, or JSON")
    return answer


def _taken(entries: list[Data], name: str, args: Data) -> Data | None:
    """The first entry of that call, which is then gone."""
    if not entries:
        return None
    wanted = json.dumps([name, args], sort_keys=True)
    for at, entry in enumerate(entries):
        if json.dumps([entry["name"], entry["args"]], sort_keys=True) == wanted:
            return entries.pop(at)
    return None


def _replayed(known: Data) -> Any:
    if "error" in known:
        raise ToolError(known["error"])
    return known["value"]
