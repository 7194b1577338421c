"""What the stubs and the reference say besides the bridge objects: the globals of `globals.toml`, and errors."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from llmspell.errors import KINDS, UNCATCHABLE
from llmspell.scriptable.description import Plain, doc_of


class ErrorField(NamedTuple):
    """A field of an error that a script catches, with its types."""

    name: str
    required: bool
    lua: str
    js: str
    doc: str


_ERROR_FIELDS = (
    ErrorField("message", True, "string", "string", "What happened, in one sentence."),
    ErrorField("hint", False, "string", "string", "What to do about it."),
    ErrorField("retryable", False, "boolean", "boolean", "Whether the same call may succeed later."),
    ErrorField("provider", False, "string", "string", "The provider that answered so."),
    ErrorField("status", False, "integer", "number", "Its HTTP status."),
    ErrorField("file", False, "string", "string", "The file of the script where it happened."),
    ErrorField("line", False, "integer", "number", "The line, from 1."),
    ErrorField("data", False, "any", "any", "What the script threw, if that was no text and no error."),
)


class Globals(NamedTuple):
    """The groups of globals in their order, the examples by name, and the errors that scripts can catch."""

    groups: list[Plain]
    examples: dict[str, dict[str, str]]
    kinds: dict[str, str]
    """Each kind of error, with what it means."""
    error_fields: tuple[ErrorField, ...] = _ERROR_FIELDS

    def all(self) -> Iterator[Plain]:
        """Every global."""
        for group in self.groups:
            yield from group["global"]


def read_globals() -> Globals:
    """The contents of `globals.toml`, and the kinds from the error tree."""
    table = tomllib.loads(Path(__file__).with_name("globals.toml").read_text("utf-8"))
    kinds = {kind: doc_of(cls) for kind, cls in KINDS.items() if kind not in UNCATCHABLE}
    return Globals(table["group"], table["example"], kinds)
