"""The progress of work that takes long: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TextIO

import click

from llmspell.cli import show
from llmspell.providers.local.pull import Progress

_STEP = 25
_DRAWN = 1 << 18
_PHASES = {"download": "downloading", "extract": "extracting", "copy": "copying", "convert": "converting"}


@contextlib.contextmanager
def progress_on(stream: TextIO) -> Iterator[Progress]:
    """What to call with phase, bytes done and bytes in all."""
    if show.is_terminal(stream):
        with _bar(stream) as progress:
            yield progress
    else:
        yield Lines(stream)


class Lines:
    """Writes a line when a phase begins, and one for each quarter of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ("", -1)

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        percent = 0 if not total else min(done * 100 // total, 100) // _STEP * _STEP
        if (phase, percent) != self._last:
            self._last = (phase, percent)
            amount = f"{percent} % of {show.size(total)}" if total else ""
            self._stream.write(f"{_PHASES.get(phase, phase)} {amount}".rstrip() + "\n")
            self._stream.flush()


class _Bars:
    """Draws one bar for each phase."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._phase = ""
        self._done = 0
        self._bar: Any = None

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if phase != self._phase:
            self.close()
            self._phase = phase
            label = f"{_PHASES.get(phase, phase):<11}"
            self._bar = click.progressbar(length=total or 0, label=label, file=self._stream, update_min_steps=_DRAWN)
            self._done = 0
            self._bar.render_progress()
        self._bar.update(done - self._done)
        self._done = done

    def close(self) -> None:
        """End the line of the last bar."""
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None


@contextlib.contextmanager
def _bar(stream: TextIO) -> Iterator[Progress]:
    bars = _Bars(stream)
    try:
        yield bars
    finally:
        bars.close()
