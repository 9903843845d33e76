"""Hooks and health checks: what is sent to an instance, and when its answer is a failure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fnfuzz.app.model import Function, Hook
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_lifecycle import health_check_request, hook_request, judge_health_check, judge_hook
from fnfuzz.contracts.model import Delivery, Exit, Fault, FaultKind, HttpReply, Observed, Violation
from fnfuzz.events import Pairs
from fnfuzz.rules import RULES

RESIZE = Function(name="resize", trigger="raw", contract="fc-event", timeout=30)
INITIALIZE = Hook(name="initialize", timeout=20)
PRE_STOP = Hook(name="pre-stop", timeout=5)
PRE_FREEZE = Hook(name="pre-freeze", timeout=5)
CHECK = {"httpGetUrl": "/ready", "timeoutSeconds": 2}

Judge = Callable[[Observed], tuple[Violation, ...]]
INITIALIZED: Judge = partial(judge_hook, INITIALIZE)
STOPPED: Judge = partial(judge_hook, PRE_STOP)
FROZEN: Judge = partial(judge_hook, PRE_FREEZE)
CHECKED: Judge = partial(judge_health_check, CHECK)


def answer(status: int = 200, headers: Pairs = (), **seen: Any) -> Observed:
    """A whole answer."""
    return Observed(reply=HttpReply(status, "", headers, b""), **{"elapsed": 0.01, "limit": 90.0, **seen})


def broken(kind: FaultKind, **seen: Any) -> Observed:
    """No answer, for a fault of the transport."""
    return Observed(fault=Fault(kind, f"it was {kind}"), **{"elapsed": 0.01, "limit": 90.0, **seen})


BREAKS: list[tuple[str, Judge, Observed, Observed]] = [
    ("initialize-missing", INITIALIZED, answer(404), answer(200)),
    ("initialize-missing", INITIALIZED, answer(405), answer(204)),
    ("initialize-failed", INITIALIZED, answer(500), answer(200)),
    ("initialize-failed", INITIALIZED, answer(302), answer(299)),
    ("initialize-failed", INITIALIZED, answer(404, (("x-fc-status", "404"),)), answer(200)),
    ("initialize-failed", INITIALIZED, answer(elapsed=21.0), answer(elapsed=19.0)),
    ("initialize-failed", INITIALIZED, broken("closed"), answer(200)),
    ("initialize-failed", INITIALIZED, broken("timeout"), answer(200)),
    ("initialize-failed", INITIALIZED, broken("closed", exit=Exit(1)), answer(200)),
    ("initialize-failed", INITIALIZED, answer(200, exit=Exit(1)), answer(200)),
    ("initialize-failed", INITIALIZED, Observed(), answer(200)),
    ("pre-stop-failed", STOPPED, answer(404), answer(200)),
    ("pre-stop-failed", STOPPED, answer(elapsed=6.0), answer(200, exit=Exit(0))),
    ("pre-freeze-failed", FROZEN, answer(500), answer(200)),
    ("pre-freeze-failed", FROZEN, broken("reset"), answer(200)),
    ("health-check-failed", CHECKED, answer(400), answer(399)),
    ("health-check-failed", CHECKED, answer(elapsed=2.5), answer(elapsed=1.5)),
    ("health-check-failed", CHECKED, broken("timeout", limit=2.0), answer(302)),
]


@pytest.mark.parametrize(
    ("rule", "judge", "breaking", "respecting"), BREAKS, ids=[f"{at}-{row[0]}" for at, row in enumerate(BREAKS)]
)
def test_an_answer_breaks_this_rule_alone(rule: str, judge: Judge, breaking: Observed, respecting: Observed) -> None:
    assert [violation.rule for violation in judge(breaking)] == [rule]
    assert judge(respecting) == ()
    assert rule in RULES


def test_initialize_is_a_post_without_a_body() -> None:
    request = hook_request(FcEvent(hooks=(INITIALIZE,)), RESIZE, INITIALIZE, Delivery(port=9000))
    raw = request.to_bytes().decode("ascii")
    assert raw.startswith("POST /initialize HTTP/1.1\r\nHost: 21.0.3.1:9000\r\nX-Fc-Request-Id: ")
    assert "\r\nX-Fc-Control-Path: /initialize\r\n" in raw
    assert "\r\nX-Fc-Initialization-Timeout: 20\r\n" in raw
    assert raw.endswith("\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("hook", [PRE_STOP, PRE_FREEZE], ids=lambda hook: hook.name)
def test_the_other_hooks_are_gets(hook: Hook) -> None:
    request = hook_request(FcEvent(hooks=(hook,)), RESIZE, hook, Delivery())
    assert (request.method, request.target, request.body, request.framing) == ("GET", f"/{hook.name}", b"", None)


@pytest.mark.parametrize(("url", "target"), [("/ready", "/ready"), ("ready", "/ready"), ("", "/"), (None, "/")])
def test_a_health_check_is_a_bare_get(url: str | None, target: str) -> None:
    request = health_check_request(FcEvent(), {"httpGetUrl": url}, Delivery(port=8000))
    assert (request.method, request.target, request.headers) == ("GET", target, (("Host", "21.0.3.1:8000"),))


def test_a_health_check_waits_one_second_by_default() -> None:
    assert judge_health_check({}, answer(elapsed=0.9)) == ()
    assert [violation.place for violation in judge_health_check({}, answer(elapsed=1.1))] == ["timeout"]


def test_a_hook_that_was_not_waited_for_long_enough_says_so() -> None:
    (violation,) = judge_hook(INITIALIZE, broken("timeout", elapsed=5.0, limit=5.0))
    assert violation.message == "POST /initialize: no whole answer within 5 s (the host allows 20 s)."
