"""Selections in a registry: named in the configuration or given by the embedder; keys, limits and the cache of it."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from llmspell.config import Config, ProviderConfig, SelectionConfig
from llmspell.errors import InvalidValueError, NetworkError, NotFoundError, RateLimitError
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.select import Balance, Fallback, Route
from llmspell.providers.select.paced import Paced
from llmspell.testing import Answer, RecordedTransport
from tests.providers.selecting import asking, scripted


def registry(*providers, environ=None, http_transport=None, **config):
    return ProviderRegistry(Config(**config), providers=providers, environ=environ or {}, http_transport=http_transport)


def ask(models, name, count=1, **fields):
    async def all_of():
        provider, model = models.resolve(name)
        request = asking(**fields)
        request.model = model
        return [await provider.complete(request) for _ in range(count)]

    return asyncio.run(all_of())


def named(**options):
    return {"smart": SelectionConfig(**options)}


def test_a_fallback_of_the_configuration():
    models = registry(
        scripted("a", NetworkError("down")),
        scripted("b"),
        models=named(fallback=("quick", "b/two")),
        aliases={"quick": "a/one", "best": "smart"},
    )
    assert models.resolve("smart")[0] is models.resolve("best")[0]
    assert models.resolve("smart")[1] == "smart"
    [answer] = ask(models, "best")
    assert (answer.text, answer.provider, answer.model) == ("I am b", "b", "two")


def test_a_balance_of_the_configuration_keeps_its_turns():
    models = registry(scripted("a"), scripted("b"), models=named(balance=("a/x", "b/x"), by="least_busy", rest=3))
    assert [answer.provider for answer in ask(models, "smart", 3)] == ["a", "b", "a"]
    assert [answer.provider for answer in ask(models, "smart", 1)] == ["b"]


def test_a_route_of_the_configuration():
    rules = ({"model": "a/small", "tokens": 2, "tools": False}, {"model": "b/large"})
    models = registry(scripted("a"), scripted("b"), models=named(route=rules), model="smart")
    assert [answer.model for answer in (*ask(models, None), *ask(models, None, text="x" * 50))] == ["small", "large"]


def test_choices_of_choices():
    models = registry(
        scripted("a", NetworkError("down")),
        scripted("b", NetworkError("down")),
        scripted("c"),
        models={
            "cloud": SelectionConfig(balance=("a/x", "b/x")),
            "smart": SelectionConfig(fallback=("cloud", "c/y")),
        },
    )
    assert [answer.provider for answer in ask(models, "smart")] == ["c"]


def test_a_model_that_is_made_of_itself():
    models = registry(
        models={
            "a": SelectionConfig(fallback=("x/y", "again")),
            "b": SelectionConfig(route=({"model": "a"},)),
        },
        aliases={"again": "b"},
    )
    for name in ("a", "b"):
        with pytest.raises(InvalidValueError, match="is made of itself: ") as caught:
            models.resolve(name)
        assert f"{name} → " in caught.value.message


def test_a_kind_of_error_that_does_not_exist():
    with pytest.raises(InvalidValueError, match="smart: there is no kind of error 'rate_limits'") as caught:
        registry(models=named(fallback=("a/b",), on=("rate_limits",))).resolve("smart")
    assert caught.value.hint.startswith("did you mean rate_limit")


def test_a_name_of_a_provider_is_taken():
    with pytest.raises(InvalidValueError, match=r"models\.openai: there is a provider of that name"):
        registry(models={"openai": SelectionConfig(fallback=("a/b",))}).resolve("openai")


def test_near_names_know_them():
    with pytest.raises(NotFoundError) as caught:
        registry(models=named(fallback=("a/b",))).resolve("smartt")
    assert "smart" in caught.value.hint


@pytest.mark.parametrize(
    "selection",
    [
        Fallback(["a/one", "b/two"], name="smart"),
        Balance(["a/one"], name="smart"),
        Route(lambda request: "a/one", name="smart"),
    ],
)
def test_a_selection_of_the_embedder_finds_its_models_in_the_host(selection):
    one, other = (registry(scripted("a"), scripted("b"), selection) for _ in range(2))
    assert [answer.provider for answer in (*ask(one, "smart"), *ask(other, "smart"))] == ["a", "a"]
    assert one.resolve("smart")[0] is not other.resolve("smart")[0]


def body(text):
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "model": "m"}).encode()


def http(*answers, environ=None, models=None, **options):
    recorded = RecordedTransport(answers)
    own = ProviderConfig(base_url="http://127.0.0.1:1/v1", **options)
    found = registry(providers={"here": own}, environ=environ, http_transport=recorded.transport, models=models or {})
    return recorded, found


def refusal(**headers):
    return Answer(429, [b'{"error": {"message": "slow"}}'], {"content-type": "application/json", **headers})


def keys_of(recorded):
    return [request.headers.get("authorization") for request in recorded.requests]


def test_several_keys_are_used_in_turns():
    recorded, models = http(
        *[Answer(200, [body("x")])] * 3, api_key_env="K1", api_key_envs=("K2", "K3"), environ={"K1": "one", "K3": "two"}
    )
    assert models.names()[0] == "here"
    ask(models, "here/m", 3)
    assert keys_of(recorded) == ["Bearer one", "Bearer two", "Bearer one"]


def test_a_used_up_key_rests_at_once_and_a_refused_one_too():
    recorded, models = http(
        refusal(**{"retry-after": "20"}),
        *[Answer(200, [body("x")])] * 2,
        Answer(401, [b'{"error": {"message": "no"}}']),
        api_key_envs=("K1", "K2"),
        environ={"K1": "one", "K2": "two"},
    )
    ask(models, "here/m", 2)
    assert keys_of(recorded) == ["Bearer one", "Bearer two", "Bearer two"]


def test_when_all_keys_are_refused_the_shortest_wait_is_waited_for():
    recorded, models = http(
        refusal(**{"retry-after": "20"}),
        refusal(**{"retry-after-ms": "10"}),
        Answer(200, [body("x")]),
        api_key_envs=("K1", "K2"),
        environ={"K1": "one", "K2": "two"},
    )
    ask(models, "here/m")
    assert keys_of(recorded) == ["Bearer one", "Bearer two", "Bearer two"]


def test_one_key_of_a_list_is_a_plain_provider():
    recorded, models = http(Answer(200, [body("x")]), api_key_envs=("K1",), environ={"K1": "one"})
    ask(models, "here/m")
    assert keys_of(recorded) == ["Bearer one"]


def test_a_provider_keeps_to_its_limits_over_http():
    recorded, models = http(
        refusal(**{"retry-after-ms": "40"}), *[Answer(200, [body("x")])] * 3, limits={"concurrent": 1, "rpm": 100}
    )

    async def all_at_once():
        provider, _ = models.resolve("here/m")
        await asyncio.gather(*(provider.complete(asking()) for _ in range(3)))

    started = time.monotonic()
    asyncio.run(all_at_once())
    assert len(recorded.requests) == 4
    assert time.monotonic() - started >= 0.035


@pytest.mark.parametrize("name", ["local", "llamacpp", "ctransformers"])
def test_local_runtimes_keep_to_limits_too(tmp_path, name):
    models = registry(cache_dir=tmp_path, providers={name: ProviderConfig(limits={"concurrent": 1})})
    assert isinstance(models.provider(name), Paced)
    assert models.resolve(f"{name}/tiny")[1] == "tiny"
    assert name in models.names()
    assert models.services.row(name) is None
    assert not isinstance(registry(cache_dir=tmp_path).provider(name), Paced)


def test_local_runtimes_take_nothing_else_there(tmp_path):
    models = registry(cache_dir=tmp_path, providers={"local": ProviderConfig(limits={"rpm": 1}, timeout=3)})
    with pytest.raises(
        InvalidValueError, match=r"providers\.local: a local runtime takes nothing but limits"
    ) as caught:
        models.provider("local")
    assert "[local]" in caught.value.hint


def test_a_service_may_have_the_name_of_a_local_runtime():
    models = registry(providers={"llamacpp": ProviderConfig(base_url="http://127.0.0.1:8080/v1")})
    assert models.services.row("llamacpp").base_url == "http://127.0.0.1:8080/v1"


def test_a_fallback_sees_what_the_server_asks():
    answers = [refusal(**{"retry-after": "3600"})]
    _, models = http(*answers, models=named(fallback=("here/m",)), limits={"rpm": 9})
    with pytest.raises(RateLimitError, match="here asks to slow down: slow") as caught:
        ask(models, "smart")
    assert caught.value.retry_after == 3600
    with pytest.raises(RateLimitError, match="here asks to wait 3600 s"):
        ask(models, "smart")


def test_the_cache_of_the_configuration(tmp_path):
    a = scripted("a", "one", "two", "three")
    models = registry(a, cache=True, cache_dir=tmp_path)
    assert [answer.text for answer in ask(models.caching(), "a/m", 2)] == ["one", "one"]
    assert ask(models.caching(wanted=False), "a/m")[0].text == "two"
    assert ask(models.caching(wanted=60), "a/m")[0].text == "one"
    asyncio.run(models.aclose())
    assert ask(models.caching(), "a/m")[0].cached
    assert (tmp_path / "answers.sqlite3").exists()
    asyncio.run(models.aclose())


def test_without_a_cache_there_is_no_file(tmp_path):
    models = registry(scripted("a"), cache_dir=tmp_path)
    assert models.caching() is models
    ask(models.caching(), "a/m")
    asyncio.run(models.aclose())
    assert list(tmp_path.iterdir()) == []


def test_a_cached_choice_remembers_each_model(tmp_path):
    models = registry(
        scripted("a", NetworkError("x"), "a is back"),
        scripted("b"),
        models=named(fallback=("a/m", "b/m")),
        cache=True,
        cache_dir=tmp_path,
    )
    found = ask(models.caching(), "smart", 3)
    assert [(answer.provider, answer.cached) for answer in found] == [("b", False), ("a", False), ("a", True)]
    asyncio.run(models.aclose())
