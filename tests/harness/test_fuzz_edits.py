from __future__ import annotations

import json
import shlex
from itertools import islice
from random import Random

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.mutation.boundaries import boundaries, changes
from fnfuzz.fuzz.mutation.edits import commands, edit, edited, edits, escaped, ill_coded, spoilt
from fnfuzz.fuzz.mutation.mutate import Mutator
from fnfuzz.fuzz.trees.tree import Tree, payload_tree, to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz_strategies.feed import seeds_for

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
QUEUE = Function(name="q", trigger="queue", contract="azure-http")
NONE = Dictionary()


def test_runs_of_digits_become_other_numbers_as_long() -> None:
    assert {"08:30", "14:08", "00:30", "14:99"} <= set(edits("14:30"))
    assert "0000-08-29" not in edits("2024-02-29")
    assert "2024-08-29" in edits("2024-02-29")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ada Holm", {"Ada  Holm", " Ada Holm", "Ada Holm ", "Ada Holm]", "[Ada Holm]", "Ada Holm -h"}),
        ("Jun", {"Jun  Jun", "Jun]", "{Jun}", "[Jun", "{Jun", "Jun)", "Jun\\", 'Jun"', "Jun'", "Jun --help", "]"}),
        ("a,b;c", {"a,,b;c", "a,b;;c", ",a,b;c", "a,b;c,", ",b;c", "ab;c"}),
        ("in/2025/a.csv", {"in//2025/a.csv", "in/2025//a.csv", "/in/2025/a.csv", "in/2025/a.csv/", "in/2025/a..csv"}),
        ("a|b", {"a||b", "|a|b", "a|b|"}),
        ("10:30", {"10::30", ":10:30", "10:30:", ":30"}),
        ("a\tb", {"a\t\tb", "\ta\tb"}),
        ("x-1", {"x--1", "-x-1", "x-1-"}),
    ],
)  # fmt: skip
def test_a_text_gets_what_another_layer_stumbles_over(text: str, wanted: set[str]) -> None:
    found = list(edits(text))
    assert wanted <= set(found)
    assert len(found) < 90
    assert wanted & {edit(text, Random(seed)) for seed in range(400)}


def test_a_percent_sign_stands_before_the_ending_of_a_file_or_behind_a_text() -> None:
    first = list(edits("pond/take-1.wav"))[:12]
    assert {"pond/take-1%.wav", "pond/take-1%E4.wav"} <= {*first}
    assert {"mira%", "v1.25 is out%"} <= {*edits("mira"), *edits("v1.25 is out")}


def test_each_text_of_an_event_is_edited_in_turn_and_names_stay() -> None:
    tree: Tree = {
        "method": "POST",
        "path": {"id": "a b"},
        "query": [["who", "Ada Holm"]],
        "headers": [["Accept", "a b"]],
        "body": {"json": {"note": "ring twice", "n": 1}},
    }
    found = list(edited(tree, NONE, Random(1)))
    assert {item["body"]["json"]["note"] for item in found[:12]} >= {"ring  twice", "ring twice]"}
    assert any(item["query"] == [["who", "Ada  Holm"]] for item in found)
    assert all(item["query"][0][0] == "who" and item["headers"] == tree["headers"] for item in found)
    assert len(found) <= 240


def test_a_message_of_words_ends_early_in_a_bracket_an_option_or_with_two_blanks() -> None:
    seed = QueueEvent(message=b'{"order":"A-1","note":"ring twice"}')
    found = [event.message for event in islice(changes(seed, QUEUE, NONE, 1), 500) if isinstance(event, QueueEvent)]
    notes = [json.loads(message).get("note") for message in found if message.startswith(b'{"order":"A-1","note"')]
    for wanted in ("ring twice]", "ring  twice", "ring twice -h", "ring twice\\"):
        assert wanted in notes


def test_commands_of_the_source_get_arguments_that_ask_for_help_or_cannot_be_split() -> None:
    words = Dictionary(keys=("/remind", "/away", "state"), texts=("--to",))
    tree = to_tree(QueueEvent(), QUEUE)
    found = [item["message"]["text"] for item in commands(tree, words, Random(1))]
    assert {"/remind -h", "/away --help", "state -h", "/remind"} <= set(found)
    broken = 0
    for line in found:
        try:
            shlex.split(line)
        except ValueError:
            broken += 1
    assert broken >= 2
    assert list(commands(tree, Dictionary(keys=("state",), texts=("a b",)), Random(1))) == []


