"""template.yml of Fun, a ROS template with Function Compute resources (alibaba-fc.md 1.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from fnfuzz.app.function_compute import DEFAULT_PORT, Resource, Trigger, is_custom
from fnfuzz.app.model import AppError, Hook
from fnfuzz.app.sections import Section
from fnfuzz.app.triggers import trigger
from fnfuzz.app.yaml_file import read_yaml_document

__all__ = ["read_ros_template"]

SERVICE = "Aliyun::Serverless::Service"
FUNCTION = "Aliyun::Serverless::Function"
_TYPES: Mapping[str, str] = {"mnstopic": "mns_topic", "tablestore": "tablestore", "cdn": "cdn_events"}


def read_ros_template(path: Path) -> tuple[Resource, ...]:
    """The functions with a custom runtime; empty for a template of another kind.

    Raises AppError for a file that cannot be read, or one with functions of which none has a custom runtime.
    """
    root = read_yaml_document(path).root()
    if not isinstance(root.get("Resources"), Mapping):
        return ()
    declared = list(_functions(root.section("Resources")))
    found = tuple(_resource(function) for function in declared if is_custom(_runtime(function)))
    if declared and not found:
        listed = ", ".join(f"{function.keys[-1]} (runtime {_runtime(function) or 'missing'})" for function in declared)
        raise AppError(f"{path}: no function with a custom runtime; found {listed}; fnfuzz drives custom runtimes only")
    return found


def _functions(resources: Section) -> Iterator[Section]:
    for service in _objects(resources):
        if service.get("Type") == SERVICE:
            yield from (function for function in _objects(service) if function.get("Type") == FUNCTION)


def _runtime(function: Section) -> str:
    return function.section("Properties").text("Runtime")


def _objects(section: Section) -> Iterator[Section]:
    for name, value in section.members.items():
        if isinstance(value, Mapping):
            yield section.section(name)


def _resource(function: Section) -> Resource:
    props = function.section("Properties")
    lifecycle = props.section("InstanceLifecycleConfig")
    return Resource(
        name=str(function.keys[-1]),
        place=function.document.place(function.keys),
        runtime=props.text("Runtime"),
        edition="1.0.0",
        code=props.text("CodeUri"),
        port=props.number("CAPort", DEFAULT_PORT, 1, 65535),
        timeout=float(props.number("Timeout", 3, 1, 86400)),
        memory=props.number("MemorySize", 128, 1, 1_000_000),
        concurrency=props.number("InstanceConcurrency", 1, 1, 100),
        hooks=(
            *_initializer(props),
            *_hook(lifecycle, "PreStop", "pre-stop"),
            *_hook(lifecycle, "PreFreeze", "pre-freeze"),
        ),
        environment=props.mapping("EnvironmentVariables"),
        triggers=tuple(_trigger(event) for event in _objects(function.section("Events"))),
    )


def _initializer(props: Section) -> tuple[Hook, ...]:
    if not props.text("Initializer"):
        return ()
    return (Hook(name="initialize", timeout=float(props.number("InitializationTimeout", 3, 1, 300))),)


def _hook(lifecycle: Section, key: str, name: Literal["pre-stop", "pre-freeze"]) -> tuple[Hook, ...]:
    hook = lifecycle.section(key)
    if not hook.text("Handler"):
        return ()
    return (Hook(name=name, timeout=float(hook.number("Timeout", 3, 1, 90))),)


def _trigger(event: Section) -> Trigger:
    kind = event.text("Type").lower()
    if not kind:
        raise event.wrong("Type", "a trigger type such as HTTP, Timer or OSS")
    return trigger(str(event.keys[-1]), _TYPES.get(kind, kind), event.section("Properties"), "")
