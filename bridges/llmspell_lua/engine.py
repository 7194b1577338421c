"""The Lua engines, and the prelude: the Lua code that stands between a script and the runtime."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from llmspell.errors import NotFoundError

MODULES = {"lua": "lupa.lua54", "lua5.5": "lupa.lua55", "luajit": "lupa.luajit21"}
PARTS = (
    "boot",
    "compile",
    "coroutines",
    "describe",
    "display",
    "errors",
    "globals",
    "groups",
    "json",
    "limits",
    "main",
    "modules",
    "near",
    "objects",
    "output",
    "protect",
    "streams",
    "tasks",
    "text",
    "time",
    "utf8",
    "values",
)
DATA = ("proxies", "sandbox")


def engine(dialect: str) -> Any:
    """The lupa module of a dialect. Raises `NotFoundError` when there is no such dialect."""
    if dialect not in MODULES:
        raise NotFoundError(f"no Lua dialect is called {dialect}", hint=f"there are {', '.join(MODULES)}")
    return import_module(MODULES[dialect])


@cache
def bytecode(dialect: str) -> tuple[bytes, dict[bytes, bytes]]:
    """The part that loads the others, and the others by name, as bytecode without debug information.

    Stripped code has no line numbers, which saves memory in every interpreter and keeps the prelude out of
    stacks and messages.
    """
    runtime = engine(dialect).LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    dump = runtime.eval(b"function(...) return string.dump(assert((loadstring or load)(...)), true) end")
    paths = {part: f"prelude/{part}.lua" for part in PARTS} | {name: f"{name}.lua" for name in DATA}
    codes = {part.encode(): dump(_read(path), f"={path}".encode()) for part, path in paths.items()}
    return codes.pop(b"boot"), codes


def _read(path: str) -> bytes:
    # importlib.resources would cost more than all the rest of starting an interpreter.
    folder = __file__.rpartition("engine")[0]
    return __loader__.get_data(folder + path)  # type: ignore[name-defined,no-any-return]  # every module has one
