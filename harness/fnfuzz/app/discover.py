"""Finds the function app that the user points at, by the files that each platform's tools leave."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

from fnfuzz.app.azure_app import read_azure_app
from fnfuzz.app.bootstrap import start_flaw
from fnfuzz.app.files import resolved
from fnfuzz.app.function_compute import Resource, bootstrap_app, merged, resource_app
from fnfuzz.app.model import App, AppError, ContractId, Problem
from fnfuzz.app.overrule import known_contracts, overruled
from fnfuzz.app.ros_template import read_ros_template
from fnfuzz.app.serverless_devs import read_serverless_devs
from fnfuzz.app.start import Start, checked_command

__all__ = ["discover", "discover_all"]

BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True)
class _Search:
    start: Start
    environ: Mapping[str, str]


def discover(
    target: Path,
    *,
    command: Sequence[str] = (),
    contract: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> App:
    """The app at ``target``, a folder or the executable in it; with ``command``, ``target`` is the folder it runs in.

    Where one file declares functions that are started in different ways, this is the first of them (or the one whose
    code holds the executable), and ``reason`` names the others; ``discover_all`` gives all. ``contract`` overrules what
    the files say. ``environ`` is the environment of the host, os.environ by default. Raises AppError.
    """
    first, *others = discover_all(target, command=command, contract=contract, environ=environ)
    if not others:
        return first
    names = ", ".join(f"{app.name} ({app.cwd})" for app in others)
    return replace(
        first,
        reason=f"{first.reason}; taken {first.name}, but {names} declared as well: name an executable to take its app",
    )


def discover_all(
    target: Path,
    *,
    command: Sequence[str] = (),
    contract: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[App, ...]:
    """Every app at ``target``, one for each way to start it; at least one. See ``discover``."""
    if contract is not None and contract not in known_contracts():
        raise AppError(f"{contract}: there is no such contract; take one of {', '.join(known_contracts())}")
    known = dict(os.environ if environ is None else environ)
    try:
        search = _Search(_start(resolved(target), command, known), known)
        apps = _find(search, contract)
    except OSError as error:
        raise AppError(
            f"{error.filename or target}: {error.strerror or error}; check the permissions and the name"
        ) from error
    if contract is not None:
        return tuple(overruled(app, cast(ContractId, contract)) for app in apps)
    for app in apps:
        _check_functions(app)
    return apps


def _start(target: Path, command: Sequence[str], environ: Mapping[str, str]) -> Start:
    if not target.exists():
        hint = "" if command or " " not in str(target) else "; a command with arguments goes after --"
        raise AppError(f"{target}: there is no such file or folder{hint or '; correct the name'}")
    if target.is_dir():
        return Start(folder=target, command=checked_command(command, target, environ))
    if command:
        raise AppError(f"{target}: is no folder; with a command after -- it is the folder that the command runs in")
    if not target.is_file():
        raise AppError(f"{target}: is neither a folder nor a file; name the app's folder or its executable")
    return Start(folder=target.parent, executable=target)


def _check_functions(app: App) -> None:
    if app.platform == "azure" and not app.functions:
        raise AppError(
            f"{app.root / 'host.json'}: the app has no function; looked for <Function>/function.json, function.json "
            "and customHandler.http.routes: add a function, or say with --contract what the handler speaks"
        )


def _find(search: _Search, contract: str | None) -> tuple[App, ...]:
    start = search.start
    sources = list(_SOURCES)
    if contract is not None and contract.startswith("fc-"):
        sources.sort(key=lambda source: source[1] is _azure)
    apps = _first(sources, start.folder, search)
    if not apps and start.executable is not None:
        apps = _of_executable(_first(sources, start.folder.parent, search), start.executable)
    if apps:
        return _holding(apps, start.executable)
    bootstrap = start.folder / BOOTSTRAP
    if not start.command and start.executable in (None, bootstrap) and bootstrap.exists():
        return (bootstrap_app(start.folder, start, search.environ),)
    if start.command or start.executable:
        return (_bare(start, search.environ),)
    raise AppError(_nothing_found(start.folder))


_Source: TypeAlias = tuple[str, Callable[[Path, _Search], tuple[App, ...]]]


def _first(sources: Sequence[_Source], folder: Path, search: _Search) -> tuple[App, ...]:
    for name, read in sources:
        path = folder / name
        if path.exists() and (apps := read(path, search)):
            return apps
    return ()


def _azure(path: Path, search: _Search) -> tuple[App, ...]:
    return (read_azure_app(path.parent, search.start, search.environ),)


def _serverless_devs(path: Path, search: _Search) -> tuple[App, ...]:
    resources, remark = read_serverless_devs(path, search.environ)
    return _apps(resources, path, remark, search)


def _ros_template(path: Path, search: _Search) -> tuple[App, ...]:
    return _apps(read_ros_template(path), path, "", search)


_SOURCES: tuple[_Source, ...] = (
    ("host.json", _azure),
    ("s.yaml", _serverless_devs),
    ("s.yml", _serverless_devs),
    ("template.yml", _ros_template),
    ("template.yaml", _ros_template),
)


def _apps(resources: Sequence[Resource], path: Path, remark: str, search: _Search) -> tuple[App, ...]:
    """The apps of those functions whose code is there; AppError if there are functions, but none with its code."""
    apps: list[App] = []
    errors: list[AppError] = []
    for resource in resources:
        reason = f"{path.name} in {path.parent}, {_generation(resource)}{remark}"
        try:
            apps.append(resource_app(resource, path.parent, reason, search.start, search.environ))
        except AppError as error:
            errors.append(error)
    if errors and not apps:
        raise errors[0]
    told = "".join(f"; left out: {error}" for error in errors)
    return tuple(replace(app, reason=app.reason + told) for app in merged(apps))


_GENERATIONS: Mapping[str, str] = {"1.0.0": "2.0", "3.0.0": "3.0"}


def _generation(resource: Resource) -> str:
    return f"Function Compute {_GENERATIONS[resource.edition]}, runtime {resource.runtime}"


def _of_executable(apps: Sequence[App], executable: Path) -> tuple[App, ...]:
    """Of the apps that were found one folder up those that the executable belongs to."""
    if any(app.platform == "azure" for app in apps):
        return tuple(app for app in apps if app.functions)
    return tuple(app for app in apps if executable.is_relative_to(app.cwd))


def _holding(apps: tuple[App, ...], executable: Path | None) -> tuple[App, ...]:
    """The apps, or the one whose code folder is the nearest around the executable."""
    around = [app for app in apps if executable is not None and executable.is_relative_to(app.cwd)]
    return (max(around, key=lambda app: len(app.cwd.parts)),) if around else apps


def _bare(start: Start, environ: Mapping[str, str]) -> App:
    """A program without any app's files: which contract it speaks has to be found out by trying."""
    what = f"the command {start.command[0]}" if start.command else str(start.executable)
    flaw = start_flaw(start.executable, environ.get("PATH"), machine_here=True) if start.executable else None
    problems = (Problem(rule="start-exec-missing", message=flaw.message, place=str(start.executable)),) if flaw else ()
    return App(
        root=start.folder,
        name=start.executable.name if start.executable else start.folder.name,
        platform="bare",
        reason=f"{what}, without host.json, s.yaml, template.yml or bootstrap: its contract is found by trying",
        command=start.command or (str(start.executable),),
        cwd=start.folder,
        functions=(),
        problems=problems,
    )


def _nothing_found(folder: Path) -> str:
    wanted = ", ".join(name for name, _ in _SOURCES)
    inside = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.is_dir() and any((entry / name).exists() for name, _ in _SOURCES)
    )
    if inside:
        return f"{folder}: no function app here, but in {', '.join(inside[:5])}; name that folder"
    return (
        f"{folder}: no function app here: looked for {wanted} and {BOOTSTRAP}; name the app's folder or its "
        "executable, or give the start command after --"
    )
