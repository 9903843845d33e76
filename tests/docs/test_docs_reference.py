"""Pages that tell of code tell of all of it, and of nothing that is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kit.streams import a_context, a_stream, an_error, an_exchange, feed
from tools.docs.pages import ROOT
from tools.docs.reference import GENERATED
from tools.docs.rules import GROUPS

from fnfuzz.contracts.model import CallerReply, Exit, Fault, HostOutcome, LineReply, LineRequest, Output
from fnfuzz.events import EVENT_TYPES, QueueEvent
from fnfuzz.fuzz.ignoring import IgnoredFinding
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.stream import KnownTried, ProbeFinished, Progressed
from fnfuzz.report.cases import Case, case_bytes
from fnfuzz.report.json_report import JsonReporter
from fnfuzz.report.plain_data import exchange_data
from fnfuzz.report.registry import REPORTERS
from fnfuzz.rules import RULES

REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"`([^`]+)`")


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_current(name: str) -> None:
    """Write it anew with ``python -m tools.docs``."""
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name]()


def test_every_rule_has_its_section() -> None:
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\S+)$", text, re.MULTILINE) == list(RULES)
    assert sum(len(rules) for rules in GROUPS.values()) == len(RULES)
    sections = text.split("\n### ")[1:]
    assert [part.split("\n")[0] for part in sections if "*Example:*" not in part and "*Not checked:*" not in part] == []


def test_the_picture_of_the_rooms_has_them_all() -> None:
    drawn = re.findall(r'class="t">(\w+)<', (ROOT / "docs" / "assets" / "rooms.svg").read_text(encoding="utf-8"))
    rooms = {path.stem for path in (ROOT / "harness" / "fnfuzz").iterdir() if not path.name.startswith("__")}
    assert sorted(drawn) == sorted(rooms - {"py"})


@pytest.mark.parametrize("figure", ["140", "115", "2.37", "474", "0.02", "19,575", "1.82"])
def test_the_comparison_quotes_the_benchmarks(figure: str) -> None:
    named = re.compile(rf"(?<![\d.,]){re.escape(figure)}(?![\d,]|\.\d)")
    for page in ("comparison.md", "benchmarks.md"):
        assert named.search((ROOT / "docs" / page).read_text(encoding="utf-8")), page


def keys_in(page: Path, heading: str) -> set[str]:
    """The code in the first column of the table below a heading or comment."""
    text = page.read_text(encoding="utf-8").split(heading, 1)[1]
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert rows, heading
    return {key for row in rows[0].split("\n")[2:] if row for key in CODE.findall(row.split(" | ")[0])}


def test_the_keys_of_a_case_file_are_told() -> None:
    assert keys_in(REFERENCE / "files.md", "<!-- case file -->") == set(json.loads(case_bytes(Case((QueueEvent(),)))))


def test_the_keys_of_a_baseline_are_told() -> None:
    baseline = pytest.importorskip("fnfuzz.report.baseline")
    assert keys_in(REFERENCE / "files.md", "<!-- baseline -->") == {field.name for field in fields(baseline.Entry)}


def test_the_keys_of_events_are_told() -> None:
    keys = {field.name for kind in EVENT_TYPES.values() for field in fields(kind)}
    assert keys_in(REFERENCE / "files.md", "## Events") - set(EVENT_TYPES) == keys | {"trigger"}


def test_every_report_format_has_its_section() -> None:
    text = (REFERENCE / "reports.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## `([\w-]+)`$", text, re.MULTILINE)) == set(REPORTERS)


@pytest.fixture(name="shop_report")
def a_report_with_everything(tmp_path: Path) -> dict[str, Any]:
    finding = an_error()
    known = KnownCase(identity=finding.identity, events=finding.minimal, functions=("Orders",))
    probe = ProbeFinished(probe="p", title="t", function="Orders", rules=("server-error",), broken=(), seconds=0.1)
    progress = Progressed(phase="explore", cases=1, elapsed=1.0, behaviours=1, restarts=0, findings=1)
    ignored = IgnoredFinding(identity=finding.identity, count=2, reason="known to the team")
    begin, *middle, end = a_stream(tmp_path, finding, ignored=(ignored,))
    context, _ = a_context(tmp_path)
    path = tmp_path / "report.json"
    told = [begin, probe, progress, KnownTried(case=known, verdict="fixed"), *middle, end]
    feed(JsonReporter(context, path), told)
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def evidence(*, http: bool) -> dict[str, Any]:
    """An exchange in which as much as possible is there."""
    exchange = an_exchange(QueueEvent())
    caller = CallerReply(200, (), b"")
    output = Output(binding="label", type="queue", payloads=(b"x",))
    outcome = HostOutcome(status="completed", caller=caller, outputs=(output,), result=b"done")
    seen = replace(exchange.observed, fault=Fault("extra-bytes", "more"), exit=Exit(1))
    request = exchange.request
    if not http:
        request = LineRequest(b"{}")
        seen = replace(seen, reply=LineReply((b"{}",), 0))
    verdict = replace(exchange.verdict, outcome=outcome)
    return exchange_data(replace(exchange, request=request, observed=seen, verdict=verdict))


def test_the_keys_of_the_json_report_are_told(shop_report: dict[str, Any]) -> None:
    found = set(paths(shop_report)) - {"functions", "findings", "ignored", "known", "probes"}
    page = REFERENCE / "reports.md"
    told = {
        key
        for name in ("The run", "Functions", "Probes", "Known findings", "Ignored findings", "Findings")
        for key in keys_in(page, f"### {name}\n")
    }
    assert {key for key in found if not key.startswith("findings[].exchange.")} == told


def test_the_keys_of_an_exchange_are_told(shop_report: dict[str, Any]) -> None:
    text = (REFERENCE / "reports.md").read_text(encoding="utf-8").split("### Exchanges\n", 1)[1].split("\n## ", 1)[0]
    told = {word for code in CODE.findall(text) for word in code.split(".")}
    found = {
        step
        for data in (evidence(http=True), evidence(http=False))
        for key in paths(data)
        for step in re.split(r"\.|\[\]\.?", key)
    }
    assert {key for key in found if key} - {"text"} <= told


def paths(value: object, place: str = "") -> Iterator[str]:
    """Where members are; events, explanations and counts by class are not looked into."""
    if isinstance(value, dict) and not place.endswith((".minimal", ".original", ".passing", ".answers")):
        for key, item in value.items():
            name = f"{place}.{key}" if place else key
            yield name
            yield from paths(item, name)
    elif isinstance(value, list) and not place.endswith((".minimal", ".explanation", ".headers")):
        for item in value:
            yield from paths(item, f"{place}[]")
