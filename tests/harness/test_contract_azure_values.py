"""How .NET and the host turn values into text (azure-functions.md 3.1, 5.1, 5.2), and how paths give parameters."""

from __future__ import annotations

import base64
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.contracts.azure_patterns import BlobPattern, RoutePattern
from fnfuzz.contracts.azure_values import Metadata, base64_text, hoisted, quoted, text_of
from fnfuzz.contracts.dotnet import base64_bytes, fold, number_text, read_date, scalar_text, second, timespan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (21.5, "21.5"),
        (0.0001, "0.0001"),
        (0.00001, "1E-05"),
        (1e14, "100000000000000"),
        (1e15, "1E+15"),
        (123456789012345680.0, "1.2345678901234568E+17"),
        (-1.5e300, "-1.5E+300"),
        (5e-324, "5E-324"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_doubles_are_written_as_dotnet_writes_them(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_double_reads_back(value: float) -> None:
    assert float(number_text(value)) == value


@pytest.mark.parametrize(
    ("text", "culture", "iso"),
    [
        ("2025-03-11T09:15:00", "03/11/2025 09:15:00", "2025-03-11T09:15:00"),
        ("2025-03-11T09:15:00.1200Z", "03/11/2025 09:15:00", "2025-03-11T09:15:00.12Z"),
        ("2025-03-11T09:15:00.1234567Z", "03/11/2025 09:15:00", "2025-03-11T09:15:00.1234567Z"),
        ("2025-03-11T00:15:00+02:00", "03/10/2025 22:15:00", "2025-03-10T22:15:00+00:00"),
        ("0001-01-01T00:00:00", "01/01/0001 00:00:00", "0001-01-01T00:00:00"),
        ("/Date(1234656000123)/", "02/15/2009 00:00:00", "2009-02-15T00:00:00.123Z"),
    ],
)
def test_date_texts_become_dates(text: str, culture: str, iso: str) -> None:
    date = read_date(text)
    assert date is not None
    assert (date.culture, date.iso) == (culture, iso)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-11",
        "2025-03-11 09:15:00",
        "2025-03-11T09:15",
        "2025-02-30T09:15:00",
        "2025-03-11T09:15:00.12345678",
        "0001-01-01T00:00:00+05:00",
        "/Date(x)/",
        "",
    ],
)
def test_other_texts_stay_text(text: str) -> None:
    assert read_date(text) is None
    assert scalar_text(text) == text


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", b""),
        ("test", b"\xb5\xeb-"),
        ("bWVv\r\n dwo=", b"meow\n"),
        ("AA==", b"\0"),
        ("AB==", b"\0"),
        ("tests", None),
        ("A===", None),
        ("AA=A", None),
        ("te-t", None),
        ("тест", None),
    ],
)
def test_base64_is_what_dotnet_takes_for_it(text: str, content: bytes | None) -> None:
    assert base64_bytes(text) == content


@given(st.binary())
def test_bytes_survive_base64(content: bytes) -> None:
    assert base64_bytes(base64_text(content)) == content == base64.b64decode(base64_text(content))


def test_names_are_compared_letter_by_letter() -> None:
    assert fold("Straße") == "STRAßE"
    assert fold("ſys") != fold("sys")
    assert fold("\u212a") != fold("k")
    assert fold("é") == fold("É")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("2025-03-11T09:15:01.9Z", "2025-03-11T09:15:01+00:00"),
        ("2025-03-11T09:15:01", "2025-03-11T09:15:01+00:00"),
        ("2025-03-11T09:15:01-03:30", "2025-03-11T09:15:01-03:30"),
        ("soon", "soon"),
    ],
)
def test_times_are_cut_to_the_second(text: str, cut: str) -> None:
    assert second(text) == cut


def test_durations_are_written_as_timespans() -> None:
    assert [timespan(s) for s in (1800, 1.5, 90061)] == ["00:30:00", "00:00:01.5000000", "1.01:01:01"]


def test_quoting_escapes_line_ends_of_unicode_and_nothing_else_beyond_ascii() -> None:
    assert quoted('a"\\\n\x01é😀/') == '"a\\"\\\\\\n\\u0001é😀/"'
    assert quoted("\u0085\u2028\u2029") == '"\\u0085\\u2028\\u2029"'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfa", "a"),
        (b"\xfe\xff\x00a", "a"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "a"),
        (b"\xff\xfe\x00\xd8", "�"),
        (b"a\xc3", "a�"),
        (b"\x00a", "\x00a"),
    ],
)
def test_bytes_become_text_with_the_byte_order_mark_obeyed(content: bytes, text: str) -> None:
    assert text_of(content) == text


def test_metadata_keeps_first_spelling_last_value_and_drops_nulls_and_triggers() -> None:
    metadata = Metadata({"Id": "1", "QueueTrigger": "x"})
    metadata.put_all([("ID", "2"), ("b", "3"), ("B", None), ("aTRIGGER", "4")])
    metadata.put_new("iD", "5")
    metadata.put_new("c", "6")
    assert metadata.wire() == {"Id": "2", "c": "6"}


def test_members_are_hoisted_in_order_with_objects_as_objects() -> None:
    assert hoisted(' {"b":{"x":1},"a":"1","c":null,"d":[]} ') == [("b", {"x": 1}), ("a", '"1"')]


@pytest.mark.parametrize("source", ["", "container", "{c}/{name}", "c/{a}-{b}.txt", "a/b/c"])
@given(name=st.text(max_size=9))
def test_every_blob_name_can_be_matched(source: str, name: str) -> None:
    pattern = BlobPattern.of(source)
    assert [key for key, _ in pattern.placeholders(name)] in ([], list(pattern.names))
    assert pattern.container


@pytest.mark.parametrize(
    "template", ["", "a/{b}", "{*all}", "{**all}", "{a?}/{b?}", "{a}.{b?}", "x{", "{a:regex(^[a-z]{{2}}$)?}"]
)
@given(path=st.text(alphabet="/ab.%2f", max_size=12))
def test_every_path_can_be_matched(template: str, path: str) -> None:
    pattern = RoutePattern.of("", template)
    parameters = pattern.parameters("/" + path)
    assert set(parameters) in (set(), set(pattern.names))
