"""A folder with host.json as an app: functions, start command, objections of the host (azure-functions.md 1, 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.app.arguments import argument_problems, expand, start_arguments
from fnfuzz.app.bootstrap import Flaw, find_program, start_flaw
from fnfuzz.app.function_json import folder_name, function_files, read_function, routed_functions
from fnfuzz.app.host_json import Description, HostSettings, read_host_json
from fnfuzz.app.local_settings import read_local_settings
from fnfuzz.app.model import App, AppError, Function, Problem
from fnfuzz.app.start import Start, same_file

__all__ = ["read_azure_app"]


@dataclass(frozen=True, slots=True)
class _Functions:
    all: tuple[Function, ...]
    problems: tuple[Problem, ...]
    note: str


def read_azure_app(root: Path, start: Start, environ: Mapping[str, str]) -> App:
    """The app of ``root``/host.json; ``start`` says what the user wants to be started instead, if anything.

    Without functions the app has none; the caller decides whether that is an error. Raises AppError.
    """
    values = read_local_settings(root)
    settings = {**values, **environ}
    variables = {**settings, "FUNCTIONS_APP_ROOT_PATH": str(root)}
    host = read_host_json(root / "host.json", settings)
    command, cwd, problems = _start(root, host, start, variables)
    functions = _read_functions(root, host, settings)
    return App(
        root=root,
        name=root.name,
        platform="azure",
        reason=f"host.json in {root}{functions.note}{_mode(host)}",
        command=command,
        cwd=cwd,
        functions=functions.all,
        settings={name: text for name, text in values.items() if name not in environ},
        port=host.port,
        start_timeout=host.start_timeout,
        concurrency=host.concurrency,
        runtime="custom",
        edition="2.0",
        problems=(*host.problems, *problems, *functions.problems),
    )


def _mode(host: HostSettings) -> str:
    return {
        "": "",
        "forward": "; enableForwardingHttpRequest: HTTP functions get the request as it is",
        "proxy": "; enableProxyingHttpRequest: HTTP functions get the request as it is",
        "legacy": "; httpWorker, the legacy section: HTTP functions get the request under /<Function>",
    }[host.proxying]


def _read_functions(root: Path, host: HostSettings, settings: Mapping[str, str]) -> _Functions:
    files = function_files(root)
    found: list[Function] = []
    problems: list[Problem] = []
    note = ""
    for path in files:
        name = path.parent.name
        if path.parent == root:
            name = folder_name(root)
            note = f"; its function.json lies beside host.json, so the function is called {name} after the folder"
        function, objections = read_function(path, name, host, settings)
        found += [function] if function else []
        problems += objections
    if host.routes and files:
        message = "http.routes and function.json files are both there, so the host does not start; keep one of both"
        problems.append(Problem(rule="cfg-routes-and-function-json", message=message, place=str(root / "host.json")))
    found += routed_functions(host, settings)
    return _Functions(tuple(found), tuple(problems), note)


def _start(
    root: Path, host: HostSettings, start: Start, variables: Mapping[str, str]
) -> tuple[tuple[str, ...], Path, tuple[Problem, ...]]:
    """argv, working directory, and what keeps the host from starting it."""
    if start.command:
        return start.command, start.folder, ()
    description = host.description
    if description is None or not description.executable:
        if start.executable:
            return (str(start.executable),), root, ()
        raise AppError(f"{root / 'host.json'}: {_undescribed(host)}")
    cwd = _inside(root, description.working_directory, variables)
    executable, flaw = _executable(root, description, variables)
    if start.executable and not same_file(executable, start.executable):
        return (str(start.executable),), cwd, ()
    command = (executable, *start_arguments(description.arguments, variables))
    problems = argument_problems(description.arguments, variables, description.place)
    if flaw is not None:
        problems += (Problem(rule="start-exec-missing", message=flaw.message, place=description.place),)
    return command, cwd, problems


def _undescribed(host: HostSettings) -> str:
    if not host.section:
        return "has no customHandler section, so this is no custom handler; add one, or give the start command after --"
    missing = "description" if host.description is None else "description.defaultExecutablePath"
    return (
        f"{host.section}.{missing} is missing; name the handler's executable there, or give the start command after --"
    )


def _inside(root: Path, folder: str, variables: Mapping[str, str]) -> Path:
    path = root / expand(folder, variables)
    if not path.is_dir():
        raise AppError(
            f"{root / 'host.json'}: description: there is no folder {path}; correct the name or remove the key"
        )
    return path


def _executable(root: Path, description: Description, variables: Mapping[str, str]) -> tuple[str, Flaw | None]:
    """What the host starts: the file in workerDirectory if there is one, else a command for the system to look up."""
    name = expand(description.executable, variables)
    search = variables.get("PATH")
    base = root / expand(description.worker_directory, variables)
    path = base / name
    if Path(name).is_absolute() or path.exists():
        return str(path), start_flaw(path, search, machine_here=True)
    found = find_program(name, root, search)
    if found is None:
        message = f"defaultExecutablePath names {name}, but there is no such file in {base} and no such command on PATH"
        return name, Flaw("missing", f"{message}; build the handler or correct the name")
    return (str(found) if "/" in name else name), start_flaw(found, search, machine_here=True)
