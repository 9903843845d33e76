"""``fnfuzz rules``: the catalogue, and why each rule exists."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click

from fnfuzz.app.overrule import known_contracts
from fnfuzz.cli.completing import rule_ids
from fnfuzz.cli.extending import ContractName, extension_option
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.cli.options import CONTRACTS
from fnfuzz.cli.stops import Stop
from fnfuzz.rules import RULES, Rule

__all__ = ["command", "markdown"]


@click.command("rules", cls=Command)
@click.argument("rule_id", required=False, metavar="[ID]", shell_complete=rule_ids)
@click.option("--contract", type=ContractName(CONTRACTS), help="Only the rules of this contract.")
@click.option(
    "--format", "form", type=OneOf(("text", "json", "markdown")), default="text", show_default=True, help="How."
)
@extension_option
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
def command(rule_id: str | None, contract: str | None, form: str, no_color: bool) -> None:
    """List the rules, or explain one.

    With ID the whole entry: why the host cares, what to change, where it is written.

    \b
    Examples:
      fnfuzz rules --contract azure-http
      fnfuzz rules server-error
    """
    if contract is not None and contract not in known_contracts():
        raise Stop(f"--contract {contract}: there is no such contract; there are {', '.join(known_contracts())}")
    chosen = [rule for rule in RULES.values() if contract is None or contract in rule.contracts]
    if rule_id is not None:
        chosen = [_named(rule_id)]
    if form == "json":
        click.echo(json.dumps([asdict(rule) for rule in chosen], indent=2))
    elif form == "markdown":
        click.echo(markdown(chosen), nl=False)
    else:
        _print(chosen, whole=rule_id is not None, colour=False if no_color else None)


def markdown(rules: Sequence[Rule]) -> str:
    """The rules as a reference page, one section each."""
    parts = ["# Rules\n"]
    for rule in rules:
        parts.append(f"\n## `{rule.id}`\n\n**{rule.severity}**: {rule.title}.\n\n{rule.reason}\n")
        parts.append(f"\n*What to do:* {rule.remedy}\n")
        parts.append(f"\nContracts: {', '.join(f'`{item}`' for item in rule.contracts)}. Source: {rule.source}.\n")
        if rule.undecided:
            parts.append(f"\nNot checked: {rule.undecided}\n")
    return "".join(parts)


def _named(rule_id: str) -> Rule:
    rule = RULES.get(rule_id)
    if rule is None:
        near = difflib.get_close_matches(rule_id, RULES, 1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "`fnfuzz rules` lists them all"
        raise Stop(f"{rule_id}: there is no such rule; {hint}")
    return rule


def _print(rules: Sequence[Rule], *, whole: bool, colour: bool | None) -> None:
    from fnfuzz.report.finding_text import STYLES
    from fnfuzz.report.page import Page

    page = Page(sys.stdout, colour)
    if not whole:
        rows = [(rule.id, rule.severity, rule.title, ", ".join(rule.contracts)) for rule in rules]
        page.table(
            ("rule", "severity", "a good handler", "contracts"),
            rows,
            {str(name): style for name, style in STYLES.items()},
        )
        return
    for rule in rules:
        page.parts((f"{rule.severity}[{rule.id}]", STYLES[rule.severity]), (f" {rule.title}", "bold"))
        page.block("why", [rule.reason])
        page.block("fix", [rule.remedy])
        page.block("contracts", [", ".join(rule.contracts)])
        page.block("source", [rule.source])
        page.block("not checked", [rule.undecided] if rule.undecided else [])
