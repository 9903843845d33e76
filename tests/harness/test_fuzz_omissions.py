"""What one event says and a later one leaves out: handlers that mix them up, and such that keep things on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from tests.harness.kit.azure_handler import FORWARDED, azure_app

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import Delivery, HostOutcome, HttpReply, HttpRequest, Observed, Verdict
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.sequences import phase, stage
from fnfuzz.fuzz.sequences.omissions import Suspect, reduced
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.stream import RunFinished
from fnfuzz.fuzz.trees.tree import Tree
from fnfuzz.host import Exchange

BODY = {"name": "mira", "phone": "030 1234", "city": "Bonn", "total": 7, "note": "by bike"}
EVENT = HttpEvent(
    method="POST",
    path="/api/greet",
    headers=(("Content-Type", "application/json"),),
    body=json.dumps(BODY).encode(),
)
CASES = 3000


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks do not matter here."""
    monkeypatch.setattr(phase, "APART", 0.0)
    monkeypatch.setattr(stage, "REST", 0.01)


READ = """
def on_forwarded(method, path, headers, body):
    try:
        form = json.loads(body or b"{}")
    except ValueError:
        return 400, "text/plain", b"the body is not JSON"
    if not isinstance(form, dict) or not isinstance(form.get("name"), str):
        return 422, "text/plain", b"name is missing"
    return 200, "application/json", json.dumps(answer(form)).encode()
"""
SHARED_DEFAULT = """
import copy
BLANK = {"contact": {"phone": None, "city": None}, "options": {"lunch": False}}
def answer(form):
    made = COPY(BLANK)
    for member in ("phone", "city"):
        if isinstance(form.get(member), str):
            made["contact"][member] = form[member]
    return made
"""
CACHE = """
kept = {}
def answer(form):
    total = form.get("total") if isinstance(form.get("total"), int) else 0
    note = form.get("note") if isinstance(form.get("note"), str) else ""
    return kept.setdefault(KEY, {"total": total, "note": note})
"""
PROFILES = """
profiles = {}
def answer(form):
    known = profiles.setdefault(form["name"], {"name": form["name"]})
    for member in ("phone", "city"):
        if isinstance(form.get(member), str):
            known[member] = form[member]
    return known
"""


CACHED_BEYOND = """
kept = {}
def answer(form):
    total = form.get("total")
    if type(total) is not int or not 0 < total <= 60:
        total = 3
    note = form.get("note") if isinstance(form.get("note"), str) else ""
    made = {"total": total, "note": note}
    return made if total < 9 else kept.setdefault(KEY, made)
"""


def found(folder: Path, change: str) -> list[tuple[str, str]]:
    app = azure_app(folder, FORWARDED, READ + change)
    plan = Plan(seed=1, max_time=None, max_cases=CASES, phases=frozenset({"sequences"}), recorded=(("", EVENT),))
    *_, end = run(app, plan)
    assert isinstance(end, RunFinished)
    return [(item.identity.rule, item.severity) for item in end.findings]


@pytest.mark.parametrize(
    ("broken", "respected"),
    [
        (SHARED_DEFAULT.replace("COPY", "dict"), SHARED_DEFAULT.replace("COPY", "copy.deepcopy")),
        (CACHE.replace("KEY", "total"), CACHE.replace("KEY", "(total, note)")),
        (CACHED_BEYOND.replace("KEY", "total"), CACHED_BEYOND.replace("KEY", "(total, note)")),
    ],
    ids=["a default that is written to", "a cache whose key lacks a member", "a cache beyond a limit"],
)
def test_what_another_event_said_is_seen_where_it_is_left_out(broken: str, respected: str, tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "respected").mkdir()
    told = found(tmp_path / "broken", broken)
    assert len(told) == 1
    assert told[0][0] in ("state-leak", "answer-depends-on-history")
    assert found(tmp_path / "respected", respected) == []


