"""Answers compared, forms of values, masks, and the file in which they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.fuzz.sequences.answer import Text
from fnfuzz.replay.difference import Change, changes
from fnfuzz.replay.forms import form_of, same_form
from fnfuzz.replay.masks import MASK_KINDS, Dependence, Mask, Noise
from fnfuzz.replay.noise_file import NoiseFileError, noise_path, read_noise, write_noise
from fnfuzz.replay.said import Said, bulk

NAMES = st.text(st.characters(codec="utf-8"), max_size=10)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


def said(body: Any, **more: Any) -> Said:
    return Said(200, {}, body, **more)


def told(one: Any, other: Any) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in changes(said(one), said(other))]


@given(VALUES)
def test_an_answer_does_not_differ_from_itself(value: Any) -> None:
    assert told(value, value) == []


@given(VALUES, VALUES)
def test_what_is_gone_one_way_is_new_the_other_way(one: Any, other: Any) -> None:
    turned = {"removed": "added", "added": "removed"}
    assert sorted((path, turned.get(kind, kind)) for path, kind in told(one, other)) == sorted(told(other, one))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("$.a", "type")]),
        ({"a": None}, {"a": ""}, [("$.a", "type")]),
        ({"a": 1}, {}, [("$.a", "removed")]),
        ({"x": [1, 2, 3]}, {"x": [1, 3]}, [("$.x[]", "removed")]),
        ({"x": [1, 2]}, {"x": [2, 1]}, [("$.x", "value")]),
        ({"in": '{"a": [1]}'}, {"in": '{"a": [2]}'}, [("$.in.a[]", "value")]),
        ({"in": '{"a":1}'}, {"in": '{ "a": 1 }'}, []),
        ({"9d1e": {"n": 1}, "12": 1}, {"9d1e": {"n": 1}, "12": 2}, [("$.{}", "value")]),
        ({"odd name": 1}, {"odd name": 2}, [('$["odd name"]', "value")]),
        (Text("ok"), Text("no"), [("text", "value")]),
        (Text("ok"), {"a": 1}, [("$", "type")]),
        (Text("ok"), Text(""), [("$", "removed")]),
        (bulk(b"\xff1"), bulk(b"\xff2"), [("bytes", "value")]),
        ({"Outputs": {"res": {"statusCode": 200}}}, {"Outputs": {"res": {"statusCode": 500}}},
         [("$.Outputs.res.statusCode", "status")]),
    ],
)  # fmt: skip
def test_differences_are_told_by_place_and_kind(one: Any, other: Any, expected: list[tuple[str, str]]) -> None:
    assert told(one, other) == expected


def test_what_the_host_itself_said_is_no_difference() -> None:
    one, other = (
        said({"id": "abcdef"}, words=(("abcdef", "<id>"),)),
        said({"id": "123456"}, words=(("123456", "<id>"),)),
    )
    assert changes(one, other) == []
    assert changes(one, said({"id": "abcdeX"})) != []


def test_a_status_or_a_fault_is_told_alone() -> None:
    assert [change.kind for change in changes(said({"a": 1}), Said(500, {}, {"b": 1}))] == ["status"]
    assert [change.kind for change in changes(said({"a": 1}), Said(fault="timeout"))] == ["fault"]
    assert changes(Said(fault="timeout"), Said(fault="timeout")) == []


@pytest.mark.parametrize(
    ("one", "other", "form"),
    [
        ("2025-03-11T09:15:02Z", "2026-01-02T10:00:00.123+05:45", "clock"),
        (1741694400, 1795265095, "clock"),
        ("0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11", "1d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a12", "uuid"),
        (0.25, 17, "number"),
        ("took 12 ms", "took 3.5 ms", "number"),
        ("k3Jx9-Q1zz", "p0Lm2-R7aa", "id"),
        (True, False, "flag"),
        ("one", "quite another", "text"),
    ],
)
def test_the_narrowest_form_is_found(one: Any, other: Any, form: str) -> None:
    assert form_of([(one, other)]) == frozenset((form,))


@pytest.mark.parametrize(
    ("one", "other", "form"),
    [
        ("2025-03-11", "2025-03-11T09:15:02Z", "clock"),
        ("2025-03-11", "soon", "clock"),
        (1741694400, 12, "clock"),
        ("0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11", "none", "uuid"),
        (1, "1", "number"),
        (1, -1, "counter"),
        (1, True, "number"),
    ],
)
def test_a_form_is_kept(one: Any, other: Any, form: str) -> None:
    assert not same_form(one, other, frozenset((form,)))


def test_a_mask_never_hides_a_status_or_a_fault() -> None:
    mask = Mask("f", "status", frozenset(("any",)))
    assert not mask.covers(Change(("status",), "status", 200, 500))
    assert not mask.covers(Change(("fault",), "fault", "answered", "timeout"))


EVIDENCE = st.dictionaries(NAMES, st.integers(0, 10**6), max_size=3)
EXAMPLES = st.lists(NAMES, max_size=3).map(tuple)
MASKS = st.builds(
    Mask, NAMES, NAMES, st.frozensets(st.sampled_from(MASK_KINDS), min_size=1), EVIDENCE, st.integers(0, 99), EXAMPLES
)
STATES = st.builds(Dependence, NAMES, NAMES, EVIDENCE, st.integers(0, 99), EXAMPLES)


@given(st.lists(MASKS, max_size=4), st.lists(STATES, max_size=2))
def test_noise_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, masks: list[Mask], states: list[Dependence]
) -> None:
    folder = tmp_path_factory.mktemp("noise")
    write_noise(folder, Noise(tuple(masks), tuple(states)))
    found = read_noise(folder)
    assert found is not None
    assert sorted(map(repr_of, found.masks)) == sorted(map(repr_of, masks))
    assert sorted(map(repr_of, found.dependences)) == sorted(map(repr_of, states))


def repr_of(item: Mask | Dependence) -> str:
    kinds = sorted(item.kinds) if isinstance(item, Mask) else []
    return repr((item.function, item.path, kinds, sorted(item.evidence.items()), item.samples, item.examples))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff", "is no TOML"),
        (b"version = 2", "please update"),
        (b"version = 1\nmask = 3", "mask: expected"),
        (b"version = 1\n[[mask]]\nfunction = 'f'\npath = '$'\nkinds = ['nonsense']", "mask 1: kinds"),
        (b"version = 1\n[[mask]]\nfunction = 1\npath = '$'\nkinds = ['any']", "mask 1: function"),
        (b"version = 1\n[[order]]\nfunction = 'f'\npath = '$'\nsamples = -1", "order 1: samples"),
        (b"x = " + b"[" * 100_000, "is no TOML"),
        (b"#" * 5_000_000, "larger than"),
    ],
)
def test_a_noise_file_that_cannot_be_used_is_told_with_the_next_step(text: bytes, said: str, tmp_path: Path) -> None:
    noise_path(tmp_path).write_bytes(text)
    with pytest.raises(NoiseFileError) as caught:
        read_noise(tmp_path)
    assert said in str(caught.value)
    assert str(noise_path(tmp_path)) in str(caught.value)
    assert "--learn" in str(caught.value)


def test_a_mask_is_found_by_path_by_place_and_by_name() -> None:
    noise = Noise((Mask("f", "$.items[].at", frozenset(("clock",))), Mask("f", "header etag", frozenset(("id",)))))
    assert [mask.path for mask in noise.about("$.items[3].at")[0]] == ["$.items[].at"]
    assert [mask.path for mask in noise.about("at")[0]] == ["$.items[].at"]
    assert [mask.path for mask in noise.about("etag")[0]] == ["header etag"]
    assert noise.about("$.items") == ((), ())
