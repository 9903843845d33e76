"""s.yaml of Serverless Devs, both editions: component fc (FC 2.0) and fc3 (FC 3.0) (alibaba-fc.md 1.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from fnfuzz.app.function_compute import DEFAULT_PORT, HEALTH_DEFAULTS, Resource, Trigger, is_custom
from fnfuzz.app.model import AppError, Hook
from fnfuzz.app.sections import Section
from fnfuzz.app.triggers import trigger
from fnfuzz.app.variables import Variables
from fnfuzz.app.yaml_file import read_yaml_document

__all__ = ["read_serverless_devs"]

_COMPONENTS: Mapping[str, Literal["1.0.0", "3.0.0"]] = {"fc": "1.0.0", "fc3": "3.0.0"}
LONGEST = 86400


def read_serverless_devs(path: Path, environ: Mapping[str, str]) -> tuple[tuple[Resource, ...], str]:
    """The functions with a custom runtime, and a remark for the user, often empty.

    Raises AppError for a file without any, or one that cannot be read.
    """
    root = read_yaml_document(path).root()
    variables = Variables(root.document.value, environ)
    found: list[Resource] = []
    others: list[str] = []
    for name, section in _blocks(root, variables):
        edition = _COMPONENTS.get(_component(section))
        if edition is None:
            others.append(f"{name} (component {_component(section) or 'missing'})")
            continue
        resource = _READERS[edition](name, section)
        if resource is None:
            others.append(f"{name} (runtime {_runtime(section) or 'missing'})")
        else:
            found.append(resource)
    if not found:
        listed = ", ".join(others) or "no resource at all"
        raise AppError(f"{path}: no function with a custom runtime; found {listed}; fnfuzz drives custom runtimes only")
    return tuple(found), _remark(variables)


def _remark(variables: Variables) -> str:
    return f"; could not resolve {', '.join(list(variables.left)[:5])}, left as text" if variables.left else ""


def _blocks(root: Section, variables: Variables) -> Iterator[tuple[str, Section]]:
    key = "resources" if root.get("resources") is not None else "services"
    blocks = root.section(key)
    for name in blocks.members:
        raw = blocks.section(name)
        value = {"component": raw.get("component"), "props": raw.get("props")}
        yield str(name), Section(raw.document, raw.keys, variables.resolve(value, raw.members))


def _component(section: Section) -> str:
    """``devsapp/fc3@0.0.12`` is ``fc3``."""
    return section.text("component").partition("@")[0].rpartition("/")[2].strip().lower()


def _runtime(section: Section) -> str:
    props = section.section("props")
    return props.text("runtime") or props.section("function").text("runtime")


def _fc3(name: str, section: Section) -> Resource | None:
    props = section.section("props")
    container = props.text("runtime") == "custom-container"
    config = props.section("customContainerConfig" if container else "customRuntimeConfig")
    if not is_custom(props.text("runtime")):
        return None
    lifecycle = props.section("instanceLifecycleConfig")
    return Resource(
        name=props.text("functionName", name),
        place=section.document.place(section.keys),
        runtime=props.text("runtime"),
        edition="3.0.0",
        code=_code(props, "code"),
        command=(*config.texts("entrypoint"), *config.texts("command")) if container else _command(config),
        port=config.number("port", DEFAULT_PORT, 1, 65535),
        timeout=float(props.number("timeout", 3, 1, LONGEST)),
        memory=props.number("memorySize", 512, 1, 1_000_000),
        concurrency=props.number("instanceConcurrency", 1, 1, 200),
        hooks=(*_hook(lifecycle, "initializer", "initialize"), *_hook(lifecycle, "preStop", "pre-stop")),
        health_check=_health(config.section("healthCheckConfig")),
        environment=props.mapping("environmentVariables"),
        triggers=tuple(_trigger(item, "trigger") for item in _triggers(props)),
    )


def _fc2(name: str, section: Section) -> Resource | None:
    props = section.section("props")
    function = props.section("function")
    runtime = function.text("runtime")
    if not is_custom(runtime):
        return None
    container = function.section("customContainerConfig")
    if runtime == "custom-container" and not container.flag("webServerMode", True):
        raise function.error(
            "customContainerConfig",
            "webServerMode is off: the container is sent no events, so there is nothing to drive",
        )
    lifecycle = function.section("instanceLifecycleConfig")
    command = (*_json_list(container, "command"), *_json_list(container, "args"))
    return Resource(
        name=function.text("name", name),
        place=section.document.place(section.keys),
        runtime=runtime,
        edition="1.0.0",
        code=_code(function, "codeUri"),
        command=command if runtime == "custom-container" else _command(function.section("customRuntimeConfig")),
        port=function.number("caPort", DEFAULT_PORT, 1, 65535),
        timeout=float(function.number("timeout", 3, 1, LONGEST)),
        memory=function.number("memorySize", 512, 1, 1_000_000),
        concurrency=function.number("instanceConcurrency", 1, 1, 200),
        hooks=(
            *_initializer(function),
            *_hook(lifecycle, "preStop", "pre-stop"),
            *_hook(lifecycle, "preFreeze", "pre-freeze"),
        ),
        health_check=_health(function.section("customHealthCheckConfig")),
        environment=function.mapping("environmentVariables"),
        triggers=tuple(_trigger(item, "") for item in _triggers(props)),
    )


_READERS = {"1.0.0": _fc2, "3.0.0": _fc3}


def _code(section: Section, name: str) -> str:
    """A folder or archive; code that lies in a bucket is told as such when it is to be started."""
    value = section.get(name)
    if isinstance(value, Mapping):
        return section.section(name).text("src") or f"{section.section(name).text('ossObjectName', 'code')}.zip"
    return section.text(name)


def _command(config: Section) -> tuple[str, ...]:
    return (*_text_or_list(config, "command"), *_text_or_list(config, "args"))


def _text_or_list(config: Section, name: str) -> tuple[str, ...]:
    return (config.text(name),) if isinstance(config.get(name), str) else config.texts(name)


def _json_list(container: Section, name: str) -> tuple[str, ...]:
    """FC 2.0 writes the lists of a container as JSON texts."""
    text = container.get(name)
    if not isinstance(text, str):
        return container.texts(name)
    try:
        value: Any = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise container.wrong(name, 'a text that holds a JSON list, such as \'["node", "server.js"]\'')
    return tuple(str(word) for word in value)


def _initializer(function: Section) -> tuple[Hook, ...]:
    if not function.text("initializer"):
        return ()
    return (Hook(name="initialize", timeout=float(function.number("initializationTimeout", 3, 1, 300))),)


def _hook(lifecycle: Section, key: str, name: Literal["initialize", "pre-stop", "pre-freeze"]) -> tuple[Hook, ...]:
    hook = lifecycle.section(key)
    if not hook.text("handler") and not hook.get("command"):
        return ()
    return (Hook(name=name, timeout=float(hook.number("timeout", 3, 1, 300))),)


def _health(config: Section) -> dict[str, Any] | None:
    if not config.text("httpGetUrl"):
        return None
    numbers = {name: config.number(name, default, 0, 120) for name, default in HEALTH_DEFAULTS.items()}
    return {"httpGetUrl": config.text("httpGetUrl"), **numbers}


def _triggers(props: Section) -> tuple[Section, ...]:
    return () if isinstance(props.get("triggers"), str) else props.sections("triggers")


def _trigger(section: Section, prefix: str) -> Trigger:
    """FC 3.0 writes triggerName, triggerType, triggerConfig; FC 2.0 the same without the prefix."""
    keys = {part: f"{prefix}{part.title()}" if prefix else part for part in ("name", "type", "config")}
    kind = section.text(keys["type"]).lower()
    if not kind:
        raise section.wrong(keys["type"], "a trigger type such as http, timer or oss")
    found = trigger(section.text(keys["name"], kind), kind, section.section(keys["config"]), section.text("sourceArn"))
    return replace(found, name=found.name or kind)
