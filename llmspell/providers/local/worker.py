"""The far end of a local model: one process, one model, driven over the inherited socket.

Requests are frames `[id, method, args]`; the first loads the model, `[id, "cancel"]` stops one. Answers are
frames `[id, events, outcome]`, outcome being null while more is to come and then `{"value": ...}` or
`{"error": ...}`. Events wait while the socket is busy and leave together, neighbouring text joined: a slow reader
costs no frame for each token.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from llmspell import values
from llmspell.errors import InternalError, LlmspellError, ModelError
from llmspell.workers import SOCKET, frames, harden

Event: TypeAlias = list[Any]
"""`["text", str]`, `["reasoning", str]`, `["tool", index, id, name, arguments]`, `["usage", input, output,
cached]`, `["finish", reason, raw reason]`, `["vector", list of float]`."""

RUNTIMES = {
    "llamacpp": "llmspell.providers.local.llamacpp",
    "ctransformers": "llmspell.providers.local.ctransformers_rt",
}
_READ = 1 << 16


class Job(Protocol):
    """A request being answered, as a runtime sees it."""

    def emit(self, event: Event) -> None:
        """Send an event to whoever waits for it."""
        ...

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits any more."""
        ...


class Runtime(Protocol):
    """A loaded model. `slots` is how many requests it can work on at once; `facts` is what loading told."""

    slots: int
    facts: dict[str, Any]

    def generate(self, job: Job, request: dict[str, Any]) -> None:
        """Answer a conversation with events."""
        ...

    def embed(self, job: Job, texts: list[str]) -> dict[str, Any]:
        """A `vector` event for each text; gives `{"tokens": n}`."""
        ...

    def count(self, messages: list[dict[str, Any]]) -> int:
        """The tokens of a conversation as the model would see it."""
        ...


def main(args: list[str]) -> None:
    """Serve one model on the inherited socket until it closes; `args` is the pid of the parent."""
    harden.die_with_parent(int(args[0]))
    harden.keep_private()  # also: a crash would write the whole model to disk
    Worker(socket.socket(fileno=SOCKET)).run()


class Worker:
    """Reads requests in the main thread, so that a cancel and the end of the parent are never missed."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._outbox = Outbox(sock)
        self._jobs: dict[int, _Job] = {}
        self._queue: queue.SimpleQueue[tuple[_Job, Callable[[], Any]]] = queue.SimpleQueue()
        self._runtime: Runtime | None = None

    def run(self) -> None:
        """Serve until the parent goes away."""
        threading.Thread(target=self._outbox.run, daemon=True).start()
        self._start_thread()
        buffer = frames.FrameBuffer()
        while data := self._receive():
            for body in buffer.feed(data):
                self._handle(values.loads(body))
        os._exit(0)  # a runtime in the middle of a token cannot be asked to stop

    def _receive(self) -> bytes:
        try:
            return self._sock.recv(_READ)
        except ConnectionError:
            return b""

    def _start_thread(self) -> None:
        threading.Thread(target=self._work, daemon=True).start()

    def _handle(self, request: list[Any]) -> None:
        id_, method, *rest = request
        if method == "cancel":
            if job := self._jobs.get(id_):
                job.cancelled = True
            return
        job = self._jobs[id_] = _Job(id_, self._outbox)
        self._queue.put((job, lambda: self._answer(job, method, rest[0])))

    def _work(self) -> None:
        while True:
            job, answer = self._queue.get()
            try:
                outcome = {"value": None if job.cancelled else answer()}
            except LlmspellError as error:
                outcome = {"error": error.to_data()}
            except Exception as error:  # noqa: BLE001  # a request may fail in any way without ending the others
                outcome = {"error": InternalError(f"{type(error).__name__}: {error}").to_data()}
            self._jobs.pop(job.id, None)
            self._outbox.finish(job.id, outcome)

    def _answer(self, job: _Job, method: str, args: dict[str, Any]) -> Any:
        if method == "load":
            return self._load(args)
        assert self._runtime is not None  # noqa: S101  # the parent loads first
        if method == "generate":
            return self._runtime.generate(job, args)
        if method == "embed":
            return self._runtime.embed(job, args["texts"])
        return self._runtime.count(args["messages"])

    def _load(self, options: dict[str, Any]) -> dict[str, Any]:
        name = options["runtime"]
        try:
            module = importlib.import_module(RUNTIMES[name])
            self._runtime = runtime = module.load(options)
        except ImportError as error:
            hint = "run: pip install 'llmspell[local]'; or set the key of a service, such as OPENAI_API_KEY"
            raise ModelError(f"{name} is not installed ({error})", hint=hint) from None
        for _ in range(runtime.slots - 1):
            self._start_thread()
        return dict(runtime.facts)


class _Job:
    def __init__(self, id_: int, outbox: Outbox) -> None:
        self.id = id_
        self.cancelled = False
        self._outbox = outbox

    def emit(self, event: Event) -> None:
        self._outbox.add(self.id, event)


class Outbox:
    """Answers on their way out: `run` sends in one thread what the others add."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._waiting: dict[int, list[Any]] = {}
        self._changed = threading.Condition()

    def add(self, id_: int, event: Event) -> None:
        """Send an event of a request."""
        with self._changed:
            events = self._waiting.setdefault(id_, [id_, [], None])[1]
            if events and event[0] in ("text", "reasoning") and events[-1][0] == event[0]:
                events[-1][1] += event[1]
            else:
                events.append(event)
            self._changed.notify()

    def finish(self, id_: int, outcome: dict[str, Any]) -> None:
        """Send the outcome of a request, after its events."""
        with self._changed:
            self._waiting.setdefault(id_, [id_, [], None])[2] = outcome
            self._changed.notify()

    def run(self) -> None:
        """Send what comes, until the parent is gone; the thread that reads ends the process then."""
        with contextlib.suppress(OSError):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting)
                self.flush()

    def flush(self) -> None:
        """Send what waits, one frame for each request."""
        with self._changed:
            batch, self._waiting = self._waiting, {}
        self._sock.sendall(b"".join(map(frames.pack, batch.values())))