def test_one_byte_in_a_field_is_no_utf_8_and_the_rest_stays_as_it_was() -> None:
    table = b"student,subject,score\n1,art,1\n"
    found = [event.body for event in _ill_coded(RawEvent(body=table))]
    assert b"student,subject,score\n1,a\xfcrt,1\n" in found
    assert any(b"\xff" in body for body in found)
    assert any(b"a\xe2\x82rt" in body for body in found)
    assert 0 < len(found) < 40
    assert all(_is_ill(body) for body in found)
    text = [event.body for event in _ill_coded(RawEvent(body=b'{"name":"mira"}'))]
    assert b'{"name":"m\xfcira"}' in text
    form = HttpEvent(
        method="POST",
        path="/api/h",
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
        body=b"a=b",
    )
    http = Function(name="h", trigger="http", contract="azure-forward")
    bodies = [event.body for event in boundaries([form], http, NONE, 1) if isinstance(event, HttpEvent)]
    assert b"a=b\xfc" in bodies


def test_escapes_that_stand_for_no_character_are_in_each_text_of_a_payload() -> None:
    event = RawEvent(body=b'{"name":"mira","tags":["new"],"qty":1}')
    made = [to_event(tree, event, RAW) for tree in escaped(to_tree(event, RAW), NONE, Random(1))]
    bodies = [item.body for item in made if isinstance(item, RawEvent)]
    assert b'{"name":"\\ud800","tags":["new"],"qty":1}' in bodies
    assert b'{"name":"mira","tags":["\\ud800"],"qty":1}' in bodies
    assert len(bodies) == len(set(bodies)) == 6
    assert list(escaped(to_tree(RawEvent(body=b"no JSON"), RAW), NONE, Random(1))) == []


def _ill_coded(event: RawEvent) -> list[RawEvent]:
    made = (to_event(tree, event, RAW) for tree in ill_coded(to_tree(event, RAW), NONE, Random(1)))
    return [item for item in made if isinstance(item, RawEvent)]


def _is_ill(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def test_messages_of_queues_stay_text() -> None:
    assert list(ill_coded(to_tree(QueueEvent(message=b"abc"), QUEUE), NONE, Random(1))) == []
    mutator = Mutator(Random(1), NONE)
    tree = to_tree(QueueEvent(message=b"abc"), QUEUE)
    made = (to_event(mutator.mutate(tree), QueueEvent(), QUEUE) for _ in range(2000))
    assert not any(_is_ill(item.message) for item in made if isinstance(item, QueueEvent))


def test_the_mutator_edits_texts_and_spoils_single_bytes() -> None:
    mutator = Mutator(Random(3), NONE)
    event = RawEvent(body=b'{"name":"Ada Holm","note":"ring twice"}')
    made = (to_event(mutator.mutate(to_tree(event, RAW)), event, RAW) for _ in range(6000))
    bodies = [item.body for item in made if isinstance(item, RawEvent)]
    assert any(b'"Ada  Holm"' in body for body in bodies)
    assert any(b' -h"' in body for body in bodies)
    assert any(_is_ill(body) and b'"note":"r' in body for body in bodies)


def test_a_payload_without_any_field_is_not_spoilt() -> None:
    for data in (b"", b"[]", b"---"):
        assert spoilt(payload_tree(data), Random(1)) == payload_tree(data)
    assert spoilt({"form": [[1, 2]]}, Random(1)) == {"form": [[1, 2]]}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_what_is_edited_or_ill_coded_can_reach_the_function(function: Function) -> None:
    found: list[Event] = []
    for event in seeds_for(function, 20, 0):
        tree = to_tree(event, function)
        for make in (edited, ill_coded, commands):
            made = make(tree, Dictionary(keys=("/help",)), Random(1))
            found += [item for changed in made if (item := to_event(changed, event, function)) is not None]
    assert [event for event in found if not reaches(event, function)] == []
    assert found or function.trigger in ("timer", "http")
    assert not any(_is_ill(event.message) for event in found if isinstance(event, QueueEvent))
    assert function.trigger != "blob" or any(_is_ill(event.content) for event in found if isinstance(event, BlobEvent))
