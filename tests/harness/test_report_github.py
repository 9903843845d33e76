from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import (
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
)
from tests.harness.kit.streams import a_context, a_warning, an_error, feed

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.github import command, github_reporter

COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:]*,?)+)::(.*)")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner reads: one command a line, with its escapes undone."""
    found = []
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        properties = dict(item.partition("=")[::2] for item in match[2].split(","))
        found.append((match[1], {key: unescaped(value) for key, value in properties.items()}, unescaped(match[3])))
    return found


def unescaped(text: str) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def annotations(folder: Path, *findings: Finding, **finished: object) -> list[tuple[str, dict[str, str], str]]:
    app = folder / "apps" / "shop"
    app = app if app.exists() else a_repository(folder)
    return commands(reported("github", folder, a_shop_stream(app, *findings, **finished)))


def test_each_finding_is_an_annotation_at_its_line(tmp_path: Path) -> None:
    error, warning = annotations(tmp_path, an_error(), a_warning())
    assert error[0] == "error"
    assert error[1] == {"file": "apps/shop/handler.py", "line": "18", "title": "resp-status-non2xx in Orders"}
    assert error[2].startswith("The answer has status 500.\n\nSent:\n  message, 2 bytes:\n    {}\n")
    assert "\nAgain: fnfuzz invoke shop --event " in error[2]
    assert (warning[0], warning[1]["line"]) == ("warning", "1")


def test_what_fails_comes_first_and_what_is_known_is_a_notice(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    known = {"id": an_error().id, "rule": "resp-status-non2xx", "reason": "see 12"}
    context = judged(a_context(tmp_path)[0], tmp_path, known, fail_on="warning")
    found = commands(reported("github", tmp_path, a_shop_stream(app, an_error(), a_warning()), context))
    assert [item[0] for item in found] == ["error", "notice"]
    assert found[1][2].endswith("Baseline: known: see 12")


def test_a_handler_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    (found,) = annotations(tmp_path, ended="lost", error="it is gone")
    assert (found[0], found[2]) == ("error", "it is gone")


def test_the_documented_characters_are_escaped() -> None:
    line = command("error", "50%,\r\nnext: a,b", file="a,b:c%.py", title="x\ny")
    assert line == "::error file=a%2Cb%3Ac%25.py,title=x%0Ay::50%25,%0D%0Anext: a,b"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_no_payload_begins_a_command_of_its_own(tmp_path: Path, text: str) -> None:
    assert len(annotations(tmp_path, a_nasty_finding(text))) == 1


def test_without_a_file_they_go_to_standard_output_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, _ = a_context(tmp_path)
    feed(github_reporter(context, None), a_shop_stream(a_repository(tmp_path), an_error()))
    assert [item[0] for item in commands(capsys.readouterr().out)] == ["error"]
