"""Projects that test the small shop with pytest: its app, recorded exchanges, case files of findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fnfuzz.app import discover
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import Event, HttpEvent, QueueEvent
from fnfuzz.host import Host
from fnfuzz.report.cases import Case, case_bytes

__all__ = ["HELLO", "ORDER", "PLAIN", "add_case", "app_line", "pytest_run", "record_shop", "spoil"]

ORDER = QueueEvent(message=b'{"order": 7}')
HELLO = HttpEvent(method="POST", path="/api/Hello", headers=(("Content-Type", "text/plain"),), body=b"mira")
PLAIN = ("-p", "no:randomly", "-p", "no:rerunfailures", "-p", "no:cacheprovider", "-p", "no:faker", "-Werror")


def app_line(shop: Path) -> str:
    """What names a shop in an ini file, with its contract, so that it need not be found out."""
    return f"--contract azure-http {shop}"


def record_shop(shop: Path, corpus: Path, *events: tuple[str, Event]) -> list[str]:
    """A corpus of what a shop answers now; the ids of the records in their order."""
    app = discover(shop, contract="azure-http")
    with Host(app) as host, Corpus.create(corpus).writer() as writer:
        for number, (name, event) in enumerate(events or (("Orders", ORDER), ("Hello", HELLO)), 1):
            function = next(item for item in app.functions if item.name == name)
            exchange = host.invoke(function, event)
            record = Record(contract="azure-http", function=name, event=event, at=number, number=number)
            observed = exchange.observed
            writer.add(replace(record, delivery=exchange.delivery, request=exchange.request, reply=observed.reply))
    return [name for name, _ in Corpus.open(corpus).items()]


def spoil(shop: Path, old: str, new: str) -> None:
    """Change the handler of a shop."""
    script = shop / "handler.py"
    source = script.read_text()
    assert old in source
    script.write_text(source.replace(old, new))


def add_case(path: Path, *events: Event, rule: str = "resp-status-non2xx", function: str = "Orders") -> Path:
    """A case file as `fnfuzz run` leaves it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    case = Case(events, function, rule, trigger=events[-1].trigger)
    path.write_bytes(case_bytes(case if len(events) == 1 else replace(case, confirmed="sequence")))
    return path


def pytest_run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A run of pytest in this process, in its own order, with warnings as errors."""
    return pytester.runpytest_inprocess(*PLAIN, *arguments)
