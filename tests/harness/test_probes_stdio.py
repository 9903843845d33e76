"""For each rule of the line protocol that takes a real process: a handler that breaks it, and one that respects it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.harness.kit.line_handler import line_app

from fnfuzz.checks.stdio import STDIO_OBSERVERS, STDIO_PROBES
from fnfuzz.checks.stdio_repeat import difference
from fnfuzz.checks.typical import typical_event
from fnfuzz.host.session import Host
from fnfuzz.rules.stdio import STDIO_RULES

__all__ = ["BREAKS"]


@dataclass(frozen=True)
class Row:
    """``breaks`` and ``keeps`` change the loop of the kit; ``probe`` is empty where one exchange decides."""

    rule: str
    breaks: str
    keeps: str = ""
    probe: str = ""
    trigger: str = "http"


def printing(text: str) -> str:
    return f"def handle(line):\n    say({text})"


GOOD = 'answer({"ok": True})'
WAITS = "sys.stdin.buffer.read()"

ROWS = (
    # One exchange decides.
    Row(
        "line-unflushed",
        f"def handle(line):\n    sys.stdout.write({GOOD})",
        f"def handle(line):\n    print({GOOD}, end='', flush=True)",
    ),
    Row("line-unterminated", printing(f"{GOOD}.rstrip()"), printing(GOOD)),
    Row("line-missing", "def handle(line):\n    pass"),
    Row(
        "line-missing",
        f"def loop():\n    {WAITS}",
        "def handle(line):\n    time.sleep(0.05)\n    say(" + GOOD + ")",
        trigger="queue",
    ),
    Row(
        "line-exit-mid-request",
        "def handle(line):\n    os._exit(3)",
        f"def loop():\n    handle(sys.stdin.buffer.readline())\n    {WAITS}",
    ),
    Row("line-exit-mid-request", "def handle(line):\n    os.close(1)\n    time.sleep(9)"),
    Row("line-too-long", printing('answer("x" * 300000)'), printing('answer("x" * 10000)')),
    Row("line-not-json", printing(r'"ok\n"'), printing(GOOD)),
    Row("line-not-object", printing(r'"[1]\n"')),
    Row(
        "line-bad-utf8",
        printing(r'b"\xef\xbb\xbf" + ' + GOOD + ".encode()"),
        printing(r'"{\"status\":200,\"body\":\"\u00e9\ufeff\"}\n"'),
    ),
    Row("line-blank", printing(rf'{GOOD} + "\n"')),
    Row("line-crlf", printing(rf'{GOOD}.replace("\n", "\r\n")')),
    Row("line-pretty-printed", printing(r'json.dumps({"status": 200, "body": "x"}, indent=1) + "\n"')),
    Row("line-extra", printing(f"{GOOD} * 2")),
    Row(
        "line-stdout-pollution",
        printing(rf'"got it\n" + {GOOD}'),
        "def handle(line):\n    print('got it', file=sys.stderr)\n    say(" + GOOD + ")",
    ),
    Row("line-stdout-pollution", r'def begin(): say("Listening\n")', r'def begin(): os.write(2, b"Listening\n")'),
    Row(
        "line-error-not-500",
        r'def handle(line): say("Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 1\n")',
        'def handle(line): say(answer("no", 400))',
    ),
    # Probes.
    Row(
        "line-stdout-pollution",
        "def begin(): threading.Timer(0.08, say, ['tick\\n']).start()",
        "def begin(): threading.Timer(0.08, os.write, [2, b'tick\\n']).start()",
        "stdio-idle",
    ),
    Row(
        "line-wrong-request",
        """
earlier = []
def result(request):
    earlier.append(request["url"])
    return earlier[0]
""",
        "def result(request): return request['url']",
        "stdio-turns",
    ),
    Row(
        "line-wrong-request",
        """
earlier = []
def result(request):
    earlier.append(request["headers"])
    return earlier[max(0, len(earlier) - 2)]
""",
        "def result(request): return request['headers']",
        "stdio-turns",
        trigger="queue",
    ),
    Row(
        "line-wrong-request",
        "seen = []\ndef result(request):\n    seen.append(request['body'])\n    return seen[0]",
        "seen = []\ndef result(request):\n    seen.append(request['body'])\n    return seen",
        "stdio-turns",
        trigger="queue",
    ),
    Row(
        "line-out-of-order",
        """
