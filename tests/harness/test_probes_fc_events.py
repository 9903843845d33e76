"""Probes and observers of Function Compute about events, several requests, logs and resources: each rule with a handler
that breaks it and one that respects it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App
from fnfuzz.checks.fc_concurrency import FC_CONCURRENCY_PROBES
from fnfuzz.checks.fc_events import FC_EVENT_PROBES
from fnfuzz.checks.fc_logs import FC_LOG_OBSERVERS, FC_LOG_PROBES, closes_what_it_opens, invoke_lines
from fnfuzz.checks.fc_missing_headers import FC_HEADER_PROBES
from fnfuzz.checks.fc_resources import FC_RESOURCE_PROBES
from fnfuzz.checks.model import Probe
from fnfuzz.events import RawEvent
from fnfuzz.host.session import Host
from fnfuzz.rules import RULES

PROBES = (*FC_EVENT_PROBES, *FC_HEADER_PROBES, *FC_LOG_PROBES, *FC_CONCURRENCY_PROBES, *FC_RESOURCE_PROBES)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, and the changes of the good handler that break and respect it; ``app`` and ``function`` hold fields."""

    rule: str
    breaking: str
    respecting: str = ""
    place: str | None = None
    app: Mapping[str, Any] = field(default_factory=dict)
    function: Mapping[str, Any] = field(default_factory=dict)
    contract: Any = "fc-event"


TWO = {"concurrency": 8}
QUEUE = {"trigger": "queue", "form": "mns-queue", "source": "orders"}
STREAM = {"trigger": "queue", "form": "mns-topic-stream", "source": "orders"}

BY_LENGTH = """
def read_body(file, headers):
    return file.read(int(headers.get("content-length") or 0))

def write(sock, status, headers, body):
    headers = {"Content-Length": len(body), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\\r\\n" for name, value in headers.items())
    sock.sendall(f"HTTP/1.1 {status} X\\r\\n{head}\\r\\n".encode("latin-1") + body)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(65536):
        pass
    raise OSError
"""


def answers(code: str) -> str:
    """A handler that answers an event by ``code``."""
    return "def answer(request):\n" + indent(dedent(code).strip(), "    ") + "\n"


def body_or_500(code: str) -> str:
    """A handler whose own errors are 500s, as most frameworks make them."""
    failure = "except Exception as error:\n    return 500, {}, repr(error).encode()"
    return answers("try:\n" + indent(dedent(code).strip(), "    ") + "\n" + failure)


def body_or_404(code: str) -> str:
    """A handler that reports its own errors as the host wants it."""
    return body_or_500(code).replace("500, {}", '404, {"x-fc-status": "404"}')


PARSES = "json.loads(request.body)\nreturn 200, {}, b'done'"
NEEDS_OBJECT = "value = json.loads(request.body)\nreturn 200, {}, value[0]['data']['messageId'].encode()"
TAKES_ALL = """
value = json.loads(request.body)
for item in value if isinstance(value, list) else [value]:
    item = json.loads(item) if isinstance(item, str) else item
return 200, {}, item["data"]["messageId"].encode()
"""
SHARED = """
last = {}
def answer(request):
    last["body"] = request.body
    time.sleep(0.02)
    return 200, {}, last["body"]
"""
SHARED_IN_LOGS = """
last = {}
def route(request):
    last["id"] = request.id
    log(f"FC Invoke Start RequestId: {request.id}")
    time.sleep(0.02)
    log(f"FC Invoke End RequestId: {last['id']}")
    return 200, {}, b"done"
"""
ONE_BY_ONE = """
lock = threading.Lock()
def answer(request):
    with lock:
        time.sleep(0.05)
    return 200, {}, b"done"
"""
AT_ONE_TIME = """
def answer(request):
    time.sleep(0.05)
    return 200, {}, b"done"
"""
ONE_CONNECTION = """
def accept(server):
    while True:
        guarded(server.accept()[0])
"""
FAILS_TOGETHER = """
now = []
def answer(request):
    now.append(1)
    time.sleep(0.02)
    alone = len(now) == 1
    time.sleep(0.02)
    now.pop()
    return (200 if alone else 500), {}, b"done"
"""
SEEN_BEFORE = """
seen = {}
def answer(request):
    name = json.loads(request.body)["name"] if request.body else ""
    first = name not in seen
    seen[name] = True
    return (200, {}, b"done") if first else %s
"""

