"""What ``run`` and ``check`` do alike: read the app, open the reports, drive the plan."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from fnfuzz.cli.configured import checked_sections, planned
from fnfuzz.cli.drive import checked_run, drive
from fnfuzz.cli.failing import standings
from fnfuzz.cli.setup import set_up
from fnfuzz.cli.stops import Stop
from fnfuzz.cli.target import app_words, read_app, state_folder
from fnfuzz.fuzz import Plan
from fnfuzz.report import CaseFiles, Known, ReportContext, ReportError, open_reporters

__all__ = ["carry_out"]


def carry_out(
    plan: Plan,
    *,
    app: str,
    contract: str | None,
    reports: tuple[str, ...],
    strict: bool,
    fail_on: str | None,
    baseline: str | None,
    update_baseline: bool,
    state: str | None,
    quiet: bool,
    verbose: bool,
    no_color: bool,
    table: bool = False,
) -> int:
    """Run ``plan`` on the app that the command line names and report it; the exit code. Raises Stop."""
    ctx = click.get_current_context()
    found = read_app(ctx, app, contract)
    words = app_words(ctx, app, contract, plan.patience, plan.start_patience, plan.functions)
    cases = CaseFiles(state_folder(found, state), words)
    judge = standings(cases, baseline=baseline, update_baseline=update_baseline, fail_on=fail_on, strict=strict)
    known = cases.load() if "known" in plan.phases else Known()
    context = ReportContext(
        cases=cases,
        out=sys.stdout,
        verbosity=-1 if quiet else int(verbose),
        colour=False if no_color else None,
        table=table,
        standings=judge,
    )
    try:
        reporters = open_reporters(reports, context, sys.stderr)
    except ReportError as error:
        raise Stop(str(error)) from error
    plan = replace(planned(plan), known=known.cases, fixed=known.fixed)
    if found.platform != "bare":
        checked_sections(found)
    with set_up():
        return drive(checked_run(found, plan, known.notes), [cases, judge, *reporters], judge.fails)