def test_what_is_shown_of_it_has_dull_words_where_they_do_not_matter() -> None:
    function = Function(name="page", trigger="raw", contract="fc-event", form="raw")
    tried: list[bytes] = []

    class Pager:
        """Urgent pages ring wherever the page before them did."""

        def allows(self, cases: int, starts: int = 0) -> bool:
            return True

        def replay_events(self, function: Function, events: tuple[RawEvent, RawEvent]) -> list[Exchange]:
            whole, lean = (json.loads(event.body) for event in events)
            tried.append(events[1].body)
            rings = "site" in lean and whole.get("level") == lean.get("level") == "urgent"
            reply = HttpReply(200, "OK", (), json.dumps({"rings": whole["also"] if rings else []}).encode())
            verdict = Verdict(HostOutcome(status="completed"), ())
            return [
                Exchange(
                    function=function,
                    event=event,
                    delivery=Delivery(),
                    request=HttpRequest("POST", "/invoke", (), event.body),
                    observed=Observed(reply=reply),
                    verdict=verdict,
                )
                for event in events
            ]

    def page(site: str) -> Tree:
        return {"body": {"json": {"site": site, "level": "urgent", "also": ["radio"], "hour": 7}}}

    suspect = Suspect(function, RawEvent(), page("ycjddpkz"), page("ybxltnsf"), gone=(("body", "json", "also"),))
    least = reduced(cast(Stage, Pager()), suspect)
    assert least.one == least.other == {"body": {"json": {"site": "a", "level": "urgent", "also": ["radio"]}}}
    assert b'{"site":"a","level":"a"}' in tried


def test_what_is_kept_of_the_thing_that_an_event_names_is_no_error(tmp_path: Path) -> None:
    assert all(severity == "warning" for _, severity in found(tmp_path, PROFILES))


REGISTER = """
known = {}
def answer(form):
    return known.setdefault(form["name"], {"name": form["name"], "city": str(form.get("city"))})
"""


def test_a_register_that_the_first_one_fills_is_no_error(tmp_path: Path) -> None:
    assert all(severity == "warning" for _, severity in found(tmp_path, REGISTER))


TARIFF = """
import copy
TARIFFS = {"skye": {"fare": 345, "fuel": 180}, "mull": {"fare": 410, "fuel": 220}}
def answer(form):
    tariff = COPY(TARIFFS["skye"])
    if form.get("note") is not None:
        tariff["fuel"] = 0
    return {"total": tariff["fare"] + (tariff["fuel"] if form.get("total") else 0)}
"""
DESKS = """
import copy
HOUSE = {"desk": {"steps": 340, "lamps": 2}}
CITIES = {"Bonn": 1, "Graz": 2, "Wels": 3}
def answer(form):
    made = COPY(HOUSE)
    if form.get("city") not in CITIES:
        return {"unknown": True}
    if form["city"] == "Wels":
        made["desk"]["steps"] = 70
    return {"city": CITIES[form["city"]], "steps": made["desk"]["steps"]}
"""


def test_what_another_word_of_a_table_changes_for_later_events_is_seen(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "respected").mkdir()
    assert len(found(tmp_path / "broken", DESKS.replace("COPY", "dict"))) == 1
    assert found(tmp_path / "respected", DESKS.replace("COPY", "copy.deepcopy")) == []


ORDERS = """
served = 0
def answer(form):
    global served
    served += 1
    return {"served": served, "total": 7}
"""


def test_what_one_more_part_changes_for_later_events_is_seen_though_no_word_of_it_comes_back(tmp_path: Path) -> None:
    for name in ("broken", "respected", "counted"):
        (tmp_path / name).mkdir()
    told = found(tmp_path / "broken", TARIFF.replace('COPY(TARIFFS["skye"])', 'TARIFFS["skye"]'))
    assert [rule for rule, _ in told] == ["answer-depends-on-history"]
    assert found(tmp_path / "respected", TARIFF.replace("COPY", "copy.deepcopy")) == []
    assert all(severity == "warning" for _, severity in found(tmp_path / "counted", ORDERS))
