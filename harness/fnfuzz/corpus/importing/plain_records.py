"""Whole records out of the JSON that ``fnfuzz corpus export`` writes: the inverse of ``fnfuzz.corpus.plain``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, get_args

from fnfuzz.contracts.model import (
    Delivery,
    Exit,
    Fault,
    FaultKind,
    HttpReply,
    HttpRequest,
    LineReply,
    LineRequest,
    Reply,
    Request,
)
from fnfuzz.corpus.importing.model import Unfit
from fnfuzz.corpus.importing.source import utf8
from fnfuzz.corpus.importing.times import micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import Event, EventDataError, Pairs, from_data

__all__ = ["event_of", "is_record", "record_of"]

MARK = "elapsed_us"
LARGEST = 2**63 - 1


def is_record(value: object) -> bool:
    """Is it a whole record rather than an event?"""
    return isinstance(value, dict) and MARK in value and "event" in value


def record_of(value: Mapping[str, Any], function: str) -> Record:
    """The record; ``function`` replaces its function's name if it is not empty. Raises Unfit."""
    event, delivery, exit_ = value["event"], value.get("delivery"), value.get("exit")
    return Record(
        contract=_text(value, "contract"),
        function=function or _text(value, "function"),
        event=None if event is None else event_of(event),
        delivery=None if delivery is None else _delivery(delivery),
        request=_request(value.get("request")),
        reply=_reply(value.get("reply")),
        fault=_fault(value.get("fault")),
        exit=None if exit_ is None else Exit(_whole(value, "exit", -LARGEST)),
        at=micros(value.get("at")),
        elapsed=_whole(value, MARK),
        connection=_whole(value, "connection"),
        number=_whole(value, "number"),
    )


def event_of(data: object) -> Event:
    """The event in plain form. Raises Unfit, naming the key alone: what was found there may be payload."""
    try:
        return from_data(data)
    except EventDataError as error:
        raise Unfit(f"an event with a wrong {str(error).partition(':')[0][:40]}") from error


def _delivery(value: Any) -> Delivery:
    framing = _text(value, "framing")
    if framing not in ("chunked", "length"):
        raise Unfit("a record with a wrong framing")
    return Delivery(
        id=_text(value, "id"),
        now=_text(value, "now"),
        attempt=_whole(value, "attempt"),
        framing="chunked" if framing == "chunked" else "length",
        port=_whole(value, "port"),
        nonce=_text(value, "nonce"),
    )


def _request(value: Any) -> Request | None:
    if not isinstance(value, dict):
        return None
    if "method" not in value:
        return LineRequest(_bytes(value, "line"))
    framing = value.get("framing")
    if framing not in ("chunked", "length", None):
        raise Unfit("a record with a wrong framing")
    return HttpRequest(_text(value, "method"), _text(value, "target"), _pairs(value), _bytes(value, "body"), framing)


def _reply(value: Any) -> Reply | None:
    if not isinstance(value, dict):
        return None
    if "status" not in value:
        lines, answer = value.get("lines"), value.get("answer")
        return LineReply(
            tuple(_bytes(line, "text") for line in lines) if isinstance(lines, list) else (),
            None if answer is None else _whole(value, "answer"),
            _bytes(value, "partial"),
            _bytes(value, "stale"),
        )
    return HttpReply(
        _whole(value, "status"),
        _text(value, "reason"),
        _pairs(value),
        _bytes(value, "body"),
        _text(value, "version"),
        value.get("keep_alive") is not False,
    )


def _fault(value: Any) -> Fault | None:
    if not isinstance(value, dict):
        return None
    kind = next((known for known in get_args(FaultKind) if known == value.get("kind")), None)
    if kind is None:
        raise Unfit("a record with an unknown fault")
    return Fault(kind, _text(value, "message"), _bytes(value, "raw"))


def _text(value: Any, key: str) -> str:
    text = value.get(key) if isinstance(value, dict) else None
    if text is not None and not isinstance(text, str):
        raise Unfit(f"a record with a wrong {key}")
    return text or ""


def _whole(value: Mapping[str, Any], key: str, least: int = 0) -> int:
    number = value.get(key)
    if number is None:
        return 0
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= LARGEST:
        raise Unfit(f"a record with a wrong {key}")
    return number


def _bytes(value: Any, key: str) -> bytes:
    encoded = _text(value, f"{key}_base64")
    if not encoded:
        return utf8(_text(value, key))
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit(f"a record with a wrong {key}_base64") from error


def _pairs(value: Mapping[str, Any]) -> Pairs:
    headers = value.get("headers")
    pairs = headers if isinstance(headers, list) else []
    if not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in pairs
    ):
        raise Unfit("a record with wrong headers")
    return tuple((name, text) for name, text in pairs)
