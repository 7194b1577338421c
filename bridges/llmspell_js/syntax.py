"""The JavaScript parser, loaded by whoever needs one: modules with imports, and `check`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

__all__ = ["Node", "descendants", "parse", "position", "text_of", "unquote"]

_LANGUAGE = Language(tree_sitter_javascript.language())


def parse(source: bytes) -> Node:
    """The root of the syntax tree of a UTF-8 source; it may have errors in it."""
    return Parser(_LANGUAGE).parse(source).root_node


def descendants(node: Node, kind: str | None = None) -> Iterator[Node]:
    """The node and all below it in the order of the source, or those of one type."""
    stack = [node]
    while stack:
        node = stack.pop()
        if kind is None or node.type == kind:
            yield node
        stack.extend(reversed(node.children))


def text_of(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode()


def position(source: bytes, node: Node) -> tuple[int, int]:
    """Line and column of a node, both from 1, the column in characters."""
    row, column = node.start_point
    start = node.start_byte - column
    return row + 1, len(source[start : node.start_byte].decode(errors="replace")) + 1


def unquote(text: str) -> str:
    """The value of a string literal, or a name as it is."""
    if not text or text[0] not in "'\"":
        return text
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    try:
        value = json.loads(f'"{inner}"')
    except ValueError:
        return inner
    return value if isinstance(value, str) else inner
