"""Sequences on real handlers: for each rule one that breaks it and one that respects it, and designs that keep state on
purpose."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from tests.harness.kit.azure_handler import FORWARDED, ON_ORDER, azure_app
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_app

from fnfuzz.app.model import App, Function
from fnfuzz.checks import typical_event
from fnfuzz.drivers.usage import Usage
from fnfuzz.events import Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz import Finding, Plan, run
from fnfuzz.fuzz.sequences import phase, stage
from fnfuzz.fuzz.sequences.answer import Answer
from fnfuzz.fuzz.sequences.growth import LEAST, grown, wavering
from fnfuzz.fuzz.sequences.history import shares_identity
from fnfuzz.fuzz.sequences.marks import filled, free_slots, holds, mark, with_id
from fnfuzz.fuzz.sequences.noise import Baseline
from fnfuzz.fuzz.sequences.scripts import Item, scripts
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import FindingFound, PhaseStarted, RunEvent, RunFinished
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.fuzz.words.dictionary import Dictionary

ONLY = frozenset({"sequences"})
WHOLE = frozenset({"boundaries", "explore", "sequences"})
SHORT, WITH_GROWTH = 240, 6000
"""Cases of a run: a fifth of them is for sequences, and batches are sent only where there are enough."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Clocks do not matter, but where a test says so."""
    if "chance and time" not in request.node.name:
        monkeypatch.setattr(phase, "APART", 0.0)
        monkeypatch.setattr(stage, "REST", 0.01)


def forwarding(change: str) -> Callable[[Path], App]:
    return lambda folder: azure_app(folder, FORWARDED, change)


def queue(change: str) -> Callable[[Path], App]:
    return lambda folder: azure_app(folder, ON_ORDER, change)


def lines(change: str) -> Callable[[Path], App]:
    return lambda folder: replace(line_app(folder, dedent(change)), settled=True)


def fc(change: str, concurrency: int = 1) -> Callable[[Path], App]:
    return lambda folder: fc_app(folder, change, concurrency=concurrency)


def play(app: App, cases: int | None = SHORT, **plan: object) -> list[RunEvent]:
    arguments: dict[str, object] = {"seed": 1, "max_time": None, "max_cases": cases, "phases": ONLY, **plan}
    return list(run(app, Plan(**arguments)))  # type: ignore[arg-type] # a plan's own keys


def findings(events: list[RunEvent]) -> tuple[Finding, ...]:
    end = events[-1]
    assert isinstance(end, RunFinished)
    return end.findings


# -- what is broken and what is respected

FIRST_WINS = """
def on_event(name, data, metadata, seen={}):
    seen.setdefault("customer", json.loads(json.loads(data["job"])).get("name"))
    return {"Outputs": {"out": {"for": seen["customer"]}}}
"""
OWN_NAME = """
def on_event(name, data, metadata):
    return {"Outputs": {"out": {"for": json.loads(json.loads(data["job"])).get("name")}}}
"""
SUM = """
total = 0
def answer(request):
    global total
    total += len(request.body)
    return 200, {}, json.dumps({"total": total}).encode()
"""
LENGTH = """
def answer(request):
    return 200, {}, json.dumps({"total": len(request.body)}).encode()
"""
OPENS_ON_ERRORS = """
kept = []
def on_forwarded(method, path, headers, body):
    kept.append(os.open(os.devnull, 0))
    return 400, "text/plain", b"no"
"""
CLOSES_ON_ERRORS = """
def on_forwarded(method, path, headers, body):
    os.close(os.open(os.devnull, 0))
    return 400, "text/plain", b"no"
"""
KEEPS_ALL = """
kept = []
def result(request):
    kept.append(b"x" * 60_000)
    return {"ok": True}
"""
KEEPS_SOME = """
from collections import deque
kept = deque(maxlen=20)
def result(request):
    kept.append(b"x" * 60_000)
    return {"ok": True}
"""
OPENS_FOR_FEW = """
kept = []
def answer(request):
    if len(request.body) % 32 == 5:
        kept.append(os.open(os.devnull, 0))
    return 200, {}, b"ok"
"""
CLOSES_THE_OLDEST = """
kept = []
def answer(request):
    if len(request.body) % 32 == 5:
        kept.append(os.open(os.devnull, 0))
    if len(kept) > 40:
        os.close(kept.pop(0))
    return 200, {}, b"ok"
"""
ONE_FOR_ALL = """
body = b""
def answer(request):
    global body
    body = request.body
    time.sleep(0.004)
    return 200, {}, body
"""
EACH_ITS_OWN = """
def answer(request):
    body = request.body
    time.sleep(0.004)
    return 200, {}, body
"""
TABLE = {
    "answer-depends-on-history": (fc(SUM), fc(LENGTH), SHORT),
    "state-leak": (queue(FIRST_WINS), queue(OWN_NAME), SHORT),
    "resource-growth": (forwarding(OPENS_ON_ERRORS), forwarding(CLOSES_ON_ERRORS), WITH_GROWTH),
}
BREAKS = tuple(TABLE)


