"""The site builds without a warning, and needs nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools.docs.pages import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(name="site", scope="module")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_each_page_is_there(site: Path) -> None:
    assert (site / "index.html").exists()
    for name in ("tutorials/azure-functions", "reference/commands", "contributing", "examples"):
        assert (site / name / "index.html").exists()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(https?://[^"'\s>]+)""", text)
        assert fetched == [], page


def test_links_to_what_is_not_in_the_site_are_plain_text_without_a_code_host(site: Path) -> None:
    text = (site / "design" / "index.html").read_text(encoding="utf-8")
    assert 'href="../../benchmarks"' not in text
    assert 'href="../contributing/"' in text
