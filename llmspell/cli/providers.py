"""`llmspell providers`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from llmspell.cli.arguments import complete_provider
from llmspell.cli.asking import AS_JSON, ask, print_json, print_table
from llmspell.cli.local import RUNTIMES, registry_of
from llmspell.config import ProviderConfig, load
from llmspell.errors import InvalidValueError, LlmspellError, ModelError, ProviderError

if TYPE_CHECKING:
    from llmspell.config import Config
    from llmspell.providers.base import LLMProvider, Response
    from llmspell.providers.catalog import Row
    from llmspell.providers.registry import ProviderRegistry

_QUESTION = "Answer with the word OK."
_MAX_TOKENS = 16
_FEW = 5
_WIDEST = 60
_COLUMNS = ("name", "format", "base_url", "key_env")
_NOTHING: tuple[Any, ...] = (None, [], (), {}, "")
_SECONDS = click.FloatRange(min=0, min_open=True)


@click.group(name="providers", short_help="Show and try the services that models come from.")
def command() -> None:
    """The services that models come from: built-in ones, those of llmspell.toml and of packages.

    \b
    Examples:
      llmspell providers list
      llmspell providers show openai
      llmspell providers test openai
    """


@command.command(name="list", short_help="List providers.")
@AS_JSON
def list_(as_json: bool) -> None:
    """List all providers: their format, address, the variable of their key, and whether they can be used now.

    Keys are never shown.

    \b
    Examples:
      llmspell providers list
      llmspell providers list --json
    """
    config = load()
    registry = registry_of(config)
    facts = [_facts(registry, config, name) for name in (*registry.known(), *registry.packaged())]
    if as_json:
        print_json(facts)
        return
    cells = [[*(_cut(fact[column] or "") for column in _COLUMNS), _state(fact)] for fact in facts]
    print_table([["NAME", "FORMAT", "ADDRESS", "KEY", "STATE"], *cells])


@command.command(name="show", short_help="Show what is known of a provider.")
@click.argument("name", shell_complete=complete_provider)
@AS_JSON
def show_(name: str, as_json: bool) -> None:
    """Show what is known of the provider NAME: its address and key variable, and what it does differently.

    \b
    Examples:
      llmspell providers show mistral
      llmspell providers show azure --json
    """
    config = load()
    registry = registry_of(config)
    if name not in (*registry.known(), *registry.packaged()):
        registry.provider(name)  # says what is wrong with the name
    facts = _facts(registry, config, name)
    if as_json:
        print_json(facts)
        return
    shown = facts | {"state": _state(facts)}
    del shown["usable"], shown["key_set"], shown["key_required"]
    _print_facts(shown)


@command.command(name="test", short_help="Try a provider with one small call.")
@click.argument("name", shell_complete=complete_provider)
@click.option("--model", metavar="MODEL", help="The model to ask; by default the provider's own, or its only one.")
@click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True
)
@AS_JSON
def test(name: str, model: str | None, timeout: float, as_json: bool) -> int:
    """Ask a model of the provider NAME for one word, and say what came of it; a provider without models that talk is
    asked for a vector. This may cost a fraction of a cent.

    \b
    Examples:
      llmspell providers test openai
      llmspell providers test groq --model llama-3.1-8b-instant
    """
    try:
        seconds, asked, outcome = ask(lambda registry: _try(registry, name, model, timeout))
    except LlmspellError as error:
        if not as_json:
            raise
        print_json({"ok": False, "provider": name, "error": error.to_data()})
        return 1
    if as_json:
        print_json({"ok": True, "provider": name, "asked": asked, "seconds": seconds} | outcome)
    else:
        click.echo(f"{name} answers in {seconds:.2f} s")
        _print_facts({"asked": asked} | outcome)
    return 0


async def _try(
    registry: ProviderRegistry, name: str, model: str | None, seconds: float
) -> tuple[float, str, dict[str, Any]]:
    """How long it took, the model that was asked, and what came of it."""
    provider = registry.provider(name)
    model = model or _default_model(registry, provider) or await _only_model(provider)
    start = time.monotonic()
    outcome = await (_embedded if _is_mute(provider) else _said)(provider, model, seconds)
    return round(time.monotonic() - start, 3), model, outcome


def _is_mute(provider: LLMProvider) -> bool:
    """Whether it has no models that talk."""
    able = provider.capabilities or frozenset[str]()
    return bool(able) and able <= {"embeddings", "ranking"}


async def _said(provider: LLMProvider, model: str, seconds: float) -> dict[str, Any]:
    from llmspell.providers.base import Request  # for this command alone
    from llmspell.providers.content import Message

    messages = [Message("user", _QUESTION)]
    request = Request(model=model, messages=messages, max_tokens=_MAX_TOKENS, timeout=seconds)
    return _outcome(await provider.complete(request))


async def _embedded(provider: LLMProvider, model: str, seconds: float) -> dict[str, Any]:
    found = await provider.embed(model, [_QUESTION], timeout=seconds)
    return {"model": found.model, "dimensions": len(found.vectors[0]), "input_tokens": found.usage.input_tokens}


def _default_model(registry: ProviderRegistry, provider: LLMProvider) -> str | None:
    row = registry.services.row(provider.name)
    return row.default_model if row else provider.default_model


async def _only_model(provider: LLMProvider) -> str:
    try:
        models = [info.name.partition("/")[2] for info in await provider.list_models()]
    except (ProviderError, ModelError) as error:
        if isinstance(error, ProviderError) and error.status not in (404, 405):
            raise
        models = []
    if len(models) == 1:
        return models[0]
    few = f"--model {' or '.join(models[:_FEW])}" if models else "name it with --model"
    raise InvalidValueError(f"which model of {provider.name}?", hint=few)


def _outcome(response: Response) -> dict[str, Any]:
    return {
        "model": response.model,
        "text": response.text.strip(),
        "finish_reason": response.finish_reason,
        "input_tokens": response.usage.input_tokens,
        "output_tokens": response.usage.output_tokens,
        "request_id": response.request_id,
    }


def _facts(registry: ProviderRegistry, config: Config, name: str) -> dict[str, Any]:
    """What may be shown of a provider: no key, and no header's value, which may be one."""
    keyless = {"key_env": None, "key_required": False, "key_set": False, "usable": True}
    if (made := config.models.get(name)) is not None:
        return _common(name, "selection", None) | keyless | made._asdict()
    row = registry.services.row(name)
    if row is None:
        kind = "local" if name in RUNTIMES else "package"
        return _common(name, kind, None) | keyless | _own(config, name)
    from llmspell.providers import address

    return _common(name, row.wire, address.shown(row.base_url)) | {
        "key_env": row.key_env,
        "key_required": row.key_required,
        "key_set": bool(registry.services.key(row)),
        "usable": registry.services.is_usable(row),
        "missing": registry.services.missing(row),
        **_details(row),
        **_own(config, name),
    }


