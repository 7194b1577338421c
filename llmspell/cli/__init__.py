"""The command line `llmspell`."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program and end the process: 0 done, 1 failed, 2 wrong usage, 3 a limit was hit, 130 interrupted."""
    gc.set_threshold(50_000)  # loading modules makes many objects and no garbage
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt as interrupt:  # before a command could take care of it
        code = getattr(interrupt, "code", 130)
    _leave(code)


def _run(args: list[str]) -> int:
    from llmspell.cli.early import head_start  # the worker starts before anything else is loaded

    early = head_start(args)
    try:
        from llmspell.cli.interrupts import guard

        guard()
        _prepare_streams()
        from llmspell.cli.app import execute

        return execute(args, early)
    finally:
        early.close()


def _prepare_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # its descriptor is closed
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # for the rest of the process
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


def _leave(code: int) -> NoReturn:
    # Taking the interpreter down takes longer than running a small spell, and may wait for a thread that reads input.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # nobody reads any more
            continue
    os._exit(code)
