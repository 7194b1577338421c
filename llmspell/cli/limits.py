"""The flags for the limits of a run, which several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _above_zero(_ctx: click.Context, _parameter: click.Parameter, number: float | None) -> float | None:
    if number is not None and not 0 < number < 1e12:
        raise click.BadParameter(f"{number:g} is not a number above 0.")
    return number


_OPTIONS = (
    click.option(
        "--timeout", type=float, callback=_above_zero, metavar="SECONDS", help="Limit of the whole run.  [none]"
    ),
    click.option("--memory", type=float, callback=_above_zero, metavar="MB", help="Limit of the script's heap.  [64]"),
    click.option(
        "--cpu", type=float, callback=_above_zero, metavar="SECONDS", help="Limit of one slice of computing.  [10]"
    ),
    click.option(
        "--max-calls", type=click.IntRange(min=1), metavar="N", help="Limit of calls to the runtime.  [10000]"
    ),
    click.option(
        "--max-cost", type=float, callback=_above_zero, metavar="DOLLARS", help="Limit of the price of models.  [none]"
    ),
    click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Limit of prompts and answers.  [none]"),
    click.option("--max-output", type=float, callback=_above_zero, metavar="MB", help="Limit of printed text.  [10]"),
)


def options(command: _Command) -> _Command:
    """Add the flags."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def overrides(given: dict[str, Any]) -> dict[str, Any]:
    """The flags as the table `limits` of the settings; None is what was not given."""
    return {
        "memory": _bytes(given["memory"]),
        "cpu": given["cpu"],
        "timeout": given["timeout"],
        "max_calls": given["max_calls"],
        "max_cost": given["max_cost"],
        "max_tokens": given["max_tokens"],
        "max_output": _bytes(given["max_output"]),
    }


def _bytes(megabytes: float | None) -> int | None:
    return None if megabytes is None else max(int(megabytes * 2**20), 1)
