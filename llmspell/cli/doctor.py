"""`llmspell doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from llmspell import __version__
from llmspell.cli import show
from llmspell.cli.asking import AS_JSON, print_json, print_table
from llmspell.cli.local import RUNTIMES, registry_of, store_of
from llmspell.config import load
from llmspell.errors import LlmspellError

if TYPE_CHECKING:
    from llmspell.config import Config

# What an extra brings: the name of each package, and of its module.
_EXTRAS = {
    "local": {"llamacpp": "xllamacpp", "ctransformers": "ctransformers"},
    "fast": {"aiohttp": "aiohttp", "uvloop": "uvloop"},
    "bedrock": {"botocore": "botocore"},
    "mcp": {"mcp": "mcp"},
    "tools": {"google-re2": "re2", "jmespath": "jmespath", "tzdata": "tzdata"},
    "web": {"trafilatura": "trafilatura"},
    "memory": {"pypdf": "pypdf"},
}
_HELLO = {"lua": "return 6 * 7", "js": "export default 6 * 7"}
_SECONDS = 10.0
_WIDEST = 100
Report = dict[str, Any]


@click.command(name="doctor", short_help="Show what this machine has, and whether spells are held.")
@AS_JSON
def command(as_json: bool) -> int:
    """Show what llmspell finds and uses on this machine, and try whether its walls hold.

    For each language a real worker process tries what no spell may do: open files and sockets, start programs, reach
    the host. The exit code is 1 when something is broken: a language that does not run, settings that cannot be
    read, or a wall that should hold and does not. What a system lacks is shown, and breaks nothing. Of keys, only
    the names of the services that have one are shown.

    \b
    Examples:
      llmspell doctor
      llmspell doctor --json
    """
    report = examine()
    if as_json:
        print_json(report)
    else:
        _print(report)
    return 0 if report["ok"] else 1


def examine() -> Report:
    """All that is shown; `problems` says in words what is broken, and `ok` that nothing is."""
    problems: list[str] = []
    report: Report = {
        "llmspell": __version__,
        "python": f"{sys.version.split()[0]} on {sys.platform}",
        "settings": _settings(problems),
        "languages": _languages(problems),
        "isolation": _isolation(problems),
        "packages": _packages(),
        "problems": problems,
    }
    return report | {"ok": not problems}


def _settings(problems: list[str]) -> Report:
    try:
        config = load()
        return {"files": [str(file) for file in config.files], **_models(config)}
    except LlmspellError as error:
        problems.append(f"the settings cannot be used: {error.message}")
        return {"files": [], "keys": [], "models": []}


def _models(config: Config) -> Report:
    services = registry_of(config).services
    rows = [(name, services.row(name)) for name in registry_of(config).known()]
    return {
        "keys": [name for name, row in rows if row is not None and row.key_env and services.key(row)],
        "models": [f"{RUNTIMES[0]}/{model.name}" for model in store_of(config).list()],
    }


def _languages(problems: list[str]) -> Report:
    from llmspell.languages import bridge_of, dialects  # loads all languages

    found = {}
    for dialect in dialects():
        try:
            found[dialect] = _run(dialect, bridge_of(dialect).language)
        except LlmspellError as error:
            found[dialect] = "does not run"
            problems.append(f"{dialect} does not run: {error.message}")
    return found


def _run(dialect: str, language: str) -> str:
    """Run a spell in a worker process, in a language for which one is known."""
    import llmspell  # loads the host

    if language not in _HELLO:
        return "installed"
    spell = llmspell.Spell(source=_HELLO[language], language=dialect, name="doctor")
    result = llmspell.run(spell, isolation="process", limits=llmspell.Limits(timeout=_SECONDS))
    return "runs" if result.value == 42 else "gives wrong results"


def _isolation(problems: list[str]) -> Report:
    from llmspell.workers.probe import expected, probe  # for this command alone

    report: Report = {"features": {}, "attempts": {}}
    for dialect in _HELLO:
        try:
            found = probe(dialect)
        except LlmspellError as error:
            problems.append(error.message)
            continue
        report["features"] |= found["features"]
        report["attempts"][dialect] = found["attempts"]
        if found["features"]["seccomp"] == "used":
            done = [name for name, outcome in found["attempts"].items() if outcome == "DONE"]
            problems += [f"a worker for {dialect} can {name}" for name in done if not expected(dialect, name)]
    return report


def _packages() -> dict[str, str]:
    from importlib.util import find_spec  # slow, and for this command alone

    return {
        name: "installed" if find_spec(module) else f"missing: pip install 'llmspell[{extra}]'"
        for extra, packages in _EXTRAS.items()
        for name, module in packages.items()
    }


def _print(report: Report) -> None:
    settings = report["settings"]
    rows = [
        ["llmspell", report["llmspell"]],
        ["Python", report["python"]],
        *[[f"language {name}", state] for name, state in report["languages"].items()],
        *[[f"wall: {name.replace('_', ' ')}", state] for name, state in report["isolation"]["features"].items()],
        *[[f"wall, tried in {name}", _summary(tried)] for name, tried in report["isolation"]["attempts"].items()],
        *[[f"package {name}", state] for name, state in report["packages"].items()],
        ["settings", _listed(settings["files"]) or "none: defaults"],
        ["services with a key", _listed(settings["keys"]) or "none"],
        ["models here", _listed(settings["models"]) or "none; llmspell models pull smollm2-135m"],
    ]
    print_table(rows)
    for problem in report["problems"]:
        click.echo(show.plain(f"problem: {problem}"))


def _summary(tried: dict[str, str]) -> str:
    done = [name for name, outcome in tried.items() if outcome == "DONE"]
    if done:
        return f"{len(tried) - len(done)} of {len(tried)} refused; it can {', '.join(done)}"
    return f"all {len(tried)} attempts refused"


def _listed(names: list[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
