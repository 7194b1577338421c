"""What `llmspell run` lets a spell do: the flags, and the question when a spell needs more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from llmspell.cli import show
from llmspell.cli.arguments import complete_model
from llmspell.errors import PermissionDeniedError
from llmspell.permissions import ALL, KEYS, KINDS, Permissions

if TYPE_CHECKING:
    from llmspell.needs import Need
    from llmspell.spell import Spell

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FLAGS = {
    "read": ("PATH", "Files it may read, with all below a folder."),
    "write": ("PATH", "Files it may write, make and remove."),
    "net": (
        "HOST[:PORT]",
        "Hosts it may talk to; GET,HEAD@HOST for certain methods. Without a value, all public ones.",
    ),
    "env": ("NAME", "Variables of the environment it may read."),
    "run": ("PROGRAM", "Programs it may run, as in git or 'git status'."),
    "model": ("NAME", "The models it may use, as in local/*.  [all]"),
    "tool": ("NAME", "The tools it may call.  [all]"),
}
_PREFIX = "--allow-"


class RunCommand(click.Command):
    """A command whose `--allow-*` take their value after `=`, or none: then everything of the kind is granted."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        kinds = {_PREFIX + kind for kind in KINDS}
        bare = [place for place in range(end) if args[place] in kinds]
        followed = {args[place + 1]: args[place] for place in bare if place + 1 < end}
        try:
            rest = super().parse_args(ctx, [f"{arg}={ALL}" if arg in kinds else arg for arg in args[:end]] + args[end:])
        except click.UsageError as error:
            if type(error) is click.UsageError and followed:  # there are more arguments than the command takes
                raise _taken_for_a_value(ctx, *next(iter(followed.items()))) from None
            raise
        for argument in _more_than_meant(ctx.params) if followed else ():
            if argument in followed:
                raise _taken_for_a_value(ctx, argument, followed[argument])
        return rest


def _more_than_meant(params: dict[str, Any]) -> Iterator[str]:
    """Arguments that are the value of a flag, if they follow one: then more would be granted than is meant."""
    arguments: tuple[str, ...] = params.get("arguments", ())
    yield from arguments
    file = params.get("file")
    if file is None or _is_spell(file):
        return
    if any(map(_is_spell, arguments)) or (params.get("language") is None and os.path.exists(file)):
        yield file


def _is_spell(name: str) -> bool:
    from llmspell import languages, spellbook  # only for what follows a flag

    return name.endswith(languages.suffixes()) or spellbook.find(name) is not None


def _taken_for_a_value(ctx: click.Context, argument: str, flag: str) -> click.UsageError:
    return click.UsageError(f"{flag} {argument}: write {flag}={argument}, or put arguments before the flag", ctx)


def options(command: _Command) -> _Command:
    """Add the flags, and the one that keeps a spell from asking for more."""
    return flags(click.option("--no-prompt", is_flag=True, help="Never ask for what a spell needs.")(command))


def flags(command: _Command) -> _Command:
    """Add the flags that grant something."""
    command = click.option("-A", "--allow-all", is_flag=True, help="Let it do everything.")(command)
    for kind, (metavar, text) in reversed(_FLAGS.items()):
        flag = _PREFIX + kind
        command = click.option(
            flag,
            f"allow_{kind}",
            multiple=True,
            metavar=f"[={metavar}]",
            shell_complete=complete_model if kind == "model" else None,
            help=text,
        )(command)
    return command


def granted(config: Permissions, given: dict[str, Any]) -> Permissions:
    """What the settings and the flags grant. Raises `InvalidValueError` that names the flag.

    Where models are listed, that of `--model` is one more.
    """
    if given["allow_all"]:
        return Permissions.all()
    allowed = _with_flags(config, given)
    if given.get("model") is None or allowed.models is None:
        return allowed
    return replace(allowed, models=(*allowed.models, given["model"]))


def _with_flags(config: Permissions, given: dict[str, Any]) -> Permissions:
    flags = {kind: given[f"allow_{kind}"] for kind in KINDS if given[f"allow_{kind}"]}
    if not flags:
        return config
    from llmspell import grants  # most runs are given nothing

    tables = {
        KEYS[kind]: grants.rules(
            kind, [rule for text in texts for rule in grants.split(kind, text)], f"{_PREFIX}{kind}"
        )
        for kind, texts in flags.items()
    }
    return grants.together(config, Permissions(**tables))


def with_arguments(spell: Spell, permissions: Permissions, arguments: Sequence[str]) -> Permissions:
    """The permissions; a spell of the spellbook that reads files may read those that the `arguments` name, too."""
    if not arguments or not spell.name.startswith("llmspell:"):
        return permissions
    from llmspell import grants, spellbook  # most runs are of other spells

    entry = spellbook.find(spell.name)
    if entry is None or spell.folder != spellbook.folder() or not entry.reads_arguments:
        return permissions
    return grants.together(permissions, Permissions(read=tuple(map(os.path.realpath, arguments))))


def settled(spell: Spell, permissions: Permissions, *, may_ask: bool) -> Permissions:
    """The permissions with which the spell begins: those it has, and those that a person at the terminal adds.

    Raises `PermissionDeniedError` when it needs more than that.
    """
    missing = [need for need in spell.needs if not need.is_met_by(permissions)]
    if not missing:
        return permissions
    if may_ask and show.is_terminal(sys.stdin) and show.is_terminal(sys.stderr):
        return _asked(spell, permissions, missing)
    raise _refusal(spell, missing)


def _asked(spell: Spell, permissions: Permissions, missing: Sequence[Need]) -> Permissions:
    from llmspell import grants  # as above

    _tell(f"{show.plain(spell.name)} needs more than it was given:\n")
    _tell("".join(f"  {described(need)}\n" for need in missing))
    every = False
    for need in missing:
        if not every:
            answer = _answer(need)
            every = answer in ("a", "all")
            if not every and answer not in ("y", "yes"):
                raise _refusal(spell, [need])
        permissions = grants.together(permissions, need.permissions)
    return permissions


def _answer(need: Need) -> str:
    _tell(f"allow {show.plain(f'{need.kind} {need.text}')} for this run? [y/N/all] ")
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        _tell("\n")
    return answer.strip().lower()


def _refusal(spell: Spell, missing: Sequence[Need]) -> PermissionDeniedError:
    what = ", ".join(described(need) for need in missing)
    return PermissionDeniedError(
        f"{spell.name} needs more than it was given: {what}",
        hint=f"allow it with {' '.join(need.flag for need in missing)}",
        file=spell.name,
        line=missing[0].line,
        source_line=spell.source.splitlines()[missing[0].line - 1],
    )


def described(need: Need) -> str:
    """What is needed, where a link leads, and why, in a few words."""
    text = f"{need.kind} {'everything' if need.text == ALL else need.text}"
    if need.kind in ("read", "write") and need.rule not in (ALL, os.path.abspath(os.path.expanduser(need.text))):
        text += f" ({need.rule})"
    return show.plain(text + (f' "{need.why}"' if need.why else ""))


def _tell(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
