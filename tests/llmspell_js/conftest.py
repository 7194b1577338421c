from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llmspell_js import bridge
from tests.bridges.driver import Run, run

Cast = Callable[..., Run]


@pytest.fixture
def cast() -> Iterator[Cast]:
    """Runs a spell: `cast(source, answers, ...)`, see `tests.bridges.driver.run`."""
    interpreters = []

    def start(source: str, answers: dict[str, Any] | None = None, **options: Any) -> Run:
        interpreters.append(bridge.interpreter("js"))
        return run(interpreters[-1], source, answers, **{"name": "spell.js"} | options)

    yield start
    for interpreter in interpreters:
        interpreter.close()
