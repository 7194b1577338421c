"""What differs between the languages that a model may write: its session, and what it is told of it."""

from __future__ import annotations

from typing import NamedTuple

OPEN = "_session"
"""The tool by which a session hands over the function that runs a piece of code."""


class Written(NamedTuple):
    """One language."""

    name: str
    source: str
    """The spell of a session: it runs pieces by their names until the session is closed."""
    told: str
    """How to write for it."""
    ends: str
    """How to give the answer from code, with the name of the function for that."""


_JS = """\
await tools._session({ run: async (piece) => (await import(piece)).default });
"""
_LUA = """\
tools._session { run = function(piece) return require(piece) end }
"""

_TOLD_JS = """\
Write JavaScript (ES2023). Every tool is an async function: `const found = await tools.NAME({...})`. Several at once: \
`await Promise.all([...])`. A tool that fails throws an Error. What you `return`, or the last expression, is the \
result that you will see, and so is what you print with `print(...)`. What you declare at the top level (const, let, \
functions) stays for your next code. There are no modules, no network, no files: only the tools."""
_TOLD_LUA = """\
Write Lua 5.4. Every tool is a function of one table: `local found = tools.NAME { ... }`. Several at once: \
`local a, b = parallel(function() return tools.A {} end, function() return tools.B {} end)`. A tool that fails raises \
an error with a field `message`; `pcall` catches it. What you `return` is the result that you will see, and so is what \
you print with `print(...)`. Globals stay for your next code, locals do not. A missing value in a list is `null`, an \
empty list is `array{}`. There are no modules, no network, no files: only the tools."""

_ENDS = "When the code has the final answer for the user, `{call}` ends the task with it, without another turn."

WRITTEN = {
    "js": Written("JavaScript", _JS, _TOLD_JS, _ENDS.format(call="await tools.{}({{ answer }})")),
    "lua": Written("Lua", _LUA, _TOLD_LUA, _ENDS.format(call="tools.{} {{ answer = ... }}")),
}
