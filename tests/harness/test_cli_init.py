"""``fnfuzz init``: what it writes, where, and that nothing that is there is harmed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from iniconfig import IniConfig
from tests.harness.kit.shop import make_shop
from tests.harness.kit.tested import ORDER, add_case, pytest_run, record_shop, spoil

from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.ini_file import IniFile, find_ini
from fnfuzz.cli.stops import Stop
from fnfuzz.events import QueueEvent

pytest_plugins = ["pytester"]

SHOP = ("--contract", "azure-http", "shop")
LINE = "--contract azure-http ./shop"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shop in it, in which the command runs."""
    make_shop(tmp_path / "shop", fault="bad")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*words: str) -> Result:
    return CliRunner().invoke(fnfuzz, ["init", *words])


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", None, f"[pytest]\nfnfuzz_app = {LINE}\n"),
        (
            "pyproject.toml",
            '[project]\nname = "x"  # mine',
            f'[project]\nname = "x"  # mine\n\n[tool.pytest.ini_options]\nfnfuzz_app = "{LINE}"\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options] # mine\ntestpaths = ["t"]\n\n[tool.ruff]\nline-length = 9\n',
            f'[tool.pytest.ini_options] # mine\nfnfuzz_app = "{LINE}"\n'
            'testpaths = ["t"]\n\n[tool.ruff]\nline-length = 9\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest]\ntestpaths = ["t"]\n',
            f'[tool.pytest]\nfnfuzz_app = "{LINE}"\ntestpaths = ["t"]\n',
        ),
        ("pytest.toml", "[pytest]\n", f'[pytest]\nfnfuzz_app = "{LINE}"\n'),
        ("pytest.ini", "[pytest]\r\naddopts = -q\r\n", f"[pytest]\r\nfnfuzz_app = {LINE}\r\naddopts = -q\r\n"),
        ("pytest.ini", "", f"[pytest]\nfnfuzz_app = {LINE}\n"),
        ("tox.ini", "[tox]\n[pytest]", f"[tox]\n[pytest]\nfnfuzz_app = {LINE}\n"),
        ("setup.cfg", "[tool:pytest]\n[a]\n", f"[tool:pytest]\nfnfuzz_app = {LINE}\n[a]\n"),
    ],
)
def test_the_line_goes_into_the_file_that_pytest_reads(
    project: Path, name: str, before: str | None, after: str
) -> None:
    if before is not None:
        (project / name).write_bytes(before.encode())
    result = init(*SHOP)
    assert result.exit_code == 0, result.output
    assert (project / name).read_bytes().decode() == after
    assert init(*SHOP).output == "nothing is missing\n"
    assert (project / name).read_bytes().decode() == after


def test_a_file_without_pytests_section_is_left_alone(project: Path) -> None:
    for name in ("tox.ini", "setup.cfg"):
        (project / name).write_text("[other]\nx = 1\n")
    assert init(*SHOP).exit_code == 0
    assert [(project / name).read_text() for name in ("tox.ini", "setup.cfg")] == ["[other]\nx = 1\n"] * 2
    assert dict(IniConfig(str(project / "pytest.ini"))["pytest"].items()) == {"fnfuzz_app": LINE}


def test_the_ini_file_of_the_repository_counts_from_a_folder_below(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(project / "shop")
    assert init("--contract", "azure-http").exit_code == 0
    assert (project / "pytest.ini").read_text() == f"[pytest]\nfnfuzz_app = {LINE}\n"
    assert (project / "tests" / "test_fnfuzz.py").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'tool.pytest.ini_options = {testpaths = ["t"]}\n',
            "is not changed by itself; add to tool.pytest.ini_options:",
        ),
        ('[tool.pytest.ini_options]\nfnfuzz_app = "./other"\n', "has fnfuzz_app = ./other already"),
        ("[tool\n", "pyproject.toml cannot be read"),
        ("x = '\udcff'", "is not UTF-8 at byte 5"),
    ],
)
def test_what_cannot_be_changed_safely_is_left_and_told(project: Path, text: str, told: str) -> None:
    path = project / "pyproject.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = init(*SHOP)
    assert result.exit_code == 2
    assert told in result.output
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert not (project / "tests").exists()


