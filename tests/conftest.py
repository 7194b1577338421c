"""Fixtures for the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The file of the real model, in the user's own store: fetched once, then kept between runs."""
    from llmspell.providers.local.pull import pull
    from llmspell.providers.local.store import ModelStore, default_directory

    return pull(ModelStore(default_directory()), "smollm2-135m").path
