"""Renews the part of `docs/cli.md` that is the help of every command: `python -m llmspell.cli.reference`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from llmspell.cli.app import app

MARK = "<!-- What follows is the help of the commands; `make generate` renews it. -->\n"
FILE = Path(__file__).parents[2] / "docs" / "cli.md"


def renewed(document: str) -> str:
    """The document with the help of today after its mark."""
    return document.partition(MARK)[0] + MARK + "".join(_sections()).rstrip("\n") + "\n"


def _sections() -> Iterator[str]:
    root = app.make_context("llmspell", [], resilient_parsing=True, terminal_width=100)
    contexts = list(_contexts(root))
    yield "\n" + "".join(_line(context, contexts) for context in contexts[1:] if context.parent is root) + "\n"
    yield from (f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n\n" for context in contexts)


def _line(context: click.Context, contexts: list[click.Context]) -> str:
    """A command of the table of contents, with those below it."""
    below = ", ".join(_link(each, str(each.info_name)) for each in contexts if each.parent is context)
    return f"- {_link(context, context.command_path)}{': ' if below else ''}{below}\n"


def _link(context: click.Context, text: str) -> str:
    return f"[{text}](#{context.command_path.replace(' ', '-')})"


def _contexts(context: click.Context) -> Iterator[click.Context]:
    yield context
    command = context.command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _contexts(click.Context(child, parent=context, info_name=name))


if __name__ == "__main__":
    FILE.write_text(renewed(FILE.read_text("utf-8")), "utf-8")
