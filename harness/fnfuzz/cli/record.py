"""``fnfuzz record``: takes the handler's place and records what passes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.help import OneOf
from fnfuzz.cli.options import CONTRACTS, command_words
from fnfuzz.cli.progress import is_quiet, metered, quiet_option
from fnfuzz.cli.redaction import redaction_options
from fnfuzz.cli.stops import Stop, Undriven
from fnfuzz.config.values import size_of

if TYPE_CHECKING:
    from fnfuzz.record import Summary

__all__ = ["command"]


def _size(ctx: click.Context, param: click.Parameter, value: str) -> int:
    size = size_of(value)
    if size is None:
        raise click.BadParameter(f"{value!r} is no size; write 64k, 16m or 1g", ctx, param)
    return size


_PORT = click.IntRange(1, 65535)


@click.command("record", cls=ConfiguredAppCommand)
@config_options
@click.option(
    "--corpus",
    type=click.Path(file_okay=False),
    default="corpus",
    show_default=True,
    envvar="FNFUZZ_CORPUS",
    show_envvar=True,
    metavar="DIR",
    help="Where exchanges are kept; made if it is not there.",
)
@redaction_options
@click.option("--no-redact", is_flag=True, help="Store everything as it passes, secrets too.")
@click.option(
    "--app",
    type=click.Path(file_okay=False, exists=True),
    default=".",
    show_default=True,
    metavar="DIR",
    help="The function app's folder, by which requests are read as events of its functions.",
)
@click.option("--contract", type=OneOf(CONTRACTS), help="What the handler speaks; azure-stdio for lines.")
@click.option("--port", type=_PORT, help="Where the host expects the handler; else as the host's variables say.")
@click.option("--handler-port", type=_PORT, help="Where the handler listens, if it does not take what it is given.")
@click.option(
    "--max-body", callback=_size, default="16m", show_default=True, metavar="SIZE", help="The largest body to keep."
)
@click.option("--strict", is_flag=True, help="Fail the traffic, and end, rather than pass anything unrecorded.")
@quiet_option
def command(
    corpus: str,
    key: str | None,
    rules: str | None,
    no_redact: bool,
    app: str,
    contract: str | None,
    port: int | None,
    handler_port: int | None,
    max_body: int,
    strict: bool,
) -> None:
    """Take the handler's place, and record every exchange.

    Give the host this command instead of the handler's: as defaultExecutablePath in host.json, as bootstrap or start
    command on Function Compute, or around a handler that reads lines. Every byte is relayed as it is; signals, output
    and exit code are those of the handler. {port} in COMMAND stands for the port that the handler shall take.

    What cannot be recorded passes all the same, is counted, and told at the end; --strict turns that round. Exits as
    the handler does, with 2 for wrong usage, and with 3 when the handler cannot be started or --strict has ended it.

    \b
    Examples:
      fnfuzz record --corpus /data/orders --key /etc/fnfuzz.key -- ./handler
      fnfuzz record --port 7071 --handler-port 9000 -- node server.js
    """
    from fnfuzz.drivers import CannotStart
    from fnfuzz.record import CannotRecord, Plan, record
    from fnfuzz.record.handler import end_like

    ctx = click.get_current_context()
    words = command_words(ctx)
    if not words:
        raise click.UsageError("After -- comes the command that starts the handler.", ctx)
    folder = Path(corpus).absolute()
    options: dict[str, Any] = {
        "corpus": str(folder),
        "app": str(Path(app).absolute()),
        "command": words,
        "contract": contract or "",
        "redact": not no_redact,
        "key": str(Path(key).absolute()) if key else "",
        "rules": str(Path(rules).absolute()) if rules else "",
    }
    _check(options)
    plan = Plan(
        command=words,
        sink="fnfuzz.record.sink:open_sink",
        options=options,
        port=port,
        handler_port=handler_port,
        contract=contract or "",
        strict=strict,
        largest=max_body,
        summaries=folder / "recordings",
    )
    try:
        ended = record(plan, _tell, _progress())
    except CannotRecord as error:
        raise Stop(str(error)) from error
    except CannotStart as error:
        raise Undriven(str(error)) from error
    end_like(ended)


def _check(options: dict[str, Any]) -> None:
    """Refuse now what the writer could only tell at the end."""
    if not options["redact"]:
        if options["key"] or options["rules"]:
            raise Stop("--no-redact leaves everything as it is; leave --key and --rules out, or --no-redact")
        return
    from fnfuzz.record.sink import redactor
    from fnfuzz.record.sinks import RecordsLost

    try:
        redactor(options["key"], options["rules"], options["corpus"])
    except RecordsLost as error:
        raise Stop(f"{error}; or give --no-redact, to store everything as it passes") from error


def _progress() -> Callable[[int], None] | None:
    """Tells a person now and then how many exchanges there are: in plain lines, since the handler prints there too."""
    meter = metered("fnfuzz record", "exchange", drawn=False)
    return meter.told if sys.stderr.isatty() else None


def _tell(summary: Summary) -> None:
    """Say what was lost. Without a loss stderr belongs to the handler alone, unless a person reads it."""
    if summary.lossless and (is_quiet() or not sys.stderr.isatty()):
        return
    for line in summary.lines():
        click.echo(f"fnfuzz record: {line}", err=True)
