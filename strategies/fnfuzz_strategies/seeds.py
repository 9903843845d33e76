"""A few typical legal events of each trigger, picked by hand: what a fuzzer tries first and what examples show."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fnfuzz.events import EVENT_TYPES, BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz_strategies.arguments import check_choice

__all__ = ["seeds"]

_CONTENTS: Mapping[str, tuple[str, bytes]] = {
    "object": ("application/json", b'{"id":7,"name":"mira","qty":2,"price":9.5,"tags":["new"],"note":null}'),
    "empty object": ("application/json", b"{}"),
    "list": ("application/json", b"[]"),
    "nested": ("application/json", '{"order":{"id":"7","items":[{"sku":"A-1","qty":1}]},"city":"Köln"}'.encode()),
    "text": ("text/plain", b"hello"),
    "unicode": ("text/plain; charset=utf-8", "Grüße 東京 🎉".encode()),
}


def _http() -> tuple[Event, ...]:
    plain = (
        HttpEvent(path="/api"),
        HttpEvent(path="/api", query=(("name", "mira"),), headers=(("Accept", "application/json"),)),
        HttpEvent(path="/api", query=(("id", "7"), ("page", "1"), ("q", "Grüße 東京"))),
        HttpEvent(method="POST", path="/api"),
        HttpEvent(method="DELETE", path="/api", query=(("id", "7"),)),
    )
    posted = tuple(
        HttpEvent(method="POST", path="/api", headers=(("Content-Type", kind),), body=content)
        for kind, content in _CONTENTS.values()
    )
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    put = (("Content-Type", "application/octet-stream"),)
    return (
        *plain,
        *posted,
        HttpEvent(method="POST", path="/api", headers=form, body=b"name=mira&qty=2"),
        HttpEvent(method="PUT", path="/api", headers=put, body=b"\x00\xff\x10\n"),
    )


def _queue() -> tuple[Event, ...]:
    first = tuple(QueueEvent(message=content) for _, content in _CONTENTS.values())
    return (
        QueueEvent(),
        *first,
        QueueEvent(message=b'{"id":7}', dequeue_count=5),
        QueueEvent(message=b"7", expires=None),
    )


def _blob() -> tuple[Event, ...]:
    suffixes = {"application/json": "json", "text/plain": "txt", "text/plain; charset=utf-8": "txt"}
    files = tuple(
        BlobEvent(name=f"{label.replace(' ', '-')}.{suffixes[kind]}", content=content, content_type=kind)
        for label, (kind, content) in _CONTENTS.items()
    )
    return (
        BlobEvent(name="empty.txt", content_type="text/plain"),
        *files,
        BlobEvent(name="orders.csv", content=b"id,name\r\n7,mira\r\n", content_type="text/csv"),
        BlobEvent(name="größe 東京.bin", content=bytes(range(256)), metadata=(("owner", "mira"),)),
    )


def _timer() -> tuple[Event, ...]:
    return TimerEvent(), TimerEvent(past_due=True), TimerEvent(payload="nightly"), TimerEvent(payload='{"days":30}')


def _raw() -> tuple[Event, ...]:
    return (
        RawEvent(),
        *(RawEvent(body=content) for _, content in _CONTENTS.values()),
        RawEvent(body=b"\x00\xff\x10\n"),
    )


_SEEDS: Mapping[str, Callable[[], tuple[Event, ...]]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": _timer,
    "raw": _raw,
}


def seeds(trigger: str) -> tuple[Event, ...]:
    """The hand-picked events of ``trigger``, the dullest first, always the same. HTTP events have the path ``/api``.

    Raises ValueError for an unknown trigger.
    """
    return _SEEDS[check_choice("trigger", trigger, EVENT_TYPES)]()
