"""Whole replays of small handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_app
from tests.harness.kit.records import NOON
from tests.harness.kit.replays import asked, orders

from fnfuzz.app.model import App, Function
from fnfuzz.contracts.azure_stdio import AzureStdio
from fnfuzz.contracts.model import Delivery, Exit, Fault, HttpRequest, LineRequest
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.replay import Plan, Result, replay
from fnfuzz.replay.against import replay_against

PLAIN = """
def answer(request):
    data = json.loads(request.body)
    told = {"order": data["order"], "total": 3, "items": [{"n": n} for n in data["items"]]}
    return 200, {"Content-Type": "application/json", "X-Request": request.id}, json.dumps(told).encode()
"""
NOISY = """
import datetime, random, uuid
served = 0

def answer(request):
    global served
    served += 1
    told = {
        "order": json.loads(request.body)["order"],
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "ref": str(uuid.uuid4()),
        "served": served,
        "took": random.random(),
        "note": f"order {request.id} done by {uuid.uuid4()}",
        "tags": random.sample(list("abcdefgh"), 8),
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()
"""
STATEFUL = """
last = None

def answer(request):
    global last
    before, last = last, json.loads(request.body)["order"]
    return 200, {}, json.dumps({"order": last, "before": before}).encode()
"""


@pytest.fixture
def app_of(tmp_path: Path) -> Callable[..., App]:
    def made(changes: str, name: str = "app") -> App:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return fc_app(folder, changes)

    return made


def groups(result: Result) -> list[tuple[str, str, str, int]]:
    return [(group.grade, group.kind, group.path, group.count) for group in result.groups]


def masks(result: Result) -> dict[str, str]:
    return {mask.path: mask.title for mask in result.masks}


def test_a_clean_handler_replays_without_a_difference(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(PLAIN)
    corpus = asked(app, orders(12), tmp_path / "corpus")
    result = replay(app, corpus, Plan())
    assert (result.replayed, result.same, result.failed) == (12, 12, False)
    assert not result.learnt
    assert not (corpus.path / "noise.toml").exists()


def test_clocks_ids_and_counters_are_learnt_and_then_are_no_difference(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    app = app_of(NOISY)
    corpus = asked(app, orders(6), tmp_path / "corpus")
    first = replay(app, corpus, Plan())
    assert first.learnt
    assert not first.failed, groups(first)
    assert masks(first) == {
        "$.at": "clock",
        "$.ref": "uuid",
        "$.served": "counter",
        "$.took": "number",
        "$.note": "uuid",
        "$.tags": "order",
    }
    assert first.dependences == ()
    second = replay(app, corpus, Plan())
    assert not second.learnt
    assert not second.failed
    assert [mask.path for mask in second.unused] == ["$.served"]


def test_a_day_that_no_run_changes_is_known_by_the_calendar(app_of: Callable[..., App], tmp_path: Path) -> None:
    dated = """
import datetime
def answer(request):
    day = os.environ.get("DAY") or str(datetime.date.today())
    return 200, {}, json.dumps({"day": day, "fixed": "2020-01-01"}).encode()
"""
    app = app_of(dated)
    then = replace(app, settings={"DAY": "2025-03-11"})
    corpus = asked(then, orders(4), tmp_path / "corpus")
    result = replay(app, corpus, Plan())
    assert not result.failed
    assert masks(result) == {"$.day": "clock"}
    # In the evening, another time zone has another day already.
    evidence = dict(result.masks[0].evidence)
    assert evidence.keys() <= {"calendar", "time zone"}
    assert sum(evidence.values()) == 4
    other = replay(replace(app, settings={"DAY": "yesterday"}), corpus, Plan())
    assert groups(other) == [("medium", "value", "$.day", 4)]


def test_what_is_masked_keeps_its_type(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(NOISY)
    corpus = asked(app, orders(4), tmp_path / "corpus")
    assert not replay(app, corpus, Plan()).failed
    broken = NOISY.replace('"ref": str(uuid.uuid4())', '"ref": "none"').replace(
        '"took": random.random()', '"took": "long"'
    )
    result = replay(app_of(broken), corpus, Plan())
    assert groups(result) == [("high", "type", "$.took", 4), ("medium", "value", "$.ref", 4)]


def test_a_removed_member_is_high_an_added_one_low(app_of: Callable[..., App], tmp_path: Path) -> None:
    corpus = asked(app_of(PLAIN), orders(5), tmp_path / "corpus")
    changed = app_of(PLAIN.replace('"total": 3', '"sum": 3').replace('{"n": n}', '{"n": n + 1}'))
    result = replay(changed, corpus, Plan())
    assert groups(result) == [
        ("high", "removed", "$.total", 5),
        ("medium", "value", "$.items[].n", 10),
        ("low", "added", "$.sum", 5),
    ]
    assert result.failed
    again = replay(changed, corpus, Plan())
    assert [group.id for group in again.groups] == [group.id for group in result.groups]
    example = result.groups[0].example
    assert (example.place, example.recorded, example.got) == ("$.total", "3", None)
    assert json.loads(corpus.get(example.record).event.body)["order"] == 0  # type: ignore[union-attr] # a RawEvent


def test_another_status_and_a_crash_are_high(app_of: Callable[..., App], tmp_path: Path) -> None:
    corpus = asked(app_of(PLAIN), orders(6), tmp_path / "corpus")
    failing = PLAIN.replace(
        "    told =",
        "    if data['order'] == 2: return 404, {}, b''\n    if data['order'] == 4: os._exit(3)\n    told =",
    )
    result = replay(app_of(failing), corpus, Plan(learn="never"))
    assert sorted(groups(result)) == [("high", "fault", "fault", 1), ("high", "status", "status", 1)]
    assert result.replayed == 6
    assert any(item.violation.rule for item in result.errors)


def test_dependence_on_order_is_told_and_not_masked(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(STATEFUL)
    corpus = asked(app, orders(6), tmp_path / "corpus")
    result = replay(app, corpus, Plan(learn="always"))
    assert [(item.function, item.path) for item in result.dependences] == [("demo", "$.before")]
    assert result.masks == ()
    assert not result.failed
    assert replay(app, corpus, Plan()).dependences == result.dependences


def test_an_event_without_a_recorded_answer_is_judged_by_the_rules_alone(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    app = app_of(PLAIN)
    corpus = asked(app, orders(3), tmp_path / "corpus", reply=None)
    result = replay(app, corpus, Plan())
    assert (result.replayed, result.unanswered, result.compared, result.failed) == (3, 3, 0, False)


def test_raw_requests_are_sent_as_they_were_and_what_cannot_be_is_told(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    app = app_of(PLAIN.replace("    data =", "    if request.method == 'PUT': return 200, {}, b'raw'\n    data ="))
    raw = HttpRequest("PUT", "/odd", (("Host", "h"),), b"x", "length")
    corpus = asked(app, orders(1), tmp_path / "corpus")
    [known] = corpus
    with corpus.writer() as writer:
        base = replace(known, event=None, delivery=None, at=NOON + 10**6)
        reply = replace(known.reply, headers=(("Content-Length", "3"),), body=b"raw")  # type: ignore[type-var] # a reply
        writer.add(replace(base, request=raw, reply=reply))
        writer.add(replace(base, request=replace(raw, target="/pre-stop")))
        writer.add(replace(base, request=None))
        writer.add(replace(known, event=HttpEvent(), at=NOON + 10**6))
        writer.add(replace(base, request=raw, fault=Fault("short-body", "the request ended after 1 bytes of its body")))
    result = replay(app, corpus, Plan())
    assert (result.replayed, result.same) == (2, 2)
    assert sorted(result.skipped) == [
        "it holds neither an event nor a request",
        "it is a lifecycle request, which the host sends by itself",
        "its request was not recorded as a whole",
        "the app has no function that is fed by http",
    ]


def test_filters_choose_what_is_replayed(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(PLAIN)
    corpus = asked(app, orders(6), tmp_path / "corpus")
    assert replay(app, corpus, Plan(filters={"since": NOON + 5000})).replayed == 2
    assert replay(app, corpus, Plan(filters={"status": "5xx"})).replayed == 0


def test_recorded_gaps_are_kept_and_lateness_is_told(app_of: Callable[..., App], tmp_path: Path) -> None:
    slow = app_of(PLAIN.replace("    data =", "    time.sleep(0.05 if b': 3,' in request.body else 0)\n    data ="))
    corpus = asked(slow, orders(8), tmp_path / "corpus", gap=200_000)
    quick = replay(slow, corpus, Plan(speed=10.0))
    assert quick.lateness is not None
    assert quick.lateness.requests == 8
    assert quick.seconds >= 0.14
    assert quick.lateness.late >= 1
    assert quick.lateness.worst >= 0.02 > 0 <= quick.lateness.median


@pytest.mark.parametrize("connections", [2, 7])
def test_several_connections_give_the_same_result(connections: int, app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(PLAIN)
    corpus = asked(app, orders(40), tmp_path / "corpus")
    result = replay(app, corpus, Plan(connections=connections))
    assert (result.replayed, result.same, result.failed) == (40, 40, False)


def test_a_crash_over_several_connections_is_told_and_the_rest_goes_on(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    corpus = asked(app_of(PLAIN), orders(30), tmp_path / "corpus")
    app = app_of(PLAIN.replace("    data =", "    if b': 12,' in request.body: os._exit(3)\n    data ="))
    result = replay(app, corpus, Plan(connections=4, learn="never"))
    assert result.replayed == 30
    # Nobody else is blamed who was on the way.
    assert [(group.kind, group.count) for group in result.groups] == [("fault", 1)]
    assert result.same == 29


def test_a_crash_that_only_several_requests_together_bring_about_is_told(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    corpus = asked(app_of(PLAIN), orders(12), tmp_path / "corpus")
    crowded = """
import threading
inside = 0
def answer(request):
    global inside
    inside += 1
    if inside > 1: os._exit(3)
    time.sleep(0.2)
    inside -= 1
    return plain(request)
"""
    app = app_of(PLAIN.replace("def answer", "def plain") + crowded)
    result = replay(app, corpus, Plan(connections=4, learn="never"))
    assert result.replayed == 12
    assert ("fault", "fault") in {(group.kind, group.path) for group in result.groups}


def test_an_end_between_two_events_is_that_of_the_one_before_over_connections_too(
    app_of: Callable[..., App], tmp_path: Path
) -> None:
    corpus = asked(app_of(PLAIN), orders(4), tmp_path / "corpus", gap=300_000)
    ends = "    if b': 1,' in request.body: threading.Timer(0.05, os._exit, [3]).start()\n    data ="
    app = app_of("import threading\n" + PLAIN.replace("    data =", ends))
    result = replay(app, corpus, Plan(connections=2, speed=1, learn="never"))
    assert (result.replayed, result.same, groups(result)) == (4, 4, [])
    second = [id_ for id_, record in corpus.items() if record.number == 2]
    assert [(item.violation.rule, item.record) for item in result.broken] == [("process-exit-on-request", second[0])]
    assert result.lateness is not None
    assert result.lateness.requests == 4


def test_a_loop_ends_in_time(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of(PLAIN)
    corpus = asked(app, orders(3), tmp_path / "corpus")
    result = replay(app, corpus, Plan(loop=True, max_time=0.5))
    assert result.rounds > 1
    assert (result.ended, result.failed) == ("out of time", False)


def test_lines_are_replayed_too(tmp_path: Path) -> None:
    app = line_app(tmp_path)
    events = [HttpEvent(method="POST", path="/api/greet", body=b"%d" % number) for number in range(5)]
    corpus = asked(app, events, tmp_path / "corpus")
    assert not replay(app, corpus, Plan()).failed
    changed = line_app(tmp_path, 'def result(request):\n    return {"url": request["url"], "body": 1}')
    assert groups(replay(changed, corpus, Plan(learn="never"))) == [("high", "type", "$.body.body", 5)]


def test_what_is_encoded_to_look_at_a_record_is_what_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = line_app(tmp_path)
    events = [HttpEvent(method="POST", path="/api/greet", body=b"%d" % number) for number in range(5)]
    corpus = asked(app, events, tmp_path / "corpus")
    encoded: list[bytes] = []
    encode = AzureStdio.encode

    def counted(contract: AzureStdio, function: Function, event: HttpEvent, delivery: Delivery) -> LineRequest:
        encoded.append(event.body)
        return encode(contract, function, event, delivery)

    monkeypatch.setattr(AzureStdio, "encode", counted)
    result = replay(app, corpus, Plan(learn="never"))
    assert result.same == 5
    assert encoded == [event.body for event in events]


def test_two_builds_differ_in_exactly_the_changed_member(app_of: Callable[..., App], tmp_path: Path) -> None:
    old = app_of(NOISY, "old")
    corpus = asked(old, orders(5), tmp_path / "corpus", reply=None)
    new = app_of(NOISY.replace('"order": json', '"currency": "EUR", "order": json'), "new")
    result = replay_against(new, old, corpus, Plan())
    assert groups(result) == [("low", "added", "$.currency", 5)]
    assert not replay_against(old, old, corpus, Plan()).failed


def test_two_contracts_are_compared_by_what_the_caller_gets(tmp_path: Path) -> None:
    (tmp_path / "fc").mkdir()
    web = fc_app(
        tmp_path / "fc",
        "def answer(request):\n    body = json.dumps({'got': len(request.body), 'web': True}).encode()\n"
        "    return 200, {'Content-Type': 'application/json'}, body",
        contract="fc-web",
    )
    web = replace(web, functions=(replace(web.functions[0], name="Greet"),))
    lines = line_app(tmp_path, 'def result(request):\n    return {"got": len(request["body"])}')
    events = [HttpEvent(method="POST", path="/api/greet", body=b"x" * number) for number in range(1, 4)]
    corpus = asked(lines, events, tmp_path / "corpus")
    result = replay_against(web, lines, corpus, Plan())
    assert groups(result) == [("low", "added", "$.body.web", 3)]
    assert result.by_outcome == 3


def test_a_recorded_failure_that_comes_again_is_no_difference(app_of: Callable[..., App], tmp_path: Path) -> None:
    app = app_of("def answer(request):\n    os._exit(3)")
    corpus = Corpus.create(tmp_path / "corpus")
    with corpus.writer() as writer:
        writer.add(Record(contract="fc-event", function="demo", event=RawEvent(body=b"x"), exit=Exit(3), at=NOON))
    result = replay(app, corpus, Plan())
    assert result.groups == ()
    assert result.failed