def _own(config: Config, name: str) -> dict[str, Any]:
    """What the configuration says of how it is asked."""
    from llmspell.providers import address

    own = config.providers.get(name, ProviderConfig())
    variables = dict.fromkeys((*([own.api_key_env] if own.api_key_env else ()), *own.api_key_envs))
    return {
        "more_key_envs": [*variables][1:],
        "limits": dict(own.limits),
        "timeouts": dict(own.timeouts),
        "proxy": own.proxy and address.shown(own.proxy),
        "ca_file": own.ca_file and str(own.ca_file),
    }


def _common(name: str, form: str, base_url: str | None) -> dict[str, Any]:
    return {"name": name, "format": form, "base_url": base_url}


def _details(row: Row) -> dict[str, Any]:
    return {
        "default_model": row.default_model,
        "capabilities": sorted(row.capabilities),
        "dialect": dict(row.dialect),
        "headers": sorted((*row.headers, *([row.auth_header] if row.auth_header else ()))),
        "query": sorted(row.query),
        "timeout": row.timeout,
        "prices": row.prices,
        "about": row.about,
    }


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 2] + " …"


def _state(fact: dict[str, Any]) -> str:
    """Whether it can be used, in a few words."""
    if missing := fact.get("missing"):
        return f"needs {' and '.join(missing)}"
    if fact["key_required"] and not fact["key_set"]:
        return "no key"
    return "ready" if fact["usable"] else "if it runs"


def _print_facts(facts: dict[str, Any]) -> None:
    print_table([[key.replace("_", " "), _text(value)] for key, value in facts.items() if value not in _NOTHING])


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_text(inner)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ("; " if value and isinstance(value[0], dict) else ", ").join(map(_text, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
