"""What earlier runs found is tried first, and gets a verdict."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App
from fnfuzz.events import RawEvent
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.finding import Identity
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    HandlerStarted,
    KnownTried,
    PhaseStarted,
    RunEvent,
    RunFinished,
)
from fnfuzz.fuzz.triage import identify
from fnfuzz.host import Host


def fails_with(text: str, condition: str = 'b"bad" in request.body', setup: str = "") -> str:
    """A handler that raises ``KeyError`` and says so, answering 500, for an event that fulfils the condition."""
    return (
        f"{setup}\n"
        "def answer(request):\n"
        "    import traceback\n"
        "    try:\n"
        f"        if {condition}:\n"
        f"            raise KeyError('{text}')\n"
        "    except KeyError:\n"
        "        return 500, {}, traceback.format_exc().encode()\n"
        "    return 200, {}, b'ok'\n"
    )


def play(app: App, *known: KnownCase, **plan: object) -> list[RunEvent]:
    arguments: dict[str, object] = {"seed": 3, "max_time": 20.0, "phases": frozenset({"known"}), "known": known, **plan}
    return list(run(app, Plan(**arguments)))  # type: ignore[arg-type] # a plan's own keys


def tried(events: list[RunEvent]) -> list[KnownTried]:
    return [event for event in events if isinstance(event, KnownTried)]


def learnt(app: App, body: bytes) -> KnownCase:
    """The case of what an event with this body shows."""
    with Host(app) as host:
        exchange = host.invoke(app.functions[0], RawEvent(body=body))
    identity = identify(exchange, exchange.violations[0])
    return KnownCase(identity=identity, events=(RawEvent(body=body),), functions=("demo",))


def test_what_still_fails_is_a_finding_with_its_stored_minimum(tmp_path: Path) -> None:
    app = fc_app(tmp_path, fails_with("qty"))
    case = replace(learnt(app, b'"bad"'), original=RawEvent(body=b'{"note":"bad"}'))
    events = play(app, case)
    assert [(item.verdict, item.finding and item.finding.identity) for item in tried(events)] == [
        ("still failing", case.identity)
    ]
    (found,) = [event.finding for event in events if isinstance(event, FindingFound)]
    assert (found.minimal, found.original, found.confirmed) == (case.events, case.original, "always")
    assert found.exchange is not None
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert [item.identity for item in last.findings] == [case.identity]
    assert last.cases == 2  # the case, and a typical event
    assert not any(isinstance(event, FindingSuspected) for event in events)


def test_known_findings_come_before_everything_else(tmp_path: Path) -> None:
    app = fc_app(tmp_path, fails_with("qty"))
    events = play(app, learnt(app, b'"bad"'), phases=frozenset({"known", "boundaries"}), max_cases=30)
    names = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert names == ["known findings", "boundaries"]
    assert isinstance(events[1], HandlerStarted)
    assert isinstance(events[3], KnownTried)


def test_what_fails_no_more_in_two_fresh_instances_is_fixed(tmp_path: Path) -> None:
    case = learnt(fc_app(tmp_path, fails_with("qty")), b'"bad"')
    events = play(fc_app(tmp_path), case)
    assert [(item.verdict, item.finding) for item in tried(events)] == [("fixed", None)]
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.findings, last.cases) == ((), 3)


def test_another_error_is_no_fix_but_the_same_case_elsewhere(tmp_path: Path) -> None:
    case = learnt(fc_app(tmp_path, fails_with("qty")), b'"bad"')
    moved = fc_app(tmp_path, "\n\n\n" + fails_with("qty"))
    (item,) = tried(play(moved, case))
    assert item.verdict == "still failing"
    assert item.finding is not None
    assert item.finding.identity.rule == case.identity.rule
    assert item.finding.identity.place != case.identity.place


def test_what_fails_once_in_two_tries_is_unstable(tmp_path: Path) -> None:
    case = learnt(fc_app(tmp_path, fails_with("qty")), b'"bad"')
    second = fails_with("qty", "b'bad' in request.body and tries() == 2")
    count = """
        def tries():
            with open("tries", "a") as file: file.write("x")
            return os.path.getsize("tries")
    """
    app = fc_app(tmp_path, textwrap.dedent(second.rstrip()) + textwrap.dedent(count))
    (item,) = tried(play(app, case))
    assert item.finding is not None
    assert (item.verdict, item.finding.confirmed) == ("unstable", "unstable")


def test_what_never_came_again_is_not_called_fixed(tmp_path: Path) -> None:
    case = learnt(fc_app(tmp_path, fails_with("qty")), b'"bad"')
    events = play(fc_app(tmp_path), replace(case, confirmed="unstable"))
    assert [item.verdict for item in tried(events)] == ["not seen"]


def test_a_suspicion_of_a_killed_run_is_confirmed_and_shrunk(tmp_path: Path) -> None:
    app = fc_app(tmp_path, fails_with("qty"))
    case = replace(learnt(app, b'"bad"'), events=(RawEvent(body=b'{"note":"a bad word"}'),), confirmed="suspected")
    events = play(app, case)
    found = [event.finding for event in events if isinstance(event, FindingFound)]
    assert [(item.confirmed, item.minimal) for item in found] == [("always", (RawEvent(body=b'"bad"'),))]


def test_a_suspicion_that_needs_what_came_before_it_is_found_again(tmp_path: Path) -> None:
    poisoned = "poisoned and request.body == b'{}'"
    script = fails_with("qty", poisoned, "poisoned = []").replace(
        "    try:", "    if request.body == b'1': poisoned.append(1)\n    try:", 1
    )
    app = fc_app(tmp_path, script)
    place = learnt(fc_app(tmp_path, script.replace(poisoned, "True or poisoned")), b"{}")
    app = fc_app(tmp_path, script)
    case = replace(
        place, confirmed="suspected", before=tuple(("demo", RawEvent(body=body)) for body in (b"7", b"1", b"8"))
    )
    events = play(app, case)
    found = [event.finding for event in events if isinstance(event, FindingFound)]
    assert [(item.confirmed, item.minimal, item.functions) for item in found] == [
        ("sequence", (RawEvent(body=b"1"), RawEvent(body=b"{}")), ("demo", "demo"))
    ]


def test_a_search_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    app = fc_app(tmp_path, fails_with("qty"))
    case = replace(learnt(app, b'"bad"'), events=(RawEvent(body=b'["bad","x"]'),), cut_short=True)
    last = play(app, case)[-1]
    assert isinstance(last, RunFinished)
    assert [(item.minimal, item.cut_short) for item in last.findings] == [((RawEvent(body=b'"bad"'),), False)]


def test_a_case_of_a_function_that_is_gone_is_told_and_left(tmp_path: Path) -> None:
    case = KnownCase(identity=Identity("server-error", "gone", "raw", "x"), events=(RawEvent(),), functions=("gone",))
    (item,) = tried(play(fc_app(tmp_path), case))
    assert (item.verdict, item.reason) == ("not tried", "the app has no function gone")


def test_no_more_than_a_quarter_of_the_time_is_used(tmp_path: Path) -> None:
    slow = "def answer(request):\n    time.sleep(0.4)\n    return 200, {}, b''\n"
    case = learnt(fc_app(tmp_path, fails_with("qty")), b'"bad"')
    cases = [replace(case, identity=replace(case.identity, place=str(number))) for number in range(9)]
    verdicts = [item.verdict for item in tried(play(fc_app(tmp_path, slow), *cases, max_time=4.0))]
    assert (verdicts[0], verdicts[-1], len(verdicts)) == ("fixed", "not tried", 9)


def test_a_fixed_finding_that_comes_back_says_so(tmp_path: Path) -> None:
    app = fc_app(tmp_path, fails_with("qty", "request.body == b'{}'"))
    identity = learnt(app, b"{}").identity
    events = play(app, phases=frozenset({"boundaries"}), max_cases=400, fixed={identity.id: "2026-01-02T03:04:05Z"})
    found = {event.finding.identity: event.finding for event in events if isinstance(event, FindingFound)}
    assert found[identity].regressed == "2026-01-02T03:04:05Z"


REMEMBERS = """
LAST = []
def answer(request):
    LAST.append(request.body)
    said = b"first" if len(LAST) == 1 or FORGETS else b"not the first"
    return 200, {}, b'{"said":"%s"}' % said
