"""`llmspell models`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from llmspell.cli import show
from llmspell.cli.arguments import complete_model, complete_provider
from llmspell.cli.asking import AS_JSON, ask, print_json, print_table
from llmspell.cli.local import local_name, store_of, stored_model
from llmspell.config import load
from llmspell.providers.local.catalogue import PULLABLE
from llmspell.providers.local.store import DEFAULT_MODEL

if TYPE_CHECKING:
    from llmspell.providers.base import ModelInfo
    from llmspell.providers.local.store import StoredModel
    from llmspell.providers.registry import ProviderRegistry


@click.group(name="models", short_help="List, fetch and remove models.")
def command() -> None:
    """The models of this machine and of the configured services.

    \b
    Examples:
      llmspell models pull smollm2-135m
      llmspell models list
      llmspell models list --provider openai
      llmspell models info local/smollm2-135m
    """


@command.command(name="list", short_help="List models.")
@click.option(
    "--provider",
    metavar="NAME",
    shell_complete=complete_provider,
    help="Those of a service, which is asked; otherwise of this machine.",
)
@AS_JSON
def list_(provider: str | None, as_json: bool) -> None:
    """List the models of this machine, or those that a service offers.

    \b
    Examples:
      llmspell models list
      llmspell models list --provider openai --json
    """
    infos = ask(lambda registry: registry.list_models(provider or "local"))
    if as_json:
        print_json([asdict(info) for info in infos])
    else:
        print_table([_row(info) for info in infos])
        if not infos and provider is None:
            click.echo(f"no model is installed; fetch one with: llmspell models pull {DEFAULT_MODEL}", err=True)


@command.command(short_help="Show what is known of a model.")
@click.argument("name", shell_complete=complete_model)
@AS_JSON
def info(name: str, as_json: bool) -> None:
    """Show what is known of the model NAME, such as its file, size and context.

    \b
    Examples:
      llmspell models info local/smollm2-135m
      llmspell models info ./model.gguf --json
    """
    found = ask(lambda registry: _info(registry, name))
    if as_json:
        print_json(asdict(found))
    else:
        facts = {key: value for key, value in asdict(found).items() if key != "details" and value is not None}
        print_table([[key.replace("_", " "), _shown(key, value)] for key, value in (found.details | facts).items()])


async def _info(registry: ProviderRegistry, name: str) -> ModelInfo:
    if "/" not in name and any(model.name == name for model in store_of(load()).list()):
        name = f"local/{name}"  # as `models list` and `models pull` show it
    provider, model = registry.resolve(name)
    return await provider.info(model)


@command.command(short_help="Fetch a model.")
@click.argument("source", shell_complete=lambda _ctx, _parameter, text: [m for m in PULLABLE if m.startswith(text)])
@click.option("--name", metavar="NAME", help="What to call it here.")
def pull(source: str, name: str | None) -> None:
    """Fetch the model SOURCE: a known name, or the path of a .gguf file, which is copied.

    \b
    Examples:
      llmspell models pull smollm2-135m
      llmspell models pull ~/Downloads/model.gguf --name mine
    """
    from llmspell.providers.local import pull as pulling  # for this command alone

    _work(f"{source} is ready as local/{{}}", lambda progress: pulling.pull(store_of(load()), source, name, progress))


@command.command(short_help="Make a model that ctransformers can run.")
@click.argument("name", shell_complete=complete_model)
def convert(name: str) -> None:
    """Convert the local model NAME, so that ctransformers can run it too. The original stays.

    \b
    Examples:
      llmspell models convert smollm2-135m
      llmspell run hello.lua --model ctransformers/smollm2-135m
    """
    from llmspell.providers.local import convert as converting  # for this command alone

    store = store_of(load())
    _work("converted to local/{}", lambda progress: converting.convert(store, local_name(name), progress))


@command.command(short_help="Delete a model from this machine.")
@click.argument("name", shell_complete=complete_model)
def remove(name: str) -> None:
    """Delete the local model NAME and its file.

    \b
    Examples:
      llmspell models remove smollm2-135m
    """
    store = store_of(load())
    found = stored_model(store, name)
    removed = store.remove(found.path.name if found.path.parent == store.directory else name)
    click.echo(f"removed {removed.name} ({show.size(removed.size)})")


def _work(done: str, work: Callable[[Any], StoredModel]) -> None:
    from llmspell.cli.progress import progress_on  # for commands that take long

    with progress_on(sys.stderr) as progress:
        model = work(progress)
    click.echo(f"{done.format(model.name)} ({show.size(model.size)})")


def _row(info: ModelInfo) -> list[str]:
    size, problem = info.details.get("size"), info.details.get("problem")
    shown = "" if size is None else show.size(size)
    if problem:
        known = f"the model file {info.details['file']} is damaged: "
        return [info.name, shown, "damaged", problem.removeprefix(known)]
    kind = info.details.get("quantisation") or info.details.get("format") or ""
    return [info.name, shown, kind, f"{info.context_length} tokens" if info.context_length else ""]


def _shown(key: str, value: Any) -> str:
    if key == "size":
        return f"{show.size(value)} ({value} bytes)"
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
