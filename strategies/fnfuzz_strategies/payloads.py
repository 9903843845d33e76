"""Bodies, messages and contents: JSON, text, forms, CSV, multipart, and plain bytes, nasty ones mixed in.

Nothing here knows a trigger. A payload may be malformed for its media type, since senders send that too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.traps import (
    BYTE_TRAPS,
    CSV_TRAPS,
    FORM_TRAPS,
    JSON_TRAPS,
    MALFORMED_JSON_TRAPS,
    NAME_TRAPS,
    NUMBER_TRAPS,
    SIZE_STEPS,
    TEXT_TRAPS,
    TIME_TRAPS,
)
from fnfuzz_strategies.arguments import check_count

__all__ = [
    "BOUNDARY",
    "FIELD_NAMES",
    "MEDIA_TYPES",
    "Payload",
    "csv_documents",
    "cut",
    "field_names",
    "form_bodies",
    "json_documents",
    "json_texts",
    "multipart_bodies",
    "number_texts",
    "payloads",
    "sized_contents",
    "text_payloads",
    "texts",
]

FIELD_NAMES = ("id", "name", "qty", "price", "email", "items", "status", "created", "tags", "note", "customer", "total")
MEDIA_TYPES: Mapping[str, tuple[str, ...]] = {
    "json": ("application/json", "application/json; charset=utf-8", "application/problem+json", "text/json"),
    "text": ("text/plain", "text/plain; charset=utf-8", "text/html", "application/xml"),
    "form": ("application/x-www-form-urlencoded",),
    "csv": ("text/csv",),
    "bytes": ("application/octet-stream", "image/png", "application/pdf", "application/gzip"),
}
BOUNDARY = "fnfuzz-boundary-3f9a"


@dataclass(frozen=True, slots=True)
class Payload:
    """Content and the media type that its sender claims; an empty ``media_type`` means none was given."""

    media_type: str
    content: bytes


def _traps(table: Mapping[str, str]) -> SearchStrategy[str]:
    return st.sampled_from(tuple(table.values()))


def texts(*, max_size: int = 60) -> SearchStrategy[str]:
    """Texts of at most ``max_size`` characters: words, Unicode and format traps, any Unicode."""
    check_count("max_size", max_size, low=0, high=1_000_000)
    words = st.text("abcdefghijklmnopqrstuvwxyz ", max_size=min(max_size, 12))
    traps = tuple(trap for trap in (*TEXT_TRAPS.values(), *TIME_TRAPS.values()) if len(trap) <= max_size)
    return st.one_of(words, st.sampled_from(traps), st.text(max_size=max_size))


def field_names() -> SearchStrategy[str]:
    """Names of object members and form fields: everyday ones, then traps."""
    return st.one_of(st.sampled_from(FIELD_NAMES), _traps(NAME_TRAPS), st.text(max_size=8))


def number_texts() -> SearchStrategy[str]:
    """JSON number tokens: small and large whole numbers, fractions, every boundary."""
    fractions = st.floats(allow_nan=False, allow_infinity=False).map(repr)
    return st.one_of(st.integers(0, 1000).map(str), st.integers().map(str), _traps(NUMBER_TRAPS), fractions)


def _quoted(texts: SearchStrategy[str]) -> SearchStrategy[str]:
    return st.tuples(texts, st.booleans()).map(lambda drawn: json.dumps(drawn[0], ensure_ascii=drawn[1]))


def _list_text(items: Iterable[str]) -> str:
    return "[" + ",".join(items) + "]"


def _object_text(members: Iterable[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


def _objects(values: SearchStrategy[str], max_size: int) -> SearchStrategy[str]:
    members = st.tuples(_quoted(field_names()), values)
    return st.lists(members, max_size=max_size, unique_by=lambda member: member[0]).map(_object_text)


def json_texts() -> SearchStrategy[str]:
    """JSON texts (RFC 8259), mostly objects, three levels deep at most save for the traps; the smallest is ``{}``.

    Built from tokens and not from Python values, so that numbers beyond a double are reached too.
    """
    scalars = st.one_of(st.sampled_from(("null", "true", "false")), number_texts(), _quoted(texts()))
    lists = st.lists(scalars, max_size=4).map(_list_text)
    inner = _objects(st.one_of(scalars, lists), 3)
    outer = _objects(st.one_of(scalars, lists, inner, st.lists(inner, max_size=3).map(_list_text)), 6)
    return st.one_of(outer, _traps(JSON_TRAPS), scalars, lists)


def json_documents() -> SearchStrategy[bytes]:
    """JSON texts in UTF-8."""
    return json_texts().map(str.encode)


def form_bodies() -> SearchStrategy[bytes]:
    """Bodies of application/x-www-form-urlencoded; a field may come twice."""
    fields = st.lists(st.tuples(field_names(), texts()), max_size=4)
    return st.one_of(fields.map(urlencode), _traps(FORM_TRAPS)).map(str.encode)


def _csv_text(rows: list[list[str]], line_end: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_end).writerows(rows)
    return out.getvalue()


def csv_documents() -> SearchStrategy[bytes]:
    """CSV with a header row and up to five rows of equal length, and the traps, which are not always that tidy."""
    cells = st.one_of(st.integers(0, 1000).map(str), texts(), _traps(NUMBER_TRAPS))
    tables = st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5).map(
            lambda rows: [list(FIELD_NAMES[:width]), *rows]
        )
    )
    written = st.builds(_csv_text, tables, st.sampled_from(("\r\n", "\n")))
    return st.one_of(written, _traps(CSV_TRAPS)).map(str.encode)


def _multipart(fields: list[tuple[str, bytes]], file: bytes | None) -> bytes:
    parts = [b'Content-Disposition: form-data; name="%b"\r\n\r\n%b' % (name.encode(), value) for name, value in fields]
    if file is not None:
        disposition = b'Content-Disposition: form-data; name="file"; filename="upload.bin"\r\n'
        parts.append(disposition + b"Content-Type: application/octet-stream\r\n\r\n" + file)
    dashes = b"--" + BOUNDARY.encode()
    return b"".join(dashes + b"\r\n" + part + b"\r\n" for part in parts) + dashes + b"--\r\n"


def multipart_bodies() -> SearchStrategy[bytes]:
    """Bodies of multipart/form-data with the boundary ``BOUNDARY``: text fields and at most one file."""
    fields = st.lists(st.tuples(st.sampled_from(FIELD_NAMES), texts().map(str.encode)), max_size=3)
    return st.builds(_multipart, fields, st.none() | _contents())


def _contents() -> SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=64), st.sampled_from(tuple(BYTE_TRAPS.values())))


def sized_contents(*, max_size: int) -> SearchStrategy[bytes]:
    """Contents of the sizes at which buffers end, up to ``max_size`` bytes: plain letters, or one JSON string."""
    sizes = st.sampled_from([step for step in SIZE_STEPS if step <= max_size])
    plain = sizes.map(lambda size: b"a" * size)
    strings = sizes.map(lambda size: b'"' + b"a" * (size - 2) + b'"' if size >= 2 else b"a" * size)
    return st.one_of(plain, strings)


def cut(content: bytes, size: int) -> bytes:
    """The first ``size`` bytes of ``content`` at most; what was UTF-8 stays UTF-8."""
    if len(content) <= size:
        return content
    end = size
    while end > max(0, size - 3) and content[end] & 0xC0 == 0x80:
        end -= 1
    return content[:end] if content[end] & 0xC0 != 0x80 else content[:size]


def text_payloads(*, max_size: int = 65536) -> SearchStrategy[bytes]:
    """UTF-8 contents of at most ``max_size`` bytes: JSON, malformed JSON, text, forms, CSV, size steps."""
    check_count("max_size", max_size, low=0, high=104_857_600)
    several = st.one_of(
        texts(max_size=200).map(str.encode),
        json_documents(),
        _traps(MALFORMED_JSON_TRAPS).map(str.encode),
        csv_documents(),
        form_bodies(),
        sized_contents(max_size=max_size),
    )
    return several.map(lambda content: cut(content, max_size))


def payloads(*, max_size: int = 65536) -> SearchStrategy[Payload]:
    """Payloads of at most ``max_size`` bytes with a media type, mostly the right one; the smallest is nothing."""
    check_count("max_size", max_size, low=0, high=104_857_600)
    every_type = sorted({name for names in MEDIA_TYPES.values() for name in names})

    def labelled(kind: str, contents: SearchStrategy[bytes]) -> SearchStrategy[Payload]:
        return st.builds(Payload, st.sampled_from(MEDIA_TYPES[kind]), contents)

    several = st.one_of(
        st.just(Payload("", b"")),
        labelled("json", json_documents()),
        labelled("text", texts(max_size=200).map(str.encode)),
        labelled("json", _traps(MALFORMED_JSON_TRAPS).map(str.encode)),
        labelled("form", form_bodies()),
        labelled("csv", csv_documents()),
        labelled("bytes", _contents()),
        multipart_bodies().map(lambda content: Payload(f"multipart/form-data; boundary={BOUNDARY}", content)),
        labelled("text", sized_contents(max_size=max_size)),
        st.builds(Payload, st.just(""), st.one_of(json_documents(), texts().map(str.encode), _contents())),
        st.builds(Payload, st.sampled_from(every_type), st.one_of(json_documents(), _contents())),
    )
    return several.map(lambda payload: Payload(payload.media_type, cut(payload.content, max_size)))