@pytest.mark.parametrize("rule", TABLE)
def test_the_rule_is_seen_broken_and_respected(rule: str, tmp_path: Path) -> None:
    broken, respected, cases = TABLE[rule]
    (tmp_path / "broken").mkdir()
    (tmp_path / "respected").mkdir()
    assert [item.identity.rule for item in findings(play(broken(tmp_path / "broken"), cases))] == [rule]
    assert findings(play(respected(tmp_path / "respected"), cases)) == ()


def test_the_finding_has_the_shortest_sequence_and_says_what_differs(tmp_path: Path) -> None:
    (found,) = findings(play(fc(SUM)(tmp_path)))
    assert found.confirmed == "sequence"
    assert len(found.minimal) == 2
    assert found.functions == ("demo", "demo")
    assert [payload(event) for event in found.minimal] == [b'""', b'""']
    assert found.message == 'When the same event comes again, "total" is 4 instead of 2.'
    assert found.identity.place == "$.total"


def test_data_of_another_message_is_named(tmp_path: Path) -> None:
    (found,) = findings(play(queue(FIRST_WINS)(tmp_path)))
    assert found.severity == "warning"
    assert found.message.startswith('After this message, "for" holds data of another message: ')
    assert found.identity.place == "$.Outputs.out.for"


FIRST_NAME = """
first = []
def answer(request):
    first.append(json.loads(request.body).get("name"))
    return 200, {}, json.dumps({"for": first[0]}).encode()
"""
FIRST_OF_EACH_ID = """
first = {}
def answer(request):
    order = json.loads(request.body)
    return 200, {}, json.dumps({"for": first.setdefault(order.get("id"), order.get("name"))}).encode()
"""


@pytest.mark.parametrize("change", [FIRST_NAME, FIRST_OF_EACH_ID])
def test_what_a_handler_may_know_by_its_id_is_never_an_error(change: str, tmp_path: Path) -> None:
    (found,) = findings(play(fc(change)(tmp_path)))
    assert (found.identity.rule, found.severity) == ("state-leak", "warning")


def test_a_line_that_is_answered_otherwise_breaks_the_contracts_own_rule(tmp_path: Path) -> None:
    change = """
    texts = []
    def result(request):
        texts.append(request["body"])
        return {"first": texts[0]}
    """
    found = findings(play(lines(change)(tmp_path)))
    assert [(item.identity.rule, item.severity) for item in found] == [("line-nondeterministic", "warning")]


def test_memory_that_is_kept_grows_and_a_bounded_cache_does_not(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "some").mkdir()
    (found,) = findings(play(lines(KEEPS_ALL)(tmp_path / "all"), WITH_GROWTH))
    assert (found.identity.rule, found.identity.place) == ("resource-growth", "memory")
    assert findings(play(lines(KEEPS_SOME)(tmp_path / "some"), WITH_GROWTH)) == ()


