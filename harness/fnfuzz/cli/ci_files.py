"""What `fnfuzz init --ci` writes: a job for GitHub, GitLab or Azure DevOps, and an empty baseline beside it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fnfuzz.app import App
from fnfuzz.cli.ci_needs import Need, needs_of
from fnfuzz.cli.initial_files import DEEPEST, Change
from fnfuzz.cli.stops import Stop
from fnfuzz.corpus.mark import MARK
from fnfuzz.report.baseline import baseline_text
from fnfuzz.report.case_files import STATE_FOLDER, AppWords
from fnfuzz.report.places import repository

__all__ = ["PLATFORMS", "ci_changes", "ci_root", "next_lines"]

BASELINE: Final = "fnfuzz-baseline.json"
FOLDER: Final = "fnfuzz-reports"
MAX_TIME: Final = "3m"
MOST_BYTES: Final = 1024 * 1024
EXPANDED: Final = ("${{", "$(", "$[", "##", "\n", "\r", "\0")
"""What a platform would take for its own before any shell sees it."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a job has to do: the lines of the run, folders that outlive it, and what the handler needs."""

    run: tuple[str, ...]
    cached: tuple[str, ...]
    findings: str
    needs: tuple[Need, ...]


def ci_root() -> Path:
    """Where the files go: the repository around the current folder."""
    return repository(Path.cwd())


def ci_changes(platform: str, app: App, words: AppWords, *, force: bool) -> list[Change]:
    """The files that are missing. Raises Stop for one that is there and differs, unless ``force``."""
    root = ci_root()
    texts = PLATFORMS[platform](_job(platform, root, app, words))
    changes = [_change(root / name, text, force=force) for name, text in texts.items()]
    if platform == "gitlab" and not (root / ".gitlab-ci.yml").exists():
        changes.append(Change(root / ".gitlab-ci.yml", GITLAB_MAIN, None, "includes the job"))
    if not (root / BASELINE).exists():
        changes.append(Change(root / BASELINE, baseline_text(()), None, "known findings, none yet"))
    return [change for change in changes if change.new != change.old]


def next_lines(platform: str, words: AppWords) -> list[str]:
    """What is left to do by hand."""
    lines = {
        "github": ["commit the files and push them"],
        "gitlab": [] if _includes(ci_root()) else ["add to .gitlab-ci.yml: include: [{local: .gitlab/fnfuzz.yml}]"],
        "azure": [
            "in Azure DevOps: Pipelines, New pipeline, Existing Azure Pipelines YAML file: /.azure-pipelines/fnfuzz.yml"
        ],
    }[platform]
    accept = words.line("run", "--baseline", os.path.relpath(ci_root() / BASELINE), "--update-baseline")
    return [*lines, f"what is found today can become known: {accept}"]


def _includes(root: Path) -> bool:
    try:
        return ".gitlab/fnfuzz.yml" in (root / ".gitlab-ci.yml").read_text("utf-8", "replace")
    except OSError:
        return False


def _change(path: Path, text: str, *, force: bool) -> Change:
    try:
        with path.open("rb") as file:
            old = file.read(MOST_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return Change(path, text, None, "the job")
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror or error}") from error
    if old != text and not force:
        raise Stop(f"{path} is there already; --force writes over it, with --dry-run before it the change is shown")
    return Change(path, text, old, "the job")


def _job(platform: str, root: Path, app: App, words: AppWords) -> Job:
    folder = _inside(root, app.root if app.root.is_dir() else app.root.parent)
    state = (Path(folder) / STATE_FOLDER).as_posix()
    named = _inside(root, Path(words.app))
    options = [
        shlex.join(("fnfuzz", "run", named if named.startswith(".") else f"./{named}")),
        f"--max-time {MAX_TIME}",
        f"--baseline {BASELINE} --fail-on new",
        *(f"--report {report}" for report in REPORTS[platform]),
    ]
    options += [shlex.join(words.options)] if words.options else []
    options += [f"-- {shlex.join(words.command)}"] if words.command else []
    run = (f"mkdir -p {FOLDER}", " \\\n  ".join(options))
    needs = needs_of(app, root)
    for text in (*options, folder, *(need.shell for need in needs)):
        if any(mark in text for mark in EXPANDED):
            raise Stop(
                f"{text!r} cannot stand in a job: it holds what the platform would expand; name the app otherwise"
            )
    return Job(run, (state, *_unversioned(root)), f"{state}/findings", needs)


