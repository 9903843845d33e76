from __future__ import annotations

import json

from click.testing import CliRunner, Result

from fnfuzz.cli.group import fnfuzz
from fnfuzz.rules import RULES


def shown(*arguments: str) -> Result:
    return CliRunner().invoke(fnfuzz, ["rules", *arguments])


def test_the_table_lists_every_rule() -> None:
    result = shown()
    assert result.exit_code == 0
    first = {line.split()[0] for line in result.output.splitlines() if line[:1] not in ("", " ")}
    assert set(RULES) <= first
    assert all(line == line.rstrip() for line in result.output.splitlines())


def test_a_contract_narrows_the_list() -> None:
    names = [rule["id"] for rule in json.loads(shown("--contract", "fc-web", "--format", "json").output)]
    assert names == [rule.id for rule in RULES.values() if "fc-web" in rule.contracts]


def test_a_rule_is_explained_whole() -> None:
    rule = RULES["server-error"]
    text = " ".join(shown("server-error").output.split())
    for part in (rule.id, rule.severity, rule.title, rule.reason, rule.remedy, rule.source, *rule.contracts):
        assert part in text


def test_an_unknown_rule_suggests_the_nearest() -> None:
    result = shown("server-eror")
    assert result.exit_code == 2
    assert result.output == "fnfuzz: server-eror: there is no such rule; did you mean server-error?\n"
    assert "lists them all" in shown("zzzzzz").output


def test_markdown_has_a_section_for_every_rule() -> None:
    text = shown("--format", "markdown").output
    assert [line[4:-1] for line in text.splitlines() if line.startswith("## ")] == list(RULES)
    assert text.startswith("# Rules\n")
