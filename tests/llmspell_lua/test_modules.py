"""require: the runtime finds modules, the interpreter runs each once."""
# Lua sources read better on one line

from __future__ import annotations

from typing import Any

import pytest

from llmspell.border import Call, Done, Resolve
from llmspell.errors import NotFoundError
from tests.bridges.driver import PENDING


def folder(**files: str) -> dict[str, Any]:
    """An answer for `module` from sources by name."""

    def module(args: dict[str, str]) -> Any:
        if args["specifier"] not in files:
            raise NotFoundError(f"no module {args['specifier']}")
        return {"name": f"lib/{args['specifier']}.lua", "source": files[args["specifier"]]}

    return {"module": module, "sleep": "slept"}


def test_a_module_gives_its_value_and_runs_once(cast) -> None:
    answers = folder(util="print('loading') return {name = ..., twice = function(x) return x * 2 end}")
    spell = cast("local a, b = require 'util', require('util') return {a == b, a.twice(4), a.name}", answers)
    assert spell.value == [True, 8, "lib/util.lua"]
    assert spell.output == "loading\n"
    assert spell.calls == [Call(1, "module", {"specifier": "util", "importer": "spell.lua"})]


def test_a_module_without_a_value_gives_true(cast) -> None:
    assert cast("return require 'm'", folder(m="x = 1")).value is True
    assert cast("require 'm' return x", folder(m="x = 1")).value == 1
    assert cast("return {require 'm', require 'm'}", folder(m="return false")).value == [False, False]


def test_modules_import_from_their_own_file_and_may_wait(cast) -> None:
    answers = folder(a="local b = require 'b' return b .. sleep(1)", b="return 'b '")
    spell = cast("return require 'a'", answers)
    assert spell.value == "b slept"
    assert [call.args.get("importer") for call in spell.calls] == ["spell.lua", "lib/a.lua", None]


def test_a_function_of_a_module_imports_from_the_module(cast) -> None:
    answers = folder(a="return function() return require 'b' end", b="return 'b'")
    spell = cast("local f = require 'a' return f()", answers)
    assert spell.calls[1].args == {"specifier": "b", "importer": "lib/a.lua"}


def test_two_names_of_one_file_are_one_module(cast) -> None:
    answers = {"module": {"name": "one.lua", "source": "print('ran') return {}"}}
    spell = cast("return require 'one' == require './one'", answers)
    assert spell.value is True
    assert spell.output == "ran\n"


def test_two_tasks_share_a_load(cast) -> None:
    source = "local a, b = parallel(function() return require 'm' end, function() return require 'm' end) return a == b"
    spell = cast(source, folder(m="sleep(1) print('once') return {}"))
    assert spell.value is True
    assert spell.output == "once\n"


def test_a_cycle_is_an_error_with_the_chain(cast) -> None:
    error = cast("require 'a'", folder(a="require 'b'", b="\nrequire 'c'", c="require 'a'")).error
    assert error["message"] == "modules require each other: lib/c.lua → lib/a.lua → lib/b.lua → lib/c.lua"
    assert (error["file"], error["line"]) == ("lib/c.lua", 1)
    itself = cast("require 'a'", folder(a="require 'a'")).error
    assert itself["message"] == "modules require each other: lib/a.lua → lib/a.lua"


def test_a_late_import_is_no_cycle(cast) -> None:
    answers = folder(a="local b = require 'b' return {v = 1, f = b}", b="return function() return require('a').v end")
    assert cast("return require('a').f()", answers).value == 1


def test_errors_of_a_module_name_its_file(cast) -> None:
    error = cast("\nrequire 'm'", folder(m="local x\n\nx.y = 1")).error
    assert (error["file"], error["line"]) == ("lib/m.lua", 3)
    assert [frame.rpartition(":")[0] or frame for frame in error["stack"]][-1].startswith("spell.lua")
    syntax = cast("require 'm'", folder(m="\nx = = 1")).error
    assert (syntax["file"], syntax["line"], syntax["column"]) == ("lib/m.lua", 2, 5)
    assert syntax["stack"] == ["lib/m.lua:2", "spell.lua:1"]
    later = cast("local m = require 'm'\nm()", folder(m="return function()\n  error('late')\nend")).error
    assert (later["file"], later["line"], later["message"]) == ("lib/m.lua", 2, "late")


def test_a_failed_module_can_be_tried_again(cast) -> None:
    source = "local ok, e = pcall(require, 'm') good = true return {ok, e, require 'm'}"
    value = cast(source, folder(m="if not good then error('bad', 0) end return 'fine'")).value
    assert value == [False, "bad", "fine"]
    missing = cast("local ok, e = pcall(require, 'x') return {ok, e.kind}", folder()).value
    assert missing == [False, "not_found"]


def test_a_module_goes_on_when_the_task_that_needed_it_is_cancelled(cast) -> None:
    source = "pcall(timeout, 1, function() require 'm' end) return require 'm'"
    spell = cast(source, {"module": PENDING, "sleep": PENDING})
    spell.feed(Resolve(2, {"name": "m.lua", "source": "print('once') return sleep(9)"}))
    assert [(call.id, call.method) for call in spell.calls] == [(1, "sleep"), (2, "module"), (3, "sleep")]
    assert spell.feed(Resolve(1, None)) == []
    assert spell.feed(Resolve(3, "loaded")) == [Done("loaded")]
    assert spell.output == "once\n"


@pytest.mark.parametrize("argument", ["", "nil", "{}", "5"])
def test_require_takes_a_name(cast, argument: str) -> None:
    assert cast(f"require({argument})").error["kind"] == "type"


def test_modules_share_the_sandbox(cast) -> None:
    assert cast("return require 'm'", folder(m="return {io == nil, python == nil, spell.name}")).value == [
        True,
        True,
        "spell.lua",
    ]


def test_a_forged_chunk_name_is_no_importer(cast) -> None:
    spell = cast("load([[require 'x']], '@/etc/passwd')()", {"module": PENDING})
    assert spell.calls[0].args["importer"] == "spell.lua"
