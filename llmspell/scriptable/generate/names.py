"""Names and sentences, as each language writes them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from llmspell.errors import KINDS
from llmspell.scriptable.description import Plain

_QUOTED = re.compile(r"`([a-z]+(?:_[a-z]+)+)`")
_WIDTH = 100
_NULL = re.compile(r"\bnull\b")


def camel(name: str) -> str:
    """`finish_reason` as JavaScript writes it: `finishReason`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def declared_names(described: Plain) -> frozenset[str]:
    """Every name that becomes camelCase in JavaScript: of methods, constants and fields. Kinds of errors do not."""
    return frozenset(_names(described)) - KINDS.keys()


def _names(described: Plain) -> Iterator[str]:
    yield from described["functions"]
    for kind in ("modules", "classes"):
        for thing in described[kind].values():
            yield from (*thing["methods"], *thing.get("constants", ()))
    for record in described["types"].values():
        yield from record["fields"]


def for_javascript(doc: str, declared: frozenset[str]) -> str:
    """A text with declared names in backticks in camelCase."""
    return _QUOTED.sub(lambda match: f"`{camel(match[1])}`" if match[1] in declared else match[0], doc)


def for_lua(doc: str) -> str:
    """A text with Lua's word for null."""
    return _NULL.sub("nil", doc)


def documented(code: str, comment: str, declaration: str) -> str:
    """Declarations with the comment in front of the one that matches; blocks are parted by empty lines."""
    blocks = code.strip().split("\n\n")
    at = next((at for at, block in enumerate(blocks) if re.search(f"^(?:{declaration})", block, re.MULTILINE)), 0)
    blocks[at] = f"{comment}\n{blocks[at]}"
    return "\n\n".join(blocks)


def wrapped(doc: str) -> list[str]:
    """The lines of a text for a comment; paragraphs are parted by empty lines."""
    lines: list[str] = []
    for paragraph in doc.strip().split("\n\n"):
        lines += ["", *textwrap.wrap(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)]
    return lines[1:]
