"""What a spell says it needs, in the comments at its top.

    -- @allow read notes/ "to summarize them"        in Lua
    // @allow net api.example.com                    in JavaScript

A line of the header is `@allow KIND RULE "WHY"`; the why may be left out, and a rule is written as in
`llmspell.grants`, one to a line. The header ends with the first line that is neither empty nor a comment. It is a
wish: it grants nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from llmspell import grants, header
from llmspell.errors import InvalidValueError
from llmspell.nearest import nearest
from llmspell.permissions import KEYS, KINDS, Permissions, flag

_SHOWN = 40
_REASON = re.compile(r'(?P<rule>.*(?<!\\))"(?P<why>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that a spell needs."""

    kind: str
    """One of `read`, `write`, `net`, `env`, `run`, `model` and `tool`."""
    text: str
    """The rule as it is written; relative paths start from the current directory."""
    rule: Any
    """The rule as `Permissions` has it."""
    why: str | None = None
    line: int = 1

    @property
    def flag(self) -> str:
        """The flag of `llmspell run` that grants it."""
        return flag(self.kind, self.text)

    @property
    def permissions(self) -> Permissions:
        """Permission for this and nothing else."""
        return Permissions(**{KEYS[self.kind]: (self.rule,)})

    def is_met_by(self, permissions: Permissions) -> bool:
        """Whether all of it was granted."""
        return self.rule in getattr(permissions.narrowed(self.permissions), KEYS[self.kind])


class Mistake(NamedTuple):
    """A line of a header that says nothing, and why; lines and columns count from 1."""

    line: int
    column: int
    message: str
    hint: str | None
    severity: str = "error"


def read_header(source: str) -> tuple[list[Need], list[Mistake]]:
    """What the header of a script asks for, and what is wrong with it. Nothing is run."""
    needs: list[Need] = []
    mistakes: list[Mistake] = []
    for line in header.lines(source):
        if line.tag is None:
            continue
        try:
            if line.tag == "allow":
                needs.append(_need(line.rest, line.line))
            elif hint := nearest("@" + line.tag[:_SHOWN], ["@allow"]):
                mistakes.append(Mistake(line.line, line.column, f"there is no @{line.tag[:_SHOWN]}", hint, "warning"))
        except InvalidValueError as error:
            mistakes.append(Mistake(line.line, line.column, error.message, error.hint))
    return needs, mistakes


def _need(text: str, line: int) -> Need:
    kind, *rest = text.strip().removesuffix("*/").split(None, 1) or [""]
    rule, why = _without_reason("".join(rest).strip())
    if kind not in KINDS:
        hint = nearest(kind[:_SHOWN], KINDS) or f"write @allow KIND RULE; kinds are {', '.join(KINDS)}"
        raise InvalidValueError(f"@allow: there is no permission {kind[:_SHOWN]!r}", hint=hint)
    if not rule:
        raise InvalidValueError(
            f"@allow {kind} does not say what", hint=f'such as @allow {kind} {_EXAMPLES[kind]} "the reason"'
        )
    if why is not None and '"' in rule and kind != "run":
        raise InvalidValueError(
            f"@allow {kind} has more quotes than those of the reason",
            hint='only the reason at the end stands in quotes; a quote inside of it is written \\"',
        )
    (read,) = grants.rules(kind, rule, f"@allow {kind}")
    return Need(kind=kind, text=rule, rule=read, why=why, line=line)


def _without_reason(text: str) -> tuple[str, str | None]:
    """The rule, and the reason in quotes behind it, inside of which a quote is written \\"."""
    found = _REASON.fullmatch(text)
    if found is None:
        return text, None
    return found["rule"].strip(), found["why"].replace('\\"', '"').strip() or None


_EXAMPLES = {
    "read": "notes/",
    "write": "out/",
    "net": "api.example.com",
    "env": "TZ",
    "run": "git status",
    "model": "local/*",
    "tool": "search",
}
