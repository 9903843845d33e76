"""All keys of a configuration, as one table: the reading, the JSON schema and the reference are made from it.

A key of the table ``replay`` is ``replay.speed``. Those of a function's section are FUNCTION_KEYS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fnfuzz.config.values import (
    COMMAND,
    COMMANDS,
    CONTRACT,
    FILE,
    FILES,
    FLAG,
    HEADERS,
    IGNORED,
    NAMES,
    NUMBER,
    REPORT,
    REPORTS,
    SIZE,
    TIME,
    VARIABLES,
    Kind,
    choice,
    count,
)

__all__ = ["FUNCTION_KEYS", "KEYS", "TABLES", "Key", "keys_of"]

DRIVING = ("run", "check", "invoke", "shrink", "replay")
"""Commands that start the handler as a host does."""

TESTING = (*DRIVING, "pytest")
"""And the plugin, for the app of its words."""

RUNNING = ("run", "check")

TABLES: Mapping[str, str] = {
    "check": "For `fnfuzz check` alone.",
    "record": "For `fnfuzz record` alone.",
    "replay": "For `fnfuzz replay` alone.",
    "minimize": "For `fnfuzz corpus minimize` alone.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """``commands`` take it. ``option`` is its name on the command line, for people; ``param`` that of the parameter.

    Where options are flags, ``flags`` has the parameter that is set for a value, and ``param`` is empty. Without both
    no option stands for it. ``default`` is text for people, empty for none. ``rivals`` are parameters that silence it
    when they come from the command line or from a variable.
    """

    id: str
    kind: Kind
    help: str
    default: str = ""
    commands: tuple[str, ...] = ()
    option: str = ""
    param: str = ""
    flags: Mapping[Any, str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table that it is in, empty for the top."""
        return self.id.rpartition(".")[0]

    @property
    def name(self) -> str:
        """Its name within its table."""
        return self.id.rpartition(".")[2]

    @property
    def variable(self) -> str:
        """The variable that stands for it, empty for none."""
        return f"FNFUZZ_{self.id.replace('.', '_').upper()}" if self.kind.parse is not None else ""

    @property
    def params(self) -> tuple[str, ...]:
        """The parameters of click that it can set."""
        return (self.param,) if self.param else tuple(dict.fromkeys(self.flags.values()))

    def given(self, value: Any) -> dict[str, Any]:
        """What the parameters are for a value of it."""
        if self.param:
            return {self.param: value}
        return {param: value == wanted for wanted, param in self.flags.items()}


