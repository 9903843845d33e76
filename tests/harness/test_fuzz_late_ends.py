"""A process that answers, says why it ends, and ends: the next event meets its end."""

from __future__ import annotations

import time
from pathlib import Path

from tests.harness.kit.fc_handler import fc_app

from fnfuzz.events import Event, RawEvent
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.triage import Case, Triage, first_look, identify
from fnfuzz.host import Host

WORDS = r"Traceback (most recent call last):\n  File \"handler.py\", line 7, in audit\nKeyError: 'tier'\n"
ENDS_LATE = f"""
import os, sys, threading, time

def end():
    time.sleep(0.03)
    sys.stderr.write("{WORDS}")
    sys.stderr.flush()
    time.sleep(PAUSE)
    os._exit(1)

def answer(request):
    if b"bad" in request.body:
        threading.Thread(target=end).start()
    return 200, {{}}, b"1"
"""


def test_what_a_process_said_before_its_end_is_told_of_the_event_that_met_it(tmp_path: Path) -> None:
    app = fc_app(tmp_path, ENDS_LATE.replace("PAUSE", "0.4"))
    function = app.functions[0]
    with Host(app) as host:
        host.live().wait_logs(0.1)
        host.invoke(function, RawEvent(body=b"bad"))
        host.live().wait_logs(0.2)
        # The words were read between two events, the end comes after the second one.
        second = host.invoke(function, RawEvent(body=b"1"))
        late = host.outlived(second, 5.0)
    assert second.observed.exit is None
    assert late.observed.exit is not None
    assert b"KeyError" in late.stderr


def test_an_event_that_ends_the_process_later_is_shrunk_alone(tmp_path: Path) -> None:
    app = fc_app(tmp_path, ENDS_LATE.replace("PAUSE", "0.01"))
    function = app.functions[0]
    culprit: Event = RawEvent(body=b'{"much": "more", "than": "bad", "is": [1, 2, 3]}')
    other = RawEvent(body=b"[1]")
    with Host(app) as host:
        host.invoke(function, RawEvent(body=b"0"))
        host.invoke(function, culprit)
        time.sleep(0.02)
        seen = host.invoke(function, other)
        # As where the process ends while the next event is with it.
        seen = host.outlived(seen, 5.0)
        (violation, *_) = seen.violations
        finding: Finding = first_look(seen, violation, identify(seen, violation), 2)
        tail = (Case(function, culprit),)
        shrunk = Triage(host, lambda _: (), time.monotonic() + 20.0, tail, 0.001).examine(finding, seen)
    assert shrunk.confirmed == "always"
    (minimal,) = shrunk.minimal
    assert isinstance(minimal, RawEvent)
    assert b"bad" in minimal.body
    assert len(minimal.body) <= 6