BREAKS: list[Row] = [
    Row(
        "rejects-octet-stream",
        answers("return (200 if 'json' in request.headers['content-type'] else 415), {}, b'x'"),
    ),
    Row(
        "rejects-octet-stream",
        answers("return 200, {}, request.body if 'json' in request.headers['content-type'] else b'{}'"),
        answers("return 200, {}, b'constant'"),
        "not read",
    ),
    Row(
        "rejects-octet-stream",
        body_or_500(
            """
            event = json.loads(request.body) if 'json' in request.headers['content-type'] else None
            return 200, {}, event['id'].encode()
            """
        ),
        body_or_404(PARSES),
        "crash",
    ),
    Row("rejects-chunked-event", BY_LENGTH, place="not read"),
    Row("rejects-chunked-event", BY_LENGTH + body_or_500(PARSES), body_or_500(PARSES), "crash"),
    Row(
        "rejects-chunked-event",
        answers("return (200, {}, request.body) if 'content-length' in request.headers else (411, {}, b'')"),
        place="refused",
    ),
    Row(
        "rejects-chunked-event",
        BY_LENGTH + "def read_body(file, headers):\n    return file.read(int(headers.get('content-length') or -1))",
        place="hang",
    ),
    Row("rejects-empty-event", body_or_500(PARSES), body_or_404(PARSES)),
    Row("rejects-empty-event", answers("request.body or os._exit(3)\nreturn 200, {}, b'x'")),
    Row("rejects-empty-event", body_or_500(PARSES), body_or_404(PARSES), function=STREAM),
    Row(
        "rejects-large-event",
        answers("return (413 if len(request.body) > 100_000 else 200), {}, b'x'"),
        answers("return 200, {}, b'x'"),
    ),
    Row(
        "rejects-large-event",
        answers("if len(request.body) > 4_000_000:\n    raise OSError\nreturn 200, {}, b'x'"),
        answers("return 200, {}, b'x'"),
        "closed",
    ),
    Row(
        "rejects-large-event",
        answers("return (500 if len(request.body) > 100_000 else 200), {}, b'x'"),
        body_or_404(
            "return (200, {}, b'x') if len(request.body) < 9000 else (404, {'x-fc-status': '404'}, b'too long')"
        ),
        function=QUEUE,
    ),
    Row(
        "event-bytes-corrupted",
        answers("return 200, {}, request.body.decode('utf-8', 'replace').encode()"),
    ),
    Row("event-bytes-corrupted", answers("return 200, {}, request.body.decode('latin-1').encode()")),
    Row(
        "event-bytes-corrupted",
        answers("return 200, {}, request.body.decode('latin-1').encode()"),
        answers("return 200, {}, request.body if request.body.isalnum() else b'<binary>'"),
        function=STREAM,
    ),
    Row("non-json-event-crash", body_or_500(PARSES), body_or_404(PARSES)),
    Row(
        "non-json-event-crash",
        body_or_500("request.body.decode()\nreturn 200, {}, b'x'"),
        body_or_500("request.body.decode('utf-8', 'replace')\nreturn 200, {}, b'x'"),
    ),
    Row("non-json-event-crash", body_or_500(PARSES), body_or_404(PARSES), function=STREAM),
    Row(
        "missing-or-empty-fc-header-crash",
        body_or_500("request.headers['x-fc-security-token'][0]\nreturn 200, {}, b'x'"),
        body_or_500("request.headers.get('x-fc-security-token', '')[:1]\nreturn 200, {}, b'x'"),
    ),
    Row(
        "missing-or-empty-fc-header-crash",
        body_or_500("return 200, {}, request.headers['x-fc-request-id'].encode()"),
        place="x-fc-request-id",
    ),
    Row(
        "missing-or-empty-fc-header-crash",
        body_or_500("request.headers['x-fc-access-key-id'][4]\nreturn 200, {}, b'x'"),
        place="x-fc-access-key-id",
        contract="fc-web",
    ),
    Row("batch-shape-crash", body_or_500(NEEDS_OBJECT), body_or_500(TAKES_ALL), function=QUEUE),
    *(
        Row(
            "batch-shape-crash",
            body_or_500(NEEDS_OBJECT.replace("messageId", member)),
            body_or_500(TAKES_ALL.replace("messageId", member)),
            function={**QUEUE, "form": form},
        )
        for form, member in (("kafka", "value"), ("rocketmq", "body"))
    ),
    Row("request-id-mixed-up", SHARED, app=TWO, place="answer"),
    Row("request-id-mixed-up", SHARED, app=TWO, place="answer", contract="fc-web"),
    Row("request-id-mixed-up", SHARED_IN_LOGS, app=TWO, place="log"),
    Row("concurrency-blocks", ONE_BY_ONE, AT_ONE_TIME, app=TWO),
    Row("concurrency-blocks", ONE_CONNECTION, app=TWO),
    Row("concurrency-breaks", FAILS_TOGETHER, AT_ONE_TIME, app=TWO),
    Row(
        "concurrency-breaks", FAILS_TOGETHER.replace("200 if alone else 500", "200 if alone else os._exit(3)"), app=TWO
    ),
    Row(
        "state-leak-between-requests",
        "kept = []\ndef answer(request):\n    kept.append(request.body)\n    return 200, {}, b' '.join(kept)",
        place="data",
    ),
    Row(
        "state-leak-between-requests",
        "kept = []\ndef answer(request):\n    kept.append(b'x')\n    return 200, {}, b' '.join(kept)",
        "kept = []\ndef answer(request):\n    kept.append(1)\n    return 200, {}, b'request 1 of %d' % len(kept)",
        place="answer",
    ),
    Row(
        "state-leak-between-requests",
        "total = [7]\ndef answer(request):\n    total[0] += 5\n    return 200, {}, b'%d' % total[0]",
        "cold = [b'cold']\n" + answers("return 200, {}, cold.pop() if cold else b'warm %d' % time.time_ns()"),
        place="answer",
    ),
    Row(
        "state-leak-between-requests",
        "kept = []\ndef answer(request):\n    kept.append(request.target)\n    return 200, {}, ' '.join(kept).encode()",
        contract="fc-web",
    ),
    Row(
        "retry-not-idempotent",
        SEEN_BEFORE % "(404, {'x-fc-status': '404'}, b'seen before')",
        SEEN_BEFORE % "(200, {}, b'seen before')",
    ),
    Row("log-start-end-missing", "def log(text):\n    pass"),
    Row("log-start-end-missing", "def log(text):\n    sys.stdout.write(text + '\\n')"),
    Row(
        "log-start-end-mismatched",
        "def route(request):\n    log('FC Invoke Start RequestId: ' + request.id)\n    return answer(request)",
        """
        def route(request):
            log('FC invoke start RequestId:' + request.id)
            threading.Timer(0.1, log, ['FC invoke end RequestId:' + request.id]).start()
            return answer(request)
        """,
        place="end",
    ),
    Row(
        "log-start-end-mismatched",
        "def log(text):\n    os.write(1, text.split(': ')[0].encode() + b': 0000\\n')",
        place="start",
    ),
    Row(
        "log-start-end-mismatched",
        """
        def route(request):
            log('FC Invoke Start RequestId: ' + request.id)
            try:
                json.loads(request.body)
            except ValueError:
                return 404, {'x-fc-status': '404'}, b'no JSON'
            log('FC Invoke End RequestId: ' + request.id)
            return 200, {}, b'done'
        """,
        body_or_404(PARSES),
        place="early return",
    ),
    Row(
        "log-line-too-long",
        answers("log('got ' + request.body.decode('latin-1'))\nreturn 200, {}, b'x'"),
    ),
    Row(
        "secret-in-log",
        answers("log(repr(request.headers))\nreturn 200, {}, b'x'"),
        place="stdout",
    ),
    Row(
        "secret-in-log",
        answers("return 200, {}, json.dumps(request.headers).encode()"),
        place="answer",
        contract="fc-web",
    ),
    Row(
        "out-of-memory",
        "kept = bytearray(100_000_000)",
        app={"max_memory": 64},
    ),
    Row(
        "writes-to-code-dir",
        answers("open('last.txt', 'wb').write(request.body)\nreturn 200, {}, b'x'"),
    ),
    Row(
        "writes-to-code-dir",
        "open('started.db', 'w').write('x')",
        "os.makedirs('__pycache__', exist_ok=True)\nopen('__pycache__/x.pyc', 'w').write('x')",
    ),
    Row(
        "background-work-after-response",
        """
        def work():
            end = time.thread_time() + 0.5
            while time.thread_time() < end:
                pass

        def answer(request):
            threading.Thread(target=work, daemon=True).start()
            return 200, {}, b'x'
        """,
        answers("end = time.thread_time() + 0.05\nwhile time.thread_time() < end:\n    pass\nreturn 200, {}, b'x'"),
    ),
    Row(
        "fd-or-thread-growth",
        "kept = []\ndef answer(request):\n    kept.append(open('/dev/null'))\n    return 200, {}, b'x'",
        "kept = []\n" + answers("len(kept) < 64 and kept.append(open('/dev/null'))\nreturn 200, {}, b'x'"),
        place="descriptors",
    ),
    Row(
        "fd-or-thread-growth",
        answers("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nreturn 200, {}, b'x'"),
        place="threads and processes",
    ),
]


