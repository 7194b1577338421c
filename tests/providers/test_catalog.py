"""The services known by name, and those that people add: every row makes the requests that its service expects."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from llmspell.config import Config, ProviderConfig, load
from llmspell.errors import AuthError, InvalidValueError
from llmspell.providers import address
from llmspell.providers.base import Request, Response
from llmspell.providers.catalog import ROWS, Row
from llmspell.providers.content import Message
from llmspell.providers.registry import ProviderRegistry
from llmspell.providers.wire import formats
from llmspell.testing import Answer, RecordedTransport
from tests.providers.loopback import completion

CAPABILITIES = {
    "images", "documents", "audio", "tools", "schema", "reasoning", "embeddings", "image_out", "audio_out", "search",
    "cache", "ranking",
}  # fmt: skip
CHAT_ROWS = [row for row in ROWS.values() if row.wire == "openai-chat"]


class TestEveryRow:
    @pytest.fixture(params=ROWS.values(), ids=lambda row: row.name)
    def row(self, request: pytest.FixtureRequest) -> Row:
        row: Row = request.param
        return row

    def test_its_format_knows_its_dialect(self, row: Row) -> None:
        assert formats.make(row.wire, row.dialect).name == row.wire

    def test_its_url_is_one(self, row: Row) -> None:
        gaps = dict.fromkeys(address.missing(row.base_url, {}), "https://gap.example.com")
        url = urlsplit(address.filled(row.base_url, gaps).replace("/https://gap.example.com", "/gap"))
        assert url.scheme == ("http" if url.hostname == "127.0.0.1" else "https")
        assert not url.query
        assert not row.base_url.endswith("/")

    def test_its_words_are_known(self, row: Row) -> None:
        assert row.name == row.name.lower()
        assert row.capabilities <= CAPABILITIES
        assert not row.key_required or row.key_env

    def test_its_prices_are_in_the_list(self, row: Row) -> None:
        from genai_prices import data

        assert row.prices in {None, *(provider.id for provider in data.providers)}


def test_the_services_that_people_ask_for_are_there() -> None:
    assert set(ROWS) >= {
        "openai", "azure", "mistral", "groq", "deepseek", "xai", "openrouter", "together", "fireworks", "perplexity",
        "cerebras", "huggingface", "nvidia", "github", "moonshot", "zai", "minimax", "venice", "lmstudio", "vllm",
        "llamacpp-server", "sglang", "ollama-openai", "doubleword", "crusoe",
    }  # fmt: skip


class Asked:
    """A call that never leaves this process, with these variables and settings."""

    def __init__(self, name: str, config: Config | None = None, environ: dict[str, str] | None = None) -> None:
        self.body = json.dumps(completion("Hello", usage=USAGE)).encode()
        self._wire = RecordedTransport([Answer(pieces=[self.body])])
        self.response: Response = asyncio.run(self._ask(name, config, environ or {}))
        (self.request,) = self._wire.requests

    async def _ask(self, name: str, config: Config | None, environ: dict[str, str]) -> Response:
        models = ProviderRegistry(config, environ=environ, http_transport=self._wire.transport)
        provider, model = models.resolve(name)
        try:
            request = Request(model=model, messages=[Message("user", "Hi")], max_tokens=5, seed=1)
            return await provider.complete(request)
        finally:
            await models.aclose()

    @property
    def sent(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.request.content)
        return body


USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 2,
    "total_tokens": 15,
    "completion_tokens_details": {"reasoning_tokens": 3},
}


@pytest.mark.parametrize("row", CHAT_ROWS, ids=lambda row: row.name)
def test_a_call_to_every_service(row: Row) -> None:
    environ = dict.fromkeys(address.missing(row.base_url, {}), "https://gap") | {row.key_env or "": "the-key"}
    asked = Asked(f"{row.name}/some-model", environ=environ)
    assert asked.response.text == "Hello"
    assert asked.request.url.path.endswith("/chat/completions")
    assert asked.request.headers[row.auth_header or "authorization"].endswith("the-key")
    assert asked.sent["model"] == "some-model"


def test_what_mistral_does_differently() -> None:
    sent = Asked("mistral/m", environ={"MISTRAL_API_KEY": "k"}).sent
    assert (sent["random_seed"], sent["max_tokens"]) == (1, 5)


def test_xai_counts_thoughts_beside_the_answer() -> None:
    assert Asked("xai/m", environ={"XAI_API_KEY": "k"}).response.usage.output_tokens == 5
    assert Asked("openai/m", environ={"OPENAI_API_KEY": "k"}).response.usage.output_tokens == 2


AZURE = {"AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com/", "AZURE_OPENAI_API_KEY": "the-key"}


class TestGapsInUrls:
    def test_azure(self) -> None:
        asked = Asked("azure/gpt-prod", environ=AZURE)
        assert str(asked.request.url) == "https://mine.openai.azure.com/openai/v1/chat/completions"
        assert asked.request.headers["api-key"] == "the-key"
        assert "authorization" not in asked.request.headers

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(
            InvalidValueError, match=r"providers\.azure: it needs the environment variable AZURE_OPENAI"
        ):
            ProviderRegistry(environ={"AZURE_OPENAI_API_KEY": "k"}).resolve("azure/m")

    def test_a_deployment_of_azure_as_people_configure_it(self) -> None:
        own = ProviderConfig(
            base_url="{AZURE_OPENAI_ENDPOINT}/openai/deployments/gpt-4o", query={"api-version": "2024-12-01-preview"}
        )
        asked = Asked("azure/gpt-4o", Config(providers={"azure": own}), AZURE)
        assert str(asked.request.url) == (
            "https://mine.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-12-01-preview"
        )
        assert asked.request.headers["api-key"] == "the-key"

    def test_a_default(self) -> None:
        own = Config(providers={"here": ProviderConfig(base_url="http://{HOST:-127.0.0.1:8080}/v1")})
        assert Asked("here/m", own).request.url.host == "127.0.0.1"
        assert Asked("here/m", own, {"HOST": "gpu"}).request.url.host == "gpu"

    def test_what_is_missing_twice_is_named_once(self) -> None:
        assert address.missing("https://{A}.example.com/{B}/{A}/{C:-c}", {"B": "b"}) == ["A"]

    @pytest.mark.parametrize(
        ("template", "shown"),
        [
            ("https://user:secret@host/v1", "https://host/v1"),
            ("https://host/v1?token=secret", "https://host/v1"),
            ("{BASE}/v1", "{BASE}/v1"),
            ("https://x/{ACCOUNT}/v1", "https://x/{ACCOUNT}/v1"),
            ("https://user:secret@[::1/v1", "(not a URL)"),
        ],
    )
    def test_what_is_shown_holds_no_secret(self, template: str, shown: str) -> None:
        assert address.shown(template) == shown

    @pytest.mark.parametrize(
        ("url", "secrets"),
        [
            ("https://host/v1", []),
            ("https://[::1/v1", []),
            ("https://a:b%40c@host/v1", ["b%40c", "b@c", "a", "YTpiQGM="]),
            ("https://token@host/v1", ["token", "dG9rZW46"]),
        ],
    )
    def test_what_must_not_be_told_of_a_url(self, url: str, secrets: list[str]) -> None:
        assert address.credentials(url) == secrets


class TestOwnRows:
    def configured(self, tmp_path: Path, text: str) -> Config:
        (tmp_path / "llmspell.toml").write_text(text, encoding="utf-8")
        return load(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "none")})

    def test_all_that_can_be_said(self, tmp_path: Path) -> None:
        config = self.configured(
            tmp_path,
            """
            [providers.mine]
            wire = "openai-chat"
            base_url = "https://mine.example.com/v1"
            api_key_env = "MINE_KEY"
            auth_header = "x-api-key"
            headers = {x-team = "a"}
            query = {version = "2 b"}
            default_model = "m-7"
            timeout = 5
            dialect = {max_tokens = "max_completion_tokens", seed = "random_seed", schema_drop = ["format"]}
            """,
        )
        asked = Asked("mine", config, {"MINE_KEY": "the-key"})
        assert str(asked.request.url) == "https://mine.example.com/v1/chat/completions?version=2+b"
        assert (asked.request.headers["x-api-key"], asked.request.headers["x-team"]) == ("the-key", "a")
        assert asked.sent["model"] == "m-7"
        assert {"max_completion_tokens", "random_seed"} <= asked.sent.keys()

    @pytest.mark.parametrize(
        ("lines", "message", "hint"),
        [
            ('wire = "morse"', "providers.mine: there is no wire format 'morse'", "openai-chat"),
            ("dialect = {shout = true}", "no dialect switch 'shout'", "stream_usage"),
            ('dialect = {stream_usage = "no"}', "providers.mine: the dialect switch stream_usage must be true or", ""),
            ('dialect = {schema = "xml"}', "the dialect switch schema must be json_schema or", ""),
            ("query = {a = 1}", "providers.mine.query must be a table of texts", ""),
            ('auth_header = ""', "providers.mine.auth_header must be text", ""),
            ('api_key = "sk"', "there is no setting providers.mine.api_key", "api_key_env"),
        ],
    )
    def test_mistakes_say_where_and_what(self, tmp_path: Path, lines: str, message: str, hint: str) -> None:
        text = f'[providers.mine]\nbase_url = "https://mine.example.com"\n{lines}\n'
        tomllib.loads(text)
        with pytest.raises(InvalidValueError) as failed:
            ProviderRegistry(self.configured(tmp_path, text), environ={}).provider("mine")
        assert message in failed.value.message
        assert hint in (failed.value.hint or "")

    def test_a_known_service_at_another_place_needs_no_key_and_has_no_price(self) -> None:
        own = Config(providers={"groq": ProviderConfig(base_url="http://127.0.0.1:1/v1")})
        row = ProviderRegistry(own, environ={}).services.row("groq")
        assert row is not None
        assert (row.key_required, row.prices, row.key_env) == (False, None, "GROQ_API_KEY")

    def test_another_format_starts_with_its_own_switches(self) -> None:
        own = Config(providers={"openai": ProviderConfig(wire="ollama")})
        row = ProviderRegistry(own, environ={}).services.row("openai")
        assert row is not None
        assert (row.wire, row.dialect) == ("ollama", {})


class TestWhichAreUsable:
    def names(self, config: Config | None = None, **environ: str) -> list[str]:
        return ProviderRegistry(config, environ=environ).names()

    def test_those_with_a_key(self) -> None:
        assert "groq" not in self.names()
        assert "groq" in self.names(GROQ_API_KEY="k")

    def test_servers_of_this_machine_when_they_are_configured(self) -> None:
        assert "vllm" not in self.names()
        assert "vllm" in self.names(VLLM_API_KEY="k")
        assert "vllm" in self.names(Config(providers={"vllm": ProviderConfig()}))

    def test_those_whose_url_is_complete(self) -> None:
        assert "azure" not in self.names(AZURE_OPENAI_API_KEY="k")
        assert "azure" in self.names(AZURE_OPENAI_API_KEY="k", AZURE_OPENAI_ENDPOINT="https://x")

    def test_the_default_model_is_that_of_the_first_key(self) -> None:
        both = {"MISTRAL_API_KEY": "k", "DEEPSEEK_API_KEY": "k"}
        assert ProviderRegistry(environ=both).default_model() == "mistral/mistral-small-latest"
        assert ProviderRegistry(environ={"HF_TOKEN": "k"}).default_model() == "local/smollm2-135m"

    def test_a_needed_key_that_is_missing(self) -> None:
        with pytest.raises(AuthError) as failed:
            Asked("mistral/m")
        assert "MISTRAL_API_KEY" in (failed.value.hint or "")
