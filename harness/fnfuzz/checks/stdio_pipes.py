"""Pipes hold 64 KiB: what a handler does when one of them is not emptied for a while (azure-functions.md 8.2)."""

from __future__ import annotations

import select
from collections.abc import Iterator

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, nonce, patience, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.stdio_experiment import both_times, fresh_channel, line_of, sized_event
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.host.session import Host

__all__ = ["PIPE_PROBES"]

PIPE = 64 * 1024
WITHOUT_READING = 8
"""Requests in a row during which nobody reads stderr."""

LARGE = 1024 * 1024


@unless_gone
def answers_while_its_log_waits(host: Host, function: Function) -> Iterator[Breach]:
    """Some requests are answered though nobody reads stderr meanwhile."""
    host.fresh()
    before = host.lines.stderr.total
    if failed(host.invoke(function, typical_event(function))) or failed(host.invoke(function, typical_event(function))):
        return
    logged = (host.lines.stderr.total - before) // 2
    if logged * WITHOUT_READING <= PIPE:
        return
    at = both_times(lambda: _stuck(host, function))
    if at is not None:
        message = (
            f"Request {at} got no answer while nobody read stderr, to which the handler writes about {logged} bytes "
            f"for each request; the answer came as soon as stderr was read."
        )
        yield Breach(Violation("line-backpressure", message, "stderr"))


def _stuck(host: Host, function: Function) -> int | None:
    """The number of the request that was answered only when stderr was read again."""
    channel = fresh_channel(host)
    process = host.lines.process
    line = line_of(host, function, typical_event(function))
    limit = patience(host, function)
    answered = 0
    with process.unread_stderr():
        while answered < WITHOUT_READING and channel.write_only(line, limit) and channel.read_lines(1, limit):
            answered += 1
    stuck = answered < WITHOUT_READING and bool(channel.read_lines(1, limit))
    host.stop()
    return answered + 1 if stuck else None


@unless_gone
def takes_a_large_line_whole(host: Host, function: Function) -> Iterator[Breach]:
    """A large line is read to its end though nobody reads stdout meanwhile."""
    event = sized_event(function, nonce(f"{function.name} large"), LARGE)
    line = line_of(host, function, event)
    if len(line) < LARGE:
        return
    host.fresh()
    usual = host.invoke(function, event)
    if failed(usual):
        return
    limit = patience(host, function, usual.observed.elapsed)

    def trial() -> bool | None:
        channel = fresh_channel(host)
        taken = channel.write_only(line, limit)
        waiting = _readable(channel.process.stdout_fd) and channel.process.check_exit() is None
        host.stop()
        return True if waiting and not taken else None

    if both_times(trial):
        message = (
            f"The handler writes before it has read the whole line, and then reads no further until somebody reads its "
            f"stdout: a host that writes the {len(line)} bytes first waits for ever."
        )
        yield Breach(Violation("line-backpressure", message, "stdout"))


def _readable(number: int) -> bool:
    poller = select.poll()
    poller.register(number, select.POLLIN)
    return bool(poller.poll(0))


PIPE_PROBES = (
    Probe(
        name="stdio-log-unread",
        title="requests are answered while nobody reads stderr",
        rules=("line-backpressure",),
        contracts=("azure-stdio",),
        run=answers_while_its_log_waits,
        scope="app",
        slow=True,
        seconds=30.0,
    ),
    Probe(
        name="stdio-answer-unread",
        title="a large line is read to its end before anything is answered",
        rules=("line-backpressure",),
        contracts=("azure-stdio",),
        run=takes_a_large_line_whole,
        scope="app",
        slow=True,
        seconds=30.0,
    ),
)
