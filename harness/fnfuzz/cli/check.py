"""``fnfuzz check``: the contract's experiments, as a table."""

from __future__ import annotations

from typing import Any

import click

from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.options import app_options, report_options, seconds

__all__ = ["command"]


@click.command("check", cls=ConfiguredAppCommand)
@app_options
@config_options
@click.option(
    "--max-time", callback=seconds, default="5m", show_default=True, metavar="TIME", help="End after this time."
)
@report_options
def command(
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    max_time: float,
    functions: tuple[str, ...],
    **reporting: Any,
) -> None:
    """Check a handler against its contract, as a table.

    Only the experiments are done: both framings, requests at once, clients that go away, restarts and the like.
    Exit codes are those of `fnfuzz run`.

    \b
    Example:
      fnfuzz check ./my-function-app
    """
    from fnfuzz.cli.reporting import carry_out
    from fnfuzz.fuzz import Plan

    plan = Plan(
        max_time=max_time,
        functions=functions,
        phases=frozenset(("probes", "slow-probes")),
        patience=patience,
        start_patience=start_patience,
    )
    code = carry_out(plan, app=app, contract=contract, table=True, **reporting)
    click.get_current_context().exit(code)