KEYS: tuple[Key, ...] = (
    Key(
        id="app",
        kind=FILE,
        help="The function app's folder, or the executable in it.",
        default=".",
        commands=(*RUNNING, "invoke", "replay", "record"),
        option="APP",
        param="app",
    ),
    Key(
        id="command",
        kind=COMMAND,
        help="The command that starts the handler, where the app's files do not say it. Holds for `app` alone.",
        commands=(*RUNNING, "invoke", "replay", "pytest"),
        option="-- COMMAND",
    ),
    Key(
        id="contract",
        kind=CONTRACT,
        help="What the handler speaks, one of fnfuzz's contracts or of an extension's; found out when not given.",
        commands=(*DRIVING, "record", "pytest"),
        option="--contract",
        param="contract",
    ),
    Key(
        id="only",
        kind=NAMES,
        help="Drive only these functions.",
        default="all",
        commands=RUNNING,
        option="--function",
        param="functions",
    ),
    Key(
        id="patience",
        kind=TIME,
        help="How long to wait for one answer where the host would wait longer.",
        default="5s",
        commands=TESTING,
        option="--patience",
        param="patience",
    ),
    Key(
        id="start_patience",
        kind=TIME,
        help="How long to wait for the handler to listen where the host would wait longer.",
        default="30s",
        commands=TESTING,
        option="--start-patience",
        param="start_patience",
    ),
    Key(
        id="max_time",
        kind=TIME,
        help="End after this time. Not taken where --max-cases is given.",
        default="30s, none with max_cases",
        commands=("run",),
        option="--max-time",
        param="max_time",
        rivals=("max_cases",),
    ),
    Key(
        id="max_cases",
        kind=count(1),
        help="End after so many cases. Not taken where --max-time is given.",
        commands=("run",),
        option="--max-cases",
        param="max_cases",
        rivals=("max_time",),
    ),
    Key(
        id="seed",
        kind=count(0, 2**63 - 1),
        help="Repeat a run; with max_cases case by case.",
        default="a new one for each run",
        commands=("run",),
        option="--seed",
        param="seed",
    ),
    Key(
        id="jobs",
        kind=count(1, 256),
        help="Drive so many instances of the handler at the same time.",
        default="1",
        commands=("run",),
        option="--jobs",
        param="jobs",
    ),
    Key(
        id="corpora",
        kind=FILES,
        help="Recorded exchanges with whose events a run begins.",
        default="none",
        commands=("run",),
        option="--corpus",
        param="corpora",
    ),
    Key(
        id="hostile",
        kind=FLAG,
        help="Also send what no host sends.",
        default="false",
        commands=("run",),
        option="--hostile",
        param="hostile",
    ),
    Key(
        id="report",
        kind=REPORTS,
        help="Reports to write, as FORMAT=PATH.",
        default="none",
        commands=RUNNING,
        option="--report",
        param="reports",
    ),
    Key(
        id="strict",
        kind=FLAG,
        help="Exit with 1 on warnings too.",
        default="false",
        commands=RUNNING,
        option="--strict",
        param="strict",
        rivals=("fail_on",),
    ),
    Key(
        id="fail_on",
        kind=choice("error", "warning", "new", "none"),
        help="Which findings make the exit code 1; new: errors that are not known yet.",
        default="error",
        commands=RUNNING,
        option="--fail-on",
        param="fail_on",
        rivals=("strict",),
    ),
    Key(
        id="baseline",
        kind=FILE,
        help="Known findings, in a file: they are told, but do not fail the run until they expire.",
        default="none",
        commands=RUNNING,
        option="--baseline",
        param="baseline",
    ),
    Key(
        id="state",
        kind=FILE,
        help="Where the cases of findings are kept.",
        default=".fnfuzz in the app's folder",
        commands=RUNNING,
        option="--state",
        param="state",
    ),
    Key(
        id="verbosity",
        kind=choice("quiet", "normal", "verbose"),
        help="How much is told.",
        default="normal",
        commands=RUNNING,
        option="-q, -v",
        flags={"quiet": "quiet", "verbose": "verbose"},
    ),
    Key(
        id="color",
        kind=FLAG,
        help="Colours on a terminal; the variable NO_COLOR forbids them too.",
        default="true",
        commands=DRIVING,
        option="--no-color",
        flags={False: "no_color"},
    ),
    Key(
        id="environment",
        kind=VARIABLES,
        help="Variables for the handler. `${NAME}` stands for one of yours, `${NAME:-text}` has a text in case there "
        "is none, `$${` is `${` itself.",
        commands=TESTING,
    ),
    Key(
        id="headers",
        kind=HEADERS,
        help="Headers of every HTTP event that does not have them. `${NAME}` as in `environment`.",
        commands=(*RUNNING, "invoke", "shrink", "pytest"),
    ),
    Key(
        id="ignore",
        kind=IGNORED,
        help="Rules whose findings are no bugs here, each with its reason. They are counted, but not "
        "told, and fail nothing.",
        commands=(*RUNNING, "replay", "pytest"),
    ),
    Key(
        id="setup",
        kind=COMMANDS,
        help="Commands to run before the handler is started for the first time, in the folder of this file, with "
        "`environment`. If one fails, nothing is driven.",
        commands=TESTING,
    ),
    Key(
        id="teardown",
        kind=COMMANDS,
        help="Commands to run after the handler was ended for the last time, whatever happened.",
        commands=TESTING,
    ),
    Key(
        id="setup_patience",
        kind=TIME,
        help="How long each command of set-up and tear-down may take.",
        default="60s",
        commands=TESTING,
    ),
    Key(
        id="extensions",
        kind=FILES,
        help="Python files with checks, mutators, event sources, contracts and reporters of your own.",
        commands=TESTING,
        option="--extension",
        param="extensions",
    ),
    Key(
        id="corpus",
        kind=FILE,
        help="The folder of recorded exchanges.",
        default="corpus for record, none else",
        commands=("record", "replay", "minimize"),
        option="--corpus, CORPUS",
        param="corpus",
    ),
    Key(
        id="check.max_time",
        kind=TIME,
        help="End after this time.",
        default="5m",
        commands=("check",),
        option="--max-time",
        param="max_time",
    ),
    Key(
        id="record.redact",
        kind=FLAG,
        help="Put stand-ins in the place of secrets and personal data.",
        default="true",
        commands=("record",),
        option="--no-redact",
        flags={False: "no_redact"},
        rivals=("key", "rules"),
    ),
    Key(
        id="record.key",
        kind=FILE,
        help="The file with the key for redaction.",
        default="your own, which is made once",
        commands=("record",),
        option="--key",
        param="key",
        rivals=("no_redact",),
    ),
    Key(
        id="record.rules",
        kind=FILE,
        help="A JSON file with rules for redaction.",
        commands=("record",),
        option="--rules",
        param="rules",
        rivals=("no_redact",),
    ),
    Key(
        id="record.port",
        kind=count(1, 65535),
        help="Where the host expects the handler.",
        default="as the host's variables say",
        commands=("record",),
        option="--port",
        param="port",
    ),
    Key(
        id="record.handler_port",
        kind=count(1, 65535),
        help="Where the handler listens, if it does not take what it is given.",
        commands=("record",),
        option="--handler-port",
        param="handler_port",
    ),
    Key(
        id="record.max_body",
        kind=SIZE,
        help="The largest body to keep.",
        default="16m",
        commands=("record",),
        option="--max-body",
        param="max_body",
    ),
    Key(
        id="record.strict",
        kind=FLAG,
        help="Fail the traffic, and end, rather than pass anything unrecorded.",
        default="false",
        commands=("record",),
        option="--strict",
        param="strict",
    ),
    Key(
        id="replay.speed",
        kind=NUMBER,
        help="Keep the recorded gaps; 10 is ten times faster.",
        default="as fast as the handler goes",
        commands=("replay",),
        option="--speed",
        param="speed",
        rivals=("against", "deliveries"),
    ),
    Key(
        id="replay.connections",
        kind=count(1, 1024),
        help="Send over so many connections at the same time.",
        default="1",
        commands=("replay",),
        option="--connections",
        param="connections",
        rivals=("against", "deliveries"),
    ),
    Key(
        id="replay.max_time",
        kind=TIME,
        help="End after this time.",
        default="none",
        commands=("replay",),
        option="--max-time",
        param="max_time",
    ),
    Key(
        id="replay.against",
        kind=FILE,
        help="Another app, with whose answers to compare.",
        commands=("replay",),
        option="--against",
        param="against",
        rivals=("deliveries", "accept", "loop", "speed", "connections"),
    ),
    Key(
        id="replay.deliveries",
        kind=choice("at-least-once"),
        help="Let messages and blobs come again and late.",
        commands=("replay",),
        option="--deliveries",
        param="deliveries",
        rivals=("against", "accept", "loop", "speed", "connections"),
    ),
    Key(
        id="replay.seed",
        kind=count(0, 2**63 - 1),
        help="What `deliveries` disturbs.",
        default="0",
        commands=("replay",),
        option="--seed",
        param="seed",
    ),
    Key(
        id="replay.learn",
        kind=choice("needed", "always", "never"),
        help="When to learn what is noise.",
        default="needed",
        commands=("replay",),
        option="--learn, --no-learn",
        flags={"always": "learn", "never": "no_learn"},
    ),
    Key(
        id="replay.report",
        kind=REPORT,
        help="A report to write, as json=PATH.",
        default="none",
        commands=("replay",),
        option="--report",
        param="report",
    ),
    Key(
        id="minimize.into",
        kind=FILE,
        help="A new corpus for what is kept.",
        default="the corpus itself",
        commands=("minimize",),
        option="--into",
        param="into",
        rivals=("dry_run",),
    ),
    Key(
        id="minimize.explain",
        kind=FLAG,
        help="Tell for each record that is kept what no other one shows.",
        default="false",
        commands=("minimize",),
        option="--explain",
        param="explain",
    ),
)

FUNCTION_KEYS: tuple[Key, ...] = (
    Key(id="patience", kind=TIME, help="How long to wait for one answer of this function.", default="patience"),
    Key(id="ignore", kind=IGNORED, help="Rules whose findings are no bugs in this function."),
    Key(id="headers", kind=HEADERS, help="Headers of its HTTP events, before those at the top."),
    Key(
        id="environment",
        kind=VARIABLES,
        help="Variables for the handler when this function is driven. One process serves all functions: two that want "
        "different values of one variable are refused.",
    ),
    Key(id="setup", kind=COMMANDS, help="Commands to run, after those at the top, when this function is driven."),
    Key(id="teardown", kind=COMMANDS, help="Commands to run afterwards, before those at the top."),
    Key(id="checks", kind=NAMES, help="Names of own checks for this function.", default="all that suit it"),
)


def keys_of(command: str) -> tuple[Key, ...]:
    """The keys that a command takes."""
    return tuple(key for key in KEYS if command in key.commands)
