"""One run of one spell, without I/O: it takes what the interpreter says and decides what to answer.

A driver carries the messages: it hands every message of a slice to `receive`, does the `work` that comes up (the
calls that have to wait), reports it with `settle`, and feeds the interpreter what `take` gives. The rules of the
border are kept here, whatever a lying worker sends: numbers used once, calls and output counted, only known methods.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from llmspell import values
from llmspell.border import (
    Call,
    Cancel,
    Done,
    Failed,
    FromSpell,
    Invoke,
    Print,
    Raise,
    Reject,
    Resolve,
    Return,
    ToSpell,
)
from llmspell.budget import Budget
from llmspell.errors import (
    ArgumentTypeError,
    CancelledError,
    ErrorData,
    InternalError,
    InvalidValueError,
    LimitError,
    LlmspellError,
    NotFoundError,
    SpellError,
    from_data,
)
from llmspell.events import CallEnded, CallStarted, Event, Log, Output
from llmspell.faults import as_error
from llmspell.limits import Limits, allow_more, hint_for

if TYPE_CHECKING:
    import asyncio

    from llmspell.scriptable.context import RunContext
    from llmspell.scriptable.objects import Method
    from llmspell.streams import Stream


_VALUES = frozenset({dict, list, str, int, float, bool, type(None)})  # what most methods give: nothing to wait for


OUTPUT_LIMIT = "output limit"
MAX_STREAMS = 100
"""How many streams may be open at once: each holds what it read ahead, and maybe a file or a connection."""


class Work(NamedTuple):
    """A call that has to wait: the driver awaits it and reports to `settle`."""

    id: int
    awaitable: Awaitable[Any]


class Session:
    """The state of a run. `ended` is set, to `Done` or `Failed`, when it is over."""

    def __init__(
        self,
        methods: Callable[[str], Method | None],
        context: RunContext,
        limits: Limits,
        emit: Callable[[Event], None] | None,
        sources: dict[str, str],
        budget: Budget | None = None,
    ) -> None:
        self.ended: Done | Failed | None = None
        self.calls = 0
        self.output: list[str] = []
        self.work: list[Work] = []
        self.dropped: list[int] = []
        self.sources = sources
        self.wake: Callable[[], None] = lambda: None
        self._methods = methods
        self._context = context
        self._limits = limits
        self._budget = budget or Budget.of(limits)
        self._emit = emit
        self._known: dict[str, Method] = {}
        self._outbox: list[tuple[ToSpell, int]] = []  # with about how many bytes each has
        self._waiting = 0
        self._open: dict[int, tuple[str, float]] = {}  # the method, and since when
        self._streams: dict[int, Stream] = {}
        self._invoked: dict[int, asyncio.Future[Any]] = {}
        self._last_call = 0
        self._last_invoke = 0
        self._room = limits.max_output
        self._abort: LlmspellError | None = None

    # What the interpreter says

    def receive(self, message: FromSpell) -> None:
        """Take one message of the interpreter. After the end, and after an abort, only the end counts."""
        if self.ended is not None:
            return
        match message:
            case Call() if self._abort is None:
                self._call(message)
            case Done(value):
                self._end(Done(value) if self._abort is None else Failed(self._abort.to_data()))
            case Failed(error):
                self._end(Failed(self._located(error)))
            case Print(stream, text):
                self._print(stream, text)
            case _ if self._abort is None:
                self._act(message)

    def _act(self, message: FromSpell) -> None:
        match message:
            case Cancel(id_):
                self._drop(id_)
            case Return(id_, value):
                self._answered(id_, value, None)
            case Raise(id_, error):
                self._answered(id_, None, from_data(error))

    def pass_on(self, stream: str, text: str) -> None:
        """Take what a spell printed that this one runs: it counts here too."""
        if self.ended is None and self._abort is None:
            self._print(stream, text)

    @property
    def room(self) -> int:
        """The bytes that may still be printed."""
        return max(self._room, 0)

    def slice_ended(self) -> None:
        """The interpreter is at rest. A spell that then waits for nothing has failed."""
        waiting = self._open or self._outbox or self._invoked or self.ended or self._abort
        if not waiting:
            error = SpellError(
                "the spell waits for something that never happens",
                hint="resume what it waits for, or return",
            )
            self._end(Failed(error.to_data()))

    # What the interpreter is told

    def take(self) -> list[ToSpell]:
        """The answers to feed to the interpreter next, so many as make no large message; empty when there are none."""
        outbox, count, size = self._outbox, 0, 0
        if self._waiting <= values.MAX_BYTES:  # as nearly always
            self._outbox, self._waiting = [], 0
            return [message for message, _ in outbox]
        for _, each in outbox:
            if count and size + each > values.MAX_BYTES:
                break
            count += 1
            size += each
        self._outbox = outbox[count:]
        self._waiting -= size
        return [message for message, _ in outbox[:count]]

    @property
    def pending(self) -> bool:
        """Whether there is something to feed."""
        return bool(self._outbox) and self.ended is None

    def settle(self, id_: int, value: object, error: BaseException | None = None) -> None:
        """A call that had to wait is done."""
        call = self._open.pop(id_, None)
        if call is None or self.ended is not None:
            return
        method, since = call
        failure = as_error(error) if error is not None else None
        if failure is None:
            try:
                checked, size = values.weigh(value, "the result of " + method)
                self._say(Resolve(id_, checked), size)
            except LlmspellError as refused:
                failure = refused
        if failure is not None:
            self._say(Reject(id_, failure.to_data()), len(failure.message))
        if self._emit is not None:
            self._emit(CallEnded(id_, method, time.monotonic() - since, failure))
        if (exceeded := self._budget.exceeded) is not None:
            self.abort(exceeded)  # whatever became of the error on its way: no tool and no agent hides it

    def _say(self, message: ToSpell, size: int) -> None:
        """Keep an answer until the interpreter takes it. The run ends when more wait than the script could hold."""
        self._outbox.append((message, size))
        self._waiting += size
        if self._waiting > 2 * max(self._limits.memory, values.MAX_BYTES):
            limit = megabytes(self._limits.memory)
            hint = f"ask for less at once, or {allow_more('memory')}"
            self.abort(LimitError(f"memory limit of {limit} exceeded by answers that wait for the spell", hint=hint))

    def abort(self, error: LlmspellError) -> None:
        """End the run with `error`; the driver still asks the interpreter where it was."""
        if self.ended is None and self._abort is None:
            self._abort = error

    @property
    def aborting(self) -> LlmspellError | None:
        """The error that ends this run, once `abort` was called."""
        return self._abort

    def fail(self, error: LlmspellError) -> None:
        """End the run here and now."""
        if self.ended is None:
            self._end(Failed((self._abort or error).to_data()))

    def invoke(self, function: int, args: list[Any]) -> asyncio.Future[Any]:
        """Call a function that the script handed over; the future has its value or its error.

        Raises `CancelledError` once the run is over: a tool may go on in its thread.
        """
        if self.ended is not None:
            raise CancelledError("the run of this function is over")
        import asyncio  # whoever waits for a future has it already

        future = asyncio.get_running_loop().create_future()
        self._last_invoke += 1
        self._invoked[self._last_invoke] = future
        checked, size = values.weigh(args, "the arguments")
        self._say(Invoke(self._last_invoke, function, checked), size)
        self.wake()
        return future

    # Calls

    def _call(self, call: Call) -> None:
        if call.id <= self._last_call:
            self.abort(InternalError(f"the script's side used the call number {call.id} again"))
            return
        self._last_call = call.id
        if len(self._open) > 2 * self._limits.max_calls:  # each call, and one read of the stream that it opened
            self.abort(InternalError("the script's side has more calls open than it can have made"))
            return
        stream = self._stream_of(call) if call.method == "next" else None
        if stream is None or stream.over:
            self.calls += 1  # reading on in a stream is no call of its own
            try:
                self._budget.count_call()
            except LimitError as error:
                self.abort(error)
                return
        self._open[call.id] = (call.method, time.monotonic())
        if self._emit is not None:
            self._emit(CallStarted(call.id, call.method))
        try:
            result = _next(stream) if call.method == "next" else self._method(call)
        except Exception as error:  # noqa: BLE001  # whatever a method raises is the answer to its call
            self.settle(call.id, None, error)
            return
        if type(result) not in _VALUES and hasattr(result, "__await__"):  # a third of the time that isinstance takes
            self.work.append(Work(call.id, result))
        else:
            self.settle(call.id, result)

    def _method(self, call: Call) -> Any:
        method = self._known.get(call.method)
        if method is None:
            method = self._methods(call.method)
            if method is None:
                raise NotFoundError(f"the runtime has no method {call.method[:60]!r}")
            self._known[call.method] = method
        result = method.call(self._context, call.args)
        if type(result) not in _VALUES and hasattr(result, "__anext__"):
            from llmspell.streams import Stream  # loads asyncio

            self._check_streams()
            self._streams[call.id] = Stream(result)
            return None
        return result

    def _check_streams(self) -> None:
        if len(self._streams) < MAX_STREAMS:
            return
        if sum(not stream.over for stream in self._streams.values()) >= MAX_STREAMS:
            raise InvalidValueError(
                f"{MAX_STREAMS} streams are open", hint="read them to their end, or leave their loops early"
            )

    def _stream_of(self, call: Call) -> Stream | None:
        number = call.args.get("stream")
        return self._streams.get(number) if type(number) is int else None

    def _drop(self, id_: int) -> None:
        if id_ > self._last_call:
            self.abort(InternalError(f"the script's side cancelled the call number {id_}, which it never made"))
            return
        stream = self._streams.pop(id_, None)
        if stream is not None:
            stream.close()
        if (call := self._open.pop(id_, None)) is not None:
            method, since = call
            self.dropped.append(id_)
            if self._emit is not None:
                error = CancelledError(f"{method} was cancelled by the spell")
                self._emit(CallEnded(id_, method, time.monotonic() - since, error))

    def _answered(self, id_: int, value: Any, error: LlmspellError | None) -> None:
        future = self._invoked.pop(id_, None)
        if future is None:
            self.abort(InternalError(f"the script's side answered number {id_}, which nobody waits for"))
            return
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    # Output and the end

    def _print(self, stream: str, text: str) -> None:
        self._room -= len(text) if text.isascii() else len(text.encode())
        if self._room < 0:
            self.overflow()
        elif stream == "stdout":
            if text:  # nothing costs nothing, and takes room however often it is printed
                self.output.append(text)
            if text and self._emit is not None:
                self._emit(Output(text))
        elif self._emit is not None:
            self._emit(Log(stream, text))

    def overflow(self) -> None:
        """End the run because too much was printed."""
        hint = f"print less, or {allow_more('max_output')}"
        self.abort(LimitError(f"{OUTPUT_LIMIT} of {megabytes(self._limits.max_output)} exceeded", hint=hint))

    def _end(self, ended: Done | Failed) -> None:
        self.ended = ended
        for stream in self._streams.values():
            stream.close()
        for future in self._invoked.values():
            future.cancel()
        for work in self.work:
            _discard(work.awaitable)
        self.work.clear()
        self._streams.clear()
        self._invoked.clear()
        self._outbox.clear()
        left, self._open = self._open, {}
        for id_, (method, since) in left.items():
            if self._emit is not None:
                error = CancelledError(f"{method} was cancelled: the run is over")
                self._emit(CallEnded(id_, method, time.monotonic() - since, error))

    def _located(self, error: ErrorData) -> ErrorData:
        """The error with the line of the script that it points to; an abort keeps its own words."""
        error = from_data(error).to_data()  # fields of a wrong type are gone
        if self._abort is not None:
            place = {key: error[key] for key in ("file", "line", "column", "stack") if key in error}
            error = place | self._abort.to_data()
        elif error["kind"] == LimitError.kind and (hint := hint_for(error["message"])) is not None:
            error = {"hint": hint} | error
        lines = self.sources.get(error.get("file", ""), "").splitlines()
        number = error.get("line")
        if type(number) is int and 0 < number <= len(lines):
            error = error | {"source_line": lines[number - 1]}
        return error


def megabytes(size: int) -> str:
    """A size in words: whole MiB where it is one, bytes otherwise."""
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 else f"{size} bytes"


def _next(stream: Stream | None) -> Awaitable[Any]:
    if stream is None:
        raise ArgumentTypeError("there is no such stream, or it was closed")
    return stream.next()


def _discard(awaitable: object) -> None:
    if hasattr(awaitable, "close"):
        awaitable.close()
