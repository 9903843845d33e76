"""How well ``fnfuzz run`` finds planted faults: drives every handler of the zoo and prints a table.

    python -m tests.zoo.score [NAMES...] [--seeds 1,2,3] [--time 20] [--json PATH] [--markdown PATH] [--jobs 1]

Each folder beside this file is a complete app with a ``zoo.json``: ``class`` (of the fault, or clean), ``difficulty``
1 to 4, ``rules`` under which the fault may show, ``function``, ``minimal`` (the smallest event, or a sequence with the
failing one last), ``why``, ``needs`` (programs) and, where it has to be built, ``build`` (a command for a shell).
``shared`` names files of the folder ``shared`` that belong into its folder ``code``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from fnfuzz.events import Event, from_data, to_data
from fnfuzz.rules import RULES

__all__ = [
    "CLASSES",
    "ZOO",
    "Result",
    "Score",
    "Spec",
    "SpecError",
    "absent",
    "environment",
    "goals",
    "judge",
    "markdown_table",
    "names",
    "prepare",
    "read_spec",
    "table",
    "totals",
    "weight",
]

ZOO = Path(__file__).parent
SHARED = ZOO / "shared"
CLASSES = (
    "clean",
    "concurrency",
    "crash",
    "exit",
    "hang",
    "malformed",
    "protocol",
    "resource-leak",
    "server-error",
    "startup",
    "state-leak",
)
KEYS = {"class", "difficulty", "rules", "function", "minimal", "why", "needs", "build", "shared"}
HARD_SHARE, RATIO = 0.8, 1.2
"""The goals for difficulty 4 and for the size of the minimum found against the known one."""

HEADER = ("handler", "class", "level", "contract", "found", "cases", "seconds", "size", "false errors")


class SpecError(ValueError):
    """A zoo.json that is not what it should be; the message names the handler and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What zoo.json says of one handler. ``minimal`` is empty where no event is needed."""

    name: str
    fault: str
    difficulty: int = 0
    rules: frozenset[str] = frozenset()
    function: str = ""
    minimal: tuple[Event, ...] = ()
    why: str = ""
    needs: tuple[str, ...] = ()
    build: str = ""
    shared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of ``fnfuzz run`` found. ``seconds`` is None where the report does not tell it, ``ratio`` where no
    minimum is known.
    """

    seed: int
    found: bool = False
    rule: str = ""
    confirmed: str = ""
    cases: int | None = None
    seconds: float | None = None
    ratio: float | None = None
    minimal: Any = None
    contract: str = ""
    total_cases: int = 0
    false_errors: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """All runs of one handler; none where it was skipped."""

    spec: Spec
    results: tuple[Result, ...] = ()
    skipped: str = ""

    @property
    def found(self) -> int:
        """In how many runs the fault was found."""
        return sum(result.found for result in self.results)

    def middle(self, name: str) -> float | None:
        """The median of one number over the runs that found the fault."""
        values = [getattr(result, name) for result in self.results if result.found]
        known = [value for value in values if value is not None]
        return median(known) if known else None


# -- the handlers


def names() -> list[str]:
    """The handlers of the zoo, in order."""
    return sorted(path.parent.name for path in ZOO.glob("*/zoo.json"))


def read_spec(folder: Path) -> Spec:
    """The checked content of ``folder``'s zoo.json. Raises SpecError, and EventDataError for a wrong event."""
    name = folder.name
    data = json.loads((folder / "zoo.json").read_text())
    unknown = set(data) - KEYS
    if unknown:
        raise SpecError(f"{name}: unknown keys {', '.join(sorted(unknown))}")
    if data.get("class") not in CLASSES:
        raise SpecError(f"{name}: class is one of {', '.join(CLASSES)}")
    needs, shared = tuple(data.get("needs", ())), tuple(data.get("shared", ()))
    if missing := [item for item in shared if not (SHARED / item).is_file()]:
        raise SpecError(f"{name}: shared names files of {SHARED.name}/, not {', '.join(missing)}")
    if data["class"] == "clean":
        return Spec(name=name, fault="clean", needs=needs, build=data.get("build", ""), shared=shared)
    if data.get("difficulty") not in (1, 2, 3, 4):
        raise SpecError(f"{name}: difficulty is 1 to 4")
    rules = frozenset(data.get("rules", ()))
    if not rules or rules - set(RULES):
        raise SpecError(f"{name}: rules names rules of the catalogue, not {sorted(rules - set(RULES))}")
    if not isinstance(data.get("function"), str) or not str(data.get("why", "")).endswith("."):
        raise SpecError(f"{name}: function is a text, and why is a sentence")
    return Spec(
        name=name,
        fault=data["class"],
        difficulty=data["difficulty"],
        rules=rules,
        function=data["function"],
        minimal=tuple(from_data(event) for event in data.get("minimal", ())),
        why=data["why"],
        needs=needs,
        build=data.get("build", ""),
        shared=shared,
    )


