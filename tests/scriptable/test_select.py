"""`llm({fallback = ...})` and its relatives, and the cache, as the session calls them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from llmspell.config import Config, SelectionConfig
from llmspell.errors import ArgumentTypeError, InvalidValueError, NetworkError
from llmspell.providers.base import Finished, Request, TextDelta, Usage
from llmspell.providers.content import Media, Message, Text
from llmspell.providers.registry import ProviderRegistry
from llmspell.scriptable.choosing import facts_of
from llmspell.scriptable.objects import method
from llmspell.testing import ScriptedProvider
from tests.providers.selecting import scripted
from tests.scriptable.fakes import FakeContext


def context(*providers: Any, **config: Any) -> FakeContext:
    made = FakeContext()
    made.registry = ProviderRegistry(Config(**config), providers=providers, environ={})  # type: ignore[assignment]
    return made


def call(made: FakeContext, name: str, model: Any, **args: Any) -> Any:
    found = method(f"llm.{name}")
    assert found is not None
    return found.call(made, {"self": {"model": model}, **args})


def complete(made: FakeContext, model: Any, **options: Any) -> Any:
    async def ask() -> Any:
        return await call(made, "complete", model, prompt="Hi", options=options)

    return asyncio.run(ask())


def stream(made: FakeContext, model: Any, most: int | None = None, **options: Any) -> list[Any]:
    async def ask() -> list[Any]:
        chunks, items = [], call(made, "stream", model, prompt="Hi", options=options)
        async for chunk in items:
            chunks.append(chunk)
            if len(chunks) == most:
                await items.aclose()
                break
        return chunks

    return asyncio.run(ask())


FALLBACK = {"fallback": ["a/one", "b/two"]}


def test_the_reply_names_who_answered() -> None:
    made = context(scripted("a", NetworkError("x")), scripted("b"))
    assert complete(made, FALLBACK)["model"] == "b/two"
    assert stream(context(scripted("a", NetworkError("x")), scripted("b")), FALLBACK)[-1]["model"] == "b/two"
    assert made.usage.calls == 1


def test_the_price_is_that_of_who_answered() -> None:
    class Priced(ScriptedProvider):
        def cost(self, model: str, usage: Usage) -> float | None:
            return None if usage.input_tokens is None else 0.5

    made = context(scripted("a", NetworkError("x")), Priced(["Hi"], "b"))
    assert complete(made, FALLBACK)["cost"] == 0.5
    assert made.usage.cost == 0.5


def test_leaving_a_choice_of_free_models_early_stays_free() -> None:
    class Free(ScriptedProvider):
        def cost(self, model: str, usage: Usage) -> float | None:
            return 0.0

    made = context(Free(["one two"], "a"), Free(["x"], "b"))
    assert len(stream(made, FALLBACK, most=1)) == 1
    assert (made.usage.calls, made.usage.cost) == (1, 0.0)
    made = context(Free(["one two"], "a"), scripted("b"))
    stream(made, FALLBACK, most=1)
    assert made.usage.cost is None


def test_a_choice_may_name_choices_of_the_configuration() -> None:
    made = context(
        scripted("a", NetworkError("x")), scripted("b"), models={"smart": SelectionConfig(fallback=("a/x", "b/y"))}
    )
    assert complete(made, {"balance": ["smart"]})["model"] == "b/y"


def test_a_function_of_the_script_is_called_with_facts() -> None:
    made = context(scripted("a"))
    made.functions = {3: _gives("a/chosen")}
    assert complete(made, {"route": {"$function": 3}})["model"] == "a/chosen"
    [(number, [facts])] = made.invoked
    assert (number, facts) == (3, {"text": "Hi", "tokens": 1, "messages": 1, "tools": [], "media": []})


def _gives(value: Any) -> Any:
    return lambda *args: value


def test_facts_of_more() -> None:
    picture = Media(kind="image", mime="image/png", data=b"x")
    request = Request(
        model="",
        messages=[Message("system", "Be brief."), Message("user", [Text("What?"), picture])],
        tools=[{"name": "f"}],
    )
    assert facts_of(request) == {"text": "What?", "tokens": 5, "messages": 2, "tools": ["f"], "media": ["image"]}
    assert facts_of(Request(model="", messages=[]))["text"] == ""


@pytest.mark.parametrize("model", [{"route": 5}, {"route": [{"tokens": 1}]}, {"fallback": [1]}, {"$function": 1}, 7])
def test_forged_choices_are_refused(model: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        complete(context(scripted("a")), model)


@pytest.mark.parametrize("model", [{}, {"rest": 1}, {"fallback": ["a/b"], "balance": ["a/b"]}])
def test_a_choice_is_one_thing(model: Any) -> None:
    with pytest.raises(InvalidValueError, match="must have one of fallback, balance and route"):
        complete(context(scripted("a")), model)


def test_other_methods_ask_the_choice_too() -> None:
    made = context(scripted("a"), scripted("b"))

    async def ask() -> Any:
        count = await call(made, "count_tokens", FALLBACK, prompt="two words")
        vectors = await call(made, "embed", {"balance": ["a/m", "b/m"]}, texts=["x", "y"])
        return count, len(vectors), (await call(made, "info", FALLBACK))["details"]

    assert asyncio.run(ask()) == ({"tokens": 2, "method": "estimate"}, 2, {"first": "a/one"})


def test_a_cached_answer_is_marked_and_neither_counted_nor_paid(tmp_path: Any) -> None:
    a = ScriptedProvider(lambda request: "Hello", "a")
    made = context(a, cache_dir=tmp_path)
    first, second = (complete(made, "a/m", cache=60) for _ in range(2))
    assert ("cached" in first, second["cached"], second["cost"]) == (False, True, 0.0)
    assert second["usage"] == first["usage"]
    chunks = stream(made, "a/m", cache=True)
    assert (chunks[-1]["cached"], chunks[-1]["cost"]) == (True, 0.0)
    assert len(stream(made, "a/m", most=1, cache=True)) == 1
    assert (made.usage.calls, made.usage.output_tokens, len(a.requests)) == (1, 1, 1)
    asyncio.run(made.registry.aclose())  # type: ignore[attr-defined]


def test_the_cache_of_the_configuration_serves_scripts(tmp_path: Any) -> None:
    a = ScriptedProvider(lambda request: [TextDelta(str(len(a.requests))), *_END], "a")
    made = context(a, cache_dir=tmp_path, cache=True)
    replies = [complete(made, "a/m"), complete(made, {"fallback": ["a/m"]}), complete(made, "a/m", cache=False)]
    assert [reply["text"] for reply in replies] == ["1", "1", "2"]
    assert replies[1]["model"] == "a/m"
    asyncio.run(made.registry.aclose())  # type: ignore[attr-defined]


_END = [Usage(1, 1), Finished("stop")]


@pytest.mark.parametrize("cache", [0, -1, "yes", []])
def test_a_wrong_cache_is_refused(cache: Any) -> None:
    with pytest.raises((ArgumentTypeError, InvalidValueError), match=r"complete: options\.cache must be"):
        complete(context(scripted("a")), "a/m", cache=cache)
