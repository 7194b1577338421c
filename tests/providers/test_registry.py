"""From names to providers: aliases, defaults, near names, configuration, entry points and the embedder's own."""

from __future__ import annotations

import asyncio
import importlib.metadata
import subprocess
import sys

import pytest

from llmspell.config import Config, LocalConfig, ProviderConfig
from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.providers import registry as module
from llmspell.providers.base import Request, Usage
from llmspell.providers.catalog import Row
from llmspell.providers.content import Message
from llmspell.providers.registry import ProviderRegistry
from llmspell.testing import Answer, RecordedTransport, ScriptedProvider
from tests.providers.loopback import LoopbackServer, completion, http

KEYED = {"OPENAI_API_KEY": "sk-test"}


def registry(config=None, *, environ=None, **options):
    return ProviderRegistry(config, environ=environ or {}, **options)


def resolved(name, *args, **options):
    provider, model = registry(*args, **options).resolve(name)
    return provider.name, model


def test_names_have_two_parts():
    assert resolved("openai/gpt-5-mini") == ("openai", "gpt-5-mini")
    own = Config(providers={"router": ProviderConfig(base_url="http://x")})
    assert resolved("router/vendor/model:free", own) == ("router", "vendor/model:free")


def test_aliases_and_aliases_of_aliases():
    config = Config(aliases={"fast": "small", "small": "openai/gpt-5-nano"})
    assert resolved("fast", config) == ("openai", "gpt-5-nano")


def test_an_alias_that_leads_back():
    config = Config(aliases={"a": "b", "b": "a"})
    with pytest.raises(InvalidValueError, match="leads back"):
        registry(config).resolve("a")


@pytest.mark.parametrize("name", [None, ""])
def test_the_default_is_what_is_configured_then_a_key_then_local(name):
    assert resolved(name, Config(model="openai/gpt-4o")) == ("openai", "gpt-4o")
    assert resolved(name, environ=KEYED) == ("openai", "gpt-4.1-mini")
    assert resolved(name) == ("local", "smollm2-135m")


def test_the_default_may_be_an_alias():
    assert resolved(None, Config(model="fast", aliases={"fast": "openai/gpt-5-nano"})) == ("openai", "gpt-5-nano")


def test_a_provider_alone_means_its_default():
    assert resolved("openai") == ("openai", "gpt-4.1-mini")
    assert resolved("local") == ("local", "smollm2-135m")
    own = Config(providers={"here": ProviderConfig(base_url="http://x", default_model="m")})
    assert resolved("here", own) == ("here", "m")


@pytest.mark.parametrize("name", ["local", "llamacpp", "ctransformers"])
def test_local_runtimes(name):
    assert resolved(f"{name}/smollm2-135m") == (name, "smollm2-135m")


@pytest.mark.parametrize("name", ["./tiny.gguf", "/models/tiny.gguf", "../x", "~/x", "models/tiny.gguf", "tiny.bin"])
def test_model_files_are_local(name):
    assert resolved(name) == ("local", name)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("opnai/gpt-5", "no provider 'opnai'", "did you mean openai?"),
        ("qqq/gpt-5", "no provider 'qqq'", "[providers.qqq]"),
        ("fats", "no model 'fats'", "did you mean fast?"),
        ("gpt-5", "no model 'gpt-5'", "provider/model"),
        ("here", "names no model", "here/..."),
        ("openai/", "names no model", "provider/model"),
    ],
)
def test_unknown_names(name, message, hint):
    config = Config(
        aliases={"fast": "openai/gpt-5-nano"}, providers={"here": ProviderConfig(base_url="http://127.0.0.1:1")}
    )
    with pytest.raises(NotFoundError) as failed:
        registry(config).resolve(name)
    assert message in failed.value.message
    assert hint in failed.value.hint


def test_a_provider_is_made_once():
    models = registry()
    assert models.resolve("openai/a")[0] is models.resolve("openai/b")[0]


def test_the_embedders_providers_come_first():
    mine, other = ScriptedProvider([], name="openai"), ScriptedProvider([])
    models = registry(environ=KEYED, providers=[mine, other])
    assert models.resolve("openai/x") == (mine, "x")
    assert models.resolve("scripted/y") == (other, "y")
    assert models.names()[:2] == ["openai", "scripted"]