def test_what_few_events_leave_open_is_found_though_their_answers_are_like_all_others(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "oldest").mkdir()
    for jobs in (1, 2):
        (found,) = findings(play(fc(OPENS_FOR_FEW)(tmp_path / "few"), 6000, phases=WHOLE, jobs=jobs))
        assert (found.identity.rule, found.identity.place) == ("fd-or-thread-growth", "descriptors")
        assert len(payload(found.minimal[0])) % 32 == 5
    assert findings(play(fc(CLOSES_THE_OLDEST)(tmp_path / "oldest"), 6000, phases=WHOLE)) == ()


def test_answers_that_are_mixed_up_only_together_are_seen(tmp_path: Path) -> None:
    (tmp_path / "mixed").mkdir()
    (tmp_path / "own").mkdir()
    (found,) = findings(play(fc(ONE_FOR_ALL, concurrency=8)(tmp_path / "mixed")))
    assert (found.identity.rule, found.severity) == ("request-id-mixed-up", "error")
    assert findings(play(fc(EACH_ITS_OWN, concurrency=8)(tmp_path / "own"))) == ()


SHARED_LIST = """
spool = []
def by_door(stops):
    spool[:] = stops
    time.sleep(0.004)
    return sorted(spool)
"""
OWN_LIST = """
def by_door(stops):
    time.sleep(0.004)
    return sorted(stops)
"""
ORDERED = """
ORDERS = {"given": list, "back": lambda stops: stops[::-1], "doors": by_door}
def result(request):
    form = json.loads(request.body or b"{}")
    stops, order = form.get("stops"), form.get("order", "given")
    if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops) or order not in ORDERS:
        raise ValueError("stops is a list of texts")
    return {"doors": ORDERS[order](stops)}
def answer(request):
    try:
        return 200, {}, json.dumps(result(request)).encode()
    except (ValueError, AttributeError, TypeError):
        return 404, {"x-fc-status": "404"}, b"{}"
"""


def test_what_only_one_of_the_known_words_mixes_up_is_seen(tmp_path: Path) -> None:
    event = RawEvent(body=b'{"stops":["elm road 9"],"order":"given"}')
    plan = {"recorded": (("", event),), "cases": 4000}
    for name, change in (("mixed", SHARED_LIST), ("own", OWN_LIST)):
        (tmp_path / name).mkdir()
        told = findings(play(fc(change + ORDERED, concurrency=8)(tmp_path / name), **plan))
        assert [item.identity.rule for item in told] == (["request-id-mixed-up"] if name == "mixed" else [])


def test_an_event_that_is_refused_when_it_comes_again_breaks_the_contracts_own_rule(tmp_path: Path) -> None:
    change = """
    seen = set()
    def answer(request):
        if request.body in seen and request.headers.get("x-fc-retry-count", "0") != "0":
            return 404, {"x-fc-status": "404"}, b"known"
        seen.add(request.body)
        return 200, {}, b"done"
    """
    found = findings(play(fc_app(tmp_path, change)))
    (again,) = [item for item in found if item.identity.rule == "retry-not-idempotent"]
    assert len(again.minimal) == 2
    assert again.confirmed == "sequence"


# -- ways through a handler that routes by itself

ROUTES = """
import re
from urllib.parse import urlsplit, parse_qs
TENANTS = {"acme": "red", "globex": "green", "initech": "blue"}
kept, cache, guest = [], {}, ""
def answer(request):
    global guest
    path, query = request.path, parse_qs(urlsplit(request.target).query)
    if request.method == "GET" and path == "/":
        return 200, {}, b"{}"
    if request.method == "POST" and path == "/jobs":
        if KEEPS and len(request.body) > LIMIT:
            kept.append(os.open(os.devnull, 0))
        return 200, {}, b"{}"
    if request.method == "GET" and path == "/colour":
        tenant = request.headers.get("x-tenant", "")
        if tenant not in TENANTS:
            return 403, {}, b"no tenant"
        key = "colour" if ONE_CACHE else tenant
        return 200, {}, json.dumps({"colour": cache.setdefault(key, TENANTS[tenant])}).encode()
    found = re.fullmatch(r"/guests/([^/]+)", path)
    if request.method == "GET" and found:
        own = guest = found.group(1)
        time.sleep(0.004)
        return 200, {}, json.dumps({"guest": guest if SHARED else own, "seat": query.get("seat", ["any"])[0]}).encode()
    return 404, {}, b"nothing here"
"""


