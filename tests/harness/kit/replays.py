"""Small corpora made by asking a handler, as if that had been some time ago."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.harness.kit.records import NOON

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import Event, RawEvent
from fnfuzz.host import Host

__all__ = ["asked", "orders"]


def orders(count: int) -> list[RawEvent]:
    """Events with different numbers in them."""
    return [RawEvent(body=json.dumps({"order": number, "items": [number, 2]}).encode()) for number in range(count)]


def asked(app: App, events: Sequence[Event], path: Path, *, gap: int = 1000, **changed: Any) -> Corpus:
    """A new corpus with what the app's first function answers now, ``gap`` microseconds apart; ``changed`` are fields
    of the records.
    """
    corpus = Corpus.create(path)
    function = app.functions[0]
    with Host(app) as host, corpus.writer() as writer:
        for number, event in enumerate(events, 1):
            exchange = host.invoke(function, event)
            fields: dict[str, Any] = {
                "contract": function.contract,
                "function": function.name,
                "event": event,
                "delivery": exchange.delivery,
                "request": exchange.request,
                "reply": exchange.observed.reply,
                "fault": exchange.observed.fault,
                "exit": exchange.observed.exit,
                "at": NOON + number * gap,
                "elapsed": 900,
                "connection": 1,
                "number": number,
            }
            writer.add(Record(**fields | changed))
    return corpus
