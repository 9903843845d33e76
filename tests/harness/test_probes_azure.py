"""Every rule that an Azure probe, observer or start decides: one small handler that breaks it, one that respects it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.harness.kit.azure_handler import ENRICH, FORWARDED, GREET, ON_ORDER, ON_UPLOAD, azure_app

from fnfuzz.app.model import Function
from fnfuzz.checks import azure_process
from fnfuzz.checks.azure import AZURE_OBSERVERS, AZURE_PROBES
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import HttpEvent
from fnfuzz.host.launch import StartFailed
from fnfuzz.host.session import Host
from fnfuzz.rules import RULES


@dataclass(frozen=True)
class Row:
    """``breaking`` and ``respecting`` are changes of the good handler of the kit, Python source."""

    rule: str
    function: Function
    breaking: str
    respecting: str = ""
    patience: float = 30.0

    def __str__(self) -> str:
        return self.rule


PROBED = (
    Row("req-route-unknown", GREET, "NAMES = ()"),
    Row(
        "req-route-unknown",
        ON_ORDER,
        """
        def on_request(method, path, headers, body):
            return 405, "text/plain", b"GET only"
        """,
        """
        def on_event(name, data, metadata):
            raise KeyError("no such order")
        """,
    ),
    Row("req-path-case", ON_ORDER, 'NAMES = ("onorder",)'),
    Row(
        "req-chunked-unsupported",
        GREET,
        """
        def read_body(file, headers):
            return file.read(int(headers.get("content-length", 0)))
        """,
    ),
    Row(
        "req-chunked-unsupported",
        ON_ORDER,
        """
        def read_body(file, headers):
            if headers.get("transfer-encoding") != "chunked":
                return file.read(int(headers.get("content-length", 0)))
            body = file.read(int(file.readline(), 16))
            while file.readline() != b"0\\r\\n":
                pass
            file.readline()
            return body
        """,
        """
        count = 0
        def result(name, text):
            global count
            count += 1
            return {"Outputs": {"out": {"seen": text, "number": count}}}
        """,
    ),
    Row(
        "req-single-decode",
        ON_ORDER,
        """
        def text_of(name, data):
            return json.loads(data["job"])["id"]
        """,
        """
        def text_of(name, data):
            return json.loads(json.loads(data["job"]))["id"]
        """,
    ),
    Row(
        "req-single-decode",
        ON_ORDER,
        """
        def text_of(name, data):
            return data["job"]
        """,
        """
        def result(name, text):
            return {"Outputs": {"out": json.dumps(text)}, "Logs": [json.dumps(json.dumps(text))]}
        """,
    ),
    Row(
        "req-single-decode",
        ON_ORDER,
        """
        def text_of(name, data):
            return json.loads(data["job"])["name"] + "!"
        """,
        """
        def text_of(name, data):
            try:
                order = json.loads(json.loads(data["job"]))
            except (TypeError, ValueError):
                return "rejected"
            return order["items"] if isinstance(order, dict) else "rejected"
        """,
    ),
    Row(
        "req-number-as-string",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            assert metadata["DequeueCount"] < 3
            return result(name, text_of(name, data))
        """,
        """
        def on_event(name, data, metadata):
            assert int(metadata["DequeueCount"]) < 3
            return result(name, text_of(name, data))
        """,
    ),
    Row(
        "req-metadata-overwrite",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            assert int(metadata["DequeueCount"]) < 6
            return result(name, text_of(name, data))
        """,
        """
        def on_event(name, data, metadata):
            count = metadata["DequeueCount"]
            return {**result(name, text_of(name, data)), "Logs": ["attempt " + count]}
        """,
    ),
    Row(
        "req-metadata-overwrite",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            tired = int(metadata["DequeueCount"].strip('"')) > 5
            return {"Outputs": {} if tired else {"out": {"seen": 1}}}
        """,
    ),
    Row(
        "req-missing-body",
        GREET,
        """
        def text_of(name, data):
            return data["req"]["Body"]
        """,
        """
        def text_of(name, data):
            return data["req"].get("Body", "")
        """,
    ),
    Row(
        "req-query-string-form",
        GREET,
        """
        def on_event(name, data, metadata):
            return result(name, json.loads(data["req"]["Query"]).get("lang", ""))
        """,
        """
        def on_event(name, data, metadata):
            query = data["req"]["Query"]
            return result(name, query["page"] if isinstance(query, dict) else "first page")
        """,
    ),
    Row(
        "req-query-string-form",
        GREET,
        """
        def on_event(name, data, metadata):
            assert isinstance(data["req"]["Query"], str), "the schema says text"
            return result(name, text_of(name, data))
        """,
    ),
    Row(
        "req-header-array",
        GREET,
        """
        def on_event(name, data, metadata):
            return result(name, data["req"]["Headers"]["User-Agent"].lower())
        """,
    ),
    Row(
        "req-header-array",
        GREET,
        """
        def on_event(name, data, metadata):
            return result(name, data["req"]["Headers"]["User-Agent"][0])
        """,
    ),
    Row(
        "req-base64-body",
        ON_UPLOAD,
        """
        def text_of(name, data):
            return json.loads(data["file"])["id"]
        """,
        """
        def text_of(name, data):
            return json.loads(base64.b64decode(data["file"]))["id"]
        """,
    ),
    Row(
        "req-base64-body",
        ON_UPLOAD,
        """
        def text_of(name, data):
            return json.loads(data["file"])["name"]
        """,
        """
        def text_of(name, data):
            try:
                order = json.loads(base64.b64decode(data["file"]))
            except ValueError:
                return "rejected"
            return order["items"] if isinstance(order, dict) else "rejected"
        """,
    ),
    Row(
        "req-base64-body",
        ON_UPLOAD,
        """
        def text_of(name, data):
            return f"{len(data['file'])} bytes"
        """,
        """
        def on_event(name, data, metadata):
            return {"Outputs": {"out": data["file"]}}
        """,
    ),
    Row(
        "req-base64-body",
        GREET,
        """
        def text_of(name, data):
            return json.loads(data["req"]["Body"])["id"] if "Body" in data["req"] else ""
        """,
    ),
    Row(
        "req-unknown-member",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            (job,) = data.values()
            return result(name, json.loads(job))
        """,
    ),
    Row(
        "req-null-input",
        ENRICH,
        """
        def on_event(name, data, metadata):
            return result(name, json.loads(json.loads(data["profile"]))["name"])
        """,
        """
        def on_event(name, data, metadata):
            profile = json.loads(data["profile"])
            return result(name, json.loads(profile)["name"] if profile else "nobody")
        """,
    ),
    Row(
        "req-redelivery",
        ON_ORDER,
        """
        seen = set()
        def on_event(name, data, metadata):
            assert metadata["Id"] not in seen, "duplicate key"
            seen.add(metadata["Id"])
            return result(name, text_of(name, data))
        """,
        """
        seen = set()
        def on_event(name, data, metadata):
            known = metadata["Id"] in seen
            seen.add(metadata["Id"])
            return {"Outputs": {"out": None}} if known else result(name, text_of(name, data))
        """,
    ),
    Row(
        "req-concurrent",
        GREET,
        """
        def text_of(name, data):
            global current
            current = data["req"].get("Body", "")
            time.sleep(0.02)
            return current
        """,
        """
        lock = threading.Lock()
        def text_of(name, data):
            with lock:
                time.sleep(0.005)
                return data["req"].get("Body", "")
        """,
    ),
    Row(
        "req-concurrent",
        FORWARDED,
        """
        def serve(server):
            while True:
                converse(server.accept()[0])
        """,
    ),
    Row(
        "resp-wrong-correlation",
        ON_ORDER,
        """
        def result(name, text):
            global first
            if "kept" in globals() and kept[1] < 2:
                kept[1] += 1
            else:
                globals()["kept"] = [text, 0]
            return {"Outputs": {"out": {"seen": kept[0]}}}
        """,
        """
        history = []
        def result(name, text):
            history.append(text)
            return {"Outputs": {"out": {"seen": history}}}
        """,
    ),
    Row(
        "fwd-path-prefix",
        FORWARDED,
        """
        def on_request(method, path, headers, body):
            return on_forwarded(method, path, headers, body) if path == "/greet" else on_other(method, path)
        """,
        """
        def on_request(method, path, headers, body):
            return 404, "text/plain", b"nobody of that name"
        """,
    ),
    Row(
        "fwd-content-header-lost",
        FORWARDED,
        """
        def on_forwarded(method, path, headers, body):
            packed = body.startswith(b"\\x1f\\x8b")
            bad = packed and headers.get("content-encoding") != "gzip"
            return (400, "text/plain", b"no JSON") if bad else (200, "text/plain", b"hello")
        """,
        """
        def on_forwarded(method, path, headers, body):
            return (400, "text/plain", b"no JSON") if body.startswith(b"\\x1f\\x8b") else (200, "text/plain", b"hello")
        """,
    ),
    Row(
        "start-ping-hang",
        GREET,
        """
        pings = 0
        def on_other(method, path):
            global pings
            pings += 1
            if pings > 1:
                time.sleep(60)
            return 404, "text/plain", b"ready"
        """,
    ),
    Row(
        "start-ping-crash",
        GREET,
        """
        pings = 0
        def on_other(method, path):
            global pings
            pings += 1
            if pings > 1:
                os._exit(4)
            return 404, "text/plain", b"ready"
        """,
    ),
    Row(
        "start-ping-side-effect",
        ON_ORDER,
        """
        def on_other(method, path):
            return 200, ENVELOPE, json.dumps(result("OnOrder", "")).encode()
        """,
        """
        def on_other(method, path):
            return 200, ENVELOPE, b'{"Outputs": {"out": null}, "status": "up"}'
        """,
    ),
    Row("start-legacy-port-only", GREET, 'PORT_NAMES = ("FUNCTIONS_HTTPWORKER_PORT",)'),
    Row(
        "proc-exit-zero",
        GREET,
        """
        def after_answer(path):
            if path != "/":
                time.sleep(0.01)
                os._exit(0)
        """,
    ),
    Row(
        "proc-exit-200",
        GREET,
        """
        def after_answer(path):
            if path != "/":
                time.sleep(0.01)
                os._exit(200)
        """,
    ),
    Row(
        "proc-crash-loop",
        FORWARDED,
        """
        def after_answer(path):
            if path != "/":
                time.sleep(0.01)
                os._exit(1)
        """,
    ),
    Row("proc-port-not-reusable", GREET, "REUSE = False"),
    Row(
        "proc-port-not-reusable",
        ON_ORDER,
        """
        def before():
            if os.fork():
                os.wait()
                os._exit(1)
        """,
    ),
    Row(
        "proc-state-after-kill",
        GREET,
        """
        def before():
            if not once("handler.lock"):
                sys.exit("another instance is running")
        """,
        """
        def before():
            once("handler.lock")
        """,
    ),
    Row(
        "proc-state-after-kill",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            if not once("order.lock"):
                raise RuntimeError("locked")
            time.sleep(0.05)
            os.remove("order.lock")
            return result(name, text_of(name, data))
        """,
    ),
    Row(
        "proc-hang-on-stdin",
        GREET,
        """
        def before():
            sys.stdin.read()
        """,
    ),
    Row(
        "log-stderr-noise",
        GREET,
        """
        def after_answer(path):
            print("handled", path, file=sys.stderr, flush=True)
        """,
        """
        def after_answer(path):
            print("handled", path, flush=True)
            print("Warning: the cache is cold", file=sys.stderr, flush=True)
        """,
    ),
    Row(
        "log-stderr-noise",
        FORWARDED,
        """
        def before():
            print("Listening on", port(), file=sys.stderr, flush=True)
        """,
    ),
    Row(
        "log-secret",
        GREET,
        """
        def on_event(name, data, metadata):
            print(json.dumps(data), flush=True)
            return result(name, text_of(name, data))
        """,
        """
        def on_event(name, data, metadata):
            print(json.dumps(data["req"]["Method"]), flush=True)
            return result(name, text_of(name, data))
        """,
    ),
    Row(
        "log-secret",
        ON_ORDER,
        """
        def before():
            print(dict(os.environ), flush=True)
        """,
    ),
)
"""Rules that a probe decides."""

