"""The one retry policy: at most three attempts, growing pauses, the provider's own `retry-after` first."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from llmspell.errors import LlmspellError, ProviderError

T = TypeVar("T")

_LONG_AGO = 1e9
"""More seconds than anyone is asked to wait: a moment of the year 2001."""

before_again: ContextVar[Callable[[LlmspellError], None] | None] = ContextVar("before_again", default=None)
"""Told of an attempt that failed before it is repeated, by whoever pays for it; what it raises ends the call."""


class RetryPolicy(NamedTuple):
    """`budget` bounds the attempts and the pauses together, in seconds; a longer `retry-after` is not waited for."""

    attempts: int = 3
    budget: float = 60.0
    first_pause: float = 0.5
    longest_pause: float = 8.0

    def pauses(self) -> Iterator[float]:
        """Doubling pauses, each up to half longer, so that many callers do not come back at the same moment."""
        pause = self.first_pause
        while True:
            yield pause * random.uniform(1.0, 1.5)  # noqa: S311  # spreads load, keeps no secret
            pause = min(2 * pause, self.longest_pause)


class Retry(Exception):  # noqa: N818  # says what to do; the error is inside
    """An attempt failed with `error` and may be repeated, after `after` seconds if the provider said so."""

    def __init__(self, error: LlmspellError, after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.after = after
        if isinstance(error, ProviderError):
            error.retry_after = after


async def with_retries(attempt: Callable[[], Awaitable[T]], policy: RetryPolicy, budget: float | None = None) -> T:
    """The result of the first attempt that succeeds. Raises the error inside the last `Retry`."""
    try:
        return await attempt()
    except Retry as failed:
        first = failed
    limit = policy.budget if budget is None else min(budget, policy.budget)
    if policy.attempts < 2 or limit <= 0:
        raise first.error
    try:
        return await _again(attempt, first, policy, limit)
    except Retry as failed:
        raise failed.error from None


async def _again(attempt: Callable[[], Awaitable[T]], first: Retry, policy: RetryPolicy, limit: float) -> T:
    import stamina  # costs start-up time, and most calls succeed at once

    _keep_notes_off_stderr()
    deadline = time.monotonic() + limit
    pauses = policy.pauses()
    ask = before_again.get()
    last = first

    def pause(error: Exception) -> bool | float:
        if not isinstance(error, Retry):
            return False
        usual = next(pauses)
        seconds = usual if error.after is None else error.after
        return seconds if time.monotonic() + seconds < deadline else False

    async for trial in stamina.retry_context(on=pause, attempts=policy.attempts, timeout=None):
        with trial:
            if trial.num == 1:  # stamina counts the attempt that was already made
                raise first
            if ask is not None:
                ask(last.error)
            try:
                return await attempt()
            except Retry as failed:
                last = failed
                raise
    raise first.error


def _keep_notes_off_stderr() -> None:
    """Where no logging is set up, Python prints what stamina logs, in the midst of a spell's own output."""
    import logging

    logger = logging.getLogger("stamina")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds to wait that an answer's headers ask for; None when they do not say.

    `retry-after-ms` and `retry-after` (seconds or an HTTP date), https://www.rfc-editor.org/rfc/rfc9110#field.retry-after,
    then the `reset` of the limits that are used up, whatever those are called: `x-ratelimit-reset-requests` (OpenAI and
    most others), `x-ratelimit-reset` (OpenRouter), `anthropic-ratelimit-tokens-reset`.
    """
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    if value := headers.get("retry-after"):
        return _moment(value, now)
    return max(_resets(headers, now), default=None)


def _resets(headers: Mapping[str, str], now: float) -> Iterator[float]:
    for name, value in headers.items():
        if "ratelimit" in name and "remaining" in name and value.strip() == "0":
            wait = _moment(headers.get(name.replace("remaining", "reset"), ""), now)
            if wait is not None:
                yield wait


def _moment(text: str, now: float) -> float | None:
    """Seconds until a moment that is given as a duration, as seconds or milliseconds since 1970, or as a date."""
    seconds = duration(text)
    if seconds is None:
        return _until(text, now)
    if seconds < _LONG_AGO:
        return seconds
    return max(0.0, (seconds if seconds < 1000 * _LONG_AGO else seconds / 1000) - now)


def duration(text: str) -> float | None:
    """Seconds in a duration such as `1m30.5s`, `120ms` or `2`; None when it is none."""
    import re  # only after a refusal

    if (plain := _number(text)) is not None:
        return plain
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return sum(float(number) * units[unit] for number, unit in parts)


def _until(value: str, now: float) -> float | None:
    from datetime import UTC, datetime  # dates are rare here
    from email.utils import parsedate_to_datetime

    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value)
        except ValueError:
            continue
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e15 else None
