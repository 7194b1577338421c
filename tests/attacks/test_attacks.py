"""Every attack, in every isolation: the host lives, ends in time, says no secret, and runs the next spell."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.attacks.arena import HONEST_RESULT, PATIENCE, SECRET, SHORT_PATIENCE, Arena, Report, limits_of
from tests.attacks.cases import Attack, Fails, Gives, Hangs, attacks

CASES = [
    pytest.param(attack, isolation, id=f"{attack.section}-{attack.dialect}-{isolation}-{attack.item}-{attack.title}")
    for attack in attacks()
    for isolation in attack.outcomes
]
OVERRUN = 1.0
"""Seconds of processor time that a run may take beyond its limit; on the clock, a busy machine would decide."""


class Contest:
    """Runs all attacks that were selected, some at a time, from the first that is asked for."""

    def __init__(self, chosen: list[tuple[Attack, str]]) -> None:
        count = os.cpu_count() or 1
        self._arenas: queue.Queue[Arena] = queue.Queue()
        for _ in range(count):
            self._arenas.put(Arena())
        self._pool = ThreadPoolExecutor(count)
        self._reports: dict[tuple[str, ...], Future[Report]] = {}
        for attack, isolation in chosen:
            self._reports[_key(attack, isolation)] = self._pool.submit(self._run, attack, isolation)

    def report(self, attack: Attack, isolation: str) -> Report:
        """What came of one of them, as soon as it is over."""
        return self._reports[_key(attack, isolation)].result()

    def close(self) -> None:
        """End the servers; what has not begun is not run."""
        self._pool.shutdown(cancel_futures=True)
        while not self._arenas.empty():
            self._arenas.get().close()

    def _run(self, attack: Attack, isolation: str) -> Report:
        arena = self._arenas.get()
        try:
            patience = SHORT_PATIENCE if isinstance(attack.outcomes[isolation], Hangs) else PATIENCE
            return arena.run(attack, isolation, patience)
        finally:
            self._arenas.put(arena)


def _key(attack: Attack, isolation: str) -> tuple[str, ...]:
    return attack.section, attack.dialect, attack.item, attack.title, isolation


@pytest.fixture(scope="module")
def contest(request: pytest.FixtureRequest) -> Iterator[Contest]:
    """All selected attacks, under way."""
    chosen = [item.callspec.params for item in request.session.items if getattr(item, "module", None) is request.module]
    contest = Contest([(params["attack"], params["isolation"]) for params in chosen])
    yield contest
    contest.close()


@pytest.mark.parametrize(("attack", "isolation"), CASES)
def test_attack(contest: Contest, attack: Attack, isolation: str) -> None:
    report = contest.report(attack, isolation)

    expected = attack.outcomes[isolation]
    assert SECRET not in str(report)
    if isinstance(expected, Hangs):
        assert report.hung, "it does not hang any more: say so in the head of the script"
        return
    assert not report.hung, "the host hangs"
    assert report.status == 0, f"the host died: {report.said}"
    assert report.said == ""
    assert report.attack is not None
    assert outcome(report.attack, expected) == expected
    assert "went on" not in report.attack["output"]
    assert report.honest is not None
    assert (report.honest["value"], report.honest["output"]) == HONEST_RESULT
    assert report.cpu - report.start <= limits_of(attack, isolation)["cpu"] + OVERRUN


def outcome(told: dict[str, Any], expected: Gives | Fails) -> Any:
    """What came of it in the form in which it was expected."""
    error = told["error"]
    if error is None:
        return Gives(told["value"])
    if isinstance(expected, Fails) and expected.words in error["message"]:
        return Fails(error["kind"], expected.words)
    return error
