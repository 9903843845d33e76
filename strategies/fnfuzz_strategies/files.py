"""What people upload: one builder a kind, each a function of a seeded Faker to a file name and its payload."""

from __future__ import annotations

import csv
import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from fnfuzz_strategies.payloads import Payload
from fnfuzz_strategies.records import order, sensor_reading, user

if TYPE_CHECKING:
    from faker import Faker

__all__ = ["FILES"]

_GREETINGS: Mapping[str, str] = {
    "english": "Thank you for your order. It leaves our house today.",
    "german": "Vielen Dank für Ihre Bestellung. Größe XL ist ausverkauft, wir schließen um 18 Uhr.",
    "japanese": "ご注文ありがとうございます。商品は本日発送いたします。",
    "arabic": "شكراً لطلبك. سيتم شحنه اليوم.",
    "hebrew": "תודה על ההזמנה. היא תישלח היום.",
    "russian": "Спасибо за заказ. Он будет отправлен сегодня.",
    "hindi": "आपके ऑर्डर के लिए धन्यवाद।",
    "greek": "Ευχαριστούμε για την παραγγελία σας.",
    "emoji": "📦➡️🏠 👩🏽‍💻 🇯🇵 🎉",
}


def _text(greeting: str) -> Callable[[Faker], tuple[str, Payload]]:
    def build(faker: Faker) -> tuple[str, Payload]:
        content = f"{faker.name()}\n{greeting}\n{faker.city()}\n"
        return f"{faker.slug()}.txt", Payload("text/plain; charset=utf-8", content.encode())

    return build


def _csv(faker: Faker) -> tuple[str, Payload]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("id", "name", "email", "city"))
    for at in range(faker.random_int(1, 8)):
        writer.writerow((at + 1, faker.name(), faker.email(), faker.city()))
    return f"customers-{faker.random_int(1, 999)}.csv", Payload("text/csv", out.getvalue().encode())


def _json(faker: Faker) -> tuple[str, Payload]:
    content = json.dumps(order(faker), ensure_ascii=False, indent=2)
    return f"order-{faker.random_int(1, 99_999)}.json", Payload("application/json", content.encode())


def _ndjson(faker: Faker) -> tuple[str, Payload]:
    lines = [json.dumps(sensor_reading(faker), ensure_ascii=False) for _ in range(faker.random_int(1, 6))]
    return f"readings-{faker.random_int(1, 999)}.ndjson", Payload(
        "application/x-ndjson", "\n".join([*lines, ""]).encode()
    )


def _xml(faker: Faker) -> tuple[str, Payload]:
    person = user(faker)
    fields = "".join(f"<{key}>{escape(str(person[key]))}</{key}>" for key in ("userName", "name", "email", "phone"))
    content = f'<?xml version="1.0" encoding="UTF-8"?>\n<user id="{person["id"]}">{fields}</user>\n'
    return f"{faker.user_name()}.xml", Payload("application/xml", content.encode())


def _png(faker: Faker) -> tuple[str, Payload]:
    """One pixel of one colour, a complete file (W3C PNG specification, 5)."""
    pixel = bytes(faker.random_int(0, 255) for _ in range(3))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" + pixel, 0)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)
    return f"photo-{faker.random_int(1, 9999)}.png", Payload("image/png", content)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pdf(faker: Faker) -> tuple[str, Payload]:
    """An empty page of A4, a complete file with its cross-reference table (ISO 32000-1, 7.5)."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    content, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    start = len(content)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    content += b"xref\n0 4\n" + table + b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return f"invoice-{faker.random_int(1, 9999)}.pdf", Payload("application/pdf", content)


FILES: Mapping[str, Callable[[Faker], tuple[str, Payload]]] = {
    "csv": _csv,
    "json": _json,
    "ndjson": _ndjson,
    "png": _png,
    "pdf": _pdf,
    "xml": _xml,
    **{f"text-{language}": _text(greeting) for language, greeting in _GREETINGS.items()},
}
"""Every kind of file."""
