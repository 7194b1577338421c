"""The scenarios, in Python, on `run` and on `stream`."""

from __future__ import annotations

from typing import Any

import pytest

from llmspell.agents import AgentResult
from llmspell.providers.base import Request
from tests.agents.scenarios.stage import Case, Stage, cases

WAYS = ("run", "stream")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "case"), [pytest.param(name, case, id=name) for name, case in cases()])
def test_scenario(name: str, case: Case, way: str) -> None:
    stage = Stage(case)
    result = stage.run(way)
    came = found(stage, result, way)
    for field, expected in case["expect"].items():
        check(field, expected, came, stage, result)
    assert all(model.open == 0 for model in stage.models.values()), "a stream of a model is still open"
    answered = [call for message in result.history for call in message.tool_calls]
    results = [each for message in result.history for each in message.tool_results]
    if result.reason != "paused":
        assert [call.id for call in answered] == [each.id for each in results], "every call has its result, in order"


def found(stage: Stage, result: AgentResult, way: str) -> dict[str, Any]:
    return {
        "reason": result.reason,
        "text": result.text,
        "data": result.data,
        "turns": result.turns,
        "tool_calls": result.tool_calls,
        "ran": stage.ran,
        "asked": len(stage.models["main"].requests),
        "questions": stage.questions,
        "usage": [result.usage.input_tokens, result.usage.output_tokens],
        **({"events": stage.events, "shown": "".join(stage.shown)} if way == "stream" else {}),
    }


def check(field: str, expected: Any, came: dict[str, Any], stage: Stage, result: AgentResult) -> None:
    match field:
        case "told":
            check_told(expected, result)
        case "error":
            assert result.error is not None
            assert result.error.kind == expected[0]
            assert expected[1] in result.error.message
        case "detail":
            assert expected in (result.detail or "")
        case "request":
            check_request(expected, stage.models["main"].requests[-1])
        case "events" | "shown" if field not in came:
            pass
        case _:
            assert came[field] == expected, (field, result)


def check_told(expected: list[Any], result: AgentResult) -> None:
    told = [each for message in result.messages for each in message.tool_results]
    assert len(told) == len(expected), told
    for each, (name, is_error, part) in zip(told, expected, strict=True):
        assert (each.name, each.is_error) == (name, is_error), each
        assert part in each.text


def check_request(expected: dict[str, Any], request: Request) -> None:
    for field, value in expected.items():
        match field:
            case "schema":
                assert request.schema is not None
            case "last":
                assert request.messages[-1].text == value
            case "last_has":
                assert value in request.messages[-1].text
            case _:
                assert getattr(request, field) == value


def test_there_are_enough() -> None:
    names = [name for name, _ in cases()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
