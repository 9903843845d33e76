"""The zoo is what it says: every zoo.json is complete, every stated minimum fails, and the scorer counts right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.zoo.score import (
    SHARED,
    ZOO,
    Result,
    Score,
    Spec,
    SpecError,
    absent,
    environment,
    goals,
    judge,
    main,
    markdown_table,
    names,
    prepare,
    read_spec,
    table,
    totals,
    weight,
)

from fnfuzz.app import discover
from fnfuzz.app.model import App, Function
from fnfuzz.checks import OBSERVERS
from fnfuzz.contracts.model import HttpReply, LineReply
from fnfuzz.events import Event, HttpEvent, QueueEvent
from fnfuzz.host import Exchange, Host, settle

SPECS = {name: read_spec(ZOO / name) for name in names()}
WITH_MINIMUM = sorted(name for name, spec in SPECS.items() if spec.minimal)
PATIENCE = 1.5
"""Seconds: no handler of the zoo takes so long for an answer, unless it hangs."""

LATE_END = 0.3
"""Seconds that a handler gets to end after its answer."""


# -- the handlers


def test_every_folder_of_the_zoo_has_its_zoo_json() -> None:
    folders = {path.name for path in ZOO.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))}
    assert folders - {SHARED.name} == set(names())


@pytest.mark.parametrize("name", names())
def test_the_app_of_a_handler_can_be_read(name: str) -> None:
    spec = SPECS[name]
    app = discover(ZOO / name, environ=environment())
    assert {function.name for function in app.functions} >= {spec.function} - {""}
    assert [problem for problem in app.problems if problem.rule not in spec.rules and not spec.build] == []


def test_the_zoo_has_clean_handlers_and_every_level_of_difficulty() -> None:
    levels = [spec.difficulty for spec in SPECS.values()]
    assert levels.count(0) >= len(levels) // 8
    assert min(levels.count(level) for level in (1, 2, 3, 4)) >= 5


@pytest.mark.parametrize("name", WITH_MINIMUM)
def test_the_stated_minimum_shows_the_planted_fault(name: str, tmp_path: Path) -> None:
    spec = SPECS[name]
    missing = absent(spec)
    if missing:
        pytest.skip(f"{name} needs {missing}, which is not installed")
    folder = prepare(spec, tmp_path)
    app = app_of(folder, spec)
    with Host(app, patience=PATIENCE, environ=environment()) as host:
        exchange = delivered(host, spec.minimal, spec.function)
        broken = rules_of(app, exchange)
        if not broken & spec.rules and spec.fault == "state-leak":
            assert answer(exchange) != answer(delivered(host, spec.minimal[-1:], spec.function))
        else:
            assert broken & spec.rules, f"{exchange.outcome}; {broken or 'no rule'} is broken"


def app_of(folder: Path, spec: Spec) -> App:
    """The app on the contract that the events are made for; whether that is found out by trying is tested elsewhere."""
    declared = discover(folder, environ=environment())
    settled = settle(declared, environment())
    triggers = {function.trigger for function in settled.functions}
    return settled if triggers >= {event.trigger for event in spec.minimal} else declared


def delivered(host: Host, events: tuple[Event, ...], wanted: str) -> Exchange:
    """The last exchange of ``events`` on a fresh instance."""
    host.fresh()
    exchanges = [host.invoke(target(host.app, event, wanted), event) for event in events]
    return exchanges[-1] if rules_of(host.app, exchanges[-1]) else host.outlived(exchanges[-1], LATE_END)


def target(app: App, event: Event, wanted: str) -> Function:
    fitting = [function for function in app.functions if function.trigger == event.trigger]
    return next((function for function in fitting if function.name == wanted), fitting[0])


def rules_of(app: App, exchange: Exchange) -> set[str]:
    fitting = [observer for observer in OBSERVERS if exchange.function.contract in observer.contracts]
    seen = (*exchange.violations, *(violation for observer in fitting for violation in observer.watch(app, exchange)))
    return {violation.rule for violation in seen}


def answer(exchange: Exchange) -> object:
    reply = exchange.observed.reply
    return reply.body if isinstance(reply, HttpReply) else reply.lines if isinstance(reply, LineReply) else None


# -- zoo.json


def written(folder: Path, **data: object) -> Path:
    whole = {"class": "crash", "difficulty": 2, "rules": ["proc-crash"], "function": "f", "why": "It ends.", **data}
    (folder / "zoo.json").write_text(json.dumps(whole))
    return folder


def test_a_zoo_json_is_read_with_its_events(tmp_path: Path) -> None:
    spec = read_spec(written(tmp_path, minimal=[{"trigger": "queue", "message": "a"}], needs=["node"]))
    assert spec.minimal == (QueueEvent(message=b"a"),)
    assert (spec.fault, spec.rules, spec.needs) == ("crash", frozenset({"proc-crash"}), ("node",))


@pytest.mark.parametrize(
    "wrong",
    [
        {"class": "bug"},
        {"difficulty": 5},
        {"rules": []},
        {"rules": ["no-such-rule"]},
        {"function": None},
        {"why": ""},
        {"hint": "x"},
    ],
    ids=lambda wrong: "-".join(f"{key}-{value}" for key, value in wrong.items()),
)
def test_a_wrong_zoo_json_is_refused(tmp_path: Path, wrong: Mapping[str, object]) -> None:
    with pytest.raises(SpecError, match=tmp_path.name):
        read_spec(written(tmp_path, **wrong))


def test_absent_programs_are_named() -> None:
    assert absent(Spec(name="a", fault="clean", needs=("no-such-program-7",))) == "no-such-program-7"
    assert absent(Spec(name="a", fault="clean")) == ""


# -- the scorer

SPEC = Spec(
    name="parcels",
    fault="crash",
    difficulty=2,
    rules=frozenset({"proc-crash"}),
    function="track",
    minimal=(QueueEvent(message=b"ab"),),
    why="It ends.",
)


def finding(rule: str, **more: object) -> dict[str, Any]:
    usual = {"rule": rule, "severity": "error", "function": "track", "message": "m", "first_case": 7, "minimal": None}
    return {**usual, **more}


def report(*findings: Mapping[str, Any]) -> dict[str, Any]:
    return {"contract": ["azure-http"], "cases": 90, "ended": "time", "findings": list(findings)}


def test_a_finding_with_a_rule_of_the_fault_counts_as_found() -> None:
    minimal = {"trigger": "queue", "message": "abc"}
    result = judge(SPEC, 1, report(finding("proc-crash", first_seconds=0.5, minimal=minimal)))
    assert (result.found, result.cases, result.seconds, result.false_errors) == (True, 7, 0.5, ())
    assert result.ratio == pytest.approx(11 / 10)


def test_the_first_of_several_findings_counts() -> None:
    result = judge(SPEC, 1, report(finding("proc-crash"), finding("proc-crash", function=None, first_case=3)))
    assert (result.cases, result.seconds, result.ratio) == (3, None, None)


def test_a_minimum_that_did_not_show_the_fault_again_has_no_size() -> None:
    minimal = {"trigger": "queue", "message": ""}
    result = judge(SPEC, 1, report(finding("proc-crash", confirmed="unstable", minimal=minimal)))
    assert (result.found, result.ratio) == (True, None)
    assert "unstable: parcels, seed 1" in table([Score(spec=SPEC, results=(result,))])


def test_other_errors_are_false_and_other_warnings_are_not() -> None:
    others = (
        finding("resp-timeout"),
        finding("proc-crash", function="other"),
        finding("out-missing", severity="warning"),
    )
    result = judge(SPEC, 1, report(*others))
    assert not result.found
    assert [line.partition(" ")[0] for line in result.false_errors] == ["resp-timeout", "proc-crash"]


def test_a_run_of_a_clean_handler_must_come_to_its_end() -> None:
    clean = Spec(name="a", fault="clean")
    assert judge(clean, 1, report()).problem == ""
    assert "not-started" in judge(clean, 1, {**report(), "ended": "not-started", "error": "x"}).problem


def test_the_weight_of_a_sequence_is_that_of_what_senders_choose() -> None:
    assert weight([QueueEvent()]) == 8
    assert weight([QueueEvent(message=b"abc"), HttpEvent(path="/api")]) == 8 + 3 + 8 + 4
    assert weight([QueueEvent(message=b"abc", dequeue_count=5)]) == 8 + 3 + 1


def scores() -> list[Score]:
    hit = Result(seed=1, found=True, cases=4, seconds=2.0, ratio=1.1, contract="azure-http")
    hard = replace(SPEC, name="rare", difficulty=4)
    return [
        Score(spec=SPEC, results=(hit, replace(hit, seed=2, cases=8, seconds=None))),
        Score(spec=hard, results=(Result(seed=1), replace(hit, false_errors=("resp-timeout at x",)))),
        Score(spec=Spec(name="tidy", fault="clean"), results=(Result(seed=1),)),
        Score(spec=replace(SPEC, name="elsewhere"), skipped="needs node"),
    ]


def test_totals_count_runs_by_difficulty() -> None:
    assert totals(scores()) == [("difficulty 2", 2, 2), ("difficulty 4", 1, 2)]


def test_goals_are_met_or_not() -> None:
    assert [met for _, met, _ in goals(scores())] == [True, False, False, True]


def test_the_tables_tell_medians_misses_and_false_errors() -> None:
    text = table(scores())
    parcels = next(line.split() for line in text.splitlines() if line.startswith("parcels"))
    assert parcels == ["parcels", "crash", "2", "azure-http", "2/2", "6", "2.0", "1.10", "0"]
    assert "skipped: needs node" in text
    assert "missed: rare, seed 1: It ends." in text
    assert "false error: rare, seed 1: resp-timeout at x" in text
    assert "| rare | crash | 4 | azure-http | 1/2 | 4 | 2.0 | 1.10 | 1 |" in markdown_table(scores())


@pytest.mark.slow
def test_the_scorer_runs_fnfuzz_and_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("python3") is None:
        pytest.skip("the handler needs python3, which is not installed")
    files = {"--json": tmp_path / "zoo.json", "--markdown": tmp_path / "zoo.md"}
    options = [word for name, path in files.items() for word in (name, str(path))]
    main(["mail-digest", "--seeds", "1", "--time", "3", *options])
    assert "1/1" in capsys.readouterr().out
    (written_score,) = json.loads(files["--json"].read_text())
    assert written_score["results"][0]["rule"] == "start-port-ignored"
    assert "| mail-digest | startup | 1 |" in files["--markdown"].read_text()
