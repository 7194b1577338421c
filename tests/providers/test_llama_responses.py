"""Responses as a server that is not ours speaks them: llama.cpp's own, with a tiny model that replays its reply."""

from __future__ import annotations

from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request
from llmspell.providers.content import Message, Text, ToolResult
from tests.providers.llama import WEATHER, check_agreement, using


def ask(*more, **fields):
    messages = [Message("user", "Hi"), *more]
    return Request(model="tiny", messages=messages, temperature=0, max_tokens=200, timeout=60, **fields)


def test_answer_and_stream_agree(talker):
    async def use(provider):
        events = [event async for event in provider.stream(ask())]

        async def again():
            for event in events:
                yield event

        return await provider.complete(ask()), await fold(again(), "tiny"), events

    check_agreement(*using(talker, use, wire="openai-responses"))


def test_a_call_and_its_answer(caller):
    async def use(provider):
        called = await fold(provider.stream(ask(tools=[WEATHER])), "tiny")
        result = ToolResult(called.tool_calls[0].id, [Text("21 degrees")])
        return called, await provider.complete(ask(called.message, Message("tool", [result]), tools=[WEATHER]))

    called, answered = using(caller, use, wire="openai-responses")
    assert called.finish_reason == "tool_calls"
    assert [(call.name, call.arguments) for call in called.tool_calls] == [("get_weather", {"city": "Paris"})]
    assert answered.usage.input_tokens > called.usage.input_tokens
