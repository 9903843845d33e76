"""Records of every kind: some by hand, and a strategy for all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from hypothesis import strategies as st

from fnfuzz.contracts.model import Delivery, Exit, Fault, FaultKind, HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent, RawEvent, TimerEvent

__all__ = ["RECORDS", "filled", "order", "records"]

NOON = 1_741_694_400_000_000
"""2025-03-11T12:00:00Z in microseconds since 1970."""


def order(number: int = 1, *, status: int = 201, function: str = "orders", body: bytes | None = None) -> Record:
    """A client's order, forwarded to the handler as it came."""
    payload = body if body is not None else b'{"order": %d, "items": [{"sku": "A-1", "qty": 2}]}' % number
    event = HttpEvent(
        method="POST", path=f"/api/orders/{number}", headers=(("Content-Type", "application/json"),), body=payload
    )
    return Record(
        contract="azure-forward",
        function=function,
        event=event,
        delivery=Delivery(port=38123),
        request=HttpRequest("POST", f"/api/orders/{number}", (("Host", "shop"), *event.headers), payload, "length"),
        reply=HttpReply(status, "Created", (("Content-Type", "application/json"),), b'{"accepted": true}'),
        at=NOON + number * 1000,
        elapsed=1500,
        connection=1,
        number=number,
    )


RECORDS = (
    order(1),
    order(2, status=404),
    Record(contract="azure-http", function="q", event=QueueEvent(message=b"\xff\x00"), at=NOON + 3000, number=3),
    Record(
        contract="azure-stdio",
        function="b",
        event=BlobEvent(name="a/b.png", content=b"\x89PNG", metadata=(("owner", "zo\u00eb"),)),
        request=LineRequest(b'{"method": "POST"}'),
        reply=LineReply((b"starting\x1b[31m", b'{"status": 202}'), 1, b"half", b"old"),
        at=NOON + 4000,
    ),
    Record(event=TimerEvent(payload="tick"), fault=Fault("timeout", "no answer in 5 s", b"HT"), at=NOON + 5000),
    Record(event=RawEvent(body=b"raw"), exit=Exit(-11), at=NOON + 6000),
    Record(),
    replace(order(7), event=None, delivery=None, reply=None),
)
"""One of each kind."""

TEXT = st.text(st.characters(), max_size=12)
BYTES = st.binary(max_size=20)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
NUMBER = st.integers(-(2**63), 2**64 - 1)
TIME = st.integers(0, 2**62 - 1)
FRAMING = st.sampled_from((None, "chunked", "length"))

EVENTS = st.one_of(
    st.builds(HttpEvent, method=TEXT, path=TEXT, query=PAIRS, headers=PAIRS, body=BYTES),
    st.builds(QueueEvent, message=BYTES, id=TEXT, dequeue_count=NUMBER, expires=st.none() | TEXT, attributes=PAIRS),
    st.builds(BlobEvent, name=TEXT, content=BYTES, content_type=TEXT, metadata=PAIRS, modified=TEXT),
    st.builds(TimerEvent, due=TEXT, past_due=st.booleans(), payload=TEXT),
    st.builds(RawEvent, body=BYTES),
)
REQUESTS = st.one_of(
    st.builds(HttpRequest, TEXT, TEXT, PAIRS, BYTES, FRAMING),
    st.builds(LineRequest, BYTES),
)
REPLIES = st.one_of(
    st.builds(HttpReply, NUMBER, TEXT, PAIRS, BYTES, TEXT, st.booleans()),
    st.builds(LineReply, st.lists(BYTES, max_size=3).map(tuple), st.none() | NUMBER, BYTES, BYTES),
)


def records() -> st.SearchStrategy[Record]:
    """Any record that can be kept, texts with surrogates too."""
    return st.builds(
        Record,
        contract=TEXT,
        function=TEXT,
        event=st.none() | EVENTS,
        delivery=st.none() | st.builds(Delivery, id=TEXT, now=TEXT, attempt=NUMBER, port=NUMBER, nonce=TEXT),
        request=st.none() | REQUESTS,
        reply=st.none() | REPLIES,
        fault=st.none() | st.builds(Fault, st.sampled_from(get_args(FaultKind)), TEXT, BYTES),
        exit=st.none() | st.builds(Exit, NUMBER),
        at=TIME,
        elapsed=TIME,
        connection=TIME,
        number=TIME,
    )


def filled(path: Path, *groups: tuple[Record, ...] | list[Record]) -> Corpus:
    """A corpus with one frame for each group, all in one segment."""
    corpus = Corpus.create(path, exist_ok=True)
    with corpus.writer() as writer:
        for group in groups:
            for record in group:
                writer.add(record)
            writer.flush()
    return corpus
