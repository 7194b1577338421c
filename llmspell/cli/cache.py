"""`llmspell cache`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import click

from llmspell.cli import show
from llmspell.cli.asking import AS_JSON, print_json
from llmspell.cli.local import registry_of
from llmspell.config import load
from llmspell.errors import InvalidValueError

if TYPE_CHECKING:
    from llmspell.providers.select.answers import Answers


@click.group(name="cache", short_help="Show and forget remembered answers.")
def command() -> None:
    """The answers that `cache` in spells or settings made llmspell remember.

    \b
    Examples:
      llmspell cache info
      llmspell cache clear
    """


@command.command(short_help="Show how many answers there are.")
@AS_JSON
def info(as_json: bool) -> None:
    """Show how many answers are remembered, their size, and the file that holds them.

    \b
    Examples:
      llmspell cache info --json
    """
    answers = registry_of(load()).answers
    count, size = answers.info() if answers.path.exists() else (0, 0)
    answers.close()
    if as_json:
        print_json({"answers": count, "size": size, "file": str(answers.path)})
    else:
        click.echo(f"{count} answers, {show.size(size)}, in {show.plain(str(answers.path))}")


@command.command(short_help="Forget all answers.")
def clear() -> None:
    """Forget all remembered answers.

    \b
    Examples:
      llmspell cache clear
    """
    answers = registry_of(load()).answers
    count = 0
    if answers.path.exists():
        count = answers.info().answers
        _clear(answers)
    click.echo(f"{count} answers forgotten")


def _clear(answers: Answers) -> None:
    try:
        answers.clear()
    except (sqlite3.Error, OSError) as error:
        raise InvalidValueError(f"{answers.path} cannot be cleared: {error}", hint="remove the file") from None
    finally:
        answers.close()