def test_a_dry_run_shows_a_diff_and_writes_nothing(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -q\n")
    before = sorted(project.rglob("*"))
    result = init(*SHOP, "--dry-run")
    assert result.exit_code == 0
    assert f"--- a/pytest.ini\n+++ b/pytest.ini\n@@ -1,2 +1,3 @@\n [pytest]\n+fnfuzz_app = {LINE}\n" in result.output
    assert "--- /dev/null\n+++ b/tests/test_fnfuzz.py\n" in result.output
    assert sorted(project.rglob("*")) == before


def test_what_it_writes_runs_and_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(pytester.path / "shop", fault="bad")
    record_shop(shop, pytester.path / "corpora" / "orders")
    (pytester.path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["checks"]\n')
    result = init(*SHOP)
    assert result.exit_code == 0, result.output
    assert "wrote checks/test_fnfuzz.py: 3 tests\nwrote fnfuzz.toml: " in result.output
    assert result.output.endswith("\nnext: pytest\n")
    pytest_run(pytester).assert_outcomes(passed=4)
    written = (pytester.path / "checks" / "test_fnfuzz.py").read_text()
    assert '@pytest.mark.fnfuzz_corpus("corpora/orders")' in written or "'corpora/orders'" in written
    spoil(shop, "'bad'", "'mira'")
    pytest_run(pytester).assert_outcomes(passed=1, failed=3)


def test_a_test_file_that_is_there_is_never_overwritten(project: Path) -> None:
    (project / "tests").mkdir()
    mine = project / "tests" / "test_fnfuzz.py"
    mine.write_text("# mine\n")
    assert init(*SHOP).exit_code == 0
    assert mine.read_text() == "# mine\n"


def test_a_finding_is_kept_as_a_test_that_fails_until_it_is_fixed(pytester: pytest.Pytester) -> None:
    shop = make_shop(pytester.path / "shop", fault="bad")
    found = add_case(pytester.path / "shop" / ".fnfuzz" / "findings" / "1.json", QueueEvent(message=b'"bad"'))
    assert init(*SHOP).exit_code == 0
    result = init("--case", str(found))
    assert result.exit_code == 0, result.output
    kept = list((pytester.path / "tests" / "fnfuzz_cases").iterdir())
    assert [path.name.rpartition("-")[0] for path in kept] == ["Orders-resp-status-non2xx"]
    ini = IniConfig(str(pytester.path / "pytest.ini"))["pytest"]
    assert dict(ini.items()) == {"fnfuzz_app": LINE, "fnfuzz_cases": "tests/fnfuzz_cases"}
    assert init("--case", str(found)).output == "nothing is missing\n"
    pytest_run(pytester).assert_outcomes(passed=2, failed=1)
    spoil(shop, "'bad'", "''")
    pytest_run(pytester).assert_outcomes(passed=3)


def test_a_second_case_without_its_option_is_not_taken_for_the_app(project: Path) -> None:
    one, other = add_case(project / "1.json", ORDER), add_case(project / "2.json", ORDER)
    result = init("--case", str(one), str(other))
    assert result.exit_code == 2
    assert "write --case before each case" in result.output
    assert not (project / "pytest.ini").exists()


def test_a_case_names_the_app_where_the_ini_file_does_not(project: Path) -> None:
    found = add_case(project / "1.json", ORDER)
    found.write_text(found.read_text().replace('"app": ""', f'"app": "{project / "shop"}"'))
    assert init("--case", str(found)).exit_code == 0
    ini = IniConfig(str(project / "pytest.ini"))["pytest"]
    assert ini["fnfuzz_app"] == "./shop"
    assert str(project) not in next((project / "tests" / "fnfuzz_cases").iterdir()).read_text()


def test_a_second_case_goes_to_the_folder_that_is_named_already(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nfnfuzz_app = "./shop"\nfnfuzz_cases = ["kept"]\n'
    )
    assert init("--case", str(add_case(project / "1.json", ORDER))).exit_code == 0
    assert len(list((project / "kept").iterdir())) == 1
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\nfnfuzz_cases = [".fnfuzz/findings"]\n')
    result = init("--case", str(project / "1.json"))
    assert result.exit_code == 2
    assert "add tests/fnfuzz_cases to it" in result.output


def test_a_plain_event_is_no_finding(project: Path) -> None:
    (project / "event.json").write_text('{"trigger": "queue"}')
    result = init("--case", "event.json")
    assert result.exit_code == 2
    assert "event.json tells of no finding" in result.output


def test_values_of_every_kind_come_back_as_they_are(tmp_path: Path) -> None:
    hard = "./my \"app\" \u00e9\x7f # x -- node 'a b'"
    ini = IniFile(tmp_path / "pyproject.toml", "tool.pytest.ini_options")
    text = ini.with_keys({"fnfuzz_app": hard, "fnfuzz_cases": ["a b", "c"]})
    assert tomllib.loads(text)["tool"]["pytest"]["ini_options"] == {"fnfuzz_app": hard, "fnfuzz_cases": ["a b", "c"]}
    with pytest.raises(Stop, match="not changed by itself"):
        IniFile(tmp_path / "pytest.ini", "pytest").with_keys({"fnfuzz_app": "a\nb = 1"})
    assert find_ini(tmp_path).path == tmp_path / "pytest.ini"
