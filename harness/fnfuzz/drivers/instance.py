"""A running handler behind one face, whatever its transport: exchange, logs, stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from fnfuzz.contracts.model import Exit, HttpRequest, LineReply, LineRequest, Observed, Reply, Request
from fnfuzz.drivers.errors import HandlerGone
from fnfuzz.drivers.http import HttpConnection
from fnfuzz.drivers.logs import LogTail
from fnfuzz.drivers.process import HandlerProcess, Work
from fnfuzz.drivers.stdio import StdioChannel

__all__ = ["HttpInstance", "Instance", "ScriptedInstance", "StdioInstance"]


class Instance(Protocol):
    """What the host needs of a running handler. ``stdout`` holds logs only where stdout is free for logs."""

    stdout: LogTail
    stderr: LogTail

    def exchange(
        self, request: Request, limit: float, meanwhile: Work | None = None, data: bytes | None = None
    ) -> Observed:
        """One request and its answer within ``limit`` seconds. Raises HandlerGone when nothing was delivered.

        ``meanwhile`` is done at most once, while the handler works; not at all where the request did not go out whole.
        ``data`` are the request's bytes, where they were made ahead.
        """

    def unasked(self) -> bool:
        """Did bytes come since the last answer that belong to none, and that the transport does not tell otherwise?"""

    def grown(self, reply: Reply | None) -> Reply | None:
        """The last answer with what came behind it since, where the transport tells that so; None for nothing more."""

    def exit_now(self) -> Exit | None:
        """How the process ended, or None while it lives; logs are drained."""

    def wait_exit(self, seconds: float) -> Exit | None:
        """Wait so long for the process to end; logs are drained."""

    def wait_logs(self, seconds: float) -> None:
        """Take log lines that are still on their way, unless the process has ended; returns after that time."""

    def stop(self, grace: float = 0.0) -> Exit:
        """End it and all it started; safe to call twice."""


class _ProcessInstance:
    def __init__(self, process: HandlerProcess) -> None:
        self.process = process
        self.stdout = process.stdout
        self.stderr = process.stderr

    def exit_now(self) -> Exit | None:
        self.process.drain_logs()
        return self.process.check_exit()

    def wait_exit(self, seconds: float) -> Exit | None:
        return self.process.wait_exit(seconds)

    def wait_logs(self, seconds: float) -> None:
        self.process.wait_for(time.monotonic() + seconds)


class HttpInstance(_ProcessInstance):
    """A handler that listens on ``port`` of 127.0.0.1; one kept-alive connection serves all its exchanges."""

    def __init__(self, process: HandlerProcess, port: int) -> None:
        super().__init__(process)
        self.port = port
        self.connection = HttpConnection(process, port)

    def exchange(
        self, request: Request, limit: float, meanwhile: Work | None = None, data: bytes | None = None
    ) -> Observed:
        """See Instance."""
        assert isinstance(request, HttpRequest)
        return self.connection.exchange(data or request.to_bytes(), request.method, limit, meanwhile)

    def unasked(self) -> bool:
        """See Instance."""
        return self.connection.unasked()

    def grown(self, reply: Reply | None) -> Reply | None:
        """See Instance; bytes behind an answer are a fault."""
        return None

    def connect(self) -> HttpConnection:
        """A second, independent connection, for probes."""
        return HttpConnection(self.process, self.port)

    def stop(self, grace: float = 0.0) -> Exit:
        """See Instance."""
        self.connection.close()
        return self.process.stop(grace)


class StdioInstance(_ProcessInstance):
    """A handler that speaks lines over its stdin and stdout."""

    def __init__(self, process: HandlerProcess) -> None:
        super().__init__(process)
        self.channel = StdioChannel(process)

    def exchange(
        self, request: Request, limit: float, meanwhile: Work | None = None, data: bytes | None = None
    ) -> Observed:
        """See Instance."""
        assert isinstance(request, LineRequest)
        return self.channel.exchange(data or request.to_bytes(), limit, meanwhile)

    def unasked(self) -> bool:
        """See Instance; an early line is a fault of the next exchange."""
        return False

    def grown(self, reply: Reply | None) -> Reply | None:
        """See Instance; for when there is no next exchange."""
        return self.channel.grown(reply) if isinstance(reply, LineReply) else None

    def stop(self, grace: float = 0.0) -> Exit:
        """See Instance."""
        return self.process.stop(grace)


class ScriptedInstance:
    """A handler that is only a list of answers, for tests: each entry is an Observed or a function of the request.

    Past the end of the script the last entry is repeated; an Observed with ``exit`` ends the instance.
    """

    def __init__(self, script: Iterable[Observed | Callable[[Request], Observed]]) -> None:
        self.script = list(script)
        self.requests: list[Request] = []
        self.stdout = LogTail()
        self.stderr = LogTail()
        self._exit: Exit | None = None

    def exchange(
        self, request: Request, limit: float, meanwhile: Work | None = None, data: bytes | None = None
    ) -> Observed:
        """See Instance."""
        if self._exit is not None:
            raise HandlerGone(self._exit)
        entry = self.script[min(len(self.requests), len(self.script) - 1)]
        self.requests.append(request)
        observed = entry(request) if callable(entry) else entry
        if meanwhile is not None:
            meanwhile()
        self._exit = observed.exit
        return observed

    def unasked(self) -> bool:
        """See Instance."""
        return False

    def grown(self, reply: Reply | None) -> Reply | None:
        """See Instance."""
        return None

    def exit_now(self) -> Exit | None:
        """See Instance."""
        return self._exit

    def wait_exit(self, seconds: float) -> Exit | None:
        """See Instance; never waits."""
        return self._exit

    def wait_logs(self, seconds: float) -> None:
        """See Instance; never waits."""

    def stop(self, grace: float = 0.0) -> Exit:
        """See Instance."""
        return self._exit or Exit(0)
