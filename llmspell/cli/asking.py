"""Commands that ask a provider, and how they print what it said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from llmspell.cli import show
from llmspell.cli.local import registry_of
from llmspell.config import load

if TYPE_CHECKING:
    from llmspell.providers.registry import ProviderRegistry

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def ask(question: Callable[[ProviderRegistry], Awaitable[Any]]) -> Any:
    """What `question` gives, asked with the models of the settings."""
    import asyncio  # for commands that ask a provider

    async def answer() -> Any:
        registry = registry_of(load())
        try:
            return await question(registry)
        finally:
            await registry.aclose()

    return asyncio.run(answer())


def print_table(rows: list[list[str]]) -> None:
    """Rows of cells, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(show.plain("  ".join(cells)).rstrip())


def print_json(value: Any) -> None:
    """A value as indented JSON."""
    import json  # for this flag alone

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
