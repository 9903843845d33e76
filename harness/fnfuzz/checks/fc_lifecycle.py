"""Experiments on the lifecycle requests that an app of Function Compute declares (alibaba-fc.md 2, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fnfuzz.app.model import Function, Hook
from fnfuzz.checks.fc_requests import pause, quiet, reply_of, talk, while_it_starts
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts import fc_settings
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_lifecycle import health_check_request, hook_request, judge_health_check
from fnfuzz.contracts.model import HttpReply, HttpRequest, Violation
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FC_LIFECYCLE_PROBES"]

ELSEWHERE = "/fnfuzz-no-such-page-4e1c"
"""A path that only a catch-all route serves."""

LOGS_ARRIVE = 0.05
LONGEST_DELAY = 10.0
"""Seconds: log lines may come so much later than the answer; a health check's own delay is waited for so long."""

INVOKED = re.compile(rb"FC\s+Invoke\s+Start", re.IGNORECASE)
SAYS_NOTHING = re.compile(
    rb"\W*(?:(?:ok|okay|success|true|done|null|none|200|status|code|message|healthy)\W*)*\Z", re.IGNORECASE
)
"""An answer that two routes may give alike."""

NOISE = (
    (re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), b"<guid>"),
    (re.compile(rb"\d+"), b"<number>"),
)


def initializes(host: Host, function: Function) -> Iterator[Breach]:
    """Report what the start found; a time-out again, with all the time that the host gives."""
    hook = _declared(host, "initialize")
    if hook is None:
        return
    host.live()
    found = _of_initialize(host)
    if any(violation.place == "timeout" for violation in found):
        with _patient(host, hook.timeout):
            host.fresh()
        found = _of_initialize(host)
    for violation in found:
        yield Breach(violation)


def _declared(host: Host, *names: str) -> Hook | None:
    return next((hook for hook in host.app.hooks if hook.name in names), None)


def _of_initialize(host: Host) -> list[Violation]:
    return [item for item in host.start_violations if item.rule in ("initialize-missing", "initialize-failed")]


@contextmanager
def _patient(host: Host, seconds: float) -> Iterator[None]:
    """Wait for answers as long as the host does."""
    usual = host.patience
    host.patience = max(usual, seconds)
    try:
        yield
    finally:
        host.patience = usual


def initializes_again(host: Host, function: Function) -> Iterator[Breach]:
    """Call /initialize a second time, and see whether events fare as before."""
    hook = _declared(host, "initialize")
    if hook is None:
        return
    found = Violation("", "")
    for _ in range(2):
        host.fresh()
        if _of_initialize(host):
            return
        violation = _after_second_call(host, function, hook)
        if violation is None:
            return
        found = violation
    yield Breach(found)


def _after_second_call(host: Host, function: Function, hook: Hook) -> Violation | None:
    event = typical_event(function)
    # The event comes twice before: what fails at its repetition does not fail because of /initialize.
    before = [_worked(host.invoke(function, event)) for _ in range(2)]
    if host.instance is None:
        return None
    failed = host.call_hook(hook)[1]
    if failed:
        message = f"The second call of an instance: {failed[0].message}"
        return Violation("initialize-not-repeatable", message, failed[0].place or "second call")
    if all(before) and not _worked(host.invoke(function, event)):
        message = "After a second POST /initialize an event fails that succeeded before."
        return Violation("initialize-not-repeatable", message, "event")
    return None


def _worked(exchange: Exchange) -> bool:
    reply = reply_of(exchange.observed)
    return exchange.outcome.status == "completed" and reply is not None and reply.status < 400


def stops_and_freezes(host: Host, function: Function) -> Iterator[Breach]:
    """Call the declared hooks as the host does, after an event: before the freeze, and before the end."""
    for hook in sorted(host.app.hooks, key=lambda item: item.name):
        if hook.name == "initialize":
            continue
        found = _of_hook(host, function, hook)
        again = found and _of_hook(host, function, hook)
        for violation in again or ():
            yield Breach(violation)


