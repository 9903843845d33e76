"""Each example of docs/extending.md does what the page says."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.harness.kit.checkout import blocks, make_checkout, noted, played, rules_found

from fnfuzz.app import discover
from fnfuzz.cli import fnfuzz
from fnfuzz.events import HttpEvent
from fnfuzz.extensions import extended
from fnfuzz.fuzz.feeds import event_sources
from fnfuzz.fuzz.stream import FindingFound, ProbeFinished

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
EXAMPLES = blocks(PAGE)
KINDS = ("A check", "A probe", "A mutator", "An event source", "A contract", "A report")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "shop")


def written(folder: Path, *kinds: str) -> list[Path]:
    paths = []
    for kind in kinds:
        paths.append(folder / f"{kind.replace(' ', '_').lower()}.py")
        paths[-1].write_text(EXAMPLES[kind])
    return paths


def test_there_is_one_example_of_each_kind() -> None:
    assert tuple(EXAMPLES) == KINDS


def test_the_check_is_a_finding_that_mutator_and_event_source_lead_to(shop: Path, tmp_path: Path) -> None:
    events = played(shop, *written(tmp_path, "A check", "A mutator", "An event source"), phases=("explore",))
    assert "shop/no-stack-trace" in rules_found(events)
    assert noted(events) == []
    found = next(
        event.finding
        for event in events
        if isinstance(event, FindingFound) and event.finding.identity.rule == "shop/no-stack-trace"
    )
    (smallest,) = found.minimal
    assert isinstance(smallest, HttpEvent)
    assert smallest.body == b"XXX"
    assert found.confirmed == "always"


def test_without_them_it_is_not_found(shop: Path, tmp_path: Path) -> None:
    assert "shop/no-stack-trace" not in rules_found(played(shop, *written(tmp_path, "A check"), phases=("explore",)))


def test_the_probe_has_a_line_in_the_table_and_a_finding(shop: Path, tmp_path: Path) -> None:
    files = written(tmp_path, "A probe")
    with extended(files) as extensions:
        (probe,) = extensions.probes
    events = played(shop, *files, cases=5, phases=("probes",))
    lines = [event for event in events if isinstance(event, ProbeFinished) and event.probe == probe.name]
    assert [(line.title, line.function, line.broken) for line in lines] == [
        ("An order that comes twice is answered alike", "Checkout", ("shop/same-answer",))
    ]
    assert "shop/same-answer" in rules_found(events)


def test_the_events_are_among_the_seeds(shop: Path, tmp_path: Path) -> None:
    (function,) = discover(shop, contract="azure-forward").functions
    with extended(written(tmp_path, "An event source")):
        told = list(event_sources()["seeds"](function, 50, 1))
    assert [event.body for event in told[:2] if isinstance(event, HttpEvent)] == [
        b'{"amount": 5, "currency": "CHF"}',
        b'{"amount": 5, "currency": "EUR"}',
    ]
    assert len(told) > 2


def test_the_contract_is_driven_and_its_own_rules_are_found(shop: Path, tmp_path: Path) -> None:
    (file,) = written(tmp_path, "A contract")
    with file.open("a") as more:
        more.write("""
from fnfuzz.extensions import HttpEvent, events

@events("http")
def bad(function, count, seed):
    for body in (b"mixed up", b"die"):
        yield HttpEvent(method="POST", path="/api/Checkout", body=body)
""")
    events = played(shop, file, contract="shop-rpc", cases=60)
    assert rules_found(events) == {"shop-rpc/wrong-id", "shop-rpc/no-answer"}
    by_rule = {
        event.finding.identity.rule: event.finding.minimal[-1] for event in events if isinstance(event, FindingFound)
    }
    bodies = {name: event.body for name, event in by_rule.items() if isinstance(event, HttpEvent)}
    assert bodies == {"shop-rpc/wrong-id": b"mixed up", "shop-rpc/no-answer": b"die"}
    assert noted(events) == []


def test_the_contract_is_named_on_the_command_line(shop: Path, tmp_path: Path) -> None:
    (file,) = written(tmp_path, "A contract")
    command = ["--extension", str(file), "--contract", "shop-rpc"]
    handler = ["--", sys.executable, "-I", str(shop / "handler.py")]
    folder = tmp_path / "empty"
    folder.mkdir()
    done = CliRunner().invoke(fnfuzz, ["invoke", str(folder), *command, "--data", "mixed up", *handler])
    assert done.exit_code == 1, done.output
    assert "error[shop-rpc/wrong-id]" in done.output
    done = CliRunner().invoke(fnfuzz, ["invoke", str(folder), *command, *handler])
    assert done.exit_code == 0, done.output


def test_the_configuration_names_files_beside_itself(shop: Path, tmp_path: Path) -> None:
    written(shop, "A check")
    (shop / "fnfuzz.toml").write_text('extensions = ["a_check.py"]\ncontract = "azure-forward"\n')
    done = CliRunner().invoke(fnfuzz, ["invoke", str(shop), "--data", "XXX"])
    assert done.exit_code == 1, done.output
    assert "error[shop/no-stack-trace] The answer holds a Python traceback." in done.output


def test_the_report_is_written(shop: Path, tmp_path: Path) -> None:
    words = [word for path in written(tmp_path, "A probe", "A report") for word in ("--extension", str(path))]
    report = tmp_path / "findings.csv"
    command = ["check", str(shop), "--contract", "azure-forward", "--max-time", "3s", "--report", f"csv={report}"]
    done = CliRunner().invoke(fnfuzz, [*command, *words])
    assert done.exit_code == 0, done.output
    assert "shop/same-answer" in done.output
    with report.open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["rule", "severity", "function", "message"]
    assert ["shop/same-answer", "warning", "Checkout", "The second answer differs."] in rows


def test_several_workers_have_the_same_extensions(shop: Path, tmp_path: Path) -> None:
    files = written(tmp_path, "A check", "A mutator", "An event source")
    events = played(shop, *files, jobs=2, phases=("explore",))
    assert "shop/no-stack-trace" in rules_found(events)
    assert noted(events) == []
