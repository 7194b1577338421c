"""The spell that the arguments name, and what the shell can complete."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from llmspell.config import Config, user_state
from llmspell.errors import InvalidValueError, NotFoundError
from llmspell.spell import Spell

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MCP_CONFIG = click.option(
    "--mcp-config", type=click.Path(), metavar="FILE.json", help='MCP servers, as {"mcpServers": {NAME: {...}}}.'
)


def read_spell(file: str | None, source: str | None, language: str | None) -> Spell:
    """The spell in `file` (or of that name in the spellbook), on the standard input if that is `-`, or `source` itself.

    Raises `InvalidValueError` when the arguments do not name exactly one, or not its language, and what
    `Spell.load` raises.
    """
    if (file is None) == (source is None):
        raise InvalidValueError(
            "give one spell: a FILE, - for the standard input, or -e SOURCE",
            hint=f"see {click.get_current_context().command_path} --help",
        )
    if file is not None and file != "-":
        return _from_file(file, language)
    if language is None:
        flag = "-" if source is None else "-e"
        raise InvalidValueError(f"{flag} needs the language of the spell", hint="add --lang lua or --lang js")
    return Spell(source=_standard_input() if source is None else source, language=language, name=file or "-e")


def _from_file(file: str, language: str | None) -> Spell:
    if os.path.isfile(file):
        return Spell.load(file, language)
    from llmspell import spellbook  # most spells are files

    if spellbook.find(file) is not None:
        return Spell.shipped(file)
    try:
        return Spell.load(file, language)
    except NotFoundError as missing:
        from llmspell.nearest import nearest  # only needed once something went wrong

        names = [entry.name for entry in spellbook.entries()]
        hint = nearest(file.removeprefix(spellbook.PREFIX), names)
        raise (missing if hint is None else NotFoundError(missing.message, hint=hint, file=missing.file)) from None


def _standard_input() -> str:
    return "" if sys.stdin is None else sys.stdin.read()


def state_file(config: Config) -> str:
    """The file of what outlives a run."""
    return os.fspath(config.state) if config.state is not None else user_state(os.environ)


def complete_spell(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Spells of the spellbook that begin like this, and spells here; any file, where there is none of them."""
    from click.shell_completion import CompletionItem  # for the shell alone

    from llmspell import spellbook  # as above
    from llmspell.languages import suffixes

    here = sorted(name for name in os.listdir() if name.endswith(suffixes()))
    names = [*(entry.name for entry in spellbook.entries()), *here]
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]


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
