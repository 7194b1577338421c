"""Lua for llmspell: Lua 5.4 by default, Lua 5.5 and LuaJIT by choice.

`bridge` is what the entry point group `llmspell.bridges` names. Importing this package loads no engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmspell.border import Interpreter, Problem

__all__ = ["LuaBridge", "bridge"]


class LuaBridge:
    """The `llmspell.border.Bridge` of Lua."""

    language = "lua"
    suffixes: tuple[str, ...] = (".lua",)
    dialects: dict[str, bool]

    def __init__(self) -> None:
        # LuaJIT takes no allocator of ours on 64 bit, so that its memory cannot be bounded from inside.
        self.dialects = {"lua": True, "lua5.5": True, "luajit": False}

    def interpreter(self, dialect: str) -> Interpreter:
        """A fresh interpreter for `dialect`. Raises `NotFoundError` for a name that is not in `dialects`."""
        from llmspell_lua.interpreter import LuaInterpreter

        return LuaInterpreter(dialect)

    def check(self, source: str, name: str) -> list[Problem]:
        """Syntax errors, or else warnings for globals that nothing defines."""
        from llmspell_lua.check import check

        return check(source, name)


bridge = LuaBridge()
