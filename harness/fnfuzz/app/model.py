"""A function app as read from disk: which functions, which bindings, how it is started, which limits hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = ["App", "AppError", "Binding", "ContractId", "Function", "Hook", "OwnContract", "Platform", "Problem"]

ContractId: TypeAlias = Literal["azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web"]
Platform: TypeAlias = Literal["azure", "fc", "bare"]


class AppError(Exception):
    """The app cannot be read or makes no sense; the message says where (file, line, key) and what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One entry of function.json's ``bindings``; ``options`` keeps every other key as written."""

    name: str
    type: str
    direction: Literal["in", "out", "inout"]
    data_type: str = ""
    cardinality: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function and the trigger that feeds it.

    ``trigger`` is an event trigger (http, queue, blob, timer, raw) or, for one that fnfuzz cannot build
    events for, the platform's own type name (``eventHubTrigger``). ``source`` is the queue or topic name, the blob
    path pattern (``uploads/{name}``) or empty. ``form`` names the shape of a Function Compute event
    (``oss``, ``mns-topic-stream``, ``mns-topic-json``, ``mns-queue``, ``kafka``, ``rocketmq``, ``rabbitmq``, ``timer``,
    ``raw``). ``timeout`` is the host's limit for one invocation in seconds, None for no limit. ``proxying`` is
    ``forward``, ``proxy`` or ``legacy`` under azure-forward.
    ``max_retries`` is how often the app's retry policy repeats a failed invocation: 0 without a policy, -1 for ever.
    """

    name: str
    trigger: str
    contract: ContractId
    bindings: tuple[Binding, ...] = ()
    route: str = ""
    methods: tuple[str, ...] = ()
    source: str = ""
    form: str = ""
    timeout: float | None = None
    proxying: Literal["", "forward", "proxy", "legacy"] = ""
    route_prefix: str = "api"
    max_dequeue_count: int = 5
    trigger_name: str = ""
    max_retries: int = 0

    @property
    def trigger_binding(self) -> Binding | None:
        """The binding whose type ends in ``Trigger``, if the function declares bindings."""
        return next((b for b in self.bindings if b.type.lower().endswith("trigger")), None)

    @property
    def outputs(self) -> tuple[Binding, ...]:
        """The declared output bindings."""
        return tuple(b for b in self.bindings if b.direction != "in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A declared lifecycle hook of Function Compute: ``name`` is initialize, pre-stop or pre-freeze."""

    name: Literal["initialize", "pre-stop", "pre-freeze"]
    timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A rule that the app's own files break, before anything is started (cfg-..., start-file-...)."""

    rule: str
    message: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnContract:
    """A contract that a user adds: which triggers it carries, whether over lines (stdin and stdout) or HTTP, and the
    variables of the environment that name the port.
    """

    name: str
    triggers: tuple[str, ...]
    lines: bool = False
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything the host knows before it starts the handler.

    ``reason`` is the one line told to the user: what was detected and why. ``command`` is the argv as the host
    runs it. ``port`` is a port that the app's files fix, None when the host chooses. ``start_timeout`` in seconds.
    ``max_memory`` in MB. ``settings`` are app settings that the host puts into the environment.
    """

    root: Path
    name: str
    platform: Platform
    reason: str
    command: tuple[str, ...]
    cwd: Path
    functions: tuple[Function, ...]
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    port: int | None = None
    start_timeout: float = 30.0
    hooks: tuple[Hook, ...] = ()
    concurrency: int = 1
    max_memory: int | None = None
    health_check: Mapping[str, Any] | None = field(default=None, hash=False)
    runtime: str = ""
    edition: str = ""
    problems: tuple[Problem, ...] = ()
    settled: bool = False
    """Is the contract certain (named by the user, or found out by trying)?"""

    own: OwnContract | None = None
    """The contract that all functions have, if it is a user's own."""
