"""`llmspell state`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from llmspell.cli import show
from llmspell.cli.arguments import state_file
from llmspell.cli.asking import AS_JSON, print_json, print_table
from llmspell.config import load
from llmspell.errors import InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from llmspell.storage.database import Database
    from llmspell.storage.overview import Kept
    from llmspell.storage.state import Scope

_SPELL = click.argument("spell", type=click.Path())
_KEY = click.argument("key")
_SHARED = click.option("--shared", metavar="NAME", help="What the spells of its folder share under NAME.")


@click.group(name="state", short_help="Show and change what spells keep.")
def command() -> None:
    """What spells keep between their runs: values of `state`, conversations of agents, documents of `memory`.

    A SPELL is its file; what it keeps is found by the place of the file.

    \b
    Examples:
      llmspell state list
      llmspell state list counter.lua
      llmspell state get counter.lua visits
      llmspell state set counter.lua visits 0
      llmspell state clear counter.lua
    """


@command.command(name="list", short_help="List the spells that keep something, or the keys of one.")
@click.argument("spell", type=click.Path(), required=False)
@_SHARED
@AS_JSON
def list_(spell: str | None, shared: str | None, as_json: bool) -> None:
    """List who keeps how much, or the keys that SPELL has in `state`.

    \b
    Examples:
      llmspell state list --json
      llmspell state list counter.lua
    """
    with _database() as database:
        if spell is None:
            _list_all(database, as_json)
            return
        keys = _scope(database, spell, shared).keys() if database.exists else []
    if as_json:
        print_json(keys)
        return
    for key in keys:
        click.echo(show.plain(key))
    if not keys:
        click.echo(f"{spell} has no keys" + (f" shared as {shared}" if shared else ""), err=True)


@command.command(short_help="Show a value, as JSON.")
@_SPELL
@_KEY
@_SHARED
def get(spell: str, key: str, shared: str | None) -> None:
    """Show the value of KEY, as JSON.

    \b
    Examples:
      llmspell state get counter.lua visits
      llmspell state get counter.lua board --shared team
    """
    with _database() as database:
        value = _scope(database, spell, shared).get(key) if database.exists else None
    if value is None:
        raise NotFoundError(f"{spell} keeps nothing as {key!r}", hint=f"see llmspell state list {spell}")
    print_json(value)


@command.command(name="set", short_help="Keep a value, given as JSON.")
@_SPELL
@_KEY
@click.argument("value", metavar="JSON")
@_SHARED
def set_(spell: str, key: str, value: str, shared: str | None) -> None:
    """Keep a value for KEY, given as JSON; null deletes it.

    \b
    Examples:
      llmspell state set counter.lua visits 7
      llmspell state set counter.lua name '"Ada"'
    """
    from llmspell import values  # for this command alone

    try:
        given = values.loads(value.encode())
    except InvalidValueError as error:
        raise InvalidValueError(f"{value!r:.80} is {error.message}", hint="a text is written '\"like this\"'") from None
    with _database() as database:
        _scope(database, spell, shared).set(key, given)


@command.command(short_help="Forget a value.")
@_SPELL
@_KEY
@_SHARED
def delete(spell: str, key: str, shared: str | None) -> None:
    """Forget the value of KEY.

    \b
    Examples:
      llmspell state delete counter.lua visits
    """
    with _database() as database:
        if not (database.exists and _scope(database, spell, shared).delete(key)):
            raise NotFoundError(f"{spell} keeps nothing as {key!r}", hint=f"see llmspell state list {spell}")


@command.command(short_help="Forget all that a spell keeps.")
@_SPELL
@_SHARED
@click.option("--all", "everything", is_flag=True, help="Its conversations and memories too.")
def clear(spell: str, shared: str | None, everything: bool) -> None:
    """Forget all that SPELL keeps with `state`. The spell itself may be gone already.

    \b
    Examples:
      llmspell state clear counter.lua
      llmspell state clear counter.lua --all
      llmspell state clear counter.lua --shared team
    """
    with _database() as database:
        scope = _scope(database, spell, shared)
        counts = {"key": scope.clear() if database.exists else 0}
        if everything:
            counts |= _forget_rest(database, scope.name) if database.exists else {"conversation": 0, "document": 0}
    click.echo(f"{', '.join(show.count(count, noun) for noun, count in counts.items())} forgotten")


def _forget_rest(database: Database, scope: str) -> dict[str, int]:
    from llmspell.agents.threads import ThreadStore  # for this alone
    from llmspell.memory.store import forget_all

    return {"conversation": ThreadStore(database, scope).clear(), "document": forget_all(database, scope)}


@contextmanager
def _database() -> Iterator[Database]:
    from llmspell.storage.database import Database  # loads SQLite

    database = Database(state_file(load()))
    try:
        yield database
    finally:
        database.close()


def _scope(database: Database, spell: str, shared: str | None) -> Scope:
    from llmspell.storage.state import Scope, scope_name  # as above

    return Scope(database, scope_name(os.path.realpath(spell), shared))


def _list_all(database: Database, as_json: bool) -> None:
    from llmspell.storage.overview import overview  # as above

    found = overview(database) if database.exists else []
    if as_json:
        print_json([each._asdict() for each in found])
        return
    print_table(
        [
            [
                each.spell or "(a program)",
                f"shared as {each.shared}" if each.shared else "",
                _held(each),
                show.size(each.size),
            ]
            for each in found
        ]
    )
    if not found:
        click.echo(f"nothing is kept in {show.plain(database.path)}", err=True)


def _held(kept: Kept) -> str:
    counts = {"key": kept.keys, "conversation": kept.conversations, "document": kept.documents}
    return ", ".join(show.count(count, noun) for noun, count in counts.items() if count)
