"""`run_program` and `run_spell`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from llmspell import Budget, Host
from llmspell.agents.context import ToolContext
from llmspell.permissions import Permissions
from llmspell.tools import builtin
from tests.tools.calling import call, refused

ECHO = Permissions(run=(("echo",), ("cat",), ("sh",), ("sleep",)))


def test_a_program_gets_its_arguments_as_they_are() -> None:
    done = call("run_program", ECHO, program="echo", arguments=["$HOME", "a b", "; ls"])
    assert done == {"code": 0, "stdout": "$HOME a b ; ls\n", "stderr": ""}


def test_input_and_codes() -> None:
    assert call("run_program", ECHO, program="cat", input="é")["stdout"] == "é"
    failed = call("run_program", ECHO, program="sh", arguments=["-c", "echo no >&2; exit 3"])
    assert failed == {"code": 3, "stdout": "", "stderr": "no\n"}


def test_long_output_is_cut() -> None:
    done = call("run_program", ECHO, program="sh", arguments=["-c", "yes | head -c 100000"])
    assert done["cut"] is True
    assert len(done["stdout"]) <= 20_000


def test_a_slow_program_is_killed() -> None:
    assert refused("run_program", ECHO, program="sleep", arguments=["60"], timeout=0.2).kind == "timeout"


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ({"program": "ls"}, "permission"),
        ({"program": "/bin/echo"}, "permission"),
        ({"program": "echo; ls"}, "permission"),
        ({"program": ""}, "value"),
        ({"program": "echo", "arguments": ["a\0b"]}, "value"),
        ({"program": "echo", "arguments": ["x"] * 500}, "value"),
        ({"program": "echo", "arguments": ["x" * 200_000]}, "value"),
        ({"program": "echo", "folder": "/etc"}, "permission"),
        ({"program": "echo", "timeout": 1e9}, "value"),
        ({"program": "echo", "arguments": "-l"}, "type"),
    ],
)
def test_what_is_refused(args: dict[str, object], kind: str) -> None:
    assert refused("run_program", ECHO, **args).kind == kind


def test_nothing_runs_without_permission() -> None:
    error = refused("run_program", program="echo")
    assert error.kind == "permission"
    assert "--allow-run=echo" in (error.hint or "")


def test_a_spell_needs_a_spell() -> None:
    assert refused("run_spell", file="x.lua").kind == "not_found"


@pytest.mark.parametrize("isolation", ["inline", "process"])
def test_a_spell_is_run_beside_the_one_that_asks(tmp_path: Path, isolation: str) -> None:
    (tmp_path / "child.lua").write_text("return params.n + 1", "utf-8")
    (tmp_path / "main.lua").write_text('return tools.run_spell { file = "child.lua", params = { n = 41 } }', "utf-8")

    async def run() -> object:
        async with Host() as host:
            return (await host.run(tmp_path / "main.lua", isolation=isolation)).value

    assert asyncio.run(run()) == 42


def test_a_spell_gets_what_whom_it_serves_has() -> None:
    asked: list[Any] = []

    async def run_spell(*given: Any) -> str:
        asked.append(given)
        return "done"

    run = SimpleNamespace(run_spell=run_spell, permissions=Permissions.all())
    context = ToolContext(run=run, permissions=ECHO, budget=Budget(max_cost=0.1))
    tool = builtin("run_spell")
    assert asyncio.run(tool.call({"file": "a.lua", "params": {"n": 1}}, context)) == "done"
    [(file, params, part)] = asked
    assert (file, params, part.permissions, part.budget) == ("a.lua", {"n": 1}, ECHO, context.budget)
