"""The members of an answer of the line protocol: status, headers, body (azure-functions.md 8.1, 8.2)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fnfuzz.contracts.fc_json import is_json
from fnfuzz.contracts.fc_traceback import exception_name, reports_failure
from fnfuzz.contracts.model import Violation
from fnfuzz.events import Pairs

__all__ = ["MEMBERS", "Shaped", "payload", "shape"]

MEMBERS: Final = frozenset(("status", "headers", "body"))
BODILESS: Final = (204, 304)
ENCODING: Final = "content-transfer-encoding"
_INVALID: Final = (
    "line-status-missing",
    "line-status-type",
    "line-status-range",
    "line-headers-type",
    "line-body-type",
)


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a host reads from the members. ``error`` says why it fails the invocation, empty if it does not."""

    status: int
    headers: Pairs
    body: bytes
    violations: tuple[Violation, ...]
    error: str


def shape(members: dict[str, Any], *, sent: Callable[[], bytes], head: bool) -> Shaped:
    """Read and check the members. ``sent`` gives the texts that may be echoed; ``head`` for a HEAD request."""
    status, violations = _status(members)
    headers = _headers(members)
    body = _body(members, headers)
    if isinstance(headers, Violation):
        violations.append(headers)
    bodiless = head or status in BODILESS or 100 <= status < 200
    violations += _body_violations(members, bodiless=bodiless)
    pairs = () if isinstance(headers, Violation) else headers
    if isinstance(members.get("body"), str):
        violations += _content_violations(status, pairs, body, sent=sent, bodiless=bodiless)
    if not members.keys() <= MEMBERS:
        violations += _unknown(members)
    error = next((found.message for found in violations if found.rule in _INVALID), "")
    return Shaped(status, pairs, body, tuple(violations), error)


def _status(members: dict[str, Any]) -> tuple[int, list[Violation]]:
    """The status, 0 for none that can be used."""
    if "status" not in members:
        hint = "; statusCode is a member of another envelope" if "statusCode" in members else ""
        return 0, [Violation("line-status-missing", f"The answer has no member status{hint}.", "status")]
    status = members["status"]
    found: list[Violation] = []
    if isinstance(status, str) and status.isascii() and status.isdigit() and len(status) < 10:
        found.append(Violation("line-status-type-warning", f'status is the text "{status}".', "status"))
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool):
        return 0, [Violation("line-status-type", f"status is {_shown(status)}, not an integer.", "status")]
    if not 100 <= status <= 599:
        return 0, [
            *found,
            Violation("line-status-range", f"status is {_shown(status)}, not within 100 to 599.", "status"),
        ]
    return status, found


def _headers(members: dict[str, Any]) -> Pairs | Violation:
    headers = members.get("headers")
    if headers is None:
        return ()
    if not isinstance(headers, dict):
        return Violation("line-headers-type", f"headers is {_shown(headers)}, not an object.", "headers")
    wrong = next((value for value in headers.values() if not isinstance(value, str)), None)
    if wrong is not None or None in headers.values():
        return Violation("line-headers-type", f"A value in headers is {_shown(wrong)}, not a text.", "headers")
    return tuple(headers.items())


def _body(members: dict[str, Any], headers: Pairs | Violation) -> bytes:
    """The bytes for the caller; a text in base64 only where the headers say so."""
    body = members.get("body")
    if body is None:
        return b""
    content = payload(body)
    if not isinstance(body, str):
        return content
    if not isinstance(headers, Violation) and _header(headers, ENCODING) == "base64":
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error:
            return content
    return content


def payload(value: Any) -> bytes:
    """A text in UTF-8, any other value as compact JSON; empty for one that is nested too deep to be written."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(value, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return b""


def _header(headers: Pairs, name: str) -> str:
    for key, value in headers:
        if len(key) == len(name) and key.lower() == name:
            return value.strip().lower()
    return ""


def _body_violations(members: dict[str, Any], *, bodiless: bool) -> Iterator[Violation]:
    if "body" not in members:
        if not bodiless:
            yield Violation("line-body-missing", "The answer has no member body.", "body")
        return
    body = members["body"]
    if isinstance(body, dict | list):
        kind = "an object" if isinstance(body, dict) else "an array"
        yield Violation("line-body-type-warning", f"body is {kind} instead of its JSON text.", "body")
    elif body is not None and not isinstance(body, str):
        yield Violation("line-body-type", f"body is {_shown(body)}, neither a text nor null.", "body")


def _content_violations(
    status: int, headers: Pairs, body: bytes, *, sent: Callable[[], bytes], bodiless: bool
) -> Iterator[Violation]:
    """What the body's text shows: not what its type says, or a stack trace of the handler's own."""
    kind = _header(headers, "content-type").partition(";")[0].strip()
    if (kind == "application/json" or kind.endswith("+json")) and not (bodiless and not body) and not is_json(body):
        yield Violation("line-body-not-json", f"content-type is {kind}, but the body is no JSON.", "body")
    mark = reports_failure(body)
    if mark is None or mark in sent():
        return
    name = exception_name(body)
    if 0 < status < 400:
        yield Violation(
            "line-error-not-500", f"The answer has status {status}, but the body holds a stack trace.", name
        )
    yield Violation("line-traceback-in-body", "The body holds a stack trace.", name)


def _unknown(members: dict[str, Any]) -> Iterator[Violation]:
    known = MEMBERS if "status" in members else MEMBERS | {"statusCode"}
    names = sorted(name for name in members if name not in known)
    if names:
        listed = ", ".join(repr(name[:40]) for name in names[:5])
        yield Violation("line-unknown-member", f"The answer has members that no host reads: {listed}.")


def _shown(value: Any) -> str:
    """A value in few characters, for messages."""
    text = payload(value).decode() or "a value too large to be shown"
    text = f'"{text}"' if isinstance(value, str) else text
    return text if len(text) <= 60 else f"{text[:60]}..."
