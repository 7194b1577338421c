"""The retry policy: how often, how long, and what the server's headers ask for."""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate
from itertools import islice

import pytest

from llmspell.errors import ProviderError, RateLimitError
from llmspell.providers.retry import Retry, RetryPolicy, duration, retry_after, with_retries

QUICK = RetryPolicy(first_pause=0.001, longest_pause=0.002)


class Attempts:
    """Fails with each of `outcomes` that is an exception, and returns the first that is not."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.made = 0

    async def __call__(self):
        self.made += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def busy(after=None, text="busy"):
    return Retry(RateLimitError(text, retryable=True), after)


def run(attempts, policy=QUICK, budget=None):
    return asyncio.run(with_retries(attempts, policy, budget))


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_it_goes_on_until_it_works(failures):
    attempts = Attempts(*[busy()] * failures, "done")
    assert run(attempts) == "done"
    assert attempts.made == failures + 1


def test_the_last_error_is_raised():
    attempts = Attempts(busy(text="one"), busy(text="two"), busy(text="three"))
    with pytest.raises(RateLimitError, match="three"):
        run(attempts)
    assert attempts.made == 3


def test_other_errors_end_it_at_once():
    for outcomes in ([ProviderError("no")], [busy(), ProviderError("no")]):
        attempts = Attempts(*outcomes)
        with pytest.raises(ProviderError, match="no"):
            run(attempts)
        assert attempts.made == len(outcomes)


def test_one_attempt_means_no_retry():
    attempts = Attempts(busy())
    with pytest.raises(RateLimitError):
        run(attempts, RetryPolicy(attempts=1))
    assert attempts.made == 1


@pytest.mark.parametrize(("after", "budget"), [(3600.0, None), (0.5, 0.1), (None, 0.0), (None, 0.0001)])
def test_a_pause_that_does_not_fit_the_budget_is_not_begun(after, budget):
    attempts = Attempts(busy(after), "never")
    with pytest.raises(RateLimitError):
        run(attempts, RetryPolicy(), budget)
    assert attempts.made == 1


def test_the_servers_wait_replaces_ours():
    attempts = Attempts(busy(after=0.0), "done")
    assert run(attempts, RetryPolicy(first_pause=1000, longest_pause=1000)) == "done"


def test_pauses_double_up_to_the_longest():
    pauses = list(islice(RetryPolicy(first_pause=1, longest_pause=4).pauses(), 5))
    for pause, base in zip(pauses, (1, 2, 4, 4, 4), strict=True):
        assert base <= pause <= 1.5 * base


def test_nothing_is_printed(capfd):
    logging.getLogger("stamina").handlers.clear()
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    root.handlers.clear()
    try:
        run(Attempts(busy(), "done"))
    finally:
        root.handlers[:] = handlers
    assert capfd.readouterr() == ("", "")


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": f"{NOW + 8:.0f}"}, 8.0),
        ({"retry-after": "2023-11-14T22:13:30Z"}, 10.0),
        ({"retry-after": "2023-11-14T22:13:30"}, 10.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "4.5"}, 4.5),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{(NOW + 7) * 1000:.0f}"}, 7.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + 7:.0f}"}, 7.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW - 7:.0f}"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, None),
        ({"x-ratelimit-remaining": "0"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "3"}, 3.0),
        (
            {"anthropic-ratelimit-tokens-remaining": "0", "anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:30Z"},
            10.0,
        ),
        (
            {"anthropic-ratelimit-tokens-remaining": "9", "anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:30Z"},
            None,
        ),
        ({"x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "6m0s"}, None),
        (
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "20ms",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
            },
            1.0,
        ),
    ],
)
def test_what_headers_ask_for(headers, seconds):
    assert retry_after(headers, NOW) == seconds


DURATIONS = {"2": 2, "1m30.5s": 90.5, "120ms": 0.12, "1h2m": 3720, "7.66s": 7.66, "": None, "soon": None, "1x": None}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items())
def test_durations(text, seconds):
    assert duration(text) == seconds
