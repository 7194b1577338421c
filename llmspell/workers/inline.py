"""An interpreter in this process, with the same face to asyncio as a worker process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmspell.border import FromSpell, Interpreter, SpellSource, ToSpell


class InlineWorker:
    """Runs each slice at once: `on_slice` is called before `start` and `feed` return."""

    def __init__(self, interpreter: Interpreter, on_slice: Callable[[list[FromSpell], bool], None]) -> None:
        self._interpreter = interpreter
        self._on_slice = on_slice

    def start(self, spell: SpellSource) -> None:
        self._on_slice(self._interpreter.start(spell), True)

    def feed(self, messages: Sequence[ToSpell], now: float) -> None:
        self._on_slice(self._interpreter.feed(messages, now), True)

    def close(self) -> None:
        self._interpreter.close()
