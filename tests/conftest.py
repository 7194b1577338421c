"""Fixtures for the whole suite."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.tally import TALLY, Tally


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The file of the real model, in the user's own store: fetched once, then kept between runs."""
    from llmspell.providers.local.pull import pull
    from llmspell.providers.local.store import ModelStore, default_directory

    return pull(ModelStore(default_directory()), "smollm2-135m").path


@pytest.fixture(autouse=True)
def cut_network() -> Iterator[None]:
    """No test reaches another machine by accident."""
    from llmspell.testing import no_network

    with no_network():
        yield


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs inherit it; in the background it was ignored
    config.stash[TALLY] = Tally()


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # where the tests run in several processes: in each of them
    if output is not None:
        output["tally"] = session.config.stash[TALLY].to_data()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if (data := getattr(node, "workeroutput", {}).get("tally")) is not None:
        node.config.stash[TALLY].merge(data)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = list(config.stash[TALLY].lines())
    if len(lines) > 2:
        terminalreporter.section("conformance with recorded traffic")
        for line in lines:
            terminalreporter.write_line(line)
