"""For each rule something that breaks it, from the tables of the tests, in which every rule is broken."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.azure_stdio import AzureStdio
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_web import FcWeb
from fnfuzz.contracts.model import Contract, Delivery, Fault, HttpReply, LineReply, Observed, Violation

__all__ = ["Example", "examples"]

LONGEST = 600
"""Characters; an answer that is longer is cut."""

DECODED = ("azure_http", "azure_stdio", "fc_event", "fc_web", "fc_lifecycle")
"""``BREAKS`` there are rows of rule, function, event and what was observed; for hooks of rule, judge and observed."""

CODE = {
    "test_probes_azure": ("PROBED", "WATCHED", "STARTED"),
    "test_probes_stdio": ("ROWS",),
    "test_probes_fc_events": ("BREAKS",),
    "test_probes_fc_connections": ("BROKEN", "UNREADY"),
}
"""Tables whose rows change a handler."""

FILES = {
    "start-exec-missing": "`bin/handler` is not there, or is not executable.",
    "start-file-missing": "There is no file `bootstrap` in the code folder, and s.yaml names no command.",
    "start-file-not-executable": "`bootstrap` has the mode 0644.",
    "start-file-bad-format": "The first line of `bootstrap` ends with CR and LF, and no interpreter has that name.",
    "slow-start": "The handler listens after two minutes, as large models do that are loaded first.",
    "slow-start-warning": "The handler listens after half a minute.",
}
"""What no row tells in a few lines."""

CODECS: Mapping[str, Callable[[], Contract]] = {
    "azure-http": AzureHttp,
    "azure-forward": AzureForward,
    "azure-stdio": AzureStdio,
    "fc-event": FcEvent,
    "fc-web": FcWeb,
}
SEQUENCES = {"answer-depends-on-history": "SUM", "state-leak": "FIRST_WINS", "resource-growth": "OPENS_ON_ERRORS"}
HOSTILE = {"hostile-input-crash": "ENDS_ON_NO_HTTP", "hostile-input-wedges": "LOOPS_AT_THE_END"}


@dataclass(frozen=True, slots=True)
class Example:
    """``said`` is a sentence, ``text`` goes into a fence of ``language``; either may be empty."""

    said: str
    text: str = ""
    language: str = "text"


def examples() -> dict[str, Example]:
    """By the rule's id; the first row of a table counts."""
    found: dict[str, Example] = {}
    for rule, example in _all():
        found.setdefault(rule, example)
    return found


def _all() -> Iterator[tuple[str, Example]]:
    for name in DECODED:
        for row in _table(f"test_contract_{name}", "BREAKS"):
            yield row[0], _exchange(row)
    for module, tables in CODE.items():
        for table in tables:
            yield from (_code_row(row) for row in _table(module, table))
    for module, names in (("test_fuzz_sequences", SEQUENCES), ("test_probes_hostile", HOSTILE)):
        for rule, name in names.items():
            yield rule, _code(_table(module, name))
    for rule, ((host, functions), _) in _table("test_app_rules", "TABLE").items():
        folders = "".join(f"\n{name}/function.json" for name in functions)
        yield rule, Example("The app's files are", f"{host}{folders}", "json" if not folders else "text")
    yield from ((rule, Example(said)) for rule, said in FILES.items())


def _table(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"tests.harness.{module}"), name)


def _exchange(row: Any) -> Example:
    observed: Observed = next(item for item in row if isinstance(item, Observed))
    violations = _judged(row, observed)
    told = next((item.message for item in violations if item.rule == row[0]), "")
    made_up = observed.fault is not None and observed.fault.message.lower() in told.lower()
    said = f"fnfuzz says “{told}” to" if told and not made_up else "The host sees"
    return Example(said, _seen(observed), "http" if isinstance(observed.reply, HttpReply) else "text")


def _judged(row: Any, observed: Observed) -> Iterable[Violation]:
    if len(row) == 4:
        judged: tuple[Violation, ...] = row[1](observed)
        return judged
    function, event = row[1], row[2]
    return CODECS[function.contract]().decode(function, event, Delivery(nonce="n1"), observed).violations


def _seen(observed: Observed) -> str:
    lines = []
    if isinstance(observed.reply, HttpReply):
        lines += _http(observed.reply)
    elif isinstance(observed.reply, LineReply):
        lines += [_readable(line) for line in observed.reply.lines[:6]]
    if observed.fault is not None:
        lines.append(_fault(observed.fault))
    if observed.exit is not None:
        lines.append(f"(the process ends with {observed.exit})")
    if observed.elapsed >= 1:
        lines.append(f"(after {observed.elapsed:g} s)")
    return "\n".join(lines) or "(nothing)"


def _http(reply: HttpReply) -> list[str]:
    head = [f"HTTP/{reply.version} {reply.status}"]
    head += [f"{name}: {_readable(value.encode())}" for name, value in reply.headers]
    return [*head, *(["", _readable(reply.body)] if reply.body else [])]


def _fault(fault: Fault) -> str:
    received = f", after {_readable(fault.raw)}" if fault.raw else ""
    return f"(no whole answer: {fault.kind.replace('-', ' ')}{received})"


def _readable(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text[:LONGEST]
    )
    return shown if len(text) <= LONGEST else f"{shown[:80]} ... ({len(data):,} bytes)"


def _code_row(row: Any) -> tuple[str, Example]:
    if isinstance(row, tuple):
        rule, how, code = row
        return rule, _code(code, f"The handler {how}:")
    code = str(getattr(row, "breaks", "") or getattr(row, "breaking", ""))
    return row.rule, _code(code)


def _code(code: str, said: str = "A handler with") -> Example:
    return Example(said, dedent(code).strip("\n"), "python")
