"""The scenarios, in both script languages: they come to the same as in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import llmspell
from llmspell.providers.base import Request
from llmspell.testing import ScriptedProvider
from tests.agents.scenarios.stage import Case, Stage, cases

FOLDER = Path(__file__).parent / "scenarios"
WAYS = ("run", "stream")
LIMITS = llmspell.Limits(timeout=20)


def played(stage: Stage, language: str, way: str) -> dict[str, Any]:
    """What the spell of that language tells of the case."""
    result = llmspell.run(
        FOLDER / f"play.{language}",
        params={
            "case": {key: value for key, value in stage.case.items() if key not in ("models", "expect")},
            "way": way,
        },
        providers=[_named(name, model) for name, model in stage.models.items()],
        isolation="inline",
        limits=LIMITS,
    )
    value: dict[str, Any] = result.value
    return value


def _named(name: str, model: ScriptedProvider) -> ScriptedProvider:
    model.name = name
    return model


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("language", ["lua", "js"])
@pytest.mark.parametrize(("name", "case"), [pytest.param(name, case, id=name) for name, case in cases()])
def test_scenario(name: str, case: Case, language: str, way: str) -> None:
    stage = Stage(case)
    came = played(stage, language, way)
    expected = dict(case["expect"])
    if expected["reason"] == "error":
        kind, message = came["error"]
        assert kind == expected["error"][0]
        assert expected["error"][1] in message
        reply: dict[str, Any] = {}
    else:
        assert "error" not in came, came["error"]
        reply = came["reply"]
    for field, value in expected.items():
        check(field, value, came, reply, stage, way)
    assert all(model.open == 0 for model in stage.models.values()), "a stream of a model is still open"


def check(field: str, value: Any, came: dict[str, Any], reply: dict[str, Any], stage: Stage, way: str) -> None:
    if reply:
        check_reply(field, value, reply)
    match field:
        case "ran" | "questions":
            assert came[field] == value
        case "asked":
            assert len(stage.models["main"].requests) == value
        case "request":
            check_request(value, stage.models["main"].requests[-1])
        case "events" if way == "stream":
            assert came["events"] == (value if reply else value[:-1])
        case "shown" if way == "stream":
            assert came["shown"] == value


def check_reply(field: str, value: Any, reply: dict[str, Any]) -> None:
    match field:
        case "detail":
            assert value in reply["detail"]
        case "usage":
            assert [reply["usage"]["input_tokens"], reply["usage"]["output_tokens"]] == value
        case "told":
            check_told(value, reply)
        case "reason" | "text" | "data" | "turns" | "tool_calls":
            assert reply.get(field) == value


def check_told(expected: list[Any], reply: dict[str, Any]) -> None:
    told = [message for message in reply["messages"] if message["role"] == "tool"]
    assert len(told) == len(expected), told
    for message, (_, is_error, part) in zip(told, expected, strict=True):
        assert message["is_error"] == is_error, message
        assert part in message["content"]


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
