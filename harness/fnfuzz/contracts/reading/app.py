"""Requests read back with the function app at hand, which knows contracts, routes, bindings and forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from fnfuzz.app.model import App, ContractId, Function
from fnfuzz.contracts.model import Delivery, HttpRequest, LineRequest, Request
from fnfuzz.contracts.reading.azure_forward import VERSION_HEADER, read_azure_forward
from fnfuzz.contracts.reading.azure_http import ID_HEADER, parts_of, read_azure_http
from fnfuzz.contracts.reading.azure_stdio import members_of, read_azure_stdio
from fnfuzz.contracts.reading.fc import read_fc_event, read_fc_web
from fnfuzz.contracts.reading.fc_headers import control_path, hook_of, is_from_host, named
from fnfuzz.contracts.reading.model import NoInvocationError, Read
from fnfuzz.contracts.reading.wire import header, target_parts
from fnfuzz.contracts.route_template import RouteTemplate, route_of
from fnfuzz.events import Event

__all__ = ["read_request", "why_unread"]

Found: TypeAlias = tuple[Function, Event, Delivery]


def read_request(app: App, request: Request) -> Read | None:
    """The invocation that ``request`` stands for, or None for what is none.

    None are the host's own requests (ping, health check, lifecycle hooks), requests that no host sends, functions that
    ``app`` does not have, and triggers without an event. It is read leniently: what an event cannot express is in the
    request alone.

    For a request that ``encode`` wrote, the event and delivery encode to the same bytes again, but for the ``eTag`` of
    an OSS event. The docstrings of the modules beside this one say what of event and delivery is not on the wire.
    """
    try:
        return _read(app, request)
    except NoInvocationError:
        return None


def why_unread(app: App, request: Request) -> str:
    """Why ``read_request`` gives None, in a few words without payload; empty for a request that is read."""
    try:
        _read(app, request)
    except NoInvocationError as error:
        return str(error)
    return ""


def _read(app: App, request: Request) -> Read:
    if isinstance(request, HttpRequest):
        _refuse_host_own(app, request)
    reasons: list[str] = []
    for contract, reader in _READERS.items():
        functions = [function for function in app.functions if function.contract == contract]
        if functions and isinstance(request, LineRequest) == (contract == "azure-stdio"):
            try:
                function, event, delivery = reader(functions, request)
            except NoInvocationError as error:
                reasons.append(str(error))
            else:
                return Read(contract=contract, function=function.name, event=event, delivery=delivery)
    raise NoInvocationError("; ".join(dict.fromkeys(reasons)) or "no function of the app is called like this")


def _refuse_host_own(app: App, request: HttpRequest) -> None:
    if app.platform == "fc":
        if hook := hook_of(request):
            raise NoInvocationError(f"lifecycle hook {hook}")
        check = str((app.health_check or {}).get("httpGetUrl") or "/").lstrip("/")
        if request.method == "GET" and request.target.lstrip("/") == check and not is_from_host(request):
            raise NoInvocationError("health check")
    elif request.method == "GET" and request.target == "/" and not header(request.headers, ID_HEADER):
        raise NoInvocationError("the host's ping")


def _azure_http(functions: list[Function], request: Any) -> Found:
    name = request.target.partition("?")[0].removeprefix("/")
    parts = parts_of(request)
    same = [item for item in functions if item.name == name]
    function = next(iter(same or [item for item in functions if item.name.lower() == name.lower()]), None)
    if function is None:
        raise NoInvocationError(f"there is no function {name[:80]}")
    return (function, *read_azure_http(function, request, parts))


def _azure_forward(functions: list[Function], request: Any) -> Found:
    if not header(request.headers, ID_HEADER) and not header(request.headers, VERSION_HEADER):
        raise NoInvocationError("no header of the Functions host")
    path = target_parts(request.target)[0]
    routed = [function for function in functions if _is_routed(function, request.method, path)]
    if not routed:
        raise NoInvocationError("no function's route and methods fit")
    function = min(routed, key=lambda item: _precedence(route_of(item)))
    return (function, *read_azure_forward(function, request))


def _is_routed(function: Function, method: str, path: str) -> bool:
    if function.proxying == "legacy":
        return path.lower() == f"/{function.name.lower()}"
    methods = [item.upper() for item in function.methods]
    return (not methods or method in methods) and route_of(function).values(path) is not None


def _precedence(route: RouteTemplate) -> tuple[bool, int, int]:
    """As ASP.NET Core prefers: literals before parameters before those that take the rest of the path."""
    literal = sum(len(part) for part in route.parts if isinstance(part, str))
    return any(item.rest for item in route.parameters), len(route.parameters), -literal


def _azure_stdio(functions: list[Function], request: Any) -> Found:
    members = members_of(request)
    name = members["headers"].get("x-function", "")
    trigger = members["headers"].get("x-trigger", "http")
    meant = [item for item in functions if item.name == name and item.trigger == trigger]
    if not meant and trigger == "http":
        meant = [item for item in functions if item.trigger == "http"]
        method, path = str(members.get("method", "GET")), target_parts(members["url"])[0]
        meant = [item for item in meant if _is_routed(item, method, path)] or meant[: len(meant) == 1]
    if not meant:
        raise NoInvocationError("no function is meant by the line's url and headers")
    function = min(meant, key=lambda item: _precedence(route_of(item)))
    return (function, *read_azure_stdio(function, members))


def _fc_event(functions: list[Function], request: Any) -> Found:
    said = control_path(request)
    if request.method != "POST" or request.target != "/invoke" or said not in ("", "/invoke"):
        raise NoInvocationError("no POST /invoke")
    if not is_from_host(request):
        raise NoInvocationError("no x-fc-* header")
    return read_fc_event(named(functions, request), request)


def _fc_web(functions: list[Function], request: Any) -> Found:
    if control_path(request) not in ("", "/http-invoke"):
        raise NoInvocationError("no HTTP invocation")
    if not is_from_host(request):
        raise NoInvocationError("no x-fc-* header")
    return read_fc_web(named(functions, request), request)


_READERS: Mapping[ContractId, Callable[[list[Function], Any], Found]] = {
    "azure-http": _azure_http,
    "azure-forward": _azure_forward,
    "azure-stdio": _azure_stdio,
    "fc-event": _fc_event,
    "fc-web": _fc_web,
}
