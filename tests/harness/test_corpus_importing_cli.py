"""``fnfuzz corpus import`` from the outside, and what ``fnfuzz corpus export`` wrote coming back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result
from tests.harness.test_corpus_importing import CLOUD, archive, entry, imported, put

from fnfuzz.cli import corpus_import
from fnfuzz.cli.group import fnfuzz
from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.model import Delivery, Exit, Fault, Framing, HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.corpus import Corpus, Record
from fnfuzz.corpus.exporting import EXPORTERS
from fnfuzz.corpus.importing import FORMATS, Options, model, payload
from fnfuzz.events import HttpEvent, QueueEvent
from fnfuzz_strategies import example_function

KEY = "0123456789abcdef0123456789abcdef"


def run(*words: object, key: str = KEY) -> Result:
    return CliRunner().invoke(fnfuzz, ["corpus", "import", *map(str, words)], env={"FNFUZZ_REDACTION_KEY": key or None})


def test_files_become_records_of_a_new_corpus(tmp_path: Path) -> None:
    har = put(tmp_path, "x.har", archive(entry(), entry(url="ws://a/b")))
    cloud = put(tmp_path, "c.json", CLOUD)
    result = run(har, cloud, "--into", tmp_path / "corpus", "--function", "Items")
    assert result.exit_code == 0, result.output
    assert f"{har}: har, because it is JSON with log.entries, an HTTP archive 1.2" in result.output
    assert f"{har}: 1 record" in result.output
    assert "1 left out: a URL that is not HTTP (first: item 2)" in result.output
    records = list(Corpus.open(tmp_path / "corpus"))
    assert [type(record.event) for record in records] == [QueueEvent, HttpEvent] or len(records) == 2
    assert {record.function for record in records} == {"Items"}


def test_secrets_are_redacted_before_they_are_stored(tmp_path: Path) -> None:
    secret = "s3cr3t-Pa55word-canary"
    path = put(tmp_path, "x.json", {"trigger": "queue", "message": json.dumps({"password": secret})})
    assert run(path, "--into", tmp_path / "a").exit_code == 0
    assert run(path, "--into", tmp_path / "b", "--no-redact").exit_code == 0
    (redacted,), (plain,) = Corpus.open(tmp_path / "a"), Corpus.open(tmp_path / "b")
    assert secret not in repr(redacted.event)
    assert secret in repr(plain.event)


def test_without_a_key_nothing_is_stored_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    path = put(tmp_path, "x.json", CLOUD)
    result = run(path, "--into", tmp_path / "corpus", key="")
    assert result.exit_code == 2
    assert "FNFUZZ_REDACTION_KEY" in result.output
    assert "--no-redact" in result.output
    assert not (tmp_path / "corpus").exists()
    assert run(path, "--into", tmp_path / "corpus", "--no-redact", "--rules", "x").exit_code == 2


def test_a_dry_run_writes_nothing_and_needs_neither_key_nor_corpus(tmp_path: Path) -> None:
    path = put(tmp_path, "order.json", {"order": 17})
    before = sorted(tmp_path.rglob("*"))
    result = run(path, "--dry-run", key="")
    assert result.exit_code == 0
    assert "1 noted: bare payloads were taken for queue events (--trigger chooses another)" in result.output
    assert sorted(tmp_path.rglob("*")) == before
    assert run(path, key="").exit_code == 2


def test_a_file_that_cannot_be_read_ends_in_2_but_spares_the_others(tmp_path: Path) -> None:
    good, bad = put(tmp_path, "good.json", CLOUD), put(tmp_path, "bad.json", json.dumps([CLOUD, CLOUD])[:-30])
    result = run(tmp_path / "none.json", bad, good, "--into", tmp_path / "corpus")
    assert result.exit_code == 2
    assert "none.json: cannot be read: No such file or directory" in result.output
    assert "is no JSON behind item 1" in result.output
    assert len(Corpus.open(tmp_path / "corpus")) == 2


def test_a_file_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = put(tmp_path, "a\x1b[31mb.json", CLOUD)
    assert "\x1b" not in run(path, "--dry-run").output


def test_the_choices_are_those_of_the_library() -> None:
    assert tuple(FORMATS) == corpus_import.FORMATS
    assert set(corpus_import.TRIGGERS) == set(payload.TRIGGERS)
    assert corpus_import.TRIGGERS[0] == Options().trigger
    assert get_args(get_args_of("encoding")) == corpus_import.ENCODINGS


def get_args_of(name: str) -> Any:
    from typing import get_type_hints

    return get_type_hints(model.Options)[name]


# -- what was exported comes back

FULL = (
    Record(
        contract="azure-forward",
        function="Items",
        event=HttpEvent(path="/api/items", query=(("a", "ü"),), body=b"\0\xff", method="POST"),
        delivery=Delivery(),
        request=HttpRequest("POST", "/api/items?a=%C3%BC", (("Host", "x"),), b"\0\xff", "length"),
        reply=HttpReply(200, "OK", (("A", "1"), ("A", "2")), b"\xff", "1.0", False),
        at=1767323045678901,
        elapsed=5,
        connection=3,
        number=9,
    ),
    Record(
        contract="azure-stdio",
        request=LineRequest(b"\xff{}"),
        reply=LineReply((b"{}", b"\xff"), 0, b"p", b"s"),
        number=10,
    ),
    Record(
        contract="fc-event",
        request=HttpRequest("GET", "/", ()),
        fault=Fault("reset", "gone", b"\xfe"),
        exit=Exit(-9),
        number=11,
    ),
    Record(function="F", event=QueueEvent(message=b"x"), number=12),
)


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_exported_records_come_back_whole(tmp_path: Path, form: str) -> None:
    items = [(f"{number:032x}", record) for number, record in enumerate(FULL)]
    path = put(tmp_path, f"x.{form}", "".join(EXPORTERS[form](items, lambda *_: None)))
    records, tally = imported(path)
    assert tuple(records) == FULL
    assert not tally.skipped


def test_damaged_exports_are_counted(tmp_path: Path) -> None:
    (line,) = EXPORTERS["ndjson"]([("0" * 32, FULL[0])], lambda *_: None)
    value = json.loads(line)
    wrong = [
        {"request": {**value["request"], "framing": "x"}},
        {"request": {**value["request"], "headers": [["a"]]}},
        {"request": {**value["request"], "body_base64": "?"}},
        {"fault": {"kind": "x"}},
        {"elapsed_us": -1},
        {"number": 2**70},
        {"delivery": {"framing": []}},
        {"event": {"trigger": "x"}},
        {"contract": 5},
    ]
    path = put(tmp_path, "x.ndjson", "\n".join(json.dumps({**value, **change}) for change in wrong))
    records, tally = imported(path, "events")
    assert records == []
    assert sum(tally.skipped.values()) == len(wrong)


def test_an_exported_archive_comes_back_with_its_functions(tmp_path: Path) -> None:
    function = example_function("azure-forward", "http")
    event = HttpEvent(method="PUT", path="/api/example/a", headers=(("Content-Type", "image/png"),), body=b"\0\xff")
    request = AzureForward().encode(function, event, Delivery())
    record = Record(
        contract="azure-forward",
        function="Example",
        event=event,
        delivery=Delivery(framing="length"),
        request=request,
        reply=HttpReply(201, "Created", (), b"\xff"),
        at=1767323045678000,
        elapsed=1500,
        number=1,
    )
    path = put(tmp_path, "x.har", "".join(EXPORTERS["har"]([("a" * 32, record)], lambda *_: None)))
    assert imported(path)[0] == [record]


@pytest.mark.parametrize("framing", ["chunked", "length", None])
def test_what_no_function_got_comes_back_from_an_own_archive_as_well(tmp_path: Path, framing: Framing | None) -> None:
    request = HttpRequest("POST", "/", (("Host", "h"),), b"x" if framing else b"", framing or "length")
    record = Record(contract="fc-web", request=request, reply=HttpReply(200, "OK", (), b"hello"), at=5, number=1)
    path = put(tmp_path, "x.har", "".join(EXPORTERS["har"]([("a" * 32, record)], lambda *_: None)))
    [found] = imported(path)[0]
    assert (found.contract, found.request, found.reply) == ("fc-web", request, record.reply)


def test_the_page_about_importing_has_a_command_for_each_format_and_no_wrong_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    commands = re.findall(r"fnfuzz (corpus import [^`\n]+? --into [^`\s]+)", page)
    assert len(commands) > len(FORMATS)
    for name in FORMATS:
        assert f"| `{name}` |" in page
    for words in commands:
        context = corpus_import.command.make_context("import", words.split()[2:])
        assert context.params["files"], words
