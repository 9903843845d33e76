"""host.json of a custom handler (azure-functions.md 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fnfuzz.app.lenient_json import JsonTextError, Keys, read_json
from fnfuzz.app.local_settings import override
from fnfuzz.app.model import Problem
from fnfuzz.app.sections import Section, read_json_document
from fnfuzz.app.timespans import seconds

__all__ = ["Description", "HostSettings", "Route", "read_host_json", "retries"]

DEFAULT_TIMEOUT = 1800.0
DEFAULT_START_TIMEOUT = 30.0
_ENDLESS = "-1"
_PROFILES: Mapping[str, Mapping[str, Any]] = {
    "mcp-custom-handler": {
        "customHandler": {"enableProxyingHttpRequest": True, "http": {"routes": [{"route": "{*route}"}]}},
        "extensions": {"http": {"routePrefix": ""}},
    },
    # A name that newer hosts accept; what it sets is not known.
    "web-app-custom-handler": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """``description``: how the process is started; nothing in it is expanded yet."""

    executable: str
    arguments: tuple[str, ...]
    working_directory: str
    worker_directory: str
    place: str


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of ``http.routes``."""

    route: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """What host.json says about the handler and its invocations; times in seconds."""

    description: Description | None
    section: str
    proxying: Literal["", "forward", "proxy", "legacy"]
    port: int | None
    routes: tuple[Route, ...]
    start_timeout: float
    timeout: float | None
    max_retries: int
    route_prefix: str
    max_dequeue_count: int
    concurrency: int
    problems: tuple[Problem, ...]


def read_host_json(path: Path, settings: Mapping[str, str]) -> HostSettings:
    """The settings of ``path`` with the overrides among the app ``settings``.

    ``section`` is customHandler, httpWorker, or empty where neither is there. Raises AppError.
    """

    def adjust(value: Any) -> dict[Keys, str]:
        _apply_profile(value)
        return override(value, settings)

    root = read_json_document(path, adjust).root()
    _check_version(root)
    profile = root.text("configurationProfile")
    if profile and profile not in _PROFILES:
        raise root.wrong("configurationProfile", " or ".join(_PROFILES))
    name, problems = _pick_section(root)
    handler = root.section(name or "customHandler")
    http = handler.section("http")
    return HostSettings(
        description=_description(handler) if handler.get("description") is not None else None,
        section=name,
        proxying=_proxying(name, handler),
        port=handler.number("port", 0, 1, 65535) or None,
        routes=tuple(
            _route(route, http.text("defaultAuthorizationLevel", "function")) for route in http.sections("routes")
        ),
        start_timeout=seconds(handler, "initializationTimeout", DEFAULT_START_TIMEOUT),
        timeout=_timeout(root),
        max_retries=retries(root, 0),
        route_prefix=root.section("extensions").section("http").text("routePrefix", "api").strip("/"),
        problems=problems,
        **_queues(root.section("extensions").section("queues")),
    )


def retries(section: Section, default: int) -> int:
    """``retry.maxRetryCount``, -1 for ever; ``default`` without a policy."""
    policy = section.section("retry")
    return policy.number("maxRetryCount", default, -1, 2**31 - 1) if policy.members else default


def _apply_profile(value: Any) -> None:
    if not isinstance(value, dict):
        return
    name = next((text for key, text in value.items() if key.lower() == "configurationprofile"), None)
    if isinstance(name, str):
        _fill(value, _PROFILES.get(name, {}))


def _fill(members: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Put in what is missing; what the file says itself stays."""
    for name, value in defaults.items():
        key = next((key for key in members if key.lower() == name.lower()), name)
        if key not in members:
            members[key] = {**value} if isinstance(value, Mapping) else value
        elif isinstance(members[key], dict) and isinstance(value, Mapping):
            _fill(members[key], value)


def _check_version(root: Section) -> None:
    if root.get("version") is None:
        raise root.document.error((), 'version is missing; add "version": "2.0", without which the host does not start')
    if root.get("version") != "2.0":
        raise root.wrong("version", 'the text "2.0"')


def _pick_section(root: Section) -> tuple[str, tuple[Problem, ...]]:
    both = [name for name in ("customHandler", "httpWorker") if root.get(name) is not None]
    if len(both) < 2:
        return (both[0] if both else ""), ()
    message = "customHandler and httpWorker are both there; the host takes customHandler: remove httpWorker"
    return both[0], (Problem(rule="cfg-mixed-sections", message=message, place=root.place("httpWorker")),)


def _description(handler: Section) -> Description:
    section = handler.section("description")
    text = section.get("arguments")
    if isinstance(text, str):
        section = _with_json_list(section, text)
    worker = section.text("defaultWorkerPath")
    return Description(
        executable=section.text("defaultExecutablePath").strip(),
        arguments=(
            *section.texts("arguments"),
            *([f'"{worker}"'] if worker else []),
            *section.texts("workerArguments"),
        ),
        working_directory=section.text("workingDirectory"),
        worker_directory=section.text("workerDirectory"),
        place=handler.place("description"),
    )


def _with_json_list(section: Section, text: str) -> Section:
    """``arguments`` may be one text that holds a JSON list, which is how an app setting replaces the whole list."""
    try:
        value, _ = read_json(text)
    except JsonTextError:
        value = None
    if not isinstance(value, list):
        raise section.wrong("arguments", 'a list of texts, or a text that holds one, such as "[\\"a\\"]"')
    return Section(section.document, section.keys, {**section.members, section.spelled("arguments"): value})


def _proxying(name: str, handler: Section) -> Literal["", "forward", "proxy", "legacy"]:
    if name == "httpWorker":
        return "legacy"
    if handler.flag("enableProxyingHttpRequest"):
        return "proxy"
    return "forward" if handler.flag("enableForwardingHttpRequest") else ""


def _route(section: Section, level: str) -> Route:
    if section.get("route") is None:
        raise section.wrong("route", 'a route such as "items/{id}"')
    return Route(section.text("route"), section.text("authorizationLevel", level))


def _timeout(root: Section) -> float | None:
    if root.text("functionTimeout").strip() == _ENDLESS:
        return None
    timeout = seconds(root, "functionTimeout", DEFAULT_TIMEOUT)
    if timeout < 1:
        raise root.wrong("functionTimeout", 'at least one second ("00:00:01"), or -1 for no limit')
    return timeout


def _queues(queues: Section) -> dict[str, int]:
    batch = queues.number("batchSize", 16, 1, 32)
    return {
        "max_dequeue_count": queues.number("maxDequeueCount", 5, 1, 2**31 - 1),
        "concurrency": batch + queues.number("newBatchThreshold", batch // 2, 0, 2**31 - 1),
    }
