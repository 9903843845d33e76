"""``fnfuzz generate``: sample events, as events and as what goes over the wire."""

from __future__ import annotations

import base64
import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from fnfuzz.app.model import App, ContractId, Platform
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.cli.options import CONTRACTS
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.contracts.model import Request
    from fnfuzz.events import Event

    Sample: TypeAlias = tuple[Event, Request]

__all__ = ["command"]

PLATFORMS = ("azure", "fc", *CONTRACTS)
TRIGGERS = ("http", "queue", "blob", "timer", "raw")


@click.command("generate", cls=Command)
@click.argument("platform", type=OneOf(PLATFORMS), metavar="PLATFORM")
@click.argument("trigger", type=OneOf(TRIGGERS), metavar="TRIGGER")
@click.option("--count", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="How many.")
@click.option("--realistic", is_flag=True, help="Orders, webhooks, uploads in several languages.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed prints the same events.")
@click.option("--contract", type=OneOf(CONTRACTS), help="Whose wire form.  [default: the platform's usual one]")
@click.option(
    "--format",
    "form",
    type=OneOf(("both", "event", "wire", "json")),
    default="both",
    show_default=True,
    help="event: one JSON event a line. wire: the bytes of the requests. json: one document with both.",
)
def command(
    platform: str, trigger: str, count: int, realistic: bool, seed: int | None, contract: str | None, form: str
) -> None:
    """Print sample events.

    PLATFORM is azure, fc or a contract; TRIGGER is http, queue, blob, timer or raw (Function Compute only).
    An event printed with --format event goes into `fnfuzz invoke APP --event -`.

    \b
    Examples:
      fnfuzz generate azure queue --count 5 --realistic
      fnfuzz generate fc blob --format event --seed 1
    """
    chosen = _contract(platform, trigger, contract)
    number = random.SystemRandom().randrange(2**32) if seed is None else seed
    drawn = _drawn(chosen, trigger, count, number, realistic=realistic)
    _PRINTERS[form](drawn, chosen)


def _contract(platform: str, trigger: str, contract: str | None) -> ContractId:
    from fnfuzz_strategies import CARRIED_TRIGGERS

    if contract is not None and not contract.startswith(platform):
        raise Stop(f"--contract {contract}: is none of {platform}; take one of {_contracts_of(platform)}")
    usual = {"azure": "azure-http", "fc": "fc-web" if trigger == "http" else "fc-event"}
    chosen: Any = contract or usual.get(platform, platform)
    if trigger not in CARRIED_TRIGGERS[chosen]:
        carried = ", ".join(CARRIED_TRIGGERS[chosen])
        raise Stop(f"{trigger}: {chosen} does not carry this trigger; it carries {carried}")
    known: ContractId = chosen
    return known


def _contracts_of(platform: str) -> str:
    return ", ".join(item for item in CONTRACTS if item.startswith(platform))


def _drawn(contract: ContractId, trigger: str, count: int, seed: int, *, realistic: bool) -> Iterator[Sample]:
    from fnfuzz.contracts import contracts_for
    from fnfuzz.contracts.model import Delivery
    from fnfuzz_strategies import draw_many, events_for, example_function, samples

    function = example_function(contract, trigger)
    if realistic and trigger == "http":
        # Realistic requests come with paths of their own.
        function = replace(function, route="{*path}", route_prefix="")
    here = Path()
    platform: Platform = "fc" if contract.startswith("fc-") else "azure"
    app = App(root=here, name="Example", platform=platform, reason="", command=(), cwd=here, functions=(function,))
    codec = contracts_for(app)[contract]
    events = samples(trigger, count=count, seed=seed) if realistic else draw_many(events_for(function), count, seed)
    for event in events:
        yield event, codec.encode(function, event, Delivery(port=9000))


def _print_both(samples: Iterator[Sample], contract: ContractId) -> None:
    from fnfuzz.events import to_data
    from fnfuzz.report.page import Page
    from fnfuzz.report.visible import visible
    from fnfuzz.report.wording import request_lines

    page = Page(sys.stdout)
    for event, request in samples:
        page.block("event", [visible(json.dumps(to_data(event), ensure_ascii=False))], exact=True)
        page.block("wire", request_lines(request), exact=True)
        page.line()


def _print_events(samples: Iterator[Sample], contract: ContractId) -> None:
    from fnfuzz.events import to_data

    for event, _ in samples:
        click.echo(json.dumps(to_data(event)))


def _print_wire(samples: Iterator[Sample], contract: ContractId) -> None:
    """Bytes as they are into a file or pipe, escaped on a terminal."""
    from fnfuzz.report.visible import visible_bytes

    for _, request in samples:
        if sys.stdout.isatty():
            click.echo("\n".join(visible_bytes(line) for line in request.to_bytes().split(b"\n")))
        else:
            sys.stdout.buffer.write(request.to_bytes())


def _print_json(samples: Iterator[Sample], contract: ContractId) -> None:
    from fnfuzz.events import to_data

    document = [
        {
            "contract": contract,
            "event": to_data(event),
            "wire_base64": base64.b64encode(request.to_bytes()).decode("ascii"),
        }
        for event, request in samples
    ]
    click.echo(json.dumps(document, indent=2))


_PRINTERS: Mapping[str, Callable[[Iterator[Sample], ContractId], None]] = {
    "both": _print_both,
    "event": _print_events,
    "wire": _print_wire,
    "json": _print_json,
}
