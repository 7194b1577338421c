"""A real model, tiny and deterministic, calls a tool and answers: through llama.cpp in process, and over its server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmspell import Config, Host, Limits, Spell
from llmspell.config import ProviderConfig
from tests import tiny
from tests.llama_server import KEY, serve, stop

pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")

CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'
ANSWER = "It is sunny."
SPELLS = {
    "lua": """
        local helper = agent {
          model = params.model, options = { temperature = 0, max_tokens = 200 }, limits = { max_turns = 3 },
          tools = { { name = "weather", description = "The weather of a city", parameters = { city = "string" },
                      run = function(args) return "sunny in " .. args.city end } },
        }
        local reply = helper:run("What is the weather in Paris?")
        return { reply.reason, reply.text, reply.turns, reply.messages[3].content }
    """,
    "js": """
        const helper = agent({
          model: params.model, options: { temperature: 0, maxTokens: 200 }, limits: { maxTurns: 3 },
          tools: [{ name: "weather", description: "The weather of a city", parameters: { city: "string" },
                    run: (args) => `sunny in ${args.city}` }],
        });
        const reply = await helper.run("What is the weather in Paris?");
        export default [reply.reason, reply.text, reply.turns, reply.messages[2].content];
    """,
}


def weather(city: str) -> str:
    """The weather of a city."""
    return f"sunny in {city}"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "caller.gguf"
    return tiny.write(path, CALL, after_tools=ANSWER, template=tiny.HERMES, context=1024)


@pytest.fixture(scope="module", params=["in process", "over HTTP"])
def place(request: pytest.FixtureRequest, model: Path) -> Iterator[tuple[Config, str]]:
    """A configuration, and the name of the model there."""
    if request.param == "in process":
        yield Config(), f"llamacpp/{model}"
        return
    process, address = serve(model)
    service = ProviderConfig(base_url=f"{address}/v1", headers={"authorization": f"Bearer {KEY}"})
    yield Config(providers={"llama": service}), "llama/tiny"
    stop(process)


@pytest.mark.parametrize("way", ["run", "stream"])
def test_an_agent_calls_a_tool(place: tuple[Config, str], way: str) -> None:
    config, name = place

    async def main() -> Any:
        async with Host(config) as host:
            agent = host.agent(name, tools=[weather], options={"temperature": 0, "max_tokens": 200})
            if way == "run":
                return await agent.run("What is the weather in Paris?")
            async with agent.stream("What is the weather in Paris?") as events:
                async for _ in events:
                    pass
            return events.result

    result = asyncio.run(main())
    assert (result.reason, result.text, result.turns) == ("done", ANSWER, 2)
    assert result.messages[2].tool_results[0].text == "sunny in Paris"


@pytest.mark.parametrize("language", list(SPELLS))
def test_an_agent_of_a_spell_calls_a_tool(place: tuple[Config, str], language: str) -> None:
    config, name = place
    spell = Spell(source=SPELLS[language], language=language, name="spell")

    async def main() -> Any:
        async with Host(config) as host:
            return await host.run(spell, params={"model": name}, model=name, limits=Limits(timeout=60))

    assert asyncio.run(main()).value == ["done", ANSWER, 2, "sunny in Paris"]