def app_of(row: Row, folder: Path, changes: str) -> App:
    app = fc_app(folder, changes, contract=row.contract, **row.app)
    return replace(app, functions=(replace(app.functions[0], **row.function),))


def reported(app: App, probe: Probe) -> list[tuple[str, str]]:
    """The rules and places that ``probe`` reports, none where it does not apply."""
    if not probe.applies(app, app.functions[0]):
        return []
    with Host(app, patience=5.0) as host:
        return [(found.violation.rule, found.violation.place) for found in probe.run(host, app.functions[0])]


def probe_for(row: Row) -> Probe:
    return next(probe for probe in PROBES if row.rule in probe.rules and row.contract in probe.contracts)


NAMES = [f"{at}-{row.rule}" for at, row in enumerate(BREAKS)]


@pytest.mark.parametrize("row", BREAKS, ids=NAMES)
def test_a_handler_breaks_the_rule(row: Row, tmp_path: Path) -> None:
    found = reported(app_of(row, tmp_path, row.breaking), probe_for(row))
    assert {rule for rule, _ in found} == {row.rule}
    assert row.place is None or row.place in {place for _, place in found}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("row", [row for row in BREAKS if row.respecting], ids=lambda row: row.rule)
def test_a_handler_respects_the_rule(row: Row, tmp_path: Path) -> None:
    assert reported(app_of(row, tmp_path, row.respecting), probe_for(row)) == []


