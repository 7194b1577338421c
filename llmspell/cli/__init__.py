"""The command line `llmspell`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the program and end the process: 0 done, 1 failed, 2 wrong usage, 3 a limit was hit, 130 interrupted."""
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
        _speak_utf8()
        from llmspell.cli.app import execute

        return execute(args, early)
    finally:
        early.close()


def _speak_utf8() -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # absent when the descriptor is closed
            stream.reconfigure(encoding="utf-8", errors="replace")


def _leave(code: int) -> NoReturn:
    # Taking the interpreter down takes longer than running a small spell, and may wait for a thread that reads input.
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # nobody reads any more
            pass
    os._exit(code)
