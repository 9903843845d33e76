"""The x-fc-* headers of Function Compute, and the settings that they are made of (alibaba-fc.md 3.3).

What does not change between two requests of a function is put together once; a request then costs two tuple additions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from fnfuzz.app.model import Function, Hook
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import Pairs

__all__ = ["EPOCH", "FAKE_CREDENTIALS", "Edition", "FcSettings", "hex_digits", "moment"]

Edition: TypeAlias = Literal["fc2", "fc3"]

FAKE_CREDENTIALS: Pairs = (
    ("X-Fc-Access-Key-Id", "STS.NExampleKeyId01"),
    ("X-Fc-Access-Key-Secret", "ExampleSecretExampleSecret"),
    ("X-Fc-Security-Token", "CAISexampletoken"),
)
"""What a function with a role gets; made up, and told apart easily in logs and answers."""

DEFAULT_TIMEOUT = 60.0
"""Seconds; what the service takes for a function that declares none (alibaba-fc.md 2)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOOK_HEADERS = {
    "pre-stop": "X-Fc-Instance-Lifecycle-Pre-Stop-Handler",
    "pre-freeze": "X-Fc-Instance-Lifecycle-Pre-Freeze-Handler",
}
SEEN_EMPTY: Pairs = tuple(
    (f"X-Fc-{name}", "")
    for name in (
        "Client-Ip",
        "Api-Server-Ip",
        "Eagleeye-Traceid",
        "Eagleeye-Rpcid",
        "Eagleeye-Userdata",
        "Tracing-Opentracing-Span-Context",
        "Tracing-Opentracing-Span-Baggages",
        "Tracing-Jaeger-Endpoint",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FcSettings:
    """What the host knows about the function's place in the cloud. ``memory`` in MB.

    ``role`` says whether the function has one: without it the credential headers are there and empty. ``service`` is
    used by edition ``fc2`` only. ``domain`` is the public name of web functions, derived from the function when empty.
    """

    handler: str = "index.handler"
    memory: int = 512
    region: str = "cn-hangzhou"
    account_id: str = "1234567890123456"
    qualifier: str = "LATEST"
    version_id: str = ""
    service: str = "demo"
    log_project: str = ""
    log_store: str = ""
    hooks: tuple[Hook, ...] = ()
    role: bool = True
    edition: Edition = "fc3"
    domain: str = ""
    _blocks: dict[tuple[str, float | None, str], tuple[Pairs, Pairs]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def headers(self, function: Function, delivery: Delivery, control_path: str) -> Pairs:
        """The x-fc-* headers of one request, in Go's canonical case."""
        key = (function.name, function.timeout, control_path)
        blocks = self._blocks.get(key)
        if blocks is None:
            blocks = self._blocks[key] = self._build(function, control_path)
        name = self.request_id(delivery) if control_path in ("/invoke", "/http-invoke") else delivery.id
        before, after = blocks
        return (("X-Fc-Request-Id", name), *before, ("X-Fc-Retry-Count", str(delivery.attempt)), *after)

    def host(self, delivery: Delivery) -> str:
        """The Host header of a request that is not a client's own: the instance's address in the cloud."""
        return f"21.0.3.1:{delivery.port or 9000}"

    def request_id(self, delivery: Delivery) -> str:
        """The id of one invocation: FC3's ``1-<8 hex>-<8 hex>-<12 hex>`` with the time in it, FC2's UUID."""
        if self.edition == "fc2":
            return delivery.id
        digits = hex_digits(delivery.id)
        return f"1-{_hex_seconds(delivery.now[:19])}-{digits[:8]}-{digits[-12:]}"

    def domain_of(self, function: Function) -> str:
        """The public name under which clients reach a web function."""
        if self.domain:
            return self.domain
        return f"{_label(cloud_name(function))}-abcdefghij.{self.region}.fcapp.run"

    def _build(self, function: Function, control_path: str) -> tuple[Pairs, Pairs]:
        timeout = DEFAULT_TIMEOUT if function.timeout is None else function.timeout
        before = (
            ("Control-Path", control_path),
            ("Function-Name", cloud_name(function)),
            ("Function-Handler", self.handler),
            ("Function-Memory", str(self.memory)),
            ("Function-Timeout", _decimal(timeout)),
            ("Region", self.region),
            ("Account-Id", self.account_id),
            ("Qualifier", self.qualifier),
            ("Version-Id", self.version_id),
            ("Service-Name", self.service if self.edition == "fc2" else ""),
            ("Service-Logproject", self.log_project),
            ("Service-Logstore", self.log_store),
        )
        credentials = FAKE_CREDENTIALS if self.role else tuple((name, "") for name, _ in FAKE_CREDENTIALS)
        prefixed = tuple((f"X-Fc-{name}", value) for name, value in before)
        return prefixed, (*credentials, *_hook_headers(self.hooks), *SEEN_EMPTY)


def _hook_headers(hooks: Iterable[Hook]) -> Pairs:
    pairs: list[tuple[str, str]] = []
    for hook in hooks:
        if hook.name == "initialize":
            pairs.append(("X-Fc-Function-Initializer", "any"))
            pairs.append(("X-Fc-Initialization-Timeout", _decimal(hook.timeout)))
        else:
            pairs.append((HOOK_HEADERS[hook.name], "true"))
    return tuple(pairs)


def _decimal(seconds: float) -> str:
    return str(max(1, round(seconds)))


@lru_cache(maxsize=64)
def _label(name: str) -> str:
    """The name as a part of a domain name."""
    return re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-") or "function"


@lru_cache(maxsize=16)
def hex_digits(text: str) -> str:
    """At least 32 lower-case hex digits that stand for ``text``: its own ones when it is a GUID, else of its digest."""
    digits = text.replace("-", "").lower()
    if len(digits) == 32 and not digits.strip("0123456789abcdef"):
        return digits
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """``text`` as a UTC time. A text without an offset is UTC; one that is no ISO 8601 time is the epoch."""
    try:
        value = datetime.fromisoformat(text)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        return EPOCH


@lru_cache(maxsize=64)
def _hex_seconds(text: str) -> str:
    return f"{max(0, int(moment(text).timestamp())) & 0xFFFFFFFF:08x}"


def cloud_name(function: Function) -> str:
    """The function's name in the cloud; a function with several triggers is told apart by ``/triggerName`` here
    only.
    """
    return function.name.split("/")[0]
