"""QuickJS under the limits of a run: each entry into it is counted, and a limit that was passed ends everything.

The engine's time limit counts the processor time of the process from each entry on; a slice has many entries, so
what is left of its budget is set again as it shrinks.

A failed allocation is an error that the script can catch. The prelude sees it being made and ends the run, unless
there was no room even for the error: then the script catches `null` and nobody else knows. Therefore a slice after
which the process has grown by all that the heap may have is taken as one that passed the limit; that can be told
only where the script is alone in its process.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import _quickjs

from llmspell.border import EngineLimits
from llmspell.errors import ErrorData
from llmspell_js.faults import LimitPassed

if sys.platform != "win32":
    import resource

JSException = _quickjs.JSException
STACK = 2 * 1024 * 1024  # bytes of C stack: about 1,200 nested calls; threads have 8 MiB
_SHARED = 0.01  # of the limit: what earlier slices may have used up of a count that they share with one
_LONG = 0.001  # seconds in which no script fills a heap
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
_NO_MEMORY = ("null\n", "out of memory\n", "InternalError: out of memory", "InternalError\n")  # even for the message
_FLUSH = 4 * 1024 * 1024  # heap to say the last words in, beyond the limit


class Engine:
    """One QuickJS context, entered through `enter` and `drain`."""

    def __init__(self) -> None:
        self._context = _quickjs.Context()
        self._context.set_max_stack_size(STACK)
        self._job = self._context.execute_pending_job
        self.limit(EngineLimits())

    def limit(self, limits: EngineLimits) -> None:
        """From now on these limits hold."""
        self._limits = limits
        self._shared_until = 0.0
        self._context.set_memory_limit(limits.memory)
        self.begin_slice()

    def begin_slice(self) -> None:
        """Start counting processor time anew; slices that follow closely share a count, since reading it takes long."""
        self._began = time.perf_counter()
        self._peak = _peak_memory()
        if self._began < self._shared_until:
            return
        self._shared_until = self._began + self._limits.cpu * _SHARED
        self._left = self._limits.cpu
        self._used = time.process_time()
        self._context.set_time_limit(self._left)
        self._look = self._began + self._left / 8

    def evaluate(self, text: str) -> Any:
        """The value of a script; to be called through `enter` if it may not be ours."""
        return self._context.eval(text)

    def module(self, text: str) -> Any:
        """The promise of a module that starts to run; to be called through `enter`."""
        return self._context.module(text)

    def enter(self, function: Any, *args: Any) -> Any:
        """Call something of the engine, and look at the clock afterwards."""
        try:
            return function(*args)
        except JSException as error:
            self._refuse(error)
            raise
        finally:
            if time.perf_counter() > self._look:
                self._count()

    def drain(self) -> None:
        """Run the jobs that are due, and those that they make."""
        job = self._job
        while True:
            try:
                if not job():
                    return
            except JSException as error:
                self._refuse(error)  # anything else was thrown where nobody can catch it, by a finalizer
            if time.perf_counter() > self._look:
                self._count()

    def end_slice(self) -> None:
        """Raises `LimitPassed` if the script used up its memory and hid it."""
        if time.perf_counter() - self._began < _LONG:
            return
        alone = len(sys._current_frames()) == 1  # noqa: SLF001  # the documented way to see all threads
        if alone and _peak_memory() - self._peak > 0.9 * self._limits.memory:
            raise LimitPassed(memory_message(self._limits))

    def last_words(self, door: Any) -> tuple[str, str]:
        """What the script said before it passed a limit, and where it was; empty where that cannot be found out."""
        self._context.set_memory_limit(self._limits.memory + _FLUSH)
        self._context.set_time_limit(1)
        try:
            return door("words"), door("whereabouts")
        except JSException:
            return "", "{}"

    def _count(self) -> None:
        now = time.process_time()
        self._left -= now - self._used
        self._used = now
        self._shared_until = 0.0
        if self._left <= 0:
            raise LimitPassed(cpu_message(self._limits))
        self._context.set_time_limit(self._left)
        self._look = time.perf_counter() + self._left / 8

    def _refuse(self, error: Exception) -> None:
        text = str(error)
        if text.startswith("InternalError: interrupted"):
            raise LimitPassed(cpu_message(self._limits)) from None
        if text.startswith(_NO_MEMORY):
            raise LimitPassed(memory_message(self._limits)) from None


def _peak_memory() -> int:
    """The most memory that this process ever had, in bytes; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT


def cpu_message(limits: EngineLimits) -> str:
    """What a spell is told that computed for too long."""
    return f"CPU limit of {limits.cpu:g} s in one slice exceeded"


def memory_message(limits: EngineLimits) -> str:
    """What a spell is told that used too much memory."""
    return f"memory limit of {_megabytes(limits.memory)} exceeded"


def passed(limit: str, limits: EngineLimits) -> ErrorData:
    """The error for a limit that the prelude counts, by its name there."""
    messages = {
        "memory": memory_message(limits),
        "calls": f"limit of {limits.max_calls} calls exceeded",
        "output": f"output limit of {_megabytes(limits.max_output)} exceeded",
    }
    return {"kind": "limit", "message": messages[limit]}


def _megabytes(size: int) -> str:
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 else f"{size} bytes"
