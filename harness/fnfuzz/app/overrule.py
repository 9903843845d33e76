"""--contract: the same app, driven over the contract that the user names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import cast, get_args

from fnfuzz.app.function_compute import DEFAULT_PORT, START_TIMEOUT
from fnfuzz.app.host_json import DEFAULT_START_TIMEOUT, DEFAULT_TIMEOUT
from fnfuzz.app.model import App, Binding, ContractId, Function, OwnContract, Platform

__all__ = ["admitted_contracts", "default_functions", "known_contracts", "overruled"]

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


_own: dict[str, OwnContract] = {}


@contextmanager
def admitted_contracts(contracts: Iterable[OwnContract]) -> Iterator[None]:
    """Within, apps can be put on these contracts of users; their names are none of ours."""
    added = {item.name: item for item in contracts if item.name not in _own}
    _own.update(added)
    try:
        yield
    finally:
        for name in added:
            del _own[name]


def known_contracts() -> tuple[str, ...]:
    """The names that ``--contract`` may have: ours, then those of users."""
    return (*get_args(ContractId), *_own)


def overruled(app: App, contract: ContractId) -> App:
    """``app`` on ``contract``: the functions that it can carry, or default ones where there are none of these.

    Under azure-forward the functions with other triggers stay on azure-http, as they do on the host.
    """
    if contract in _own:
        return _on_own(app, _own[contract])
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


def _on_own(app: App, own: OwnContract) -> App:
    """``app`` on a contract of the user: no host's files or start apply, only its command and environment."""
    name = cast("ContractId", own.name)
    functions = tuple(
        replace(item, contract=name, form="", proxying="") for item in app.functions if item.trigger in own.triggers
    )
    default = Function(
        name=own.name, trigger=own.triggers[0], contract=name, route="{*path}", route_prefix="", timeout=DEFAULT_TIMEOUT
    )
    return replace(
        app,
        functions=functions or (default,),
        reason=f"{app.reason}; --contract {own.name}, an own one",
        settled=True,
        platform="bare",
        port=None,
        concurrency=1,
        hooks=(),
        health_check=None,
        own=own,
    )


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
