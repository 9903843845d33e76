"""What a test holds in its hands: the host that fnfuzz plays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, overload

import pytest

from fnfuzz.app import App, Function
from fnfuzz.cli.cases import function_for
from fnfuzz.cli.stops import Stop
from fnfuzz.contracts.model import Delivery, Violation
from fnfuzz.events import Event
from fnfuzz.extensions import in_force
from fnfuzz.fuzz.feeds import of_shape
from fnfuzz.host import Exchange, Host, StartFailed
from fnfuzz.pytest_plugin.judging import Aside, Judged, Judging
from fnfuzz.pytest_plugin.naming import start_text
from fnfuzz.pytest_plugin.telling import ExtensionWarning, HandlerWarning, tell_ignored
from fnfuzz.pytest_plugin.wording import ignored_line, rule_line
from fnfuzz.replay import Case, Played, deliver
from fnfuzz.report.visible import visible

__all__ = ["PlayedHost"]

MOST_FAILED_STARTS = 3
"""After so many starts in a row that failed, no further one is tried."""


class PlayedHost:
    """Plays the host for one app, with one live instance that is replaced when it has died or hangs.

    What cannot be started fails the test with what the handler said. ``judging`` says what counts; ``show`` is told of
    each exchange.
    """

    def __init__(self, host: Host, judging: Judging, show: Callable[[Judged | None], None]) -> None:
        self.judging = judging
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
        """What the live instance did wrong when it was started, without what is ignored."""
        counted, aside = self.judging.of_start(self._host.start_violations)
        self._tell_ignored("the start", aside)
        return counted

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
        typed = of_shape(sent)
        if isinstance(typed, str):
            raise ValueError(typed)
        self._show(None)
        self.started()
        if delivery is not None:
            delivery = replace(delivery, port=self._host.port)
        exchange = self._start(lambda: self._host.invoke(function, typed, delivery=delivery))
        return self.judged_last(self._host.outlived(exchange, 0.0))

    def deliver(self, case: Case) -> Played:
        """Send the record of a replay again, without headers of the configuration; what is no event is sent as it was
        recorded, and has no exchange.
        """
        self._show(None)
        with self._as_recorded():
            played: Played = self._start(lambda: deliver(self._host, case))
        if played.exchange is None:
            return played
        judged = self.judged_last(self._host.outlived(played.exchange, 0.0))
        return replace(played, exchange=judged, observed=judged.observed)

    def judged_last(self, exchange: Exchange) -> Judged:
        """The last exchange of the host itself, with all that the rules say of it."""
        judged = self.judging.judged(self.app, exchange)
        self._tell_late()
        self._tell_ignored(judged.function.name, judged.ignored)
        for text in in_force().notices.take():
            warnings.warn(ExtensionWarning(text), stacklevel=3)
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

    @contextmanager
    def _as_recorded(self) -> Iterator[None]:
        headers, self._host.headers = self._host.headers, {}
        try:
            yield
        finally:
            self._host.headers = headers

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
        if late is None:
            return
        counted, aside = self.judging.parted(late, late.violations)
        self._tell_ignored(late.function.name, aside)
        for violation in counted:
            text = f"after an earlier answer ({late.function.name}, {late.event.trigger}): "
            warnings.warn(HandlerWarning(text + rule_line(violation)), stacklevel=3)

    def _tell_ignored(self, where: str, aside: Aside) -> None:
        for violation, entry in aside:
            tell_ignored(f"{visible(where)}: {ignored_line(violation, entry)}", stacklevel=4)