def routes(folder: Path, *broken: str, concurrency: int = 1) -> App:
    settings = {"KEEPS": False, "ONE_CACHE": False, "SHARED": False, "LIMIT": 0}
    settings |= {name: True for name in broken if name != "LARGE"}
    settings |= {"LIMIT": 16 * 1024} if "LARGE" in broken else {}
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    app = fc_app(folder, lines + ROUTES, concurrency=concurrency)
    (function,) = app.functions
    return replace(app, functions=(replace(function, contract="fc-web", trigger="http", methods=("GET", "POST")),))


@pytest.mark.parametrize(
    ("broken", "concurrency", "rule", "place"),
    [
        (("KEEPS", "LARGE"), 1, "fd-or-thread-growth", "descriptors"),
        (("ONE_CACHE",), 1, "state-leak-between-requests", "$.colour"),
        (("SHARED",), 8, "request-id-mixed-up", "at once"),
    ],
)
def test_faults_of_one_route_among_others_are_found(
    broken: tuple[str, ...], concurrency: int, rule: str, place: str, tmp_path: Path
) -> None:
    app = routes(tmp_path, *broken, concurrency=concurrency)
    plan = Plan(seed=1, max_time=60.0, phases=ONLY)
    first = next(event.finding.identity for event in run(app, plan) if isinstance(event, FindingFound))
    assert (first.rule, first.place) == (rule, place)


def test_a_handler_with_routes_that_respects_all_has_no_finding(tmp_path: Path) -> None:
    assert findings(play(routes(tmp_path, concurrency=8), None, max_time=8.0, phases=WHOLE)) == ()


# -- designs that keep state on purpose

STORE = """
items = []
def on_forwarded(method, path, headers, body):
    if body:
        items.append(json.loads(body))
    return 200, "application/json", json.dumps({"items": items[-20:]}).encode()
"""
COUNTER = """
visits = 0
def on_forwarded(method, path, headers, body):
    global visits
    visits += 1
    return 200, "text/html", b"<p>You are visitor number %d.</p>" % visits
"""
CACHE = """
cache = {}
def on_forwarded(method, path, headers, body):
    known = "HIT" if body in cache else "MISS"
    cache[body] = body.upper()
    return 200, "application/json", json.dumps({"cache": known, "text": cache[body].decode()}).encode()
"""
RATE_LIMIT = """
calls = 0
def on_forwarded(method, path, headers, body):
    global calls
    calls += 1
    return (429, "text/plain", b"later") if calls > 4 else (200, "text/plain", b"hello " + body)
"""
IDEMPOTENCY = """
seen = set()
def on_event(name, data, metadata):
    known = data["job"] in seen
    seen.add(data["job"])
    return {"Outputs": {"out": {"ok": True, "duplicate": known}}}
"""
COLD_START = """
ready = False
def answer(request):
    global ready
    before, ready = ready, True
    return 200, {}, json.dumps({"loaded": before, "size": len(request.body)}).encode()
"""
CHANCE = """
import random, uuid
begun = time.time()
def answer(request):
    said = {"id": str(uuid.uuid4()), "at": time.ctime(), "up": int(time.time() - begun), "luck": random.random() < 0.5,
            "pick": random.randint(0, 3), "tags": list({"red", "green", "blue"}), "epoch": int(time.time()),
            "inside": json.dumps({"took": time.time() % 1, "port": PORT}), "pid": os.getpid()}
    return 200, {"X-Trace": uuid.uuid4().hex}, json.dumps(said).encode()
"""
UNSTEADY = """
import random
def on_forwarded(method, path, headers, body):
    return random.choice((200, 404)), "text/plain", b"hello"
"""
POOL = """
import queue
jobs = queue.Queue()
def work():
    while True:
        jobs.get()
for _ in range(16):
    threading.Thread(target=work, daemon=True).start()
def result(request):
    jobs.put(request["body"])
    return {"ok": True}
"""