WATCHED = (
    Row(
        "log-reserved-prefix",
        ON_ORDER,
        """
        def result(name, text):
            print("azfuncjsonlog: done", flush=True)
            return {"Outputs": {"out": {"seen": text}}}
        """,
        """
        def result(name, text):
            print("not azfuncjsonlog: done", flush=True)
            return {"Outputs": {"out": {"seen": text}}}
        """,
    ),
    Row(
        "log-stderr-noise",
        ON_ORDER,
        """
        def result(name, text):
            print("2025-03-11 09:15:00 [INFO] order seen", file=sys.stderr, flush=True)
            return {"Outputs": {"out": {"seen": text}}}
        """,
        """
        def result(name, text):
            print("2025-03-11 09:15:00 [ERROR] information about the order is gone", file=sys.stderr, flush=True)
            return {"Outputs": {"out": {"seen": text}}}
        """,
    ),
    Row(
        "log-secret",
        GREET,
        """
        def on_event(name, data, metadata):
            return result(name, data["req"]["Url"])
        """,
    ),
    Row(
        "log-secret",
        ON_ORDER,
        """
        def result(name, text):
            return {"Outputs": {"out": {"seen": os.environ["ORDERS_STORAGE"]}}}
        """,
    ),
    Row(
        "proc-crash",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            os._exit(3)
        """,
    ),
    Row(
        "proc-exit-zero",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            os._exit(0)
        """,
    ),
    Row(
        "proc-exit-200",
        ON_ORDER,
        """
        def on_event(name, data, metadata):
            os._exit(200)
        """,
    ),
)
"""Rules that show in one ordinary exchange, to an observer or to the contract."""

