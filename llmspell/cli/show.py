"""What people see of errors, values and problems, on terminals and in files."""

from __future__ import annotations

import os
import re
from typing import TextIO

from llmspell.border import Problem
from llmspell.errors import LlmspellError
from llmspell.values import Value

RED, YELLOW, CYAN, DIM, BOLD = "31", "33", "36", "2", "1"
LEVELS = {"debug": DIM, "info": CYAN, "warn": YELLOW, "error": RED}

_WIDTH = 120


class Paint:
    """Colours text for a stream, if that is a terminal and NO_COLOR (https://no-color.org) is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._on = is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._on else text


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is looking."""
    return stream is not None and not stream.closed and stream.isatty()


def plain(text: str) -> str:
    """Text that cannot move the cursor or set colours: control characters are shown by their codes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)


class Screen:
    """What a spell prints, as it may reach a terminal: text, the ends of lines and colours.

    Other control characters are shown by their codes: they could set its title, fill the clipboard, hide or forge what
    stands there, or make it answer as if somebody had typed. A sequence may come in pieces.
    """

    def __init__(self) -> None:
        self._begun = ""

    def __call__(self, text: str) -> str:
        text = self._begun + text
        begun = _BEGUN.search(text)
        self._begun = begun[0] if begun else ""
        return self._shown(text.removesuffix(self._begun))

    def rest(self) -> str:
        """What was held back because it might have gone on."""
        text, self._begun = self._begun, ""
        return self._shown(text)

    def _shown(self, text: str) -> str:
        return _CONTROL.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\x{ord(found[0]):02x}", text)


def shown(text: str, stream: TextIO) -> str:
    """A whole text from a spell or a tool, as it may reach a stream."""
    screen = Screen()
    return screen(text) + screen.rest() if is_terminal(stream) else text


_CONTROL = re.compile(r"\x1b\[[0-9;]{0,30}[mK]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BEGUN = re.compile(r"\x1b(?:\[[0-9;]{0,30})?\Z")


def value(value: Value) -> str:
    """A value for people: text as it is, anything else as indented JSON."""
    if isinstance(value, str):
        return value
    import json  # many spells return nothing

    return json.dumps(value, indent=2, ensure_ascii=False)


def size(size: int) -> str:
    """A number of bytes as people read it."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} GB"


def count(number: int, noun: str) -> str:
    """So many of something: `1 key`, `2 keys`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def error(error: LlmspellError, stream: TextIO, *, verbose: bool = False) -> None:
    """Tell what went wrong, where in the script, and what to do about it."""
    paint = Paint(stream)
    lines = [f"{paint('error:', RED)} {paint(plain(error.message), BOLD)}"]
    if error.file and error.line:
        lines.append(f"  {paint(_place(error.file, error.line, error.column), CYAN)}")
        lines += [f"    {line}" for line in _excerpt(error.source_line, error.column, paint)]
    if len(error.stack) > 1 or (verbose and error.stack):
        lines.append(paint("stack:", DIM))
        lines += [f"  {plain(frame)}" for frame in error.stack]
    if error.hint:
        lines.append(f"{paint('hint:', CYAN)} {plain(error.hint)}")
    stream.write("\n".join(lines) + "\n")


def problem(file: str, problem: Problem, source_line: str, stream: TextIO) -> None:
    """One finding of `llmspell check`, in the form that editors can follow."""
    paint = Paint(stream)
    colour = RED if problem.severity == "error" else YELLOW
    place = _place(file, problem.line, problem.column)
    stream.write(f"{paint(place, BOLD)}: {paint(problem.severity, colour)}: {plain(problem.message)}\n")
    stream.writelines(f"    {line}\n" for line in _excerpt(source_line, problem.column, paint))


def _place(file: str, line: int, column: int | None) -> str:
    return plain(f"{file}:{line}" + (f":{column}" if column else ""))


def _excerpt(line: str | None, column: int | None, paint: Paint) -> list[str]:
    """The source line, cut to a readable piece of it, and a caret under the column."""
    if not line or not line.strip():
        return []
    start = max(0, min((column or 1) - 1, len(line)) - _WIDTH * 2 // 3) if len(line) > _WIDTH else 0
    shown = plain(line[start : start + _WIDTH].rstrip())
    if not column:
        return [shown.strip()]
    before = plain(line[start : column - 1])
    return [shown, "".join(map(_blank, before)) + paint("^", RED)]


def _blank(char: str) -> str:
    if char == "\t" or char.isascii():
        return "\t" if char == "\t" else " "
    import unicodedata  # source lines are rarely anything else

    if unicodedata.combining(char):
        return ""
    return "  " if unicodedata.east_asian_width(char) in "WF" else " "