def _inside(root: Path, path: Path) -> str:
    full = Path(os.path.abspath(path))  # noqa: PTH100 # links stay as the user wrote them
    if full.is_relative_to(root):
        return full.relative_to(root).as_posix()
    if path.resolve().is_relative_to(root):
        return path.resolve().relative_to(root).as_posix()
    raise Stop(f"{path} is not in {root}, whose job this is to be; run `fnfuzz init --ci` in the app's repository")


def _unversioned(root: Path) -> list[str]:
    """Corpora that git leaves out, so that only a cache can keep them."""
    found = []
    for depth in range(1, DEEPEST + 1):
        for mark in sorted(root.glob("/".join(["[!.]*"] * depth + [MARK]))):
            name = mark.parent.relative_to(root).as_posix()
            if _is_ignored(root, name) and not any(sign in name for sign in EXPANDED):
                found.append(name)
    return found


def _is_ignored(root: Path, name: str) -> bool:
    command = ["git", "-C", os.fspath(root), "check-ignore", "--quiet", "--", name]
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


REPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "github": ("github", f"markdown={FOLDER}/fnfuzz.md", f"sarif={FOLDER}/fnfuzz.sarif", f"json={FOLDER}/fnfuzz.json"),
    "gitlab": (
        f"junit={FOLDER}/fnfuzz.xml",
        f"codequality={FOLDER}/gl-code-quality-report.json",
        f"json={FOLDER}/fnfuzz.json",
    ),
    "azure": (f"junit={FOLDER}/fnfuzz.xml", f"markdown={FOLDER}/fnfuzz.md", f"json={FOLDER}/fnfuzz.json"),
}

HEAD = """\
# Written by `fnfuzz init --ci {platform}`; change it as you like.
# New errors fail it. Errors that may stay for a while are in {baseline}:
# `fnfuzz run APP --baseline {baseline} --update-baseline`, at your desk, puts them there.
"""

WHICH = "# What pip shall install: a version, a wheel, or git+https://..."


def _github(job: Job) -> Mapping[str, str]:
    name = "fnfuzz-${{ github.ref_name }}-${{ github.run_id }}-${{ github.run_attempt }}"
    text = f"""{HEAD.format(platform="github", baseline=BASELINE)}
name: fnfuzz

on:
  push:
    branches: [main, master]
  pull_request:

permissions:
  contents: read
  # For code scanning.
  security-events: write

jobs:
  fnfuzz:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    env:
      {WHICH}
      FNFUZZ: fnfuzz
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
{_indented([line for need in job.needs for line in need.github], 6)}\
      - name: Install fnfuzz
        run: python -m pip install "$FNFUZZ"
{_step(job.needs, "run")}\
      - name: Restore what earlier runs found
        uses: actions/cache/restore@v4
        with:
          path: |
{_indented(job.cached, 12)}\
          key: {name}
          restore-keys: |
            fnfuzz-${{{{ github.ref_name }}}}-
            fnfuzz-${{{{ github.base_ref || github.event.repository.default_branch }}}}-
      - name: Fuzz
        run: |
{_indented(job.run, 10)}\
      - name: Keep what this run found
        if: always()
        uses: actions/cache/save@v4
        with:
          path: |
{_indented(job.cached, 12)}\
          key: {name}
      - name: Summary
        if: always() && hashFiles('{FOLDER}/fnfuzz.md') != ''
        run: cat {FOLDER}/fnfuzz.md >> "$GITHUB_STEP_SUMMARY"
      - name: Code scanning
        # Not every repository has it, and pull requests from forks may not write to it.
        if: always() && hashFiles('{FOLDER}/fnfuzz.sarif') != ''
        continue-on-error: true
        uses: github/codeql-action/upload-sarif@v4
        with:
          sarif_file: {FOLDER}/fnfuzz.sarif
          category: fnfuzz
      - name: Reports
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: {FOLDER}
          path: |
{_indented((FOLDER, job.findings), 12)}\
          include-hidden-files: true
          if-no-files-found: ignore
"""
    return {".github/workflows/fnfuzz.yml": text}


GITLAB_MAIN = "include:\n  - local: .gitlab/fnfuzz.yml\n"