plain = handle
def late(line):
    time.sleep(len(line) / 1e6)
    plain(line)
def handle(line): threading.Thread(target=late, args=[line]).start()
""",
        "plain = handle\ndef handle(line):\n    time.sleep(len(line) / 1e6)\n    plain(line)",
        "stdio-order",
    ),
    Row(
        "line-out-of-order",
        """
def loop():
    while True:
        lines = os.read(0, 1 << 20)
        while not lines.endswith(b"\\n"):
            more = os.read(0, 1 << 20)
            if not more: return
            lines += more
        for line in sorted(lines.splitlines()): handle(line)
""",
        """
plain = handle
turn = threading.Lock()
def handle(line):
    def work():
        with turn: plain(line)
    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
""",
        "stdio-order",
        trigger="queue",
    ),
    Row(
        "line-nondeterministic",
        "def result(request): return {'count': count}",
        "def result(request): return {'n': 1}",
        "stdio-repeat",
    ),
    Row(
        "line-nondeterministic",
        "def result(request): return {'rows': [1] * count}",
        "def result(request): return {'at': time.ctime(), 'ms': count, 'requestId': str(count), 'x': random.random()}",
        "stdio-repeat",
    ),
    Row(
        "line-nondeterministic",
        "def result(request): return f'visit number {count}'",
        "def result(request): return f'{time.time_ns()} {time.strftime(\"%Y-%m-%d %H:%M\")} {os.urandom(16).hex()}'",
        "stdio-repeat",
    ),
    Row("line-exit-nonzero", "def end(): sys.exit(1)", "def end(): sys.exit(0)", "stdio-end"),
    Row(
        "line-exit-nonzero",
        "def loop():\n    while True: handle(input())",
        "def end(): sys.stderr.write('bye')",
        "stdio-end",
    ),
    Row("line-exit-late", "def end(): time.sleep(60)", "def end(): time.sleep(0.2)", "stdio-end"),
    Row("line-output-at-exit", "def end(): say('bye\\n')", "def end(): os.write(2, b'bye\\n')", "stdio-end"),
    *(
        Row("line-die-on-bad-input", change, keeps, "stdio-bad-lines")
        for change, keeps in (
            ("def handle(line): say(answer(result(json.loads(line))))", ""),
            (
                "def handle(line):\n    if not line.strip(): sys.exit()\n    say(answer(1))",
                "def handle(line): line.strip() and say(answer(1))",
            ),
            (
                "def loop():\n    for line in open(0, encoding='utf-8'): say(answer(1))",
                "def handle(line): say(answer(1))",
            ),
            (
                "plain = handle\ndef handle(line):\n    if len(line) > 65536: time.sleep(60)\n    plain(line)",
                "plain = handle\ndef handle(line):\n    say(answer(0, 413)) if len(line) > 65536 else plain(line)",
            ),
            (
                "bad = []\ndef handle(line):\n    if b'{' not in line: bad.append(1)\n    bad or say(answer(1))",
                "def handle(line):\n    if line.startswith(b'{') and line.endswith(b'}\\n'): say(answer(1))",
            ),
        )
    ),
    Row(
        "line-error-not-500",
        "import traceback\ndef handle(line):\n    try: say(answer(result(json.loads(line))))\n"
        "    except Exception: say(traceback.format_exc())",
        "import traceback\ndef handle(line):\n    try: say(answer(result(json.loads(line))))\n"
        "    except Exception: os.write(2, traceback.format_exc().encode()); say(answer('no', 500))",
        "stdio-bad-lines",
    ),
    Row(
        "line-backpressure",
        "plain = handle\ndef handle(line):\n    os.write(2, b'e' * 40000)\n    plain(line)",
        """
plain = handle
def log():
    while True:
        ready.acquire()
        os.write(2, b'e' * 40000)
ready = threading.Semaphore(0)
threading.Thread(target=log, daemon=True).start()
def handle(line):
    ready.release()
    plain(line)
""",
        "stdio-log-unread",
    ),
    Row(
        "line-backpressure",
        """
def loop():
    line = b""
    while True:
        part = os.read(0, 65536)
        if not part: return
        if not line: say('{"status":200,"body":"')
        line += part
        say("x" * len(part) * 4)
        if line.endswith(b"\\n"): say('"}\\n'); line = b""
