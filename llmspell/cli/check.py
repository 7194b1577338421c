"""`llmspell check`."""

from __future__ import annotations

import sys
from typing import Any

import click

from llmspell.border import Problem
from llmspell.cli import show
from llmspell.cli.app import DONE, FAILED
from llmspell.cli.arguments import complete_language, read_spell
from llmspell.errors import InvalidValueError
from llmspell.languages import bridge_of
from llmspell.spell import Spell


@click.command(name="check", short_help="Find mistakes without running anything.")
@click.argument("files", nargs=-1, metavar="FILE...", type=click.Path(allow_dash=True))
@click.option("-e", "source", metavar="SOURCE", help="A spell itself; needs --lang.")
@click.option("--lang", "language", metavar="LANG", shell_complete=complete_language, help="lua, js, ...")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(files: tuple[str, ...], source: str | None, language: str | None, as_json: bool) -> int:
    """Find syntax errors, unknown globals, dropped promises, wrong @allow and @param lines in FILEs.

    A - is the standard input.

    \b
    Examples:
      llmspell check spells/*.lua
      llmspell check agent.js --json

    \b
    Exit codes:
      0 no errors (warnings may be) · 1 errors · 2 wrong usage
    """
    spells = [read_spell(file, source, language) for file in files or (None,)]
    findings = [(spell, problem) for spell in spells for problem in _problems(spell)]
    if as_json:
        _print_json(findings)
    else:
        for spell, problem in findings:
            show.problem(spell.name, problem, _line(spell, problem.line), sys.stdout)
    return FAILED if any(problem.severity == "error" for _, problem in findings) else DONE


def _problems(spell: Spell) -> list[Problem]:
    return [*_header(spell), *bridge_of(spell.language).check(spell.source, spell.name)]


def _header(spell: Spell) -> list[Problem]:
    if "@" not in spell.source:
        return []
    from llmspell.needs import read_header  # most spells need nothing

    _, mistakes = read_header(spell.source)
    return [
        *(
            Problem(line, column, f"{message}; {hint}" if hint else message, severity)
            for line, column, message, hint, severity in mistakes
        ),
        *_parameters(spell),
    ]


def _parameters(spell: Spell) -> list[Problem]:
    """A mistake in what the spell says of its parameters: it runs, but cannot be a tool."""
    from llmspell import header  # as above

    try:
        header.read(spell.source, spell.name)
    except InvalidValueError as error:
        said = f"{error.message}; {error.hint}" if error.hint else error.message
        return [Problem(error.line or 1, error.column or 1, said, "warning")]
    return []


def _line(spell: Spell, number: int) -> str:
    lines = spell.source.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _print_json(findings: list[tuple[Spell, Problem]]) -> None:
    import json  # for this flag alone

    rows: list[dict[str, Any]] = [{"file": spell.name} | problem._asdict() for spell, problem in findings]
    click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
