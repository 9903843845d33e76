"""The catalogue, the checks and the tests are held together: no rule that nothing can trip, no check for a rule that is
not there.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from fnfuzz.checks import HOSTILE_PROBES, OBSERVERS, PROBES
from fnfuzz.contracts import CONTRACT_IDS
from fnfuzz.rules import RULES, Rule

CONTRACT_DOCUMENTS = Path(__file__).parents[2] / "docs" / "contracts"
TABLES = (
    "test_contract_azure_http",
    "test_contract_azure_forward",
    "test_contract_azure_stdio",
    "test_contract_fc_event",
    "test_contract_fc_web",
    "test_contract_fc_lifecycle",
    "test_probes_azure",
    "test_probes_stdio",
    "test_probes_fc_connections",
    "test_probes_fc_events",
    "test_probes_hostile",
    "test_app_rules",
    "test_fuzz_sequences",
)
"""The modules whose table ``BREAKS`` has, for each of its rules, a handler that breaks it and one that respects it."""


def shown() -> Iterator[str]:
    for name in TABLES:
        rows: Iterable[object] = getattr(importlib.import_module(f"tests.harness.{name}"), "BREAKS", ())
        for row in rows:
            yield row if isinstance(row, str) else getattr(row, "rule", "") or row[0]  # type: ignore[index] # a tuple


def test_every_rule_that_can_be_decided_is_shown_broken_and_respected() -> None:
    decided = {rule.id for rule in RULES.values() if not rule.undecided}
    assert sorted(decided - set(shown())) == []


def test_nothing_is_shown_for_a_rule_that_is_not_in_the_catalogue() -> None:
    assert sorted(set(shown()) - set(RULES)) == []


def test_checks_report_only_rules_that_can_be_decided() -> None:
    reported = {rule for check in (*PROBES, *HOSTILE_PROBES, *OBSERVERS) for rule in check.rules}
    assert sorted(rule for rule in reported if rule not in RULES or RULES[rule].undecided) == []


def test_probes_have_names_of_their_own() -> None:
    names = [probe.name for probe in (*PROBES, *HOSTILE_PROBES)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert rule.contracts
    assert set(rule.contracts) <= set(CONTRACT_IDS)
    assert len(rule.title) > 10
    assert len(rule.reason) > 20
    assert len(rule.remedy) > 15
    assert re.match(r"(azure-functions\.md|alibaba-fc\.md) [0-9]|docs/design\.md", rule.source)


def catalogue_of(document: str, heading: str) -> dict[str, str]:
    """Rule ids and severities of one table of a contract document, as written there."""
    text = (CONTRACT_DOCUMENTS / document).read_text(encoding="utf-8")
    section = text.split(heading, 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| ([a-z0-9][a-z0-9 /-]+?) \| ((?:E|W|error|warning)\b[^|]*)\|", section, re.MULTILINE)
    return {
        name: "error" if severity.startswith("E") or "error" in severity else "warning"
        for names, severity in rows
        for name in names.split(" / ")
    }


@pytest.mark.parametrize(
    ("document", "heading"),
    [
        ("azure-functions.md", "## 6. Oracles"),
        ("azure-functions.md", "### 8.2 Oracles"),
        ("alibaba-fc.md", "## 7. Oracles"),
    ],
)
def test_the_catalogue_has_every_rule_of_the_contract_document_with_its_severity(document: str, heading: str) -> None:
    written = catalogue_of(document, heading)
    assert len(written) > 25
    assert {name: RULES[name].severity if name in RULES else "missing" for name in written} == written
