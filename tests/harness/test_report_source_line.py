from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.streams import an_error

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.source_line import SourceLine, source_line, without_root


def a_finding(place: str, *trace: str) -> Finding:
    return replace(an_error(), identity=replace(an_error().identity, place=place), trace=trace)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app" / "code").mkdir(parents=True)
    (tmp_path / "app" / "code" / "server.js").write_text("first\n  second();\n")
    (tmp_path / "secret.js").write_text("key\nkey\n")
    return tmp_path / "app"


@pytest.mark.parametrize(
    "form", ['  File "{}/code/server.js", line 2, in f', "at f ({}/code/server.js:2:9)", "\t{}/code/server.js:2"]
)
def test_the_line_that_a_trace_names_is_found_and_read(app: Path, form: str) -> None:
    found = source_line(a_finding("TypeError at server.js:2", form.format(app)), app)
    assert found == SourceLine("TypeError", "app/code/server.js", 2, "second();")
    assert str(found) == "app/code/server.js:2"


def test_a_file_beside_the_app_is_found_without_a_trace(app: Path) -> None:
    (app / "handler.py").write_text("a\nb\n")
    assert source_line(a_finding("KeyError at handler.py:2"), app) == SourceLine("KeyError", "app/handler.py", 2, "b")
    assert source_line(a_finding("handler.py:9"), app) == SourceLine("", "app/handler.py", 9, "")


@pytest.mark.parametrize(
    "place", ["status 500", "KeyError", "Outputs.res", "at x", "a b:3", "x/y.py:3", "f.py:99999999"]
)
def test_other_places_are_no_lines(app: Path, place: str) -> None:
    assert source_line(a_finding(place), app) is None


def test_no_file_outside_of_the_app_is_read(app: Path) -> None:
    (app / "link.js").symlink_to(app.parent / "secret.js")
    for file in (f"{app}/../secret.js", f"{app.parent}/secret.js"):
        assert source_line(a_finding("E at secret.js:1", f"at f ({file}:1:1)"), app) == SourceLine("E", "secret.js", 1)
    assert source_line(a_finding("E at link.js:1", f"at f ({app}/link.js:1:1)"), app) == SourceLine("E", "link.js", 1)
    assert source_line(a_finding("E at n\x00.js:1", f"at f ({app}/n\x00.js:1:1)"), app) == SourceLine(
        "E", "n\x00.js", 1
    )


def test_a_long_trace_costs_little(app: Path) -> None:
    assert source_line(a_finding("E at gone.js:1", "/" * 10**6, "a" * 10**6), app) == SourceLine("E", "gone.js", 1)


def test_paths_of_the_app_are_shortened(app: Path) -> None:
    assert without_root(f'File "{app}/code/x.py", line 3', app) == 'File "code/x.py", line 3'
    assert without_root("File", None) == "File"
