"""The attacks as data: `spells/SECTION.lua` and `.js` hold small scripts, each below a head of comment lines.

    --- [item] what the script tries
    --- gives: JSON                     it ends, with this value
    --- fails: KIND words               or it fails, with an error of that kind whose message has these words
    --- inline: hangs | gives: ... | fails: ...      what comes of it in the host's own process, where that differs
    --- only: inline | process          where it is run, if not in both
    --- limits: cpu=0.2 memory=16 ...   memory in MiB; the rest as in `llmspell.Limits`
    --- dialect: luajit                 another engine of the language
    --- allow: {...}                    the fields of the `Permissions` that the run is given

JavaScript has `///` instead of `---`. An item is a key of `ITEMS`, in the section that the file is named after.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.attacks.items import SECTIONS

FOLDER = Path(__file__).parent / "spells"
MARKS = {".lua": "--- ", ".js": "/// "}
ISOLATIONS = ("inline", "process")


class Gives(NamedTuple):
    """The spell ends with this value."""

    value: Any


class Fails(NamedTuple):
    """The spell ends with an error of a kind, whose message has these words."""

    kind: str
    words: str


class Hangs(NamedTuple):
    """The process in which it runs does not come back, and has to be killed from outside."""


Outcome = Gives | Fails | Hangs


class Attack(NamedTuple):
    """One script, and what comes of it in each isolation where it is run."""

    section: str
    item: str
    title: str
    dialect: str
    source: str
    outcomes: dict[str, Outcome]
    limits: dict[str, float]
    allow: dict[str, Any]

    @property
    def language(self) -> str:
        """The language of the dialect: `lua` or `js`."""
        return "js" if self.dialect == "js" else "lua"


def attacks() -> list[Attack]:
    """All of them, section by section, in the order of the files."""
    return [
        attack
        for section in SECTIONS
        for suffix, mark in MARKS.items()
        for attack in read((FOLDER / f"{section}{suffix}").read_text(encoding="utf-8"), mark, section, suffix[1:])
    ]


def read(text: str, mark: str, section: str, language: str) -> list[Attack]:
    """The attacks in the text of one file. Raises `ValueError` for a head that cannot be understood."""
    found: list[Attack] = []
    head: list[str] = []
    body: list[str] = []
    for line in [*text.splitlines(), mark + "[end] of the file"]:
        if line.startswith(mark + "[") and head:
            found.append(_attack(head, body, section, language))
            head, body = [], []
        if line.startswith(mark):
            head.append(line.removeprefix(mark))
        elif head:
            body.append(line)
    return found


def _attack(head: list[str], body: list[str], section: str, language: str) -> Attack:
    item, _, title = head[0].removeprefix("[").partition("] ")
    fields = dict(line.split(": ", 1) for line in head[1:])
    expected = _outcome(next(f"{name}: {fields.pop(name)}" for name in ("gives", "fails") if name in fields))
    where = fields.pop("only", None)
    outcomes = {name: expected for name in ISOLATIONS if where in (None, name)}
    if "inline" in fields:
        outcomes["inline"] = _outcome(fields.pop("inline"))
    attack = Attack(
        section,
        item,
        title,
        fields.pop("dialect", language),
        "\n".join(body).strip("\n") + "\n",
        outcomes,
        {name: float(value) for name, _, value in (pair.partition("=") for pair in fields.pop("limits", "").split())},
        json.loads(fields.pop("allow", "{}")),
    )
    if fields:
        raise ValueError(f"{title}: there is no field {', '.join(fields)}")
    return attack


def _outcome(text: str) -> Outcome:
    if text == "hangs":
        return Hangs()
    verb, _, rest = text.partition(": ")
    if verb == "gives":
        return Gives(json.loads(rest))
    if verb == "fails":
        return Fails(*rest.partition(" ")[::2])
    raise ValueError(f"an outcome is gives, fails or hangs, not {text}")
