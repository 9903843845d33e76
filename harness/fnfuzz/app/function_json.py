"""function.json and http.routes: the functions of an Azure app (azure-functions.md 1 and 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fnfuzz.app.arguments import expand
from fnfuzz.app.host_json import HostSettings, Route, retries
from fnfuzz.app.model import AppError, Binding, Function, Problem
from fnfuzz.app.sections import Section, read_json_document

__all__ = ["folder_name", "function_files", "read_function", "routed_functions"]

TRIGGERS: Mapping[str, str] = {
    "httptrigger": "http",
    "queuetrigger": "queue",
    "blobtrigger": "blob",
    "timertrigger": "timer",
}
SOURCES: Mapping[str, str] = {
    "queuetrigger": "queueName",
    "blobtrigger": "path",
    "eventhubtrigger": "eventHubName",
    "servicebustrigger": "queueName",
}
_OWN_KEYS = ("name", "type", "direction", "datatype", "cardinality")
_FUNCTION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,127}")
_BINDING_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,127}")
_SWITCHES = ("true", "1")


def function_files(root: Path) -> tuple[Path, ...]:
    """Every ``<Function>/function.json``, by name; without any, the one in ``root`` itself. Raises AppError."""
    try:
        folders = sorted(entry for entry in root.iterdir() if entry.is_dir())
        found = tuple(folder / "function.json" for folder in folders if (folder / "function.json").exists())
    except OSError as error:
        raise AppError(f"{root}: cannot be listed: {error.strerror or error}; check its permissions") from error
    own = root / "function.json"
    return found or ((own,) if own.exists() else ())


def folder_name(root: Path) -> str:
    """The name of the function whose function.json lies in the app folder: the folder's, made legal."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", root.name).strip("-")[:128]
    return name if _FUNCTION_NAME.fullmatch(name) and name.lower() != "host" else f"App-{name}".rstrip("-")[:128]


def read_function(
    path: Path, name: str, host: HostSettings, settings: Mapping[str, str]
) -> tuple[Function | None, tuple[Problem, ...]]:
    """The function of one file and what the host objects to; None for one that is switched off. Raises AppError."""
    root = read_json_document(path).root()
    if _is_disabled(root, name, settings):
        return None, ()
    bindings = tuple(_binding(section) for section in root.sections("bindings"))
    triggers = [binding for binding in bindings if binding.type.lower().endswith("trigger")]
    if len(triggers) != 1:
        names = ", ".join(binding.name for binding in triggers) or "none"
        raise root.error(
            "bindings", f"a function has exactly one trigger, this one has {names}; the host does not load it"
        )
    function = _function(name, triggers[0], bindings, host, settings)
    function = replace(function, max_retries=retries(root, host.max_retries))
    return function, tuple(_problems(function, host, root))


def routed_functions(host: HostSettings, settings: Mapping[str, str]) -> Iterator[Function]:
    """The functions ``http-handler1``, ... that http.routes makes."""
    for number, route in enumerate(host.routes, 1):
        bindings = _route_bindings(route)
        yield _function(f"http-handler{number}", bindings[0], bindings, host, settings)


def _route_bindings(route: Route) -> tuple[Binding, Binding]:
    options = {"route": route.route, "authLevel": route.level}
    return (
        Binding(name="req", type="httpTrigger", direction="in", options=options),
        Binding(name="res", type="http", direction="out"),
    )


def _is_disabled(root: Section, name: str, settings: Mapping[str, str]) -> bool:
    text = root.text("disabled").strip()
    values = (text, settings.get(text.strip("%"), ""), settings.get(f"AzureWebJobs.{name}.Disabled", ""))
    return root.flag("excluded") or any(value.lower() in _SWITCHES for value in values)


def _binding(section: Section) -> Binding:
    for key in ("type", "name"):
        if not section.text(key):
            raise section.wrong(key, f"the {key} of the binding")
    direction = section.text("direction", "in").lower()
    is_trigger = section.text("type").lower().endswith("trigger")
    if direction not in ("in", "out", "inout") or (is_trigger and direction != "in"):
        raise section.wrong("direction", '"in", as every trigger has it' if is_trigger else '"in", "out" or "inout"')
    return Binding(
        name=section.text("name"),
        type=section.text("type"),
        direction=direction,  # type: ignore[arg-type] # one of the three, as just checked
        data_type=section.text("dataType").lower(),
        cardinality=section.text("cardinality").lower(),
        options={key: value for key, value in section.members.items() if key.lower() not in _OWN_KEYS},
    )


def _option(binding: Binding, name: str) -> Any:
    return next((value for key, value in binding.options.items() if key.lower() == name.lower()), None)


def _function(
    name: str, trigger: Binding, bindings: tuple[Binding, ...], host: HostSettings, settings: Mapping[str, str]
) -> Function:
    kind = trigger.type.lower()
    forwarded = bool(host.proxying) and _is_http_only(bindings)
    source = _option(trigger, SOURCES.get(kind, ""))
    return Function(
        name=name,
        trigger=TRIGGERS.get(kind, trigger.type),
        contract="azure-forward" if forwarded else "azure-http",
        bindings=bindings,
        route=expand(str(_option(trigger, "route") or name), settings) if kind == "httptrigger" else "",
        methods=_methods(trigger),
        source=expand(source, settings) if isinstance(source, str) else "",
        timeout=host.timeout,
        proxying=host.proxying if forwarded else "",
        route_prefix=host.route_prefix,
        max_dequeue_count=host.max_dequeue_count,
        trigger_name=trigger.name,
        max_retries=host.max_retries,
    )


def _methods(trigger: Binding) -> tuple[str, ...]:
    methods = _option(trigger, "methods")
    return tuple(str(method).upper() for method in methods) if isinstance(methods, list) else ()


def _is_http_only(bindings: Sequence[Binding]) -> bool:
    """One input, an httpTrigger, and one output, http: only such a function is forwarded (azure-functions.md 4)."""
    inputs = [binding.type.lower() for binding in bindings if binding.direction != "out"]
    outputs = [binding.type.lower() for binding in bindings if binding.direction != "in"]
    return inputs == ["httptrigger"] and outputs == ["http"]


def _problems(function: Function, host: HostSettings, root: Section) -> Iterator[Problem]:
    place = root.document.place()
    if not _FUNCTION_NAME.fullmatch(function.name) or function.name.lower() == "host":
        message = (
            f"{function.name!r} is no function name, so the host does not load the function; rename its folder: "
            "a letter, then letters, digits, - and _, 128 at most, and not `host`"
        )
        yield Problem(rule="cfg-name-invalid", message=message, place=place)
    for section, binding in zip(root.sections("bindings"), function.bindings, strict=True):
        if not _is_binding_name(binding):
            message = (
                f"{binding.name!r} is no name of an {binding.direction} binding, so the host does not load the "
                "function; take a letter, then letters and digits, 128 at most, or $return for an output"
            )
            yield Problem(rule="cfg-name-invalid", message=message, place=section.place("name"))
    if host.proxying and function.trigger == "http" and not function.proxying and len(function.bindings) > 2:
        message = (
            f"{function.name} has {len(function.bindings)} bindings; only functions with just an httpTrigger and an "
            "http output are forwarded: expect POST with Data and Metadata here, or remove the other bindings"
        )
        yield Problem(rule="cfg-forward-extra-binding", message=message, place=root.place("bindings"))


def _is_binding_name(binding: Binding) -> bool:
    if binding.name == "$return":
        return binding.direction == "out"
    return _BINDING_NAME.fullmatch(binding.name) is not None
