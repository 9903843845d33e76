"""Starts a handler as its host does and decides when it is ready (azure-functions.md 2, alibaba-fc.md 2)."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fnfuzz.app import fill_start_variables
from fnfuzz.app.model import App
from fnfuzz.contracts.model import Exit, HttpRequest, Violation
from fnfuzz.drivers import (
    CannotStart,
    HandlerGone,
    HandlerProcess,
    HttpConnection,
    HttpInstance,
    StdinKind,
    StdioInstance,
)
from fnfuzz.drivers.ports import Holder, Listener, free_port, holders, is_taken, listeners, listens
from fnfuzz.drivers.process import this_run
from fnfuzz.host.environment import environment

__all__ = [
    "Beginning",
    "Launched",
    "PortTaken",
    "StartFailed",
    "accepts",
    "begin",
    "broken",
    "exit_rule",
    "launch",
    "owns",
    "ping",
    "says_in_use",
    "speaks_lines",
    "with_contract",
]

LOOK_EVERY = 0.4
WRONG_FOR = 0.8
"""Seconds: how often the sockets of a handler that is not ready are looked at, and how long it must listen elsewhere to
be told.
"""

RELEASE = 0.5
"""Seconds that the processes of an instance that was killed may take to let go of a fixed port."""

PORT_TRIES = 3
"""So many ports are tried when another program is quicker to take the one that was chosen."""

POLL = 0.005
"""Seconds between two tries to connect; a refused one costs some microseconds."""

PLATFORM_RULES = {
    "azure": {
        "port": "start-port-ignored",
        "address": "start-not-ipv4-loopback",
        "slow": "start-too-slow",
    },
    "fc": {
        "port": "wrong-port",
        "address": "ipv6-only-bind",
        "slow": "port-not-listening",
    },
    "bare": {"port": "", "address": "", "slow": ""},
}
"""No rule where no host is known."""


class StartFailed(Exception):
    """The handler did not become ready. ``violations`` name the rules, ``stderr`` holds its last lines; it is ended
    already.
    """

    def __init__(
        self, message: str, violations: tuple[Violation, ...], *, exit: Exit | None = None, stderr: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.violations = violations
        self.exit = exit
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class Launched:
    """A ready handler; ``seconds`` is how long it took, ``violations`` what it did wrong on the way without failing."""

    instance: HttpInstance | StdioInstance
    port: int
    seconds: float
    violations: tuple[Violation, ...] = ()


def speaks_lines(app: App) -> bool:
    """Is this app driven over stdin and stdout?"""
    if app.own is not None:
        return app.own.lines
    return bool(app.functions) and all(function.contract == "azure-stdio" for function in app.functions)


def launch(
    app: App,
    environ: Mapping[str, str],
    *,
    patience: float = 30.0,
    stdin: StdinKind = "null",
    port: int | None = None,
    remove: tuple[str, ...] = (),
) -> Launched:
    """Start the handler and wait until the host would send its first event.

    ``patience`` bounds the wait in seconds when the host's own limit is longer. ``remove`` takes variables away, for
    probes. Raises StartFailed with the rules broken; nothing is left running then.
    """
    fixed = port or (app.port if app.platform == "azure" else None)
    for _ in range(PORT_TRIES - 1):
        try:
            return _launch_once(app, environ, patience, stdin, fixed or free_port(), remove)
        except StartFailed as failed:
            if fixed or not _lost_its_port(app, failed):
                raise
    return _launch_once(app, environ, patience, stdin, fixed or free_port(), remove)


def _lost_its_port(app: App, failed: StartFailed) -> bool:
    """Did another program take the port between its choice and the handler's start?"""
    if isinstance(failed, PortTaken):
        return failed.port != app.port
    return failed.exit is not None and says_in_use(failed.stderr)


