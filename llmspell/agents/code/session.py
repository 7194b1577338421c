"""One session of code: a spell in a worker that runs one piece of code after the other and keeps what they leave.

It starts with the first piece and ends with the agent's run, or when a limit is passed; what it kept is then lost, and
the next piece finds a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from llmspell.agents.code.languages import OPEN, WRITTEN
from llmspell.agents.code.options import Code
from llmspell.agents.context import ToolContext
from llmspell.agents.tools import BaseTool
from llmspell.errors import CancelledError, LlmspellError, SpellError, TimeoutExceededError, ToolError
from llmspell.functions import is_function, script_function

if TYPE_CHECKING:
    from llmspell.budget import Budget

CallTool: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Calls a tool for a piece of code, by its name."""


class LostError(ToolError):
    """The session is over, and with it what it kept."""


@dataclass(slots=True)
class Ran:
    """What a piece of code came to."""

    value: Any = None
    error: LlmspellError | None = None


class CodeSession:
    """Runs pieces of code, one at a time. `call` is what their calls of tools do; `printed` is what they printed."""

    def __init__(self, code: Code, call: CallTool, *, seed: int) -> None:
        self.pieces: dict[str, str] = {}
        self.printed: list[str] = []
        self.seed = seed
        self._code = code
        self._call = call
        self._room = 0
        self._task: asyncio.Task[LlmspellError | None] | None = None
        self._run: Callable[..., Awaitable[Any]] | None = None
        self._opened: asyncio.Future[Callable[..., Awaitable[Any]]] | None = None

    @property
    def alive(self) -> bool:
        """Whether there is something that the next piece would find."""
        return self._task is not None and not self._task.done()

    async def open(self, budget: Budget | None) -> None:
        """Start it, if it is not there. Raises what kept it from starting."""
        if self.alive:
            return
        await self.close()
        runner = self._code.runner
        assert runner is not None  # noqa: S101  # for the type checker: an agent without one is refused
        written = WRITTEN[self._code.language]
        self.pieces = {}
        self._opened = asyncio.get_running_loop().create_future()
        session = runner(
            self._code.language,
            written.source,
            tools=_Reached(self._handed_over, self._call),
            pieces=self.pieces,
            limits=self._code.limits,
            budget=budget,
            seed=self.seed,
            show=self._show,
        )
        self._task = asyncio.create_task(session.drive())
        both: list[asyncio.Future[Any]] = [self._task, self._opened]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            raise await self._failure()
        self._run = self._opened.result()

    def begin(self, source: str) -> asyncio.Future[Any]:
        """Start a piece of code; the future has its value or its error."""
        assert self._run is not None  # noqa: S101  # for the type checker: it is open
        name = f"code {len(self.pieces) + 1}"
        self.pieces[name] = source
        self.printed, self._room = [], self._code.max_output
        return asyncio.ensure_future(self._run(name))

    async def finish(self, piece: asyncio.Future[Any], blocked: asyncio.Event, seconds: float | None) -> Ran | None:
        """Wait for a piece of code; None when `blocked` is set first. Raises `LostError` when the session has ended."""
        assert self._task is not None  # noqa: S101  # for the type checker: it is open
        waits = asyncio.create_task(blocked.wait())
        try:
            await asyncio.wait([piece, self._task, waits], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waits.cancel()
        if piece.done() and not piece.cancelled():
            error = piece.exception()
            if error is None:
                return Ran(piece.result())
            return Ran(error=error if isinstance(error, LlmspellError) else SpellError(str(error)))
        if self._task.done() or piece.cancelled():
            raise await self._failure()
        if blocked.is_set():
            return None
        await self.close()
        raise _lost(TimeoutExceededError(f"the code took longer than {seconds:g} s, its tools included"))

    async def close(self) -> None:
        """End it now, with whatever runs in it."""
        task, self._task, self._run = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _failure(self) -> LlmspellError:
        task, self._task, self._run = self._task, None, None
        assert task is not None  # noqa: S101  # for the type checker: the callers looked
        return _lost(await task or CancelledError("the code ended its session"))

    async def _handed_over(self, args: dict[str, Any], context: ToolContext) -> Any:
        """What the session's own script calls, once: its function runs a piece. The call lasts as long as it does."""
        run = args.get("run")
        if self._opened is None or self._opened.done() or context.invoke is None or not is_function(run):
            raise ToolError("this is no tool")
        assert isinstance(run, dict)  # noqa: S101  # for the type checker: it is a function
        self._opened.set_result(script_function(context.invoke, run["$function"]))
        await asyncio.Event().wait()

    def _show(self, text: str) -> None:
        if self._room > 0:
            self.printed.append(text[: self._room])
        self._room -= len(text)

    @property
    def output(self) -> str:
        """What the piece has printed, as much of it as the model is shown."""
        text = "".join(self.printed)
        return text if self._room >= 0 else f"{text}\n[cut: {-self._room} characters more were printed]"


class _Reached(Mapping[str, BaseTool]):
    """The tools as code reaches them. Any name is one: what does not exist is answered as for a model."""

    def __init__(self, hand_over: Callable[[dict[str, Any], ToolContext], Awaitable[Any]], call: CallTool) -> None:
        self._hand_over = hand_over
        self._call = call

    def __getitem__(self, name: str) -> BaseTool:
        if name == OPEN:
            return _Relay(name, self._hand_over)
        return _Relay(name, lambda args, _: self._call(name, args))

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Relay(BaseTool):
    """Passes a call on as it is; whoever gets it checks it."""

    description = ""
    parameters: dict[str, Any] = {}  # noqa: RUF012  # a constant

    def __init__(self, name: str, function: Callable[[dict[str, Any], ToolContext], Awaitable[Any]]) -> None:
        super().__init__(name)
        self._function = function

    def check(self, args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:  # noqa: ARG002  # as it is
        return dict(args)

    async def run(self, args: dict[str, Any], context: ToolContext) -> Any:
        return await self._function(args, context)


def _lost(error: LlmspellError) -> LostError:
    lost = LostError(
        f"{error.message}. The session is over: all that earlier code has left is lost",
        hint="do less at once, and set up again what you need",
    )
    lost.__cause__ = error
    return lost
