"""Cases one after another, with the work for them done while the handler works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.contracts.model import Violation
from fnfuzz.events import Event, RawEvent
from fnfuzz.fuzz import Finding, Plan
from fnfuzz.fuzz.ledger import Ledger
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import FindingFound, FindingSuspected, Progressed
from fnfuzz.fuzz.streaming import streamed
from fnfuzz.fuzz.triage import Case, Triage
from fnfuzz.fuzz.trials import Over, Trials
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.host import Answer, Exchange, Host

HANDLER = """
def answer(request):
    if request.body in (b"[]", b"{}"):
        return 500, {}, b"no lists"
    return 200, {}, b"%d" % (len(request.body) % 7)
"""
SHOWN = Violation("log-secret", "A key shows.", "stderr")


class Course:
    """A stream of events to a handler, with all that happens, in its order."""

    def __init__(self, folder: Path, bodies: Sequence[bytes], max_cases: int | None = None) -> None:
        app = fc_app(folder, HANDLER)
        self.host = Host(app)
        self.trials = Trials(app, Plan(max_cases=max_cases, max_time=None), self.host, app.functions, Ledger())
        self.told: list[str] = []
        self.bodies = bodies
        course = self

        class Noting(FunctionSource):
            def is_there(self, event: Event, found: bool) -> None:
                assert isinstance(event, RawEvent)
                course.told.append(f"learn {event.body.decode()}")
                super().is_there(event, found)

        self.source = Noting(app.functions[0], Dictionary(), 1, {})

    def chosen(self) -> Iterator[tuple[FunctionSource, Event]]:
        for body in self.bodies:
            self.told.append(f"choose {body.decode()}")
            yield self.source, RawEvent(body=body)

    def run(self) -> None:
        with self.host:
            for event in streamed(self.trials, self.chosen()):
                match event:
                    case FindingSuspected() | FindingFound():
                        self.told.append(f"{type(event).__name__} {event.finding.identity.rule}")
                    case Progressed():
                        pass
                    case _:
                        self.told.append(type(event).__name__)


def seen_in(body: bytes, course: Course, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[bytes, ...]]:
    """An observer sees something in the answer to ``body``; what each rule's triage got for a history, as it goes."""
    histories: dict[str, tuple[bytes, ...]] = {}

    def observe(exchange: Exchange) -> tuple[Violation, ...]:
        return (SHOWN,) if isinstance(exchange.event, RawEvent) and exchange.event.body == body else ()

    def examine(triage: Triage, finding: Finding, exchange: Exchange) -> Finding:
        histories[finding.identity.rule] = tuple(_body(case) for case in triage.tail)
        return finding

    monkeypatch.setattr(course.trials, "observe", observe)
    monkeypatch.setattr(Triage, "examine", examine)
    return histories


def _body(case: Case) -> bytes:
    assert isinstance(case.event, RawEvent)
    return case.event.body


def test_the_next_event_is_chosen_and_the_last_one_learnt_while_the_handler_works(tmp_path: Path) -> None:
    course = Course(tmp_path, [b"1", b"[]", b"22", b"333"], max_cases=3)
    with pytest.raises(Over, match="cases"):
        course.run()
    # What is not sent any more is not taken either.
    assert course.told == [
        "choose 1",
        "choose []",
        "learn 1",
        "choose 22",
        "learn []",
        "FindingSuspected error-not-reported",
        "FindingFound error-not-reported",
        "learn 22",
    ]
    assert (course.trials.cases, course.source.cases) == (3, 3)


def test_what_a_closer_look_shows_is_examined_after_the_event_that_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(tmp_path, [b"1", b"22", b"333", b"4444"])
    histories = seen_in(b"22", course, monkeypatch)
    course.run()
    assert course.told[4:] == [
        "learn 22",
        "choose 4444",
        "FindingSuspected log-secret",
        "FindingFound log-secret",
        "learn 333",
        "learn 4444",
    ]
    assert histories == {"log-secret": (b"1",)}
    assert course.trials.cases == 4


def test_an_event_that_was_on_its_way_keeps_its_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(tmp_path, [b"1", b"22", b"{}", b"4444"])
    histories = seen_in(b"22", course, monkeypatch)
    course.run()
    assert histories == {"log-secret": (b"1",), "error-not-reported": (b"1", b"22")}
    assert [_body(case) for case in course.trials.tail] == [b"4444"]


def test_the_last_event_is_looked_at_when_nothing_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(tmp_path, [b"1", b"22"])
    seen_in(b"22", course, monkeypatch)
    course.run()
    assert course.told[-3:] == ["learn 22", "FindingSuspected log-secret", "FindingFound log-secret"]


def test_an_interrupt_loses_nothing_that_was_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(tmp_path, [b"1", b"22", b"333"])
    seen_in(b"22", course, monkeypatch)
    deliver = Host.deliver

    def interrupted(host: Host, function: object, event: RawEvent, **options: object) -> Answer:
        if event.body == b"333":
            raise KeyboardInterrupt
        return deliver(host, function, event, **options)  # type: ignore[arg-type] # handed on as they are

    monkeypatch.setattr(Host, "deliver", interrupted)
    with pytest.raises(KeyboardInterrupt):
        course.run()
    assert course.told[-2:] == ["learn 22", "FindingFound log-secret"]
    assert [finding.identity.rule for finding in course.trials.ledger.findings.values()] == ["log-secret"]


def test_own_checks_look_before_anything_else_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(tmp_path, [b"1", b"22", b"333"])
    seen_in(b"22", course, monkeypatch)
    monkeypatch.setattr(course.trials, "_closely", {"demo"})
    course.run()
    at = course.told.index("FindingFound log-secret")
    assert course.told[at - 2 : at + 1] == ["learn 22", "FindingSuspected log-secret", "FindingFound log-secret"]
    assert course.told[at + 1 :] == ["learn 333"]