def _gitlab(job: Job) -> Mapping[str, str]:
    before = [*(line for need in job.needs for line in need.gitlab), 'python -m pip install "$FNFUZZ"']
    before += [need.shell for need in job.needs]
    text = f"""{HEAD.format(platform="gitlab", baseline=BASELINE)}
fnfuzz:
  stage: test
  image: python:3.12
  timeout: 20 minutes
  variables:
    {WHICH}
    FNFUZZ: fnfuzz
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  cache:
    key: fnfuzz-$CI_COMMIT_REF_SLUG
    fallback_keys:
      - fnfuzz-$CI_DEFAULT_BRANCH
    when: always
    paths:
{_indented([f"- {json.dumps(f'{path}/')}" for path in job.cached], 6)}\
  before_script:
{_indented([f"- {json.dumps(line)}" for line in before], 4)}\
  script:
    - |
{_indented(job.run, 6)}\
  artifacts:
    when: always
    expire_in: 30 days
    paths:
{_indented([f"- {json.dumps(f'{path}/')}" for path in (FOLDER, job.findings)], 6)}\
    reports:
      junit: {FOLDER}/fnfuzz.xml
      codequality: {FOLDER}/gl-code-quality-report.json
"""
    return {".gitlab/fnfuzz.yml": text}


def _azure(job: Job) -> Mapping[str, str]:
    caches = [_azure_cache(path, number) for number, path in enumerate(job.cached)]
    text = f"""{HEAD.format(platform="azure", baseline=BASELINE)}
trigger:
  branches:
    include: [main, master]
pr:
  branches:
    include: ["*"]

pool:
  vmImage: ubuntu-latest

variables:
  {WHICH}
  FNFUZZ: fnfuzz

jobs:
  - job: fuzz
    timeoutInMinutes: "20"
    steps:
      - task: UsePythonVersion@0
        inputs:
          versionSpec: "3.12"
{_indented([line for need in job.needs for line in need.azure], 6)}\
      - bash: python -m pip install "$FNFUZZ"
        displayName: Install fnfuzz
{_step(job.needs, "bash")}\
{"".join(caches)}\
      - bash: |
          code=0
{_indented((job.run[0], f"{job.run[1]} || code=$?"), 10)}\
          echo "##vso[task.setvariable variable=code;isOutput=true]$code"
          # Only a job that succeeds keeps its cache, so it is the next job that fails for findings.
          [ "$code" -le 1 ]
        name: run
        displayName: Fuzz
      - task: PublishTestResults@2
        condition: succeededOrFailed()
        inputs:
          testResultsFormat: JUnit
          testResultsFiles: {FOLDER}/fnfuzz.xml
          testRunTitle: fnfuzz
      - bash: echo "##vso[task.uploadsummary]$BUILD_SOURCESDIRECTORY/{FOLDER}/fnfuzz.md"
        condition: succeededOrFailed()
        displayName: Summary
      - publish: {FOLDER}
        artifact: {FOLDER}
        condition: succeededOrFailed()
  - job: verdict
    dependsOn: fuzz
    variables:
      code: $[ dependencies.fuzz.outputs['run.code'] ]
    steps:
      - checkout: none
      - bash: exit "$CODE"
        displayName: New errors fail
"""
    return {".azure-pipelines/fnfuzz.yml": text}


def _azure_cache(path: str, number: int) -> str:
    start = f'fnfuzz | "{number}"'
    return f"""\
      - task: Cache@2
        displayName: What earlier runs found
        inputs:
          key: {start} | "$(Build.SourceBranchName)" | "$(Build.BuildId)"
          restoreKeys: |
            {start} | "$(Build.SourceBranchName)"
            {start}
          path: {json.dumps(f"$(Build.SourcesDirectory)/{path}")}
"""


def _step(needs: Sequence[Need], key: str) -> str:
    """What the handler needs, as a step; else where to put it."""
    if not needs:
        return "      # Here is the place for what the handler needs: its runtime, its packages, its build.\n"
    lines = _indented([need.shell for need in needs], 10)
    name = "name" if key == "run" else "displayName"
    if key == "run":
        return f"      - {name}: Install what the handler needs\n        run: |\n{lines}"
    return f"      - bash: |\n{lines}        {name}: Install what the handler needs\n"


def _indented(texts: Sequence[str], columns: int) -> str:
    return "".join(f"{' ' * columns}{line}\n" for text in texts for line in text.split("\n"))


PLATFORMS: Final[Mapping[str, Callable[[Job], Mapping[str, str]]]] = {
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
}
"""Each gives the files of its platform by their names in the repository."""
