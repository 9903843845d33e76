from __future__ import annotations

from random import Random

from fnfuzz.app.model import Function
from fnfuzz.events import RawEvent
from fnfuzz.fuzz.mutation import rounds
from fnfuzz.fuzz.mutation.rounds import Rounds, merged_rounds
from fnfuzz.fuzz.words.dictionary import Dictionary

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
WORDS = Dictionary(names=("qty",), asked=("qty",))


def rounds_of(*events: tuple[bytes, bool]) -> Rounds:
    made = Rounds(RAW, WORDS, 1)
    for body, rejected in events:
        made.begin(RawEvent(body=body), rejected)
    return made


def test_changes_come_mostly_of_events_that_were_taken_and_none_waits_for_ever() -> None:
    made, random = rounds_of((b'{"a":1}', True), (b'{"b":1}', False)), Random(1)
    told = [found for _ in range(200) if (found := made.next_change(random, lambda _: False)) is not None]
    bodies = [event.body for event, _ in told if isinstance(event, RawEvent)]
    assert len(bodies) > 140
    assert {taken for _, taken in told} == {None, RawEvent(body=b'{"b":1}')}
    assert sum(b'"b"' in body for body in bodies) > sum(b'"a"' in body for body in bodies) > 5


def test_what_is_dead_is_left_out_and_a_round_ends() -> None:
    made, random = rounds_of((b"1", False)), Random(1)
    assert [made.next_change(random, lambda _: True) for _ in range(40)] == [None] * 40
    assert made.state() == ()


def test_workers_take_different_changes_and_go_on_where_they_were() -> None:
    one, two = rounds_of((b'{"a":1}', False)), rounds_of((b'{"a":1}', False))
    one.resume(one.state(), (0, 2))
    two.resume(two.state(), (1, 2))
    first = {event for _ in range(50) if (event := one.next_change(Random(1), lambda _: False)) is not None}
    second = {event for _ in range(50) if (event := two.next_change(Random(1), lambda _: False)) is not None}
    assert len(first) == len(second) == 50
    assert not first & second
    (event, rejected, told), *_ = one.state()
    assert (rejected, told) == (False, 50)
    base = ((event, False, 0),)
    assert merged_rounds(base, [one.state(), two.state()]) == ((event, False, 50),)
    assert merged_rounds(base, [one.state(), ()]) == ()
    other = (RawEvent(body=b"x"), True, 9)
    assert merged_rounds(base, [(other,), ()]) == ((other[0], True, 0),)


def test_no_more_rounds_are_begun_than_there_is_room_for() -> None:
    made = rounds_of(*[(b"%d" % number, False) for number in range(rounds.MAX_ROUNDS + 5)])
    assert len(made.state()) == rounds.MAX_ROUNDS
