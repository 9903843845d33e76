"""Triggers of Function Compute as both tools' files declare them (alibaba-fc.md 1.2, 1.3, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fnfuzz.app.function_compute import Trigger
from fnfuzz.app.sections import Document, Section

__all__ = ["trigger"]

_JSON_FORMAT = "json"

_SOURCES: Mapping[str, tuple[str, str, str]] = {
    "MNS": ("sourceMNSParameters", "queuename", "mns-queue"),
    "KAFKA": ("sourceKafkaParameters", "topic", "kafka"),
    "ROCKETMQ": ("sourceRocketMQParameters", "topic", "rocketmq"),
    "RABBITMQ": ("sourceRabbitMQParameters", "queuename", "rabbitmq"),
}
"""By the type of an EventBridge source: the section of its parameters, which of them names the queue or topic, and the
form of its messages.
"""


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
    if kind == "eventbridge" and (fed := _message_source(config)) is not None:
        return Trigger(name=name, type=kind, form=fed[0], source=fed[1])
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


def _message_source(config: Section) -> tuple[str, str] | None:
    """The form of the messages of an EventBridge trigger, and their queue or topic; None for another source."""
    source = config.section("eventSourceConfig")
    for kind, (section, naming, form) in _SOURCES.items():
        parameters: Mapping[Any, Any] = source.section("eventSourceParameters").section(section).members
        if source.text("eventSourceType").upper() == kind or parameters:
            return form, next((str(value) for key, value in parameters.items() if str(key).lower() == naming), "")
    return None
