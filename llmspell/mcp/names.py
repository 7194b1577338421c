"""What the tools of servers are called here: servers allow more letters, and do not know each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from llmspell.agents.tools import RESERVED

_FOREIGN = re.compile(r"[^A-Za-z0-9_]")
_LONGEST = 64


def clean(name: str, prefix: str = "") -> str:
    """A name as spells and models may use it: letters, digits and underscores, at most 64, and no word of a language.

    What is too long keeps its beginning and gets a few digits that tell it from others like it.
    """
    made = _FOREIGN.sub("_", f"{prefix}_{name}" if prefix else name) or "_"
    if made[0].isdigit():
        made = f"_{made}"
    if made in RESERVED:
        made = f"{made}_tool"
    if len(made) <= _LONGEST:
        return made
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:6]
    return f"{made[: _LONGEST - 7]}_{digest}"


def unlike(names: Iterable[str], prefix: str = "") -> dict[str, str]:
    """For each name of a server the one it has here; what would be called like one before it gets a number."""
    made: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in made:
            continue
        wanted = found = clean(name, prefix)
        count = 1
        while found in taken:
            count += 1
            found = f"{wanted[: _LONGEST - 1 - len(str(count))]}_{count}"
        taken.add(found)
        made[name] = found
    return made
