"""What learning takes for noise, what it must not, and what it keeps of what was learnt before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.replays import asked, orders

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus
from fnfuzz.replay import Plan, Result, replay
from fnfuzz.replay.cases import Cases
from fnfuzz.replay.difference import Change
from fnfuzz.replay.forms import moved, same_form
from fnfuzz.replay.learning import MOST, sampled
from fnfuzz.replay.masks import MASK_KINDS, Mask, Noise
from fnfuzz.replay.noise_file import LARGEST, noise_path, read_noise, write_noise
from fnfuzz.report.replay_text import MEANINGS


@pytest.fixture
def app_of(tmp_path: Path) -> Callable[[str], App]:
    def made(value: str) -> App:
        folder = tmp_path / "app"
        folder.mkdir(exist_ok=True)
        return fc_app(
            folder,
            "import datetime, random, uuid\n"
            "letters = lambda: ''.join(random.choices('ghijklmnop', k=12))\n"
            "def answer(request):\n"
            "    order = json.loads(request.body)['order']\n"
            f"    return 200, {{}}, json.dumps({{'order': order, 'told': {value}}}).encode()\n",
        )

    return made


def kinds(result: Result) -> dict[str, str]:
    return {mask.path: mask.title for mask in result.masks}


def told(result: Result) -> list[tuple[str, str, int]]:
    return [(group.kind, group.path, group.count) for group in result.groups]


@pytest.mark.parametrize(
    ("steady", "kind", "changed", "found"),
    [
        ("f'txn {uuid.uuid4().hex[:8]} approved'", "id", "f'txn {uuid.uuid4().hex[:8]} declined'", "value"),
        (
            "f'{datetime.datetime.now():%Y-%m-%d %H:%M:%S} PAID'",
            "clock",
            "f'{datetime.datetime.now():%Y-%m-%d %H:%M:%S} VOID'",
            "value",
        ),
        ("f'<b {letters()}><p>Total: 100 EUR</p>'", "word", "f'<b {letters()}><p>Total: 200 EUR</p>'", "value"),
        ("','.join(random.sample(['alpha', 'beta', 'gamma', 'delta'], 4))", "order", "'alpha,beta'", "value"),
        ("random.choice([None, letters()])", "word+null", "{'secret': 1}", "type"),
        ("random.choice([None, 7.5, random.random()])", "number+null", "'seven'", "type"),
    ],
)
def test_a_mask_lets_nothing_through_but_its_noise(
    steady: str, kind: str, changed: str, found: str, app_of: Callable[[str], App], tmp_path: Path
) -> None:
    app = app_of(steady)
    corpus = asked(app, orders(40), tmp_path / "corpus")
    first = replay(app, corpus, Plan(learn="always"))
    assert not first.failed, told(first)
    assert kinds(first) == {"$.told": kind}
    other = told(replay(app_of(changed), corpus, Plan()))
    assert {group[:2] for group in other} == {(found, "$.told")}
    assert sum(count for *_, count in other) >= 20


def test_what_is_anything_is_still_there() -> None:
    mask = Mask("f", "$.a", frozenset(("any",)))
    assert mask.covers(Change(("$", "a"), "type", 1, "x"))
    assert not mask.covers(Change(("$", "a"), "removed", 1, None))


def test_what_varies_only_since_the_new_build_is_a_difference(app_of: Callable[[str], App], tmp_path: Path) -> None:
    corpus = asked(app_of("100"), orders(12), tmp_path / "corpus")
    result = replay(app_of("random.randint(1, 10**6)"), corpus, Plan())
    assert told(result) == [("value", "$.told", 12)]
    assert result.masks == result.dependences == ()


@pytest.mark.parametrize(
    "value",
    [
        "f'served at {(now + datetime.timedelta(days=ahead)):%Y-%m-%dT%H:%M:%SZ}'",
        "str((now + datetime.timedelta(days=30 + ahead)).date())",
        "f'{(now + datetime.timedelta(days=ahead)):%a, %d %b %Y %H:%M:%S} GMT'",
    ],
)
def test_clocks_within_texts_and_days_ahead_are_known_by_the_calendar(
    value: str, app_of: Callable[[str], App], tmp_path: Path
) -> None:
    """They are the same in all runs, which take less than the second or the day that is told."""
    made = value.replace("now", 'datetime.datetime.fromisoformat(os.environ["NOW"])').replace("ahead", "0")
    now = time.time()
    stamp = "%Y-%m-%dT%H:%M:%S"
    app = app_of(made)
    then = replace(app, settings={"NOW": time.strftime(stamp, time.gmtime(now - 40 * 86400))})
    corpus = asked(then, orders(4), tmp_path / "corpus", at=int((now - 40 * 86400) * 1e6))
    today = replace(app, settings={"NOW": time.strftime(stamp, time.gmtime(now))})
    result = replay(today, corpus, Plan())
    assert not result.failed, told(result)
    assert kinds(result) == {"$.told": "clock"}
    late = replace(app, settings={"NOW": time.strftime(stamp, time.gmtime(now + 3 * 86400))})
    noise_path(corpus.path).unlink()
    assert replay(late, corpus, Plan()).failed


def test_clocks_are_put_on_only_where_nothing_else_differs() -> None:
    assert moved("at 2025-03-11T09:00:00Z", "at 2025-03-11T09:01:00Z") == [(60.0, False)]
    assert moved("due 2025-03-11", "due 2025-03-12") == [(86400.0, True)]
    assert moved(1741684500, 1741684560) == [(60.0, False)]
    for one, other in (("at 2025-03-11", "on 2025-03-12"), ("9:15", "9:16"), (1, 2), ("a", "b"), (None, "x")):
        assert moved(one, other) in (None, [])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("txn 8f3a2b1c rejected", "txn 9f3a2b1c refused", False),
        ("txn 8f3a2b1c done", "txn deadbeef done", True),
        ("k3Jx9-Q1zz", "p0Lm2-R7aa", True),
        ("accepted", "declined", False),
        ("0x7f33 moved", "0x8f33 moved", True),
    ],
)
def test_words_of_a_language_are_no_ids(one: str, other: str, same: bool) -> None:
    assert same_form(one, other, frozenset(("id",))) is same


@pytest.mark.parametrize("other", ["2025-03-12 10:00:00 FAIL low", "2025-03-12 10:00:00 INFO high"])
def test_a_capital_word_behind_a_clock_is_no_zone(other: str) -> None:
    assert same_form("2025-03-11 09:00:00 INFO low", "2025-03-12 10:00:00 INFO low", frozenset(("clock",)))
    assert not same_form("2025-03-11 09:00:00 INFO low", other, frozenset(("clock",)))
    assert same_form("2025-03-11 09:00:00 CET", "2025-03-12 10:00:00 UTC", frozenset(("clock",)))


# -- what was learnt before


def two_functions(app: App, corpus: Path) -> tuple[App, Corpus]:
    """An app with two functions of one handler, and a corpus with answers of both."""
    one = app.functions[0]
    both = replace(app, functions=(one, replace(one, name="later")))
    made = asked(app, orders(4), corpus)
    later = asked(app, orders(4), corpus.with_name("more"))
    with made.writer() as writer:
        for record in later:
            writer.add(replace(record, function="later"))
    return both, Corpus.open(corpus)


def test_a_function_that_was_never_asked_is_asked_and_the_others_stay(
    app_of: Callable[[str], App], tmp_path: Path
) -> None:
    app, corpus = two_functions(app_of("str(uuid.uuid4())"), tmp_path / "corpus")
    first = app.functions[0].name
    assert not replay(app, corpus, Plan(filters={"function": first})).failed
    noise = read_noise(corpus.path)
    assert noise is not None
    assert noise.asked == {first}
    assert not replay(app, corpus, Plan()).failed
    write_noise(corpus.path, replace(noise, masks=(*noise.masks, Mask("later", "$.mine", frozenset(("any",))))))
    replay(app, corpus, Plan(filters={"function": first}, learn="always"))
    noise = read_noise(corpus.path)
    assert noise is not None
    assert {(mask.function, mask.path) for mask in noise.masks} == {(first, "$.told"), ("later", "$.mine")}


def test_every_function_has_its_share_of_those_that_are_asked(tmp_path: Path, app_of: Callable[[str], App]) -> None:
    app, corpus = two_functions(app_of("1"), tmp_path / "corpus")
    cases = list(Cases(app).of(corpus, {}))
    first = [case for case in cases if not isinstance(case, str) and case.function.name == app.functions[0].name]
    later = [case for case in cases if not isinstance(case, str) and case.function.name == "later"]
    many = [
        replace(case, record=replace(case.record, function=f"shape{number}"))
        for number in range(MOST + 50)
        for case in first[:1]
    ]
    sample = sampled([*many, *later])
    assert len(sample.cases) == MOST
    assert sum(case.function.name == "later" for case in sample.cases) == 4
    assert all(case.function.name == "later" for case in sampled(cases, lambda name: name == "later").cases)


def test_patience_of_a_function_and_the_end_of_time_hold_for_learning_too(
    app_of: Callable[[str], App], tmp_path: Path
) -> None:
    app = app_of("(time.sleep(0.3), str(uuid.uuid4()))[1]")
    corpus = asked(app, orders(3), tmp_path / "corpus")
    name = app.functions[0].name
    result = replay(app, corpus, Plan(patience=0.1, limits={name: 5.0}))
    assert kinds(result) == {"$.told": "uuid"}
    noise_path(corpus.path).unlink()
    began = time.monotonic()
    assert replay(app, corpus, Plan(max_time=0.5)).ended == "out of time"
    # One event in each of eight runs is the least.
    assert time.monotonic() - began < 12


def test_noise_of_many_generated_names_can_be_read_again(tmp_path: Path) -> None:
    masks = tuple(
        Mask("f", f"$.n{number}", frozenset(("number",)), {"process": number}, 9, ("x" * 80,) * 3)
        for number in range(25_000)
    )
    write_noise(tmp_path, Noise(masks))
    assert noise_path(tmp_path).stat().st_size <= LARGEST
    found = read_noise(tmp_path)
    assert found is not None
    assert 5_000 < len(found.masks) < 20_001
    assert "$.n24999" in {mask.path for mask in found.masks}


def test_generated_names_are_one_place() -> None:
    change = Change(("$", "prices", "V1StGXR8_Z5jdHi6B-myT", "eur"), "value", 1, 2)
    assert change.path == "$.prices.{}.eur"


def test_every_kind_is_explained() -> None:
    assert MEANINGS.keys() == set(MASK_KINDS)


def test_a_place_is_explained_as_the_report_names_it() -> None:
    masks = (
        Mask("f", "$.prices.{}.id", frozenset(("uuid",))),
        Mask("f", '$["a b"]', frozenset(("clock",))),
    )
    noise = Noise(masks)
    assert noise.about('$.prices["4711"].id')[0] == masks[:1]
    assert noise.about("$.prices.4711.id")[0] == masks[:1]
    assert noise.about("a b")[0] == noise.about('$["a b"]')[0] == masks[1:]
