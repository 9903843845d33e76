"""From a violation to a finding: identity, confirmation, the smallest case, and what a run makes of a handler's end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App, Function
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.model import Delivery, Exit, Fault, HttpReply, HttpRequest, Observed, Violation
from fnfuzz.drivers import HandlerGone, ScriptedInstance
from fnfuzz.events import Event, RawEvent
from fnfuzz.fuzz import Finding, Plan, engine, ledger, run, trials
from fnfuzz.fuzz.finding import Identity
from fnfuzz.fuzz.stream import FindingFound, RunEvent, RunFinished, RunStarted
from fnfuzz.fuzz.triage import LINGER, TRACED, Case, Triage, first_look, identify, log_text
from fnfuzz.host import Exchange, Launched, StartFailed, session
from fnfuzz.rules import RULES

RAW = Function(name="job", trigger="raw", contract="fc-event", form="raw", timeout=60.0, route_prefix="")
OTHER = replace(RAW, name="other")
TRACE = b"Traceback (most recent call last):\n  File \"/app/main.py\", line 7, in handle\nKeyError: 'qty'\n"


def exchange(
    event: Event,
    function: Function = RAW,
    *,
    status: int = 200,
    gone: Exit | None = None,
    fault: Fault | None = None,
    log: bytes = b"",
) -> Exchange:
    reply = None if fault else HttpReply(status, "", (), b"")
    observed = Observed(reply=reply, fault=fault, exit=gone, limit=5.0)
    return Exchange(
        function=function,
        event=event,
        delivery=Delivery(),
        request=HttpRequest("POST", "/invoke", ()),
        observed=observed,
        verdict=FcEvent(account_id="1").decode(function, event, Delivery(), observed),
        stderr=log,
    )


Handler = Callable[[Sequence[Event], Event], Exchange]
"""What a handler does with an event, from all that its instance got before."""


class FakeHost:
    """Counts what it is asked for; every ``fresh`` is a new instance."""

    def __init__(self, handler: Handler, *, starts: bool = True, late: Exit | None = None) -> None:
        self.handler = handler
        self.starts = starts
        self.late = late
        self.calls: list[Event] = []
        self.instance: list[Event] = []

    def limit(self, function: Function) -> float:
        return 5.0

    def fresh(self) -> None:
        if not self.starts:
            raise StartFailed("no", ())
        self.instance = []

    def invoke(self, function: Function, event: Event, *, limit: float | None = None) -> Exchange:
        shown = replace(self.handler(tuple(self.instance), event), function=function)
        self.calls.append(event)
        self.instance.append(event)
        return shown

    def outlived(self, shown: Exchange, seconds: float) -> Exchange:
        if self.late is None or not any(b"die" in event.body for event in self.instance if isinstance(event, RawEvent)):
            return shown
        self.instance = []
        return exchange(shown.event, shown.function, gone=self.late)


def triaged(
    host: FakeHost, shown: Exchange, tail: Sequence[Event] = (), *, seconds: float = 20.0, usual: float = 0.0
) -> Finding:
    triage = Triage(
        host,  # type: ignore[arg-type] # as much of a Host as is needed
        lambda seen: (),
        time.monotonic() + seconds,
        tuple(Case(RAW, event) for event in tail),
        usual,
    )
    violation = shown.violations[0]
    return triage.examine(first_look(shown, violation, identify(shown, violation), 7), shown)


def body(event: Event) -> bytes:
    assert isinstance(event, RawEvent)
    return event.body


# -- identity


def test_rules_that_only_say_failed_are_all_errors_or_explained() -> None:
    assert set(RULES) >= TRACED
    assert {RULES[rule].severity for rule in TRACED} == {"error"}


def test_a_failure_is_known_by_its_exception_and_frame() -> None:
    shown = exchange(RawEvent(body=b"{}"), status=500, log=TRACE)
    failed = Violation("server-error", "message", "status 500")
    assert identify(shown, failed) == Identity("server-error", "job", "raw", "KeyError at main.py:7")
    assert identify(replace(shown, stderr=b""), failed).place == "status 500"
    shaped = Violation("resp-outputs-type", "message", "Outputs")
    assert identify(shown, shaped).place == "Outputs"


def test_the_identity_does_not_hold_the_payload() -> None:
    failed = Violation("server-error", "message", "status 500")
    one, other = (
        exchange(RawEvent(body=payload), status=500, log=TRACE.replace(b"qty", payload)) for payload in (b"a", b"b")
    )
    assert identify(one, failed) == identify(other, failed)
    assert identify(one, failed).id == identify(other, failed).id


def test_only_the_ends_of_large_logs_are_searched() -> None:
    shown = exchange(RawEvent(), status=500, log=TRACE + b"x" * 100_000)
    assert len(log_text(shown)) < 20_000


# -- confirmation and shrinking


def test_a_failure_is_confirmed_in_a_fresh_instance_and_shrunk() -> None:
    host = FakeHost(lambda before, event: exchange(event, status=500 if b"x" in body(event) else 200))
    found = triaged(host, exchange(RawEvent(body=b'{"note":"xyz"}'), status=500))
    assert (found.confirmed, found.minimal, found.notes) == ("always", (RawEvent(body=b'"x"'),), ())
    assert (found.original, found.first_case) == (RawEvent(body=b'{"note":"xyz"}'), 7)
    assert found.exchange is not None
    assert found.exchange.event == found.minimal[0]


def test_what_needs_an_earlier_event_comes_with_it() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        poisoned = any(body(item) == b'"poison"' for item in before)
        return exchange(event, status=500 if poisoned and body(event) == b"{}" else 200)

    tail = [RawEvent(body=text) for text in (b"1", b'"poison"', b"2", b"3", b"4", b"5")]
    found = triaged(FakeHost(handler), exchange(RawEvent(body=b"{}"), status=500), tail)
    assert found.confirmed == "sequence"
    assert found.minimal == (RawEvent(body=b'"poison"'), RawEvent(body=b"{}"))
    assert found.functions == ("job", "job")
    assert found.notes == ()


def test_the_same_event_twice_is_a_sequence() -> None:
    event = RawEvent(body=b"{}")
    host = FakeHost(lambda before, item: exchange(item, status=500 if before else 200))
    found = triaged(host, exchange(event, status=500), [event])
    # An empty event that fails breaks another rule, so the last one stays as small as it can be without that.
    assert (found.confirmed, found.minimal) == ("sequence", (RawEvent(), RawEvent(body=b"0")))


def test_what_never_comes_again_is_unstable() -> None:
    host = FakeHost(lambda before, event: exchange(event))
    found = triaged(host, exchange(RawEvent(body=b"{}"), status=500), [RawEvent(body=b"1")])
    assert (found.confirmed, found.minimal) == ("unstable", (RawEvent(body=b"{}"),))
    assert len(host.calls) == 3


def test_a_host_that_does_not_start_again_leaves_the_finding() -> None:
    found = triaged(FakeHost(lambda before, event: exchange(event), starts=False), exchange(RawEvent(), status=500))
    assert found.confirmed == "unstable"


def test_smaller_events_that_fail_only_in_a_used_instance_do_not_count() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        return exchange(event, status=500 if before or b"long" in body(event) else 200)

    found = triaged(FakeHost(handler), exchange(RawEvent(body=b'"long text"'), status=500))
    assert (found.confirmed, found.minimal) == ("always", (RawEvent(body=b'"long text"'),))
    assert "not shrunk" in found.notes[0]


def test_a_warning_is_looked_at_again_as_well() -> None:
    def warned(event: Event) -> Exchange:
        shown = exchange(event)
        warning = Violation("non-200-status-on-event", "message", "")
        return replace(shown, verdict=replace(shown.verdict, violations=(warning,)))

    event = RawEvent(body=b'{"a":1}')
    sure = triaged(FakeHost(lambda before, item: warned(item)), warned(event))
    assert (sure.confirmed, sure.minimal) == ("always", (RawEvent(),))
    once = triaged(FakeHost(lambda before, item: exchange(item)), warned(event))
    assert once.confirmed == "unstable"


def test_another_fault_is_not_taken_for_this_one() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        log = TRACE if b"long" in body(event) else TRACE.replace(b"line 7", b"line 9")
        return exchange(event, status=500, log=log)

    found = triaged(FakeHost(handler), exchange(RawEvent(body=b'"so long"'), status=500, log=TRACE))
    assert found.minimal == (RawEvent(body=b'"long"'),)


def test_a_hang_is_shrunk_with_little_patience_but_more_than_the_handler_usually_needs() -> None:
    limits: list[float | None] = []
    silent = Fault("timeout", "no answer")

    class Patient(FakeHost):
        def invoke(self, function: Function, event: Event, *, limit: float | None = None) -> Exchange:
            limits.append(limit)
            return super().invoke(function, event, limit=limit)

    host = Patient(lambda before, event: exchange(event, fault=silent))
    triaged(host, exchange(RawEvent(body=b"{}"), fault=silent))
    assert list(dict.fromkeys(limits)) == [5.0, 0.25, None]
    limits.clear()
    triaged(host, exchange(RawEvent(body=b"{}"), fault=silent), usual=0.5)
    assert list(dict.fromkeys(limits)) == [10.0, 5.0, None]


def test_a_hang_that_grows_with_each_letter_is_looked_at_with_all_patience_from_its_small_end() -> None:
    silent = Fault("timeout", "no answer")
    waited: list[int] = []

    class Growing(FakeHost):
        def invoke(self, function: Function, event: Event, *, limit: float | None = None) -> Exchange:
            seconds = 0.25 * 2 ** (len(body(event)) - 20)
            if limit is None:
                waited.append(len(body(event)))
            return exchange(event, fault=silent if seconds >= (limit or 5.0) else None)

    host = Growing(lambda before, event: exchange(event))
    found = triaged(host, exchange(RawEvent(body=b"a" * 250), fault=silent))
    assert waited == [20, 21, 30, 23]
    assert len(body(found.minimal[0])) == 30


def test_the_deadline_ends_the_search() -> None:
    def slow(before: Sequence[Event], event: Event) -> Exchange:
        time.sleep(0.02)
        return exchange(event)

    host = FakeHost(slow)
    began = time.monotonic()
    found = triaged(host, exchange(RawEvent(), status=500), [RawEvent(body=b"1")] * 24, seconds=0.1)
    assert time.monotonic() - began < 2
    assert found.confirmed == "unstable"
    assert len(host.calls) < 24


def test_what_matters_in_the_smallest_event_is_told() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        found = re.fullmatch(rb'\{"n":(\d+).*\}', body(event))
        return exchange(event, status=500 if found and int(found[1]) > 1000 else 200)

    host = FakeHost(handler)
    found = triaged(host, exchange(RawEvent(body=b'{"n":54321,"note":"x"}'), status=500))
    assert found.minimal == (RawEvent(body=b'{"n":1001}'),)
    assert [part.text for part in found.explanation if part.path == "n"] == [
        "fails when it is greater than 1000; absent passes"
    ]
    assert len(host.calls) < 130
    assert found.passing == RawEvent(body=b'{"n":1000}')
    assert (found.path[0], found.path[-1]) == (RawEvent(body=b'{"n":54321,"note":"x"}'), *found.minimal)
    assert all(len(body(one)) >= len(body(other)) for one, other in pairwise(found.path))
    assert len(found.path) <= 12


def test_a_sequence_is_explained_by_its_last_event_and_a_hang_not_at_all() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        poisoned = any(body(item) == b'"poison"' for item in before)
        return exchange(event, status=500 if poisoned and body(event) == b"{}" else 200)

    found = triaged(FakeHost(handler), exchange(RawEvent(body=b"{}"), status=500), [RawEvent(body=b'"poison"')])
    assert [(part.path, part.verdict) for part in found.explanation] == [("body", "only")]
    assert isinstance(found.passing, RawEvent)
    assert found.path == ()
    slow = Fault("timeout", "no answer")
    hang = triaged(
        FakeHost(lambda before, event: exchange(event, fault=slow)), exchange(RawEvent(body=b"{}"), fault=slow)
    )
    assert (hang.confirmed, hang.explanation, hang.passing) == ("always", (), None)


def test_an_instance_that_the_failure_has_spoilt_explains_nothing() -> None:
    def handler(before: Sequence[Event], event: Event) -> Exchange:
        spoilt = any(body(item) == b'{"n":1}' for item in (*before, event))
        return exchange(event, status=500 if spoilt else 200)

    found = triaged(FakeHost(handler), exchange(RawEvent(body=b'{"n":1}'), status=500))
    assert (found.confirmed, found.explanation) == ("always", ())


# -- a handler that ends after its answer


def test_an_end_after_the_answer_is_waited_for() -> None:
    event = RawEvent(body=b'"die now"')
    host = FakeHost(lambda before, item: exchange(item), late=Exit(3))
    found = triaged(host, exchange(event, gone=Exit(3)))
    assert (found.confirmed, found.minimal) == ("always", (RawEvent(body=b'"die"'),))
    assert found.identity.rule in ("process-exit-on-request", "non-json-event-crash")


def test_an_event_that_met_the_end_of_another_gives_way_to_it() -> None:
    host = FakeHost(lambda before, item: exchange(item), late=Exit(3))
    innocent = exchange(RawEvent(body=b"1"), gone=Exit(3), fault=Fault("closed", "closed"))
    found = triaged(host, innocent, [RawEvent(body=b'"die"'), RawEvent(body=b"2"), RawEvent(body=b"3")])
    assert (found.confirmed, found.minimal) == ("always", (RawEvent(body=b'"die"'),))


# -- in a run


def play(app: App, **plan: object) -> list[RunEvent]:
    arguments: dict[str, object] = {"seed": 3, "max_time": 20.0, "phases": frozenset({"boundaries"}), **plan}
    return list(run(app, Plan(**arguments)))  # type: ignore[arg-type] # a plan's own keys


def findings(events: Sequence[RunEvent]) -> list[Finding]:
    return [event.finding for event in events if isinstance(event, FindingFound)]


def test_a_handler_that_dies_a_moment_after_its_answer_is_found(tmp_path: Path) -> None:
    change = """
        def answer(request):
            if request.body == b"[]":
                threading.Timer(0.03, lambda: os._exit(3)).start()
            time.sleep(0.02)
            return 200, {}, b"ok"
    """
    events = play(fc_app(tmp_path, change), max_cases=120)
    found = [item for item in findings(events) if item.identity.rule == "process-exit-on-request"]
    assert [(item.confirmed, item.minimal) for item in found] == [("always", (RawEvent(body=b"[]"),))]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.ended == "cases"


def test_a_handler_that_dies_at_every_event_is_told_once(tmp_path: Path) -> None:
    events = play(fc_app(tmp_path, "def answer(request): os._exit(4)"), max_cases=12, max_time=30.0)
    rules = [item.identity.rule for item in findings(events)]
    assert len(rules) == len(set(rules)) <= 3
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.ended, last.cases) == ("cases", 12)
    assert sum(item.count for item in last.findings) >= 12


def test_a_handler_that_dies_before_every_event_is_lost_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(request: object) -> Observed:
        raise HandlerGone(Exit(5))

    def dead(app: App, environ: object, **options: object) -> Launched:
        return Launched(ScriptedInstance([gone]), 7001, 0.1)  # type: ignore[arg-type] # an Instance as well

    monkeypatch.setattr(session, "launch", dead)
    last = play(fc_app(tmp_path))[-1]
    assert isinstance(last, RunFinished)
    assert (last.ended, last.cases) == ("lost", 0)
    assert "exit code 5" in last.error
    assert [item.identity.rule for item in last.findings] == ["exit-before-ready"]


def test_an_interrupt_while_a_finding_is_examined_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Triage, finding: Finding, shown: Exchange) -> Finding:
        raise KeyboardInterrupt

    monkeypatch.setattr(Triage, "examine", interrupted)
    events = play(fc_app(tmp_path, "def answer(request): return 500, {}, b'no'"))
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.ended == "interrupted"
    assert [item.id for item in findings(events)] == [item.id for item in last.findings]
    assert [item.confirmed for item in last.findings] == ["suspected"]


def test_an_interrupt_while_the_contract_is_found_out_ends_the_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(app: App, environ: object, *, patience: float) -> App:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "settle", interrupted)
    events = play(fc_app(tmp_path))
    assert [type(event) for event in events] == [RunStarted, RunFinished]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].ended == "interrupted"


def test_a_rule_that_shows_in_ever_new_places_is_told_so_often_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MAX_PLACES", 3)
    monkeypatch.setattr(Triage, "examine", lambda self, finding, shown: finding)
    change = """
        def answer(request):
            return 500, {}, b""

        def log(text):
            os.write(2, b"KeyError: in file%d\\n" % time.monotonic_ns())
    """
    numbers = iter(range(10_000))
    monkeypatch.setattr(
        trials, "identify", lambda shown, item: Identity(item.rule, "demo", "raw", f"place {next(numbers)}")
    )
    events = play(fc_app(tmp_path, change), max_cases=30)
    assert 1 <= max(_per_rule(findings(events)).values()) <= 3


def _per_rule(found: Sequence[Finding]) -> dict[str, int]:
    rules = [item.identity.rule for item in found]
    return {rule: rules.count(rule) for rule in rules}


def test_slow_answers_do_not_stretch_the_budget(tmp_path: Path) -> None:
    change = """
        def answer(request):
            time.sleep(0.3)
            return 500, {}, b"no"
    """
    began = time.monotonic()
    events = play(fc_app(tmp_path, change), max_time=2.0)
    assert time.monotonic() - began < 8
    assert isinstance(events[-1], RunFinished)
    assert events[-1].ended == "time"
    assert findings(events)


def test_the_wait_for_a_late_end_is_short() -> None:
    assert 0 < LINGER <= 2
