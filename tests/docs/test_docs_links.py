"""Links lead somewhere, in the project and within a page; what stands in fences can be read by what it is for."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from tools.docs.pages import ROOT, Fence, page_name, pages, steps

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)


def outside_of_code(text: str) -> str:
    text = re.sub(r"^( *)(`{3,})[^\n]*\n.*?^\1\2\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


@cache
def anchors(page: Path) -> frozenset[str]:
    """What code hosts and the site make of the headings."""
    text = re.sub(
        r"^( *)(`{3,})[^\n]*\n.*?^\1\2\s*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    found = [
        re.sub(r"[^\w\- ]", "", re.sub(r"`|\*", "", title).lower()).strip().replace(" ", "-")
        for title in HEADING.findall(text)
    ]
    return frozenset(found)


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(outside_of_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.is_relative_to(ROOT) or not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_nothing_points_to_where_it_was_made(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.search(r"/work/|/tmp/v\b|shared/", text) is None


def test_every_page_is_in_the_navigation() -> None:
    """And the navigation names only pages that are there."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/-]+\.md", text.split("\nnav:\n", 1)[1]))
    own = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert named == own | {"contributing.md", "examples.md"}


READERS = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "python": lambda text: compile(text, "page", "exec"),
}


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_what_stands_in_fences_can_be_read(page: Path) -> None:
    if page_name(page) == "docs/rules.md":
        return  # examples there are broken, that is what they are for
    for step in steps(page):
        if isinstance(step, Fence) and step.language in READERS:
            text = "\n".join(step.lines)
            try:
                READERS[step.language](text)
            except (ValueError, SyntaxError, yaml.YAMLError) as error:
                raise AssertionError(f"{page_name(page)}:{step.first}: {error}") from error
