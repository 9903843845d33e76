"""What the caller of an HTTP function gets from its http output (azure-functions.md 5.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fnfuzz.contracts import newtonsoft
from fnfuzz.contracts.azure_outputs import looks_like_json, parsed
from fnfuzz.contracts.dotnet import base64_bytes, read_date, scalar_text
from fnfuzz.contracts.model import CallerReply, Violation
from fnfuzz.events import Pairs

__all__ = ["HttpWritten", "write_http", "write_http_return", "write_text"]

TEXT_PLAIN = "text/plain; charset=utf-8"
FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding", "connection"})
BODILESS = frozenset({*range(100, 200), 204, 304})
INTEGER = re.compile(r"\s*[+-]?[0-9]{1,10}\s*", re.ASCII)
INT_RANGE = range(-(2**31), 2**31)
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e]*")

NOT_DESERIALIZED: Final = (
    "System.InvalidOperationException: Failed while trying to Deserialize to httpOutputBindingResponse"
)
ILLEGAL_HEADER: Final = "System.InvalidOperationException: Invalid character in header"


@dataclass(slots=True)
class HttpWritten:
    """The caller's reply, or, when ``error`` is not empty, why the host fails instead."""

    caller: CallerReply | None = None
    error: str = ""
    violations: list[Violation] = field(default_factory=list)

    def broken(self, rule: str, message: str, place: str) -> None:
        """Note a violation that the invocation survives."""
        self.violations.append(Violation(rule, message, place))

    def failed(self, error: str, rule: str, message: str, place: str) -> None:
        """Note a violation that fails the invocation; the first error is the one that the host shows."""
        self.error = self.error or error
        self.broken(rule, message, place)


def write_http(value: Any, place: str) -> HttpWritten:
    """The reply of a named http output; ``place`` is e.g. ``Outputs.res``."""
    written = HttpWritten()
    response = _object_of(value)
    if response is None:
        message = "The http output is no object; the host cannot make a response of it."
        written.failed(NOT_DESERIALIZED, "http-out-type", message, place)
        return written
    members = _members(response, written, place)
    status = _status(members.get("statuscode"), written, f"{place}.statusCode")
    if "status" in members and members.get("statuscode") is None:
        message = "The http output has status but no statusCode: the caller gets 200."
        written.broken("http-out-status-ignored", message, f"{place}.status")
    return _finish(members, status, written, place)


def write_http_return(value: Any) -> HttpWritten:
    """The reply of an http output named ``$return``; its value is not null. Here ``status`` works, and text is text."""
    written = HttpWritten()
    place = "ReturnValue"
    if isinstance(value, str):
        content = base64_bytes(value)
        if content is not None:
            written.caller = CallerReply(200, (), content)
            return written
        value = _json_or_text(value)
    if not isinstance(value, dict):
        written.caller = write_text(value)
        return written
    members = _members(value, written, place)
    if "body" not in members:
        if "statuscode" in members or "status" in members:
            message = "Without a member `body` the whole object is the reply, and its status is ignored: 200."
            written.broken("http-out-status-ignored", message, f"{place}.statusCode")
        written.caller = CallerReply(200, (("Content-Type", TEXT_PLAIN),), _body(value))
        return written
    status = members.get("statuscode", members.get("status"))
    return _finish(members, _status(status, written, f"{place}.statusCode"), written, place)


def write_text(value: Any) -> CallerReply:
    """The reply made of a bare value: 200 and its text."""
    return CallerReply(200, (("Content-Type", TEXT_PLAIN),), _body(value))


def _object_of(value: Any) -> dict[str, Any] | None:
    """The object that an output is, or whose JSON text it is."""
    value = _json_or_text(value) if isinstance(value, str) else value
    return value if isinstance(value, dict) else None


def _json_or_text(text: str) -> Any:
    if not looks_like_json(text):
        return text
    try:
        return parsed(text)
    except newtonsoft.JsonReaderError:
        return text


