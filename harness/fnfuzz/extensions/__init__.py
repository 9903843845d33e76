"""Own checks, mutators, event sources, contracts and reports: what users write to make fnfuzz know more of their app.

A Python file or an installed module decorates plain functions and classes; everything that such code needs can be
imported from here (docs/extending.md). Users run such code in their own name: it is not confined, but its faults are
told and never end a run.
"""

from __future__ import annotations

from fnfuzz.app.model import App, Function
from fnfuzz.checks.model import Breach
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    HostOutcome,
    HttpReply,
    HttpRequest,
    LineReply,
    LineRequest,
    Observed,
    Verdict,
    Violation,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.extensions.force import Extensions, extended, in_force
from fnfuzz.extensions.loading import ExtensionError
from fnfuzz.extensions.marks import check, contract, events, mutator, probe, reporter, rule
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host
from fnfuzz.rules.model import Rule

__all__ = [
    "App",
    "BlobEvent",
    "Breach",
    "CallerReply",
    "Delivery",
    "Event",
    "Exchange",
    "ExtensionError",
    "Extensions",
    "Function",
    "Host",
    "HostOutcome",
    "HttpEvent",
    "HttpReply",
    "HttpRequest",
    "LineReply",
    "LineRequest",
    "Observed",
    "QueueEvent",
    "RawEvent",
    "Rule",
    "TimerEvent",
    "Verdict",
    "Violation",
    "check",
    "contract",
    "events",
    "extended",
    "in_force",
    "mutator",
    "probe",
    "reporter",
    "rule",
    "typical_event",
]