@pytest.mark.parametrize(
    ("app", "cases"),
    [
        pytest.param(forwarding(COUNTER), SHORT, id="counter"),
        pytest.param(forwarding(CACHE), SHORT, id="cache"),
        pytest.param(forwarding(RATE_LIMIT), SHORT, id="rate limit"),
        pytest.param(queue(IDEMPOTENCY), SHORT, id="idempotency"),
        pytest.param(fc(COLD_START, concurrency=4), SHORT, id="cold start"),
        pytest.param(fc(CHANCE, concurrency=4), SHORT, id="chance and time"),
        pytest.param(forwarding(UNSTEADY), SHORT, id="unsteady status"),
        pytest.param(lines(POOL), WITH_GROWTH, id="pool of threads"),
    ],
)
def test_state_that_is_meant_is_no_finding(app: Callable[[Path], App], cases: int, tmp_path: Path) -> None:
    assert findings(play(app(tmp_path), cases)) == ()


def test_a_store_in_memory_gives_one_warning_and_no_error(tmp_path: Path) -> None:
    found = findings(play(forwarding(STORE)(tmp_path), WITH_GROWTH))
    assert [item.severity for item in found] == ["warning"]


def test_words_that_tell_a_leak_stay_while_the_rest_of_its_events_goes(tmp_path: Path) -> None:
    (found,) = findings(play(queue(FIRST_WINS)(tmp_path), 400))
    one, last = (json.loads(payload(event)) for event in found.minimal)
    assert (list(one), last) == (["name"], {})
    assert found.exchange is not None
    assert found.exchange.event == found.minimal[-1]


# -- the budget


def test_a_run_by_cases_does_the_same_again_and_keeps_to_its_number(tmp_path: Path) -> None:
    app = fc(SUM)(tmp_path)
    one, other = (play(app, 300, phases=WHOLE) for _ in range(2))
    ends = [events[-1] for events in (one, other)]
    assert [end.cases for end in ends if isinstance(end, RunFinished)] == [300, 300]
    assert [item.identity for item in findings(one)] == [item.identity for item in findings(other)]
    assert [item.minimal for item in findings(one)] == [item.minimal for item in findings(other)]
    assert "answer-depends-on-history" in {item.identity.rule for item in findings(one)}


def test_a_short_run_by_time_has_a_part_before_exploring_and_one_after_it(tmp_path: Path) -> None:
    events = play(fc(LENGTH)(tmp_path), None, max_time=6.0, phases=frozenset({"explore", "sequences"}))
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert phases[:3] == ["sequences", "explore", "sequences"]
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.duration_s < 12.0
    assert findings(events) == ()


# -- the pieces


def usages(memory: list[int], descriptors: list[int]) -> list[Usage]:
    return [Usage(one, 4, other) for one, other in zip(memory, descriptors, strict=True)]


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [([9, 19, 29, 39, 49], ["descriptors"]), ([9, 30, 40, 40, 40], []), ([9, 9, 9, 9, 109], []), ([9, 8, 9, 8, 9], [])],
)
def test_descriptors_count_when_every_batch_adds_some(descriptors: list[int], expected: list[str]) -> None:
    assert [item.what for item in grown(usages([0] * 5, descriptors), 100, 4 << 20)] == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ("ABABAB", True),
        ("AABBAABBAAB", True),
        ("AABBBB", False),
        ("AAAAAB", False),
        ("AAABAA", False),
        ("", False),
    ],
)
def test_an_answer_that_comes_and_goes_is_no_limit_that_was_reached(seen: str, expected: bool) -> None:
    assert wavering(seen) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [((2, 2, 2, 2), ["memory"]), ((6, 3, 1, 0), []), ((0.5, 0.5, 0.5, 0.5), []), ((0, 0, 0, 9), [])],
)
def test_memory_counts_when_it_grows_evenly_and_much(steps: tuple[float, ...], expected: list[str]) -> None:
    memory = [int(item * 1024 * 1024) for item in itertools.accumulate((50.0, *steps))]
    assert [item.what for item in grown(usages(memory, [3] * 5), LEAST, 4 << 20)] == expected
    assert grown(usages(memory, [3] * 5), LEAST, None) == []


