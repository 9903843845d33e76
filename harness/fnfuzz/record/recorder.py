"""The whole of ``fnfuzz record``: handler, relay and writer started, kept together, and ended as the handler ends."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from fnfuzz.contracts.model import Exit
from fnfuzz.drivers import CannotStart
from fnfuzz.drivers.process import why_not_started
from fnfuzz.record.copying import Copying
from fnfuzz.record.handler import Handler, Signals
from fnfuzz.record.link import RING, Link
from fnfuzz.record.listening import free_port, reserve
from fnfuzz.record.pipes import Pipes
from fnfuzz.record.place import Door, doors_of, handler_command, handler_environment, moved
from fnfuzz.record.relay import Relay
from fnfuzz.record.ring import Kind
from fnfuzz.record.summary import Summary, write_summary

__all__ = ["STRICT_EXIT", "CannotRecord", "Plan", "record"]

STRICT_EXIT: Final = 3
"""How we end when recording failed in strict mode."""

AFTER_EXIT: Final = 0.5
"""Seconds in which what the handler sent before its end still reaches the host."""

GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL for a handler that strict mode ends."""


class CannotRecord(Exception):
    """The user asked for something that cannot be done; the message says what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to record, and how.

    ``sink`` names the function that opens the sink, as ``module:function``, and ``options`` are its arguments. ``port``
    and ``handler_port`` overrule what host and chance choose; ``contract`` says what the handler speaks
    (``azure-stdio`` chooses the line protocol). ``summaries`` is the folder where the summary is written, if any.
    """

    command: tuple[str, ...]
    sink: str
    options: Mapping[str, Any] = field(default_factory=dict)
    port: int | None = None
    handler_port: int | None = None
    contract: str = ""
    strict: bool = False
    largest: int = 16 * 1024 * 1024
    ring: int = RING
    summaries: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def name(self) -> str:
        """Of this recording, among others that write to the same corpus."""
        return f"recording-{self.began:%Y%m%dT%H%M%S}-{os.getpid()}"


def record(plan: Plan, tell: Callable[[Summary], None], progress: Callable[[int], None] | None = None) -> Exit:
    """Run the handler behind the relay until it ends; ``tell`` gets the summary, and how the handler ended is returned.
    ``progress`` is given the number of exchanges in the corpus whenever some were stored.

    Raises CannotRecord and, for a command that the system refuses, ``drivers.CannotStart``.
    """
    doors = _doors(plan)
    with contextlib.ExitStack() as stack:
        signals = stack.enter_context(Signals())
        for door in doors:
            stack.enter_context(_reserved(door))
        try:
            link = _link(plan, lines=not doors)
        except OSError as error:
            stack.close()
            _go_on_without(plan, doors, tell, f"what a recording needs cannot be had: {error.strerror or error}")
        session = _Session(plan, doors, link, signals, progress)
        ended = session.run()
        tell(session.summary)
    return ended


def _link(plan: Plan, *, lines: bool) -> Link:
    """The process that writes. Raises OSError where the system gives no memory or process for it."""
    return Link(
        plan.ring,
        sink=plan.sink,
        options=dict(plan.options),
        contract=plan.contract,
        lines=lines,
        largest=plan.largest,
        summaries=str(plan.summaries or ""),
        name=plan.name,
    )


def _go_on_without(plan: Plan, doors: Sequence[Door], tell: Callable[[Summary], None], why: str) -> NoReturn:
    """The handler in the place of this process, with the ports that the host gave: traffic goes on unrecorded."""
    if plan.strict:
        raise CannotRecord(why)
    summary = Summary()
    summary.tell(f"{why}; the handler goes on, and nothing is recorded")
    tell(summary)
    own = moved(doors, [door.outer for door in doors])
    command, environment = handler_command(plan.command, own), handler_environment(plan.environment, own)
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        raise CannotStart(why_not_started(command, Path.cwd(), environment, error)) from error


def _doors(plan: Plan) -> tuple[Door, ...]:
    """The doors; none for the line protocol."""
    if plan.contract == "azure-stdio":
        return ()
    try:
        doors = doors_of(plan.environment, plan.port)
    except ValueError as error:
        raise CannotRecord(str(error)) from error
    if not doors and plan.contract.startswith("fc-"):
        doors = doors_of({"FC_": "", **plan.environment})
    if not doors and (plan.contract or sys.stdin is None or os.isatty(0)):
        raise CannotRecord(
            "no host has named a port (FUNCTIONS_CUSTOMHANDLER_PORT, FC_CUSTOM_LISTEN_PORT); give one with --port, "
            "or --contract azure-stdio for a handler that reads lines"
        )
    if plan.handler_port is not None and plan.handler_port in {door.outer for door in doors}:
        raise CannotRecord(
            f"the host and the handler cannot both have port {plan.handler_port}; give the host another one "
            "(FC: customRuntimeConfig.port), or let the handler take its port from {port} in its command"
        )
    inner = [free_port() if plan.handler_port is None else plan.handler_port for _ in doors]
    return moved(doors, inner)


@contextlib.contextmanager
def _reserved(door: Door) -> Any:
    try:
        sock = reserve(door.outer)
    except OSError as error:
        raise CannotRecord(
            f"port {door.outer}, on which the host expects the handler, cannot be had: {error.strerror}; "
            "end the program that has it, or give --port"
        ) from error
    with sock:
        yield


