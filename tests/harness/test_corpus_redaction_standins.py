"""Stand-ins keep the form, come again, and never meet."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.contracts.model import HttpRequest
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.redaction import Redactor, StandIns
from fnfuzz.corpus.redaction.checksums import is_card, is_iban, luhn, luhn_digit, mod97
from fnfuzz.corpus.redaction.permutation import Permutation
from fnfuzz.corpus.redaction.standins import KINDS

STAND_INS = StandIns(b"a key of the tests for stand-ins")

WORD = st.text(string.ascii_letters + "áéöüßñ", min_size=1, max_size=12)
CARD = st.from_regex(r"4[0-9]{14}", fullmatch=True).map(lambda text: text + luhn_digit(text))
IBAN = st.from_regex(r"[0-9]{18}", fullmatch=True).map(lambda text: f"DE{98 - mod97(text + 'DE00'):02}{text}")
PHONE = st.from_regex(r"\+[1-9][0-9]{1,2} ?[0-9]{3}[ -]?[0-9]{4,7}", fullmatch=True)
GUID = st.uuids(version=4).map(str)
EMAIL = st.from_regex(r"[a-z]{1,8}([._+-][a-z0-9]{1,5})?@[a-z]{1,6}(\.[a-z]{1,4})?\.(com|de|org)", fullmatch=True)
DATE = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)).map(str)
NUMBER = st.integers(min_value=-(10**17), max_value=10**17).map(str)
TEXT = st.text(min_size=1, max_size=20)
NAME = st.lists(
    st.one_of(WORD, st.sampled_from(["Mary", "JOHN", "smith", "Karen", "O'Neil"])), min_size=1, max_size=3
).map(" ".join)

OF_KIND = {
    "secret": st.one_of(
        TEXT,
        GUID,
        NUMBER,
        CARD,
        st.from_regex(r"[0-9a-f]{8,12}", fullmatch=True),
        st.from_regex(r"[a-f0-9]{2,3}", fullmatch=True),
    ),
    "digits": st.one_of(
        NUMBER,
        CARD,
        IBAN,
        st.from_regex(r"[0-9]{1,3}-[0-9]{2}", fullmatch=True),
        st.from_regex(r"[A-Z]{2}[0-9]{1,3}", fullmatch=True),
    ),
    "phone": st.one_of(PHONE, NUMBER, CARD, st.from_regex(r"0[0-9]{2,4}[ /-][0-9]{4,8}", fullmatch=True)),
    "date": DATE,
    "email": EMAIL,
    "words": st.one_of(NAME, st.from_regex(r"[A-Z][a-z]{1,3} [0-9]{1,2}", fullmatch=True)),
}


def of(kind: str, values: Iterable[str]) -> list[str]:
    return [STAND_INS.of(kind, value) for value in values]


@pytest.mark.parametrize("kind", KINDS)
def test_two_values_never_get_one_stand_in(kind: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.sets(OF_KIND[kind], min_size=2, max_size=60))
    def check(values: set[str]) -> None:
        same = {value.strip().lower() if kind != "secret" else value.strip() for value in values}
        assert len(set(of(kind, values))) >= len(same)

    check()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("secret", [f"{number:03}" for number in range(1000)]),
        ("secret", [f"{a}{b}{c}" for a in "abcdefgh01" for b in "abcdef0123" for c in string.ascii_lowercase]),
        ("digits", [str(number) for number in range(12000)]),
        ("digits", [f"{number:06}" for number in range(5000)]),
        ("phone", [f"+49 170 {number:07}" for number in range(3000)]),
        ("words", [f"{number:05}" for number in range(0, 100_000, 7)]),
        ("words", [a + b + c for a in string.ascii_lowercase for b in "aeiour" for c in "lmnt"]),
        ("email", [f"user{number}@shop.de" for number in range(3000)]),
        (
            "date",
            [
                f"{year}-{month:02}-{day:02}"
                for year in range(1950, 1960)
                for month in range(1, 13)
                for day in range(1, 29)
            ],
        ),
        ("words", ["Mary", "JOHN", "smith", "Karen", "karen", "KAREN", "kAren", "Zoë", "zoë"]),
    ],
)
def test_all_values_of_a_small_form_get_different_stand_ins(kind: str, values: list[str]) -> None:
    assert len(set(of(kind, values))) == len(set(values))


@pytest.mark.parametrize(
    ("day", "earliest", "latest"),
    [("1984-02-29", 1950, 2004), ("1933-01-01", 1900, 1949), ("2012-05-05", 2005, 2019), ("2023-05-05", 2023, 2023)],
)
def test_a_day_stays_in_its_generation(day: str, earliest: int, latest: int) -> None:
    assert earliest <= int(STAND_INS.of("date", day)[:4]) <= latest


def test_an_address_in_capitals_stays_in_capitals() -> None:
    assert STAND_INS.of("email", "ANNA@CORP.COM").isupper()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=9), st.data())
def test_a_permutation_can_be_followed_back_only_one_way(counts: list[int], data: st.DataObject) -> None:
    counts = [count + 1 for count in counts]
    draw = st.tuples(*(st.integers(0, count - 1) for count in counts))
    one, other = data.draw(draw), data.draw(draw)
    permutation = Permutation(b"k")
    moved = permutation.numbers("test", one, counts)
    assert all(0 <= value < count for value, count in zip(moved, counts, strict=True))
    assert (moved == permutation.numbers("test", other, counts)) == (one == other)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 97, 1000])
def test_a_permutation_of_numbers_reaches_each_of_them_once(count: int) -> None:
    permutation = Permutation(b"k")
    assert sorted(permutation.below("test", value, count) for value in range(count)) == list(range(count))


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_a_secret_keeps_its_length_and_its_alphabet(text: str) -> None:
    new = STAND_INS.of("secret", text)
    assert len(new) == len(text)
    for old_char, new_char in zip(text, new, strict=True):
        if old_char.isascii():
            assert (old_char.isdigit(), old_char.isupper(), old_char.islower()) == (
                new_char.isdigit(),
                new_char.isupper(),
                new_char.islower(),
            ) or (set(text) <= set(string.hexdigits + "-"))


@given(CARD)
def test_a_card_stays_a_card_of_its_issuer(text: str) -> None:
    new = STAND_INS.of("digits", text)
    assert luhn(new)
    assert new[:4] == text[:4]
    assert is_card(new) == is_card(text)


@given(IBAN)
def test_an_iban_keeps_country_and_checksum(text: str) -> None:
    new = STAND_INS.of("digits", text)
    assert is_iban(new)
    assert (new[:2], len(new)) == (text[:2], len(text))


@given(PHONE)
def test_a_phone_number_keeps_its_layout(text: str) -> None:
    new = STAND_INS.of("phone", text)
    assert [char if not char.isdigit() else "9" for char in new] == [
        char if not char.isdigit() else "9" for char in text
    ]


@given(GUID)
def test_a_guid_stays_a_guid_of_its_version(text: str) -> None:
    new = STAND_INS.of("secret", text)
    assert new != text
    assert (new[14], new[19]) == (text[14], text[19])
    assert [char == "-" for char in new] == [char == "-" for char in text]


@given(EMAIL)
def test_an_address_is_at_a_domain_of_nobody(text: str) -> None:
    new = STAND_INS.of("email", text)
    assert new.count("@") == 1
    assert new.endswith(".example")


@given(NUMBER)
def test_a_number_stays_a_number_of_its_length(text: str) -> None:
    new = STAND_INS.of("digits", text)
    assert str(int(new)) == new
    assert (len(new), new[0] == "-") == (len(text), text[0] == "-")


@given(DATE)
def test_a_date_stays_a_date(text: str) -> None:
    date.fromisoformat(STAND_INS.of("date", text))
    assert STAND_INS.of("date", f"{text}T10:00:00Z").endswith("T10:00:00Z")


@given(WORD)
def test_words_keep_their_case_pattern(word: str) -> None:
    new = STAND_INS.of("words", word)
    if word.isascii():
        assert (new.isupper(), new.islower(), new[0].isupper()) == (word.isupper(), word.islower(), word[0].isupper())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mira.kovac@shop.de", "Mira.Kovac@Shop.de"),
        ("+49 170 1234567", "+49-170-123 45 67"),
        ("+49 170 1234567", "491701234567"),
        ("4111 1111 1111 1111", "4111111111111111"),
        ("MIRA", "mira"),
        ("Karen", "karen"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    ],
)
def test_one_value_in_two_spellings_stays_one(one: str, other: str) -> None:
    def plain(text: str) -> str:
        return "".join(char for char in text if char.isalnum()).lower()

    assert plain(STAND_INS.of("phone", one)) == plain(STAND_INS.of("phone", other))


def test_the_key_decides_and_nothing_else() -> None:
    values = [("secret", "abcdef"), ("email", "mira@shop.de"), ("words", "Mary"), ("date", "1980-01-01")]
    first = [StandIns(b"1" * 16).of(*value) for value in values]
    assert first == [StandIns(b"1" * 16).of(*value) for value in reversed(values)][::-1]
    assert not set(first) & {StandIns(b"2" * 16).of(*value) for value in values}


def test_the_same_customer_is_the_same_in_every_place_and_wrapping() -> None:
    redactor = Redactor(b"k" * 32)

    def body(data: object) -> str:
        record = redactor.record(Record(request=HttpRequest("POST", "/", (), json.dumps(data).encode())))
        assert isinstance(record.request, HttpRequest)
        return record.request.body.decode()

    mail = json.loads(body({"email": "mira@shop.de"}))["email"]
    for data in (
        {"login": "MIRA@shop.de".lower()},
        {"text": "write to mira@shop.de!"},
        {"body": json.dumps({"from": "mira@shop.de"})},
        {"headers": [["x-user", "mira@shop.de"]]},
    ):
        assert mail in body(data)
    number = json.loads(body({"customerPhone": 491701234567}))["customerPhone"]
    assert isinstance(number, int)
    assert str(number) == json.loads(body({"phone": "491701234567"}))["phone"]
    first, full = json.loads(body({"firstName": "Mira"})), json.loads(body({"full_name": "Mira Kovac"}))
    assert full["full_name"].split()[0] == first["firstName"]
