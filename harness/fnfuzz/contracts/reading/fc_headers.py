"""The x-fc-* headers read back: which function, which id, when, which try (alibaba-fc.md 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from fnfuzz.app.model import Function
from fnfuzz.contracts.fc_headers import cloud_name
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.contracts.reading.model import NoInvocationError
from fnfuzz.contracts.reading.wire import framing_of, guid, header, port_of, whole

__all__ = ["control_path", "delivery_of", "function_name", "hook_of", "is_from_host", "named"]

FC3_ID = re.compile(r"1-([0-9a-fA-F]{8})-([0-9a-fA-F]{8})-([0-9a-fA-F]{12})")
HOOKS = {("POST", "/initialize"): "initialize", ("GET", "/pre-stop"): "pre-stop", ("GET", "/pre-freeze"): "pre-freeze"}


def is_from_host(request: HttpRequest) -> bool:
    """Does the request carry an x-fc-* header at all? Clients cannot send any."""
    return any(name[:5].lower() == "x-fc-" for name, _ in request.headers)


def control_path(request: HttpRequest) -> str:
    """What the host says the request is; empty from local tools, which do not say."""
    return header(request.headers, "x-fc-control-path") or ""


def function_name(request: HttpRequest) -> str:
    """The function's name in the cloud, or an empty text."""
    return header(request.headers, "x-fc-function-name") or ""


def hook_of(request: HttpRequest) -> str:
    """The lifecycle hook that the request calls, or an empty text; a client's request for such a path calls none."""
    said = control_path(request)
    if said in ("/invoke", "/http-invoke"):
        return ""
    return HOOKS.get((request.method, request.target), "")


def named(functions: Iterable[Function], request: HttpRequest) -> list[Function]:
    """The functions that the request means; all of them where it names none, or there is only one name.

    Raises NoInvocationError when it names none of several.
    """
    known, name = list(functions), function_name(request)
    meant = [function for function in known if cloud_name(function) == name]
    if meant or not name or len({cloud_name(function) for function in known}) == 1:
        return meant or known
    raise NoInvocationError(f"there is no function {name[:80]}")


def delivery_of(request: HttpRequest, *, exact_id: str = "", middle: str = "", now: str = "") -> Delivery:
    """The delivery, from the headers and from what the body says more exactly.

    FC3's request id holds 20 of a GUID's 32 digits and the second: ``exact_id`` or ``middle``, the first 24 digits,
    give the others where they agree with it. Any other id is taken as it is.
    """
    said = header(request.headers, "x-fc-request-id") or ""
    match = FC3_ID.fullmatch(said)
    told = {}
    if match:
        second, first, last = match.groups()
        agrees = middle[:8].lower() == first.lower() and middle[20:].lower() == last[:4].lower()
        told["id"] = guid(first, last, middle[8:20] if agrees else "000000000000")
        digits = exact_id.replace("-", "").lower()
        if digits[:8] == first.lower() and digits[-12:] == last.lower():
            told["id"] = exact_id
        told["now"] = now or f"{datetime.fromtimestamp(int(second, 16), UTC):%Y-%m-%dT%H:%M:%S}Z"
    elif said or exact_id:
        told["id"] = said or exact_id
    if now:
        told["now"] = now
    attempt = whole(header(request.headers, "x-fc-retry-count"), 0)
    return Delivery(**told, attempt=attempt, framing=framing_of(request), port=port_of(request))
