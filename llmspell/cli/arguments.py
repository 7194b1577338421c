"""The spell that the arguments name, and what the shell can complete."""

from __future__ import annotations

import os
import sys

import click

from llmspell.config import Config, user_state
from llmspell.errors import InvalidValueError
from llmspell.spell import Spell

MCP_CONFIG = click.option(
    "--mcp-config", type=click.Path(), metavar="FILE.json", help='MCP servers, as {"mcpServers": {NAME: {...}}}.'
)


def read_spell(file: str | None, source: str | None, language: str | None) -> Spell:
    """The spell in `file`, on the standard input if that is `-`, or `source` itself.

    Raises `InvalidValueError` when the arguments do not name exactly one, or not its language, and what
    `Spell.load` raises.
    """
    if (file is None) == (source is None):
        raise InvalidValueError(
            "give one spell: a FILE, - for the standard input, or -e SOURCE", hint="see llmspell run --help"
        )
    if file is not None and file != "-":
        return Spell.load(file, language)
    if language is None:
        flag = "-" if source is None else "-e"
        raise InvalidValueError(f"{flag} needs the language of the spell", hint="add --lang lua or --lang js")
    return Spell(source=_standard_input() if source is None else source, language=language, name=file or "-e")


def _standard_input() -> str:
    return "" if sys.stdin is None else sys.stdin.read()


def state_file(config: Config) -> str:
    """The file of what outlives a run."""
    return os.fspath(config.state) if config.state is not None else user_state(os.environ)


def complete_language(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names for `--lang` that begin like this."""
    from llmspell.languages import dialects  # for the shell alone

    return [name for name in dialects() if name.startswith(incomplete)]


def complete_model(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Aliases and local models that begin like this; no service is asked."""
    from llmspell.cli.local import model_names  # for the shell alone

    return [name for name in model_names() if name.startswith(incomplete)]


def complete_provider(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Providers that begin like this."""
    from llmspell.cli.local import provider_names  # for the shell alone

    return [name for name in provider_names() if name.startswith(incomplete)]


def complete_tool(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Built-in tools, and those of packages, that begin like this."""
    from llmspell.tools import known  # for the shell alone

    return [name for name in known() if name.startswith(incomplete)]
