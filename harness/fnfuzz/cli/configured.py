"""Puts the configuration below the command line: click's options take their defaults from it, and what no option stands
for is asked for here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fnfuzz.cli.help import Command
from fnfuzz.cli.options import AppCommand, recall_command
from fnfuzz.cli.places import folder_of
from fnfuzz.cli.stops import Stop
from fnfuzz.config import ConfigError, Configuration, Setting, checked, find_config, from_variables, read_config
from fnfuzz.config.keys import Key, keys_of

if TYPE_CHECKING:
    from fnfuzz.app import App
    from fnfuzz.fuzz import Plan
    from fnfuzz.fuzz.ignoring import Ignored

__all__ = [
    "FILE_VARIABLE",
    "Configured",
    "ConfiguredAppCommand",
    "ConfiguredCommand",
    "checked_sections",
    "config_options",
    "config_words",
    "configured",
    "driven_names",
    "given_words",
    "handler_environment",
    "host_settings",
    "ignored_entries",
    "planned",
    "read_configuration",
    "wanted_checks",
]

F = TypeVar("F", bound=Callable[..., Any])

FILE_VARIABLE = "FNFUZZ_CONFIG"
_META = "fnfuzz.config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """``used`` are the settings that count for this command, by key; ``words`` the options that chose the file."""

    configuration: Configuration = field(default_factory=Configuration)
    used: Mapping[str, Setting] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    """What the command line says, by parameter."""


def config_options(command: F) -> F:
    """``--config`` and ``--no-config``."""
    for option in (
        click.option("--no-config", is_flag=True, expose_value=False, help="Read no configuration file."),
        click.option(
            "--config",
            metavar="FILE",
            expose_value=False,
            help="The configuration.  [default: fnfuzz.toml or pyproject.toml in the app's folder or above it]",
        ),
    ):
        command = option(command)
    return command


class _FromFile(click.Command):
    """Reads the configuration before click looks at what the command line leaves open."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, with the settings as defaults. Raises Stop for a configuration that cannot be taken."""
        if not ctx.resilient_parsing:
            given = given_words(self, ctx, args)
            if given is not None:
                self._configure(ctx, _placed(ctx, given), has_command="--" in args)
        return super().parse_args(ctx, args)

    def _configure(self, ctx: click.Context, given: Mapping[str, Any], *, has_command: bool) -> None:
        name = self.name or ""
        variables: dict[str, Setting] = {}
        try:
            configuration = read_configuration(given, os.environ)
            variables = from_variables(os.environ)
        except ConfigError as error:
            raise _stop(error) from error
        used = _used(keys_of(name), configuration, variables, given)
        if has_command or _is_other_app(given, configuration):
            used.pop("command", None)
        defaults: dict[str, Any] = {}
        for key in keys_of(name):
            if key.id in used:
                defaults.update(key.given(_near(key, used[key.id])))
        ctx.default_map = defaults
        if "command" in used:
            recall_command(ctx, used["command"].value)
        words = _chosen(given) or _needed(configuration, used)
        ctx.meta[_META] = Configured(configuration=configuration, used=used, words=words, given=given)


class ConfiguredCommand(_FromFile, Command):
    """A command whose options have their defaults in the configuration."""


class ConfiguredAppCommand(_FromFile, AppCommand):
    """The same for a command with ``[APP] [-- COMMAND...]``."""


def read_configuration(given: Mapping[str, Any], environ: Mapping[str, str]) -> Configuration:
    """The configuration that counts for the words of a command line, by parameter. Raises ConfigError."""
    if given.get("no_config"):
        return Configuration()
    named = given.get("config") or environ.get(FILE_VARIABLE)
    found = read_config(Path(named)) if named else find_config(_start(given))
    return checked(found) if found is not None else Configuration()


def configured(ctx: click.Context | None = None) -> Configured:
    """What the configuration says to the command that is running; nothing for one that takes none."""
    ctx = ctx or click.get_current_context(silent=True)
    found: Configured = ctx.meta.get(_META, Configured()) if ctx is not None else Configured()
    return found


def config_words() -> tuple[str, ...]:
    """The options that make another command read the same configuration."""
    return configured().words


def handler_environment() -> dict[str, str]:
    """The variables for the handler. Raises Stop."""
    from fnfuzz.config.functions import environment

    with _stopping():
        return environment(configured().configuration, os.environ, driven_names())


def planned(plan: Plan) -> Plan:
    """The plan of a run with what the configuration says of rules and functions. Raises Stop."""
    return replace(plan, ignored=ignored_entries(), checks=wanted_checks(), **host_settings())


def wanted_checks() -> Mapping[str, tuple[str, ...]]:
    """The own checks that are wanted, by function, where a section names them. Raises Stop for an unknown one."""
    from fnfuzz.config.functions import check_own_checks, own_checks
    from fnfuzz.extensions import in_force

    configuration = configured().configuration
    with _stopping():
        check_own_checks(configuration, in_force().own_checks)
    return own_checks(configuration)


