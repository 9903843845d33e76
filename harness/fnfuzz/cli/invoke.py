"""``fnfuzz invoke``: one event by hand, or a case again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.options import app_options
from fnfuzz.cli.stops import FINDINGS, OK, Stop

if TYPE_CHECKING:
    from fnfuzz.app import App
    from fnfuzz.cli.handmade import Wishes
    from fnfuzz.report.cases import Case

__all__ = ["command"]


@click.command("invoke", cls=ConfiguredAppCommand)
@app_options
@config_options
@click.option("--function", "name", metavar="NAME", help="The function; needed when several fit.")
@click.option("--event", "source", metavar="FILE", help="An event or a case as JSON; - for standard input.")
@click.option("--data", metavar="TEXT|@FILE", help="The payload: body, message, content or timer payload.")
@click.option("--method", help="HTTP method.")
@click.option("--path", metavar="PATH", help="HTTP path, with the route prefix; may hold a query.")
@click.option("--query", multiple=True, metavar="NAME=VALUE", help="One pair of the query, not encoded.")
@click.option("--header", multiple=True, metavar="NAME:VALUE", help="One header of the client.")
@click.option("--message", metavar="TEXT|@FILE", help="The message of a queue.")
@click.option("--blob-name", metavar="NAME", help="The name of the blob.")
@click.option("--content-type", metavar="TYPE", help="The media type of the body or blob.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
def command(
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    name: str | None,
    source: str | None,
    data: str | None,
    message: str | None,
    as_json: bool,
    no_color: bool,
    **wished: Any,
) -> None:
    """Send one event and see what the host makes of the answer.

    Without options a typical event of the function. With the case file of a finding it tells whether the finding is
    FIXED or STILL FAILING. Exits with 1 when an error is found.

    \b
    Examples:
      fnfuzz invoke ./my-function-app --function Orders --data '{"id": 7}'
      fnfuzz invoke . --event .fnfuzz/findings/1a2b3c4d.json
    """
    from fnfuzz.cli.cases import check_rule, read_source, settled
    from fnfuzz.cli.handmade import Wishes
    from fnfuzz.cli.invocation import invocation_data, print_invocation
    from fnfuzz.cli.setup import set_up
    from fnfuzz.report.page import Page
    from fnfuzz.report.plain_data import dumps

    wishes = Wishes(data=_bytes(data, "--data"), message=_bytes(message, "--message"), **wished)
    if source is not None and wishes.given:
        raise Stop(f"--event gives the whole event; leave out --{wishes.given[0]}")
    asked = read_source(source, f"--event {source}") if source is not None else None
    if asked is not None:
        check_rule(asked, f"--event {source}")
    with set_up():
        invocation = _deliver(settled(app, contract), asked, wishes, name, (patience, start_patience))
    if as_json:
        click.echo(dumps(invocation_data(invocation)))
    else:
        print_invocation(Page(sys.stdout, False if no_color else None), invocation)
    click.get_current_context().exit(FINDINGS if invocation.failed else OK)


def _deliver(app: App, asked: Case | None, wishes: Wishes, name: str | None, patience: tuple[float, float]) -> Any:
    from fnfuzz.cli.cases import function_for, targets_of
    from fnfuzz.cli.configured import host_settings
    from fnfuzz.cli.handmade import handmade_event
    from fnfuzz.cli.invocation import deliver
    from fnfuzz.cli.target import start_stop
    from fnfuzz.host import Host, StartFailed
    from fnfuzz.report.cases import Case

    targets = targets_of(app, asked, name or "") if asked else [function_for(app, name or "", None)]
    function = targets[-1]
    case = asked or Case((handmade_event(function, wishes),))
    try:
        with Host(app, patience=patience[0], start_patience=patience[1], **host_settings()) as host:
            return deliver(host, targets, case)
    except StartFailed as failed:
        raise start_stop(app, failed) from failed
    except ValueError as error:
        raise Stop(f"{function.name}: {error}") from error


def _bytes(text: str | None, option: str) -> bytes | None:
    """The bytes of ``TEXT`` or of the file in ``@FILE``."""
    if text is None or not text.startswith("@"):
        return None if text is None else os.fsencode(text)
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise Stop(f"{option} {text}: {error.strerror or error}") from error