def marked(event: Event, function: Function, label: str) -> tuple[Event, list[str]]:
    slots = free_slots(event, function)
    words = [mark(label, number) for number in range(len(slots))]
    return with_id(filled(event, dict(zip(slots, words, strict=True))), label), words


def test_marks_replace_free_texts_and_what_varies_in_a_path_and_nothing_else() -> None:
    function = Function(
        name="f", trigger="http", contract="azure-forward", route="cities/{name}/all", route_prefix="api"
    )
    body = b'{"name": "mira", "id": "7", "when": "2025-03-11", "n": 3, "more": [{"city": "Porto"}]}'
    plain = HttpEvent(method="POST", path="/api/cities/x/all", body=body, query=(("lang", "pt"), ("page", "2")))
    event, words = marked(plain, function, "one")
    assert isinstance(event, HttpEvent)
    assert len(words) == 4
    assert event.path == f"/api/cities/{words[0]}/all"
    assert dict(event.query)["page"] == "2"
    assert event.body.count(b'"7"') == event.body.count(b'"2025-03-11"') == 1
    assert holds({"said": ["Hello " + words[2].upper()]}, words)
    assert not holds({"said": "hello mira"}, words)
    assert marked(event, function, "one") != marked(event, function, "other")


def test_payloads_nested_deeply_are_left_as_they_are() -> None:
    function = Function(name="f", trigger="queue", contract="azure-http")
    for depth, places in ((20, 1), (200, 0), (900, 0)):
        event = QueueEvent(message=b'{"a":[' * (depth // 2) + b'"word"' + b"]}" * (depth // 2))
        slots = free_slots(event, function)
        assert len(slots) == places
        changed = filled(event, dict.fromkeys(slots, "other"))
        assert isinstance(changed, QueueEvent)
        assert changed.message.count(b"other") == places
        assert not shares_identity(event, event)


def test_deep_answers_are_compared_as_text(tmp_path: Path) -> None:
    echo = """
    def on_forwarded(method, path, headers, body):
        return 200, "application/json", b'{"a":[' * 450 + b"1" + b"]}" * 450
    """
    events = play(forwarding(echo)(tmp_path))
    assert findings(events) == ()
    assert isinstance(events[-1], RunFinished)
    assert events[-1].ended == "done"


def test_events_that_name_the_same_thing_are_known() -> None:
    one, other = (
        HttpEvent(method="POST", body=b'{"order": {"id": %d}, "name": "%s"}' % item) for item in ((1, b"a"), (1, b"b"))
    )
    assert shares_identity(one, other)
    assert not shares_identity(one, HttpEvent(method="POST", body=b'{"order": {"id": 2}, "name": "a"}'))


def test_scripts_are_the_same_for_the_same_seed_and_redeliver_as_the_host_does() -> None:
    function = Function(name="OnOrder", trigger="queue", contract="azure-http", max_dequeue_count=3)
    source = FunctionSource(function, Dictionary(), 1, {})
    baseline = Baseline(Answer(200, {}, {}))
    events = [marked(typical_event(function), function, label)[0] for label in ("one", "other")]
    items = [Item(source, event, False, baseline) for event in events]

    def told() -> list[tuple[str, list[tuple[int, int]]]]:
        return [
            (script.name, [(items.index(step.item), step.attempt) for step in script.steps])
            for script in scripts(items, Random(3), aborts=False, rests=True)
        ]

    assert told() == told()
    again = [script for script in scripts(items, Random(3), aborts=False, rests=False) if script.redelivers]
    counts = [[step.event.dequeue_count for step in script.steps] for script in again]  # type: ignore[union-attr]
    assert counts == [[1, 2, 3], [1, 2, 3]]
    assert {name for name, _ in told()} == {"again", "there and back", "redelivery", "in turn", "after a rest"}