def _members(response: Mapping[str, Any], written: HttpWritten, place: str) -> dict[str, Any]:
    """The members by lower-case name, in which the host compares them."""
    members = {name.lower(): value for name, value in response.items()}
    if len(members) < len(response):
        message = "Two members of the http output differ only in case; one of them is lost."
        written.broken("resp-duplicate-key", message, place)
    return members


def _finish(members: Mapping[str, Any], status: int, written: HttpWritten, place: str) -> HttpWritten:
    headers = _headers(members.get("headers"), written, f"{place}.headers")
    body = _body(members.get("body"))
    typed = any(name.lower() == "content-type" for name, _ in headers)
    if isinstance(members.get("body"), (dict, list)) and not typed and not written.error:
        message = "The body is an object or array without a content-type header: it goes out as text/plain."
        written.broken("http-out-content-type", message, f"{place}.body")
    if members.get("cookies"):
        message = "The member cookies is ignored; the caller gets none of them."
        written.broken("http-out-cookie-ignored", message, f"{place}.cookies")
    if isinstance(members.get("body"), str) and read_date(members["body"]):
        message = "The date-time text goes out as month/day/year hour:minute:second, without fraction and zone."
        written.broken("out-date-coerced", message, f"{place}.body")
    if body and status in BODILESS:
        message = f"Status {status} comes with a body, which the web server refuses to write."
        written.broken("http-out-body-on-204", message, f"{place}.body")
        body = b""
    if not written.error:
        plain: Pairs = () if typed or not body else (("Content-Type", TEXT_PLAIN),)
        written.caller = CallerReply(status, (*headers, *plain), body)
    return written


def _status(value: Any, written: HttpWritten, place: str) -> int:
    if value is None:
        return 200
    if isinstance(value, (dict, list)):
        message = "statusCode is an object or array; the host cannot make a response of it."
        written.failed(NOT_DESERIALIZED, "http-out-status-type", message, place)
        return 200
    text = scalar_text(value)
    number = int(text) if INTEGER.fullmatch(text) else None
    if number is None or number not in INT_RANGE:
        written.broken("http-out-status-invalid", "statusCode is no integer: the caller gets 200.", place)
        return 200
    if not 100 <= number <= 599:
        written.broken("http-out-status-invalid", f"statusCode is {number}, outside 100 to 599.", place)
    return number


def _headers(value: Any, written: HttpWritten, place: str) -> Pairs:
    if value is None or value == "":
        return ()
    if not isinstance(value, dict):
        message = "headers is no object; the host cannot make a response of it."
        written.failed(NOT_DESERIALIZED, "http-out-header-type", message, place)
        return ()
    headers: dict[str, tuple[str, str]] = {}
    for name, item in value.items():
        _check_header(name, item, written, place)
        if not written.error:
            headers.setdefault(name.lower(), (name, scalar_text(item)))
    return tuple(headers.values())


def _check_header(name: str, value: Any, written: HttpWritten, place: str) -> None:
    rule = "http-out-header-type"
    if value is None:
        null = "content-type header cannot be null" if name.lower() == "content-type" else "NullReferenceException"
        written.failed(f"System.{null}" if null[0] == "N" else null, rule, "A header value is null.", place)
    elif isinstance(value, (dict, list)):
        message = "A header value is an object or array, which becomes JSON text of many lines."
        written.failed(ILLEGAL_HEADER, rule, message, place)
    elif (name and not TOKEN.fullmatch(name)) or not VALUE.fullmatch(scalar_text(value)):
        message = "A header has a character that the web server refuses: control, non-ASCII, or a blank in its name."
        written.failed(ILLEGAL_HEADER, rule, message, place)
    elif name.lower() in FRAMING_HEADERS:
        message = f"The header {name.lower()} is set as it is and breaks the framing of the host's answer."
        written.broken("http-out-header-hop", message, place)


def _body(value: Any) -> bytes:
    if isinstance(value, (dict, list)):
        return newtonsoft.write(value, indented=True).encode("utf-8")
    return scalar_text(value).encode("utf-8")
