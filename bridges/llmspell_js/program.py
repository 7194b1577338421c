"""The files of one spell: how each gets into the engine, and which lines there are whose.

The engine calls every source `<input>`, so each file is given lines of its own, one file after the other; the
prelude maps the frames of errors back.
"""

from __future__ import annotations

import json
import re
from typing import Any

from llmspell.errors import ErrorData
from llmspell_js.engine import Engine, JSException
from llmspell_js.sources import FIRST_LINE

_IMPORTS = re.compile(r"\bimport\b")
_THROWS_NULL = re.compile(r"\b(throw|reject)\b[^;\n]*\bnull\b")
_POSITION = re.compile(r":(\d+):(\d+)\)?$", re.MULTILINE)


class SyntaxFault(Exception):  # noqa: N818  # a signal inside this package, never shown
    """A source cannot be run; `error` says why and where."""

    def __init__(self, error: ErrorData) -> None:
        super().__init__(error["message"])
        self.error = error


class Program:
    """The sources that run in one engine."""

    def __init__(self, engine: Engine, door: Any) -> None:
        self.throws_null = False
        """Whether a source seems to throw null by itself; otherwise it comes from a lack of memory."""
        self._engine = engine
        self._door = door
        self._next_line = FIRST_LINE
        self._names: set[str] = set()

    def start(self, name: str, source: str) -> None:
        """Run the spell itself, until it waits. Raises `SyntaxFault`."""
        if _IMPORTS.search(source) is None:
            start = self._add(name, source)
            promise = self._compile(self._engine.module, name, "\n" * start + source)
            self._engine.enter(self._door, "watch", promise)
        else:
            self._names.add(name)
            meta, function = self._module(name, source)
            self._engine.enter(self._door, "start", name, meta, function)

    def load(self, call: int, answer: Any) -> None:
        """Hand over a module that the script asked for. Raises `SyntaxFault`."""
        name, source = answer["name"], answer["source"]
        if name in self._names:
            self._engine.enter(self._door, "loaded", call, name)
            return
        meta, function = self._module(name, source)
        self._names.add(name)
        self._engine.enter(self._door, "loaded", call, name, meta, function)

    def _module(self, name: str, source: str) -> tuple[str, Any]:
        from llmspell_js.modules import rewrite  # loads a parser

        module = rewrite(source)
        start = self._add(name, source)
        text = "\n" * (start - 1) + module.text
        return json.dumps(module.meta), self._compile(self._engine.evaluate, name, text)

    def _add(self, name: str, source: str) -> int:
        _refuse_text(name, source)
        if _THROWS_NULL.search(source) is not None:
            self.throws_null = True
        start = self._next_line
        lines = source.count("\n") + 1
        self._next_line += lines + 2
        self._engine.enter(self._door, "file", json.dumps(name), start, lines)
        return start

    def _compile(self, function: Any, name: str, text: str) -> Any:
        try:
            return self._engine.enter(function, text)
        except JSException as error:
            message, _, stack = str(error).partition("\n")
            fault: ErrorData = {"kind": "spell", "message": message, "file": name}
            if (found := _POSITION.search(stack)) is not None:
                fault |= {"line": int(found[1]), "column": int(found[2])}
            raise SyntaxFault(fault) from None


def _refuse_text(name: str, source: str) -> None:
    for bad, what in (("\0", "a NUL character"), ("\ud800-\udfff", "half of a character pair")):
        found = re.search(f"[{bad}]", source)
        if found is not None:
            line = source.count("\n", 0, found.start()) + 1
            column = found.start() - source.rfind("\n", 0, found.start())
            message = f"SyntaxError: the source contains {what}"
            raise SyntaxFault({"kind": "spell", "message": message, "file": name, "line": line, "column": column})
