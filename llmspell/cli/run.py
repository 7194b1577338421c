"""`llmspell run`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from llmspell import loop
from llmspell.cli import limits, permissions
from llmspell.cli.app import DONE, FAILED, LIMIT_HIT
from llmspell.cli.arguments import MCP_CONFIG, complete_language, complete_model, complete_spell, read_spell, state_file
from llmspell.cli.early import HeadStart
from llmspell.cli.interrupts import exit_code, last_words
from llmspell.cli.output import Reporter
from llmspell.cli.params import parameters
from llmspell.cli.permissions import RunCommand
from llmspell.config import Config, load
from llmspell.values import MAX_SAFE_INTEGER


@click.command(name="run", cls=RunCommand, short_help="Run a spell.")
@click.argument("file", required=False, type=click.Path(allow_dash=True), shell_complete=complete_spell)
@click.argument("arguments", metavar="[ARGS]...", nargs=-1, type=click.Path())
@click.option("-e", "source", metavar="SOURCE", help="The spell itself; needs --lang.")
@click.option(
    "--lang",
    "language",
    metavar="LANG",
    shell_complete=complete_language,
    help="Its language, if FILE's ending does not tell.",
)
@click.option("-p", "pairs", multiple=True, metavar="NAME=TEXT|NAME:=JSON", help="A parameter. Repeatable.")
@click.option("--params", "params_file", type=click.Path(), metavar="FILE.json", help="Parameters; -p goes over them.")
@click.option(
    "--model", metavar="NAME", shell_complete=complete_model, help="What llm() means, such as openai/gpt-5-mini."
)
@click.option("--isolation", type=click.Choice(["process", "inline"]), help="Where the script runs.  [process]")
@limits.options
@permissions.options
@MCP_CONFIG
@click.option("--seed", type=click.IntRange(0, MAX_SAFE_INTEGER - 1), metavar="N", help="Makes randomness repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="No logs and no closing line.")
@click.option("-v", "--verbose", is_flag=True, help="Show calls with their times, debug logs and stacks.")
@click.pass_obj
def command(early: HeadStart, /, **given: Any) -> int:
    """Run the spell in FILE or of that name in the spellbook, given with -e, or on the standard input (-).

    Text appears as the spell prints it; what the spell returns is printed at the end. The standard input goes to
    the spell, logs go to the standard error. ARGS are the list params.args. `llmspell spells list` shows the
    spellbook; files that ARGS name may be read by its spells, and by no other without permission.

    A spell may touch nothing but models and tools until it is allowed to. An --allow-* may be repeated, its values
    may have commas between them, and without a value it allows everything of its kind.

    \b
    Examples:
      llmspell run hello.lua
      llmspell run summarize notes.md
      llmspell run story.js -p length:=3 < notes.txt
      llmspell run -e 'return llm():complete(params.q).text' --lang lua -p q='Why is the sky blue?'
      llmspell run agent.lua --model local/smollm2-135m --timeout 60 --json
      llmspell run report.js --allow-read=notes --allow-net=api.example.com

    \b
    Exit codes:
      0 done · 1 the spell failed · 2 wrong usage · 3 a limit was hit · 130 interrupted
    """
    if given["quiet"] and given["verbose"]:
        raise click.UsageError("-q and -v contradict each other")
    spell = read_spell(given["file"], given["source"], given["language"])
    config = load(overrides=_overrides(given))
    if given["model"]:
        from llmspell.cli.local import check_model  # brings the providers

        check_model(config, given["model"])
    params = parameters(given["params_file"], given["pairs"], given["arguments"])
    may_ask = not (given["as_json"] or given["quiet"] or given["no_prompt"])
    allowed = permissions.with_arguments(spell, permissions.granted(config.permissions, given), given["arguments"])
    config = replace(config, permissions=permissions.settled(spell, allowed, may_ask=may_ask))
    return _run(early, spell, config, params, given)


def _run(early: HeadStart, spell: Any, config: Config, params: Any, given: dict[str, Any]) -> int:
    from llmspell.host import run  # after all that may be wrong with the arguments

    reporter = Reporter(as_json=given["as_json"], quiet=given["quiet"], verbose=given["verbose"])
    last_words(reporter.killed)
    stdin = "" if given["file"] == "-" else sys.stdin
    try:
        result = run(
            spell,
            params=params,
            seed=given["seed"],
            stdin=stdin,
            on_event=reporter,
            check=False,
            config=config,
            state=state_file(config),
            start_worker=early.take,
            make_loop=loop.plain,  # Ctrl-C is watched for
        )
    except KeyboardInterrupt as interrupt:
        reporter.interrupted(interrupt)
        return exit_code(interrupt)
    reporter.close(result)
    if result.error is None:
        return DONE
    return LIMIT_HIT if result.error.kind == "limit" else FAILED


def _overrides(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": given["model"],
        "isolation": given["isolation"],
        "limits": limits.overrides(given),
        "mcp": {"file": given["mcp_config"]} if given["mcp_config"] else None,
    }
