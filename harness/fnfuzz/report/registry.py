"""The reporters by name; a new format is one file and one line here."""

from __future__ import annotations

import difflib
import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO, TypeAlias, cast

from fnfuzz.extensions import in_force
from fnfuzz.report.model import ReportContext, Reporter, ReportError
from fnfuzz.report.own_reporter import OwnReporter

__all__ = ["REPORTERS", "Factory", "known_reports", "open_reporters"]

Factory: TypeAlias = Callable[[ReportContext, Path | None], Reporter]
"""Makes a reporter that writes to the path, or to standard output."""

REPORTERS: Mapping[str, str] = {
    "console": "fnfuzz.report.console:ConsoleReporter",
    "json": "fnfuzz.report.json_report:JsonReporter",
    "html": "fnfuzz.report.html:HtmlReporter",
    "junit": "fnfuzz.report.junit:junit_reporter",
    "sarif": "fnfuzz.report.sarif:sarif_reporter",
    "markdown": "fnfuzz.report.markdown:markdown_reporter",
    "github": "fnfuzz.report.github:github_reporter",
    "codequality": "fnfuzz.report.codequality:codequality_reporter",
    "ndjson": "fnfuzz.report.ndjson:NdjsonReporter",
    "har": "fnfuzz.report.har:har_reporter",
}
"""Where each reporter's factory is; nothing of one that is not asked for is imported."""


def known_reports() -> tuple[str, ...]:
    """The formats: ours, then those of extensions."""
    return (*REPORTERS, *in_force().reporters)


def _factory(name: str) -> Factory:
    own = in_force().reporters.get(name)
    if own is not None:
        if name in REPORTERS:
            raise ReportError(f"--report {name}: {own.fuse.name} has the name of one of fnfuzz's; rename it")
        return partial(OwnReporter, name, own)
    return cast("Factory", pkgutil.resolve_name(REPORTERS[name]))


def open_reporters(wanted: Sequence[str], context: ReportContext, errors: TextIO | None = None) -> list[Reporter]:
    """The reporters for ``FORMAT[=PATH]`` texts, and always the console, on ``errors`` if another takes stdout.

    Raises ReportError for an unknown format, and for two that would both write to standard output.
    """
    asked = [_parsed(text) for text in wanted]
    on_stdout = [name for name, path in asked if path is None and name != "console"]
    if len(on_stdout) > 1:
        raise ReportError(
            f"{on_stdout[0]} and {on_stdout[1]} would both write to standard output; "
            f"give one a file: --report {on_stdout[1]}=PATH"
        )
    people = replace(context, out=errors or sys.stderr) if on_stdout else context
    if not any(name == "console" for name, _ in asked):
        asked.append(("console", None))
    return [_factory(name)(people if name == "console" else context, path) for name, path in asked]


def _parsed(text: str) -> tuple[str, Path | None]:
    name, separator, path = text.partition("=")
    if name not in known_reports():
        near = difflib.get_close_matches(name, known_reports(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known_reports())}"
        raise ReportError(f"--report {text}: no report has the format {name!r}; {hint}")
    if separator and not path:
        raise ReportError(f"--report {text}: the file name is missing")
    return name, Path(path) if path else None
