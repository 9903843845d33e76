"""``fnfuzz corpus``: the group of commands for corpora; each one's module is loaded when it is called."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fnfuzz.cli.group import LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "ls": ("fnfuzz.cli.corpus_ls", "Tell what is in a corpus, in numbers or record by record."),
    "show": ("fnfuzz.cli.corpus_show", "Print records as readable text."),
    "export": ("fnfuzz.cli.corpus_export", "Write records as JSON, HAR, curl commands or tests."),
    "minimize": ("fnfuzz.cli.corpus_minimize", "Keep the fewest records that show the same behaviours."),
    "redact": ("fnfuzz.cli.corpus_redact", "Put stand-ins in the place of secrets and personal data."),
    "import": ("fnfuzz.cli.corpus_import", "Add what other tools wrote to a corpus."),
    "merge": ("fnfuzz.cli.corpus_merge", "Add the records of corpora to another one, each once."),
    "verify": ("fnfuzz.cli.corpus_verify", "Read every byte of a corpus and tell what is damaged."),
}
"""Module and one line of help of each command."""


class _CorpusGroup(LazyGroup):
    table = COMMANDS


@click.group("corpus", cls=_CorpusGroup)
def command() -> None:
    """Look at recorded exchanges, and take them elsewhere.

    A corpus is a folder that `fnfuzz record` fills.

    \b
    Example:
      fnfuzz corpus ls corpora/orders
    """
