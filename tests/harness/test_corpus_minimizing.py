"""Whatever the records are: what is kept shows every behaviour that all of them show, and nothing of it is needless."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.kit.records import RECORDS, filled, order, records

from fnfuzz.cli.group import fnfuzz
from fnfuzz.contracts.model import Exit, Fault, HttpReply, LineReply
from fnfuzz.corpus import Corpus, CorpusError, Record, minimizing, record_id
from fnfuzz.corpus.behaviours import MOST_WORDINGS, Behaviours
from fnfuzz.corpus.minimizing import minimize, select


def ran(*arguments: object) -> Result:
    return CliRunner().invoke(fnfuzz, ["corpus", "minimize", *map(str, arguments)])


def answered(body: bytes, number: int = 1) -> Record:
    return replace(order(number), reply=HttpReply(200, "OK", (("Content-Type", "application/json"),), body))


def shown(items: Sequence[Record]) -> set[str]:
    told = Behaviours()
    return {text for item in items for text in told.of(item)}


def kept(items: Sequence[Record], folder: Path) -> list[Record]:
    corpus = filled(folder, list(items))
    return [corpus.get(item.id) for item in select(corpus).kept]


def test_of_cases_that_show_the_same_the_smallest_and_then_the_first_is_kept(tmp_path: Path) -> None:
    small, same = order(2, body=b'{"order": 2, "items": []}'), order(9, body=b'{"order": 9, "items": []}')
    large = order(1, body=b'{"order": 1000000000, "items": []}')
    assert kept([large, small, same], tmp_path / "c") == [small]


@pytest.mark.parametrize(
    "other",
    [
        order(1, function="returns"),
        replace(order(1), contract="fc-web"),
        order(1, status=202),
        order(1, body=b'{"order": 1}'),
        order(1, body=b""),
        replace(order(1), reply=None, fault=Fault("timeout", "no answer")),
        replace(order(1), reply=None, exit=Exit(-11)),
        answered(b'{"accepted": "true"}'),
        answered(b'{"accepted": true, "id": 7}'),
        answered(b"not JSON"),
        answered(b"x" * 70_000),
    ],
    ids=lambda item: record_id(item)[:6],
)
def test_another_function_event_status_answer_or_fault_is_another_behaviour(other: Record, tmp_path: Path) -> None:
    assert len(kept([order(1), other, order(3)], tmp_path / "c")) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"error": "no such order"}', b'{"error": "an order has items"}', False),
        (b'{"error": "order 17 is gone"}', b'{"error": "order 4 is gone"}', True),
        (b'{"error": "no \'pen\'"}', b'{"error": "no \'ink\'"}', True),
        (b'{"Outputs": {"res": {"statusCode": 200}}}', b'{"Outputs": {"res": {"statusCode": 404}}}', False),
        (b'{"body": "{\\"a\\": 1}"}', b'{"body": "{\\"b\\": 1}"}', False),
        (b'{"total": 1}', b'{"total": 2}', True),
        (b'{"items": [1, 2, 3]}', b'{"items": [4]}', True),
    ],
)
def test_what_an_answer_says_within_is_told_apart_from_data(one: bytes, other: bytes, same: bool) -> None:
    told = Behaviours()
    assert (told.of(answered(one)) == told.of(answered(other))) is same


def test_too_many_wordings_at_one_place_count_as_data() -> None:
    told = Behaviours()
    found = {told.of(answered(b'{"state": "%s"}' % (b"ab" * number))) for number in range(1, 60)}
    assert len(found) == MOST_WORDINGS + 1


def test_lines_and_odd_answers_have_behaviours_too() -> None:
    record = RECORDS[3]
    assert any("answer of more than one line" in text for text in Behaviours().of(record))
    for reply in (LineReply((), None), LineReply((b"x",), 7), LineReply((b"[" * 5000,), 0)):
        assert Behaviours().of(replace(record, reply=reply))


def one_of_each_id(items: list[Record]) -> list[Record]:
    """Of the records of one exchange the first, as often as there are such: what else they say is not told apart."""
    first: dict[str, Record] = {}
    return [first.setdefault(record_id(item), item) for item in items]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.one_of(records(), st.sampled_from(RECORDS)), max_size=25).map(one_of_each_id))
def test_nothing_is_lost_and_nothing_is_needless(items: list[Record], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("minimizing")
    corpus = filled(folder / "c", items)
    selection = select(corpus)
    found = [corpus.get(item.id) for item in selection.kept]
    assert shown(found) == shown(list(corpus))
    assert selection.behaviours == len(shown(list(corpus)))
    assert all(item.reasons for item in selection.kept)
    assert all(shown([*found[:at], *found[at + 1 :]]) < shown(found) for at in range(len(found)))
    assert select(Corpus.open(folder / "c")).kept == selection.kept
    assert minimize(corpus, selection) == len(found)
    assert [record_id(record) for record in Corpus.open(folder / "c")] == [item.id for item in selection.kept]


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    class Endless:
        """Stands for a corpus of so many records."""

        def __init__(self, count: int) -> None:
            self.count = count

        def items(self) -> object:
            one = order(1)
            return ((f"{number:032x}", replace(one, number=number)) for number in range(self.count))

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            assert select(Endless(count)).records == count  # type: ignore[arg-type] # all that is asked of it
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(5000) < peak(500) + 50_000


def test_beyond_the_limit_of_behaviours_everything_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimizing, "MOST_BEHAVIOURS", 8)
    items = [order(number, function=f"f{number % 4}") for number in range(12)]
    corpus = filled(tmp_path / "c", items)
    result = ran(corpus.path)
    assert result.exit_code == 0
    assert "what shows one of those is kept" in result.output
    assert {record.function for record in Corpus.open(corpus.path)} == {"f0", "f1", "f2", "f3"}
    assert len(Corpus.open(corpus.path)) < 12


def test_forgetting_what_a_cover_does_not_need_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [order(number, status=200 + number % 3, function=f"f{number % 5}") for number in range(40)]
    items += [replace(item, reply=None, fault=Fault("timeout", "")) for item in items[:9]]
    corpus = filled(tmp_path / "c", items)
    whole = select(corpus)
    monkeypatch.setattr(minimizing, "MOST_SETS", 2)
    few = select(corpus)
    assert whole.behaviours == few.behaviours
    assert shown([corpus.get(item.id) for item in few.kept]) == shown(items)


def test_a_record_that_came_meanwhile_stops_it(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(2)])
    selection = select(corpus)
    filled(corpus.path, [order(3)])
    with pytest.raises(CorpusError, match="added to meanwhile"):
        minimize(corpus, selection)
    assert len(Corpus.open(corpus.path)) == 3


def test_the_command_rewrites_or_copies_or_only_tells(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", [order(number) for number in range(1, 30)] + [order(40, status=404)]).path
    assert ran(path, "--dry-run").output.startswith("would keep 2 of 30 records, which show all ")
    assert len(Corpus.open(path)) == 30
    assert ran(path, "--into", tmp_path / "small").output.startswith("kept 2 of 30 records")
    assert (len(Corpus.open(path)), len(Corpus.open(tmp_path / "small"))) == (30, 2)
    assert "there is a corpus already" in ran(path, "--into", tmp_path / "small").output
    assert "leave --into out" in ran(path, "--into", tmp_path / "x", "--dry-run").output
    assert ran(path).exit_code == 0
    assert [record.number for record in islice(Corpus.open(path), 9)] == [1, 40]
    assert ran(path).output.startswith("kept 2 of 2 records")


def test_explain_says_what_only_this_record_shows(tmp_path: Path) -> None:
    path = filled(tmp_path / "c", [order(1), order(2), order(3, status=404)]).path
    lines = ran(path, "--dry-run", "--explain").output.splitlines()
    assert lines[0].endswith("POST /api/orders/1  201")
    assert "  only here: orders (azure-forward): status 404" in lines
    assert lines[-1] == "would keep 2 of 3 records, which show all 6 behaviours"


def test_damage_is_not_thrown_away_in_place_but_told_when_copied(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1)], [order(2, status=404)])
    [segment] = corpus.segments()
    data = bytearray(segment.path.read_bytes())
    data[-1] ^= 255
    segment.path.write_bytes(data)
    result = ran(corpus.path)
    assert result.exit_code == 2
    assert "cannot be rewritten without loss" in result.output
    result = ran(corpus.path, "--into", tmp_path / "small")
    assert result.exit_code == 1
    assert "fnfuzz: damaged: segments/" in result.output
    assert len(Corpus.open(tmp_path / "small")) == 1