""",
        printing(r"""'{"status":200,"body":"' + "x" * 4 * len(line) + '"}\n'"""),
        "stdio-answer-unread",
    ),
)

BREAKS = tuple(dict.fromkeys(row.rule for row in ROWS))

PROBES = {probe.name: probe for probe in STDIO_PROBES}
IDS = [f"{row.rule} {row.probe} {number}" for number, row in enumerate(ROWS)]


def reported(folder: Path, row: Row, change: str) -> list[str]:
    app = line_app(folder, change, row.trigger)
    with Host(app, patience=1.5 if row.probe else 0.6) as host:
        if row.probe:
            return [breach.violation.rule for breach in PROBES[row.probe].run(host, app.functions[0])]
        host.start()
        host.lines.channel.line_limit = 200_000
        return [found.rule for found in host.invoke(app.functions[0], typical_event(app.functions[0])).violations]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_a_handler_that_breaks_the_rule_is_told_and_one_that_respects_it_is_not(tmp_path: Path, row: Row) -> None:
    assert row.rule in reported(tmp_path, row, row.breaks)
    assert reported(tmp_path, row, row.keeps) == []


@pytest.mark.parametrize("trigger", ["http", "queue", "blob", "timer"])
def test_no_probe_has_anything_against_a_good_handler(tmp_path: Path, trigger: str) -> None:
    app = line_app(tmp_path, trigger=trigger)
    with Host(app) as host:
        for probe in STDIO_PROBES:
            assert list(probe.run(host, app.functions[0])) == [], probe.name


@pytest.mark.parametrize(
    "change",
    [
        "def handle(line): os._exit(1)",
        "def begin(): sys.exit(2)",
        "def handle(line): pass",
        printing(r'"ok\n"'),
        "def handle(line): say(answer(1, 500))",
    ],
)
def test_no_probe_reports_what_follows_from_a_handler_that_fails_anyway(tmp_path: Path, change: str) -> None:
    app = line_app(tmp_path, change)
    with Host(app, patience=0.3) as host:
        for probe in STDIO_PROBES:
            assert list(probe.run(host, app.functions[0])) == [], probe.name


def test_checks_report_rules_of_the_catalogue_and_every_row_is_one_of_them() -> None:
    known = {rule.id for rule in STDIO_RULES}
    declared = {rule for probe in STDIO_PROBES for rule in probe.rules}
    declared |= {rule for observer in STDIO_OBSERVERS for rule in observer.rules}
    assert declared <= known
    assert set(BREAKS) <= known
    assert declared <= {row.rule for row in ROWS if row.probe}


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, "$.a"),
        ({"a": 1}, {"a": True}, "$.a"),
        ({"a": 1}, {}, "$"),
        ([1, {"b": "x"}], [1, {"b": "y"}], "$[1].b"),
        ({"id": "a1"}, {"id": "b2"}, ""),
        ({"id": 1}, {"id": 2}, "$.id"),
        ({"at": 1741684500123}, {"at": 1741684500999}, ""),
        ({"elapsed_ms": 3}, {"elapsed_ms": 4}, ""),
        ({"items": 3}, {"items": 4}, "$.items"),
        ({"x": 0.25}, {"x": 0.5}, ""),
        ({"x": "2025-03-11T09:15:00Z"}, {"x": "2025-03-11T09:15:01.5+00:00"}, ""),
        ({"x": "Tue, 11 Mar 2025 09:15:00 GMT"}, {"x": "Tue, 11 Mar 2025 09:15:02 GMT"}, ""),
        ({"x": "took 3 ms"}, {"x": "took 12 ms"}, ""),
        ({"x": "visit 3"}, {"x": "visit 4"}, "$.x"),
        ({"x": '{"n": 1, "t": "09:15:01"}'}, {"x": '{"n": 1, "t": "09:15:02"}'}, ""),
        ({"x": '{"n": 1}'}, {"x": '{"n": 2}'}, "$.x"),
        ({"x": None}, {"x": "y"}, "$.x"),
    ],
)
def test_two_answers_differ_where_more_than_times_and_generated_ids_do(one: object, other: object, path: str) -> None:
    assert difference(one, other) == path
