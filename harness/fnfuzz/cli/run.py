"""``fnfuzz run``: find what breaks a handler."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.options import app_options, report_options, seconds

if TYPE_CHECKING:
    from fnfuzz.fuzz.plan import Recorded

__all__ = ["command"]

MAX_TIME = 30.0


@click.command("run", cls=ConfiguredAppCommand)
@app_options
@config_options
@click.option("--max-time", callback=seconds, metavar="TIME", help="End after this time.  [default: 30s]")
@click.option("--max-cases", type=click.IntRange(min=1), help="End after so many cases; no time limit then.")
@click.option("--seed", type=click.IntRange(min=0), help="Repeat a run; with --max-cases case by case.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    metavar="N",
    help="Drive so many instances of the handler at the same time.",
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    metavar="DIR",
    help="Begin with the events of recorded exchanges. May come several times.",
)
@click.option("--hostile/--no-hostile", help="Also send what no host sends, and tell what ends or wedges the handler.")
@report_options
def command(
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    max_time: float | None,
    max_cases: int | None,
    seed: int | None,
    jobs: int,
    corpora: tuple[str, ...],
    hostile: bool,
    functions: tuple[str, ...],
    **reporting: Any,
) -> None:
    """Find what breaks a handler.

    APP is the function app's folder or the executable in it; a command after -- starts the handler instead.
    Every failure is shrunk to the smallest event that shows it.

    \b
    Exit codes: 0 nothing that --fail-on names was found, 1 something was,
    2 wrong usage, 3 the handler could not be started or driven, 130 interrupted.

    \b
    Examples:
      fnfuzz run ./my-function-app
      fnfuzz run --contract azure-stdio --max-time 5m -- python handler.py
      fnfuzz run --corpus corpora/orders ./my-function-app
    """
    from fnfuzz.cli.reporting import carry_out
    from fnfuzz.fuzz import Plan

    if max_time is None and max_cases is None:
        max_time = MAX_TIME
    plan = Plan(
        seed=random.SystemRandom().randrange(2**32) if seed is None else seed,
        max_time=max_time,
        max_cases=max_cases,
        functions=functions,
        patience=patience,
        start_patience=start_patience,
        jobs=jobs,
        recorded=_recorded(corpora) if corpora else (),
        hostile=hostile,
    )
    click.get_current_context().exit(carry_out(plan, app=app, contract=contract, **reporting))


def _recorded(corpora: tuple[str, ...]) -> tuple[Recorded, ...]:
    from fnfuzz.cli.corpora import corpus_errors, open_corpus
    from fnfuzz.fuzz.recorded import recorded_events

    with corpus_errors():
        return recorded_events([open_corpus(path) for path in corpora])
