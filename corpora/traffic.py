"""The traffic that the shipped corpora are recorded from: what clients, senders and uploads of the example apps do in
the course of a morning. Everything is a function of a seed; names, texts and addresses come from Faker.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from faker import Faker

from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent
from fnfuzz_strategies import KINDS, LOCALES, samples

__all__ = ["SCENES", "Scene", "Sent", "Stream", "traffic"]

BEGIN = datetime(2025, 3, 11, 8, 0, 0)
"""UTC, without a zone as Faker has its times."""

GAP = 1.8
"""Seconds between two events on average."""

Builder = Callable[[Faker, datetime], Event]


@dataclass(frozen=True, slots=True)
class Stream:
    """So many events for one function."""

    function: str
    count: int
    build: Builder


@dataclass(frozen=True, slots=True)
class Scene:
    """An example app, by its folder, and the traffic that it gets. ``contract`` where its files do not tell it."""

    app: str
    streams: tuple[Stream, ...]
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """One event for a function at a time."""

    function: str
    event: Event
    at: datetime


def traffic(scene: Scene, seed: str, is_clean: Callable[[str, Event], bool]) -> Iterator[Sent]:
    """The events of a scene in their order, all streams mixed; those that are not clean are drawn again."""
    source = random.Random(seed)
    turns = [stream for stream in scene.streams for _ in range(stream.count)]
    source.shuffle(turns)
    at = BEGIN
    for stream in turns:
        at += timedelta(microseconds=round(source.expovariate(1 / GAP) * 1e6))
        yield Sent(stream.function, _drawn(stream, source, at, is_clean), at)


def _drawn(stream: Stream, source: random.Random, at: datetime, is_clean: Callable[[str, Event], bool]) -> Event:
    for _ in range(200):
        faker = _faker(source.choice(LOCALES))
        faker.seed_instance(source.getrandbits(32))
        event = stream.build(faker, at)
        if is_clean(stream.function, event):
            return event
    raise RuntimeError(f"{stream.function}: nothing clean in 200 tries")


@lru_cache(maxsize=len(LOCALES))
def _faker(locale: str) -> Faker:
    return Faker(locale)


# -- what clients have in common

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/4.12.0",
    "axios/1.7.2",
    "curl/8.5.0",
    "python-requests/2.32.3",
)
LANGUAGES = ("en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.5", "ja", "ar", "he-IL,he;q=0.8", "pt-BR", "*")


def _client(faker: Faker, host: str, *more: tuple[str, str]) -> Pairs:
    headers = [("Host", host), ("User-Agent", _one(faker, *AGENTS)), ("Accept", _one(faker, "application/json", "*/*"))]
    if faker.boolean(60):
        headers.append(("Accept-Language", _one(faker, *LANGUAGES)))
    return (*headers, *more)


def _one(faker: Faker, *choices: Any) -> Any:
    return faker.random.choice(choices)


def _mixed(*choices: tuple[int, Builder]) -> Builder:
    """One of the builders each time, by weight."""
    weights, builders = zip(*choices, strict=True)

    def build(faker: Faker, at: datetime) -> Event:
        chosen: Builder = faker.random.choices(builders, weights)[0]
        return chosen(faker, at)

    return build


def _json(faker: Faker, value: Any) -> bytes:
    """As one client or another writes it."""
    escaped, indent = faker.boolean(40), faker.random.choice((None, None, None, 2))
    return json.dumps(value, ensure_ascii=escaped, indent=indent).encode()


def _iso(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat() + "+00:00"


def _posted(path: str, host: str, body: Callable[[Faker], bytes], kind: str = "application/json") -> Builder:
    def build(faker: Faker, at: datetime) -> Event:
        sent = _one(faker, kind, f"{kind}; charset=utf-8")
        return HttpEvent(
            method="POST", path=path, headers=_client(faker, host, ("Content-Type", sent)), body=body(faker)
        )

    return build


def _got(host: str, path: Callable[[Faker], str], query: Callable[[Faker], Pairs] = lambda faker: ()) -> Builder:
    return lambda faker, at: HttpEvent(path=path(faker), query=query(faker), headers=_client(faker, host))


def _queued(message: Callable[[Faker], bytes]) -> Builder:
    def build(faker: Faker, at: datetime) -> Event:
        inserted = at - timedelta(seconds=faker.random_int(0, 40))
        return QueueEvent(
            message=message(faker),
            id=str(faker.uuid4()),
            dequeue_count=_one(faker, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5),
            inserted=_iso(inserted),
            expires=_one(faker, _iso(inserted + timedelta(days=7)), _iso(inserted + timedelta(days=7)), None),
        )

    return build


def _uploaded(file: Callable[[Faker], tuple[str, str, bytes]]) -> Builder:
    def build(faker: Faker, at: datetime) -> Event:
        name, kind, content = file(faker)
        metadata = (("origin", _one(faker, "till-2", "warehouse", "nightly-export")),) if faker.boolean() else ()
        modified = _iso(at - timedelta(seconds=faker.random_int(0, 20)))
        return BlobEvent(name=name, content=content, content_type=kind, metadata=metadata, modified=modified)

    return build


def _strangers(trigger: str, change: Callable[[Any, Faker, datetime], Event]) -> Builder:
    """Events that are meant for other apps: every kind of realistic event that the strategies know."""

    def build(faker: Faker, at: datetime) -> Event:
        which = faker.random_int(0, len(KINDS[trigger]) - 1)
        found = next(islice(samples(trigger, count=which + 1, seed=faker.random.getrandbits(32)), which, None))
        return change(found, faker, at)

    return build


def _strange_message(event: QueueEvent, faker: Faker, at: datetime) -> Event:
    return replace(event, inserted=_iso(at), expires=_iso(at + timedelta(days=7)))


def _strange_upload(event: BlobEvent, faker: Faker, at: datetime) -> Event:
    return replace(event, modified=_iso(at))


def _strange_request(path: str, host: str) -> Callable[[HttpEvent, Faker, datetime], Event]:
    def change(event: HttpEvent, faker: Faker, at: datetime) -> Event:
        return replace(
            event, method="POST" if event.body else "GET", path=path, headers=(("Host", host), *event.headers)
        )

    return change


# -- the stationer's shop (azure-http-python)

SHOP = "shop.example.com"
SKUS = ("pen", "ink", "paper")


def _order(faker: Faker) -> dict[str, Any]:
    items = [{"sku": _one(faker, *SKUS), "quantity": faker.random_int(1, 40)} for _ in range(faker.random_int(1, 4))]
    order: dict[str, Any] = {"items": items}
    if faker.boolean(40):
        order["email"] = f"{faker.bothify('???##').lower()}@{_one(faker, 'example.com', 'example.org', 'example.net')}"
    if faker.boolean(30):
        order["note"] = faker.sentence()
    if faker.boolean(20):
        order["coupon"] = _one(faker, None, "SPRING", "")
    return order


def _wrong_order(faker: Faker) -> Any:
    order = _order(faker)
    item = order["items"][-1]
    return _one(
        faker,
        {**order, "items": []},
        {key: value for key, value in order.items() if key != "items"},
        {**order, "items": [{**item, "sku": "pencil"}]},
        {**order, "items": [{**item, "quantity": 0}]},
        {**order, "items": [{**item, "quantity": str(item["quantity"])}]},
        {**order, "items": [{"sku": item["sku"]}]},
        order["items"],
        None,
    )


def _numbered(order: Callable[[Faker], Any]) -> Callable[[Faker], bytes]:
    def message(faker: Faker) -> bytes:
        value, number = order(faker), faker.random_int(1000, 99_999)
        known = _one(faker, number, number, str(number), f"W-{number}")
        return _json(faker, {"id": known, **value} if isinstance(value, dict) else value)

    return message


def _price_list(faker: Faker) -> tuple[str, str, bytes]:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=_one(faker, "\r\n", "\n"))
    if faker.boolean(30):
        writer.writerow(("sku", "cents"))
    for _ in range(faker.random_int(0, 12)):
        price = faker.random_int(20, 9000)
        writer.writerow((_one(faker, *SKUS, faker.word()), _one(faker, price, price, price, f"{price / 100:.2f}")))
    name = f"prices-2025-{faker.random_int(1, 52):02d}{_one(faker, '', '', '-draft', ' (1)')}.csv"
    return name, "text/csv", out.getvalue().encode(_one(faker, "utf-8", "utf-8", "utf-8-sig"))


_SHOP = (
    Stream(
        "orders",
        200,
        _mixed(
            (50, _posted("/api/orders", SHOP, lambda faker: _json(faker, _order(faker)))),
            (12, _posted("/api/orders", SHOP, lambda faker: _json(faker, _wrong_order(faker)))),
            (3, _posted("/api/orders", SHOP, lambda faker: _json(faker, _order(faker))[: faker.random_int(0, 20)])),
            (10, _got(SHOP, lambda faker: "/api/orders")),
            (20, _got(SHOP, lambda faker: f"/api/orders/{_one(faker, 1001, 1002, 1003, 'latest')}")),
            (5, _strangers("http", _strange_request("/api/orders", SHOP))),
        ),
    ),
    Stream(
        "process-order",
        160,
        _mixed(
            (80, _queued(_numbered(_order))),
            (14, _queued(_numbered(_wrong_order))),
            (4, _queued(lambda faker: _one(faker, b"", b"ping", b"{", faker.sentence().encode()))),
            (6, _strangers("queue", _strange_message)),
        ),
    ),
    Stream("import-prices", 90, _mixed((80, _uploaded(_price_list)), (14, _strangers("blob", _strange_upload)))),
)


# -- the tea room's pages (azure-forward-node)

TEA = "tea.example.org"
WORDS = ("tea", "green", "Darjeeling", "oolong", "MINT", "coffee", "", "茶", "tea & milk", "100% Assam")


def _tea_query(faker: Faker) -> Pairs:
    query: list[tuple[str, str]] = []
    if faker.boolean(90):
        query.append(("q", _one(faker, *WORDS)))
    if faker.boolean(50):
        query.append(("limit", _one(faker, "1", "3", "5", "20", "0", "all", "-1", "")))
    if faker.boolean(20):
        query.append(("utm_source", _one(faker, "newsletter", "search")))
    return tuple(query)


def _tea_text(faker: Faker) -> bytes:
    text = _one(faker, faker.sentence(), faker.paragraph(), "tea tea tea", "", "two\nlines\tand a tab")
    return _json(faker, _one(faker, {"text": text}, {"text": text}, {"text": text}, {"text": None}, {}, [text]))


_TEA = (
    Stream("greet", 70, _got(TEA, lambda faker: f"/api/greet/{quote(_one(faker, faker.first_name(), faker.city()))}")),
    Stream("search", 130, _got(TEA, lambda faker: "/api/search", _tea_query)),
    Stream(
        "words",
        100,
        _mixed(
            (80, _posted("/api/words", TEA, _tea_text)),
            (8, _posted("/api/words", TEA, lambda faker: faker.sentence().encode(), "text/plain")),
            (6, _strangers("http", _strange_request("/api/words", TEA))),
        ),
    ),
)


# -- the echo (azure-stdio-python-fixed)

ECHO = "echo.example.net"


def _echo_body(faker: Faker) -> bytes:
    value = _one(faker, {"city": faker.city()}, {"text": faker.sentence(), "rating": faker.random_int(1, 5)}, [1, 2.5])
    return _json(faker, value)


_ECHO = (
    Stream(
        "hello",
        220,
        _mixed(
            (30, _got(ECHO, lambda faker: "/api/hello", lambda faker: (("city", faker.city()),))),
            (10, _got(ECHO, lambda faker: "/api/hello")),
            (40, _posted("/api/hello", ECHO, _echo_body)),
            (
                10,
                _posted(
                    "/api/hello",
                    ECHO,
                    lambda faker: urlencode({"topic": faker.word(), "text": faker.sentence()}).encode(),
                    "application/x-www-form-urlencoded",
                ),
            ),
            (12, _strangers("http", _strange_request("/api/hello", ECHO))),
        ),
    ),
)


# -- pictures and order messages (fc-event-node)


def _picture(faker: Faker) -> tuple[str, str, bytes]:
    suffix, kind, magic = _one(
        faker, ("png", "image/png", b"\x89PNG\r\n\x1a\n"), ("jpg", "image/jpeg", b"\xff\xd8\xff\xe0")
    )
    folder = _one(faker, "", "2025/03/", "menu/", f"{faker.word()}/")
    stem = _one(faker, f"IMG_{faker.random_int(1, 9999):04d}", faker.slug(), f"{faker.word()} {faker.random_int(1, 9)}")
    return f"in/{folder}{stem}.{suffix}", kind, magic + faker.random.randbytes(faker.random_int(8, 64))


def _notice(faker: Faker) -> bytes:
    number = faker.random_int(1, 9999)
    state = _one(faker, "paid", "shipped", "cancelled")
    plain = f"order-{number} {state}".encode()
    rich = _json(faker, {"order": number, "state": state, "items": _order(faker)["items"]})
    wrapped = _json(faker, {"Message": f"order-{number} {state}", "Subject": "orders"})
    return bytes(_one(faker, plain, rich, rich, wrapped, _json(faker, [state, number])))


_INTAKE = (
    Stream("intake/pictures", 140, _uploaded(_picture)),
    Stream("intake/orders", 160, _mixed((90, _queued(_notice)), (10, _strangers("queue", _strange_message)))),
)


# -- the record shop (fc-web-python)

ALBUMS = "albums.example.com"


def _album_query(faker: Faker) -> Pairs:
    query: list[tuple[str, str]] = []
    if faker.boolean(60):
        query.append(("page", _one(faker, "1", "2", "3", "9", "two", "0", "")))
    if faker.boolean(40):
        query.append(("artist", _one(faker, "can", "nina", "Björk", "kuti", "teng", "abba", "")))
    return tuple(query)


def _rating(faker: Faker) -> bytes:
    rating = {"stars": faker.random_int(1, 5), "comment": _one(faker, faker.sentence(), "", None)}
    wrong = _one(faker, {"stars": 6}, {"stars": "5"}, {}, {**rating, "comment": 7}, [5])
    return _json(faker, wrong if faker.boolean(20) else rating)


def _album(faker: Faker) -> str:
    return f"/albums/{_one(faker, 1, 2, 3, 4, 5, 6, 7, 8, 'latest')}"


_ALBUMS = (
    Stream(
        "albums",
        300,
        _mixed(
            (40, _got(ALBUMS, lambda faker: "/albums", _album_query)),
            (30, _got(ALBUMS, _album)),
            (6, lambda faker, at: HttpEvent(method="HEAD", path=_album(faker), headers=_client(faker, ALBUMS))),
            (4, _got(ALBUMS, lambda faker: _one(faker, "/", "/robots.txt", "/favicon.ico", "/wp-login.php"))),
            (30, lambda faker, at: _posted(f"{_album(faker)}/ratings", ALBUMS, _rating)(faker, at)),
            (4, _strangers("http", _strange_request("/albums", ALBUMS))),
        ),
    ),
)

SCENES: Mapping[str, Scene] = {
    "azure-http": Scene("azure-http-python", _SHOP),
    "azure-forward": Scene("azure-forward-node", _TEA),
    "azure-stdio": Scene("azure-stdio-python-fixed", _ECHO, "azure-stdio"),
    "fc-event": Scene("fc-event-node", _INTAKE),
    "fc-web": Scene("fc-web-python", _ALBUMS),
}
"""What is shipped, by name."""
