"""Plays the host for one app: keeps one instance alive, sends events, concludes what the host would conclude."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType

from fnfuzz.app.model import App, Function, Hook
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_lifecycle import hook_request, judge_hook
from fnfuzz.contracts.model import Delivery, Exit, Fault, Observed, Reply, Request, Violation
from fnfuzz.drivers import HandlerGone, HttpInstance, Instance, StdioInstance, Work
from fnfuzz.drivers.ports import is_taken
from fnfuzz.events import Event, HttpEvent, Pairs
from fnfuzz.frozen import quick_dataclass
from fnfuzz.host.exchange import Answer, Exchange
from fnfuzz.host.launch import Launched, PortTaken, StartFailed, broken, exit_rule, launch
from fnfuzz.host.spare import NoSpare, Spare
from fnfuzz.rules import RULES

__all__ = ["Host"]

TURN_PATIENCE = 30.0
"""Seconds to wait for a fixed port that the handler of another fnfuzz run holds."""

LAST_WORDS = 0.5
"""Seconds that a process may take to end after it wrote to stderr with nothing to do."""

LOG_WAIT = 0.02
LEAST_LOG_WAIT = 0.001


@quick_dataclass(frozen=True)
class Ready:
    """A request that was encoded ahead."""

    instance: Instance
    function: Function
    event: Event
    delivery: Delivery
    request: Request
    data: bytes
    """The request as it goes over the wire."""

    def fits(self, instance: Instance, function: Function, event: Event) -> bool:
        """Is it the one for this event on this instance?"""
        return self.event is event and self.function is function and self.instance is instance


class Host:
    """One app and its live instance. Not thread-safe; use as a context manager, so that nothing is left running.

    ``patience`` (seconds) bounds the wait for one answer where the host's own limit is longer; ``start_patience``
    likewise for the start. ``limits`` are other patiences, by function. ``headers`` are those of HTTP events that do
    not have them, by function, under an empty name those of all functions that are not named.
    Every method that starts an instance raises StartFailed.
    """

    def __init__(
        self,
        app: App,
        *,
        patience: float = 10.0,
        start_patience: float = 30.0,
        environ: Mapping[str, str] | None = None,
        limits: Mapping[str, float] | None = None,
        headers: Mapping[str, Pairs] | None = None,
    ) -> None:
        self.app = app
        self.limits = dict(limits or {})
        self.headers = dict(headers or {})
        self.patience = patience
        self.start_patience = start_patience
        self.environ = dict(os.environ if environ is None else environ)
        self.contracts = contracts_for(app)
        self.instance: HttpInstance | StdioInstance | None = None
        self.port = 0
        self.starts = 0
        self.exchanges = 0
        self.start_seconds = 0.0
        self.start_violations: tuple[Violation, ...] = ()
        self.late: Exchange | None = None
        """The exchange after whose answer an instance ended by itself, or sent more, judged with that; found out when
        the next event was to be sent. Whoever reports it takes it away."""

        self._spare = Spare(app, self.environ)
        self._replaced = False
        """Was an instance replaced, so that the next one may be wanted soon?"""

        self._ready: Ready | None = None
        self._last: Answer | None = None
        self._last_words = 0
        """From which position of stderr on the last words of a process may be, as the last exchange left it."""

        self._number = 0
        self._log_wait = LOG_WAIT
        self._ids = _invocation_ids()

    def __enter__(self) -> Host:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def http(self) -> HttpInstance:
        """The live instance of an HTTP contract, for probes."""
        assert isinstance(self.instance, HttpInstance)
        return self.instance

    @property
    def lines(self) -> StdioInstance:
        """The live instance of the line protocol, for probes."""
        assert isinstance(self.instance, StdioInstance)
        return self.instance

    def start(self) -> Launched:
        """Start an instance as the host does: process, readiness, declared initializer. An older one is ended first.

        Never the spare, so that the whole start can be seen.
        """
        self._end()
        launched = self._launch()
        self.start_seconds = launched.seconds
        self._take_over(launched)
        return replace(launched, violations=self.start_violations)

    def _take_over(self, launched: Launched) -> None:
        self.instance, self.port = launched.instance, launched.port
        self.starts += 1
        self._number, self._last = 0, None
        self._last_words = launched.instance.stderr.total
        self.start_violations = launched.violations + self._initialize()

    def _renew(self) -> None:
        """The next instance, the spare if there is a good one; where instances are replaced, a spare is begun then."""
        spare = self._spare.take(self.start_patience)
        try:
            if spare is not None:
                self._take_over(spare)
        except StartFailed:
            spare = None
        if spare is None:
            self.start()
        if self._replaced:
            self._spare.begin(self.port)

    def _launch(self) -> Launched:
        # Azure's host hands the same port to every restart (azure-functions.md 2).
        port = self.port if self.app.platform == "azure" and self.port else None
        deadline = time.monotonic() + TURN_PATIENCE
        while True:
            try:
                return launch(self.app, self.environ, patience=self.start_patience, port=port)
            except PortTaken as taken:
                if port is not None and taken.port != self.app.port:
                    # The port of the last instance is gone to another program: any other will do.
                    port = None
                    continue
                if time.monotonic() > deadline or not (taken.by_fnfuzz or not is_taken(taken.port)):
                    raise
                while is_taken(taken.port) and time.monotonic() <= deadline:
                    time.sleep(0.1)

    def _initialize(self) -> tuple[Violation, ...]:
        hook = next((item for item in self.app.hooks if item.name == "initialize"), None)
        if hook is None:
            return ()
        try:
            return self.call_hook(hook)[1]
        except HandlerGone as gone:
            raise self._died_unused(gone) from gone

    def call_hook(self, hook: Hook) -> tuple[Observed, tuple[Violation, ...]]:
        """Send a lifecycle request of Function Compute to the live instance and judge the answer.

        It gets a connection of its own: what an earlier event left on the kept one is no fault of the hook.
        """
        settings = self.contracts["fc-event"]
        assert isinstance(settings, FcSettings)
        request = hook_request(settings, self.app.functions[0], hook, self.delivery())
        instance = self.live()
        if isinstance(instance, HttpInstance):
            instance.connection.close()
        observed = instance.exchange(request, hook.timeout + 0.5)
        return observed, judge_hook(hook, observed)

    def live(self) -> HttpInstance | StdioInstance:
        """The live instance, started if there is none."""
        if self.instance is None:
            self._renew()
        assert self.instance is not None
        return self.instance

    def fresh(self) -> None:
        """End the instance and go on with a new one, which may have been begun before; ``start`` is for looking at."""
        self._replace()
        self._renew()

    def stop(self, grace: float = 0.0) -> None:
        """End the instance, the spare and everything that they started."""
        self._spare.end()
        self._end(grace)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No spare within: for experiments on starts, files, memory and time."""
        spare, replaced = self._spare, self._replaced
        self._spare = NoSpare(self.app, self.environ)
        spare.end()
        try:
            yield
        finally:
            self._spare, self._replaced = spare, replaced

    def _replace(self) -> None:
        """End an instance that another one is to follow."""
        self._replaced = self._replaced or self.starts > 0
        self._end()

    def _end(self, grace: float = 0.0) -> None:
        if self.instance is not None:
            instance, self.instance = self.instance, None
            instance.stop(grace)

    def delivery(self, *, attempt: int = 0, nonce: str = "") -> Delivery:
        """What the host adds to the next delivery: a new id and the time of day."""
        return Delivery(id=next(self._ids), now=now_text(), attempt=attempt, port=self.port, nonce=nonce)

    def limit(self, function: Function) -> float:
        """How long to wait for one answer, in seconds."""
        patience = self.limits.get(function.name, self.patience) if self.limits else self.patience
        return patience if function.timeout is None else min(function.timeout, patience)

    def encode(self, function: Function, event: Event, delivery: Delivery) -> Request:
        """The request that the real host would send."""
        if self.headers and isinstance(event, HttpEvent):
            event = with_headers(event, self.headers.get(function.name, self.headers.get("", ())))
        return self.contracts[function.contract].encode(function, event, delivery)

    def prepare(self, function: Function, event: Event, delivery: Delivery | None = None) -> Request:
        """Encode the event that comes next, while there is time; that is forgotten if another one does, or the instance
        ends. Raises ValueError for what no host can send.
        """
        delivery = delivery or self.delivery()
        request = self.encode(function, event, delivery)
        if self.instance is not None:
            self._ready = Ready(self.instance, function, event, delivery, request, request.to_bytes())
        return request

    def prepared(self, function: Function, event: Event) -> Ready | None:
        """The request that was prepared for this event, if it was the last one."""
        ready, instance = self._ready, self.instance
        fits = ready is not None and instance is not None and ready.fits(instance, function, event)
        return ready if fits else None

    def invoke(
        self,
        function: Function,
        event: Event,
        *,
        delivery: Delivery | None = None,
        limit: float | None = None,
    ) -> Exchange:
        """Deliver one event to the live instance and conclude; see ``deliver``."""
        return self.judge(self.deliver(function, event, delivery=delivery, limit=limit))

    def deliver(
        self,
        function: Function,
        event: Event,
        *,
        delivery: Delivery | None = None,
        limit: float | None = None,
        meanwhile: Work | None = None,
    ) -> Answer:
        """Deliver one event to the live instance (a dead one is replaced first). An answer that may wait is not judged
        yet.

        ``meanwhile`` is done while the handler works: not at all where nothing was delivered, twice where the first
        instance turns out to have gone.
        An instance that died, hung or broke its connection state is ended, so that the next event meets a fresh one.
        """
        instance = self.live()
        if self._number and instance.unasked():
            self.late = self._judged_again(fault=SURPLUS)
        ready, self._ready = self._ready, None
        if ready is not None and ready.fits(instance, function, event) and delivery in (None, ready.delivery):
            delivery, request, data = ready.delivery, ready.request, ready.data
        else:
            delivery = delivery or self.delivery()
            request, data = self.encode(function, event, delivery), None
        out, err = instance.stdout.total, instance.stderr.total
        try:
            observed = instance.exchange(request, limit or self.limit(function), meanwhile, data)
        except HandlerGone as gone:
            if self._number == 0:
                raise self._died_unused(gone) from gone
            self.late = self._judged_again(exit=gone.exit)
            self.fresh()
            again = replace(delivery, port=self.port)
            return self.deliver(function, event, delivery=again, limit=limit, meanwhile=meanwhile)
        self.exchanges += 1
        answer = self.answered(function, event, delivery, request, observed, out, err)
        if not answer.may_wait:
            self.judge(answer)
        if observed.exit is not None or (observed.fault is not None and observed.fault.kind in WEDGED):
            self._replace()
        return answer

    def outlived(self, exchange: Exchange, seconds: float) -> Exchange:
        """``exchange``, the last one; judged anew if within ``seconds`` its instance ends by itself or sends more."""
        if self.instance is None:
            return exchange
        said = self.instance.stderr.total
        gone = self.instance.wait_exit(seconds)
        if gone is None and self.instance.stderr.total != said:
            # It may be telling why it ends.
            gone = self.instance.wait_exit(LAST_WORDS)
        if gone is not None:
            judged = self._judged_again(exit=gone)
            self._replace()
        elif self.instance.unasked():
            judged = self._judged_again(fault=SURPLUS)
        else:
            reply = self.instance.grown(exchange.observed.reply)
            judged = self._judged_again(reply=reply) if reply is not None else None
        return judged or exchange

    def _judged_again(
        self, *, exit: Exit | None = None, fault: Fault | None = None, reply: Reply | None = None
    ) -> Exchange | None:
        """The last exchange as it is to be seen now, with an ``exit``, a ``fault`` or more of a ``reply`` that came
        after its answer.
        """
        if self._last is None:
            return None
        self.judge(self._last)
        seen = self._last.observed
        observed = replace(seen, exit=exit, fault=fault or seen.fault, reply=reply or seen.reply)
        self._last = replace(self._last, observed=observed, exchange=None)
        return self.judge(self._last)

    def answered(
        self,
        function: Function,
        event: Event,
        delivery: Delivery,
        request: Request,
        observed: Observed,
        out: int,
        err: int,
    ) -> Answer:
        """What was observed of the live instance, to be judged; ``out`` and ``err`` are the log positions before the
        exchange, which may have come about by other ways than ``deliver``.
        """
        instance = self.instance
        assert instance is not None
        if self._last is not None:
            self.judge(self._last, overtaken=True)
        self._number += 1
        self._last = Answer(
            instance=instance,
            function=function,
            event=event,
            delivery=delivery,
            request=request,
            observed=observed,
            number=self._number,
            out=(out, instance.stdout.total),
            err=(err, instance.stderr.total),
            earlier=self._last_words,
        )
        return self._last

    def judge(self, answer: Answer, *, overtaken: bool = False) -> Exchange:
        """What the real host makes of an answer. Unless it was ``overtaken`` by another event, a log that is still on
        its way is waited for where it may tell of a failure.
        """
        if answer.exchange is not None:
            return answer.exchange
        instance, observed = answer.instance, answer.observed
        verdict = self.contracts[answer.function.contract].decode(
            answer.function, answer.event, answer.delivery, observed
        )
        if not overtaken:
            if verdict.violations and any(RULES[item.rule].severity == "error" for item in verdict.violations):
                self._settle_logs(instance, answer.out[0], answer.err[0])
            answer.out = answer.out[0], instance.stdout.total
            answer.err = answer.err[0], instance.stderr.total
        err, end = answer.err
        if observed.exit is not None and err == end:
            # A process says why it ends, and ends a moment later: that may have been read before this event.
            err = answer.earlier
        answer.exchange = Exchange(
            function=answer.function,
            event=answer.event,
            delivery=answer.delivery,
            request=answer.request,
            observed=observed,
            verdict=verdict,
            stdout=instance.stdout.since(*answer.out),
            stderr=instance.stderr.since(err, end),
            number=answer.number,
        )
        if answer is self._last:
            # What it says of an event that it refuses or fails is about that event.
            self._last_words = err if answer.exchange.succeeded else end
        return answer.exchange

    def _settle_logs(self, instance: Instance, out: int, err: int) -> None:
        """Give a traceback that is still on its way a moment to arrive; ever less for a handler that logs nothing on
        failures.
        """
        if instance.exit_now() is None and instance.stdout.total == out and instance.stderr.total == err:
            instance.wait_logs(self._log_wait)
            said = instance.stdout.total != out or instance.stderr.total != err
            self._log_wait = LOG_WAIT if said else max(LEAST_LOG_WAIT, self._log_wait / 2)

    def _died_unused(self, gone: HandlerGone) -> StartFailed:
        assert self.instance is not None
        self.instance.stop()
        lines = tuple(self.instance.stderr.last_lines(6))
        self.instance = None
        message = f"the process ended by itself before the first event ({gone.exit})"
        violation = Violation(exit_rule(self.app, gone.exit), message, str(gone.exit))
        return StartFailed(message, broken(violation), exit=gone.exit, stderr=lines)


SURPLUS = Fault("extra-bytes", "bytes follow the end of the answer, some time later")

WEDGED = frozenset({"timeout", "unflushed", "unterminated", "exited", "line-too-long"})
"""After these faults the next answer could belong to this request, so the instance is not used again."""


def with_headers(event: HttpEvent, headers: Pairs) -> HttpEvent:
    """The event with those of ``headers`` that it does not have."""
    names = {name.lower() for name, _ in event.headers}
    added = tuple(pair for pair in headers if pair[0].lower() not in names)
    return replace(event, headers=(*event.headers, *added)) if added else event


def now_text() -> str:
    """The time of day as the host writes it: ISO 8601, UTC, seven digits of fraction, ``Z``."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second_text(seconds)}.{rest // 100:07d}Z"


@lru_cache(maxsize=4)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _invocation_ids() -> Iterator[str]:
    """GUIDs in a fixed order, so that a run can be repeated."""
    number = 0
    while True:
        number += 1
        yield f"0d6a4f0e-3b0e-4a55-9a6c-{number:012x}"
