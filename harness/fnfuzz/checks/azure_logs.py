"""What an Azure handler writes to stdout and stderr, and whether a secret is among it (azure-functions.md 2, 3.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fnfuzz.app.model import App, Function
from fnfuzz.checks.experiment import start_patience, unless_gone, with_late_logs
from fnfuzz.checks.model import Breach, Observer, Probe, fed_by
from fnfuzz.checks.secrets import function_keys, leaks, setting_secrets
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpReply, Violation
from fnfuzz.drivers import HttpInstance
from fnfuzz.events import HttpEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.launch import launch
from fnfuzz.host.session import Host

__all__ = ["LOG_OBSERVERS", "LOG_PROBES"]

RESERVED = (b"LanguageWorkerConsoleLog", b"azfuncjsonlog:")

ORDINARY = re.compile(
    rb"""
    ^.{0,60}?(?:\[|"|\b(?:level|lvl|severity)\\?"?\s*[=:]\s*\\?"?|\b)(?:info|information|debug|trace|notice|verbose)\b[\]":,\s|-]
    | "?(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s/\S*(?:\sHTTP/1\.\d)?"?\s+-?\s*[123]\d\d\b
    | ^.{0,40}\b(?:listening|server\s+(?:started|running)|running\s+on|now\s+listening|started\s+server)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Lines that say themselves that they are no errors: a level, an access log of a success, a word of greeting."""

ALARMING = re.compile(
    rb"warn|err|fail|exce|fatal|crit|panic|traceback|abort|denied|refus|time[d ]?.?out|invalid|deprecat|unable"
    rb"|can(?:no|')t|could not|missing|not found|unknown|illegal|\bbad\b|fault|kill|alert|emerg|unexpected|problem"
    rb"|reject|retry",
    re.IGNORECASE,
)

CANARIES = ("q7Xw2LtB9hVs4KdPz8RmNy3JcGf6TaUe", "hZ5uD8nWk3QyFb7RxC2jLm9VtSg4PaEo")
CANARY_SETTING = ("FNFUZZ_CANARY_KEY", "x9Gd4TvKq6Yb2WmRz8NhJc5LfSp3UaEt")


def no_ordinary_lines_on_stderr(app: App, exchange: Exchange) -> Iterable[Violation]:
    """Lines on stderr that call themselves information, while the event succeeded."""
    if exchange.stderr and exchange.succeeded:
        ordinary = [
            line for line in exchange.stderr.splitlines() if ORDINARY.search(line) and not ALARMING.search(line)
        ]
        if ordinary:
            yield _noise("during an event that succeeds", "stderr")


def _noise(when: str, place: str) -> Violation:
    message = f"The handler writes ordinary log lines to stderr {when}; the host logs each of them as an error."
    return Violation("log-stderr-noise", message, place)


def no_reserved_prefix(app: App, exchange: Exchange) -> Iterable[Violation]:
    """Lines that the host takes for messages to itself."""
    if not exchange.stdout and not exchange.stderr:
        return
    for name, text in (("stdout", exchange.stdout), ("stderr", exchange.stderr)):
        for prefix in RESERVED:
            if prefix in text and any(line.startswith(prefix) for line in text.splitlines()):
                yield Violation("log-reserved-prefix", f"A line on {name} begins with {prefix.decode()}.", name)


def no_secret_shows(app: App, exchange: Exchange) -> Iterable[Violation]:
    """The function key of the request, or a key among the app's settings, in the logs or in the answer."""
    secrets = (*function_keys(exchange.function, exchange.event), *setting_secrets(app.settings))
    for secret, where in leaks(secrets, exchange):
        yield Violation("log-secret", f"{secret.name[:1].upper()}{secret.name[1:]} shows in {_told(where)}.", where)


def _told(where: str) -> str:
    return "the answer" if where == "answer" else where


def keeps_stderr_for_errors(host: Host, function: Function) -> Iterator[Breach]:
    """A plain event that succeeds twice and writes to stderr each time, nothing of it alarming."""
    host.live()
    greeting = host.http.stderr.since(0) if host.exchanges == 0 else b""
    for _ in range(2):
        shown = with_late_logs(host, function, typical_event(function))
        lines = [line for line in shown.stderr.splitlines() if line.strip()]
        if not shown.succeeded or not lines or any(ALARMING.search(line) for line in lines):
            break
    else:
        yield Breach(_noise("for an everyday event", "stderr"), shown)
        return
    started = [line for line in greeting.splitlines() if ORDINARY.search(line)]
    if started and not ALARMING.search(greeting):
        yield Breach(_noise("at the start", "stderr"))


def keeps_function_keys(host: Host, function: Function) -> Iterator[Breach]:
    """Requests with a made-up function key, once in the query and once in the header."""
    event = typical_event(function)
    if not isinstance(event, HttpEvent):
        return
    in_query = replace(event, query=(*event.query, ("code", CANARIES[0])))
    in_header = replace(event, headers=(*event.headers, ("x-functions-key", CANARIES[1])))
    told = set()
    for asked in (in_query, in_header):
        shown = with_late_logs(host, function, asked)
        for violation in no_secret_shows(host.app, shown):
            if violation.place not in told:
                told.add(violation.place)
                yield Breach(violation, shown)


def keeps_settings(host: Host, function: Function) -> Iterator[Breach]:
    """A made-up key among the settings, looked for in the logs of the start and of one event, and in its answer."""
    host.live()
    host.stop()
    name, key = CANARY_SETTING
    started = launch(host.app, {**host.environ, name: key}, patience=start_patience(host))
    assert isinstance(started.instance, HttpInstance)
    try:
        request = host.encode(function, typical_event(function), host.delivery())
        observed = started.instance.exchange(request, start_patience(host))
        started.instance.process.wait_for(time.monotonic() + 0.05)
    finally:
        started.instance.stop()
    body = observed.reply.body if isinstance(observed.reply, HttpReply) else b""
    seen = {"stdout": started.instance.stdout.since(0), "stderr": started.instance.stderr.since(0), "answer": body}
    for where, text in seen.items():
        if key.encode() in text:
            yield Breach(Violation("log-secret", f"A made-up app setting, {name}, shows in {_told(where)}.", where))


LOG_OBSERVERS = (
    Observer(
        name="stderr-noise",
        rules=("log-stderr-noise",),
        contracts=("azure-http", "azure-forward"),
        watch=no_ordinary_lines_on_stderr,
    ),
    Observer(
        name="reserved-prefix",
        rules=("log-reserved-prefix",),
        contracts=("azure-http", "azure-forward"),
        watch=no_reserved_prefix,
    ),
    Observer(
        name="secrets",
        rules=("log-secret",),
        contracts=("azure-http", "azure-forward"),
        watch=no_secret_shows,
    ),
)

LOG_PROBES = (
    Probe(
        name="stderr",
        title="Keeps stderr for errors",
        rules=("log-stderr-noise",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(keeps_stderr_for_errors),
    ),
    Probe(
        name="function-keys",
        title="Keeps function keys out of logs and answers",
        rules=("log-secret",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(keeps_function_keys),
        applies=fed_by("http"),
    ),
    Probe(
        name="settings",
        title="Keeps app settings out of logs and answers",
        rules=("log-secret",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(keeps_settings),
        scope="app",
        seconds=20.0,
    ),
)
