"""``fnfuzz shrink``: the smallest event or sequence that still shows a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fnfuzz.cli.completing import files, function_names
from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.options import app_options, seconds
from fnfuzz.cli.progress import quiet_option

if TYPE_CHECKING:
    from fnfuzz.cli.shrinking import Wanted

__all__ = ["command"]


@click.command("shrink", cls=ConfiguredAppCommand)
@click.argument("case", metavar="CASE", shell_complete=files)
@app_options
@config_options
@click.option(
    "--function",
    "name",
    metavar="NAME",
    shell_complete=function_names,
    help="The function; needed when several fit an event.",
)
@click.option(
    "--max-time",
    callback=seconds,
    default="60s",
    show_default=True,
    metavar="TIME",
    help="End after this time; Ctrl-C ends it earlier and keeps the best so far.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the case there.  [default: CASE itself, for a plain event .fnfuzz in the app's folder]",
)
@quiet_option
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
def command(
    case: str,
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    name: str | None,
    max_time: float,
    output: str | None,
    no_color: bool,
) -> None:
    """Make a failing case smaller.

    CASE is a case file of `fnfuzz run`, or a file with one event or a list of events. APP is the app of that run when
    not given. What the case shows now is what the smaller one must show.

    \b
    Exit codes: 0 done, or the case fails no more; 2 wrong usage,
    3 the handler could not be started or driven,
    130 interrupted (the best so far is written).

    \b
    Examples:
      fnfuzz shrink .fnfuzz/findings/1a2b3c4d.json
      fnfuzz shrink recorded-order.json ./my-function-app --max-time 5m
    """
    from fnfuzz.cli.setup import set_up
    from fnfuzz.cli.shrinking import Wanted, shrink

    wanted: Wanted = Wanted(
        source=case,
        app=app,
        contract=contract,
        patience=patience,
        start_patience=start_patience,
        function=name or "",
        max_time=max_time,
        output=output,
        colour=False if no_color else None,
    )
    with set_up():
        code = shrink(click.get_current_context(), wanted)
    click.get_current_context().exit(code)
