"""What the documentation shows is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fnfuzz.cli import fnfuzz
from fnfuzz.cli.rules import markdown
from fnfuzz.rules import RULES

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "examples/README.md",
]


def command_after(marker: str) -> str:
    """The shell command in the block of README.md behind ``<!-- marker -->``."""
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.+)\n```", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert found
    return found.group(1)


def test_the_list_of_rules_is_the_catalogue() -> None:
    """Write it anew with ``fnfuzz rules --format markdown > docs/rules.md``."""
    assert (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").strip() == markdown(tuple(RULES.values())).strip()


def test_the_two_commands_of_the_readme_are_single_lines_that_ci_can_take() -> None:
    assert command_after("demo").endswith("--max-time 10")
    assert "pytest" in command_after("tests")
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def help_of(words: list[str]) -> str:
    """The help of a command, and of the commands below it."""
    told: str = CliRunner().invoke(fnfuzz, [*words, "--help"]).output
    command = fnfuzz.get_command(click.Context(fnfuzz), words[0])
    below = command.list_commands(click.Context(command)) if isinstance(command, click.Group) else []
    return told + "".join(CliRunner().invoke(fnfuzz, [*words, name, "--help"]).output for name in below)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_in_the_pages_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    words = set(re.findall(r"(?:^    |`|/bin/)fnfuzz ([a-z]+)", text, re.MULTILINE))
    known = set(fnfuzz.list_commands(click.Context(fnfuzz)))
    assert words <= known
    helps = "".join(help_of([name]) for name in known)
    options = set(re.findall(r"(?<=`)--[a-z-]+", text))
    assert {option for option in options if option not in helps} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
