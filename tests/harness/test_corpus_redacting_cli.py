from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.records import filled, order

from fnfuzz.cli.group import fnfuzz
from fnfuzz.contracts.model import HttpRequest
from fnfuzz.corpus import Corpus, Record
from fnfuzz.corpus.redaction import Redactor
from fnfuzz.events import HttpEvent

SECRET = "hunter2-Kq83-wholly-private"
MAIL = "zoe.quastenflosser@mail.invalid"


def signup(number: int) -> Record:
    record = order(number)
    assert isinstance(record.request, HttpRequest)
    assert isinstance(record.event, HttpEvent)
    body = json.dumps({"user": {"password": SECRET, "email": MAIL}, MAIL: [{"email": MAIL}], "n": number}).encode()
    headers = (*record.event.headers, ("X-Functions-Key", SECRET))
    request = replace(record.request, body=body, headers=headers)
    return replace(record, event=replace(record.event, body=body, headers=headers), request=request)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return filled(tmp_path / "c", [signup(1), order(2), signup(3)]).path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "redaction.key"
    file.write_bytes(b"k" * 32)
    file.chmod(0o600)
    return file


def ran(*arguments: object) -> Result:
    # An error of ours shall fail the test with its trace.
    return CliRunner().invoke(fnfuzz, ["corpus", "redact", *map(str, arguments)], catch_exceptions=False)


def bytes_under(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_a_redacted_corpus_holds_what_the_redactor_gives(path: Path, key: Path) -> None:
    before = list(Corpus.open(path))
    result = ran(path, "--key", key)
    assert (result.exit_code, result.output) == (0, "2 of 3 records changed\n")
    redactor = Redactor(b"k" * 32)
    after = list(Corpus.open(path))
    assert after == [redactor.record(record) for record in before]
    assert after[1] == before[1]
    assert SECRET not in repr(after)
    assert MAIL not in repr(after)


def test_nothing_of_the_old_segments_is_left(path: Path, key: Path) -> None:
    old = {segment.name for segment in Corpus.open(path).segments()}
    ran(path, "--key", key)
    names = {file.name for file in path.rglob("*")}
    assert not any(name.startswith(one) for name in names for one in old)
    assert not Corpus.open(path).verify()


def test_a_dry_run_counts_by_rule_and_place_changes_nothing_and_needs_no_key(path: Path) -> None:
    before = bytes_under(path / "segments")
    result = ran(path, "--dry-run")
    assert result.exit_code == 0
    assert bytes_under(path / "segments") == before
    lines = result.output.splitlines()
    assert any(line.startswith("password: ") for line in lines)
    assert any("request.body user.password" in line for line in lines)
    assert lines[-1] == "would change 2 of 3 records"


def test_a_dry_run_shows_no_value_not_even_in_a_place(path: Path) -> None:
    output = ran(path, "--dry-run").output
    assert SECRET not in output
    assert MAIL not in output
    assert "quastenflosser" not in output


def test_rules_of_a_file_are_used(path: Path, key: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"patterns": {"number": {"regex": "A-[0-9]", "kind": "digits"}}}))
    assert "patterns.number: " in ran(path, "--dry-run", "--rules", rules).output
    assert ran(path, "--key", key, "--rules", rules).output == "3 of 3 records changed\n"


@pytest.mark.parametrize("text", ["{", '{"of": []}', "[]"])
def test_wrong_rules_are_told_with_their_file(text: str, path: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(text)
    result = ran(path, "--dry-run", "--rules", rules)
    assert result.exit_code == 2
    assert "rules.json" in result.output


def test_without_a_key_nothing_is_rewritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FNFUZZ_REDACTION_KEY", "FNFUZZ_REDACTION_KEY_FILE", "HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    before = bytes_under(path / "segments")
    result = ran(path)
    assert result.exit_code == 2
    assert "FNFUZZ_REDACTION_KEY" in result.output
    assert bytes_under(path / "segments") == before


def test_damage_is_no_reason_to_lose_records(path: Path, key: Path) -> None:
    [segment] = Corpus.open(path).segments()
    with segment.path.open("ab") as file:
        file.write(b"rubbish")
    result = ran(path, "--key", key)
    assert result.exit_code == 2
    assert "cannot be rewritten without loss" in result.output
    assert len(Corpus.open(path)) == 3


def test_what_comes_with_fnfuzz_is_not_rewritten(key: Path) -> None:
    result = ran("shipped:fc-event", "--key", key)
    assert result.exit_code == 2
    assert "is read-only; `fnfuzz corpus merge NEW" in result.output
