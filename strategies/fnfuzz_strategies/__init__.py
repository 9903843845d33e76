"""Hypothesis strategies for serverless trigger events, for ``@given`` tests of your own and for fnfuzz.

Every event is legal: something that a client, a sender or the platform can really send. The smallest example of
every strategy is the dullest valid event. Faker is imported only when something realistic is made.
"""

from __future__ import annotations

from fnfuzz_strategies.blob import blob_events
from fnfuzz_strategies.contract_forms import (
    CARRIED_TRIGGERS,
    azure_forward_requests,
    azure_http_requests,
    azure_stdio_lines,
    contract_forms,
    deliveries,
    events_for,
    example_function,
    fc_event_requests,
    fc_web_requests,
)
from fnfuzz_strategies.drawing import draw_many
from fnfuzz_strategies.http import http_events
from fnfuzz_strategies.payloads import Payload
from fnfuzz_strategies.queue import queue_events
from fnfuzz_strategies.raw import raw_events
from fnfuzz_strategies.realistic import KINDS, LOCALES, realistic_events, samples
from fnfuzz_strategies.seeds import seeds
from fnfuzz_strategies.timer import timer_events

__all__ = [
    "CARRIED_TRIGGERS",
    "KINDS",
    "LOCALES",
    "Payload",
    "azure_forward_requests",
    "azure_http_requests",
    "azure_stdio_lines",
    "blob_events",
    "contract_forms",
    "deliveries",
    "draw_many",
    "events_for",
    "example_function",
    "fc_event_requests",
    "fc_web_requests",
    "http_events",
    "queue_events",
    "raw_events",
    "realistic_events",
    "samples",
    "seeds",
    "timer_events",
]
