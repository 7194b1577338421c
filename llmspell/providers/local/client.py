"""The near end of a local model's worker process: many calls at once over one socket."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

from llmspell import values
from llmspell.errors import InvalidValueError, LlmspellError, ModelError, TimeoutExceededError, from_data
from llmspell.providers.local.worker import Event
from llmspell.workers import frames
from llmspell.workers.child import Child

_WORKER = "llmspell.providers.local.worker"
_KEPT_VARIABLES = ("HOME", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
"""What the runtimes need to find libraries and devices; keys and everything else stay here."""


class ModelProcess(asyncio.Protocol):
    """A loaded model in its own process. Made by `start`; of no use once `dead`."""

    def __init__(self, child: Child, name: str) -> None:
        self._child = child
        self._name = name
        self._buffer = frames.FrameBuffer()
        self._calls: dict[int, asyncio.Queue[tuple[list[Event], dict[str, Any] | None]]] = {}
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
        child = Child.start(_WORKER, [str(os.getpid())], env)
        process = cls(child, options["name"])
        try:
            child.sock.setblocking(False)
            await process._loop.create_unix_connection(lambda: process, sock=child.sock)
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
        return self._ending is not None or self._loop.is_closed() or self._loop is not asyncio.get_running_loop()

    async def call(self, method: str, args: dict[str, Any], deadline: float | None = None) -> Any:
        """The value of a request. Cancelling the awaiting task cancels the request."""
        async for _, outcome in self.answers(method, args, deadline):
            if outcome is not None:
                return outcome["value"]
        raise AssertionError("the answers of a request end with an outcome")

    async def answers(
        self, method: str, args: dict[str, Any], deadline: float | None = None
    ) -> AsyncIterator[tuple[list[Event], dict[str, Any] | None]]:
        """The events of a request in batches, the last with the outcome.

        `deadline` is in the loop's time; passing it raises `TimeoutExceededError`. Raises what the request
        failed with. Leaving early cancels the request.
        """
        id_, finished = self._open(method, args), False
        try:
            while not finished:
                events, outcome = await self._next(id_, deadline)
                finished = outcome is not None
                if outcome is not None and "error" in outcome:
                    raise from_data(outcome["error"])
                yield events, outcome
        finally:
            del self._calls[id_]
            if not finished:
                self._send([id_, "cancel"])

    def _open(self, method: str, args: dict[str, Any]) -> int:
        if self._ending is not None:
            raise self._death(self._child.poll())
        self._last_id += 1
        try:
            self._send([self._last_id, method, args])
        except UnicodeEncodeError:
            raise InvalidValueError("the prompt is not valid Unicode (a lone surrogate)") from None
        self._calls[self._last_id] = asyncio.Queue()
        return self._last_id

    async def _next(self, id_: int, deadline: float | None) -> tuple[list[Event], dict[str, Any] | None]:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._calls[id_].get()
        except TimeoutError:
            raise TimeoutExceededError(f"{self._name} did not finish its answer in time") from None

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
            if (waiting := self._calls.get(id_)) is not None:
                waiting.put_nowait((events, outcome))

    def connection_lost(self, _error: Exception | None) -> None:
        """Part of `asyncio.Protocol`: the process ended; so do its calls."""
        if self._ending is None:
            self._ending = self._loop.create_task(self._end())

    async def _end(self) -> None:
        self._child.kill()
        status = await self._child.exited()
        error = self._death(status).to_data()
        for waiting in self._calls.values():
            waiting.put_nowait(([], {"error": error}))

    def _death(self, status: int | None) -> LlmspellError:
        how = f"with exit code {status}"
        if status is not None and status < 0:
            how = f"with signal {-status} ({_signal_name(-status)})"
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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