@pytest.mark.parametrize("contract", ["fc-event", "fc-web"])
def test_the_good_handler_breaks_no_rule(contract: Any, tmp_path: Path) -> None:
    app = fc_app(tmp_path, contract=contract, concurrency=8, max_memory=256)
    found = {probe.name: reported(app, probe) for probe in PROBES if contract in probe.contracts}
    assert {name: rules for name, rules in found.items() if rules} == {}


@pytest.mark.parametrize("contract", ["fc-event", "fc-web"])
def test_a_handler_that_fails_on_every_event_breaks_none_of_these_rules(contract: Any, tmp_path: Path) -> None:
    app = fc_app(tmp_path, answers("return 500, {}, b'boom'"), contract=contract, concurrency=8)
    found = {probe.name: reported(app, probe) for probe in PROBES if contract in probe.contracts}
    assert {name: rules for name, rules in found.items() if rules} == {}


@pytest.mark.parametrize(
    ("name", "app", "function"),
    [
        ("side-by-side", {"concurrency": 1}, {}),
        ("memory", {}, {}),
        ("empty-event", {}, {"trigger": "timer", "form": "timer"}),
        ("any-bytes", {}, {"trigger": "blob", "form": "oss"}),
        ("bytes", {}, QUEUE),
        ("large-event", {}, STREAM),
        ("batches", {}, STREAM),
        ("event-again", {}, {"trigger": "http", "form": ""}),
    ],
)
def test_a_probe_has_no_line_where_its_events_do_not_come(
    name: str, app: Mapping[str, Any], function: Mapping[str, Any], tmp_path: Path
) -> None:
    probe = next(probe for probe in PROBES if probe.name == name)
    declared = app_of(Row(probe.rules[0], "", app=app, function=function), tmp_path, "")
    assert not probe.applies(declared, declared.functions[0])


