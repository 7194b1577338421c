"""Responses as a server that is not ours speaks them: llama.cpp's own, with a tiny model that replays its reply."""

from __future__ import annotations

import asyncio

import pytest

from llmspell.config import Config, ProviderConfig
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request, TextDelta
from llmspell.providers.content import Message, Text, ToolResult
from llmspell.providers.registry import ProviderRegistry
from tests import tiny
from tests.llama_server import KEY, serve, stop

pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def talker(tmp_path_factory):
    process, address = serve(tiny.write(tmp_path_factory.mktemp("llama") / "talker.gguf", context=1024))
    yield address
    stop(process)


@pytest.fixture(scope="module")
def caller(tmp_path_factory):
    path = tiny.write(tmp_path_factory.mktemp("llama") / "caller.gguf", CALL, template=tiny.HERMES, context=1024)
    process, address = serve(path)
    yield address
    stop(process)


def using(address, use):
    async def main():
        service = ProviderConfig(base_url=f"{address}/v1", api_key_env="LLAMA_KEY", wire="openai-responses")
        registry = ProviderRegistry(Config(providers={"llama": service}), environ={"LLAMA_KEY": KEY})
        try:
            return await use(registry.provider("llama"))
        finally:
            await registry.aclose()

    return asyncio.run(main())


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

    whole, streamed, events = using(talker, use)
    assert whole.text == streamed.text == tiny.REPLY
    assert whole.finish_reason == streamed.finish_reason == "stop"
    assert whole.usage.output_tokens == streamed.usage.output_tokens > 5
    assert sum(isinstance(event, TextDelta) for event in events) > 5


def test_a_call_and_its_answer(caller):
    async def use(provider):
        called = await fold(provider.stream(ask(tools=[WEATHER])), "tiny")
        result = ToolResult(called.tool_calls[0].id, [Text("21 degrees")])
        return called, await provider.complete(ask(called.message, Message("tool", [result]), tools=[WEATHER]))

    called, answered = using(caller, use)
    assert called.finish_reason == "tool_calls"
    assert [(call.name, call.arguments) for call in called.tool_calls] == [("get_weather", {"city": "Paris"})]
    assert answered.usage.input_tokens > called.usage.input_tokens
