"""Events with the content of everyday life, made by Faker in several languages: orders, webhooks, uploads.

Faker is imported when the first event is built. Every event is a function of trigger, kind, locale and seed.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
import random
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import EVENT_TYPES, BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent
from fnfuzz_strategies.arguments import check_choice, check_choices, check_count
from fnfuzz_strategies.files import FILES
from fnfuzz_strategies.records import RECORDS, moment
from fnfuzz_strategies.times import iso

if TYPE_CHECKING:
    from faker import Faker

__all__ = ["KINDS", "LOCALES", "realistic_events", "samples"]

LOCALES = ("en_US", "de_DE", "ja_JP", "ar_AA", "he_IL", "fr_FR", "pt_BR", "zh_CN", "ru_RU")
"""Of Faker; the names, places and phone numbers of an event come from one of them."""

_Builder = Callable[["Faker"], Event]

_PATHS: Mapping[str, str] = {
    "order": "/api/orders",
    "user": "/api/users",
    "github-push": "/api/webhooks/github",
    "payment": "/api/webhooks/payments",
    "invoice": "/api/invoices",
    "sensor-reading": "/api/readings",
}


def _json_bytes(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _signed(kind: str, body: bytes, faker: Faker) -> Pairs:
    """The headers by which a provider marks its webhooks; the signing key is the word ``secret``."""
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    headers: Mapping[str, Pairs] = {
        "github-push": (
            ("User-Agent", "GitHub-Hookshot/8e3ac1f"),
            ("X-GitHub-Event", "push"),
            ("X-GitHub-Delivery", str(faker.uuid4())),
            ("X-Hub-Signature-256", f"sha256={digest}"),
        ),
        "payment": (
            ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
            ("Stripe-Signature", f"t=1741684501,v1={digest}"),
        ),
    }
    return headers.get(kind, (("User-Agent", faker.random_element(("curl/8.5.0", "okhttp/4.12.0", "axios/1.7.2"))),))


def _posted(kind: str) -> _Builder:
    def build(faker: Faker) -> Event:
        body = _json_bytes(RECORDS[kind](faker))
        headers = (("Content-Type", "application/json"), ("Accept", "*/*"), *_signed(kind, body, faker))
        return HttpEvent(method="POST", path=_PATHS[kind], headers=headers, body=body)

    return build


def _search(faker: Faker) -> Event:
    query = (("q", faker.city()), ("page", str(faker.random_int(1, 20))), ("sort", "-created"))
    headers = (("Accept", "application/json"), ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"))
    return HttpEvent(method="GET", path="/api/search", query=query, headers=headers)


def _form(faker: Faker) -> Event:
    fields = {"name": faker.name(), "email": faker.email(), "message": faker.sentence()}
    headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Origin", "https://www.example.com"))
    return HttpEvent(method="POST", path="/api/contact", headers=headers, body=urlencode(fields).encode())


def _queued(kind: str) -> _Builder:
    def build(faker: Faker) -> Event:
        at = moment(faker)
        return QueueEvent(
            message=_json_bytes(RECORDS[kind](faker)),
            id=str(faker.uuid4()),
            dequeue_count=faker.random_element((1, 1, 1, 1, 2, 5)),
            inserted=iso(at),
            expires=iso(at + timedelta(days=7)),
        )

    return build


def _uploaded(kind: str) -> _Builder:
    def build(faker: Faker) -> Event:
        name, payload = FILES[kind](faker)
        metadata = (("owner", faker.random_element(("mira", "backup", "scanner-2"))),) if faker.boolean() else ()
        return BlobEvent(
            name=name,
            content=payload.content,
            content_type=payload.media_type,
            metadata=metadata,
            modified=iso(moment(faker)),
        )

    return build


def _tick(late: bool, payload: str) -> _Builder:
    def build(faker: Faker) -> Event:
        at = moment(faker).replace(second=0)
        return TimerEvent(due=iso(at), past_due=late, payload=payload)

    return build


def _raw_record(kind: str) -> _Builder:
    return lambda faker: RawEvent(body=_json_bytes(RECORDS[kind](faker)))


def _raw_text(faker: Faker) -> Event:
    return RawEvent(body=f"{faker.name()}, {faker.city()}".encode())


def _raw_gzip(faker: Faker) -> Event:
    return RawEvent(body=gzip.compress(_json_bytes(RECORDS["order"](faker)), compresslevel=1, mtime=0))


def _raw_samples(faker: Faker) -> Event:
    values = [faker.random_int(-2000, 2000) / 100 for _ in range(16)]
    return RawEvent(body=struct.pack("<16f", *values))


_BUILDERS: Mapping[str, Mapping[str, _Builder]] = {
    "http": {**{kind: _posted(kind) for kind in RECORDS}, "search": _search, "contact-form": _form},
    "queue": {kind: _queued(kind) for kind in RECORDS},
    "blob": {kind: _uploaded(kind) for kind in FILES},
    "timer": {
        "on-time": _tick(False, ""),
        "late": _tick(True, ""),
        "with-text": _tick(False, "nightly"),
        "with-json": _tick(False, '{"job":"cleanup","days":30}'),
    },
    "raw": {
        **{kind: _raw_record(kind) for kind in RECORDS},
        "text": _raw_text,
        "gzip": _raw_gzip,
        "floats": _raw_samples,
    },
}

KINDS: Mapping[str, tuple[str, ...]] = {trigger: tuple(builders) for trigger, builders in _BUILDERS.items()}
"""What there is to choose from, by trigger."""


@lru_cache(maxsize=16)
def _faker(locale: str) -> Faker:
    from faker import Faker

    return Faker(locale)


def _build(trigger: str, kind: str, locale: str, seed: int) -> Event:
    faker = _faker(locale)
    faker.seed_instance(seed)
    return _BUILDERS[trigger][kind](faker)


def realistic_events(
    trigger: str, *, kinds: Collection[str] | None = None, locales: Collection[str] = LOCALES
) -> SearchStrategy[Event]:
    """Realistic events of ``trigger``; Faker's seed is drawn, so that a replay gives the same bytes.

    ``kinds`` are some of ``KINDS[trigger]``, all by default. Raises ValueError for a wrong argument.
    """
    check_choice("trigger", trigger, EVENT_TYPES)
    chosen = KINDS[trigger] if kinds is None else check_choices("kinds", kinds, KINDS[trigger])
    return st.builds(
        _build,
        st.just(trigger),
        st.sampled_from(chosen),
        st.sampled_from(check_choices("locales", locales, LOCALES)),
        st.integers(0, 2**32 - 1),
    )


def samples(trigger: str, *, count: int, seed: int) -> Iterator[Event]:
    """``count`` realistic events of ``trigger``, a function of ``seed``; kinds take turns, so that few show all.

    Raises ValueError for a wrong argument, at once and not with the first event.
    """
    check_choice("trigger", trigger, EVENT_TYPES)
    check_count("count", count, low=0, high=10**9)
    return _samples(trigger, count, random.Random(f"{trigger} {seed}"))


def _samples(trigger: str, count: int, source: random.Random) -> Iterator[Event]:
    kinds = KINDS[trigger]
    for at in range(count):
        yield _build(trigger, kinds[at % len(kinds)], source.choice(LOCALES), source.getrandbits(32))
