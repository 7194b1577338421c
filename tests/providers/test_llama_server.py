"""A server that is not ours: llama.cpp's own, over HTTP, with a tiny model that replays its reply."""

from __future__ import annotations

import asyncio

import pytest

from llmspell import Host, Spell
from llmspell.config import Config, ProviderConfig
from llmspell.errors import AuthError, ContextLengthError
from llmspell.providers.accumulator import fold
from llmspell.providers.base import Request, TextDelta
from llmspell.providers.content import Message
from tests import tiny
from tests.llama_server import KEY
from tests.providers.llama import WEATHER, check_agreement, using

TALK = {
    "lua": """
        local m, options = llm(params.model), {temperature = 0, max_tokens = 200}
        local pieces = {}
        for piece in m:stream("Hi", options) do
          if piece.text ~= "" then table.insert(pieces, piece.text) end
        end
        return {whole = m:complete("Hi", options).text, pieces = pieces}
    """,
    "js": """
        const m = llm(params.model), options = {temperature: 0, maxTokens: 200};
        const pieces = [];
        for await (const piece of m.stream("Hi", options)) if (piece.text) pieces.push(piece.text);
        export default {whole: (await m.complete("Hi", options)).text, pieces};
    """,
}


def ask(text="Hi", **fields):
    return Request(model="tiny", messages=[Message("user", text)], temperature=0, timeout=60, **fields)


def test_answer_and_stream_agree(talker):
    async def use(provider):
        events = [event async for event in provider.stream(ask(max_tokens=200))]

        async def again():
            for event in events:
                yield event

        return await provider.complete(ask(max_tokens=200)), await fold(again(), "tiny"), events

    check_agreement(*using(talker, use))


def test_a_limit_on_the_answer(talker):
    response = using(talker, lambda provider: provider.complete(ask(max_tokens=2)))
    assert (response.finish_reason, response.usage.output_tokens) == ("length", 2)


@pytest.mark.parametrize("streaming", [False, True])
def test_tool_calls(caller, streaming):
    request = ask("What is the weather in Paris?", tools=[WEATHER], max_tokens=200)

    async def use(provider):
        return await (fold(provider.stream(request), "tiny") if streaming else provider.complete(request))

    response = using(caller, use)
    assert response.finish_reason == "tool_calls"
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("get_weather", {"city": "Paris"})]


def test_models_and_embeddings(talker):
    async def use(provider):
        models = await provider.list_models()
        return models, await provider.embed(models[0].name.partition("/")[2], ["cat", "dog"])

    models, embeddings = using(talker, use)
    assert models[0].provider == "llama"
    assert len(embeddings.vectors) == 2
    assert len(embeddings.vectors[0]) == len(embeddings.vectors[1]) > 8


def test_a_prompt_that_does_not_fit(talker):
    with pytest.raises(ContextLengthError):
        using(talker, lambda provider: provider.complete(ask("word " * 2000)))


def test_a_wrong_key(talker):
    wrong = "sk-wrong-0123456789"
    with pytest.raises(AuthError) as failed:
        using(talker, lambda provider: provider.complete(ask()), key=wrong)
    assert "LLAMA_KEY" in failed.value.hint
    assert wrong not in str(failed.value.to_data())


def test_leaving_early_leaves_the_server_free(talker):
    async def use(provider):
        for _ in range(6):  # three times as many as the server answers at once
            stream = provider.stream(ask(max_tokens=200))
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
            await stream.aclose()
        return await provider.complete(ask(max_tokens=200))

    assert using(talker, use).text == tiny.REPLY


@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("lang", TALK)
def test_spells_stream(talker, lang, isolation, monkeypatch):
    monkeypatch.setenv("LLAMA_KEY", KEY)

    async def main():
        service = ProviderConfig(base_url=f"{talker}/v1", api_key_env="LLAMA_KEY", timeout=60)
        async with Host(Config(providers={"llama": service})) as host:
            spell = Spell(source=TALK[lang], language=lang, name=f"talk.{lang}")
            return (await host.run(spell, params={"model": "llama/tiny"}, isolation=isolation)).value

    found = asyncio.run(main())
    assert found["whole"] == "".join(found["pieces"]) == tiny.REPLY
    assert len(found["pieces"]) > 5
