"""Experiments on the life of an Azure handler's process: exits, kills, restarts, stdin (azure-functions.md 2)."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import deliver, failed, launched, patience, start_patience, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Exit, Violation
from fnfuzz.drivers import HandlerGone, HttpInstance, StdinKind
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.launch import StartFailed, accepts, launch
from fnfuzz.host.session import Host

__all__ = ["PROCESS_PROBES"]

IDLE = 0.1
"""Seconds of idleness after an answer in which a handler must stay up."""

ERRORS = 3
"""Worker errors after which the host gives up."""

RESTART_CODE = 200


def stays_up(host: Host, function: Function) -> Iterator[Breach]:
    """After an answered event the process goes on living."""
    shown = _exits_after_answer(host, function)
    if shown is None:
        return
    exchange, gone = shown
    for _ in range(ERRORS - 1):
        again = _exits_after_answer(host, function)
        if again is None or again[1] != gone:
            return
    yield Breach(_exit_breach(gone), exchange)


def _exits_after_answer(host: Host, function: Function) -> tuple[Exchange, Exit] | None:
    exchange = deliver(host, function, typical_event(function))
    if failed(exchange) or host.instance is None:
        return None
    gone = host.http.process.wait_exit(IDLE)
    if gone is None:
        return None
    host.stop()
    return exchange, gone


def _exit_breach(gone: Exit) -> Violation:
    when = "by itself after an answered event"
    if gone.code == 0:
        return Violation(
            "proc-exit-zero",
            f"The process ends {when} with exit code 0; the host never restarts it.",
            "after the answer",
        )
    if gone.code == RESTART_CODE:
        return Violation(
            "proc-exit-200", f"The process ends {when} with exit code 200; the host restarts it.", "after the answer"
        )
    message = f"The process ends {when} ({gone}); after the third time the host shuts down."
    return Violation("proc-crash-loop", message, "after the answer")


def binds_again(host: Host, function: Function) -> Iterator[Breach]:
    """Kill the process while the host's connections are open and start it on the same port."""
    if host.app.port is not None:
        return
    message = ""
    for _ in range(2):
        message = _restarted_on_same_port(host, function)
        host.stop()
        host.port = 0
        if not message or not _starts(host):
            return
    yield Breach(Violation("proc-port-not-reusable", message, "restart"))


def _restarted_on_same_port(host: Host, function: Function) -> str:
    """What went wrong, or an empty text."""
    deliver(host, function, typical_event(function))
    host.live()
    process, port = host.http.process, host.http.port
    idle = host.http.connect()
    idle.open_silent()
    process.kill_alone()
    process.wait_exit(2.0)
    orphaned = accepts(port)
    try:
        started = launch(host.app, host.environ, patience=start_patience(host), port=port)
    except StartFailed as error:
        said = f" ({error.stderr[-1]})" if error.stderr else ""
        return f"Started again on its port right after a kill, the handler fails: {error.message}{said}."
    finally:
        idle.close()
    assert isinstance(started.instance, HttpInstance)
    gone = started.instance.process.wait_exit(1.0) if orphaned else None
    started.instance.stop()
    if gone is None:
        return ""
    return f"A process that the handler started outlives the kill and keeps the port: the restarted one ends ({gone})."


def _starts(host: Host) -> bool:
    try:
        with launched(host):
            return True
    except StartFailed:
        return False


def survives_kill(host: Host, function: Function) -> Iterator[Breach]:
    """Kill it in the middle of an event; what worked before must work after a restart."""
    event = typical_event(function)
    usual = deliver(host, function, event)
    if failed(usual) or failed(deliver(host, function, event)):
        return
    _kill_in_flight(host, function, usual.observed.elapsed)
    host.port = 0
    if not _restarts(host) and not _restarts(host):
        yield Breach(
            Violation(
                "proc-state-after-kill",
                "Killed in the middle of an event, the handler does not start any more.",
                "start",
            )
        )
        return
    for _ in range(2):
        after = deliver(host, function, event)
        if not failed(after):
            return
        host.fresh()
    message = (
        "Killed in the middle of an event and started again, the handler fails on an event that it could handle before."
    )
    yield Breach(Violation("proc-state-after-kill", message, "event"), after)


def _kill_in_flight(host: Host, function: Function, usual: float) -> None:
    host.live()
    connection = host.http.connect()
    connection.open_silent()
    connection.send_only(host.encode(function, typical_event(function), host.delivery()).to_bytes())
    host.http.process.wait_for(time.monotonic() + min(usual / 2, 0.05))
    host.stop()
    connection.close()


def _restarts(host: Host) -> bool:
    try:
        host.fresh()
    except StartFailed:
        return False
    return True


def ignores_stdin(host: Host, function: Function) -> Iterator[Breach]:
    """With a stdin that stays open and silent, as under a terminal, the handler works as with an empty one."""
    host.live()
    message = ""
    for _ in range(2):
        message = _trouble_with_open_stdin(host, function)
        if not message or _trouble(host, function, "null"):
            return
    yield Breach(Violation("proc-hang-on-stdin", message, "stdin"))


def _trouble_with_open_stdin(host: Host, function: Function) -> str:
    trouble = _trouble(host, function, "open")
    return f"With an open, silent stdin {trouble}; with an empty one it works." if trouble else ""


def _trouble(host: Host, function: Function, stdin: StdinKind) -> str:
    try:
        with launched(host, stdin=stdin) as instance:
            request = host.encode(function, typical_event(function), host.delivery())
            observed = instance.exchange(request, patience(host, function))
    except StartFailed:
        return "the handler never becomes ready"
    except HandlerGone:
        return "the handler ends"
    return "an event is never answered" if observed.timed_out else ""


PROCESS_PROBES = (
    Probe(
        name="stays-up",
        title="Stays up after an answer",
        rules=("proc-exit-zero", "proc-exit-200", "proc-crash-loop"),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(stays_up),
    ),
    Probe(
        name="stdin",
        title="Does not wait on stdin",
        rules=("proc-hang-on-stdin",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(ignores_stdin),
        scope="app",
        slow=True,
        seconds=40.0,
    ),
    Probe(
        name="same-port",
        title="Starts again on the same port right after a kill",
        rules=("proc-port-not-reusable",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(binds_again),
        scope="app",
        slow=True,
        seconds=30.0,
    ),
    Probe(
        name="kill",
        title="Works again after a kill in the middle of an event",
        rules=("proc-state-after-kill",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(survives_kill),
        slow=True,
        seconds=60.0,
    ),
)
