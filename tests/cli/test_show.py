from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmspell.border import Problem
from llmspell.cli import show
from llmspell.cli.output import Reporter
from llmspell.errors import SpellError
from llmspell.events import Output, Result
from llmspell.usage import RunUsage


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(error: SpellError, *, verbose: bool = False) -> list[str]:
    stream = io.StringIO()
    show.error(error, stream, verbose=verbose)
    return stream.getvalue().splitlines()


def test_an_error_without_a_place() -> None:
    assert shown(SpellError("it failed", hint="try again")) == ["error: it failed", "hint: try again"]


def test_an_error_with_its_line_and_a_caret() -> None:
    error = SpellError("oops", file="a.lua", line=3, column=7, source_line="local x = y")
    assert shown(error) == ["error: oops", "  a.lua:3:7", "    local x = y", "          ^"]


def test_a_line_without_a_column_has_no_caret() -> None:
    assert shown(SpellError("oops", file="a.lua", line=3, source_line="  x()")) == [
        "error: oops",
        "  a.lua:3",
        "    x()",
    ]


@pytest.mark.parametrize(
    ("line", "column", "under"),
    [
        ("\tx = = 1", 6, "\t    ^"),
        ("s = '日本' + +", 13, "              ^"),
        ("e\u0301 = = 1", 6, "    ^"),
        ("x =", 4, "   ^"),
        ("x = 1", 99, "     ^"),
    ],
)
def test_the_caret_stands_under_the_column(line: str, column: int, under: str) -> None:
    lines = shown(SpellError("oops", file="a", line=1, column=column, source_line=line))
    assert lines[3] == "    " + under


def test_of_a_long_line_the_part_around_the_column_is_shown() -> None:
    line = "a" * 5000 + "!" + "b" * 5000
    lines = shown(SpellError("oops", file="a", line=1, column=5001, source_line=line))
    assert lines[2][lines[3].index("^")] == "!"
    assert all(len(line) < 150 for line in lines)


@given(st.text(), st.integers(1, 300))
def test_any_line_can_be_shown(line: str, column: int) -> None:
    shown(SpellError("oops", file="a", line=1, column=column, source_line=line))


def test_the_stack_is_shown_when_it_tells_something() -> None:
    deep = SpellError("oops", file="a", line=1, stack=["a:1: in function f", "a:9"])
    flat = SpellError("oops", file="a", line=1, stack=["a:1"])
    assert shown(deep)[-3:] == ["stack:", "  a:1: in function f", "  a:9"]
    assert "stack:" not in shown(flat)
    assert shown(flat, verbose=True)[-2:] == ["stack:", "  a:1"]


def test_control_characters_cannot_act_on_the_terminal() -> None:
    lines = shown(SpellError("\x1b[2Jgone", file="a\x07", line=1, source_line="\x1b]0;title", hint="\x9b1m"))
    assert lines == ["error: \\x1b[2Jgone", "  a\\x07:1", "    \\x1b]0;title", "hint: \\x9b1m"]


KEPT = "red \x1b[1;31mred\x1b[0m\x1b[K\r\tno\u200d"
REFUSED = {
    "\x1b]0;title\x07": "\\x1b]0;title\\x07",
    "\x1b]52;c;eA==\x07": "\\x1b]52;c;eA==\\x07",
    "\x1b[2J\x1b[6n\x1b[1A": "\\x1b[2J\\x1b[6n\\x1b[1A",
    "\x9b2J\x00\x7f\x08\n": "\\x9b2J\\x00\\x7f\\x08\n",
}
PRINTED, HARMLESS = KEPT + "".join(REFUSED), KEPT + "".join(REFUSED.values())


def test_what_spells_print_can_do_no_more_than_colour_a_terminal() -> None:
    assert show.shown(PRINTED, Terminal()) == HARMLESS
    assert show.shown(PRINTED, io.StringIO()) == PRINTED
    assert show.shown("\x1b[" + "1" * 1_000_000, Terminal()).startswith("\\x1b[1")


@given(st.lists(st.integers(0, len(PRINTED)), max_size=8))
def test_sequences_come_in_pieces(cuts: list[int]) -> None:
    screen = show.Screen()
    places = [0, *sorted(cuts), len(PRINTED)]
    pieces = [PRINTED[start:end] for start, end in pairwise(places)]
    assert "".join(map(screen, pieces)) + screen.rest() == HARMLESS


@given(st.text(st.sampled_from("\x1b[]0;1mKJ\x07\x9ba"), max_size=20))
def test_whatever_is_printed_no_other_sequence_is_left(text: str) -> None:
    left = re.sub(r"\x1b\[[0-9;]*[mK]", "", show.shown(text, Terminal()))
    assert left.isprintable()


def test_the_output_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, seen in ((Terminal(), "a\x1b[1mb\\x1b]0;\\x1b\n"), (io.StringIO(), "a\x1b[1mb\x1b]0;\x1b")):
        monkeypatch.setattr("sys.stdout", stream)
        reporter = Reporter()
        for piece in ("a\x1b", "[1mb", "\x1b]0;", "\x1b"):
            reporter(Output(piece))
        reporter.close(Result("id", None, "", RunUsage(), None, 0, 0.0))
        assert stream.getvalue() == seen


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert show.Paint(Terminal())("x", show.RED) == "\x1b[31mx\x1b[0m"
    assert show.Paint(io.StringIO())("x", show.RED) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert show.Paint(Terminal())("x", show.RED) == "x"


def test_a_dumb_terminal_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert show.Paint(Terminal())("x", show.RED) == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("text", "text"), (1, "1"), (True, "true"), ({"a": [1, "ü"]}, '{\n  "a": [\n    1,\n    "ü"\n  ]\n}'), ([], "[]")],
)
def test_values(value: object, expected: str) -> None:
    assert show.value(value) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (98_362_432, "98.4 MB"), (4_900_000_000, "4.9 GB")],
)
def test_sizes(size: int, expected: str) -> None:
    assert show.size(size) == expected


def test_a_problem_reads_as_compilers_write_it() -> None:
    stream = io.StringIO()
    show.problem("a.lua", Problem(2, 5, "unknown global 'x'", "warning"), "y = x", stream)
    assert stream.getvalue().splitlines() == ["a.lua:2:5: warning: unknown global 'x'", "    y = x", "        ^"]


@pytest.mark.parametrize(("number", "said"), [(0, "0 keys"), (1, "1 key"), (2, "2 keys")])
def test_counts(number: int, said: str) -> None:
    assert show.count(number, "key") == said
