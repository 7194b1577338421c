"""An interpreter in this process, with the same face to asyncio as a worker process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmspell.border import Failed, FromSpell, Interpreter, SpellSource, ToSpell
from llmspell.errors import InternalError


class InlineInterpreter:
    """An interpreter in this process, whose faults are a failure of its spell, as those of a worker process are."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def start(self, spell: SpellSource) -> list[FromSpell]:
        try:
            return self._interpreter.start(spell)
        except Exception as error:  # noqa: BLE001  # a bridge of others may raise anything
            return bridge_failed(error)

    def feed(self, messages: Sequence[ToSpell], now: float) -> list[FromSpell]:
        try:
            return self._interpreter.feed(messages, now)
        except Exception as error:  # noqa: BLE001  # as above
            return bridge_failed(error)

    def close(self) -> None:
        self._interpreter.close()


def bridge_failed(error: Exception) -> list[FromSpell]:
    """What is told of a bridge that raises, which none should."""
    return [Failed(InternalError(f"the bridge failed: {type(error).__name__}: {error}").to_data())]


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
