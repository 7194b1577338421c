"""Every test of the Lua bridge runs on each dialect that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from llmspell_lua import bridge
from tests.bridges.driver import Run, run

Cast = Callable[..., Run]


@pytest.fixture(params=list(bridge.dialects))
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cast(dialect: str) -> Iterator[Cast]:
    """Runs a spell: `cast(source, answers, ...)`, see `tests.bridges.driver.run`."""
    interpreters = []

    def start(source: str, answers: dict[str, Any] | None = None, **options: Any) -> Run:
        interpreters.append(bridge.interpreter(dialect))
        return partial(run, interpreters[-1], name="spell.lua")(source, answers, **options)

    yield start
    for interpreter in interpreters:
        interpreter.close()


@pytest.fixture
def is_luajit(dialect: str) -> bool:
    return dialect == "luajit"
