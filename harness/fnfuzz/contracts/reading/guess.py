"""Requests read back without a function app: from what they say themselves, and nothing where that is not sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fnfuzz.app.model import Binding, ContractId, Function
from fnfuzz.contracts.model import HttpRequest, LineRequest, Request
from fnfuzz.contracts.reading.azure_forward import PROXY_HEADER, VERSION_HEADER, read_azure_forward
from fnfuzz.contracts.reading.azure_http import ID_HEADER, Parts, parts_of, read_azure_http
from fnfuzz.contracts.reading.azure_stdio import members_of, read_azure_stdio
from fnfuzz.contracts.reading.fc import SHAPES_OF, read_fc_event, web_event
from fnfuzz.contracts.reading.fc_bodies import read_shape
from fnfuzz.contracts.reading.fc_headers import control_path, delivery_of, function_name, hook_of, is_from_host
from fnfuzz.contracts.reading.model import NoInvocationError, Read
from fnfuzz.contracts.reading.wire import base64_content, document, header

__all__ = ["guess_request"]

SHAPE_TRIGGERS = {shape: trigger for trigger, shapes in SHAPES_OF.items() for shape in shapes}
LINE_MEMBERS = frozenset(("method", "url", "headers", "query", "body"))


def guess_request(request: Request) -> Read | None:
    """The invocation that ``request`` stands for by itself, or None where that is not sure.

    The contract is sure by the host's own headers, by an envelope that names its function, or by the five members of a
    line. ``function`` is empty where the wire does not name it: forwarded requests, and HTTP on azure-stdio. An event
    of Function Compute in no known shape, or a batch of several, is a RawEvent.
    """
    try:
        return _guess_line(request) if isinstance(request, LineRequest) else _guess_http(request)
    except NoInvocationError:
        return None


def _guess_http(request: HttpRequest) -> Read | None:
    if is_from_host(request):
        return _guess_fc(request)
    try:
        parts = parts_of(request)
    except NoInvocationError:
        return _guess_forward(request)
    return _guess_envelope(request, parts)


def _guess_fc(request: HttpRequest) -> Read | None:
    said, name = control_path(request), function_name(request)
    if hook_of(request):
        return None
    if said == "/http-invoke":
        return Read(contract="fc-web", function=name, event=web_event(request), delivery=delivery_of(request))
    if request.method != "POST" or request.target != "/invoke" or said not in ("", "/invoke"):
        return None
    shape = read_shape(request.body)
    form = shape[0] if shape else "raw"
    function = Function(name=name, trigger=SHAPE_TRIGGERS.get(form, "raw"), contract="fc-event", form=form)
    _, event, delivery = read_fc_event([function], request)
    return Read(contract="fc-event", function=name, event=event, delivery=delivery)


def _guess_forward(request: HttpRequest) -> Read | None:
    if not header(request.headers, ID_HEADER) or not header(request.headers, VERSION_HEADER):
        return None
    proxied = header(request.headers, PROXY_HEADER) is not None
    function = _sketch("", "http", "azure-forward", proxied=proxied)
    event, delivery = read_azure_forward(function, request)
    return Read(contract="azure-forward", function="", event=event, delivery=delivery)


def _guess_envelope(request: HttpRequest, parts: Parts) -> Read | None:
    """Sure when the host's header is there, or the envelope names the function of the path."""
    data, metadata = parts
    name = request.target.removeprefix("/")
    system = metadata.get("SYS")
    says_so = isinstance(system, dict) and system.get("MethodName") == name
    if "/" in name or not name or not (says_so or header(request.headers, ID_HEADER)):
        return _guess_forward(request)
    trigger, value = _trigger_in(data, metadata)
    if not trigger:
        return None
    binary = trigger == "queue" and not isinstance(document(value), str)
    if binary and base64_content(value) is None:
        return None
    function = _sketch(name, trigger, "azure-http", binary=binary)
    event, delivery = read_azure_http(function, request, ({function.bindings[0].name: value}, metadata))
    return Read(contract="azure-http", function=name, event=event, delivery=delivery)


def _trigger_in(data: Mapping[str, Any], metadata: Mapping[str, Any]) -> tuple[str, Any]:
    """The trigger and its value, by members that only one trigger has; an empty text where none has them."""
    for value in data.values():
        if isinstance(value, dict) and {"Url", "Method", "Headers"} <= value.keys():
            return "http", value
        if isinstance(value, dict) and {"Schedule", "IsPastDue"} <= value.keys():
            return "timer", value
    first = next(iter(data.values()), None)
    if isinstance(first, str) and {"POPRECEIPT", "DEQUEUECOUNT", "INSERTIONTIME"} <= metadata.keys():
        return "queue", first
    if isinstance(first, str) and {"URI", "PROPERTIES"} <= metadata.keys():
        return "blob", first
    return "", None


def _guess_line(request: LineRequest) -> Read | None:
    members = members_of(request)
    if not members.keys() >= LINE_MEMBERS or not isinstance(members["query"], dict):
        return None
    headers = members["headers"]
    trigger, name = headers.get("x-trigger", "http"), headers.get("x-function", "")
    if trigger not in ("http", "queue", "blob", "timer") or (trigger != "http") != bool(name):
        return None
    event, delivery = read_azure_stdio(_sketch(name, trigger, "azure-stdio"), members)
    return Read(contract="azure-stdio", function=name, event=event, delivery=delivery)


def _sketch(name: str, trigger: str, contract: ContractId, *, binary: bool = False, proxied: bool = False) -> Function:
    """As much of the function as its readers need."""
    binding = Binding(name="trigger", type=f"{trigger}Trigger", direction="in", data_type="binary" if binary else "")
    return Function(
        name=name, trigger=trigger, contract=contract, bindings=(binding,), proxying="proxy" if proxied else "forward"
    )
