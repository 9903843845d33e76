"""What a test holds in its hands: the host that fnfuzz plays, and exchanges that read well in an assertion."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, overload

import pytest

from fnfuzz.app import App, Function
from fnfuzz.cli.cases import function_for
from fnfuzz.cli.stops import Stop
from fnfuzz.contracts.model import CallerReply, Delivery, Violation
from fnfuzz.events import Event
from fnfuzz.extensions.observing import violations_of
from fnfuzz.host import Exchange, Host, StartFailed
from fnfuzz.pytest_plugin.naming import start_text
from fnfuzz.pytest_plugin.wording import exchange_lines, rule_line
from fnfuzz.replay import Case, Played, deliver
from fnfuzz.rules import RULES

__all__ = ["HandlerWarning", "Judged", "PlayedHost"]

MOST_FAILED_STARTS = 3
"""After so many starts in a row that failed, no further one is tried."""


class HandlerWarning(pytest.PytestWarning):
    """Something that the handler did wrong, but not in the exchange that a test looks at."""


class Judged(Exchange):
    """An exchange with everything that the rules say of it, observers of logs and answers included."""

    __slots__ = ()

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The broken rules that make the invocation fail, hang, or be wrong on the real host."""
        return tuple(item for item in self.violations if RULES[item.rule].severity == "error")

    @property
    def warnings(self) -> tuple[Violation, ...]:
        """The other broken rules."""
        return tuple(item for item in self.violations if RULES[item.rule].severity != "error")

    @property
    def completed(self) -> bool:
        """Does the invocation complete, as the host sees it?"""
        return self.outcome.status == "completed"

    @property
    def caller(self) -> CallerReply:
        """What the client of an HTTP function receives. Raises AssertionError where nobody receives anything."""
        __tracebackhide__ = True
        if self.outcome.caller is None:
            raise AssertionError(f"no client receives anything: {self!r}")
        return self.outcome.caller

    @property
    def json(self) -> Any:
        """The body that the client receives, or the result of the function, as JSON. Raises AssertionError if it is
        none.
        """
        __tracebackhide__ = True
        body = self.outcome.result if self.outcome.caller is None else self.outcome.caller.body
        try:
            return json.loads(body or b"")
        except (ValueError, RecursionError) as error:
            raise AssertionError(f"the answer is no JSON: {error}; it is {body!r:.200}") from error

    def output(self, binding: str) -> tuple[bytes, ...]:
        """What an output binding writes, one entry for each message; nothing where it writes nothing."""
        return tuple(payload for item in self.outcome.outputs if item.binding == binding for payload in item.payloads)

    def __str__(self) -> str:
        """Request, answer, logs, the host's view, the rules broken."""
        return "\n".join(exchange_lines(self))

    def __repr__(self) -> str:
        """One line, as pytest shows it beside an assertion."""
        broken = ", ".join(item.rule for item in self.violations) or "no rule broken"
        return f"<{self.function.name} ({self.function.trigger}): {self.outcome.status}, {broken}>"


class PlayedHost:
    """Plays the host for one app, with one live instance that is replaced when it has died or hangs.

    What cannot be started fails the test with what the handler said. ``show`` is told each exchange.
    """

    def __init__(self, host: Host, show: Callable[[Judged | None], None]) -> None:
        self._host = host
        self._show = show
        self._failed = 0
        self._last_failure = ""

    @property
    def app(self) -> App:
        """The app, with its functions."""
        return self._host.app

    @property
    def starts(self) -> int:
        """How often the handler was started so far."""
        return self._host.starts

    @property
    def start_violations(self) -> tuple[Violation, ...]:
        """What the live instance did wrong when it was started."""
        return self._host.start_violations

    @property
    def played(self) -> Host:
        """The host itself, for what this class does not offer."""
        return self._host

    def started(self) -> PlayedHost:
        """This host, with a live instance."""
        self._start(self._host.live)
        return self

    def fresh(self) -> None:
        """Go on with a new instance, for a test that must not see what other tests left in memory."""
        self._start(self._host.fresh)

    @overload
    def invoke(self, event: Event, /, *, delivery: Delivery | None = None) -> Judged: ...
    @overload
    def invoke(self, function: str | Function, event: Event, /, *, delivery: Delivery | None = None) -> Judged: ...

    def invoke(
        self, first: Event | str | Function, event: Event | None = None, /, *, delivery: Delivery | None = None
    ) -> Judged:
        """Deliver an event and conclude what the real host would conclude.

        The function, or its name, may come first; it must where several functions are fed by such events. ``delivery``
        is what the host adds; its port is set here. Raises ValueError for what no host can send, and fails the test
        where the handler cannot be started.
        """
        __tracebackhide__ = True
        function = self._function(first, event)
        sent = event if event is not None else first
        self._show(None)
        self.started()
        if delivery is not None:
            delivery = replace(delivery, port=self._host.port)
        # An event, see _function.
        exchange = self._start(lambda: self._host.invoke(function, sent, delivery=delivery))  # type: ignore[arg-type]
        return self.judged_last(self._host.outlived(exchange, 0.0))

    def deliver(self, case: Case) -> Played:
        """Send the record of a replay again; what is no event is sent as it was recorded, and has no exchange."""
        self._show(None)
        played: Played = self._start(lambda: deliver(self._host, case))
        if played.exchange is None:
            return played
        judged = self.judged_last(self._host.outlived(played.exchange, 0.0))
        return replace(played, exchange=judged, observed=judged.observed)

    def judged_last(self, exchange: Exchange) -> Judged:
        """The last exchange of the host itself, with all that the rules say of it."""
        judged = self._judged(exchange)
        self._tell_late()
        self._show(judged)
        return judged

    def told(self) -> None:
        """The failure of the test tells the last event by itself."""
        self._show(None)

    def close(self) -> None:
        """End the instance; a next event starts another one."""
        self._host.stop()

    def _function(self, first: object, event: Event | None) -> Function:
        __tracebackhide__ = True
        sent: Any = event if event is not None else first
        if not hasattr(sent, "trigger") or isinstance(sent, Function):
            raise TypeError(f"invoke takes an event, or a function and an event, not {first!r:.100}")
        if isinstance(first, Function):
            return first
        try:
            return function_for(self.app, first if isinstance(first, str) else "", sent)
        except Stop as stop:
            raise LookupError(stop.message.replace("--function ", "")) from stop

    def _judged(self, exchange: Exchange) -> Judged:
        values = {item.name: getattr(exchange, item.name) for item in fields(Exchange)}
        values["verdict"] = replace(exchange.verdict, violations=violations_of(self.app, exchange))
        return Judged(**values)

    def _start(self, start: Callable[[], Any]) -> Any:
        """What ``start`` returns; the test fails where the handler does not start, at once after several failures."""
        if self._failed >= MOST_FAILED_STARTS or (self._failed and not self._host.starts):
            pytest.fail(self._last_failure, pytrace=False)
        try:
            result = start()
        except StartFailed as failed:
            self._failed += 1
            self._last_failure = f"the handler did not start: {start_text(self.app, failed)}"
            pytest.fail(self._last_failure, pytrace=False)
        self._failed = 0
        return result

    def _tell_late(self) -> None:
        late, self._host.late = self._host.late, None
        for violation in late.violations if late is not None else ():
            text = f"after an earlier answer ({late.function.name}, {late.event.trigger}): "  # type: ignore[union-attr]
            warnings.warn(HandlerWarning(text + rule_line(violation)), stacklevel=3)
