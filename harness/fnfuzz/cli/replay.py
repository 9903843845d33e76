"""``fnfuzz replay``: recorded exchanges again, judged and compared."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.configured import ConfiguredAppCommand, config_options
from fnfuzz.cli.corpora import corpus_errors, filter_options, open_corpus, tell_damage
from fnfuzz.cli.help import OneOf
from fnfuzz.cli.options import app_options, command_words, seconds
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.stops import FINDINGS, OK, Stop

if TYPE_CHECKING:
    from fnfuzz.app import App
    from fnfuzz.corpus import Corpus
    from fnfuzz.replay.model import Plan, Result
    from fnfuzz.replay.replaying import Progress
    from fnfuzz.report.page import Page

__all__ = ["command"]

ALL = "all"


@click.command("replay", cls=ConfiguredAppCommand)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@app_options
@config_options
@click.option(
    "--speed", type=click.FloatRange(0.001), metavar="X", help="Keep the recorded gaps; 10 is ten times faster."
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    metavar="N",
    help="Send over so many connections at the same time.",
)
@click.option("--loop", is_flag=True, help="Again and again, until Ctrl-C or --max-time.")
@click.option("--max-time", callback=seconds, metavar="TIME", help="End after this time.")
@click.option("--against", metavar="OTHER", help="Compare with what another app answers, not with the recording.")
@click.option("--deliveries", type=OneOf(("at-least-once",)), help="Let messages and blobs come again and late.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="What --deliveries disturbs.")
@click.option("--learn", is_flag=True, help="Learn anew what is noise.")
@click.option("--no-learn", is_flag=True, help="Take no difference for noise but what is known already.")
@click.option("--explain", metavar="PATH", help="Tell why a path of the answers is masked; nothing is replayed.")
@click.option(
    "--accept", multiple=True, metavar="all|ID", help="Put the new answers into the corpus. May come several times."
)
@click.option("--report", metavar="json[=PATH]", help="Also write a report, to standard output without PATH.")
@quiet_option
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
@filter_options
def command(
    corpus: str,
    app: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    speed: float | None,
    connections: int,
    loop: bool,
    max_time: float | None,
    against: str | None,
    deliveries: str | None,
    seed: int,
    learn: bool,
    no_learn: bool,
    explain: str | None,
    accept: tuple[str, ...],
    report: str | None,
    no_color: bool,
    **filters: Any,
) -> None:
    """Send recorded events again, and compare the answers with the recorded ones.

    Every answer is judged by the rules too. What differs by itself is learnt and left out.

    \b
    Exit codes: 0 nothing differs, 1 differences or errors found, 2 wrong usage,
    3 the handler could not be started or driven, 130 interrupted.

    \b
    Examples:
      fnfuzz replay corpora/orders ./my-function-app
      fnfuzz replay corpora/orders ./new-build --against ./old-build
    """
    from fnfuzz.cli.configured import host_settings, ignored_entries, wanted_checks
    from fnfuzz.cli.setup import set_up
    from fnfuzz.replay.judging import set_aside
    from fnfuzz.replay.model import Plan
    from fnfuzz.report.page import Page

    found = open_corpus(corpus)
    json_path = _json_path(report)
    page = Page(sys.stderr if json_path == "" else sys.stdout, False if no_color else None)
    if explain is not None:
        _explain(found, page, explain)
        return
    _check(accept, against, deliveries, learn, no_learn, speed, connections, loop)
    if accept and found.read_only:
        raise Stop(f"--accept: {corpus} is read-only; `fnfuzz corpus merge NEW {corpus}` makes a copy to change")
    plan = Plan(
        filters={name: value for name, value in filters.items() if value is not None},
        speed=speed,
        connections=connections,
        loop=loop,
        max_time=max_time,
        patience=patience,
        start_patience=start_patience,
        limits=host_settings()["limits"],
        checks=wanted_checks(),
        learn="always" if learn else "never" if no_learn else "needed",
        keep_noise=learn or not os.environ.get("CI"),
        seed=seed,
    )
    with set_up():
        code, result = _carried_out(found, plan, app, contract, against, deliveries, accept)
    set_aside(result, ignored_entries())
    _report(page, result, json_path, corpus, app)
    tell_damage(found)
    click.get_current_context().exit(code or (FINDINGS if result.failed else OK))


def _check(
    accept: tuple[str, ...],
    against: str | None,
    deliveries: str | None,
    learn: bool,
    no_learn: bool,
    speed: float | None,
    connections: int,
    loop: bool,
) -> None:
    """Raises Stop for options that do not go together."""
    from fnfuzz.replay.accepting import accept_forbidden

    special = "--against" if against else "--deliveries" if deliveries else ""
    named = {"--accept": accept, "--loop": loop, "--speed": speed, "--connections": connections > 1}
    wrong = next((name for name, given in named.items() if given), "")
    if against and deliveries:
        raise Stop("--against and --deliveries are two experiments; give one of them")
    if special and wrong:
        raise Stop(f"{wrong} does not go with {special}")
    if learn and no_learn:
        raise Stop("--learn and --no-learn are opposites; give one of them")
    if accept and (why := accept_forbidden(os.environ)):
        raise Stop(f"--accept: {why}")
    if accept and loop:
        raise Stop("--accept does not go with --loop")


def _carried_out(
    corpus: Corpus,
    plan: Plan,
    target: str,
    contract: str | None,
    against: str | None,
    deliveries: str | None,
    accept: tuple[str, ...],
) -> tuple[int | None, Result]:
    """The exit code of a signal, if there was one, and what came of it. Raises Stop."""
    from fnfuzz.cli.cases import settled
    from fnfuzz.cli.interruption import Interruption
    from fnfuzz.cli.target import read_app
    from fnfuzz.fuzz.collecting import seldom_collecting
    from fnfuzz.replay.functions import with_recorded_functions
    from fnfuzz.report.screen import ENDING
    from fnfuzz.report.wording import many

    with corpus_errors():
        if not any(True for _ in corpus.items(**plan.filters)):
            raise Stop("no record of the corpus passes the filters; `fnfuzz corpus ls` tells what is in it")
    app = settled(target, contract)
    if read_app(click.get_current_context(), target, None).platform == "bare":
        app = with_recorded_functions(app, corpus)
    other = _other(against, corpus) if against else None
    _check_app(app, plan, deliveries)
    with ExitStack() as stack:
        # With filters, or again and again, nobody knows how many it will be.
        total = None if plan.filters or plan.loop or deliveries else len(corpus)
        meter = stack.enter_context(metered("comparing" if other else "replaying", "event", total))
        interruption = stack.enter_context(Interruption(lambda: meter.say(ENDING)))
        stack.enter_context(seldom_collecting())
        stack.enter_context(_problems(app))
        stack.enter_context(corpus_errors())

        def progress(what: str, count: int, groups: int) -> None:
            interruption.open = False
            meter.told(count, many(groups, "difference") if groups else "", what)
            interruption.open = True
            if interruption.signal:
                interruption.told()
                raise KeyboardInterrupt

        interruption.open = True
        try:
            result = _replayed(app, other, corpus, plan, deliveries, accept, progress)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(interruption.exit_code or 130) from None
        finally:
            interruption.open = False
    if not result.replayed and result.skipped:
        reasons = tuple(f"{count:,}: {why}" for why, count in result.skipped.items())
        raise Stop("no record can be replayed on this app", reasons[:8])
    return interruption.exit_code, result


def _replayed(
    app: App,
    other: App | None,
    corpus: Corpus,
    plan: Plan,
    deliveries: str | None,
    accept: tuple[str, ...],
    progress: Progress | None,
) -> Result:
    from fnfuzz.replay.accepting import collected
    from fnfuzz.replay.replaying import replay

    if other is not None:
        from fnfuzz.replay.against import replay_against

        return replay_against(app, other, corpus, plan, progress=progress)
    if deliveries:
        from fnfuzz.replay.deliveries import replay_deliveries

        return replay_deliveries(app, corpus, plan, progress=progress)
    if not accept:
        return replay(app, corpus, plan, progress=progress)
    with collected() as answers:
        result = replay(app, corpus, plan, progress=progress, differs=answers)
        wanted = None if ALL in accept else _groups(result, accept)
        if result.ended == "done":
            result.accepted = answers.accept(corpus, wanted)
        return result


def _groups(result: Result, accept: tuple[str, ...]) -> frozenset[str]:
    """The ids of the groups that are named, also by how they begin. Raises Stop for one that is not there."""
    found = set()
    for name in accept:
        fitting = [group.id for group in result.groups if group.id.startswith(name)]
        if len(fitting) != 1:
            known = ", ".join(group.id for group in result.groups[:8]) or "none"
            what = "several groups begin so" if fitting else "there is no such group of differences"
            raise Stop(f"--accept {name}: {what}; there are {known}")
        found.add(fitting[0])
    return frozenset(found)


def _check_app(app: App, plan: Plan, deliveries: str | None) -> None:
    lines = any(function.contract == "azure-stdio" for function in app.functions)
    if plan.connections > 1 and lines:
        raise Stop("--connections: a handler that reads lines has one stdin; leave it out")
    if deliveries and not any(function.trigger in ("queue", "blob") for function in app.functions):
        raise Stop("--deliveries: the app has no function that is fed by a queue or by blobs")


def _other(target: str, corpus: Corpus) -> App:
    from fnfuzz.app import AppError
    from fnfuzz.cli.target import discovered, start_stop
    from fnfuzz.host import StartFailed, settle
    from fnfuzz.replay.functions import with_recorded_functions

    try:
        found = discovered(target)
    except AppError as error:
        raise Stop(f"--against: {error}") from error
    try:
        app = settle(found)
    except StartFailed as failed:
        raise start_stop(found, failed) from failed
    return with_recorded_functions(app, corpus) if found.platform == "bare" else app


@contextmanager
def _problems(app: App) -> Iterator[None]:
    from fnfuzz.cli.target import start_stop
    from fnfuzz.host import StartFailed
    from fnfuzz.replay.noise_file import NoiseFileError

    try:
        yield
    except StartFailed as failed:
        raise start_stop(app, failed) from failed
    except NoiseFileError as error:
        raise Stop(str(error)) from error


def _explain(corpus: Corpus, page: Page, path: str) -> None:
    from fnfuzz.replay.noise_file import NoiseFileError, read_noise
    from fnfuzz.report.replay_text import print_explanation

    try:
        print_explanation(page, read_noise(corpus.path), path)
    except NoiseFileError as error:
        raise Stop(str(error)) from error


def _json_path(report: str | None) -> str | None:
    """The path of the report; empty for standard output, None without a report."""
    if report is None:
        return None
    name, separator, path = report.partition("=")
    if name != "json":
        raise Stop(f"--report {report}: a replay has only json; write json=PATH")
    if separator and not path:
        raise Stop(f"--report {report}: the file name is missing")
    return path


def _report(page: Page, result: Result, json_path: str | None, corpus: str, app: str) -> None:
    from fnfuzz.report.files import write_whole
    from fnfuzz.report.plain_data import dumps
    from fnfuzz.report.replay_data import replay_data
    from fnfuzz.report.replay_text import print_replay

    handler = command_words(click.get_current_context())
    named = shlex.join(["fnfuzz", "replay", corpus, *(() if app == "." and handler else (app,))])
    contract = click.get_current_context().params.get("contract")
    named += f" --contract {contract}" if contract else ""
    print_replay(page, result, named, f" -- {shlex.join(handler)}" if handler else "")
    if json_path is None:
        return
    text = dumps(replay_data(result)) + "\n"
    if not json_path:
        click.echo(text, nl=False)
        return
    try:
        write_whole(Path(json_path), text.encode("ascii"))
    except OSError as error:
        raise Stop(f"--report json={json_path}: {error.strerror or error}") from error
