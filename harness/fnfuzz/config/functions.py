"""What holds for which function: settings at the top and those of sections, put together for the functions driven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fnfuzz.config.model import ConfigError, Configuration, Setting
from fnfuzz.config.references import filled
from fnfuzz.config.values import Wrong, header_value, nearest_hint, seconds_of

__all__ = [
    "Driven",
    "IgnoredRule",
    "check_functions",
    "check_own_checks",
    "check_rules",
    "commands",
    "environment",
    "headers",
    "ignored_rules",
    "limits",
    "own_checks",
]

Driven: TypeAlias = frozenset[str] | None
"""The names of the functions that are driven, None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredRule:
    """An entry of ``ignore``; ``function`` and ``place`` are empty where all are meant."""

    rule: str
    reason: str
    function: str
    place: str
    origin: str


def environment(configuration: Configuration, environ: Mapping[str, str], driven: Driven = None) -> dict[str, str]:
    """The variables for the handler. Raises ConfigError where functions contradict each other, and for references to
    variables that ``environ`` does not have.
    """
    values: dict[str, str] = {}
    said: dict[str, tuple[str, Setting]] = {}
    for function, setting in configuration.each("environment", driven):
        for name, text in setting.value.items():
            value = _filled(setting, function, name, text, environ)
            if name in values and values[name] != value:
                raise ConfigError(_contradiction(name, said[name], (function, setting)))
            values[name] = value
            said.setdefault(name, (function, setting))
    return values


def _contradiction(name: str, one: tuple[str, Setting], other: tuple[str, Setting]) -> str:
    told = [f"{function or 'all functions'} ({setting.origin})" for function, setting in (one, other)]
    return (
        f"environment: {name} has one value for {told[0]} and another for {told[1]}, but one process serves all "
        "functions; give it one value, or drive the functions one at a time with --function"
    )


def headers(
    configuration: Configuration, environ: Mapping[str, str], driven: Driven = None
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Headers by function; under an empty name those of all functions that are not named. Raises ConfigError."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for function, setting in configuration.each("headers", driven):
        mine = dict(found.get("", {}))
        for name, text in setting.value.items():
            value = _filled(setting, function, name, text, environ)
            try:
                mine[name.lower()] = (name, header_value(value))
            except Wrong as wrong:
                raise ConfigError(f"{setting.origin}: headers.{name}: {wrong}") from wrong
        found[function] = mine
    return {function: tuple(mine.values()) for function, mine in found.items()}


def _filled(setting: Setting, function: str, name: str, text: str, environ: Mapping[str, str]) -> str:
    try:
        return filled(text, environ)
    except Wrong as wrong:
        where = f"functions.{function}." if function else ""
        raise ConfigError(f"{setting.origin}: {where}{setting.key}.{name}: {wrong}") from wrong


def limits(configuration: Configuration) -> dict[str, float]:
    """Seconds to wait for one answer, by function, where a section says it."""
    return {name: seconds_of(item.value) or 0.0 for name, item in configuration.each("patience") if name}


def ignored_rules(configuration: Configuration) -> tuple[IgnoredRule, ...]:
    """All entries of ``ignore``, in their order."""
    return tuple(
        IgnoredRule(
            rule=entry["rule"],
            reason=entry["reason"],
            function=function,
            place=entry.get("place", ""),
            origin=setting.origin,
        )
        for function, setting in configuration.each("ignore")
        for entry in setting.value
    )


def commands(configuration: Configuration, key: str, driven: Driven = None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The commands of ``setup``, from the top to the functions, or of ``teardown``, the other way round; each with what
    a message calls it.
    """
    settings = list(configuration.each(key, driven))
    for _, setting in reversed(settings) if key == "teardown" else settings:
        for words in setting.value:
            yield f"{key} ({setting.origin})", words


def own_checks(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """The names of own checks, by function, where a section names them."""
    return {name: tuple(item.value) for name, item in configuration.each("checks") if name}


def check_own_checks(configuration: Configuration, known: tuple[str, ...]) -> None:
    """Raises ConfigError for naming an own check that no extension has."""
    for function, setting in configuration.each("checks"):
        for name in setting.value:
            if name not in known:
                hint = nearest_hint(name, known) if known else "no extension has checks: name its file in extensions"
                where = f"functions.{function}.checks"
                raise ConfigError(f"{setting.origin}: {where}: there is no own check {name[:200]!r}; {hint}")


def check_functions(configuration: Configuration, known: tuple[str, ...]) -> None:
    """Raises ConfigError for a section of a function that the app does not have."""
    for name, section in configuration.functions.items():
        if name not in known:
            origin = next((item.origin for item in section.values()), str(configuration.path))
            raise ConfigError(f"{origin}: functions.{name}: the app has no such function; {nearest_hint(name, known)}")


def check_rules(configuration: Configuration, known: tuple[str, ...]) -> None:
    """Raises ConfigError for ignoring a rule that there is not."""
    for item in ignored_rules(configuration):
        if item.rule not in known:
            hint = nearest_hint(item.rule, known)
            hint = hint if "did you" in hint else "`fnfuzz rules` lists them"
            raise ConfigError(f"{item.origin}: ignore: there is no rule {item.rule[:200]!r}; {hint}")
