"""`run_program` and `run_spell`: what is started on behalf of a model."""

from __future__ import annotations

from typing import Any

from llmspell.errors import NotFoundError
from llmspell.part import Part
from llmspell.tools.base import MAX_TEXT, Reach, Spec, check_length, within

_SECONDS = 60.0
_LONGEST = 600.0
_MAX_ARGUMENTS = 200
_MAX_INPUT = 1_000_000
_KEEP = MAX_TEXT // 2


async def _run(args: dict[str, Any], reach: Reach) -> dict[str, Any]:
    seconds = args.get("timeout", _SECONDS)
    within("timeout", seconds, 0.1, _LONGEST)
    arguments = args.get("arguments", [])
    within("the number of arguments", len(arguments), 0, _MAX_ARGUMENTS)
    given = args.get("input", "")
    check_length("input", given, _MAX_INPUT)
    folder = reach.files.folder(args["folder"]) if args.get("folder") else None
    outcome = await reach.programs.run(
        [args["program"], *arguments], folder=folder, input=given.encode(), keep=_KEEP, timeout=seconds
    )
    told = {
        "code": outcome.code,
        "stdout": outcome.stdout.decode(errors="replace"),
        "stderr": outcome.stderr.decode(errors="replace"),
    }
    return told | ({"cut": True} if outcome.truncated else {})


async def _spell(args: dict[str, Any], reach: Reach) -> Any:
    run = reach.context.run
    if run is None or not hasattr(run, "run_spell"):
        raise NotFoundError(
            "there is no spell that could run another one", hint="run_spell is for spells and their agents"
        )
    part = Part(permissions=reach.permissions, budget=reach.context.budget)
    return await run.run_spell(args["file"], args.get("params"), part)


RUN_PROGRAM = Spec(
    name="run_program",
    description=(
        "Run a program of this machine with arguments, without a shell, and give its exit code and output. "
        'Example: {"program": "git", "arguments": ["log", "-n", "3"]}'
    ),
    parameters={
        "program": "string: The name of the program alone, such as git; pipes and && do not work.",
        "arguments": "string[]?: Its arguments, one by one.",
        "input": "string?: What it reads on its standard input.",
        "folder": "string?: The folder that it works in.",
        "timeout": f"number?: Seconds after which it is killed; {_SECONDS:g} if absent, {_LONGEST:g} at most.",
    },
    work=_run,
    needs=("run",),
    timeout=_LONGEST + 20,
    example="-p program=git -p arguments:='[\"status\"]' --allow-run=git",
)
RUN_SPELL = Spec(
    name="run_spell",
    description=(
        "Run another spell, a script file in the folder of this one, and give its result. "
        'Example: {"file": "report.lua", "params": {"month": "May"}}'
    ),
    parameters={
        "file": "string: The file of the spell, beside this one.",
        "params": "object?: The parameters that it takes.",
    },
    work=_spell,
    timeout=3600,
)
