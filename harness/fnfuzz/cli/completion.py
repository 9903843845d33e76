"""``fnfuzz completion``: words completed by the shell."""

from __future__ import annotations

import click

from fnfuzz.cli.help import Command, OneOf

__all__ = ["SHELLS", "command"]

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=Command)
@click.argument("shell", type=OneOf(SHELLS), metavar="bash|zsh|fish")
def command(shell: str) -> None:
    """Print a script by which the shell completes words.

    Completes commands, options, contracts, rules, report formats, and the
    functions of the app. Put the script where the shell looks for it, and
    open a new shell.

    \b
    bash (4.4 or newer):
      mkdir -p ~/.local/share/bash-completion/completions
      fnfuzz completion bash > ~/.local/share/bash-completion/completions/fnfuzz

    \b
    zsh (a folder that is in $fpath before compinit is called):
      mkdir -p ~/.zfunc
      fnfuzz completion zsh > ~/.zfunc/_fnfuzz

    \b
    fish:
      fnfuzz completion fish > ~/.config/fish/completions/fnfuzz.fish

    \b
    Example, for this shell only:
      eval "$(fnfuzz completion bash)"
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root()
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click has no completion for {shell}; update click")
    click.echo(found(root.command, {}, "fnfuzz", "_FNFUZZ_COMPLETE").source())
