"""Exceptions that nobody expected: what a script is told of them, and what the log is."""

from __future__ import annotations

from llmspell.errors import CancelledError, InternalError, LlmspellError


def as_error(error: BaseException) -> LlmspellError:
    """The error for a script: one of ours as it is, anything else as a fault of ours, whose place is logged."""
    if isinstance(error, LlmspellError):
        return error
    if type(error).__name__ == "CancelledError":  # that of asyncio, which is not loaded for this
        return CancelledError("the call was cancelled")
    log_where(error, "llmspell")
    return InternalError(
        f"llmspell failed: {type(error).__name__}", hint="this is a fault of llmspell; please report it"
    )


def log_where(error: BaseException, what: str) -> None:
    """Where `what` failed, for the logger `llmspell` at level DEBUG; never the message, which may hold a secret."""
    import logging  # nothing is logged unless something is broken
    import traceback

    where = "".join(traceback.format_tb(error.__traceback__))
    logging.getLogger("llmspell").debug("%s failed: %s\n%s", what, type(error).__name__, where)
