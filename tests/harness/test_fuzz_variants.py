from __future__ import annotations

import base64

import pytest

from fnfuzz.fuzz.mutation.variants import MAX_VARIANTS, variants
from fnfuzz.fuzz.trees.nested import View, view
from fnfuzz.fuzz.words.dictionary import Dictionary

WORDS = Dictionary(names=("sku", "amount"), numbers=(250,), pairs=(("kind", "refund"),))


def around(text: str) -> tuple[str, ...]:
    seen = view(text)
    assert seen is not None, text
    return variants(seen, WORDS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2025-03-11", ("2024-02-29", "2023-02-29", "2025-13-11", "0000-03-11", "11/03/2025", "2025-03-11T09:15:01Z")),
        ("2025-03-11T09:15:01Z", ("2025-03-11T24:00:00Z", "2025-03-11T09:15:60Z", "2025-03-11T09:15:01+14:00")),
        ("Thu, 29 Feb 2024 09:15:01 GMT", ("Thu, 00 Feb 2024 09:15:01 GMT", "2024-02-29")),
        ("42", ("43", "41", "-42", "00042", "+42", "251", "NaN", "1e400", "2147483648", "")),
        ("ORD-1042", ("ORD-1043", "ORD-0", "ORD-", "1042")),
        ("12.50", ("13.50", "-12.50", "1e3")),
        ("a=1&b=2", ("b=2", "a=1&b=2&a=1", "a=1&b=2%zz", "a=&b=2", "a=1&b=2&kind=refund")),
        ("red,green", ("red", "green,red", "red,green,", "red,")),
        ("https://x.example/a?b=1", ("https://x.example/a", "javascript:alert(1)", "http://127.0.0.1:1/")),
        ('{"a":1}', ("{}", "null", '{"a":null}', '{"a":null,"a":1}', "{'a':1}", '{"a":1,"sku":1}', '["a"]'[:0])),
        ('{"a":1}\n{"a":2}\n', ('{"a":1}', '{"a":2}\n')),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x_-", ("eyJhbGciOiJIUzI1NiJ9.e30.", "..")),
        ("data:text/plain;base64,aGk=", ("aGk=", "data:,")),
    ],
)
def test_the_nasty_neighbours_of_a_format_are_told(text: str, wanted: tuple[str, ...]) -> None:
    found = around(text)
    assert [item for item in wanted if item and item not in found] == []
    assert len(set(found)) == len(found) <= MAX_VARIANTS


def test_tables_lose_cells_columns_headers_and_rows() -> None:
    found = around("id,price,note\r\n1,2,x\r\n3,4,y\r\n")
    assert "id,price,note\r\n1,2,x\r\n3,4,\r\n" in found
    assert "id,note\r\n1,x\r\n3,y\r\n" in found
    assert "1,2,x\r\n3,4,y\r\n" in found
    assert "id,price,note\r\n" in found
    assert "id;price;note\r\n1;2;x\r\n3;4;y\r\n" in found
    assert any(text.startswith("sku,amount") for text in found)
    assert max(text.count("\r\n") for text in found) > 1000


def test_base64_is_broken_and_its_content_too() -> None:
    found = around(base64.b64encode(b'{"id":1}').decode())
    assert "eyJpZCI6MX0" in found
    assert base64.b64encode(b"{}").decode() in found
    assert base64.b64encode(b"\xff").decode() in found


def test_parts_of_a_multipart_body_come_and_go() -> None:
    text = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n--b--\r\n'
    found = around(text)
    assert '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n--b--\r\n' in found
    assert text.removesuffix("--\r\n") in found


def test_variants_are_a_function_of_their_arguments() -> None:
    seen = View("number", 7, ("", "", False, 1, 0))
    assert variants(seen, WORDS) == variants(seen, WORDS)
