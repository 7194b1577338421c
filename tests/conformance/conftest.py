"""The table of what the recorded traffic proved."""

from __future__ import annotations

import pytest

from tests.conformance.tally import Tally

_TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLY] = Tally()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return request.config.stash.setdefault(_TALLY, Tally())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash.get(_TALLY, None)
    lines = list(tally.lines()) if tally else []
    if len(lines) > 2:
        terminalreporter.section("conformance with recorded traffic")
        for line in lines:
            terminalreporter.write_line(line)
