"""Chunks: pieces of code of one session, which share their globals and have a value."""

from __future__ import annotations

from typing import Any

import pytest

MAIN = """
local values = {}
for i = 0, COUNT - 1 do
  local ok, value = pcall(require, "chunk " .. i)
  if ok then values[#values + 1] = value == nil and "nothing" or value
  elseif type(value) == "string" then values[#values + 1] = { value, value:match("^(.-):(%d+):") }
  else values[#values + 1] = { value.message, value.file, value.line } end
end
return values
"""


def session(cast: Any, *chunks: str) -> Any:
    """The value of each chunk, or its error with file and line."""

    def module(args: dict[str, Any]) -> Any:
        number = int(args["specifier"].removeprefix("chunk "))
        return {"name": f"chunk {number}", "source": chunks[number], "chunk": "yes"}

    return cast(MAIN.replace("COUNT", str(len(chunks))), {"module": module, "sleep": None}).value


@pytest.mark.parametrize(
    ("chunk", "value"),
    [
        ("1 + 1", 2),
        ("return 2", 2),
        ("'é€😀'", "é€😀"),
        ("{ a = 1 }", {"a": 1}),
        ("local a = 1 return a + 1", 2),
        ("-- a comment\nreturn 3", 3),
        ("x = 1", "nothing"),
        ("", "nothing"),
        ("sleep(0) return 4", 4),
        ("false", False),
        ("(function() return 5 end)()", 5),
    ],
)
def test_values(cast: Any, chunk: str, value: object) -> None:
    assert session(cast, chunk) == [value]


def test_globals_stay_and_locals_do_not(cast: Any) -> None:
    assert session(cast, "a = 1 local b = 2 function c() return a end", "a = a + 1", "{ a, c(), b or 'gone' }")[-1] == [
        2,
        2,
        "gone",
    ]


@pytest.mark.parametrize(
    ("chunk", "message", "line"),
    [
        ("local a = {}\na.b.c = 1", "attempt to index", 2),
        ("local a = 1\nlocal b = = 2", "unexpected symbol", 2),
        ("if true then\n  a = 1", "'end' expected", 2),
        ("local a\nerror('mine')", "mine", 2),
    ],
)
def test_errors_have_their_line(cast: Any, chunk: str, message: str, line: int) -> None:
    [(told, file, where)] = session(cast, chunk)
    assert message in told
    assert (file, int(where)) == ("chunk 0", line)
