"""The reference of all rules: the catalogue, grouped, each with an example that breaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fnfuzz.rules import RULES, Rule
from fnfuzz.rules.azure import AZURE_RULES
from fnfuzz.rules.common import COMMON_RULES
from fnfuzz.rules.fc import FC_RULES
from fnfuzz.rules.hostile import HOSTILE_RULES
from fnfuzz.rules.stdio import STDIO_RULES
from tools.docs.rule_examples import Example, examples

__all__ = ["rules_page"]

HEAD = """# Rules

<!-- Written by `python -m tools.docs` from the catalogue, and from the tests in which each rule is broken. -->

Everything that fnfuzz holds against a handler, {errors} errors and {warnings} warnings. An *error* fails, hangs, loses
or falsifies an invocation on the real host; a *warning* works by luck, loses data or surprises. `fnfuzz rules ID` tells
one of them on the console, `fnfuzz rules --format json` all for programs.

Each example is taken from the tests: an answer, a piece of a small handler in Python, or a file of the app that breaks
the rule.

"""
GROUPS: Mapping[str, tuple[Rule, ...]] = {
    "On every platform": COMMON_RULES,
    "Azure Functions": AZURE_RULES,
    "Lines on stdin and stdout": STDIO_RULES,
    "Function Compute": FC_RULES,
    "What no host sends": HOSTILE_RULES,
}
DOCUMENT = re.compile(r"^(azure-functions|alibaba-fc)\.md (\S+)")


def rules_page() -> str:
    """The page as Markdown."""
    known = examples()
    severities = [rule.severity for rule in RULES.values()]
    parts = [HEAD.format(errors=severities.count("error"), warnings=severities.count("warning"))]
    for name, rules in GROUPS.items():
        parts.append(f"## {name}\n\n")
        parts += [_section(rule, known.get(rule.id)) for rule in rules if rule.id in RULES]
    return "".join(parts).rstrip() + "\n"


def _section(rule: Rule, example: Example | None) -> str:
    lines = [
        f"### {rule.id}",
        f"**{rule.severity}**: {_text(rule.title)}.",
        f"*The host:* {_text(rule.reason)}",
        f"*What to do:* {_text(rule.remedy)}",
    ]
    if example is not None:
        lines.append(f"*Example:* {_text(example.said)}")
        lines += [f"```{example.language}\n{example.text}\n```"] if example.text else []
    if rule.undecided:
        lines.append(f"*Not checked:* {_text(rule.undecided)}")
    contracts = ", ".join(f"`{item}`" for item in rule.contracts)
    lines.append(f"*Contracts:* {contracts}. *Source:* {_source(rule.source)}.")
    return "\n\n".join(lines) + "\n\n"


def _source(source: str) -> str:
    if match := DOCUMENT.match(source):
        return f"[{source}](contracts/{match[1]}.md)"
    name, _, place = source.partition(", ")
    return f"[{place or name}](design.md)"


def _text(text: str) -> str:
    """Prose of the catalogue as Markdown: what looks like markup outside of code is none."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", piece) for piece in pieces)
