"""`llmspell types`."""

from __future__ import annotations

from pathlib import Path

import click

from llmspell.errors import InvalidValueError


@click.command(name="types", short_help="Write type stubs for editors.")
@click.argument("directory", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(directory: Path) -> None:
    """Write llmspell.lua and llmspell.d.ts into DIRECTORY, so that editors know what a spell can call.

    Settings that point editors to them are written where there are none.

    \b
    Examples:
      llmspell types
      llmspell types spells/
    """
    from llmspell.scriptable.generate import write_types  # for this command alone

    try:
        written = write_types(directory)
    except OSError as error:
        raise InvalidValueError(f"cannot write into {str(directory)!r}: {error.strerror}") from None
    for path in written:
        click.echo(f"wrote {path}")
