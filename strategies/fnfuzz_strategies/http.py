"""HTTP events: what any client can send to a function's URL and the platform lets through."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import HttpEvent, Pairs
from fnfuzz_strategies.arguments import check_choices, check_count, check_strategy
from fnfuzz_strategies.payloads import MEDIA_TYPES, Payload, field_names, payloads, texts
from fnfuzz_strategies.routes import paths

__all__ = ["METHODS", "http_events"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ALL_METHODS = (*METHODS, "HEAD", "OPTIONS")
_BODYLESS = ("GET", "HEAD", "OPTIONS")
_MAX_BODY = 104_857_600  # azure-functions.md 5.5: the host answers 413 above

_TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"  # RFC 9110 5.6.2
_HEADERS = (
    ("Accept", "*/*"),
    ("Accept", "application/json, text/html;q=0.9, */*;q=0.1"),
    ("Accept", "nonsense"),
    ("User-Agent", "curl/8.5.0"),
    ("User-Agent", ""),
    ("Accept-Language", "pt-BR,pt;q=0.9,en;q=0.1"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
    ("Authorization", "Basic Og=="),
    ("Authorization", "Bearer"),
    ("Cookie", "session=1; theme=dark; broken; =x"),
    ("Cookie", "a=" + "b" * 4000),
    ("Origin", "null"),
    ("Referer", "https://example.com/a?b=c#d"),
    ("X-Forwarded-For", "203.0.113.9, 198.51.100.2"),
    ("X-Forwarded-For", "unknown"),
    ("X-Request-Id", "8e215af8-ca18-4249-8645-f96c10260001"),
    ("Idempotency-Key", "order-7"),
    ("If-None-Match", '"abc", W/"def"'),
    ("If-Modified-Since", "Thu, 29 Feb 2024 23:59:60 GMT"),
    ("Range", "bytes=0-0,-1"),
    ("x-lower-case", "1"),
)
_CONTENT_TYPES = sorted({name for names in MEDIA_TYPES.values() for name in names})


def http_events(
    *,
    methods: Collection[str] = METHODS,
    route: str = "{*path}",
    route_prefix: str = "api",
    bodies: SearchStrategy[bytes] | SearchStrategy[Payload] | None = None,
    max_body: int = 65536,
) -> SearchStrategy[HttpEvent]:
    """Requests for ``route`` under ``route_prefix`` (may be empty); the smallest is the first method without anything.

    ``bodies`` draws the bodies of the methods that carry one (not GET, HEAD, OPTIONS), bytes or payloads with a media
    type; ``max_body`` is in bytes. Header values are visible ASCII, since fronts differ on what becomes of other bytes.
    Path and query stay below 4 KiB and headers below 8 KiB in total, the lowest limits of the platforms
    (alibaba-fc.md 3.4). Raises ValueError for a wrong argument.
    """
    names = check_choices("methods", methods, _ALL_METHODS)
    check_count("max_body", max_body, low=0, high=_MAX_BODY)
    carriers = [name for name in names if name not in _BODYLESS]
    where = paths(route=route, route_prefix=route_prefix)
    if bodies is None:
        drawn, empty_ones = payloads(max_size=max_body), list(names)
    else:
        drawn = check_strategy("bodies", bodies).map(_as_payload).filter(lambda found: len(found.content) <= max_body)
        empty_ones = [name for name in names if name in _BODYLESS]
        if not carriers:
            raise ValueError(f"bodies: none of the methods {', '.join(names)} carries a body")
    empty = st.builds(Payload, st.sampled_from(["", *_CONTENT_TYPES]), st.just(b""))
    bodiless = _requests(empty_ones, where, st.one_of(st.just(Payload("", b"")), empty))
    return st.one_of([bodiless] * bool(empty_ones) + [_requests(carriers, where, drawn)] * bool(carriers))


def _requests(
    methods: list[str], where: SearchStrategy[str], bodies: SearchStrategy[Payload]
) -> SearchStrategy[HttpEvent]:
    return (
        st.builds(_request, st.sampled_from(methods), where, _queries(), _header_lists(), bodies)
        if methods
        else st.nothing()
    )


def _request(method: str, path: str, query: Pairs, headers: Pairs, payload: Payload) -> HttpEvent:
    if payload.media_type:
        headers = (("Content-Type", payload.media_type), *headers)
    return HttpEvent(method=method, path=path, query=query, headers=headers, body=payload.content)


def _as_payload(body: object) -> Payload:
    if isinstance(body, bytes):
        return Payload("", body)
    if isinstance(body, Payload):
        return body
    raise ValueError(f"bodies: drew {body!r}, which is neither bytes nor a Payload")


def _queries() -> SearchStrategy[Pairs]:
    """Decoded pairs; names are never empty, and may come twice."""
    pairs = st.lists(st.tuples(field_names().filter(bool), texts(max_size=40)), max_size=3)
    twice = st.tuples(st.sampled_from(("id", "tag")), texts(max_size=12), texts(max_size=12))
    return st.one_of(pairs.map(tuple), twice.map(lambda drawn: ((drawn[0], drawn[1]), (drawn[0], drawn[2]))))


def _header_values() -> SearchStrategy[str]:
    """Visible ASCII with blanks inside; a parser would take blanks off the ends."""
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip)


def _header_lists() -> SearchStrategy[Pairs]:
    """Headers without framing, Host or hop-by-hop fields; only ``X-Tag`` comes more than once."""
    custom = st.tuples(st.text(_TOKEN, min_size=1, max_size=12).map(lambda name: f"X-My-{name}"), _header_values())
    several = st.lists(st.one_of(st.sampled_from(_HEADERS), custom), max_size=5, unique_by=lambda pair: pair[0].lower())
    repeated = st.lists(_header_values(), max_size=3).map(lambda values: [("X-Tag", value) for value in values])
    return st.builds(lambda first, more: (*first, *more), several, repeated)
