"""--contract: the same app, driven over the contract that the user names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fnfuzz.app.function_compute import DEFAULT_PORT, START_TIMEOUT
from fnfuzz.app.host_json import DEFAULT_START_TIMEOUT, DEFAULT_TIMEOUT
from fnfuzz.app.model import App, Binding, ContractId, Function, Platform

__all__ = ["default_functions", "overruled"]

_CARRIES: Mapping[ContractId, tuple[str, ...]] = {
    "azure-http": ("http", "queue", "blob", "timer"),
    "azure-forward": ("http",),
    "azure-stdio": ("http", "queue", "blob", "timer"),
    "fc-event": ("queue", "blob", "timer", "raw"),
    "fc-web": ("http",),
}
_FORMS: Mapping[str, str] = {"queue": "mns-topic-stream", "blob": "oss", "timer": "timer", "raw": "raw"}
FC_SERVICE_TIMEOUT = 60.0
_HTTP = (
    Binding(name="req", type="httpTrigger", direction="in", options={"route": "{*path}", "authLevel": "anonymous"}),
    Binding(name="res", type="http", direction="out"),
)


def overruled(app: App, contract: ContractId) -> App:
    """``app`` on ``contract``: the functions that it can carry, or default ones where there are none of these.

    Under azure-forward the functions with other triggers stay on azure-http, as they do on the host.
    """
    functions = tuple(moved for function in app.functions if (moved := _moved(app, function, contract)) is not None)
    if not any(function.contract == contract for function in functions):
        functions = default_functions(contract)
    return _on_platform(
        replace(app, functions=functions, reason=f"{app.reason}; --contract {contract}", settled=True), contract
    )


def default_functions(contract: ContractId) -> tuple[Function, ...]:
    """What an app without declared functions is taken for: HTTP under any path, or raw events on fc-event."""
    if contract == "fc-event":
        return (
            Function(
                name="event", trigger="raw", contract=contract, form="raw", timeout=FC_SERVICE_TIMEOUT, route_prefix=""
            ),
        )
    if contract == "fc-web":
        return (
            Function(
                name="web",
                trigger="http",
                contract=contract,
                route="{*path}",
                timeout=FC_SERVICE_TIMEOUT,
                route_prefix="",
            ),
        )
    function = Function(
        name="http",
        trigger="http",
        contract=contract,
        bindings=_HTTP,
        route="{*path}",
        timeout=DEFAULT_TIMEOUT,
        proxying="forward" if contract == "azure-forward" else "",
        trigger_name="req",
    )
    return (function,)


def _moved(app: App, function: Function, contract: ContractId) -> Function | None:
    if function.trigger in _CARRIES[contract]:
        form = (function.form or _FORMS[function.trigger]) if contract == "fc-event" else function.form
        proxying = function.proxying or "forward"
        return replace(function, contract=contract, form=form, proxying=proxying if contract == "azure-forward" else "")
    stays = app.platform == "azure" and contract in ("azure-http", "azure-forward")
    return replace(function, contract="azure-http", proxying="") if stays else None


def _platform(app: App, contract: ContractId) -> Platform:
    if contract == "azure-stdio":
        return "azure" if app.platform == "azure" else "bare"
    return "fc" if contract.startswith("fc-") else "azure"


def _on_platform(app: App, contract: ContractId) -> App:
    platform = _platform(app, contract)
    if contract == "azure-stdio":
        return replace(app, platform=platform, port=None, concurrency=1, hooks=(), health_check=None)
    if platform == app.platform:
        return app
    if platform == "fc":
        return replace(
            app, platform=platform, port=DEFAULT_PORT, start_timeout=START_TIMEOUT, concurrency=1, edition="3.0.0"
        )
    return replace(app, platform=platform, port=None, start_timeout=DEFAULT_START_TIMEOUT, hooks=(), health_check=None)
