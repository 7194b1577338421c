"""The commands, each loaded when it is used, and what an error or an interrupt of any of them comes to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from llmspell import __version__
from llmspell.cli import show
from llmspell.cli.early import HeadStart
from llmspell.cli.interrupts import BROKEN_PIPE, exit_code
from llmspell.errors import InternalError, InvalidValueError, LlmspellError, NotFoundError

COMMANDS = (
    "run",
    "check",
    "types",
    "models",
    "providers",
    "tools",
    "cache",
    "state",
    "spells",
    "mcp",
    "serve",
    "doctor",
    "completion",
)
_USAGE_KINDS = ("value", "type", "not_found")
DONE, FAILED, WRONG_USAGE, LIMIT_HIT, FAULT = 0, 1, 2, 3, 70


class _Commands(click.Group):
    """Loads a command when it is asked for: start-up time counts."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        del ctx
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"llmspell.cli.{name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise NotFoundError(f"there is no command {args[0]!r}", hint=_command_hint(args[0]))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="llmspell")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Run spells: Lua and JavaScript scripts that drive language models from a sandbox.

    \b
    Examples:
      llmspell models pull smollm2-135m
      llmspell run hello.lua
      llmspell run -e 'return 6 * 7' --lang lua
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def execute(args: Sequence[str], early: HeadStart | None = None) -> int:
    """Run the command line and give its exit code. `early` may have a worker process under way for `run`."""
    args = list(args)
    if os.environ.get("LLMSPELL_DEBUG") == "1":
        _log_to_terminal()
    try:
        if "_LLMSPELL_COMPLETE" in os.environ:  # the shell asks for completions
            app.main(args, prog_name="llmspell")
        with app.make_context("llmspell", args.copy(), obj=early or HeadStart()) as ctx:
            return app.invoke(ctx) or DONE
    except click.exceptions.Exit as end:
        return end.exit_code
    except (click.ClickException, LlmspellError) as error:
        return _refuse(args, _as_ours(error))
    except KeyboardInterrupt as interrupt:
        return exit_code(interrupt)
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception as error:
        if os.environ.get("LLMSPELL_DEBUG") == "1":
            raise
        return _refuse(args, _fault(error))


def _log_to_terminal() -> None:
    import logging  # only for those who look for a fault

    logger = logging.getLogger("llmspell")  # and no other: those of HTTP libraries show headers
    logger.setLevel(logging.DEBUG)
    logger.addHandler(logging.StreamHandler())


def _refuse(args: list[str], error: LlmspellError) -> int:
    if args[:1] == ["run"] and "--json" in args:
        from llmspell.cli.report import refused  # needed for this alone

        click.echo(refused(error))
    else:
        show.error(error, sys.stderr)
    if isinstance(error, InternalError):
        return FAULT
    return WRONG_USAGE if error.kind in _USAGE_KINDS else FAILED


def _as_ours(error: click.ClickException | LlmspellError) -> LlmspellError:
    if isinstance(error, LlmspellError):
        return error
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "llmspell"
    return InvalidValueError(error.format_message().rstrip("."), hint=f"see {command} --help")


def _fault(error: Exception) -> InternalError:
    return InternalError(
        f"llmspell failed: {type(error).__name__}",
        hint="this is a fault of llmspell; LLMSPELL_DEBUG=1 shows where, please report it",
    )


def _command_hint(name: str) -> str:
    from llmspell.nearest import nearest  # only needed once something went wrong

    if os.path.isfile(name):
        return f"to run a spell: llmspell run {name}"
    return nearest(name, COMMANDS) or f"commands are {', '.join(COMMANDS)}"
