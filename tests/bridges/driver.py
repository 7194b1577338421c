"""A tiny runtime for tests of bridges: it answers calls from a table of methods, in the order they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from llmspell.border import (
    Call,
    Cancel,
    Done,
    EngineLimits,
    Failed,
    FromSpell,
    Interpreter,
    Print,
    Reject,
    Resolve,
    SpellSource,
    ToSpell,
)
from llmspell.errors import LlmspellError

PENDING = object()
"""The answer that never comes."""


@dataclass
class Run:
    """What a spell did, until it ended or nothing more could be answered."""

    interpreter: Interpreter
    answers: dict[str, Any]
    messages: list[FromSpell] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return bool(self.messages) and isinstance(self.messages[-1], Done | Failed)

    @property
    def value(self) -> Any:
        """The result; a failed run is a failed test."""
        last = self.messages[-1] if self.messages else None
        assert isinstance(last, Done), last
        return last.value

    @property
    def error(self) -> dict[str, Any]:
        last = self.messages[-1] if self.messages else None
        assert isinstance(last, Failed), last
        return last.error

    @property
    def output(self) -> str:
        return "".join(m.text for m in self.messages if isinstance(m, Print) and m.stream == "stdout")

    @property
    def calls(self) -> list[Call]:
        return [m for m in self.messages if isinstance(m, Call)]

    @property
    def cancelled(self) -> list[int]:
        return [m.id for m in self.messages if isinstance(m, Cancel)]

    def answer(self, call: Call) -> list[ToSpell]:
        answer = self.answers.get(call.method)
        if answer is PENDING:
            return []
        try:
            value = answer(call.args) if isinstance(answer, Callable) else answer  # type: ignore[arg-type]  # a type
        except LlmspellError as error:
            return [Reject(call.id, error.to_data())]
        return [] if value is PENDING else [Resolve(call.id, value)]

    def feed(self, *messages: ToSpell, now: float = 1.0) -> list[FromSpell]:
        """Deliver messages by hand and keep what comes back."""
        new = self.interpreter.feed(messages, now)
        self.messages += new
        return new

    def go_on(self, new: list[FromSpell], slices: int = 1000) -> Run:
        """Answer calls until none is left to answer."""
        for _ in range(slices):
            gone = {m.id for m in new if isinstance(m, Cancel)}
            calls = [m for m in new if isinstance(m, Call) and m.id not in gone]
            replies = [reply for call in calls for reply in self.answer(call)]
            if self.ended or not replies:
                break
            new = self.feed(*replies)
        return self


def run(
    interpreter: Interpreter,
    source: str,
    answers: dict[str, Any] | None = None,
    *,
    name: str = "spell",
    params: Any = None,
    seed: int = 7,
    now: float = 0.0,
    limits: EngineLimits | None = None,
) -> Run:
    """Start a spell and answer its calls: `answers` has a value or a function of the arguments per method.

    A function may raise an `LlmspellError` to reject the call; a method without an answer gives null.
    """
    new = Run(interpreter, answers or {})
    spell = SpellSource(name, source, params, seed, now, "run-1", limits or EngineLimits())
    new.messages += interpreter.start(spell)
    return new.go_on(list(new.messages))
