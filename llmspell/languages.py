"""Which languages there are: the bridges of the entry point group `llmspell.bridges`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import cast

from llmspell.border import Bridge
from llmspell.errors import NotFoundError

GROUP = "llmspell.bridges"

# Reading the entry points of all installed packages takes longer than running a small spell, so the two that ship
# are named here; a test holds this equal to the entry points.
SHIPPED = {"lua": "llmspell_lua:bridge", "js": "llmspell_js:bridge"}


def bridge_of(dialect: str) -> Bridge:
    """The bridge that runs a dialect such as `lua`, `lua5.5` or `js`. Raises `NotFoundError`."""
    if dialect in SHIPPED:  # a worker loads its own language, not both
        return _load(SHIPPED[dialect])
    for bridge in _bridges():
        if dialect in bridge.dialects:
            return bridge
    raise NotFoundError(f"there is no language {dialect!r}", hint=f"choose one of {', '.join(dialects())}")


def dialects() -> list[str]:
    """The names for `--lang`."""
    return [name for bridge in _bridges() for name in bridge.dialects]


def bridge_for(filename: str) -> Bridge | None:
    """The bridge that runs files named like this one, or None."""
    for bridge in _bridges():
        if filename.endswith(bridge.suffixes):
            return bridge
    return None


def suffixes() -> tuple[str, ...]:
    """The endings of the files that are spells, of all languages."""
    return tuple(suffix for bridge in _bridges() for suffix in bridge.suffixes)


def _bridges() -> Iterator[Bridge]:
    yield from map(_load, SHIPPED.values())
    yield from _installed()


@cache
def _installed() -> tuple[Bridge, ...]:
    from importlib.metadata import entry_points  # slow to import

    return tuple(
        cast(Bridge, entry.load()) for entry in entry_points(group=GROUP) if entry.value not in SHIPPED.values()
    )


@cache
def _load(target: str) -> Bridge:
    module, _, name = target.partition(":")
    return cast(Bridge, getattr(importlib.import_module(module), name))
