"""`llmspell completion`."""

from __future__ import annotations

import click

_INSTALL = {
    "bash": "llmspell completion bash > ~/.local/share/bash-completion/completions/llmspell",
    "zsh": "llmspell completion zsh > ~/.zfunc/_llmspell   (with ~/.zfunc in fpath before compinit)",
    "fish": "llmspell completion fish > ~/.config/fish/completions/llmspell.fish",
}


@click.command(name="completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(list(_INSTALL)))
@click.pass_context
def command(ctx: click.Context, /, shell: str) -> None:
    """Print what makes SHELL complete commands, options, spells, languages and models.

    \b
    To install it, once:
      mkdir -p ~/.local/share/bash-completion/completions
      llmspell completion bash > ~/.local/share/bash-completion/completions/llmspell
      llmspell completion zsh  > ~/.zfunc/_llmspell
      llmspell completion fish > ~/.config/fish/completions/llmspell.fish

    For zsh, ~/.zfunc must stand in fpath before compinit runs. Each takes effect in the next shell.
    """
    from click.shell_completion import get_completion_class  # for this command alone

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  # click has all three
    click.echo(f"# To install: {_INSTALL[shell]}")
    click.echo(kind(ctx.find_root().command, {}, "llmspell", "_LLMSPELL_COMPLETE").source())