STARTED = (
    Row(
        "start-port-ignored",
        GREET,
        """
        def port():
            with socket.socket() as other:
                other.bind((ADDRESS, 0))
                return other.getsockname()[1]
        """,
    ),
    Row("start-not-ipv4-loopback", GREET, 'ADDRESS = "::1"', 'ADDRESS = "0.0.0.0"'),
    Row(
        "start-too-slow",
        GREET,
        """
        def before():
            time.sleep(30)
        """,
        patience=0.5,
    ),
    Row(
        "start-ping-hang",
        GREET,
        """
        def on_other(method, path):
            time.sleep(30)
        """,
        """
        def on_other(method, path):
            return 503, "text/plain", b"not yet"
        """,
        patience=0.5,
    ),
    Row(
        "start-ping-crash",
        GREET,
        """
        def on_other(method, path):
            os._exit(2)
        """,
    ),
    Row(
        "proc-exit-zero",
        GREET,
        """
        def before():
            sys.exit(0)
        """,
    ),
    Row(
        "proc-crash-loop",
        GREET,
        """
        def before():
            raise KeyError("DATABASE_URL")
        """,
    ),
)
"""Rules that the start decides."""

BREAKS = (*dict.fromkeys(row.rule for row in (*PROBED, *WATCHED, *STARTED)), "start-exec-missing")
"""The rules for which this module has a handler that breaks them."""