def _of_hook(host: Host, function: Function, hook: Hook) -> tuple[Violation, ...]:
    host.fresh()
    host.invoke(function, typical_event(function))
    with _patient(host, hook.timeout):
        host.live()
        violations = host.call_hook(hook)[1]
    host.stop()
    return violations


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a request to a path showed, without that path and without what differs each time."""

    status: int
    body: bytes
    logs: bytes


def reaches_hooks(host: Host, function: Function) -> Iterator[Breach]:
    """Compare each hook with a path that nobody serves: is it the same code that answers both?"""
    for hook in host.app.hooks:
        if hook.name == "initialize":
            continue
        for _ in range(2):
            host.fresh()
            shadow = _shown(host, _hook_request(host, function, hook, ELSEWHERE), ELSEWHERE)
            own = _shown(host, _hook_request(host, function, hook, f"/{hook.name}"), f"/{hook.name}")
            if shadow is None or own is None or own != shadow or not _telling(own):
                break
        else:
            message = f"GET /{hook.name} gets the answer that any path gets: a catch-all route serves it, not the hook."
            yield Breach(Violation("hook-shadowed", message, f"/{hook.name}"))


def _hook_request(host: Host, function: Function, hook: Hook, path: str) -> HttpRequest:
    """The hook's request, sent to ``path`` with all that names the path."""
    settings = FcSettings(**fc_settings(host.app))
    request = hook_request(settings, function, hook, host.delivery())
    headers = tuple((name, path if value == request.target else value) for name, value in request.headers)
    return replace(request, target=path, headers=headers)


def _shown(host: Host, request: HttpRequest, path: str) -> _Shown | None:
    instance = quiet(host)
    out, err = instance.stdout.total, instance.stderr.total
    connection = instance.connect()
    reply = reply_of(talk(connection, request, host.patience))
    connection.close()
    if not isinstance(reply, HttpReply) or not 200 <= reply.status <= 299:
        return None
    pause(host, LOGS_ARRIVE)
    logs = instance.stdout.since(out) + instance.stderr.since(err)
    return _Shown(reply.status, _masked(reply.body, path), _masked(logs, path))


def _masked(text: bytes, path: str) -> bytes:
    text = text.replace(path.encode(), b"<path>").replace(path.strip("/").encode(), b"<path>")
    for pattern, name in NOISE:
        text = pattern.sub(name, text)
    return text


def _telling(shown: _Shown) -> bool:
    """Does the answer, or the log, have something that a hook of its own would not have by chance?"""
    return SAYS_NOTHING.match(shown.body) is None or INVOKED.search(shown.logs) is not None


def is_healthy(host: Host, function: Function) -> Iterator[Breach]:
    """Send the declared health check; one that fails is repeated after its delay and in a new instance."""
    check = host.app.health_check
    if check is None:
        return
    settings = FcSettings(**fc_settings(host.app))
    delay, limit = _seconds(check.get("initialDelaySeconds"), 0.0), _seconds(check.get("timeoutSeconds"), 1.0)
    found: tuple[Violation, ...] = ()
    for trial in range(2):
        if trial:
            host.fresh()
            pause(host, min(delay, LONGEST_DELAY))
        connection = quiet(host).connect()
        observed = talk(connection, health_check_request(settings, check, host.delivery()), limit + 0.5)
        connection.close()
        found = judge_health_check(check, observed)
        if not found:
            return
    if delay <= LONGEST_DELAY:
        yield from map(Breach, found)


def _seconds(value: object, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else default


FC_LIFECYCLE_PROBES: tuple[Probe, ...] = (
    Probe(
        name="initialize",
        title="Answers POST /initialize",
        rules=("initialize-missing", "initialize-failed"),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(initializes),
        scope="app",
        seconds=330.0,
    ),
    Probe(
        name="initialize-again",
        title="Takes POST /initialize a second time",
        rules=("initialize-not-repeatable",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(initializes_again),
        scope="app",
        seconds=60.0,
    ),
    Probe(
        name="health-check",
        title="Passes its health check",
        rules=("health-check-failed",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(is_healthy),
        scope="app",
        seconds=30.0,
    ),
    Probe(
        name="hook-route",
        title="Has its hooks on routes of their own",
        rules=("hook-shadowed",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(reaches_hooks),
        scope="app",
        seconds=40.0,
    ),
    Probe(
        name="hooks",
        title="Answers its pre-stop and pre-freeze hooks",
        rules=("pre-stop-failed", "pre-freeze-failed"),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(stops_and_freezes),
        scope="app",
        seconds=400.0,
    ),
)