def observed(app: App, event: RawEvent) -> set[tuple[str, str]]:
    """What the observers say of one exchange."""
    with Host(app, patience=5.0) as host:
        host.start()
        exchange = host.invoke(app.functions[0], event)
        host.http.process.wait_for(host.http.process.started + 1.0)
        exchange = replace(exchange, stdout=host.http.stdout.since(0), stderr=host.http.stderr.since(0))
    return {(item.rule, item.place) for watcher in FC_LOG_OBSERVERS for item in watcher.watch(app, exchange)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ("", set()),
        ("def log(text):\n    print(text.split(': ')[0] + ':', flush=True)", {("log-start-end-mismatched", "id")}),
        (
            "def log(text):\n    print(text.split(': ')[0] + ': undefined', flush=True)",
            {("log-start-end-mismatched", "id")},
        ),
        (
            "swap = {'Start': 'End', 'End': 'Start'}\n"
            "def log(text):\n    print(' '.join(swap.get(word, word) for word in text.split()), flush=True)",
            {("log-start-end-mismatched", "order")},
        ),
        ("def log(text):\n    print(text, file=sys.stderr)", set()),
        (answers("log('x' * 40_000)\nreturn 200, {}, b'x'"), {("log-line-too-long", "stdout")}),
        (answers("[log('x' * 4000) for _ in range(10)]\nreturn 200, {}, b'x'"), set()),
        (
            answers("print(request.headers, file=sys.stderr)\nreturn 200, {}, b'x'"),
            {("secret-in-log", "stderr")},
        ),
    ],
)
def test_observers_look_at_one_exchange(changes: str, expected: set[tuple[str, str]], tmp_path: Path) -> None:
    assert observed(fc_app(tmp_path, changes), RawEvent(body=b'{"id": 1}')) == expected


def test_a_line_without_its_end_is_not_looked_at() -> None:
    assert invoke_lines(b"FC Invoke Start RequestId: 1-ab\nFC Invoke End RequestId: ") == (["1-ab"], [])
    assert invoke_lines(b"FC Invoke Start RequestId: 1-ab\nFC Invoke End RequestId: 1-a") == (["1-ab"], [])
    assert invoke_lines(b"fc invoke end RequestId:1-ab, Error: Unhandled function error\n") == ([], ["1-ab"])


def test_every_rule_of_these_checks_is_in_the_catalogue_and_in_the_table() -> None:
    named = {rule for probe in PROBES for rule in probe.rules} | {
        rule for item in FC_LOG_OBSERVERS for rule in item.rules
    }
    assert named <= set(RULES)
    assert named == {row.rule for row in BREAKS}
    assert closes_what_it_opens in [item.watch for item in FC_LOG_OBSERVERS]
    for probe in PROBES:
        assert all(set(probe.contracts) <= set(RULES[rule].contracts) for rule in probe.rules), probe.name