# Configured services


def request_of(config, name, environ, body=None):
    """The HTTP request that a completion makes."""
    answer = Answer(pieces=[(body or '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}').encode()])
    wire = RecordedTransport([answer])

    async def main():
        models = registry(config, environ=environ, http_transport=wire.transport)
        provider, model = models.resolve(name)
        await provider.complete(Request(model=model, messages=[Message("user", "Hi")], max_tokens=5))
        await models.aclose()

    asyncio.run(main())
    return wire.requests[0]


def test_openai():
    request = request_of(None, "openai/gpt-5-mini", KEYED)
    assert str(request.url) == "https://api.openai.com/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-test"
    assert b'"max_completion_tokens":5' in request.content


def test_another_base_url_for_openai_needs_no_key():
    request = request_of(None, "openai/m", {"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1/"})
    assert str(request.url) == "http://127.0.0.1:8080/v1/chat/completions"
    assert "authorization" not in request.headers


def test_a_configured_service():
    own = ProviderConfig(base_url="http://here/api", api_key_env="HERE", headers={"x-team": "a"})
    request = request_of(Config(providers={"here": own}), "here/m", {"HERE": "k", **KEYED})
    assert str(request.url) == "http://here/api/chat/completions"
    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["x-team"] == "a"
    assert b'"max_tokens":5' in request.content


def test_settings_are_laid_over_the_built_in_service():
    own = ProviderConfig(api_key_env="WORK_KEY", dialect={"max_tokens": "max_tokens"})
    request = request_of(Config(providers={"openai": own}), "openai/m", {"WORK_KEY": "w", **KEYED})
    assert request.url.host == "api.openai.com"
    assert request.headers["authorization"] == "Bearer w"
    assert b'"max_tokens":5' in request.content


def test_a_configured_base_url_beats_the_variable():
    own = Config(providers={"openai": ProviderConfig(base_url="http://mine/v1")})
    request = request_of(own, "openai/m", {"OPENAI_BASE_URL": "http://other/v1"})
    assert request.url.host == "mine"


def test_a_service_without_base_url_is_a_mistake():
    with pytest.raises(InvalidValueError, match=r"providers\.here\.base_url is missing"):
        registry(Config(providers={"here": ProviderConfig()})).resolve("here/m")


