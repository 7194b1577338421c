"""Ctrl-C and its kin end the program within a second, wherever it is.

Python runs its signal handlers between two instructions of the main thread, and a script that runs in this process
can keep that thread inside an engine for seconds. The byte that a signal writes to the wakeup descriptor is read by
another thread, which allows a moment for cleaning up and then ends the process; worker processes die with it. What
the command still has to say then, `last_words`, is said from there.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

GRACE = 0.7
"""Seconds for cleaning up."""

BROKEN_PIPE = 141
"""The exit code when nobody reads the output any more: what SIGPIPE makes of other programs."""

_BREATH = 0.1
"""Seconds for last words: whoever reads the output may have stopped to."""

_DEADLY = (signal.SIGINT, signal.SIGTERM)


_words: list[Callable[[], None]] = []


class Stopped(KeyboardInterrupt):
    """The program has to end with this exit `code`; like Ctrl-C, nothing on the way may catch it."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """What the program ends with: 128 and the number of the signal, as shells count."""
    return interrupt.code if isinstance(interrupt, Stopped) else 128 + signal.SIGINT


def last_words(say: Callable[[], None]) -> None:
    """Have `say` called, in another thread, before the process is ended in the middle of something."""
    _words.append(say)


def guard() -> None:
    """Watch for signals from now on, for the rest of this process."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, _terminated)
    threading.Thread(target=_watch, args=(reader,), daemon=True).start()


def _terminated(number: int, _frame: Any) -> NoReturn:
    raise Stopped(128 + number)


def _watch(reader: int) -> None:
    while (number := os.read(reader, 1)[0]) not in _DEADLY:
        pass
    time.sleep(GRACE)
    for say in _words:
        speaker = threading.Thread(target=say, daemon=True)
        speaker.start()
        speaker.join(_BREATH)
    os._exit(128 + number)
