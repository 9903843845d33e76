"""What Function Compute knows of a function, whichever file says it, and the app that follows (alibaba-fc.md 1, 2)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from fnfuzz.app.bootstrap import Flaw, find_program, start_flaw
from fnfuzz.app.model import App, AppError, Function, Hook, Problem
from fnfuzz.app.start import Start, same_file

__all__ = [
    "DEFAULT_PORT",
    "HEALTH_DEFAULTS",
    "START_TIMEOUT",
    "Resource",
    "Trigger",
    "bootstrap_app",
    "is_custom",
    "merged",
    "resource_app",
]

DEFAULT_PORT = 9000
START_TIMEOUT = 120.0
CODE = "/code"
BOOTSTRAP = "bootstrap"
HEALTH_DEFAULTS: Mapping[str, int] = {
    "initialDelaySeconds": 0,
    "periodSeconds": 3,
    "timeoutSeconds": 1,
    "failureThreshold": 3,
    "successThreshold": 1,
}
_ARCHIVES = (".zip", ".jar", ".war", ".tar", ".gz", ".tgz")
_RULES: Mapping[str, str] = {
    "missing": "start-file-missing",
    "not-executable": "start-file-not-executable",
    "bad-format": "start-file-bad-format",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One trigger: ``type`` is http, oss, mns_topic, timer, eventbridge or another name of the platform's.

    ``form`` is that of Function.form, ``source`` the topic, the queue or the object pattern.
    """

    name: str
    type: str
    form: str = ""
    source: str = ""
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One function as its file declares it; ``place`` says where. ``code`` is the code folder or archive as written.

    ``edition`` is that of Serverless Devs: 1.0.0 for FC 2.0, 3.0.0 for FC 3.0. ``command`` is empty where ``bootstrap``
    is started. Times in seconds, ``memory`` in MB.
    """

    name: str
    place: str
    runtime: str
    edition: Literal["1.0.0", "3.0.0"]
    code: str = ""
    command: tuple[str, ...] = ()
    port: int = DEFAULT_PORT
    timeout: float = 3.0
    memory: int = 512
    concurrency: int = 1
    hooks: tuple[Hook, ...] = ()
    health_check: Mapping[str, Any] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True)
class _Launch:
    command: tuple[str, ...]
    cwd: Path
    problems: tuple[Problem, ...] = ()
    note: str = ""


def is_custom(runtime: str) -> bool:
    """Is it a runtime that starts the user's own executable?"""
    return runtime in ("custom", "custom-container") or runtime.startswith("custom.")


def resource_app(resource: Resource, root: Path, reason: str, start: Start, environ: Mapping[str, str]) -> App:
    """The app of one declared function. Raises AppError where its code cannot be looked at."""
    launch = _launch(resource, root, start, environ.get("PATH"))
    return App(
        root=root,
        name=resource.name,
        platform="fc",
        reason=f"{reason}{launch.note}",
        command=launch.command,
        cwd=launch.cwd,
        functions=_functions(resource),
        settings=dict(resource.environment),
        port=resource.port,
        start_timeout=START_TIMEOUT,
        hooks=resource.hooks,
        concurrency=resource.concurrency,
        max_memory=resource.memory,
        health_check=resource.health_check,
        runtime=resource.runtime,
        edition=resource.edition,
        problems=launch.problems,
    )


def bootstrap_app(folder: Path, start: Start, environ: Mapping[str, str]) -> App:
    """The app of a folder that has only a file named bootstrap: an event function until trying it says otherwise."""
    place = str(folder / BOOTSTRAP)
    resource = Resource(name=folder.name, place=place, runtime="custom", edition="3.0.0", code=".", timeout=60.0)
    reason = f"bootstrap in {folder}: taken for an event function of Function Compute until it is tried"
    return resource_app(resource, folder, reason, start, environ)


def _functions(resource: Resource) -> tuple[Function, ...]:
    if not resource.triggers:
        raw = Function(
            name=resource.name,
            trigger="raw",
            contract="fc-event",
            form="raw",
            timeout=resource.timeout,
            route_prefix="",
        )
        return (raw,)
    several = len(resource.triggers) > 1
    return tuple(
        _function(resource, trigger, f"{resource.name}/{trigger.name}" if several else resource.name)
        for trigger in resource.triggers
    )


_TRIGGERS: Mapping[str, str] = {"oss": "blob", "mns_topic": "queue"}