def absent(spec: Spec) -> str:
    """The programs that ``spec`` needs and this machine does not have."""
    return ", ".join(program for program in spec.needs if shutil.which(program) is None)


def environment() -> dict[str, str]:
    """The environment of handlers: ``python3`` is this interpreter, and Go fetches nothing."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}


def prepare(spec: Spec, parent: Path) -> Path:
    """A fresh copy of the handler in ``parent``, built if it has to be."""
    folder = parent / spec.name
    shutil.copytree(ZOO / spec.name, folder, ignore=shutil.ignore_patterns(".fnfuzz", "__pycache__", "zoo.json"))
    for name in spec.shared:
        shutil.copy2(SHARED / name, folder / "code" / name)
    if spec.build:
        subprocess.run(spec.build, shell=True, cwd=folder, check=True, env=environment(), timeout=300)
    return folder


# -- one run


def run_once(spec: Spec, seed: int, seconds: float) -> Result:
    """Run fnfuzz on a fresh copy of the handler and judge its report."""
    with tempfile.TemporaryDirectory(prefix="zoo-") as parent:
        folder = prepare(spec, Path(parent))
        path = Path(parent) / "report.json"
        words = (
            "run",
            str(folder),
            "--max-time",
            f"{seconds:g}s",
            "--seed",
            str(seed),
            "--report",
            f"json={path}",
            "-q",
        )
        try:
            done = subprocess.run(
                (sys.executable, "-m", "fnfuzz", *words),
                env=environment(),
                capture_output=True,
                text=True,
                timeout=seconds * 2 + 120,
            )
        except subprocess.TimeoutExpired:
            return Result(seed=seed, problem=f"the run did not end within {seconds * 2 + 120:g} s")
        if "Traceback" in done.stderr or not path.exists():
            last = (done.stderr.strip().splitlines() or ["no report was written"])[-1]
            return Result(seed=seed, problem=f"exit {done.returncode}: {last}")
        return judge(spec, seed, json.loads(path.read_text()))


def judge(spec: Spec, seed: int, report: Mapping[str, Any]) -> Result:
    """What a report (``fnfuzz.report/1``) means for ``spec``."""
    findings = report["findings"]
    hits = [item for item in findings if is_hit(spec, item)]
    others = [item for item in findings if item["severity"] == "error" and not is_hit(spec, item)]
    common: dict[str, Any] = {
        "seed": seed,
        "contract": ", ".join(report.get("contract", ())),
        "total_cases": report.get("cases", 0),
        "false_errors": tuple(told(item) for item in others),
    }
    if spec.fault == "clean" and report.get("ended") not in ("time", "done"):
        common["problem"] = f"ended: {report.get('ended')}, {report.get('error')}"
    if not hits:
        return Result(**common)
    first = min(hits, key=lambda item: item["first_case"])
    return Result(
        **common,
        found=True,
        rule=first["rule"],
        confirmed=first.get("confirmed", ""),
        cases=first["first_case"],
        seconds=first.get("first_seconds"),
        ratio=ratio(first, spec.minimal),
        minimal=first.get("minimal"),
    )


def is_hit(spec: Spec, finding: Mapping[str, Any]) -> bool:
    """Is this finding the planted fault?"""
    return finding["rule"] in spec.rules and (finding.get("function") or "") in ("", spec.function)


def told(finding: Mapping[str, Any]) -> str:
    """One line about a finding that is not the planted fault."""
    minimal = json.dumps(finding.get("minimal"))
    return f"{finding['rule']} at {finding.get('place')!r}: {finding['message']} MINIMAL {minimal[:600]}"


def ratio(finding: Mapping[str, Any], known: Sequence[Event]) -> float | None:
    """The size of the minimum that was found, in sizes of the known one; None for one that did not show it again."""
    minimal = finding.get("minimal")
    if not minimal or not known or finding.get("confirmed") == "unstable":
        return None
    events = [from_data(event) for event in (minimal if isinstance(minimal, list) else [minimal])]
    return weight(events) / weight(known)


def weight(events: Iterable[Event]) -> int:
    """Bytes of everything in ``events`` that a sender chooses, and 8 for each event."""
    return sum(8 + sum(_bytes(key, value, event) for key, value in to_data(event).items()) for event in events)


def _bytes(key: str, value: Any, event: Event) -> int:
    if key == "trigger" or value == to_data(type(event)()).get(key):
        return 0
    return len(value if isinstance(value, str) else json.dumps(value))


# -- tables


def row(score: Score) -> tuple[str, ...]:
    """The cells of one handler."""
    spec, results = score.spec, score.results
    contract = next((result.contract for result in results if result.contract), "")
    lead = (spec.name, spec.fault, str(spec.difficulty or "-"), contract)
    if score.skipped:
        return (*lead, f"skipped: {score.skipped}", "", "", "", "")
    false = sum(len(result.false_errors) for result in results)
    numbers = tuple(
        _cell(score.middle(name), form) for name, form in (("cases", ".0f"), ("seconds", ".1f"), ("ratio", ".2f"))
    )
    found = "-" if spec.fault == "clean" else f"{score.found}/{len(results)}"
    return (*lead, found, *numbers, str(false))


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def totals(scores: Sequence[Score]) -> list[tuple[str, int, int]]:
    """Per difficulty: its name, runs that found the fault, runs."""
    faulty = [score for score in scores if score.spec.difficulty and score.results]
    levels = sorted({score.spec.difficulty for score in faulty})
    groups = [
        (f"difficulty {level}", [score for score in faulty if score.spec.difficulty == level]) for level in levels
    ]
    return [(name, sum(s.found for s in group), sum(len(s.results) for s in group)) for name, group in groups]


def goals(scores: Sequence[Score]) -> list[tuple[str, bool, str]]:
    """Each goal: what is wanted, is it met, what was measured. A goal without a run behind it is left out."""
    found: list[tuple[str, bool, str]] = []
    shares = {int(name[-1]): (hits, runs) for name, hits, runs in totals(scores)}
    easy = [shares[level] for level in (1, 2, 3) if level in shares]
    if easy:
        hits, runs = (sum(column) for column in zip(*easy, strict=True))
        found.append(("difficulty 1 to 3: all found", hits == runs, f"{hits} of {runs}"))
    if 4 in shares:
        hits, runs = shares[4]
        found.append((f"difficulty 4: {HARD_SHARE:.0%} found", hits >= HARD_SHARE * runs, f"{hits} of {runs}"))
    false = sum(len(result.false_errors) for score in scores for result in score.results)
    found.append(("no false error", false == 0, str(false)))
    ratios = [value for score in scores if (value := score.middle("ratio")) is not None]
    if ratios:
        over = sum(ratio > RATIO for ratio in ratios)
        told = f"{over} of {len(ratios)} larger, median {median(ratios):.2f}, largest {max(ratios):.2f}"
        found.append((f"no minimum more than {RATIO} times the known one", over == 0, told))
    return found


def table(scores: Sequence[Score]) -> str:
    """Everything as plain text."""
    rows = [HEADER, *(row(score) for score in scores)]
    widths = [max(len(item[at]) for item in rows if not item[4].startswith("skipped")) for at in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(item, widths, strict=True)).rstrip() for item in rows]
    lines += ["", *(f"{name}: found in {hits} of {runs} runs" for name, hits, runs in totals(scores))]
    lines += ["", *(f"{'met    ' if met else 'NOT MET'}  {name} ({measured})" for name, met, measured in goals(scores))]
    return "\n".join([*lines, *_remarks(scores)])


def _remarks(scores: Sequence[Score]) -> list[str]:
    lines = []
    for score in scores:
        for result in score.results:
            where = f"{score.spec.name}, seed {result.seed}"
            lines += [f"problem: {where}: {result.problem}"] if result.problem else []
            if result.confirmed == "unstable":
                lines.append(f"unstable: {where}: found once, but not again in a fresh instance")
            lines += [f"false error: {where}: {item}" for item in result.false_errors]
            if score.spec.difficulty and not result.found:
                lines.append(f"missed: {where}: {score.spec.why}")
    return ["", *lines] if lines else []


INTRODUCTION = (
    "# How well faults are found",
    "",
    "Written by `python -m tests.zoo.score --markdown docs/zoo.md`: `fnfuzz run` on every handler of `tests/zoo`,",
    "each with one planted fault, or clean. *level* is its difficulty: 1 any event shows it, 2 a boundary value or a",
    "missing member, 3 a particular value in one member, 4 an earlier event, several conditions, an exact size",
    "or value. *found* is runs of runs, *cases* and *seconds* are medians until it was found, *size* is the reported",
    "minimum against the smallest event known.",
    "",
)


def markdown_table(scores: Sequence[Score]) -> str:
    """The table, the totals and the goals for the documentation."""
    lines = [*INTRODUCTION, "| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    lines += ["| " + " | ".join(row(score)) + " |" for score in scores]
    lines += ["", "| difficulty | found | runs |", "|---|---|---|"]
    lines += [f"| {name.removeprefix('difficulty ')} | {hits} | {runs} |" for name, hits, runs in totals(scores)]
    lines += ["", "| goal | | measured |", "|---|---|---|"]
    lines += [f"| {name} | {'met' if met else 'not met'} | {measured} |" for name, met, measured in goals(scores)]
    return "\n".join(lines) + "\n"


# -- the command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the zoo; 0 when all goals are met, 1 when not."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.zoo.score", description="How well fnfuzz finds planted faults."
    )
    parser.add_argument("names", nargs="*", help="handlers; all without")
    parser.add_argument("--seeds", default="1,2,3", help="seeds, with commas")
    parser.add_argument("--time", type=float, default=20.0, help="seconds of each run")
    parser.add_argument("--json", type=Path, help="also write the results there")
    parser.add_argument("--markdown", type=Path, help="also write the table there")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(names())
    if unknown:
        parser.error(f"no such handler: {', '.join(sorted(unknown))}")
    seeds = [int(seed) for seed in chosen.seeds.split(",")]
    specs = [read_spec(ZOO / name) for name in chosen.names or names()]
    with ThreadPoolExecutor(chosen.jobs) as pool:
        # One handler's runs do not meet: some insist on a port.
        waiting = {
            (spec.name, seed): pool.submit(_told, spec, seed, chosen.time)
            for seed in seeds
            for spec in specs
            if not absent(spec)
        }
        done = {
            spec.name: tuple(waiting[spec.name, seed].result() for seed in seeds) for spec in specs if not absent(spec)
        }
    scores = [Score(spec=spec, results=done.get(spec.name, ()), skipped=_skipped(spec)) for spec in specs]
    print(table(scores))
    if chosen.json:
        data = [{**asdict(score), "spec": _spec_data(score.spec)} for score in scores]
        chosen.json.write_text(json.dumps(data, indent=2) + "\n")
    if chosen.markdown:
        chosen.markdown.write_text(markdown_table(scores))
    return 0 if all(met for _, met, _ in goals(scores)) else 1


def _skipped(spec: Spec) -> str:
    missing = absent(spec)
    return f"needs {missing}" if missing else ""


def _told(spec: Spec, seed: int, seconds: float) -> Result:
    result = run_once(spec, seed, seconds)
    state = "clean" if spec.fault == "clean" else "found" if result.found else "missed"
    rest = f", {len(result.false_errors)} false errors" if result.false_errors else ""
    print(f"{spec.name}, seed {result.seed}: {result.problem or state}{rest}", file=sys.stderr, flush=True)
    return result


def _spec_data(spec: Spec) -> dict[str, Any]:
    return {"name": spec.name, "class": spec.fault, "difficulty": spec.difficulty, "why": spec.why}


if __name__ == "__main__":
    sys.exit(main())
