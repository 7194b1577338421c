"""An answer that breaks off is an error, which holds what had arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from llmspell.errors import NetworkError, ProviderError
from llmspell.providers.accumulator import Accumulator, MalformedCallError, fold
from llmspell.providers.base import Event, Finished, ReasoningDelta, Started, StateDelta, TextDelta, ToolCallDelta
from llmspell.providers.content import Reasoning, State, Text

SAID = [ReasoningDelta("Hm"), TextDelta("Hel"), TextDelta("lo")]
ARRIVED = {"text": "Hello", "reasoning": "Hm"}


def accumulated(*events: Event) -> Accumulator:
    accumulator = Accumulator("m")
    for event in events:
        accumulator.add(event)
    return accumulator


def test_a_stream_without_its_end() -> None:
    with pytest.raises(ProviderError, match="ended before it was finished") as failed:
        accumulated(*SAID).response()
    assert failed.value.data == ARRIVED
    assert failed.value.to_data()["data"] == ARRIVED


def test_a_tool_called_with_nonsense() -> None:
    with pytest.raises(ProviderError, match="not a JSON object") as failed:
        accumulated(*SAID, ToolCallDelta(0, "c", "f", "{oops"), Finished("tool_calls")).response()
    assert failed.value.data == ARRIVED


def test_what_is_no_event_is_not_passed_over() -> None:
    with pytest.raises(TypeError, match="str is no event"):
        accumulated("Hello")  # type: ignore[arg-type]  # as a provider of somebody else's may do


@pytest.mark.parametrize(("chosen", "named"), [(None, "asked"), ("chosen", "chosen")])
def test_an_error_names_who_answered(chosen: str | None, named: str) -> None:
    accumulator = Accumulator("m", "asked")
    accumulator.add(Started(provider=chosen))
    with pytest.raises(ProviderError) as failed:
        accumulator.response()
    assert failed.value.provider == named


def test_a_connection_that_breaks() -> None:
    async def breaking() -> AsyncIterator[Event]:
        for event in SAID:
            yield event
        raise NetworkError("gone")

    with pytest.raises(NetworkError, match="gone") as failed:
        asyncio.run(fold(breaking(), "m"))
    assert failed.value.data == ARRIVED


def test_nothing_had_arrived() -> None:
    with pytest.raises(ProviderError) as failed:
        accumulated().response()
    assert failed.value.data is None


def test_state_is_merged_key_by_key_and_holds_the_place_of_its_part() -> None:
    events = [
        StateDelta("reasoning", 0, State("w", {"a": 1, "b": 1})),
        TextDelta("Hi"),
        StateDelta("reasoning", 0, State("w", {"b": 2})),
        Finished("stop"),
    ]
    response = accumulated(*events).response()
    assert response.parts == [Reasoning("", State("w", {"a": 1, "b": 2})), Text("Hi")]


def test_arguments_that_cannot_be_read_are_told_with_the_rest_of_the_answer() -> None:
    accumulator = Accumulator("m")
    for event in (
        TextDelta("Hm."),
        ToolCallDelta(0, "a", "add", '{"x": 1}'),
        ToolCallDelta(1, "b", "add", '{"x": '),
        ToolCallDelta(2, "c", "add", "[2]"),
        Finished("stop"),
    ):
        accumulator.add(event)
    with pytest.raises(MalformedCallError, match="called 'add' with arguments that are not a JSON object") as caught:
        accumulator.response()
    answer = caught.value.response
    assert answer.text == "Hm."
    assert [(call.id, call.arguments) for call in answer.tool_calls] == [("a", {"x": 1}), ("b", {}), ("c", {})]
    assert caught.value.texts == {1: '{"x": ', 2: "[2]"}
    assert answer.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "text",
    ['{"x": 1}', '{{"x": 1}', '{"x": 1}}', '```json\n{"x": 1}\n```', '"{\\"x\\": 1}"', ' {"x": 1} '],
    ids=["plain", "first brace twice", "last brace twice", "in a fence", "as JSON text", "blanks"],
)
def test_arguments_are_read_where_there_is_one_way_to(text: str) -> None:
    response = accumulated(ToolCallDelta(0, "a", "add", text), Finished("stop")).response()
    assert response.tool_calls[0].arguments == {"x": 1}


@pytest.mark.parametrize(
    "text",
    [
        '{"x": NaN}',
        '{"x": ' + "9" * 5000 + "}",
        '{"x": ' + "9" * 25 + "}",
        '{"x": ' + "[" * 3000 + "]" * 3000 + "}",
        '{"x": "\\ud800"}',
        '{"x": ' + "[" * 150 + "]" * 150 + "}",
        '"[1]"',
        "```{}",
    ],
    ids=[
        "NaN",
        "a huge integer",
        "no integer of 64 bits",
        "deep",
        "no Unicode",
        "too deep to cross",
        "list",
        "no fence",
    ],
)
def test_arguments_that_no_spell_could_be_told_of_are_nonsense(text: str) -> None:
    with pytest.raises(MalformedCallError) as caught:
        accumulated(ToolCallDelta(0, "a", "add", text), Finished("stop")).response()
    assert caught.value.texts == {0: text}
    assert caught.value.response.tool_calls[0].arguments == {}
