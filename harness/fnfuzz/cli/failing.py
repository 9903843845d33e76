"""Which findings fail a run, as the command line says it: ``--fail-on``, ``--strict`` and ``--baseline``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import click

from fnfuzz.cli.stops import Stop
from fnfuzz.report.baseline import BaselineError, FailOn, read_baseline
from fnfuzz.report.case_files import CaseFiles
from fnfuzz.report.standing import Kept, Standings

__all__ = ["standings"]


def standings(
    cases: CaseFiles, *, baseline: str | None, update_baseline: bool, fail_on: str | None, strict: bool
) -> Standings:
    """What tells new findings from known ones. Raises Stop and UsageError."""
    if strict and fail_on not in (None, "warning"):
        raise click.UsageError(
            f"--strict is another word for --fail-on warning; leave out one of them: {fail_on} or it"
        )
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs to know which one: --baseline FILE")
    chosen = cast("FailOn", fail_on or ("warning" if strict else "error"))
    return Standings(cases, chosen, _kept(Path(baseline), update_baseline) if baseline is not None else None)


def _kept(path: Path, update: bool) -> Kept:
    if update and os.environ.get("CI"):
        raise Stop(
            "--update-baseline: CI is set in the environment: a baseline is changed by people; run it at your desk, "
            "and look at the change"
        )
    try:
        return Kept(path, read_baseline(path), update)
    except FileNotFoundError as error:
        if update:
            return Kept(path, (), update)
        raise Stop(f"--baseline {path}: there is no such file; --update-baseline writes it") from error
    except BaselineError as error:
        raise Stop(f"--baseline {error}") from error
