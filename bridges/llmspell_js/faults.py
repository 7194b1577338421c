"""Why something cannot be run or delivered, inside this package; each carries the error that the spell is told."""

from __future__ import annotations

from llmspell.errors import ErrorData


class Fault(Exception):  # noqa: N818  # a signal inside this package, never shown
    """`error` is an error object of the border."""

    def __init__(self, error: ErrorData) -> None:
        super().__init__(error["message"])
        self.error = error


class SyntaxFault(Fault):
    """A source cannot be run."""


class InexactNumber(Fault):
    """A value holds an integer that JavaScript would round."""

    def __init__(self, place: str, number: int) -> None:
        message = f"{place} is {number}, an integer that JavaScript cannot hold exactly"
        super().__init__({"kind": "value", "message": message, "hint": "pass it as text"})


class LimitPassed(Fault):
    """The script passed a limit of its run."""

    def __init__(self, message: str) -> None:
        super().__init__({"kind": "limit", "message": message})
