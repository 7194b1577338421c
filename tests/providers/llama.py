"""Providers for llama.cpp's own server with a tiny model; the fixtures `talker` and `caller` start it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from llmspell.config import Config, ProviderConfig
from llmspell.providers.base import Event, LLMProvider, Response, TextDelta
from llmspell.providers.registry import ProviderRegistry
from tests import tiny
from tests.llama_server import KEY

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def using(address: str, use: Callable[[LLMProvider], Awaitable[Any]], key: str = KEY, **service: Any) -> Any:
    """What `use` makes of a provider for the server at that address."""

    async def main() -> Any:
        config = ProviderConfig(base_url=f"{address}/v1", api_key_env="LLAMA_KEY", **service)
        registry = ProviderRegistry(Config(providers={"llama": config}), environ={"LLAMA_KEY": key})
        try:
            return await use(registry.provider("llama"))
        finally:
            await registry.aclose()

    return asyncio.run(main())


def check_agreement(whole: Response, streamed: Response, events: list[Event]) -> None:
    """The tiny model's reply, whole and in pieces, is the same."""
    assert whole.text == streamed.text == tiny.REPLY
    assert whole.finish_reason == streamed.finish_reason == "stop"
    assert whole.usage.output_tokens == streamed.usage.output_tokens
    assert whole.usage.output_tokens is not None
    assert whole.usage.output_tokens > 5
    assert sum(isinstance(event, TextDelta) for event in events) > 5