def _function(resource: Resource, trigger: Trigger, name: str) -> Function:
    bridged = trigger.type == "eventbridge" and trigger.form
    kind = "queue" if bridged else _TRIGGERS.get(trigger.type, trigger.type)
    web = trigger.type == "http"
    return Function(
        name=name,
        trigger=kind,
        contract="fc-web" if web else "fc-event",
        route="{*path}" if web else "",
        methods=trigger.methods,
        source=trigger.source,
        form=trigger.form,
        timeout=resource.timeout,
        route_prefix="",
        trigger_name=trigger.name,
    )


def _launch(resource: Resource, root: Path, start: Start, search: str | None) -> _Launch:
    if start.command:
        return _Launch(start.command, start.folder)
    if resource.runtime == "custom-container":
        return _container_launch(resource, root, start, search)
    code = _code_folder(resource, root)
    launch = _code_launch(resource, code, search)
    if start.executable and not same_file(launch.command[0], start.executable):
        return _Launch((str(start.executable),), code)
    return launch


def _code_folder(resource: Resource, root: Path) -> Path:
    code = root / (resource.code or ".")
    advice = "give the start command after --"
    if code.is_file() or (not code.exists() and code.suffix.lower() in _ARCHIVES):
        raise AppError(f"{resource.place}: the code of {resource.name} is the archive {code}; unpack it, or {advice}")
    if not code.is_dir():
        raise AppError(
            f"{resource.place}: {resource.name} has no code folder {code}; build it, correct the name, or {advice}"
        )
    return code.resolve()


def _code_launch(resource: Resource, code: Path, search: str | None) -> _Launch:
    """``customRuntimeConfig.command`` in the code folder, or its ``bootstrap``."""
    if not resource.command:
        bootstrap = code / BOOTSTRAP
        return _Launch((str(bootstrap),), code, _problems(start_flaw(bootstrap, search), resource))
    name, *rest = (_in_code(word, code) for word in _words(resource.command, code))
    if "/" not in name and (code / name).is_file() and find_program(name, code, search) is None:
        name = f"./{name}"
    path = find_program(name, code, search)
    if path is None and ("/" not in name or (Path(name).is_absolute() and not Path(name).is_relative_to(code))):
        note = f"; {name} is not on this machine: install it, or give another start command after --"
        return _Launch((name, *rest), code, note=note)
    path = path or code / name
    program = str(path.absolute()) if "/" in name else name
    own = path.resolve().is_relative_to(code)
    return _Launch(
        (program, *rest), code, _problems(start_flaw(path, search), resource) if own or not path.exists() else ()
    )


def _words(command: tuple[str, ...], code: Path) -> tuple[str, ...]:
    """The platform joins the words; only one that holds blanks itself shows the difference."""
    if not any(blank in command[0] for blank in " \t") or (code / command[0]).exists():
        return command
    try:
        return tuple(shlex.split(" ".join(command))) or command
    except ValueError:
        return command


def _in_code(word: str, code: Path) -> str:
    """A path under /code, where the platform puts the code, as the path in the code folder."""
    inside = word == CODE or word.startswith(f"{CODE}/")
    return str(code / word[len(CODE) :].lstrip("/")) if inside and not Path(word).exists() else word


def _container_launch(resource: Resource, root: Path, start: Start, search: str | None) -> _Launch:
    if start.executable:
        return _Launch((str(start.executable),), start.folder)
    program = find_program(resource.command[0], root, search) if resource.command else None
    if program is None:
        raise AppError(
            f"{resource.place}: {resource.name} is a custom-container, and what it starts is inside its image, "
            "which fnfuzz does not run; give the start command after --"
        )
    return _Launch((str(program), *resource.command[1:]), root)


def _problems(flaw: Flaw | None, resource: Resource) -> tuple[Problem, ...]:
    return (Problem(rule=_RULES[flaw.kind], message=flaw.message, place=resource.place),) if flaw else ()


def merged(apps: list[App]) -> tuple[App, ...]:
    """Apps that are started in exactly one way become one app with the functions of all."""
    found: list[App] = []
    for app in apps:
        same = next((at for at, other in enumerate(found) if _unnamed(other) == _unnamed(app)), None)
        if same is None:
            found.append(app)
        else:
            found[same] = replace(found[same], functions=(*found[same].functions, *app.functions))
    return tuple(found)


def _unnamed(app: App) -> App:
    return replace(
        app, name="", reason="", functions=(), problems=tuple(replace(item, place="") for item in app.problems)
    )
