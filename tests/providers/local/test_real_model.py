"""SmolLM2 135M, the model that `llmspell models pull` fetches, through both runtimes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from llmspell.errors import ContextLengthError, ModelError
from llmspell.providers.base import Request
from llmspell.providers.content import Message
from llmspell.providers.local.convert import convert
from llmspell.providers.local.provider import LocalProvider
from llmspell.providers.local.store import ModelStore

pytestmark = pytest.mark.model

NAME = "smollm2-135m"


@pytest.fixture(scope="module")
def store(smollm2: Path) -> ModelStore:
    return ModelStore(smollm2.parent)


@pytest.fixture(params=["llamacpp", "ctransformers"])
def runtime(request, store) -> str:
    if request.param == "ctransformers":
        convert(store, NAME)
    return request.param


def run(store: ModelStore, runtime: str, body: Any, **options: Any) -> Any:
    async def main() -> Any:
        provider = LocalProvider(store, runtime, **options)
        try:
            return await body(provider)
        finally:
            await provider.aclose()

    return asyncio.run(main())


def asked(question: str, **options: Any) -> Request:
    return Request(model=NAME, messages=[Message("user", question)], temperature=0.0, **options)


def test_it_knows_a_capital(store, runtime):
    request = asked("What is the capital city of France? Answer with one word.", max_tokens=24)
    reply = run(store, runtime, lambda provider: provider.complete(request))
    assert "Paris" in reply.text
    assert reply.usage.input_tokens > 10
    assert 0 < reply.usage.output_tokens <= 24


def test_an_answer_is_held_to_a_schema(store):
    schema = {
        "type": "object",
        "properties": {"sky": {"enum": ["blue", "grey"]}, "clouds": {"type": "integer"}},
        "required": ["sky", "clouds"],
    }
    request = asked("Tell me a story.", schema=schema, max_tokens=100)
    answer = json.loads(run(store, "llamacpp", lambda provider: provider.complete(request)).text)
    assert answer["sky"] in ("blue", "grey")
    assert type(answer["clouds"]) is int
    with pytest.raises(ModelError, match="has no response_format") as caught:
        run(store, "ctransformers", lambda provider: provider.complete(request))
    assert "llamacpp/" in caught.value.hint


def test_both_runtimes_see_the_same_tokens(store):
    convert(store, NAME)

    def tokens(runtime: str, text: str) -> int:
        talk = [Message("system", "."), Message("user", text)]
        return run(store, runtime, lambda provider: provider.count_tokens(NAME, talk)).tokens

    for text in ("Hello, world! How are you today?", "def f(x):\n    return x + 1\n\n"):
        assert tokens("llamacpp", text) == tokens("ctransformers", text)


def test_answers_at_the_same_time_are_those_of_one_at_a_time(store, runtime):
    questions = [asked(f"Write the number {word}.", max_tokens=12) for word in ("one", "two", "three")]

    async def body(provider):
        together = await asyncio.gather(*map(provider.complete, questions))
        return [reply.text for reply in together]

    texts = run(store, runtime, body)
    assert len(texts) == 3
    assert all(texts)


def test_emoji_in_and_out(store, runtime):
    request = asked("Repeat exactly: 🦙🦙🦙", max_tokens=24)
    reply = run(store, runtime, lambda provider: provider.complete(request))
    assert "\ufffd" not in reply.text.rstrip("\ufffd")


def test_the_context_is_checked(store, runtime):
    request = asked("word " * 3000)
    with pytest.raises(ContextLengthError, match=r"has 30\d\d tokens, but the context of .* holds 2048"):
        run(store, runtime, lambda provider: provider.complete(request), context_length=2048)


def test_json_by_schema(store):
    schema = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}
    extra = {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
    request = asked("Name a city in France.", max_tokens=60, extra=extra)
    reply = run(store, "llamacpp", lambda provider: provider.complete(request))
    assert isinstance(json.loads(reply.text)["city"], str)


def test_texts_of_one_meaning_lie_closer(store):
    texts = ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Share prices fell on Monday."]
    vectors = run(store, "llamacpp", lambda provider: provider.embed(NAME, texts)).vectors

    def likeness(one: list[float], other: list[float]) -> float:
        return sum(a * b for a, b in zip(one, other, strict=True))

    assert likeness(vectors[0], vectors[1]) > likeness(vectors[0], vectors[2])


def test_the_original_is_no_file_for_ctransformers(store, tmp_path):
    original = tmp_path / "original.gguf"
    original.symlink_to(store.directory / f"{NAME}.gguf")
    request = Request(model=str(original), messages=[Message("user", "hi")])
    with pytest.raises(ModelError, match="byte-encoded") as caught:
        run(store, "ctransformers", lambda provider: provider.complete(request))
    assert caught.value.hint == f"run: llmspell models convert {original}"
