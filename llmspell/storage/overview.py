"""What is in the file, and whose it is: for whoever looks after it."""

from __future__ import annotations

from sqlite3 import Connection
from typing import NamedTuple

from llmspell.storage.database import Database

_KINDS = {
    "keys": ("", "SELECT scope, count(*), max(modified) FROM items GROUP BY scope"),
    "conversations": ("threads:", "SELECT scope, count(*), max(modified) FROM threads GROUP BY scope"),
    "documents": (
        "memory:",
        "SELECT scope, count(*), max(added) FROM memory_documents JOIN memories ON memories.id = memory GROUP BY scope",
    ),
}
"""For each kind how the names of its scopes begin, and what they hold."""


class Kept(NamedTuple):
    """What one spell keeps, or what those of a folder share under a name."""

    spell: str
    """The file of the spell, or the folder of those that share it."""
    shared: str | None
    """The name under which they do."""
    keys: int
    """Of `state`."""
    conversations: int
    """Of agents."""
    documents: int
    """Of all memories."""
    size: int
    """Bytes."""
    modified: float
    """When it was last written, in seconds since 1970."""


def overview(database: Database) -> list[Kept]:
    """All that is kept, by the names of the spells; shared ones come first."""
    found: dict[str, dict[str, int]] = {}
    last: dict[str, float] = {}
    with database.reading() as connection:
        names = {id_: (name, used) for id_, name, used in connection.execute("SELECT id, name, used FROM scopes")}
        for kind, (begins, query) in _KINDS.items():
            if kind == "documents" and not _has(connection, "memory_documents"):
                continue
            for scope, count, modified in connection.execute(query):
                name, used = names[scope]
                owner = name.removeprefix(begins)
                kept = found.setdefault(owner, dict.fromkeys((*_KINDS, "size"), 0))
                kept[kind] = count
                kept["size"] += used
                last[owner] = max(last.get(owner, 0.0), modified)
    owners = ((name, *_owner(name)) for name in sorted(found))
    return [Kept(spell=spell, shared=shared, modified=last[name], **found[name]) for name, spell, shared in owners]


def _has(connection: Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _owner(name: str) -> tuple[str, str | None]:
    """The file or folder, and the shared name, as `scope_name` put them together."""
    kind, _, rest = name.partition(":")
    if kind != "shared":
        return rest or name, None
    shared, _, folder = rest.partition(":")
    return folder, shared
