"""The progress that commands tell which last: on stderr, and not with ``-q``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fnfuzz.report.progress import Meter

__all__ = ["is_quiet", "metered", "quiet_option"]

C = TypeVar("C", bound=Callable[..., Any])


def quiet_option(command: C) -> C:
    """``-q``; the command itself need not take it, ``metered`` looks for it."""
    return click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_keep, help="Tell no progress.")(
        command
    )


def is_quiet() -> bool:
    """Was ``-q`` given to the command that is running?"""
    return bool(click.get_current_context().meta.get(_QUIET))


def metered(what: str, unit: str = "record", total: int | None = None, *, drawn: bool = True) -> Meter:
    """A meter as the options of the command that is running want it; in plain lines unless ``drawn``."""
    from fnfuzz.report.progress import Meter

    context = click.get_current_context()
    colour = False if context.params.get("no_color") else None
    return Meter(what, unit, total=total, colour=colour, quiet=is_quiet(), drawn=drawn)


_QUIET = "fnfuzz.quiet"


def _keep(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_QUIET] = value
