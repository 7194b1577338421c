"""Writes the table of attacks and outcomes into `docs/security.md`; `--check` only says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.attacks.cases import Attack, Fails, Gives, Hangs, Outcome, attacks
from tests.attacks.items import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- attacks:begin -->", "<!-- attacks:end -->"

INTRODUCTION = """\
The tests run {scripts} hostile scripts as {cases} cases, each in a host process of its own. In each case the host has
to live, to end the spell in the processor time that it is allowed and at most one second more, to say no secret, and
to run an honest spell afterwards. *Answer* means that the attempt gives the spell nothing but the right answer, an
error's kind stands for an error that the spell can catch, and *ended* for a limit, which ends the run whatever the
script does. Lua and JavaScript are the languages; LuaJIT, which runs in worker processes only, is named where it
differs.

### What `inline` does not protect from

A worker process holds in every case. An inline spell shares the process of its host, and there:

- One operation of the engine that takes long cannot be stopped from inside: the host waits until it is over. Between
  two operations the clock is looked at after 1,000 instructions (Lua) or 10,000 turns and calls (JavaScript), so that
  a loop of long ones overruns its limit too. These attacks hang their host:
{hangs}
- What the engine itself does wrong (a fault in its C code) happens in the host.
- The memory limit counts what the engine allocates. A script in JavaScript can catch a failed allocation; the run is
  ended after that slice.

Run inline what you wrote yourself; run in a worker process, which is the default, what users or models wrote.
"""


def main(args: list[str]) -> int:
    """Write the page, or check it; gives the exit code."""
    wanted = page()
    if PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in args:
        print(f"{PAGE.name} is stale: run make generate", file=sys.stderr)
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


def page() -> str:
    """The page as it should be. Raises `ValueError` if the marks are not in it."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, tail = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE} has no {BEGIN} and {END}")
    return f"{head}{BEGIN}\n{table()}{END}{tail}"


def table() -> str:
    """What stands between the marks."""
    all_ = attacks()
    hangs = [attack for attack in all_ if isinstance(attack.outcomes.get("inline"), Hangs)]
    text = INTRODUCTION.format(
        scripts=len(all_),
        cases=sum(len(attack.outcomes) for attack in all_),
        hangs="\n".join(f"  - {attack.title} ({_language(attack)})" for attack in hangs),
    )
    return text + "".join(_section(section, all_) for section in SECTIONS)


def _section(section: str, all_: list[Attack]) -> str:
    rows = [_row(attack) for attack in all_ if attack.section == section]
    head = "| what | the spell tries to | language | worker process | inline |\n|---|---|---|---|---|\n"
    return f"\n### {SECTIONS[section]}\n\n{head}{''.join(rows)}" if rows else ""


def _row(attack: Attack) -> str:
    cells = [attack.item, attack.title, _language(attack), *(_outcome(attack, each) for each in ("process", "inline"))]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _outcome(attack: Attack, isolation: str) -> str:
    outcome: Outcome | None = attack.outcomes.get(isolation)
    match outcome:
        case Gives():
            return "answer"
        case Fails("limit"):
            return "ended"
        case Fails(kind):
            return f"`{kind}`"
        case Hangs():
            return "**hangs**"
    return "does not run there"


def _language(attack: Attack) -> str:
    return {"lua": "Lua", "js": "JavaScript", "luajit": "LuaJIT", "lua5.5": "Lua 5.5"}[attack.dialect]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
