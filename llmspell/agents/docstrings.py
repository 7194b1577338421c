"""Reads the docstrings of tools: the text, and what it says of each parameter.

Understands the sections of the Google style (`Args:` and an indented list), those of NumPy (`Parameters`, underlined)
and Sphinx fields (`:param name: ...`).
"""

from __future__ import annotations

import re

_SECTION = re.compile(
    r"^(?:Args|Arguments|Parameters|Returns|Yields|Raises|Examples?|Notes?):[ \t]*$|^:\w+|"
    r"^(?:(?:Other )?Parameters|Returns|Yields|Receives|Raises|Warns|See Also|Notes|References|Examples)\n---+[ \t]*$",
    re.MULTILINE,
)
_LIST = re.compile(r"^(?:Args|Arguments|Parameters):[ \t]*\n((?:[ \t]+.*\n?|[ \t]*\n)*)", re.MULTILINE)
_NUMPY = re.compile(r"^(?:Other )?Parameters\n---+[ \t]*\n((?:(?!.*\n---).*\n?)*)", re.MULTILINE)
_NAMED = re.compile(r"^(\w+(?:, *\w+)*)[ \t]*(?::.*)?\n((?:[ \t]+.*\n?|[ \t]*\n)+)", re.MULTILINE)
_FIELD = re.compile(r"^:param\s+(?:[^:\n]*\s)?(\w+):(.*(?:\n[ \t]+.*)*)", re.MULTILINE)


def parse_docstring(doc: str) -> tuple[str, dict[str, str]]:
    """The description before all sections, and the texts of the parameters. `doc` has no common indentation."""
    section = _SECTION.search(doc)
    description = doc[: section.start()] if section else doc
    found = _FIELD.findall(doc)
    for block in _LIST.findall(doc):
        found += _entries(block)
    for block in _NUMPY.findall(doc):
        found += [(name, text) for names, text in _NAMED.findall(block) for name in re.split(", *", names)]
    return description.strip(), {name: " ".join(text.split()) for name, text in found}


def _entries(block: str) -> list[tuple[str, str]]:
    """The entries of an indented list; what is indented further continues an entry."""
    indent = re.match(r"[ \t]*", block)
    prefix = re.escape(indent.group() if indent else "")
    entry = re.compile(rf"^{prefix}(\w+)(?:\s*\([^)\n]*\))?:(.*(?:\n{prefix}[ \t]+.*)*)", re.MULTILINE)
    return entry.findall(block)