def _launch_once(
    app: App, environ: Mapping[str, str], patience: float, stdin: StdinKind, port: int, remove: tuple[str, ...]
) -> Launched:
    return begin(app, environ, port, stdin=stdin, remove=remove).ready(patience)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A handler whose process was started for ``port`` a moment ago: make it ``ready`` or end it with ``stop``.

    ``taken`` is the app's fixed port, if another program has it.
    """

    app: App
    process: HandlerProcess
    port: int
    taken: int | None

    def ready(self, patience: float) -> Launched:
        """Wait, from now on, until the host would send its first event. Raises StartFailed; the process is ended
        then.
        """
        if speaks_lines(self.app):
            return Launched(StdioInstance(self.process), 0, 0.0)
        try:
            return _await_ready(self.app, self.process, self.port, self.taken, patience)
        except BaseException:
            self.process.stop()
            raise

    def stop(self) -> None:
        """End it and everything that it started."""
        self.process.stop()


def begin(
    app: App, environ: Mapping[str, str], port: int, *, stdin: StdinKind = "null", remove: tuple[str, ...] = ()
) -> Beginning:
    """Start the process and wait for nothing. Raises StartFailed when that is refused."""
    env = environment(app, port, environ)
    for name in remove:
        env.pop(name, None)
    lines = speaks_lines(app)
    taken = app.port if app.port and _stays_taken(app.port) else None
    if taken == port:
        # What answers there is the other program, whatever the handler does; the host itself refuses to start
        # (azure-functions.md 1).
        raise PortTaken(taken)
    try:
        command = fill_start_variables(app.command, env)
        process = HandlerProcess(
            command, cwd=app.cwd, env=env, stdin="pipe" if lines else stdin, capture_stdout=not lines
        )
    except CannotStart as error:
        raise StartFailed(str(error), broken(Violation(missing_rule(app), str(error)))) from error
    return Beginning(app, process, port, taken)


def _stays_taken(port: int) -> bool:
    """Is the port taken for longer than an instance that was killed a moment ago can hold it?"""
    deadline = time.monotonic() + RELEASE
    while is_taken(port):
        ours = any(item.run and item.run == this_run() for item in holders(port))
        if not ours or time.monotonic() > deadline:
            return True
        time.sleep(0.02)
    return False


def owns(process: HandlerProcess, port: int) -> bool:
    """Is it this handler, or something that it started, that listens on ``port``?

    False only for the handler of another fnfuzz: what else has the port now, and had it not before, may be the
    handler's container.
    """
    return listens(process.pid, port) or not any(item.run for item in _strangers(process, port))


def _strangers(process: HandlerProcess, port: int) -> tuple[Holder, ...]:
    """Who listens on ``port`` when it is certainly not this handler."""
    found = holders(port)
    own = any(item.instance in (None, process.instance_id) or item.session == process.pid for item in found)
    return () if own else found


def missing_rule(app: App) -> str:
    """The rule that a command breaks which the operating system refuses."""
    if app.own is not None:
        return ""
    return "start-file-missing" if app.platform == "fc" else "start-exec-missing"


def _await_ready(app: App, process: HandlerProcess, port: int, taken: int | None, patience: float) -> Launched:
    began = time.monotonic()
    limit = min(patience, app.start_timeout)
    candidates = [port] + ([app.port] if app.platform == "fc" and app.port and app.port != port and not taken else [])
    look_at, wrong_since = began + LOOK_EVERY, 0.0
    while True:
        for candidate in tuple(candidates):
            if not accepts(candidate):
                continue
            if owns(process, candidate):
                return _accepted(app, process, candidate, began, patience)
            if candidate == port:
                raise PortTaken(candidate)
            taken = candidate
            candidates.remove(candidate)
        now = time.monotonic()
        process.wait_for(now + POLL)
        if process.check_exit() is not None:
            raise _exited(app, process, taken)
        if now >= look_at:
            look_at = now + LOOK_EVERY
            elsewhere = listeners(process.pid)
            if taken and any(item.port == taken for item in elsewhere) and accepts(taken):
                # The other program let go of it in the meantime.
                return _accepted(app, process, taken, began, patience)
            wrong_since = (wrong_since or now) if elsewhere else 0.0
            if elsewhere and now - wrong_since >= WRONG_FOR:
                raise _listens_elsewhere(app, process, port, elsewhere)
        if now - began > limit:
            raise _insists(app, process, taken) or _never_ready(app, process, port, now - began)


def accepts(port: int) -> bool:
    """Does a TCP connect to 127.0.0.1:port succeed? The connection is closed at once, without a byte."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _accepted(app: App, process: HandlerProcess, port: int, began: float, patience: float) -> Launched:
    instance = HttpInstance(process, port)
    if app.platform == "azure":
        try:
            violation = ping(instance, min(patience, app.start_timeout))
        except HandlerGone as gone:
            raise _exited(app, process, None) from gone
        if violation is not None:
            raise failure(process, violation)
    return Launched(instance, port, time.monotonic() - began)


def ping(instance: HttpInstance, patience: float) -> Violation | None:
    """The host's readiness request: ``GET /`` without headers of its own; any HTTP answer will do (azure-functions.md
    2).
    """
    request = HttpRequest("GET", "/", (("Host", f"127.0.0.1:{instance.port}"),))
    connection = HttpConnection(instance.process, instance.port)
    observed = connection.exchange(request.to_bytes(), "GET", patience)
    connection.close()
    if observed.exit is not None:
        return Violation(
            "start-ping-crash", f"the process ended on the readiness request GET / ({observed.exit})", "GET /"
        )
    if observed.timed_out:
        return Violation("start-ping-hang", f"GET / was not answered within {patience:g} s", "GET /")
    # The host takes any other failure of this request for ready; what is wrong with the answers shows with the first
    # event.
    return None