def test_prices_are_known_for_the_real_service_alone():
    from llmspell.providers.base import Usage

    usage = Usage(1000, 0)
    assert registry().provider("openai").cost("gpt-4o-mini", usage) is not None
    elsewhere = registry(environ={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"})
    assert elsewhere.provider("openai").cost("gpt-4o-mini", usage) is None


def test_local_settings_reach_the_local_provider(tmp_path):
    config = Config(cache_dir=tmp_path, local=LocalConfig(threads=1, context_length=512))
    provider = registry(config).provider("local")
    assert provider._store.directory == tmp_path / "models"
    assert (provider._settings.threads, provider._settings.context_length) == (1, 512)


# Entry points


def entry(name, value="tests.providers.test_registry:plugin"):
    return importlib.metadata.EntryPoint(name, value, module.GROUP)


def plugin(config):
    return ScriptedProvider([], name=f"plugged-{config.model}")


def test_packages_bring_providers(monkeypatch):
    monkeypatch.setattr(module, "_entry_points", lambda: [entry("plugged"), entry("other")])
    models = registry(Config(model="m"))
    provider, model = models.resolve("plugged/x")
    assert (provider.name, model) == ("plugged-m", "x")
    with pytest.raises(NotFoundError) as failed:
        models.resolve("pluged/x")
    assert "plugged" in failed.value.hint
    with pytest.raises(NotFoundError, match="'plugged' names no model"):
        models.resolve("plugged")


def row_plugin(config):
    return Row("plugged", "http://plugged.example/v1", key_env="PLUGGED_KEY", default_model="m")


def test_packages_bring_rows_of_the_catalog(monkeypatch):
    row = entry("plugged", "tests.providers.test_registry:row_plugin")
    monkeypatch.setattr(module, "_entry_points", lambda: [row])
    request = request_of(None, "plugged/m", {"PLUGGED_KEY": "k"})
    assert str(request.url) == "http://plugged.example/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer k"
    assert registry().packaged() == ["plugged"]
    assert registry().resolve("plugged")[1] == "m"


def test_packages_are_asked_for_unknown_names_alone(monkeypatch):
    monkeypatch.setattr(module, "_entry_points", lambda: pytest.fail("asked"))
    registry(environ=KEYED).resolve("openai/x")
    registry().resolve("./x.gguf")


# Lists and closing


def test_usable_providers():
    here = Config(
        providers={
            "here": ProviderConfig(base_url="http://x"),
            "keyed": ProviderConfig(base_url="http://y", api_key_env="K"),
        }
    )
    assert registry(here).names() == ["here", "local", "llamacpp", "ctransformers"]
    assert registry(here, environ={"K": "k", **KEYED}).names()[:3] == ["here", "keyed", "openai"]


def test_the_models_of_all_leave_out_those_that_cannot_be_reached(tmp_path):
    async def main():
        async with LoopbackServer() as closed:
            pass
        async with LoopbackServer(http({"data": [{"id": "m"}]})) as server:
            config = Config(
                providers={"up": ProviderConfig(base_url=server.url), "down": ProviderConfig(base_url=closed.url)},
                cache_dir=tmp_path,
            )
            models = registry(config, providers=[ScriptedProvider([])])
            found = await models.list_models()
            await models.aclose()
            return [info.name for info in found]

    assert asyncio.run(main()) == ["scripted/test", "up/m"]


def test_the_models_of_one():
    found = asyncio.run(registry(providers=[ScriptedProvider([])]).list_models("scripted"))
    assert [info.name for info in found] == ["scripted/test"]


def test_it_can_be_used_after_closing():
    async def main():
        async with LoopbackServer(*[http(completion())] * 2) as server:
            models = registry(Config(providers={"here": ProviderConfig(base_url=server.url)}))
            texts = []
            for _ in range(2):
                provider, model = models.resolve("here/m")
                request = Request(model=model, messages=[Message("user", "Hi")])
                texts.append((await provider.complete(request)).text)
                await models.aclose()
            return texts, server.connections

    assert asyncio.run(main()) == (["Hello", "Hello"], 2)


def test_the_embedders_providers_are_not_closed():
    class Closable(ScriptedProvider):
        closed = False

        async def aclose(self):
            self.closed = True

    mine = Closable([])
    models = registry(providers=[mine])
    models.resolve("scripted/x")
    asyncio.run(models.aclose())
    assert not mine.closed


HEAVY = {"asyncio", "httpx2", "pydantic", "ssl", "tiktoken", "importlib.metadata", "difflib", "genai_prices", "stamina"}


def imported_by(code):
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return HEAVY & set(run.stdout.split())


def test_a_registry_imports_nothing_heavy():
    code = "from llmspell.providers.registry import ProviderRegistry\nregistry = ProviderRegistry(environ={})\n"
    assert imported_by(code) == set()
    assert imported_by(code + "registry.default_model()") == set()


def test_a_provider_imports_no_more_than_it_needs():
    code = "from llmspell.providers.registry import ProviderRegistry\nProviderRegistry(environ={}).resolve('openai/x')"
    assert imported_by(code) <= {"asyncio", "httpx2", "ssl", "importlib.metadata"}


def test_whose_prices_a_service_has():
    usage = Usage(1_000_000, 0)
    for environ in ({}, {"OPENAI_BASE_URL": "http://proxy.test/v1"}):
        here = {"openai": ProviderConfig(base_url=None if environ else "http://proxy.test/v1", prices="openai")}
        models = ProviderRegistry(Config(providers=here), environ=environ)
        assert models.provider("openai").cost("gpt-4o", usage) == pytest.approx(2.5)
    unpriced = ProviderRegistry(Config(providers={"here": ProviderConfig(base_url="http://proxy.test/v1")}), environ={})
    assert unpriced.provider("here").cost("gpt-4o", usage) is None
    wrong = {"here": ProviderConfig(base_url="http://proxy.test/v1", prices="opena")}
    with pytest.raises(InvalidValueError, match=r"providers\.here\.prices: there are no prices of 'opena'") as caught:
        ProviderRegistry(Config(providers=wrong), environ={}).provider("here")
    assert "openai" in caught.value.hint
