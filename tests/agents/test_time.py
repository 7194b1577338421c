"""The time that agents may take."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from llmspell.agents import AgentLimits, AgentResult, Tool
from llmspell.errors import InvalidValueError
from llmspell.testing import After
from tests.agents.models import agent, calls

LONG = 30.0
SHORT = AgentLimits(timeout=0.2)
AMPLE = AgentLimits(timeout=60)


def held() -> str:
    """Hold the line."""
    return "held"


@pytest.mark.parametrize("way", ["run", "stream"])
@pytest.mark.parametrize(
    "reply", [After(LONG, "late"), After(0, "one two three", LONG)], ids=["at first", "in between"]
)
def test_a_model_that_takes_too_long(reply: After, way: str) -> None:
    made, model = agent(reply, limits=SHORT)

    async def stream() -> AgentResult:
        async with made.stream("?") as events:
            async for _ in events:
                pass
        assert events.result is not None
        return events.result

    result = asyncio.run(made.run("?") if way == "run" else stream())
    assert (result.reason, result.detail, result.error) == ("timeout", "it took longer than 0.2 s", None)
    assert [message.role for message in result.history] == ["user"]
    assert model.open == 0


def test_who_reads_the_events_takes_his_own_time() -> None:
    async def slowly() -> Any:
        made, _ = agent("one two three", limits=AgentLimits(timeout=1.5))
        async with made.stream("?") as events:
            async for _ in events:
                await asyncio.sleep(0.3)
        return events.result

    assert asyncio.run(slowly()).reason == "done"


def test_who_approves_takes_his_own_time() -> None:
    async def thinking(_: Any) -> bool:
        await asyncio.sleep(2)
        return True

    made, _ = agent(calls(("held", {})), "ok", tools=[Tool(held, approval="ask")])
    result = asyncio.run(made.run("?", approve=thinking, limits=AgentLimits(timeout=1.5)))
    assert (result.reason, result.text) == ("done", "ok")


def test_a_run_that_goes_on_after_a_pause_has_what_is_left() -> None:
    made, _ = agent(calls(("held", {})), "ok", tools=[Tool(held, approval="ask")], limits=AMPLE)
    paused = asyncio.run(made.run("?"))
    state = json.loads(json.dumps(paused.state))
    assert 0 < state["seconds"] < AMPLE.timeout  # type: ignore[operator]  # it has one
    result = asyncio.run(made.resume(state | {"seconds": 61.0}, {"c0": True}))
    assert result.reason == "timeout"
    assert asyncio.run(made.resume(state, {"c0": True})).reason == "done"


def test_a_hook_that_takes_too_long() -> None:
    made, _ = agent("hm", limits=SHORT)
    made.on("response", lambda _: asyncio.sleep(LONG))
    assert asyncio.run(made.run("?")).reason == "timeout"


@pytest.mark.parametrize("wrong", [0, -1, "1", True, float("nan"), float("inf")])
def test_what_is_no_time(wrong: Any) -> None:
    with pytest.raises(InvalidValueError, match="timeout must be seconds above 0"):
        AgentLimits(timeout=wrong)