SETTINGS = {"ORDERS_STORAGE": "DefaultEndpointsProtocol=https;AccountKey=Zm9vYmFyYmF6cXV4cXV1eDEyMzQ1Njc4OTA="}
KEY = "k3yForTests-9fQz7LmWx2"


@pytest.fixture(name="host_of")
def make_host(tmp_path: Path) -> Iterator[object]:
    hosts: list[Host] = []

    def host_of(row: Row, change: str) -> Host:
        folder = tmp_path / str(len(hosts))
        folder.mkdir()
        app = azure_app(folder, row.function, change, settings=SETTINGS, patience=row.patience)
        hosts.append(Host(app, patience=2.0, start_patience=10.0))
        return hosts[-1]

    yield host_of
    for host in hosts:
        host.stop()


def probed(host: Host, function: Function, rule: str) -> set[str]:
    """All rules that the probes which claim ``rule`` report."""
    probes = [probe for probe in AZURE_PROBES if rule in probe.rules and function.contract in probe.contracts]
    assert probes
    return {breach.violation.rule for probe in probes for breach in probe.run(host, function)}


def watched(host: Host, function: Function, rule: str) -> set[str]:
    """All rules that one event with a function key breaks, for the contract and the observers that claim ``rule``."""
    event = typical_event(function)
    if isinstance(event, HttpEvent):
        event = replace(event, query=(("code", KEY),))
    host.live()
    process = host.http.process
    exchange = host.invoke(function, event)
    process.drain_logs()
    exchange = replace(exchange, stdout=process.stdout.since(0), stderr=process.stderr.since(0))
    seen = {violation.rule for violation in exchange.violations}
    for observer in AZURE_OBSERVERS:
        if rule in observer.rules:
            seen |= {violation.rule for violation in observer.watch(host.app, exchange)}
    return seen


