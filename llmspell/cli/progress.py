"""The progress of work that takes long: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TextIO

from llmspell.cli import show
from llmspell.providers.local.pull import Progress

_STEP = 25
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


@contextlib.contextmanager
def _bar(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console  # slow to import, and only for terminals
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        tasks: dict[str, int] = {}

        def progress(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(_PHASES.get(phase, phase))
            bar.update(tasks[phase], completed=done, total=total)  # type: ignore[arg-type]  # rich has a type of its own for ids

        yield progress
