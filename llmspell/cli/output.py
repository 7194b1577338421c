"""Shows a run while it goes on, and what it came to."""

from __future__ import annotations

import os
import sys
from typing import NoReturn, TextIO

from llmspell.cli import show
from llmspell.cli.interrupts import BROKEN_PIPE, Stopped
from llmspell.errors import CancelledError
from llmspell.events import CallEnded, Ended, Event, Log, Output, Result


class Reporter:
    """Takes the events of a run: output goes to stdout as it comes, all else to stderr.

    A terminal gets no control characters but those of lines and colours. With `as_json`, stdout gets the report and
    nothing else. `quiet` leaves out logs and the closing line, `verbose` adds calls, debug logs and stacks.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._verbose = verbose
        self._paint = show.Paint(sys.stderr)
        self._screen = show.Screen() if show.is_terminal(sys.stdout) else None
        self._mid_line = False
        self._result: Result | None = None
        self._told = False

    def __call__(self, event: Event) -> None:
        match event:
            case Output(text):
                if not self._as_json:
                    self._print(text)
            case Log(level, text):
                if not self._quiet and (level != "debug" or self._verbose):
                    self._tell(f"{self._paint(level, show.LEVELS[level])}: {show.plain(text)}")
            case CallEnded():
                if self._verbose and event.method != "next":  # a batch of a stream is no call of the script's own
                    self._tell(self._paint(_call(event), show.DIM))
            case Ended(result):
                self._result = result

    def close(self, result: Result) -> None:
        """Print what the spell returned, or what went wrong."""
        self._told = True
        if self._as_json:
            self._print_report(result)
            return
        if self._screen is not None:
            self._print(self._screen.rest())
        if result.value is not None:
            self._end_line(sys.stdout)
            self._print(show.value(result.value) + "\n")
        elif show.is_terminal(sys.stdout):
            self._end_line(sys.stdout)
        if result.error is not None:
            self._end_line(sys.stderr)
            show.error(result.error, sys.stderr, verbose=self._verbose)
        if self._verbose or (result.usage.calls and not self._quiet and show.is_terminal(sys.stderr)):
            self._tell(self._paint(_closing_line(result), show.DIM))

    def interrupted(self, interrupt: KeyboardInterrupt) -> None:
        """Say that the run was stopped, unless nobody listens any more."""
        if isinstance(interrupt, Stopped) and interrupt.code == BROKEN_PIPE:
            return
        self._told = True
        if self._as_json and self._result is not None:
            self._print_report(self._result)
        elif not self._as_json:
            self._end_line(sys.stderr)
            self._tell("interrupted")

    def killed(self) -> None:
        """Say so from another thread, when a script in this process cannot be stopped and the process is to end."""
        if self._told:
            return
        from llmspell.cli.report import refused  # as for the report

        text = refused(CancelledError("the run was interrupted")) if self._as_json else "interrupted"
        os.write(1 if self._as_json else 2, f"{text}\n".encode())

    def _print_report(self, result: Result) -> None:
        from llmspell.cli.report import report  # needed for --json alone

        self._print(report(result) + "\n")

    def _print(self, text: str) -> None:
        if self._screen is not None:
            text = self._screen(text)
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise Stopped(BROKEN_PIPE) from None
        except OSError as error:
            self._unwritable(error)
        if text:
            self._mid_line = not text.endswith("\n")

    def _unwritable(self, error: OSError) -> NoReturn:
        self._tell(f"{self._paint('error:', show.RED)} cannot write the output: {error.strerror}")
        raise Stopped(1) from None

    def _tell(self, line: str) -> None:
        self._end_line(sys.stderr)
        sys.stderr.write(line + "\n")

    def _end_line(self, stream: TextIO) -> None:
        """Begin a new line, if the output left one open on the same terminal or file."""
        together = stream is sys.stdout or (show.is_terminal(sys.stdout) and show.is_terminal(stream))
        if self._mid_line and together:
            stream.write("\n")
            self._mid_line = False


def _call(event: CallEnded) -> str:
    failed = f" failed: {event.error.kind}: {show.plain(event.error.message)}" if event.error else ""
    return f"{event.method} {event.seconds:.3f} s{failed}"


def _closing_line(result: Result) -> str:
    usage = result.usage
    parts = [f"{result.duration:.2f} s", _counted(result.calls, "call")]
    if usage.calls:
        cost = "cost unknown" if result.cost is None else f"${result.cost:.4f}"
        parts += [_counted(usage.calls, "model call"), f"{usage.input_tokens} + {usage.output_tokens} tokens", cost]
    return " · ".join(parts)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