@pytest.mark.parametrize("row", PROBED, ids=str)
def test_a_probe_tells_the_breaking_handler_from_the_respecting_one(row, host_of, monkeypatch):
    # A busy machine may take longer to end a process.
    monkeypatch.setattr(azure_process, "IDLE", 1.0)
    assert row.rule in probed(host_of(row, row.breaking), row.function, row.rule)
    assert probed(host_of(row, row.respecting), row.function, row.rule) == set()


@pytest.mark.parametrize("row", WATCHED, ids=str)
def test_one_exchange_tells_the_breaking_handler_from_the_respecting_one(row, host_of):
    assert row.rule in watched(host_of(row, row.breaking), row.function, row.rule)
    assert watched(host_of(row, row.respecting), row.function, row.rule) == set()


@pytest.mark.parametrize("row", STARTED, ids=str)
def test_the_start_tells_the_breaking_handler_from_the_respecting_one(row, host_of):
    with pytest.raises(StartFailed) as failure:
        host_of(row, row.breaking).start()
    assert [violation.rule for violation in failure.value.violations] == [row.rule]
    assert host_of(row, row.respecting).start().violations == ()


def test_a_missing_executable_is_told(tmp_path):
    app = replace(azure_app(tmp_path, GREET), command=("./no-such-handler",))
    with pytest.raises(StartFailed) as failure:
        Host(app).start()
    assert [violation.rule for violation in failure.value.violations] == ["start-exec-missing"]


@pytest.mark.parametrize("function", [GREET, ON_ORDER, ON_UPLOAD, ENRICH, FORWARDED], ids=lambda item: item.contract)
def test_no_probe_reports_anything_on_the_good_handler(function, host_of):
    host = host_of(Row("", function, ""), "")
    probes = [probe for probe in AZURE_PROBES if function.contract in probe.contracts]
    found = {probe.name: [breach.violation for breach in probe.run(host, function)] for probe in probes}
    assert not any(found.values()), found


def test_no_probe_reports_anything_on_a_handler_that_fails_on_every_event(host_of):
    change = """
    def on_event(name, data, metadata):
        raise RuntimeError("out of order")
    """
    host = host_of(Row("", ON_ORDER, ""), change)
    probes = [probe for probe in AZURE_PROBES if "azure-http" in probe.contracts]
    found = {probe.name: [breach.violation for breach in probe.run(host, ON_ORDER)] for probe in probes}
    assert not any(found.values()), found


def test_every_check_claims_rules_of_the_catalogue():
    claimed = {rule for check in (*AZURE_PROBES, *AZURE_OBSERVERS) for rule in check.rules}
    assert claimed <= RULES.keys()


def test_every_rule_that_a_check_claims_has_a_breaking_handler():
    claimed = {rule for check in (*AZURE_PROBES, *AZURE_OBSERVERS) for rule in check.rules}
    assert claimed <= set(BREAKS)


def test_names_of_probes_are_unique():
    names = [probe.name for probe in AZURE_PROBES]
    assert len(names) == len(set(names))
