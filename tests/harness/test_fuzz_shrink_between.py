"""Events between one that nearly fails and one that surely does."""

from __future__ import annotations

from fnfuzz.app.model import Function
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.fuzz.shrinking.between import LONGER, between

RAW = Function(name="f", trigger="raw", contract="fc-event")


def test_texts_are_a_little_longer_and_nothing_else_changes() -> None:
    small = RawEvent(body=b'{"mail":"aaaa","n":1}')
    large = RawEvent(body=b'{"mail":"%b","n":100}' % (b"a" * 80))
    assert list(between(small, large, RAW)) == [
        RawEvent(body=b'{"mail":"%b","n":1}' % (b"a" * (4 + more))) for more in LONGER
    ]


def test_without_a_longer_text_there_is_nothing_between() -> None:
    small = RawEvent(body=b'{"mail":"aaaa"}')
    assert list(between(small, small, RAW)) == []
    assert list(between(small, RawEvent(body=b'{"mail":"aaaaaa"}'), RAW)) == []
    assert list(between(small, RawEvent(body=b"[[[[]]]]"), RAW)) == []


def test_parameters_of_a_query_count_too() -> None:
    function = Function(name="h", trigger="http", contract="fc-web")
    small = HttpEvent(method="GET", path="/", query=(("q", "aa"),))
    large = HttpEvent(method="GET", path="/", query=(("q", "a" * 50),))
    [first, _] = between(small, large, function)
    assert isinstance(first, HttpEvent)
    assert first.query == (("q", "a" * (2 + LONGER[0])),)