def failure(process: HandlerProcess, violation: Violation) -> StartFailed:
    """End the process and tell what it said last."""
    process.stop()
    lines = tuple(process.stderr.last_lines(6) or process.stdout.last_lines(6))
    return StartFailed(violation.message, broken(violation), exit=process.exit, stderr=lines)


def broken(violation: Violation) -> tuple[Violation, ...]:
    """The violation, unless it is of no rule: on a user's own contract nothing is known of starts."""
    return (violation,) if violation.rule else ()


def _exited(app: App, process: HandlerProcess, taken: int | None) -> StartFailed:
    process.wait_exit(0.1)
    exited = process.exit or Exit(0)
    message = f"the process ended before it listened ({exited})"
    return _insists(app, process, taken) or failure(process, Violation(exit_rule(app, exited), message, str(exited)))


def exit_rule(app: App, exited: Exit) -> str:
    """The rule that a handler breaks whose process ends before it got an event; empty where there is none."""
    if app.own is not None:
        return ""
    if speaks_lines(app):
        return "line-exit-mid-request"
    if app.platform == "fc":
        return "exit-before-ready"
    return "proc-exit-zero" if exited.code == 0 else "proc-crash-loop"


def _insists(app: App, process: HandlerProcess, taken: int | None) -> PortTaken | None:
    """What to tell of a handler that says that its port is in use, if another program has it."""
    said = process.stderr.last_lines(30) + process.stdout.last_lines(30)
    if not app.port or not says_in_use(said) or not (taken or _strangers(process, app.port)):
        return None
    told = PortTaken(app.port, exit=process.exit, stderr=tuple(process.stderr.last_lines(6)))
    process.stop()
    return told


def says_in_use(lines: Sequence[str]) -> bool:
    """Do these words of a handler mean that its port is taken?"""
    said = " ".join(lines).lower()
    return "in use" in said or "eaddrinuse" in said


class PortTaken(StartFailed):
    """The port that the handler insists on belongs to another program; not the handler's fault.

    ``by_fnfuzz``: that program is a handler too, of another run, and will let go of it some day.
    """

    def __init__(self, port: int, *, exit: Exit | None = None, stderr: tuple[str, ...] = ()) -> None:
        found: tuple[Holder, ...] = holders(port)
        self.port = port
        self.by_fnfuzz = any(item.run for item in found)
        who = str(found[0]) if found else "another program"
        message = (
            f"port {port} is taken by {who}, and the handler insists on it; end that program, "
            f"or let the handler read its port from the environment"
        )
        super().__init__(message, (), exit=exit, stderr=stderr)


def _listens_elsewhere(app: App, process: HandlerProcess, port: int, found: tuple[Listener, ...]) -> StartFailed:
    rules = PLATFORM_RULES[app.platform]
    same = [item for item in found if item.port == port]
    where = ", ".join(f"{item.address}:{item.port}" for item in (same or found))
    if same:
        message = f"listens on {where}, where the host, which calls 127.0.0.1:{port}, cannot reach it"
        rule = (
            "loopback-only"
            if app.platform == "fc" and all(item.address == "::1" for item in same)
            else rules["address"]
        )
        return failure(process, Violation(rule, message, "listen address"))
    variable = "FC_CUSTOM_LISTEN_PORT or FC_SERVER_PORT" if app.platform == "fc" else "FUNCTIONS_CUSTOMHANDLER_PORT"
    if app.own is not None:
        variable = " or ".join(app.own.ports)
    message = f"listens on {where} instead of port {port}, which {variable} named"
    return failure(process, Violation(rules["port"], message, "port"))


def _never_ready(app: App, process: HandlerProcess, port: int, seconds: float) -> StartFailed:
    rule = PLATFORM_RULES[app.platform]["slow"]
    message = f"nothing listens on port {port} after {seconds:.0f} s, and the process is still running"
    if seconds >= app.start_timeout:
        return failure(process, Violation(rule, f"{message}; the host gives up after {app.start_timeout:g} s", "port"))
    # The host would still wait, so this is no rule broken yet.
    process.stop()
    message += f"; the host would wait {app.start_timeout:g} s, and so does --start-patience {app.start_timeout:g}s"
    return StartFailed(message, (), exit=process.exit, stderr=tuple(process.stderr.last_lines(6)))


def with_contract(app: App, contract: str) -> App:
    """The same app with every function on ``contract``."""
    # The caller checked the word.
    return replace(app, functions=tuple(replace(item, contract=contract) for item in app.functions))  # type: ignore[arg-type]
