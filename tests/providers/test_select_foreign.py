"""Providers of programs are held to their contract, whatever they raise and however long they take."""

from __future__ import annotations

import asyncio
import logging

import pytest

import llmspell
from llmspell.errors import ArgumentTypeError, InvalidValueError, ProviderError, TimeoutExceededError
from llmspell.providers.base import Embeddings, Finished, LLMProvider, ModelInfo, TextDelta, Usage
from llmspell.providers.select import Fallback

PRIVATE = "account 1234"


class Parrot(LLMProvider):
    """Says what it was made with; an exception is raised, a number is a pause in seconds."""

    default_model = "grey"

    def __init__(self, *script, name="parrot"):
        self.name = name
        self.script = script
        self.closed = 0

    async def stream(self, request):
        try:
            for each in self.script:
                if isinstance(each, Exception):
                    raise each
                if isinstance(each, int):
                    await asyncio.sleep(each)
                else:
                    yield TextDelta(each)
            yield Finished("stop")
        finally:
            self.closed += 1

    async def embed(self, model, texts, **options):
        return [[1.0] for _ in texts]

    async def list_models(self):
        return []

    async def info(self, model):
        raise KeyError(PRIVATE)


def cast(source, *providers, **options):
    spell = llmspell.Spell(source=source, language="lua")
    return llmspell.run(spell, providers=providers, model=options.pop("model", "parrot"), **options)


COMPLETE = "return llm():complete('hi').text"
STREAM = "local text = '' for chunk in llm():stream('hi') do text = text .. chunk.text end return text"


@pytest.mark.parametrize("isolation", ["process", "inline"])
@pytest.mark.parametrize("source", [COMPLETE, STREAM])
def test_what_it_raises_is_an_error_of_the_provider(source, isolation, caplog):
    parrot = Parrot("pretty ", ValueError(PRIVATE))
    with caplog.at_level(logging.DEBUG, "llmspell"), pytest.raises(ProviderError) as caught:
        cast(source, parrot, isolation=isolation)
    assert (caught.value.message, caught.value.provider) == ("the provider parrot failed: ValueError", "parrot")
    assert PRIVATE not in str(caught.value.to_data())
    assert PRIVATE not in caplog.text
    assert "raise each" in caplog.text
    assert parrot.closed == 1


@pytest.mark.parametrize("source", ["return llm():embed('hi')", "return llm():info()"])
def test_other_work_too(source):
    with pytest.raises(ProviderError, match=r"the provider parrot failed: (TypeError|KeyError)"):
        cast(source, Parrot("pretty"))


@pytest.mark.parametrize(
    "source",
    [
        "return llm():complete('hi', { timeout = 0.05 }).text",
        "for chunk in llm():stream('hi', { timeout = 0.05 }) do end",
    ],
)
def test_it_ends_in_time(source):
    parrot = Parrot("pretty ", 60, "polly")
    with pytest.raises(TimeoutExceededError, match="parrot did not finish its answer in time"):
        cast(source, parrot)
    assert parrot.closed == 1


def test_one_that_fails_is_followed_by_another():
    steady = Fallback(["parrot/a", "other/b"], name="steady")
    broken, other = Parrot(OSError("reset")), Parrot("polly", name="other")
    with pytest.raises(ProviderError, match="the provider parrot failed: OSError"):
        cast(COMPLETE, broken)
    assert cast(STREAM, broken, other, steady, model="steady").value == "polly"


def test_one_that_keeps_the_contract_is_not_noticed():
    class Whole(Parrot):
        async def embed(self, model, texts, **options):
            return Embeddings(vectors=[[0.5]] * len(texts), model=model, usage=Usage(3))

        async def info(self, model):
            return ModelInfo(name=f"parrot/{model}", provider="parrot", context_length=7)

    source = "local model = llm() return { model:embed('x'), model:info().context_length, model:complete('hi').text }"
    assert cast(source, Whole("pretty ", "polly")).value == [[0.5], 7, "pretty polly"]


@pytest.mark.parametrize("wrong", [Parrot, 5, "parrot", type("Nameless", (Parrot,), {"__init__": lambda self: None})()])
def test_what_is_no_provider_is_refused(wrong):
    with pytest.raises(ArgumentTypeError, match="providers must be LLMProviders that have a name"):
        llmspell.Host(providers=[wrong])


def test_a_name_is_taken_once():
    with pytest.raises(InvalidValueError, match="there is a provider 'parrot' already"):
        llmspell.Host(providers=[Parrot(), Parrot()])
