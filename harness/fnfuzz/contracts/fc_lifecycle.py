"""The requests that belong to an instance rather than to an event (alibaba-fc.md 2, 3.1, 4).

POST /initialize, GET /pre-stop, GET /pre-freeze and the HTTP health check: what is sent, and what is wrong with
the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fnfuzz.app.model import Function, Hook
from fnfuzz.contracts.fc_failures import ended, within
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest, Observed, Violation

__all__ = ["health_check_request", "hook_request", "judge_health_check", "judge_hook"]

METHODS = {"initialize": "POST", "pre-stop": "GET", "pre-freeze": "GET"}


def hook_request(settings: FcSettings, function: Function, hook: Hook, delivery: Delivery) -> HttpRequest:
    """The request that calls ``hook``; it has no body. ``function`` gives the headers their names."""
    method, target = METHODS[hook.name], f"/{hook.name}"
    # Only /initialize's x-fc-control-path is documented; the others are taken to be like it.
    headers = (("Host", settings.host(delivery)), *settings.headers(function, delivery, target))
    return HttpRequest(method, target, headers, b"", "length" if method == "POST" else None)


def health_check_request(settings: FcSettings, check: Mapping[str, Any], delivery: Delivery) -> HttpRequest:
    """GET the path in ``httpGetUrl`` of the app's health check; no x-fc-* headers are known for it."""
    path = str(check.get("httpGetUrl") or "/")
    target = path if path.startswith("/") else f"/{path}"
    return HttpRequest("GET", target, (("Host", settings.host(delivery)),))


def judge_hook(hook: Hook, observed: Observed) -> tuple[Violation, ...]:
    """At most one violation: initialize-missing, initialize-failed, pre-stop-failed or pre-freeze-failed.

    A process that ends after it has answered /pre-stop is on its way out anyhow.
    """
    reply = observed.reply
    request = f"{METHODS[hook.name]} /{hook.name}"
    if hook.name == "initialize" and isinstance(reply, HttpReply) and _has_no_route(reply):
        message = f"{request} was answered {reply.status}: the initializer is declared, but not there."
        return (Violation("initialize-missing", message),)
    why, place = _why_failed(observed, hook.timeout, 299)
    gone = ended(observed)
    if not why and hook.name == "initialize" and gone is not None:
        why, place = f"answered, and then the process ended ({gone.place})", gone.place
    return (Violation(f"{hook.name}-failed", f"{request}: {why}.", place),) if why else ()


def judge_health_check(check: Mapping[str, Any], observed: Observed) -> tuple[Violation, ...]:
    """At most one health-check-failed: 200 to 399 within ``timeoutSeconds`` (1 by default) passes."""
    timeout = check.get("timeoutSeconds")
    limit = float(timeout) if isinstance(timeout, (int, float)) and timeout > 0 else 1.0
    why, place = _why_failed(observed, limit, 399)
    if not why:
        return ()
    return (Violation("health-check-failed", f"GET {check.get('httpGetUrl') or '/'}: {why}.", place),)


def _has_no_route(reply: HttpReply) -> bool:
    """404 is also how an initializer that is there reports its failure, with x-fc-status (alibaba-fc.md 4)."""
    return reply.status in (404, 405) and reply.header("x-fc-status") is None


def _why_failed(observed: Observed, limit: float, highest: int) -> tuple[str, str]:
    """The reason and its place, both empty when the answer is whole, in time and between 200 and ``highest``."""
    reply, fault, gone = observed.reply, observed.fault, ended(observed)
    if isinstance(reply, HttpReply):
        if not 200 <= reply.status <= highest:
            return f"answered {reply.status}", f"status {reply.status}"
        if observed.elapsed > limit:
            return f"answered after {observed.elapsed:.1f} s; the host waits {limit:g} s", "timeout"
        return "", ""
    if gone is not None:
        return f"the process ended before it had answered ({gone.place})", gone.place
    if fault is None:
        return "no HTTP answer", "no answer"
    if fault.kind == "timeout":
        return f"no whole answer {within(observed, limit)}", fault.kind
    return fault.message, fault.kind
