from __future__ import annotations

import re
import time
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.fuzz.words.comparisons import comparisons, near, settings
from fnfuzz.fuzz.words.patterns import MAX_TEXT, matching


@pytest.mark.parametrize(
    ("source", "pairs"),
    [
        ('if order.get("kind") == "refund" or order["state"] != "paid":', [("kind", "refund"), ("state", "paid")]),
        ("if (event.type === `created`)", [("type", "created")]),
        ('if o.Unit == "kg" {', [("Unit", "kg")]),
        ('if "yes" == o.flag {', [("flag", "yes")]),
        ('if ("yes".equals(order.getFlag))', [("getFlag", "yes")]),
        ("if qty > 1000 and price <= 2.5:", [("qty", 1000), ("price", 2.5)]),
        ("if total >= 1_000_000:", [("total", 1_000_000)]),
        ("if (active === true)", [("active", True)]),
        ('if order["currency"] not in ("EUR", "CHF"):', [("currency", "EUR"), ("currency", "CHF")]),
        ("if level in {1, 2}:", [("level", 1), ("level", 2)]),
        ('if (["red", "blue"].includes(o.color))', [("color", "red"), ("color", "blue")]),
        (
            'switch (body.action) {\n case "open": x(); break;\n case "close": }',
            [("action", "open"), ("action", "close")],
        ),
        ('match order["mode"]:\n    case "fast" | "slow": pass', [("mode", "fast"), ("mode", "slow")]),
        ('match kind.as_str() {\n    "push" | "pull" => 1,\n}', [("kind", "push"), ("kind", "pull")]),
        ('case params[:op]\nwhen "add", "sub"', [("op", "add"), ("op", "sub")]),
        ('if sku.startswith("ORD-"):', [("sku", "ORD-1")]),
        ('strings.HasPrefix(o.Ref, "INV/")', [("Ref", "INV/1")]),
        ("if name.endsWith('.csv')", [("name", "a.csv")]),
        ("if count % 7 == 0:", [("count", 7)]),
        ("LIMIT = 250\nif order['qty'] > LIMIT:", [("qty", 250)]),
        ('re.match(r"[A-Z]{2}\\d{3}$", order["sku"])', [("sku", "AA777"), ("sku", "ZZ777")]),
        ("if (/^ab+c$/.test(o.tag))", [("tag", "abc"), ("tag", "abbc")]),
    ],
)
def test_names_are_paired_with_what_they_are_compared_with(source: str, pairs: list[Any]) -> None:
    found = list(comparisons(source).pairs)
    assert [pair for pair in pairs if pair not in found] == []


def test_lengths_affixes_and_products_are_found() -> None:
    found = comparisons(
        'MAX_NOTE = 340\nif len(order["note"]) > MAX_NOTE: x\nif (o.code.length === 16) y\nif x.len() > 64 {\n'
        'a.startswith("ORD-"); b.endswith(".csv"); size = 64 * 1024; big = 1 << 20'
    )
    assert list(found.lengths) == [340, 16, 64]
    assert (list(found.prefixes), list(found.suffixes)) == (["ORD-"], [".csv"])
    assert set(found.numbers) == {65536, 1 << 20}


def test_pairs_stand_in_the_order_of_the_source() -> None:
    found = comparisons('if a1 == "x": pass\nif b1.startswith("y"): pass\nif c1 in ("z",): pass\nif d1 > 5: pass')
    assert [name for name, _ in found.pairs] == ["a1", "b1", "c1", "d1"]


def test_settings_come_together_and_alone() -> None:
    found = list(settings((("qty", 1000), ("currency", "XAU"))))
    assert {"qty": 1001, "currency": "XAU"} in found
    assert {"qty": 999} in found
    assert (near(5), near("a"), near(True)) == ((6, 5, 4), ("a",), (True,))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}\d{6}$",
        r"ORD-\d+",
        r"(?:a|bc)+x?",
        r"^\w+@\w+\.com$",
        r"[^0-9]{3,5}",
        r"^(?P<y>\d{4})-(\d\d)$",
        r"a|b{2}",
        r"(?<![0-9])[0-9]{4}([ -]?)[0-9]{4}\1[0-9]{4}(?![0-9])",
        r"^(ab)-(c)\2\1$",
    ],
)
def test_texts_match_the_pattern(pattern: str) -> None:
    made = matching(pattern)
    assert made
    for text in made:
        assert re.search(pattern, text), text


@pytest.mark.parametrize(
    "pattern", [r"(?=a)b", r"(a)\2", "a", "", r"[", r"(", r"a" * 400, r"x{9999}y{9999}", r"\p{L}+", "*a"]
)
def test_what_is_not_simple_gives_nothing(pattern: str) -> None:
    assert matching(pattern) == ()


@given(st.text(alphabet="ab0-9[]()|?*+{},\\dw.^$:<>P", max_size=30))
def test_no_pattern_is_an_error(pattern: str) -> None:
    assert all(len(text) <= MAX_TEXT for text in matching(pattern))


@pytest.mark.parametrize(
    "text",
    [
        *('"' * 100_000, "/(" * 50_000, "[" * 100_000, "a." * 50_000, "a " * 50_000, "a" * 100_000, "case a " * 15_000),
        *("x == " * 20_000, "1*" * 50_000, 'a["' * 35_000, "len(" * 25_000, "x in [" * 15_000, "\n" * 100_000),
        *("a.a" * 30_000, "re.match(r'" * 9_000, "const x" * 15_000, "a:" * 50_000, "switch (" * 12_000),
    ],
    ids=lambda text: text[:9],
)
def test_hostile_sources_take_no_time(text: str) -> None:
    began = time.process_time()
    comparisons(text)
    assert time.process_time() - began < 3


def test_settings_are_lazy() -> None:
    pairs = tuple((f"n{number}", number) for number in range(4000))
    assert len(list(islice(settings(pairs), 5))) == 5


def test_of_a_pattern_that_repeats_what_repeats_there_is_a_long_text_that_nearly_matches() -> None:
    found = comparisons("const TAG = /^(#?[a-z0-9]+[_-]?)+$/i;\nconst WORD = /^[a-z]+$/;")
    assert list(found.pumped) == ["a" * 41 + "!"]
