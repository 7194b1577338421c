"""The prelude: the Lua code that stands between a script and the runtime, compiled once per dialect."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from llmspell.errors import NotFoundError

MODULES = {"lua": "lupa.lua54", "lua5.5": "lupa.lua55", "luajit": "lupa.luajit21"}
PARTS = (
    "limits",
    "utf8",
    "errors",
    "values",
    "tasks",
    "coroutines",
    "groups",
    "streams",
    "objects",
    "modules",
    "json",
    "globals",
    "main",
)


def engine(dialect: str) -> Any:
    """The lupa module of a dialect. Raises `NotFoundError` when there is no such dialect."""
    if dialect not in MODULES:
        raise NotFoundError(f"no Lua dialect is called {dialect}", hint=f"there are {', '.join(MODULES)}")
    return import_module(MODULES[dialect])


def read(name: str) -> bytes:
    """A Lua file of this package."""
    return files("llmspell_lua").joinpath(name).read_bytes()


@cache
def bytecode(dialect: str) -> tuple[tuple[bytes, ...], bytes, bytes]:
    """The parts of the prelude, then the sandbox and the proxies, as bytecode without debug information.

    Stripped code has no line numbers, which saves memory in every interpreter and keeps the prelude out of
    stacks and messages.
    """
    runtime = engine(dialect).LuaRuntime(encoding=None, register_eval=False, register_builtins=False)
    dump = runtime.eval(b"function(...) return string.dump(assert((loadstring or load)(...)), true) end")

    def compiled(name: str) -> bytes:
        return dump(read(name), f"=llmspell/{name}".encode())  # type: ignore[no-any-return]  # lupa is untyped

    parts = tuple(compiled(f"prelude/{part}.lua") for part in PARTS)
    return parts, compiled("sandbox.lua"), compiled("proxies.lua")