def ignored_entries() -> tuple[Ignored, ...]:
    """What ``ignore`` names. Raises Stop for a rule that there is not."""
    from fnfuzz.config.functions import check_rules, ignored_rules
    from fnfuzz.fuzz.ignoring import Ignored
    from fnfuzz.rules import RULES

    configuration = configured().configuration
    with _stopping():
        check_rules(configuration, tuple(RULES))
    return tuple(
        Ignored(rule=item.rule, reason=item.reason, function=item.function, place=item.place, origin=item.origin)
        for item in ignored_rules(configuration)
    )


def host_settings() -> dict[str, Any]:
    """What Host takes of the configuration: ``limits`` and ``headers``. Raises Stop."""
    from fnfuzz.config.functions import headers, limits

    configuration = configured().configuration
    with _stopping():
        return {"limits": limits(configuration), "headers": headers(configuration, os.environ, driven_names())}


def checked_sections(app: App) -> None:
    """Raises Stop for a section of a function that the app, whose functions are known, does not have."""
    from fnfuzz.config.functions import check_functions

    with _stopping():
        check_functions(configured().configuration, tuple(function.name for function in app.functions))


@contextmanager
def _stopping() -> Iterator[None]:
    """ConfigError ends the command with its text."""
    try:
        yield
    except ConfigError as error:
        raise _stop(error) from error


def _stop(error: ConfigError) -> Stop:
    if len(error.lines) == 1:
        return Stop(error.lines[0])
    return Stop(f"the configuration has {len(error.lines)} mistakes", error.lines)


def driven_names() -> frozenset[str] | None:
    """The functions that the command line names, None for all."""
    params = click.get_current_context().params
    names = params.get("functions") or ((params["name"],) if params.get("name") else ())
    return frozenset(names) or None


def given_words(command: click.Command, ctx: click.Context, args: list[str]) -> dict[str, Any] | None:
    """The parameters that are on the command line, as they are written; None where click refuses it, or tells help."""
    words = args[: args.index("--")] if "--" in args else list(args)
    try:
        found, _, _ = command.make_parser(ctx).parse_args(args=words)
    except click.UsageError:
        return None
    asks = command.get_help_option(ctx)
    if asks is not None and asks.name in found:
        return None
    known = {param.name for param in command.params}
    return {name: value for name, value in found.items() if name in known and _is_there(value)}


def _placed(ctx: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """``given``; where the words stand in a file, with an app, and full names for it and for the configuration."""
    folder = folder_of(ctx)
    if folder is None:
        return given
    named = {"app": ".", **given}
    return {**named, **{name: str(folder / named[name]) for name in ("app", "config") if name in named}}


def _is_there(value: object) -> bool:
    # What is not there is None or a mark of click's own.
    return isinstance(value, (str, bool, int, float)) or (isinstance(value, (list, tuple)) and len(value) > 0)


def _start(given: Mapping[str, Any]) -> Path:
    """Where to look first: the app's folder, else that of a case, else the current one."""
    for name in ("app", "case"):
        if isinstance(given.get(name), str):
            path = Path(given[name])
            return path if path.is_dir() else path.parent
    return Path()


def _used(
    keys: tuple[Key, ...], configuration: Configuration, variables: Mapping[str, Setting], given: Mapping[str, Any]
) -> dict[str, Setting]:
    """The settings that neither the command line nor, below it, a variable overrules."""
    used = {key.id: variables[key.id] for key in keys if key.id in variables and not _overruled(key, given)}
    stronger = {*given, *(param for key in keys if key.id in used for param in key.params)}
    for key in keys:
        if key.id not in used and key.id in configuration.settings and not _overruled(key, stronger):
            used[key.id] = configuration.settings[key.id]
    return used


def _overruled(key: Key, given: Any) -> bool:
    return any(param in given for param in (*key.params, *key.rivals))


def _is_other_app(given: Mapping[str, Any], configuration: Configuration) -> bool:
    """Does the command line name another app than the file, whose command is of no use to it?"""
    named = configuration.value("app")
    return named is not None and "app" in given and Path(given["app"]).resolve() != Path(named).resolve()


def _near(key: Key, setting: Setting) -> Any:
    """The value as click takes it; names of files as people read them."""
    if key.kind.place is None or setting.origin == key.variable:
        return setting.value
    here = str(Path.cwd())

    def near(path: str) -> str:
        return os.path.relpath(path, here) if path == here or path.startswith(here + os.sep) else path

    def near_report(text: str) -> str:
        name, sign, path = text.partition("=")
        return f"{name}{sign}{near(path)}" if path else text

    if key.param in ("reports", "report"):
        return (
            tuple(map(near_report, setting.value)) if isinstance(setting.value, tuple) else near_report(setting.value)
        )
    return near(setting.value) if isinstance(setting.value, str) else setting.value


def _needed(configuration: Configuration, used: Mapping[str, Setting]) -> tuple[str, ...]:
    """The option that a command needs which names the app, and would not find this file from there."""
    app, path = used.get("app"), configuration.path
    if app is None or path is None or os.environ.get(FILE_VARIABLE):
        return ()
    try:
        found = find_config(_start({"app": app.value}))
    except ConfigError:
        found = None
    return () if found is not None and found.path == path else ("--config", os.path.relpath(path))


def _chosen(given: Mapping[str, Any]) -> tuple[str, ...]:
    if given.get("no_config"):
        return ("--no-config",)
    return ("--config", given["config"]) if given.get("config") else ()
