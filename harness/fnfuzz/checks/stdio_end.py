"""The end of input, and lines that are no requests (azure-functions.md 8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, patience, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.stdio_experiment import answer, line_of, members
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.fc_traceback import exception_name, reports_failure
from fnfuzz.contracts.model import Violation
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["END_PROBES"]

GRACE = 2.0
"""Seconds from the end of input to the end of the process (azure-functions.md 8.1)."""

BAD_LINES = (
    ("an empty line", b""),
    ("a malformed line", b'{"method":"POST","url":'),
    ("a line that is not UTF-8", b'{"url":"\xff\xfe"}'),
    ("a line that is no object", b"null"),
)
HUGE = 1024 * 1024
REACTION = 0.1
SLOWEST_REACTION = 3.0
TRACE_LINES = 60


@unless_gone
def ends_with_its_input(host: Host, function: Function) -> Iterator[Breach]:
    """When stdin closes, the handler ends in time, with status 0, and prints nothing more."""
    first = _at_the_end(host, function)
    if first:
        again = {found.rule for found in _at_the_end(host, function)}
        yield from (Breach(found) for found in first if found.rule in again)


def _at_the_end(host: Host, function: Function) -> list[Violation]:
    host.fresh()
    if failed(host.invoke(function, typical_event(function))):
        return []
    process = host.lines.process
    printed = host.lines.channel.finish(GRACE).strip()
    exited = process.check_exit()
    host.stop()
    found = []
    if exited is None:
        message = f"The process still ran {GRACE:g} s after its stdin was closed."
        found.append(Violation("line-exit-late", message))
    elif exited.code != 0:
        message = f"After its stdin was closed the process ended with {exited}."
        found.append(Violation("line-exit-nonzero", message, str(exited)))
    if printed:
        shown = printed[:80].decode("utf-8", "backslashreplace")
        found.append(Violation("line-output-at-exit", f"After its stdin was closed the handler printed {shown!r}."))
    return found


@unless_gone
def survives_bad_lines(host: Host, function: Function) -> Iterator[Breach]:
    """Lines that are no requests are answered or refused, and the next request is answered as ever."""
    host.fresh()
    usual = host.invoke(function, typical_event(function))
    if failed(usual):
        return
    for kind, line in (*BAD_LINES, ("a line of 1 MiB", _huge(usual))):
        first = _behind(host, function, usual, kind, line)
        if not first:
            continue
        host.fresh()
        again = {(found.rule, found.place) for found in _behind(host, function, usual, kind, line)}
        yield from (Breach(found) for found in first if (found.rule, found.place) in again)
        host.stop()
    host.stop()


def _huge(usual: Exchange) -> bytes:
    return orjson.dumps({**members(usual.request.to_bytes()), "body": "x" * HUGE})


def _behind(host: Host, function: Function, usual: Exchange, kind: str, line: bytes) -> list[Violation]:
    """Which rules the handler breaks when ``line`` comes and then a good request."""
    host.live()
    channel, process = host.lines.channel, host.lines.process
    limit = patience(host, function, usual.observed.elapsed)
    channel.read_lines(TRACE_LINES, 0.0)
    reaction = min(limit, SLOWEST_REACTION, max(REACTION, 10 * usual.observed.elapsed, len(line) / HUGE))
    channel.write_only(line + b"\n", limit)
    said = channel.read_lines(1, reaction)
    if said and not members(said[0]):
        said += channel.read_lines(TRACE_LINES, REACTION)
    found = list(_trace(said, kind))
    channel.write_only(line_of(host, function, usual.event), limit)
    wanted = members(answer(usual)).get("status")
    for _ in range(2):
        # An answer to the bad line may have taken its time.
        lines = channel.read_lines(1, limit)
        if any(members(item).get("status") == wanted for item in lines):
            return found
        if not lines:
            break
    exited = process.wait_exit(0.5)
    what = f"the process ended ({exited})" if exited else "the next good request got no good answer"
    found.append(Violation("line-die-on-bad-input", f"After {kind} {what}.", kind))
    return found


def _trace(said: list[bytes], kind: str) -> Iterator[Violation]:
    text = b"\n".join(said)
    if said and not any(members(line) for line in said) and reports_failure(text) is not None:
        message = f"To {kind} the handler printed a stack trace on stdout in place of an answer with an error status."
        yield Violation("line-error-not-500", message, exception_name(text))


END_PROBES = (
    Probe(
        name="stdio-bad-lines",
        title="malformed, empty and huge lines do no harm to the requests behind them",
        rules=("line-die-on-bad-input", "line-error-not-500"),
        contracts=("azure-stdio",),
        run=survives_bad_lines,
        scope="app",
        seconds=60.0,
    ),
    Probe(
        name="stdio-end",
        title="the handler ends in silence, in time and with status 0 when stdin closes",
        rules=("line-exit-nonzero", "line-exit-late", "line-output-at-exit"),
        contracts=("azure-stdio",),
        run=ends_with_its_input,
        scope="app",
        slow=True,
    ),
)
