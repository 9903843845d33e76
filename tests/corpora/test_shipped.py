"""Every corpus that is shipped is whole, legal, judged without an error, free of secrets, and stays as it is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from corpora.traffic import SCENES, traffic
from tests.strategies.legality import is_legal

import fnfuzz_corpora
from fnfuzz.app import discover
from fnfuzz.app.model import Function
from fnfuzz.cli.group import fnfuzz
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.fc_headers import FAKE_CREDENTIALS
from fnfuzz.contracts.model import Contract, HttpReply, Observed
from fnfuzz.corpus import Corpus, CorpusError, Record, merge, rewrite
from fnfuzz.corpus.redaction import RedactionRules, Redactor
from fnfuzz.corpus.summary import summarise
from fnfuzz.events import BlobEvent, Event, HttpEvent, to_data
from fnfuzz.rules import RULES

EXAMPLES = Path(__file__).parents[2] / "examples"

HOLDS = {
    "azure-forward": {"http": 300},
    "azure-http": {"http": 200, "queue": 160, "blob": 90},
    "azure-stdio": {"http": 220},
    "fc-event": {"queue": 160, "blob": 140},
    "fc-web": {"http": 300},
}
VISITOR = re.compile(rb"name=[^&=]+&email=[a-z0-9._%-]+%40example\.(?:com|org|net)&message=")
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
every = pytest.mark.parametrize("name", fnfuzz_corpora.NAMES)


@lru_cache
def records(name: str) -> tuple[Record, ...]:
    return tuple(Corpus.open(fnfuzz_corpora.path(name)))


@lru_cache
def played(name: str) -> dict[str, tuple[Function, Contract]]:
    app = discover(EXAMPLES / SCENES[name].app, contract=SCENES[name].contract)
    contracts = contracts_for(app)
    return {function.name: (function, contracts[function.contract]) for function in app.functions}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(fnfuzz, ["corpus", *map(str, arguments)])


def test_what_is_shipped_is_what_is_built_and_what_is_told() -> None:
    folder = Path(fnfuzz_corpora.__file__).parent
    found = {path.name for path in folder.iterdir() if (path / "corpus.json").exists()}
    assert found == set(fnfuzz_corpora.NAMES) == set(SCENES) == set(HOLDS)
    size = sum(path.stat().st_size for path in folder.rglob("*.fnfuzz"))
    assert size < 400_000


@every
def test_each_is_whole_and_holds_what_it_says(name: str) -> None:
    corpus = Corpus.open(fnfuzz_corpora.path(name))
    assert corpus.verify() == ()
    told = summarise(corpus)
    assert told.triggers == HOLDS[name]
    assert told.contracts == {name: sum(HOLDS[name].values())}
    assert set(told.functions) == set(played(name))
    readme = (corpus.path / "README.md").read_text()
    assert all(f"{number}" in readme for number in (*HOLDS[name].values(), told.records))
    assert SCENES[name].app in readme


@every
def test_reading_in_every_way_leaves_no_file(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(fnfuzz_corpora.path(name), folder)
    before = files(folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    corpus = Corpus.open(folder)
    first, _ = next(corpus.items(status="2xx"))
    assert corpus.get(first)
    assert len(corpus) == summarise(corpus).records
    assert corpus.verify() == ()
    assert files(folder) == before
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    assert len(Corpus.open(folder)) == len(corpus)
    assert files(folder) == before, "it says itself that it is read-only, whatever the permissions are"


def test_nobody_writes_to_one_but_a_copy_is_like_any_other(tmp_path: Path) -> None:
    corpus = Corpus.open(fnfuzz_corpora.path("fc-web"))
    with pytest.raises(CorpusError, match="read-only"), corpus.writer():
        pass
    with pytest.raises(CorpusError, match="read-only"):
        rewrite(corpus, lambda name, record: None)
    copy = Corpus.create(tmp_path / "copy")
    assert merge(copy, [corpus]).added == len(corpus)
    assert rewrite(copy, lambda name, record: None).removed == len(corpus)
    assert not (corpus.path / "index").exists()


@every
def test_every_event_is_legal_and_every_answer_breaks_no_error_rule(name: str) -> None:
    for record in records(name):
        assert record.event is not None
        assert record.delivery is not None
        function, contract = played(name)[record.function]
        assert is_legal(without_host(record.event)), record.event
        request = contract.encode(function, record.event, record.delivery)
        assert type(request) is type(record.request)
        assert request.to_bytes()
        observed = Observed(reply=record.reply, elapsed=record.elapsed / 1e6, limit=5.0)
        verdict = contract.decode(function, record.event, record.delivery, observed)
        assert verdict.outcome.status == "completed"
        assert [found for found in verdict.violations if RULES[found.rule].severity == "error"] == []


def without_host(event: Event) -> Event:
    """The name that a client called is no header of its own to the strategies, which leave it to the contract."""
    if not isinstance(event, HttpEvent):
        return event
    return replace(event, headers=tuple(pair for pair in event.headers if pair[0].lower() != "host"))


@every
def test_the_event_says_what_the_request_says(name: str) -> None:
    for record in records(name):
        assert record.event is not None
        assert record.delivery is not None
        function, contract = played(name)[record.function]
        if not (name.startswith("fc-") and isinstance(record.event, BlobEvent)):  # a notification has no content
            assert contract.encode(function, record.event, record.delivery).to_bytes() == sent(record)


def sent(record: Record) -> bytes:
    assert record.request is not None
    return record.request.to_bytes()


@every
def test_there_is_nothing_for_redaction_but_made_up_visitors_with_addresses_of_reserved_domains(name: str) -> None:
    redactor = Redactor(bytes(32), RedactionRules(keep=tuple(key for key, _ in FAKE_CREDENTIALS)))
    made_up = {key.lower(): value for key, value in FAKE_CREDENTIALS}
    for record in records(name):
        # Faker's visitors give their names in forms, with such an address.
        visitor = VISITOR.match(getattr(record.event, "body", b"")) is not None
        assert {note.rule for note in redactor.explain(record)} <= ({"email", "name"} if visitor else {"email"})
        for key, value in getattr(record.request, "headers", ()):
            assert made_up.get(key.lower(), value) == value
        for domain in domains(record):
            assert domain in ("example.com", "example.org", "example.net")


def domains(record: Record) -> Iterator[str]:
    assert record.event is not None
    answer = record.reply.body if isinstance(record.reply, HttpReply) else b"".join(getattr(record.reply, "lines", ()))
    payload = getattr(record.event, "content", b"").decode("utf-8", "replace")
    texts = (str(to_data(record.event)), payload, sent(record).decode("utf-8", "replace"), answer.decode("utf-8"))
    return (match[1] for text in texts for match in ADDRESS.finditer(text.replace("%40", "@")))


@every
def test_they_are_in_the_order_of_their_times_and_tell_nothing_of_the_machine_that_made_them(name: str) -> None:
    found = records(name)
    assert [record.number for record in found] == list(range(1, len(found) + 1))
    assert [record.at for record in found] == sorted(record.at for record in found)
    assert {record.elapsed for record in found} == {1000}
    replies = [record.reply for record in found if isinstance(record.reply, HttpReply)]
    assert {reply.header("server") for reply in replies} <= {None, "BaseHTTP/0.6 Python/3"}
    assert all("11 Mar 2025" in (reply.header("date") or "11 Mar 2025") for reply in replies)


@every
def test_the_same_seed_gives_the_same_traffic(name: str) -> None:
    def drawn() -> list[object]:
        return list(islice(traffic(SCENES[name], "a seed", lambda function, event: True), 40))

    assert drawn() == drawn()
    assert {item.function for item in traffic(SCENES[name], "b", lambda function, event: True)} == set(played(name))


def test_the_commands_know_them_by_name() -> None:
    assert ran("ls", "shipped:azure-http").output.startswith("450 records, ")
    assert ran("verify", "shipped:fc-web").output == "shipped:fc-web: 300 records, all whole\n"
    assert ran("show", "shipped:fc-event", "--trigger", "blob").output.startswith("record ")
    result = ran("ls", "shipped:orders")
    assert result.exit_code == 2
    assert "there are azure-forward, azure-http, azure-stdio, fc-event, fc-web" in result.output


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"'\.\./x' is shipped; there are azure-forward"):
        fnfuzz_corpora.path("../x")
