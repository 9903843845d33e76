from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.fc_handler import fc_app, fc_script
from tests.harness.kit.replays import asked, orders

from fnfuzz.cli.group import fnfuzz
from fnfuzz.corpus import Corpus, rewrite
from fnfuzz.corpus.mark import make_read_only

PLAIN = """
def answer(request):
    data = json.loads(request.body)
    told = {"order": data["order"], "total": 3, "currency": "EUR"}
    return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()
"""
CHANGED = PLAIN.replace('"total": 3', '"total": 3 if data["order"] else "3"').replace('"currency": "EUR"', '"vat": 1')


@pytest.fixture(autouse=True)
def at_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return asked(fc_app(tmp_path, PLAIN), orders(4), tmp_path / "corpus").path


def ran(corpus: Path, *options: str, handler: str = PLAIN) -> Result:
    script = corpus.parent / "handler.py"
    script.write_text(fc_script(handler))
    words = ["replay", str(corpus), "--contract", "fc-event", *options, "--", sys.executable, "-I", "-S", str(script)]
    return CliRunner().invoke(fnfuzz, words, env={"COLUMNS": "100"})


def test_nothing_differs(corpus: Path) -> None:
    result = ran(corpus)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "PASSED: nothing differs")


def test_differences_are_told_and_accepted_one_by_one_or_all(corpus: Path) -> None:
    result = ran(corpus, "--report", f"json={corpus.parent / 'r.json'}", handler=CHANGED)
    assert result.exit_code == 1, result.output
    data = json.loads((corpus.parent / "r.json").read_text())
    assert data["schema"] == "fnfuzz.replay/1"
    found = {item["path"]: item for item in data["differences"]}
    assert {path: (item["grade"], item["kind"], item["count"]) for path, item in found.items()} == {
        "$.currency": ("high", "removed", 4),
        "$.total": ("high", "type", 1),
        "$.vat": ("low", "added", 4),
    }
    ids = [found["$.currency"]["id"], found["$.vat"]["id"]]
    result = ran(corpus, "--accept", ids[0], "--accept", ids[1], handler=CHANGED)
    assert result.exit_code == 1
    assert "accepted: 3 records changed; 1 left" in result.output
    result = ran(corpus, "--accept", "all", handler=CHANGED)
    assert (result.exit_code, "accepted: 1 record changed" in result.output) == (0, True), result.output
    assert ran(corpus, handler=CHANGED).exit_code == 0
    assert len(Corpus.open(corpus)) == 4


def test_nothing_is_accepted_in_ci(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    before = [path.read_bytes() for path in sorted((corpus / "segments").iterdir())]
    result = ran(corpus, "--accept", "all", handler=CHANGED)
    assert result.exit_code == 2
    assert "CI is set" in result.output
    assert [path.read_bytes() for path in sorted((corpus / "segments").iterdir())] == before
    assert ran(corpus, handler=CHANGED).exit_code == 1
    assert not (corpus / "noise.toml").exists()


def test_an_answer_that_breaks_a_rule_is_not_accepted(corpus: Path) -> None:
    broken = PLAIN.replace("    return 200,", "    if data['order'] == 1: os._exit(1)\n    return 200,")
    result = ran(corpus, "--accept", "all", handler=broken)
    assert result.exit_code == 1
    assert ran(corpus).exit_code == 0


def test_an_answer_that_breaks_an_own_check_is_not_accepted(corpus: Path) -> None:
    (corpus.parent / "own.py").write_text(
        "from fnfuzz.extensions import check\n\n"
        "@check(rule='own/currency', title='Euros', severity='error', remedy='None.')\n"
        "def currency(app, exchange):\n"
        "    if b'vat' in exchange.observed.reply.body:\n        yield 'No VAT.'\n"
    )
    before = list(Corpus.open(corpus))
    result = ran(corpus, "--extension", str(corpus.parent / "own.py"), "--accept", "all", handler=CHANGED)
    assert (result.exit_code, "accepted: 0 records changed" in result.output) == (1, True), result.output
    assert "if a difference is meant" not in result.output
    assert list(Corpus.open(corpus)) == before


def test_what_may_differ_by_itself_is_told_how_to_be_learnt(corpus: Path) -> None:
    assert "--learn" not in ran(corpus, handler=CHANGED).output
    assert "next: if it differs by itself" in ran(corpus, handler=CHANGED).output


def test_the_first_answers_of_what_was_never_answered_are_accepted_with_all(corpus: Path) -> None:
    rewrite(Corpus.open(corpus), lambda _, record: replace(record, reply=None, request=None, delivery=None))
    result = ran(corpus)
    assert "4 without a recorded answer" in result.output
    assert "--accept all" in result.output.splitlines()[-1]
    assert "accepted: 4 records changed" in ran(corpus, "--accept", "all").output
    assert "4 answers as recorded" in ran(corpus).output
    assert ran(corpus, handler=CHANGED).exit_code == 1


def test_nothing_is_written_to_a_corpus_that_is_read_only(corpus: Path) -> None:
    make_read_only(corpus)
    result = ran(corpus, handler=CHANGED)
    assert result.exit_code == 1
    assert not (corpus / "noise.toml").exists()
    assert "--accept" not in result.output
    assert "fnfuzz corpus merge NEW" in result.output
    result = ran(corpus, "--accept", "all", handler=CHANGED)
    assert result.exit_code == 2
    assert "is read-only" in result.output
    assert "replayed" not in result.output


def test_a_mask_that_no_longer_covers_what_differs_is_not_advised_against(corpus: Path) -> None:
    noisy = PLAIN.replace('"currency": "EUR"', '"currency": "EUR", "at": time.time()')
    assert ran(corpus, "--accept", "all", handler=noisy).exit_code == 0
    result = ran(corpus, handler=noisy.replace("time.time()", '"soon"'))
    assert "$.at has another type" in result.output
    assert "not needed this time" not in result.output


def test_explain_tells_kind_and_evidence(corpus: Path) -> None:
    noisy = PLAIN.replace('"currency": "EUR"', '"currency": "EUR", "at": time.time()')
    assert ran(corpus, "--accept", "all", handler=noisy).exit_code == 0
    text = ran(corpus, "--explain", "at").output
    assert "demo $.at is masked as clock" in text
    assert "process: 4" in text
    assert "total is not masked" in ran(corpus, "--explain", "total").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--against", ".", "--accept", "all"], "--accept does not go with --against"),
        (["--deliveries", "at-least-once"], "no function that is fed by a queue"),
        (["--function", "other"], "no record of the corpus passes"),
        (["--accept", "ffffffff"], "no such group"),
        (["--report", "xml=a"], "a replay has only json"),
        (["--learn", "--no-learn"], "opposites"),
    ],
)
def test_wrong_usage_is_said(options: list[str], said: str, corpus: Path) -> None:
    result = ran(corpus, *options, handler=CHANGED)
    assert result.exit_code == 2, result.output
    assert said in result.output


def test_a_handler_that_does_not_start_is_undriven(corpus: Path) -> None:
    result = ran(corpus, handler="import sys\nsys.exit(4)\n")
    assert result.exit_code == 3


def test_json_to_standard_output_is_alone_there(corpus: Path) -> None:
    result = ran(corpus, "--report", "json")
    assert json.loads(result.stdout)["failed"] is False


def test_lateness_is_told(corpus: Path) -> None:
    assert "late by " in ran(corpus, "--speed", "10").output
