"""The table of what the recorded traffic proved; `tests/conftest.py` shows it at the end."""

from __future__ import annotations

import pytest

from tests.conformance.tally import TALLY, Tally


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    return request.config.stash[TALLY]
