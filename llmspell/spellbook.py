"""The spellbook: ready spells that come with llmspell, found by their names."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import NamedTuple

PREFIX = "llmspell:"
"""What a name may begin with, to mean the spellbook and no file."""
MODULES = "modules"
"""The folder of the modules that any spell may load."""
_LANGUAGES = {".lua": "lua", ".js": "js"}
_COMMENT = re.compile(r"(?:--|//) ?(.*)")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Entry(NamedTuple):
    """A spell of the spellbook."""

    name: str
    language: str
    file: str
    """Its real path."""

    @property
    def header(self) -> list[str]:
        """The comments at its top, line by line."""
        with open(self.file, encoding="utf-8") as file:
            lines = iter(file.read().splitlines())
        found = (_COMMENT.fullmatch(line) for line in lines)
        header = []
        for match in found:
            if match is None:
                break
            header.append(match[1])
        return header

    @property
    def description(self) -> str:
        """The first sentence of its header."""
        return self.header[0].strip()

    @property
    def reads_arguments(self) -> bool:
        """Whether it may read the files that its arguments name: whoever runs it has named them, too."""
        return "@args files" in self.header


@cache
def folder() -> str:
    """Where the spells are: beside this module, or in the source tree."""
    here = os.path.dirname(os.path.realpath(__file__))
    packed = os.path.join(here, "spellbook")
    return packed if os.path.isdir(packed) else os.path.join(os.path.dirname(here), "scripts")


def entries() -> list[Entry]:
    """All spells, by their names."""
    found = (os.path.splitext(name) for name in sorted(os.listdir(folder())))
    return [_entry(name, ending) for name, ending in found if ending in _LANGUAGES]


def find(name: str) -> Entry | None:
    """The spell of that name, which may begin with `llmspell:`; None if there is none."""
    name = name.removeprefix(PREFIX)
    if _NAME.fullmatch(name) is None:
        return None
    return next((_entry(name, ending) for ending in _LANGUAGES if os.path.isfile(_file(name + ending))), None)


def find_module(name: str, suffixes: tuple[str, ...]) -> str | None:
    """The file of the module `llmspell:NAME` with one of these endings; None if there is none."""
    name = name.removeprefix(PREFIX)
    if _NAME.fullmatch(name) is None:
        return None
    files = (os.path.join(folder(), MODULES, name + suffix) for suffix in suffixes)
    return next(filter(os.path.isfile, files), None)


def _entry(name: str, ending: str) -> Entry:
    return Entry(name, _LANGUAGES[ending], _file(name + ending))


def _file(name: str) -> str:
    return os.path.join(folder(), name)
