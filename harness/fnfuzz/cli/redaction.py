"""The options of every command that redacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["redaction_options"]

C = TypeVar("C", bound=Callable[..., Any])

KEY = click.option(
    "--key",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The key; else as FNFUZZ_REDACTION_KEY or FNFUZZ_REDACTION_KEY_FILE say, else your own, which is made once. "
    "The same key gives the same stand-ins.",
)
RULES = click.option(
    "--rules", type=click.Path(dir_okay=False, exists=True), metavar="FILE", help="Rules for redaction, as JSON."
)


def redaction_options(command: C) -> C:
    """``--key`` and ``--rules``."""
    return KEY(RULES(command))
