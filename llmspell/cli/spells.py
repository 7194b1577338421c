"""`llmspell spells`."""

from __future__ import annotations

import click

from llmspell import spellbook
from llmspell.cli.asking import AS_JSON, print_json, print_table
from llmspell.errors import NotFoundError
from llmspell.nearest import nearest


@click.group(name="spells", short_help="List and show the spells of the spellbook.")
def command() -> None:
    """The spellbook: ready spells that run by their names.

    \b
    Examples:
      llmspell spells list
      llmspell spells show summarize
      llmspell run summarize notes.md
    """


@command.command(name="list", short_help="List the spells.")
@AS_JSON
def list_(as_json: bool) -> None:
    """List the spells with what they do.

    \b
    Examples:
      llmspell spells list
      llmspell spells list --json
    """
    entries = spellbook.entries()
    if as_json:
        facts = [
            {"name": entry.name, "language": entry.language, "description": entry.description} for entry in entries
        ]
        print_json(facts)
        return
    print_table([[entry.name, entry.description] for entry in entries])


def _complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [entry.name for entry in spellbook.entries() if entry.name.startswith(incomplete)]


@command.command(short_help="Show how a spell is used, or its source.")
@click.argument("name", shell_complete=_complete)
@click.option("--source", is_flag=True, help="Show the spell itself, to copy and change it.")
def show(name: str, source: bool) -> None:
    """Show how the spell NAME is used.

    \b
    Examples:
      llmspell spells show summarize
      llmspell spells show summarize --source > mine.lua
    """
    entry = spellbook.find(name)
    if entry is None:
        hint = nearest(name, [each.name for each in spellbook.entries()]) or "see llmspell spells list"
        raise NotFoundError(f"there is no spell {name!r} in the spellbook", hint=hint)
    if source:
        with open(entry.file, encoding="utf-8") as file:
            click.echo(file.read(), nl=False)
        return
    click.echo("\n".join(line for line in entry.header if not line.startswith("@args")))
