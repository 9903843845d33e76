"""A record as JSON types, nothing left out: what the JSON formats print, one object for each record."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fnfuzz.contracts.model import Delivery, Fault, HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.corpus.model import Record
from fnfuzz.events import to_data

__all__ = ["iso_time", "record_data"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253402300799 * 1_000_000
"""The year 9999, where datetime ends."""


def record_data(id: str, record: Record) -> dict[str, Any]:
    """``{id, contract, function, at, elapsed_us, connection, number, event, delivery, request, reply, fault, exit}``.

    ``at`` is an ISO 8601 time in UTC, or null. Bytes that are UTF-8 appear under their own key, others as base64 under
    ``<key>_base64``. What a record does not have is null.
    """
    return {
        "id": id,
        "contract": record.contract or None,
        "function": record.function or None,
        "at": iso_time(record.at) if record.at else None,
        "elapsed_us": record.elapsed,
        "connection": record.connection or None,
        "number": record.number or None,
        "event": to_data(record.event) if record.event is not None else None,
        "delivery": _delivery(record.delivery),
        "request": _request(record.request),
        "reply": _reply(record.reply),
        "fault": _fault(record.fault),
        "exit": record.exit.code if record.exit is not None else None,
    }


def iso_time(at: int) -> str:
    """Microseconds since 1970 as ``2025-03-11T09:15:02.447193Z``."""
    return (_EPOCH + timedelta(microseconds=min(at, _LAST))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _delivery(delivery: Delivery | None) -> dict[str, Any] | None:
    if delivery is None:
        return None
    return {
        "id": delivery.id,
        "now": delivery.now,
        "attempt": delivery.attempt,
        "framing": delivery.framing,
        "port": delivery.port,
        "nonce": delivery.nonce,
    }


def _request(request: HttpRequest | LineRequest | None) -> dict[str, Any] | None:
    match request:
        case HttpRequest():
            return {
                "method": request.method,
                "target": request.target,
                "headers": [list(pair) for pair in request.headers],
                "framing": request.framing,
                **_bytes("body", request.body),
            }
        case LineRequest():
            return _bytes("line", request.line)
    return None


def _reply(reply: HttpReply | LineReply | None) -> dict[str, Any] | None:
    match reply:
        case HttpReply():
            return {
                "version": reply.version,
                "status": reply.status,
                "reason": reply.reason,
                "headers": [list(pair) for pair in reply.headers],
                "keep_alive": reply.keep_alive,
                **_bytes("body", reply.body),
            }
        case LineReply():
            lines = [_bytes("text", line) for line in reply.lines]
            return {
                "lines": lines,
                "answer": reply.answer,
                **_bytes("partial", reply.partial),
                **_bytes("stale", reply.stale),
            }
    return None


def _fault(fault: Fault | None) -> dict[str, Any] | None:
    return {"kind": fault.kind, "message": fault.message, **_bytes("raw", fault.raw)} if fault is not None else None


def _bytes(key: str, value: bytes) -> dict[str, str]:
    try:
        return {key: value.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{key}_base64": base64.b64encode(value).decode("ascii")}
