"""The near end of a local model's worker process: many calls at once over one socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError, ModelError, TimeoutExceededError, from_data
from llmspell.providers.local.worker import Event
from llmspell.workers import frames
from llmspell.workers.child import Child

_WORKER = "llmspell.providers.local.worker"
_KEPT_VARIABLES = ("HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""What the runtimes need to find libraries and devices; keys and everything else stay here."""

Outcome: TypeAlias = dict[str, Any] | None
"""How a request ended, `{"value": ...}` or `{"error": ...}`; None while it goes on."""


class Answers:
    """The events of a request in batches, the last with the outcome: an iterator to close after use.

    Raises what the request failed with, and `TimeoutExceededError` when its deadline passes. Closing it early
    cancels the request.
    """

    def __init__(self, name: str, deadline: float | None, forget: Callable[[bool], None]) -> None:
        self._name = name
        self._deadline = deadline
        self._forget = forget
        self._waiting: asyncio.Queue[tuple[list[Event], Outcome]] = asyncio.Queue()
        self._finished = False

    def put(self, events: list[Event], outcome: Outcome) -> None:
        """Hand over what came from the process."""
        self._waiting.put_nowait((events, outcome))

    def __aiter__(self) -> Answers:
        return self

    async def __anext__(self) -> tuple[list[Event], Outcome]:
        if self._finished:
            raise StopAsyncIteration
        events, outcome = self._waiting.get_nowait() if self._waiting.qsize() else await self._wait()
        self._finished = outcome is not None
        if outcome is not None and "error" in outcome:
            raise from_data(outcome["error"])
        return events, outcome

    async def _wait(self) -> tuple[list[Event], Outcome]:
        if self._deadline is None:
            return await self._waiting.get()
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._waiting.get()
        except TimeoutError:
            raise TimeoutExceededError(f"{self._name} did not finish its answer in time") from None

    def close(self) -> None:
        """Stop listening."""
        self._forget(self._finished)


class ModelProcess(asyncio.Protocol):
    """A loaded model in its own process. Made by `start`; of no use once `dead`."""

    def __init__(self, child: Child, name: str) -> None:
        self._child = child
        self._name = name
        self._buffer = frames.FrameBuffer()
        self._calls: dict[int, Answers] = {}
        self._last_id = 0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._ending: asyncio.Task[None] | None = None
        self._loaded = False
        self.facts: dict[str, Any] = {}

    @classmethod
    async def start(cls, options: dict[str, Any]) -> ModelProcess:
        """Start a process and load the model that `options` describes. Raises `ModelError`."""
        env = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        try:
            child = Child.start(_WORKER, [str(os.getpid())], env)
        except OSError as error:
            raise ModelError(f"cannot start a process for {options['name']}: {error.strerror}") from None
        process = cls(child, options["name"])
        try:
            sock = socket.socket(fileno=child.sock.detach())
            sock.setblocking(False)
            await process._loop.create_unix_connection(lambda: process, sock=sock)
            process.facts = await process.call("load", options)
            process._loaded = True
        except BaseException:
            await process.close()
            raise
        return process

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    @property
    def dead(self) -> bool:
        """Whether it ended, or belongs to an event loop that did."""
        if self._ending is not None or self._loop is not asyncio.get_running_loop():
            return True
        return self._child.poll() is not None  # the loop may not have heard of its end yet

    async def call(self, method: str, args: dict[str, Any], deadline: float | None = None) -> Any:
        """The value of a request. Cancelling the awaiting task cancels the request."""
        with contextlib.closing(self.answers(method, args, deadline)) as answers:
            async for _, outcome in answers:
                value = outcome
        return value["value"] if value else None

    def answers(self, method: str, args: dict[str, Any], deadline: float | None = None) -> Answers:
        """Send a request. `deadline` is in the loop's time."""
        if self._ending is not None:
            raise self._death(self._child.poll())
        self._last_id += 1
        try:
            self._send([self._last_id, method, args])
        except UnicodeEncodeError:
            raise InvalidValueError("the prompt is not valid Unicode (a lone surrogate)") from None
        answers = self._calls[self._last_id] = Answers(self._name, deadline, partial(self._forget, self._last_id))
        return answers

    def _forget(self, id_: int, finished: bool) -> None:  # a callback
        del self._calls[id_]
        if not finished:
            self._send([id_, "cancel"])

    def _send(self, frame: list[Any]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames.pack(frame))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of `asyncio.Protocol`."""
        self._transport = transport  # type: ignore[assignment]  # a stream socket has a two-way transport

    def data_received(self, data: bytes) -> None:
        """Part of `asyncio.Protocol`: hand each answer to the call that waits for it."""
        for body in self._buffer.feed(data):
            id_, events, outcome = values.loads(body)
            if (answers := self._calls.get(id_)) is not None:
                answers.put(events, outcome)

    def connection_lost(self, _error: Exception | None) -> None:
        """Part of `asyncio.Protocol`: the process ended; so do its calls."""
        if self._ending is None:
            self._ending = self._loop.create_task(self._end())

    async def _end(self) -> None:
        self._child.kill()
        status = await self._child.exited()
        error = self._death(status).to_data()
        for answers in self._calls.values():
            answers.put([], {"error": error})

    def _death(self, status: int | None) -> LlmspellError:
        how = _how_it_ended(status)
        if not self._loaded:
            return ModelError(
                f"the model {self._name} cannot be loaded: its process died {how}",
                hint="the file may be damaged, or too large for the memory",
            )
        return ModelError(
            f"the process of the model {self._name} died {how}",
            hint="the next call starts a new one",
            retryable=True,
        )

    async def close(self) -> None:
        """End the process; calls still open fail."""
        if self._transport is not None:
            self._transport.abort()
        if self._ending is None:
            self._ending = self._loop.create_task(self._end())
        await asyncio.shield(self._ending)
        self._child.close()

    def discard(self) -> None:
        """End the process at once, without an event loop."""
        self._child.close()


def _how_it_ended(status: int | None) -> str:
    if status is None:
        return "and is still being taken apart"
    if status >= 0:
        return f"with exit code {status}"
    try:
        return f"with signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"with signal {-status}"
