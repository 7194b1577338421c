"""Fixtures for the whole suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


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
