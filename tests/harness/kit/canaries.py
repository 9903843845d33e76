"""Canaries: made-up secrets that would be seen again anywhere, and what they can be wrapped in."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, quote_plus

import msgpack

from fnfuzz.corpus.model import Record
from fnfuzz.corpus.redaction.checksums import luhn_digit, mod97

__all__ = ["BYTE_WRAPPINGS", "SHAPED", "WRAPPINGS", "canary", "forms_left", "jwt"]

WORD = string.ascii_letters + string.digits


def canary(seed: object) -> str:
    """A random text like a key."""
    return "Kx" + "".join(random.Random(str(seed)).choices(WORD, k=22))


def _digits(seed: object, count: int) -> str:
    return "".join(random.Random(str(seed)).choices("123456789", k=count))


def _card(seed: object) -> str:
    digits = "4" + _digits(seed, 14)
    digits += luhn_digit(digits)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def _iban(seed: object) -> str:
    account = _digits(seed, 18)
    return f"DE{98 - mod97(account + 'DE00'):02}{account}"


SHAPED: Mapping[str, Callable[[object], str]] = {
    "email": lambda seed: f"{canary(seed).lower()}@{canary((seed, 'host')).lower()}.com",
    "phone": lambda seed: f"+49 {_digits(seed, 3)} {_digits((seed, 2), 8)}",
    "card": _card,
    "iban": _iban,
    "aws": lambda seed: (
        "AKIA" + "".join(random.Random(str(seed)).choices(string.ascii_uppercase + string.digits, k=16))
    ),
    "alibaba": lambda seed: "LTAI5t" + canary(seed)[:18],
    "azure": lambda seed: base64.b64encode(random.Random(str(seed)).randbytes(64)).decode(),
    "pem": lambda seed: f"-----BEGIN PRIVATE KEY-----\n{canary(seed)}{canary((seed, 1))}\n-----END PRIVATE KEY-----",
    "bearer": lambda seed: f"Bearer {canary(seed)}",
    "basic": lambda seed: "Basic " + base64.b64encode(f"{canary(seed)}:{canary((seed, 1))}".encode()).decode(),
    "url": lambda seed: f"https://{canary(seed)}:{canary((seed, 1))}@db.internal/x",
    "sas": lambda seed: (
        f"https://a.blob.core.windows.net/c/b?sv=2024-01-01&sig={quote(SHAPED['azure'](seed)[:44], safe='')}&se=1"
    ),
    "connection": lambda seed: f"AccountName=shop;AccountKey={SHAPED['azure'](seed)};EndpointSuffix=core.windows.net",
    "jwt": lambda seed: jwt({"sub": canary(seed), "email": f"{canary((seed, 1))}@x.org", "team": [canary((seed, 2))]}),
}
"""What tells by its look."""


def jwt(claims: object) -> str:
    """A token with ``claims``."""
    head = {"alg": "HS256", "typ": "JWT"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (head, claims)]
    sign = random.Random(str(claims)).randbytes(32)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, sign))


WRAPPINGS: Mapping[str, Callable[[str], str]] = {
    "json": lambda text: json.dumps({"id": 7, "inner": {"list": ["a", text]}}, indent=2),
    "ascii json": lambda text: (
        json.dumps({"ünï": text}).replace("@", "\\u0040").replace("+", "\\u002b").replace("/", "\\/")
    ),
    "json in a string": lambda text: json.dumps(json.dumps({"x": json.dumps({"y": text})})),
    "ndjson": lambda text: '{"a":1}\n' + json.dumps({"b": text}) + "\n",
    "cut json": lambda text: json.dumps({"b": text, "c": [1, {"d": "eee"}]})[:-8],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "url-safe base64": lambda text: base64.urlsafe_b64encode(("~~~?" + text).encode()).decode().rstrip("="),
    "base64 in json": lambda text: json.dumps([{"body": base64.b64encode(json.dumps({"v": text}).encode()).decode()}]),
    "form": lambda text: f"a=1&note={quote_plus(text)}&z=",
    "query in a text": lambda text: f"GET /api/x?a=1&note={quote(text, safe='')} failed",
    "percent": lambda text: quote(quote(text, safe=""), safe=""),
    "xml": lambda text: f"<a><b>{text.replace('&', '&amp;')}</b></a>",
    "cdata": lambda text: f"<?xml version='1.0'?><a><![CDATA[{text}]]></a>",
    "csv": lambda text: f'id,note\r\n1,"{text.replace(chr(34), chr(34) * 2)}"\r\n',
    "log line": lambda text: f"2025-03-11T09:15:02Z ERROR could not use {text} (try 2)",
    "multipart": lambda text: f'--b7\r\nContent-Disposition: form-data; name="note"\r\n\r\n{text}\r\n--b7--\r\n',
    "envelope": lambda text: json.dumps(
        {"Data": {"job": json.dumps(json.dumps({"note": text}))}, "Metadata": {"note": json.dumps(text), "sys": {}}}
    ),
    "fc message": lambda text: json.dumps(
        [{"data": {"messageBody": base64.b64encode(json.dumps({"n": text}).encode()).decode()}}], separators=(",", ":")
    ),
    "jwt": lambda text: jwt({"sub": "1", "note": text}),
    "python": lambda text: repr({"note": text, "n": None}),
}
"""What a text can be wrapped in."""

BYTE_WRAPPINGS: Mapping[str, Callable[[str], bytes]] = {
    "gzip": lambda text: gzip.compress(json.dumps({"a": text}).encode(), mtime=0),
    "utf-16": lambda text: ("\ufeff" + json.dumps({"a": text})).encode("utf-16-le"),
    "bom": lambda text: b"\xef\xbb\xbf" + json.dumps({"a": text}).encode(),
    "latin-1": lambda text: json.dumps({"name": "Zoë", "a": text}, ensure_ascii=False).encode("latin-1"),
}


def forms_left(record: Record, text: str) -> Iterator[str]:
    """The forms in which ``text`` is still somewhere in ``record``."""
    whole = repr(record).encode() + msgpack.packb(_plain(record), unicode_errors="surrogatepass")
    for body in _unpacked(_plain(record)):
        whole += b"\n" + body
    for name, form in _forms(text):
        if form in whole:
            yield f"{name}: {form!r}"


def _forms(text: str) -> Iterator[tuple[str, bytes]]:
    data = text.encode()
    yield "raw", data
    yield "lower", data.lower()
    yield "url-encoded", quote(text, safe="").encode()
    yield "json", json.dumps(text)[1:-1].encode()
    yield "hex", data.hex().encode()
    yield "utf-16", text.encode("utf-16-le")
    for shift in range(3):
        core = base64.b64encode(b"\0" * shift + data)[(0, 2, 3)[shift] :].rstrip(b"=")[:-1]
        yield f"base64+{shift}", core
        yield f"url-safe+{shift}", core.translate(bytes.maketrans(b"+/", b"-_"))


def _plain(value: object) -> object:
    if hasattr(value, "__dataclass_fields__"):
        return [_plain(getattr(value, name)) for name in value.__dataclass_fields__]
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _unpacked(value: object) -> Iterator[bytes]:
    if isinstance(value, list):
        for part in value:
            yield from _unpacked(part)
    elif isinstance(value, bytes) and value.startswith(b"\x1f\x8b"):
        yield gzip.decompress(value)
