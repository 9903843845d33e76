"""Triggers of Function Compute as both tools' files declare them (alibaba-fc.md 1.2, 1.3, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fnfuzz.app.function_compute import Trigger
from fnfuzz.app.sections import Document, Section

__all__ = ["trigger"]

_JSON_FORMAT = "json"


def trigger(name: str, kind: str, config: Section, arn: str) -> Trigger:
    """The trigger ``name`` of type ``kind``. Names in ``config`` are of any case; ``arn`` says what feeds it."""
    config = _any_case(config)
    if kind == "http":
        return Trigger(name=name, type=kind, methods=tuple(text.upper() for text in config.texts("methods")))
    if kind == "oss":
        return Trigger(name=name, type=kind, form="oss", source=_object_pattern(config, arn))
    if kind == "mns_topic":
        form = "mns-topic-json" if config.text("notifyContentFormat").lower() == _JSON_FORMAT else "mns-topic-stream"
        return Trigger(name=name, type=kind, form=form, source=config.text("topicName") or arn.rpartition("/")[2])
    if kind == "eventbridge" and (queue := _mns_queue(config)) is not None:
        return Trigger(name=name, type=kind, form="mns-queue", source=queue)
    return Trigger(name=name, type=kind, form="timer" if kind == "timer" else "")


def _any_case(section: Section) -> Section:
    document = section.document
    return Section(
        Document(document.path, document.value, document.places, any_case=True), section.keys, section.members
    )


def _object_pattern(config: Section, arn: str) -> str:
    """``bucket/prefix{name}suffix``: the objects that the trigger's filter lets through."""
    bucket = config.text("bucketName") or arn.rpartition(":")[2] or "bucket"
    key = config.section("filter").section("key")
    prefix, suffix = (key.text(end).replace("{", "{{").replace("}", "}}") for end in ("prefix", "suffix"))
    return f"{bucket}/{prefix}{{name}}{suffix}"


def _mns_queue(config: Section) -> str | None:
    """The queue of an EventBridge trigger whose source is an MNS queue; None for another source."""
    source = config.section("eventSourceConfig")
    parameters: Mapping[Any, Any] = source.section("eventSourceParameters").section("sourceMNSParameters").members
    if source.text("eventSourceType").upper() != "MNS" and not parameters:
        return None
    return next((str(value) for key, value in parameters.items() if str(key).lower() == "queuename"), "")