"""


def remembering(tmp_path: Path, *, forgets: bool, extra: str = "") -> App:
    return fc_app(tmp_path, REMEMBERS.replace("FORGETS", str(forgets)) + extra)


def history(rule: str = "answer-depends-on-history") -> KnownCase:
    events = (RawEvent(body=b"1"), RawEvent(body=b"2"))
    identity = Identity(rule, "demo", "raw", "said")
    return KnownCase(identity=identity, events=events, functions=("demo", "demo"), confirmed="sequence")


def test_a_case_that_only_a_comparison_shows_is_compared_again(tmp_path: Path) -> None:
    events = play(remembering(tmp_path, forgets=False), history())
    (item,) = tried(events)
    assert item.finding is not None
    assert (item.verdict, item.finding.identity, item.finding.minimal) == (
        "still failing",
        history().identity,
        history().events,
    )
    assert item.finding.message == 'After the events before it, "said" is "not the first" instead of "first".'
    assert [event.finding.confirmed for event in events if isinstance(event, FindingFound)] == ["sequence"]


def test_a_comparison_that_shows_no_difference_any_more_is_a_fix(tmp_path: Path) -> None:
    (item,) = tried(play(remembering(tmp_path, forgets=True), history()))
    assert (item.verdict, item.finding) == ("fixed", None)


def test_what_cannot_be_compared_is_not_called_fixed(tmp_path: Path) -> None:
    # Too large an answer is not compared.
    app = fc_app(tmp_path, REMEMBERS.replace("FORGETS", "True").replace('b"first"', 'b"x" * 300_000'))
    (item,) = tried(play(app, history()))
    assert (item.verdict, "nothing can be compared" in item.reason) == ("not tried", True)


def test_growth_is_looked_for_anew(tmp_path: Path) -> None:
    (item,) = tried(play(remembering(tmp_path, forgets=False), history("resource-growth")))
    assert (item.verdict, item.reason) == ("not tried", "only the phase sequences of a run can show it")
