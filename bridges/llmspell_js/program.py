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
from llmspell_js.faults import SyntaxFault
from llmspell_js.grammar import SyntaxProblem, find_problem, find_problem_in_chunk, find_unreadable, place_of, plain
from llmspell_js.sources import FIRST_LINE

_IMPORTS = re.compile(r"\bimport\b")
_THROWS_NULL = re.compile(r"\b(throw|reject)\b[^;\n]*\bnull\b")


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
        source = plain(source)
        if _IMPORTS.search(source) is None:
            _refuse(name, find_unreadable(source))
            start = self._add(name, source)
            promise = self._compile(self._engine.module, name, "\n" * start + source)
            self._engine.enter(self._door, "watch", promise)
        else:
            self._names.add(name)
            meta, function = self._module(name, source)
            self._engine.enter(self._door, "start", name, meta, function)

    def load(self, call: int, answer: Any) -> None:
        """Hand over a module that the script asked for. Raises `SyntaxFault`."""
        name, source = answer["name"], plain(answer["source"])
        if name in self._names:
            self._engine.enter(self._door, "loaded", call, name)
            return
        meta, function = self._module(name, source, chunk="chunk" in answer)
        self._names.add(name)
        self._engine.enter(self._door, "loaded", call, name, meta, function)

    def _module(self, name: str, source: str, *, chunk: bool = False) -> tuple[str, Any]:
        from llmspell_js.modules import rewrite, rewrite_chunk  # loads a parser

        _refuse(name, find_problem_in_chunk(source) if chunk else find_problem(source))
        module = rewrite_chunk(source) if chunk else rewrite(source)
        start = self._add(name, source)
        text = "\n" * (start - 1) + module.text
        return json.dumps(module.meta), self._compile(self._engine.evaluate, name, text)

    def _add(self, name: str, source: str) -> int:
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
            if (place := place_of(stack)) is not None:
                fault |= {"line": place[0], "column": place[1]}
            raise SyntaxFault(fault) from None


def _refuse(name: str, problem: SyntaxProblem | None) -> None:
    if problem is not None:
        message, line, column = problem
        raise SyntaxFault({"kind": "spell", "message": message, "file": name, "line": line, "column": column})
