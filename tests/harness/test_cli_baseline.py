from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.shop import make_shop

from fnfuzz.cli.group import fnfuzz
from fnfuzz.report.baseline import read_baseline


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop that fails, in which the command runs at somebody's desk."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return make_shop(tmp_path / "shop", fault="mira")


def ran(*words: str, command: str = "run") -> Result:
    limit = ["--max-time", "2", *(["--seed", "5"] if command == "run" else [])]
    return CliRunner().invoke(fnfuzz, [command, "shop", *limit, "--function", "Orders", *words])


def test_what_is_in_the_baseline_does_not_fail_the_run_until_it_expires(shop: Path) -> None:
    found = ran("--baseline", "b.json", "--update-baseline")
    assert found.exit_code == 0, found.output
    assert "b.json was written: " in found.output
    entries = read_baseline(Path("b.json"))
    assert "resp-status-non2xx" in [entry.rule for entry in entries]
    document = json.loads(Path("b.json").read_text())
    for item in document["findings"]:
        item["expires"] = "2020-01-01"
    Path("b.json").write_text(json.dumps(document))
    expired = ran("--baseline", "b.json", "--report", "junit=r.xml")
    assert expired.exit_code == 1
    assert "let pass only until 2020-01-01" in expired.output
    assert "<failure" in Path("r.xml").read_text()


def test_check_knows_the_baseline_too(shop: Path) -> None:
    result = ran("--baseline", "b.json", "--update-baseline", "-q", command="check")
    assert result.exit_code == 0, result.output
    assert json.loads(Path("b.json").read_text())["schema"] == "fnfuzz.baseline/1"


def test_nothing_becomes_known_in_ci(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = ran("--baseline", "b.json", "--update-baseline")
    assert result.exit_code == 2
    assert "CI is set in the environment" in result.output
    assert not Path("b.json").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--baseline", "b.json"], "there is no such file; --update-baseline writes it"),
        (["--update-baseline"], "--baseline FILE"),
        (["--strict", "--fail-on", "new"], "leave out one of them"),
        (["--fail-on", "errors"], "error"),
        (["--baseline", "shop/host.json"], "update fnfuzz, or name a file of --update-baseline"),
    ],
)
def test_wrong_usage_says_what_to_do(shop: Path, words: list[str], hint: str) -> None:
    result = ran(*words)
    assert result.exit_code == 2
    assert hint in result.output


def test_annotations_on_standard_output_leave_it_to_them(shop: Path) -> None:
    result = ran("--report", "github", "--fail-on", "none")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    assert "handler ready after" in result.stderr
