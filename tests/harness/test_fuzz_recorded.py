"""What was recorded is what a run begins with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.records import filled, order
from tests.harness.kit.shop import make_shop

from fnfuzz.app.model import Function
from fnfuzz.cli.group import fnfuzz
from fnfuzz.corpus import Record
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.fitting import recorded_for
from fnfuzz.fuzz.recorded import KEPT, recorded_events
from fnfuzz.fuzz.stream import FindingFound, Noted

ORDERS = Function(name="Orders", trigger="queue", contract="azure-http")
OTHER = Function(name="Other", trigger="queue", contract="azure-http")
HELLO = Function(name="Hello", trigger="http", contract="azure-http", route="hello/{id}", methods=("POST",))


def queued(text: str, function: str = "Orders") -> Record:
    return Record(function=function, contract="azure-http", event=QueueEvent(message=text.encode()))


def test_one_event_of_each_behaviour_is_taken(tmp_path: Path) -> None:
    alike = [queued(f'{{"id":{number}}}') for number in range(20)]
    unlike = queued('{"id":1,"refund":true}')
    found = recorded_events([filled(tmp_path / "a", [*alike, unlike]), filled(tmp_path / "b", [order(1), unlike])])
    assert found[:2] == (("Orders", alike[0].event), ("Orders", unlike.event))
    assert len(found) == 3


def test_so_many_of_a_function_are_enough(tmp_path: Path) -> None:
    many = [queued(json.dumps({f"name{number}": 1})) for number in range(KEPT + 30)]
    rare = queued("{}", "Other")
    found = recorded_events([filled(tmp_path / "a", [*many, rare])])
    assert len(found) == KEPT + 1
    assert found[-1] == ("Other", rare.event)


def test_events_go_to_the_function_that_they_are_of() -> None:
    one, two, foreign = QueueEvent(message=b"1"), QueueEvent(message=b"2"), QueueEvent(message=b"3")
    recorded = [("Orders", one), ("Other", two), ("Gone", foreign), ("Orders", BlobEvent())]
    assert recorded_for(ORDERS, [ORDERS, OTHER], recorded) == (one,)
    # The only queue function gets those of functions that are gone too.
    assert recorded_for(ORDERS, [ORDERS, HELLO], recorded) == (one, two, foreign)


def test_what_no_host_would_deliver_there_is_left_out() -> None:
    good = HttpEvent(method="POST", path="/api/hello/7", body=b"{}")
    recorded = [("Hello", item) for item in (replace(good, path="/api/bye"), replace(good, method="GET"), good)]
    assert recorded_for(HELLO, [HELLO], recorded) == (good,)


RARE = """
def answer(request):
    if b"zq81-refund" in request.body:
        return 500, {}, b"no refunds"
    return 200, {}, b"ok"
"""


def test_a_run_begins_with_them(tmp_path: Path) -> None:
    app = fc_app(tmp_path, RARE)
    recorded = (("anything", RawEvent(body=b'{"kind":"zq81-refund"}')),)
    plan = Plan(seed=1, max_time=None, max_cases=20, phases=frozenset({"boundaries"}), recorded=recorded)
    events = list(run(app, plan))
    assert [event.text for event in events if isinstance(event, Noted)] == ["begins with recorded events: 1 of demo"]
    (found,) = [event.finding for event in events if isinstance(event, FindingFound)]
    assert found.original == recorded[0][1]


def test_the_command_takes_corpora_and_says_what_it_cannot_use(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    filled(tmp_path / "c", [replace(queued("{}"), event=BlobEvent(content=b"x"))])
    words = ["run", str(shop), "--max-cases", "3", "--function", "Orders"]
    done = CliRunner().invoke(fnfuzz, [*words, "--corpus", str(tmp_path / "c")])
    assert "note: none of the recorded events is for this app" in done.output
    missing = CliRunner().invoke(fnfuzz, [*words, "--corpus", str(tmp_path / "none")])
    assert (missing.exit_code, "none" in missing.output) == (2, True)
