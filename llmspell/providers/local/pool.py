"""The model processes of a provider: one for each model in use, the least recently used ended first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, TypeAlias

from llmspell.errors import TimeoutExceededError
from llmspell.providers.local.client import ModelProcess

Options: TypeAlias = Callable[[], dict[str, Any]]
"""Gives the worker's `load` request; may read the model file and raise `ModelError`. Runs in a thread."""


class _Entry:
    def __init__(self, starting: asyncio.Task[ModelProcess]) -> None:
        self.starting = starting
        self.users = 0
        self.idle_timer: asyncio.TimerHandle | None = None

    @property
    def of_no_use(self) -> bool:
        if not self.starting.done():
            return self.starting.get_loop() is not asyncio.get_running_loop()
        return self.starting.cancelled() or self.starting.exception() is not None or self.starting.result().dead


class Lease:
    """A process in use: `async with lease as process`."""

    def __init__(self, deadline: float | None, take: Callable[[], _Entry], give_back: Callable[[_Entry], None]) -> None:
        self.deadline = deadline
        self._take = take
        self._give_back = give_back

    async def __aenter__(self) -> ModelProcess:
        self._entry = self._take()
        try:
            return await _started(self._entry, self.deadline)
        except BaseException:
            self._give_back(self._entry)
            raise

    async def __aexit__(self, *error: object) -> None:
        self._give_back(self._entry)


class ProcessPool:
    """At most `limit` idle and busy processes together, more only while that many are busy.

    A process that nobody uses for `idle_timeout` seconds ends; None keeps it.
    """

    def __init__(self, limit: int, idle_timeout: float | None) -> None:
        self._limit = limit
        self._idle_timeout = idle_timeout
        self._entries: dict[Hashable, _Entry] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def use(self, key: Hashable, options: Options, deadline: float | None) -> Lease:
        """The process of the model `key`, to use in an `async with`; started when there is none.

        Entering raises `ModelError` when that fails. `deadline` is in the loop's time; passing it raises
        `TimeoutExceededError`, and the start goes on.
        """
        return Lease(deadline, partial(self._entry, key, options), partial(self._release, key))

    def _entry(self, key: Hashable, options: Options) -> _Entry:
        entry = self._entries.pop(key, None)
        if entry is not None and entry.of_no_use:
            self._drop(entry)
            entry = None
        if entry is None:
            self._make_room()
            entry = _Entry(asyncio.get_running_loop().create_task(_start(options)))
        if entry.idle_timer is not None:
            entry.idle_timer.cancel()
            entry.idle_timer = None
        self._entries[key] = entry  # the dict keeps the least recently used first
        entry.users += 1
        return entry

    def _make_room(self) -> None:
        for key in [key for key, entry in self._entries.items() if not entry.users]:
            if len(self._entries) < self._limit:
                return
            self._drop(self._entries.pop(key))

    def _release(self, key: Hashable, entry: _Entry) -> None:
        entry.users -= 1
        if entry.users or self._entries.get(key) is not entry:
            return
        if entry.of_no_use or len(self._entries) > self._limit:
            self._drop(self._entries.pop(key))
        elif self._idle_timeout is not None:
            loop = asyncio.get_running_loop()
            entry.idle_timer = loop.call_later(self._idle_timeout, self._expire, key, entry)

    def _expire(self, key: Hashable, entry: _Entry) -> None:
        if self._entries.get(key) is entry and not entry.users:
            self._drop(self._entries.pop(key))

    def _drop(self, entry: _Entry) -> None:
        if entry.starting.get_loop() is not asyncio.get_running_loop():
            _discard(entry.starting)
            return
        task = asyncio.get_running_loop().create_task(_close(entry))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """End all processes; calls still open fail."""
        entries, self._entries = self._entries, {}
        for entry in entries.values():
            self._drop(entry)
        while self._closing:
            await asyncio.wait(self._closing)


async def _start(options: Options) -> ModelProcess:
    return await ModelProcess.start(await asyncio.to_thread(options))


async def _started(entry: _Entry, deadline: float | None) -> ModelProcess:
    try:
        async with asyncio.timeout_at(deadline):
            return await asyncio.shield(entry.starting)
    except TimeoutError:
        raise TimeoutExceededError("the model was not loaded in time") from None


async def _close(entry: _Entry) -> None:
    if entry.idle_timer is not None:
        entry.idle_timer.cancel()
    entry.starting.cancel()
    await asyncio.wait([entry.starting])
    if not entry.starting.cancelled() and entry.starting.exception() is None:
        await entry.starting.result().close()


def _discard(starting: asyncio.Task[ModelProcess]) -> None:
    if starting.done() and not starting.cancelled() and starting.exception() is None:
        starting.result().discard()