class _Session:
    """One recording, from the start of its processes to their end."""

    def __init__(
        self,
        plan: Plan,
        doors: tuple[Door, ...],
        link: Link,
        signals: Signals,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.plan = plan
        self._progress = progress
        self.summary = Summary()
        self._signals = signals
        self._doors = doors
        self._exited = self._failed = self._signalled = False
        command = handler_command(plan.command, doors)
        self._handler = Handler(command, handler_environment(plan.environment, doors), pipes=not doors)
        self._link = link
        self._poller = select.poll()
        for number in (signals.number, self._handler.pidfd, self._link.status):
            self._poller.register(number, select.POLLIN)
        wait = self._wait if doors else _sleep
        self.copying = Copying(self._link.ring, wait, strict=plan.strict)
        self._relay: Relay | None = None

    def run(self) -> Exit:
        """Until the handler has ended."""
        if self.plan.strict:
            self._await_writer()
        if self._doors:
            self._run_relay(Relay(self._doors))
        else:
            self._run_pipes(Pipes(self._handler, self.copying))
        ended = self._handler.reap()
        self.copying.note(Kind.EXIT, 0, str(ended.code).encode())
        self.copying.note(Kind.BYE)
        self.copying.flush()
        self._link.finish()
        self._add_up()
        return Exit(STRICT_EXIT) if self._failed else ended

    # -- what may happen at any time

    def _wait(self, seconds: float) -> bool:
        """Wait without traffic; False when the handler has ended or recording has failed."""
        for number, _ in self._poller.poll(seconds * 1000):
            if number == self._signals.number:
                self._pass_signals()
            elif number == self._link.status:
                self._hear()
            else:
                self._poller.unregister(number)
                self._exited = True
        return not self._exited and not self.copying.broken

    def _pass_signals(self) -> None:
        for number in self._signals.read():
            self._signalled = True
            self._handler.send(number)

    def _hear(self) -> None:
        stored = self._link.stored
        self._link.listen()
        if self._progress is not None and self._link.stored != stored:
            self._progress(self._link.stored)
        if self._link.ended:
            with contextlib.suppress(KeyError):
                self._poller.unregister(self._link.status)
            if self._relay is not None:
                self._relay.unwatch(self._link.status)
            self.copying.fail(self._link.failed or "the process that writes the corpus has ended")
        if self.plan.strict and (self._link.failed or self.copying.broken):
            self._failed = True

    def _note_exit(self) -> None:
        self._exited = True
        if self._relay is not None:
            self._relay.unwatch(self._handler.pidfd)

    def _await_writer(self) -> None:
        while not (self._link.ready or self._failed or self._exited):
            self._wait(1.0)
            self._hear()

    # -- HTTP

    def _run_relay(self, relay: Relay) -> None:
        self._relay = relay
        relay.copying = self.copying
        _allow_many_files()
        relay.watch(self._signals.number, self._pass_signals)
        relay.watch(self._handler.pidfd, self._note_exit)
        if not self._link.ended:
            relay.watch(self._link.status, self._hear)
        while not (self._exited or self._failed):
            relay.turn()
            if relay.bypassed and self.plan.strict:
                self._failed = True
        relay.close_doors()
        if self._failed:
            relay.reset_all()
            self._end_handler()
            return
        until = time.monotonic() + AFTER_EXIT
        relay.turn(0)
        relay.finish_quiet()
        while relay.open and time.monotonic() < until:
            relay.turn(0.01)
            relay.finish_quiet()
        relay.reset_all()

    def _end_handler(self) -> None:
        self._handler.send(15)
        until = time.monotonic() + GRACE
        while not self._handler.ended() and time.monotonic() < until:
            self._poller.poll(50)
            self._pass_signals()
        self._handler.send(9)

    # -- lines

    def _run_pipes(self, pipes: Pipes) -> None:
        pipes.start()
        while not (self._exited or self._failed):
            self._wait(pipes.beat())
        if self._failed:
            pipes.cut()
            self._end_handler()
        pipes.finish(AFTER_EXIT)

    # -- the end

    def _lose(self, sizes: tuple[int, int]) -> None:
        self.summary.lost_bytes += sizes[0]
        self.summary.lost_exchanges += sizes[1]

    def _add_up(self) -> None:
        relay, copying, link = self._relay, self.copying, self._link
        if link.summary is not None:
            self.summary.add(link.summary)
        else:
            self.summary.stored = link.stored
            self._lose(link.unread())
            self.summary.tell(link.failed or "the process that writes the corpus has ended early")
        # What was lost before a later frame went through, the writer has counted.
        self._lose(copying.untold if link.summary is not None else (copying.lost_bytes, copying.lost_exchanges))
        if copying.lost_bytes and not copying.broken:
            self.summary.tell("the writer was too slow, and what waited for it filled the memory that it may take")
        if relay is not None:
            self.summary.mishaps = relay.mishaps
            self.summary.bypassed = 0 if relay.ready else relay.bypassed
            if not (relay.ready or relay.bypassed or self._signalled or self._failed):
                self.summary.tell(_not_listened(self._doors))
        if self.plan.summaries is not None:
            more = {"began": self.plan.began.isoformat(timespec="milliseconds"), "strict": self.plan.strict}
            try:
                write_summary(self.plan.summaries, self.plan.name, self.summary, **more)
            except OSError as error:
                self.summary.tell(f"the summary cannot be written: {error}")


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True


def _not_listened(doors: Sequence[Door]) -> str:
    ports = " or ".join(f"{door.inner} (in place of {door.outer})" for door in doors)
    return (
        f"the handler ended before it listened on port {ports}; if it always takes a port of its own, give that with "
        "--handler-port, and if its command names the port, write {port} there"
    )


def _allow_many_files() -> None:
    """Each connection takes two descriptors of ours, but one of the handler's, which keeps the limit it was given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
