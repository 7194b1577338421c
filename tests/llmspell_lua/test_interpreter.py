"""The bridge object, and the life of an interpreter."""
# ruff: noqa: E501  # Lua sources read better on one line

from __future__ import annotations

import subprocess
import sys
import threading

import psutil
import pytest

from llmspell.border import Bridge, Call, Done, Failed, Interpreter, Invoke, Resolve, SpellSource
from llmspell.errors import NotFoundError
from llmspell_lua import LuaBridge, bridge


def test_the_bridge() -> None:
    described: Bridge = bridge
    assert described.language == "lua"
    assert described.suffixes == (".lua",)
    assert described.dialects == {"lua": True, "lua5.5": True, "luajit": False}
    assert isinstance(bridge, LuaBridge)


def test_an_unknown_dialect() -> None:
    with pytest.raises(NotFoundError, match=r"lua9"):
        bridge.interpreter("lua9")


@pytest.mark.parametrize(("dialect", "version"), [("lua", "Lua 5.4"), ("lua5.5", "Lua 5.5"), ("luajit", "Lua 5.1")])
def test_versions(dialect: str, version: str) -> None:
    interpreter = bridge.interpreter(dialect)
    assert interpreter.start(SpellSource("a.lua", "return _VERSION")) == [Done(version)]


def test_importing_the_bridge_loads_no_engine() -> None:
    code = "import sys, llmspell_lua; print(sorted({'lupa', 'tree_sitter', 'asyncio', 'pydantic'} & {m.split('.')[0] for m in sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_running_a_spell_loads_one_engine_and_no_parser() -> None:
    code = """
import sys, llmspell_lua
from llmspell.border import SpellSource
llmspell_lua.bridge.interpreter("lua").start(SpellSource("a", "x = = 1"))
print(sorted(m for m in sys.modules if m.startswith(("lupa.lua", "tree_sitter", "asyncio", "dataclasses", "importlib.resources"))))
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "['lupa.lua54']\n"
    )


def test_closing(dialect: str) -> None:
    waiting = bridge.interpreter(dialect)
    waiting.start(SpellSource("a.lua", "sleep(1)"))
    waiting.close()
    waiting.close()
    assert waiting.feed([Resolve(1, None), Invoke(1, 1, [])], 1.0) == []
    bridge.interpreter(dialect).close()


def test_interpreters_do_not_see_each_other(dialect: str) -> None:
    first, second = bridge.interpreter(dialect), bridge.interpreter(dialect)
    first.start(SpellSource("a.lua", "leaked = 1 string.leaked = 1 sleep(1)"))
    assert second.start(SpellSource("b.lua", "return {leaked == nil, string.leaked == nil}")) == [Done([True, True])]


def test_an_interpreter_may_move_between_threads(dialect: str) -> None:
    interpreter = bridge.interpreter(dialect)
    interpreter.start(SpellSource("a.lua", "return sleep(1)"))
    out: list[object] = []
    thread = threading.Thread(target=lambda: out.extend(interpreter.feed([Resolve(1, "x")], 1.0)))
    thread.start()
    thread.join(10)
    assert out == [Done("x")]


def spin(interpreter: Interpreter) -> None:
    interpreter.start(SpellSource("a.lua", "local t = {} for i = 1, 1000 do t[i] = {i} end coroutine.wrap(sleep)(1)"))


def test_closed_interpreters_leave_no_memory(dialect: str) -> None:
    def cycle(count: int) -> None:
        for i in range(count):
            interpreter = bridge.interpreter(dialect)
            spin(interpreter)
            if i % 2:
                interpreter.feed([Resolve(1, {"a": [1]})], 1.0)
            interpreter.close()

    process = psutil.Process()
    cycle(300)
    before = process.memory_info().rss
    cycle(2000)
    assert process.memory_info().rss - before < 8 << 20


def test_a_waiting_interpreter_is_small() -> None:
    interpreter = bridge.interpreter("lua")
    assert interpreter.start(SpellSource("a.lua", "sleep(1)")) == [Call(1, "sleep", {"seconds": 1})]
    runtime = interpreter._runtime
    runtime.gccollect()
    assert runtime.get_memory_used() < 128 << 10


def test_an_error_of_ours_is_a_failed_message(dialect: str) -> None:
    interpreter = bridge.interpreter(dialect)
    (failed,) = interpreter.start(SpellSource("a.lua", "return 1", params={"a": object()}))
    assert isinstance(failed, Failed)
    assert failed.error["kind"] in {"internal", "value"}
