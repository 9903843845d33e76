from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.records import RECORDS, filled, order

from fnfuzz.cli.corpus import COMMANDS, command
from fnfuzz.cli.group import fnfuzz
from fnfuzz.corpus import Corpus, record_id


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(fnfuzz, ["corpus", *map(str, arguments)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return filled(tmp_path / "c", RECORDS).path


def broken(path: Path) -> Path:
    [segment] = Corpus.open(path).segments()
    with segment.path.open("ab") as file:
        file.write(b"rubbish")
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example_and_says_the_same_of_itself(name: str) -> None:
    found = command.get_command(click.Context(command), name)  # type: ignore[attr-defined] # a group
    assert found is not None
    assert found.get_short_help_str(200) == COMMANDS[name][1]
    result = ran(name, "--help")
    assert result.exit_code == 0
    assert f"  fnfuzz corpus {name} " in result.output


def test_an_unknown_command_suggests_the_nearest() -> None:
    result = ran("mrge")
    assert result.exit_code == 2
    assert "Did you mean 'merge'?" in result.output


def test_ls_tells_numbers_or_records(path: Path) -> None:
    text = ran("ls", path).output
    assert text.startswith("8 records, ")
    assert "             3  orders" in text
    data = json.loads(ran("ls", path, "--format", "json").output)
    assert data["triggers"]["http"] == 2
    lines = ran("ls", path, "--function", "orders", "--status", "4xx").output.splitlines()
    assert lines == [f"{record_id(order(2, status=404))[:12]}  orders  azure-forward  http  POST /api/orders/2  404"]
    assert len(ran("ls", path, "--records").output.splitlines()) == 8
    assert ran("ls", path, "--since", "2030-01-01").output == ""


def test_show_prints_records_by_id_by_filter_and_from_a_bare_file(path: Path) -> None:
    known = record_id(RECORDS[0])
    assert ran("show", path, known[:12]).output.startswith(f"record {known}\n")
    assert ran("show", path, "--trigger", "queue").output.count("record ") == 1
    [segment] = Corpus.open(path).segments()
    other = path.parent / "git-gives-any-name"
    other.write_bytes(segment.path.read_bytes())
    assert ran("show", other).output == ran("show", path).output


def test_a_bare_file_names_the_files_of_its_large_bodies_and_tells_damage(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1, body=b"l" * 10_000)])
    [(digest, _)] = corpus.bodies.files()
    result = ran("show", corpus.segments()[0].path)
    assert f"> (a body of 10,000 bytes in bodies/{digest.hex()[:2]}/{digest.hex()[2:]})" in result.output
    result = ran("show", broken(corpus.path) / "segments" / corpus.segments()[0].name)
    assert "\n! " in result.output
    assert result.exit_code == 0


def test_git_shows_the_events_of_a_change(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        setup = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "core.hooksPath=/dev/null")
        convert = ("-c", f"diff.fnfuzz.textconv={sys.executable} -m fnfuzz corpus show")
        return subprocess.run(
            ["git", *setup, *convert, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
        ).stdout

    git("init", "-q")
    (tmp_path / ".gitattributes").write_text("*.fnfuzz diff=fnfuzz\n")
    corpus = filled(tmp_path / "c", [order(1)])
    git("add", ".")
    assert "c/index/.gitignore" not in git("status", "--short")
    git("commit", "-qm", "one")
    filled(corpus.path, [order(2)])
    git("add", ".")
    diff = git("diff", "--cached")
    assert "+> POST /api/orders/2 HTTP/1.1" in diff
    assert "index/" not in git("ls-files")


def test_export_writes_to_a_file_and_tells_what_it_left_out(path: Path, tmp_path: Path) -> None:
    result = ran("export", path, "--format", "har", "-o", tmp_path / "all.har")
    assert result.exit_code == 0
    assert "fnfuzz: 5 records left out: it did not go over HTTP\n" in result.output
    assert len(json.loads((tmp_path / "all.har").read_text())["log"]["entries"]) == 3
    assert len(ran("export", path).output.splitlines()) == 8
    assert [item.name for item in tmp_path.iterdir() if item.name.startswith(".")] == []
    result = ran("export", path, "-o", tmp_path / "none" / "x")
    assert result.exit_code == 2
    assert "No such file" in result.output


def test_merge_makes_the_target_and_keeps_each_record_once(path: Path, tmp_path: Path) -> None:
    result = ran("merge", tmp_path / "new", path, path)
    assert (result.exit_code, result.output) == (0, "8 records added, 8 were there already\n")
    assert "is also a source" in ran("merge", path, path).output


def test_verify_tells_damage_and_merge_saves_the_rest(path: Path, tmp_path: Path) -> None:
    assert ran("verify", path).output == f"{path}: 8 records, all whole\n"
    result = ran("verify", broken(path))
    assert result.exit_code == 1
    [segment] = Corpus.open(path).segments()
    size = segment.path.stat().st_size - len("rubbish")
    assert result.output.startswith(f"{path}: segments/{segment.name}, byte {size}: the file ends within the head")
    assert ran("ls", path).exit_code == 1
    assert ran("merge", tmp_path / "new", path).exit_code == 1
    assert ran("verify", tmp_path / "new").exit_code == 0
    assert len(Corpus.open(tmp_path / "new")) == 8


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["ls", "no/such"], "fnfuzz: no/such: there is no such folder"),
        (["verify", "/"], "is no corpus"),
        (["show", "PATH", "ffffffffffff"], "no record has an id that begins with ffffffffffff"),
        (["show", "PATH", "x"], "is no id"),
        (["show", "PATH", "aa", "--function", "f"], "ids or filters"),
        (["ls", "PATH", "--since", "noon"], "write 2025-03-11T09:15:02Z"),
        (["ls", "PATH", "--trigger", "cron"], "--trigger"),
        (["ls", "PATH", "--records", "--format", "json"], "fnfuzz corpus export"),
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint(path: Path, arguments: list[str], hint: str) -> None:
    result = ran(*(str(path) if item == "PATH" else item for item in arguments))
    assert result.exit_code == 2
    assert hint in result.output
    assert "Traceback" not in result.output
