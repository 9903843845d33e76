"""``fnfuzz init --ci``: jobs that their platforms take, and that run."""

from __future__ import annotations

import functools
import importlib.resources
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.harness.kit.shop import make_shop

from fnfuzz.cli.ci_files import PLATFORMS
from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.init import CI
from fnfuzz.corpus.mark import make_mark

FILES = {
    "github": (".github/workflows/fnfuzz.yml", "github-workflows"),
    "gitlab": (".gitlab/fnfuzz.yml", "gitlab-ci"),
    "azure": (".azure-pipelines/fnfuzz.yml", "azure-pipelines"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a shop in it, in which the command runs."""
    make_shop(tmp_path / "apps" / "my shop", fault="mira")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, timeout=30)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(platform: str, *words: str, app: str = "apps/my shop") -> Result:
    return CliRunner().invoke(fnfuzz, ["init", "--ci", platform, app, *words])


def job_of(project: Path, platform: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((project / FILES[platform][0]).read_text())
    return data


def scripts(data: object) -> list[str]:
    """All that a shell gets to run."""
    if isinstance(data, dict):
        own = [data[key] for key in ("run", "bash") if isinstance(data.get(key), str)]
        listed = [item for key in ("before_script", "script") for item in data.get(key, ())]
        return own + listed + [text for value in data.values() for text in scripts(value)]
    return [text for item in data for text in scripts(item)] if isinstance(data, list) else []


@functools.cache
def schema(name: str) -> Any:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema, which brings the schemas, is not installed")
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    return json.loads((folder / f"{name}.json").read_bytes())


def test_help_names_every_platform() -> None:
    assert set(CI) == set(PLATFORMS) == set(FILES)


@pytest.mark.parametrize("platform", CI)
@pytest.mark.parametrize("needs", ["", "requirements.txt", "package.json", "package-lock.json", "go.mod"])
def test_a_job_is_what_its_platform_takes(project: Path, platform: str, needs: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for name in {needs, needs.replace("-lock", "")} - {""}:
        (project / "apps" / "my shop" / name).write_text("{}")
    assert init(platform).exit_code == 0
    name, kind = FILES[platform]
    data = job_of(project, platform)
    if platform == "github":
        data["on"] = data.pop(True)  # YAML 1.1 reads the key as a truth value, which GitHub does not.
    validator = jsonschema.validators.validator_for(schema(kind))
    validator(schema(kind)).validate(data)
    text = (project / name).read_text()
    assert "apps/my shop/.fnfuzz" in text
    assert "--fail-on new" in text
    assert ("npm ci" in text) == (needs == "package-lock.json")
    assert ("go build" in text) == (needs == "go.mod")


@pytest.mark.parametrize("platform", CI)
def test_every_script_is_one_that_a_shell_reads(project: Path, platform: str) -> None:
    (project / "apps" / "my shop" / "go.mod").write_text("")
    assert init(platform, "--contract", "azure-http").exit_code == 0
    found = scripts(job_of(project, platform))
    assert any("fnfuzz run './apps/my shop'" in text and "--contract azure-http" in text for text in found)
    for text in found:
        done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, timeout=30)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("platform", ["github", "azure"])
def test_the_job_runs_and_fails_for_new_errors(project: Path, platform: str) -> None:
    assert init(platform).exit_code == 0
    (run,) = [text for text in scripts(job_of(project, platform)) if "fnfuzz run" in text]
    run = run.replace("fnfuzz run", f"{sys.executable} -m fnfuzz run").replace("--max-time 3m", "--max-time 4s")
    done = subprocess.run(
        ["bash", "-e", "-c", run], capture_output=True, text=True, timeout=60, env={**os.environ, "CI": "true"}
    )
    if platform == "azure":
        assert done.returncode == 0, done.stderr
        assert "##vso[task.setvariable variable=code;isOutput=true]1" in done.stdout
    else:
        assert done.returncode == 1, done.stderr
        assert "::error file=apps/my shop/" in done.stdout
    assert (project / "fnfuzz-reports" / "fnfuzz.md").read_text().startswith("## fnfuzz of my shop: failed")


@pytest.mark.parametrize("platform", CI)
def test_nothing_that_is_there_is_written_over(project: Path, platform: str) -> None:
    path = project / FILES[platform][0]
    path.parent.mkdir(parents=True)
    path.write_text("mine\n")
    (project / "fnfuzz-baseline.json").write_text("mine too\n")
    result = init(platform)
    assert result.exit_code == 2
    assert "is there already; --force writes over it" in result.output
    assert path.read_text() == "mine\n"
    shown = init(platform, "--force", "--dry-run")
    assert "-mine\n" in shown.output
    assert path.read_text() == "mine\n"
    assert init(platform, "--force").exit_code == 0
    assert path.read_text().startswith(f"# Written by `fnfuzz init --ci {platform}`")
    assert (project / "fnfuzz-baseline.json").read_text() == "mine too\n"
    assert "nothing is missing" in init(platform).output


def test_gitlab_is_told_of_the_job(project: Path) -> None:
    result = init("gitlab")
    assert yaml.safe_load((project / ".gitlab-ci.yml").read_text()) == {"include": [{"local": ".gitlab/fnfuzz.yml"}]}
    assert "add to .gitlab-ci.yml" not in result.output
    (project / ".gitlab-ci.yml").write_text("test: {script: [make]}\n")
    (project / ".gitlab" / "fnfuzz.yml").unlink()
    assert "add to .gitlab-ci.yml: include: [{local: .gitlab/fnfuzz.yml}]" in init("gitlab").output
    assert (project / ".gitlab-ci.yml").read_text() == "test: {script: [make]}\n"


def test_corpora_that_git_leaves_out_are_cached(project: Path) -> None:
    for name in ("corpora/kept", "corpora/ignored"):
        (project / name).mkdir(parents=True)
        make_mark(project / name)
    (project / ".gitignore").write_text("/corpora/ignored/\n")
    assert init("gitlab").exit_code == 0
    paths = job_of(project, "gitlab")["fnfuzz"]["cache"]["paths"]
    assert paths == ["apps/my shop/.fnfuzz/", "corpora/ignored/"]


@pytest.mark.parametrize("word", ["${{ secrets.X }}", "$(rm)", "a\nb"])
def test_what_a_platform_would_expand_never_gets_into_a_job(project: Path, word: str) -> None:
    result = CliRunner().invoke(fnfuzz, ["init", "--ci", "github", "apps/my shop", "--", sys.executable, word])
    assert result.exit_code == 2
    assert "what the platform would expand" in result.output
    assert not (project / ".github").exists()


def test_the_app_has_to_be_in_the_repository(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = make_shop(tmp_path_factory.mktemp("other") / "shop")
    result = init("github", app=str(other))
    assert result.exit_code == 2
    assert "run `fnfuzz init --ci` in the app's repository" in result.output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--ci", "github", "--case", "x.json"], "--ci does not go with --case"),
        (["--force"], "--force goes with --ci"),
        (["--ci", "gitlb"], "gitlab"),
        (["--ci", "github", "no-such-folder"], "there is no such file or folder"),
    ],
)
def test_wrong_usage_says_what_to_do(project: Path, words: list[str], hint: str) -> None:
    result = CliRunner().invoke(fnfuzz, ["init", *words])
    assert result.exit_code == 2
    assert hint in result.output
