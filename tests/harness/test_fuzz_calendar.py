"""Dates of an event, all moved at once."""

from __future__ import annotations

import re
from datetime import date
from random import Random
from typing import Any

import pytest

from fnfuzz.fuzz.mutation.calendar import DAYS, moved
from fnfuzz.fuzz.mutation.moments import FORM, moments
from fnfuzz.fuzz.words.dictionary import Dictionary


def bodies(value: Any) -> list[Any]:
    return [tree["body"]["json"] for tree in moved({"body": {"json": value}}, Dictionary(), Random(1))]


def test_all_dates_move_by_the_same_number_of_days() -> None:
    value = {"from": "2024-03-01", "to": "2024-03-02", "readings": [{"at": "2024-03-01T00:15"}], "born": "03.03.2024"}
    found = bodies(value)
    assert found[0] == {
        "from": "2024-10-27",
        "to": "2024-10-28",
        "readings": [{"at": "2024-10-27T00:15"}],
        "born": "29.10.2024",
    }
    assert len(found) == len(DAYS)
    assert [item["from"] for item in found] == [day.isoformat() for day in DAYS]


def test_what_would_leave_the_calendar_stays() -> None:
    last = next(item for item in bodies({"from": "2024-01-01", "to": "2024-06-01"}) if item["from"] == "9999-12-30")
    assert last["to"] == "2024-06-01"


@pytest.mark.parametrize("value", [{"a": "b"}, {"a": "2024-02-31"}, {"a": "12024-01-011"}, {"a": 20240101}, []])
def test_no_date_no_event(value: Any) -> None:
    assert bodies(value) == []


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("HH:MM", "07:30"),
        ("YYYY-MM-DD", "2025-03-11"),
        ("dd.mm.yyyy", "11.03.2025"),
        ("YYYYMMDD", "20250311"),
        ("MM/YY", "03/25"),
        ("mm:ss", "30:15"),
        ("YYYY-MM-DDTHH:MM:SSZ", "2025-03-11T07:30:15Z"),
        ("YYYYMMDDHHMMSS", "20250311073015"),
        ("DD MMM YYYY", "11 Mar 2025"),
    ],
)
def test_a_form_of_dates_and_times_is_understood(form: str, text: str) -> None:
    assert re.fullmatch(FORM, form, re.IGNORECASE)
    assert text in moments(form)


def test_the_days_are_days() -> None:
    assert len(set(DAYS)) == len(DAYS)
    assert date(2024, 10, 27) in DAYS
