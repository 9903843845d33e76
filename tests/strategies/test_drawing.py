from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st
from tests.strategies.legality import is_legal

from fnfuzz_strategies import draw_many, http_events, queue_events


def test_the_same_seed_draws_the_same_events() -> None:
    first = draw_many(http_events(), 25, 7)
    assert first == draw_many(http_events(), 25, 7)
    assert first != draw_many(http_events(), 25, 8)


def test_as_many_events_are_drawn_as_asked_for() -> None:
    events = draw_many(queue_events(), 40, 1)
    assert len(events) == 40
    assert all(is_legal(event) for event in events)
    assert len(set(events)) > 20


def test_a_strategy_with_few_values_gives_few() -> None:
    assert draw_many(st.just(1), 10, 1) == [1]
    assert draw_many(st.integers(), 0, 1) == []


def test_drawing_is_quiet_and_leaves_nothing_behind(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw_many(queue_events(), 20, 1)
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_drawing_inside_of_a_drawn_value_works() -> None:
    nested = st.integers(0, 3).map(lambda seed: draw_many(st.integers(0, 9), 3, seed))
    assert len(draw_many(nested, 3, 1)) == 3


@pytest.mark.parametrize(("strategy", "count", "name"), [("x", 1, "strategy"), (st.none(), -1, "count")])
def test_a_wrong_argument_is_named(strategy: st.SearchStrategy[object], count: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        draw_many(strategy, count, 1)
