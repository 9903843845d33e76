"""Finds out by trying which contract a handler speaks, where its files leave that open (docs/design.md, contracts).

The handler gets a free port in every variable that the hosts use, a different one for each host, and a standard input
that stays open.
Where it listens tells the host; when it does not listen, one request line is written, and a JSON line back means the
line protocol.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Mapping
from dataclasses import replace

import orjson

from fnfuzz.app import fill_start_variables
from fnfuzz.app.model import App, ContractId, Function
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.model import Delivery, HttpReply
from fnfuzz.drivers import CannotStart, HandlerGone, HandlerProcess, HttpConnection
from fnfuzz.drivers.ports import free_port, is_taken, listeners
from fnfuzz.events import RawEvent
from fnfuzz.host.environment import azure_environment, fc_environment
from fnfuzz.host.launch import StartFailed, accepts, owns, with_contract

__all__ = ["settle"]

LISTEN_FIRST = 0.5
"""Seconds that a handler gets to listen before a line is written to it."""

FILES_PATIENCE = 8.0
LINE = b'{"method":"GET","url":"/","headers":{},"query":{},"body":null}\n'
FC_DEFAULT_PORT = 9000
MAX_OUTPUT = 1024 * 1024


def settle(app: App, environ: Mapping[str, str] | None = None, *, patience: float = 15.0) -> App:
    """The app with every function's contract known. Starts the handler once and ends it again when that is needed.

    ``patience`` in seconds; where files name a host, eight are enough, because its own start waits as long as it takes.

    Raises StartFailed when the handler ends or does nothing at all, and says then what was tried.
    """
    if not open_question(app):
        return app
    environ = dict(os.environ if environ is None else environ)
    azure, fc = app.port if app.platform == "azure" and app.port else free_port(), free_port()
    env = {**environ, **app.settings, **fc_environment(app, fc), **azure_environment(app, azure)}
    fixed_free = not is_taken(app.port or FC_DEFAULT_PORT)
    try:
        process = HandlerProcess(
            fill_start_variables(app.command, env), cwd=app.cwd, env=env, stdin="pipe", capture_stdout=False
        )
    except CannotStart as error:
        if app.platform != "bare":
            # The real start says it by the rules of the host that the files name.
            return replace(app, settled=True)
        raise StartFailed(str(error), ()) from error
    try:
        ports = {azure: "azure", fc: "fc"} | ({app.port or FC_DEFAULT_PORT: "fc"} if fixed_free else {})
        return _try(app, process, ports, patience if app.platform == "bare" else min(patience, FILES_PATIENCE))
    finally:
        process.stop()


def open_question(app: App) -> bool:
    """Is there anything to find out?"""
    if app.platform == "azure":
        return bool(app.functions) and not app.settled and any(item.contract != "azure-stdio" for item in app.functions)
    # Files that declare triggers leave nothing open; a lone bootstrap or command does.
    return not app.settled and (
        app.platform == "bare" or all(item.form == "raw" and not item.trigger_name for item in app.functions)
    )


def _try(app: App, process: HandlerProcess, ports: Mapping[int, str], patience: float) -> App:
    began = time.monotonic()
    written = False
    output = b""
    elsewhere_at = 0.0
    while time.monotonic() - began < patience:
        for port, platform in ports.items():
            if accepts(port) and (platform == "azure" or owns(process, port)):
                return _listens(app, process, port, platform)
        output = (output + _read_for(process, 0.02))[-MAX_OUTPUT:]
        if written and b"\n" in output:
            answer = next((line for line in output.split(b"\n") if _is_answer(line)), None)
            if answer is not None:
                return _speaks_lines(app)
        if process.check_exit() is not None:
            break
        if elsewhere_at and time.monotonic() - elsewhere_at > LISTEN_FIRST:
            break
        if written and not elsewhere_at and listeners(process.pid):
            elsewhere_at = time.monotonic()
        if not written and time.monotonic() - began > LISTEN_FIRST:
            with contextlib.suppress(OSError):
                os.write(process.stdin_fd, LINE)
            written = True
    return _undecided(app, process, written, time.monotonic() - began)


def _read_for(process: HandlerProcess, seconds: float) -> bytes:
    process.poller.register(process.stdout_fd, select.POLLIN)
    try:
        if process.stdout_fd in process.wait_for(time.monotonic() + seconds):
            return os.read(process.stdout_fd, 65536)
    except (BlockingIOError, OSError):
        pass
    finally:
        process.poller.unregister(process.stdout_fd)
    return b""


def _is_answer(line: bytes) -> bool:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and any(name.lower() in ("status", "statuscode", "body") for name in value)


def _speaks_lines(app: App) -> App:
    reason = f"{app.reason}; it does not listen but answers a line of JSON on stdout: azure-stdio"
    if app.platform == "azure":
        return replace(with_contract(app, "azure-stdio"), reason=reason, settled=True)
    functions = (
        Function(name=app.name, trigger="http", contract="azure-stdio", methods=("GET", "POST"), route="{*path}"),
    )
    return replace(app, functions=app.functions or functions, reason=reason, platform="bare", settled=True)


def _listens(app: App, process: HandlerProcess, port: int, platform: str) -> App:
    if app.platform == "azure":
        return replace(app, settled=True)
    if platform == "azure":
        functions = (_function(app, "azure-forward", "http", route="{*path}", route_prefix=""),)
        reason = f"{app.reason}; it listens on FUNCTIONS_CUSTOMHANDLER_PORT: Azure, plain HTTP taken (azure-forward)"
        return replace(app, functions=functions, platform="azure", reason=reason, settled=True, start_timeout=30.0)
    contract: ContractId = "fc-event" if _takes_invoke(app, process, port) else "fc-web"
    why = (
        "POST /invoke is answered" if contract == "fc-event" else "POST /invoke is not routed, so it serves plain HTTP"
    )
    trigger = "raw" if contract == "fc-event" else "http"
    functions = (_function(app, contract, trigger, route="", route_prefix=""),)
    reason = f"{app.reason}; it listens on port {port} as Function Compute wants, and {why}: {contract}"
    fixed = app.port or (port if port == FC_DEFAULT_PORT else None)
    return replace(
        app, functions=functions, platform="fc", reason=reason, port=fixed, settled=True, start_timeout=120.0
    )


def _function(app: App, contract: ContractId, trigger: str, *, route: str, route_prefix: str) -> Function:
    timeout = app.functions[0].timeout if app.functions else (60.0 if contract.startswith("fc") else 1800.0)
    form = "raw" if trigger == "raw" else ""
    return Function(
        name=app.name,
        trigger=trigger,
        contract=contract,
        route=route,
        route_prefix=route_prefix,
        form=form,
        timeout=timeout,
    )


def _takes_invoke(app: App, process: HandlerProcess, port: int) -> bool:
    function = _function(app, "fc-event", "raw", route="", route_prefix="")
    request = contracts_for(app)["fc-event"].encode(
        function, RawEvent(body=b"{}"), Delivery(port=port, framing="length")
    )
    connection = HttpConnection(process, port)
    try:
        observed = connection.exchange(request.to_bytes(), "POST", 5.0)
    except HandlerGone:
        # The real start meets the same end and tells it.
        return False
    connection.close()
    reply = observed.reply
    if not isinstance(reply, HttpReply):
        return False
    # One that refuses the event by 404 says so in a header of the contract.
    return reply.status not in (404, 405, 501) or reply.header("x-fc-status") is not None


def _undecided(app: App, process: HandlerProcess, written: bool, seconds: float) -> App:
    if app.platform != "bare":
        # The real start tells what is wrong, by the rules of the host that the files name.
        return replace(app, settled=True)
    if process.exit is not None:
        said = (
            f"the process ended by itself ({process.exit}) before it listened on a port it was given or answered a line"
        )
        raise _nothing_known(process, said)
    found = listeners(process.pid)
    if found:
        where = ", ".join(f"{item.address}:{item.port}" for item in found)
        message = (
            f"it listens on {where}, not on a port that a host named; "
            "read FUNCTIONS_CUSTOMHANDLER_PORT or FC_SERVER_PORT, or name the contract with --contract"
        )
    else:
        tried = " and did not answer a line of JSON on stdin" if written else ""
        message = (
            f"in {seconds:.0f} s the handler listened on no port{tried}; "
            "name the contract with --contract to see what that host says"
        )
    raise _nothing_known(process, message)


def _nothing_known(process: HandlerProcess, message: str) -> StartFailed:
    """No host is known yet whose rule could be broken, so this is a message and no finding."""
    process.stop()
    lines = tuple(process.stderr.last_lines(6))
    return StartFailed(message, (), exit=process.exit, stderr=lines)
