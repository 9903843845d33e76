"""``fnfuzz init``: tests of an app in pytest, to begin with."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fnfuzz.cli.help import OneOf
from fnfuzz.cli.options import AppCommand, app_options, command_words
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.cli.ini_file import IniFile, Value
    from fnfuzz.cli.initial_files import Change
    from fnfuzz.report.cases import Case

__all__ = ["CI", "command"]

CI = ("github", "gitlab", "azure")
"""Named again here, so that help needs no more; a test compares."""


@click.command("init", cls=AppCommand)
@app_options
@click.option(
    "--case",
    "sources",
    multiple=True,
    metavar="FILE",
    help="Keep this finding of `fnfuzz run` as a test that fails until it is fixed. May come several times.",
)
@click.option("--ci", type=OneOf(CI), help="Write a job for this platform instead, which fails on new errors.")
@click.option("--force", is_flag=True, help="With --ci: write over a job that is there.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def command(
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    sources: tuple[str, ...],
    ci: str | None,
    force: bool,
    dry_run: bool,
) -> None:
    """Begin testing an app with pytest.

    Names the app in pytest's ini file (the one that is there, else pyproject.toml, else a new pytest.ini) and writes a
    test file and a fnfuzz.toml. With --case it keeps findings as regression tests instead. What is there is never
    overwritten.

    \b
    Examples:
      fnfuzz init ./my-function-app
      fnfuzz init --case .fnfuzz/findings/1a2b3c4d.json
      fnfuzz init --ci github ./my-function-app
    """
    from fnfuzz.cli.cases import read_source
    from fnfuzz.cli.ini_file import find_ini

    context, here = click.get_current_context(), Path.cwd()
    if ci is not None:
        if sources:
            raise click.UsageError("--ci does not go with --case")
        _begin_ci(context, ci, (app, contract, patience, start_patience), force=force, dry_run=dry_run)
        return
    if force:
        raise click.UsageError("--force goes with --ci")
    if sources and Path(app).suffix == ".json" and Path(app).is_file():
        raise Stop(f"{app} is a file, no app; write --case before each case")
    ini = find_ini(here)
    cases = [(source, read_source(source, f"--case {source}")) for source in sources]
    words = _words(context, ini, cases, (app, contract, patience, start_patience))
    changes = _case_changes(ini, words, cases) if cases else _changes(ini, words, app, contract)
    _carry_out(changes, dry_run=dry_run)
    if changes and not dry_run:
        click.echo("next: pytest")


def _carry_out(changes: list[Change], *, dry_run: bool) -> None:
    """Write the files, or show what would be written."""
    from fnfuzz.cli.initial_files import diff, write
    from fnfuzz.report.case_files import nearest

    for change in changes:
        if dry_run:
            click.echo(diff(change, Path.cwd()), nl=False)
        else:
            write(change)
            click.echo(f"wrote {nearest(change.path)}: {change.about}")
    if not changes:
        click.echo("nothing is missing")


def _begin_ci(
    context: click.Context, platform: str, asked: tuple[str, str | None, float, float], *, force: bool, dry_run: bool
) -> None:
    from fnfuzz.cli.ci_files import ci_changes, next_lines
    from fnfuzz.cli.target import app_words, read_app

    words = app_words(context, *asked)
    changes = ci_changes(platform, read_app(context, *asked[:2]), words, force=force)
    _carry_out(changes, dry_run=dry_run)
    if changes and not dry_run:
        for line in next_lines(platform, words):
            click.echo(f"next: {line}")


def _words(
    context: click.Context,
    ini: IniFile,
    cases: list[tuple[str, Case]],
    asked: tuple[str, str | None, float, float],
) -> str:
    """How the ini file names the app; the app of a case when none is given, empty when the ini file names one."""
    from fnfuzz.cli.target import app_words
    from fnfuzz.report.case_files import AppWords

    words = app_words(context, *asked)
    if cases and context.get_parameter_source("app") is not click.core.ParameterSource.COMMANDLINE:
        if ini.values.get("fnfuzz_app"):
            return ""
        case = next((case for _, case in cases if case.app), None)
        if case is not None:
            words = AppWords(app=case.app, options=case.options, command=case.command)
    path = os.path.relpath(words.app, ini.path.parent)
    path = path if path.startswith(".") else f"./{path}"
    return shlex.join([*words.options, path, *(("--", *words.command) if words.command else ())])


def _changes(ini: IniFile, words: str, app: str, contract: str | None) -> list[Change]:
    from fnfuzz.cli.cases import settled
    from fnfuzz.cli.initial_files import app_keys, config_file, test_file

    keys = app_keys(ini, words)
    found, folder = settled(app, contract), ini.path.parent
    known: dict[str, object] = {"app": Path(os.path.relpath(app, folder)).as_posix()}
    known |= {"command": list(handler)} if (handler := command_words(click.get_current_context())) else {}
    known |= {"contract": contract} if contract else {}
    files = (test_file(ini, found), config_file(folder, found, known))
    return [*_ini_change(ini, keys), *(change for change in files if change is not None)]


def _case_changes(ini: IniFile, words: str, cases: list[tuple[str, Case]]) -> list[Change]:
    from fnfuzz.cli.initial_files import app_keys, case_changes

    keys, changes = case_changes(ini, cases)
    named = app_keys(ini, words) if words else {}
    return [*_ini_change(ini, {**named, **keys}), *(change for change in changes if change.new != change.old)]


def _ini_change(ini: IniFile, keys: dict[str, Value]) -> list[Change]:
    from fnfuzz.cli.initial_files import Change

    if not keys:
        return []
    old = ini.text if ini.path.exists() else None
    return [Change(ini.path, ini.with_keys(keys), old, ", ".join(keys))]
