"""What a record shows of a handler's behaviour, as short texts: two records with the same texts behave the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final

import orjson

from fnfuzz.contracts.model import HttpReply, LineReply
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.shape import SHAPE_LIMIT, member_name, shape, status, status_class, trigger

__all__ = ["Behaviours"]

MOST_WORDINGS: Final = 16
"""Different wordings at one place of an answer; where there are more it holds data, and they count as one."""

MOST_PLACES: Final = 10_000
"""Places of answers whose wordings are counted."""

_DEPTH: Final = 24
_NODES: Final = 4096
"""Values of one answer that are looked at."""

_LONGEST: Final = 200
_SHOWN: Final = 80
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_DIGITS: Final = re.compile(r"\d+")

_STATUS_MEMBERS: Final = frozenset(("status", "statuscode", "status_code"))
_WORD_MEMBERS: Final = frozenset(
    ("error", "errors", "message", "errormessage", "errortype", "reason", "detail", "title", "code", "kind", "state")
)
"""Members in which handlers say what they made of an event."""


class Behaviours:
    """Gives the behaviours of one record after the other; remembers how many wordings each place has had."""

    def __init__(self) -> None:
        self._wordings: dict[str, set[str]] = {}

    def of(self, record: Record) -> tuple[str, ...]:
        """The behaviours of ``record``, each once, always in the same order."""
        who = f"{record.function or '-'} ({record.contract or '-'})"
        return tuple(dict.fromkeys(f"{who}: {what}" for what in self._shown(record, who)))

    def _shown(self, record: Record, who: str) -> Iterator[str]:
        answered = status(record)
        kind = f"{trigger(record) or 'no event'}, {status_class(answered)}"
        yield f"{'request' if record.event is None else 'event'} of shape {shape(record)} ({kind})"
        yield f"status {answered}"
        if record.fault is not None:
            yield f"fault {record.fault.kind}"
        if record.exit is not None:
            yield f"the process ended with {record.exit}"
        yield from self._answered(record, who)

    def _answered(self, record: Record, who: str) -> Iterator[str]:
        reply = record.reply
        if isinstance(reply, HttpReply):
            kind = (reply.header("content-type") or "none").partition(";")[0].strip().lower()
            yield f"answer of type {kind[:_SHOWN]}"
            yield from self._payload(reply.body, who)
        elif isinstance(reply, LineReply):
            spoken = reply.answer is not None and 0 <= reply.answer < len(reply.lines)
            yield f"answer of {'more than one line' if len(reply.lines) > 1 else 'one line' if spoken else 'no line'}"
            yield from self._payload(reply.lines[reply.answer or 0] if spoken else b"", who)

    def _payload(self, body: bytes, who: str) -> Iterator[str]:
        if len(body) > SHAPE_LIMIT:
            yield "an answer that is large"
            return
        parsed = _parsed(body)
        if parsed is None and body != b"null":
            yield f"an answer that is {'empty' if not body else 'no JSON'}"
            return
        seen: Counter[str] = Counter()
        for place, value in _walk(parsed, "", _DEPTH, [_NODES]):
            seen[f"{place} {_kind(value)}"] += 1
            yield from self._said(place, value, who)
        yield f"an answer of shape {_hashed(sorted(seen))}"

    def _said(self, place: str, value: Any, who: str) -> Iterator[str]:
        name = place.removesuffix("[]").rpartition(".")[2].lower()
        if name in _STATUS_MEMBERS and isinstance(value, int):
            yield f"{place} is {value}" if 100 <= value <= 599 else f"{place} is some other number"
        elif name in _STATUS_MEMBERS | _WORD_MEMBERS and isinstance(value, str) and len(value) <= _LONGEST:
            yield self._wording(f"{who} {place}", place, value)

    def _wording(self, key: str, place: str, value: str) -> str:
        words = _DIGITS.sub("0", _QUOTED.sub("'...'", value))[:_SHOWN]
        if key not in self._wordings and len(self._wordings) >= MOST_PLACES:
            return "words at some other place"
        known = self._wordings.setdefault(key, set())
        if words not in known:
            if len(known) >= MOST_WORDINGS:
                return f"{place} says something else"
            known.add(words)
        return f'{place} says "{words}"'


def _walk(value: Any, place: str, depth: int, left: list[int]) -> Iterator[tuple[str, Any]]:
    """Every value with its place, also inside JSON that a text holds; ``left`` counts down."""
    left[0] -= 1
    if left[0] < 0 or not depth:
        return
    if isinstance(value, str):
        inside = _parsed(value.encode("utf-8", "surrogatepass")) if value[:1] in ("{", "[") else None
        if inside is not None:
            yield from _walk(inside, f"{place}<json>", depth - 1, left)
            return
    yield place or "the answer", value
    if isinstance(value, dict):
        for name, item in value.items():
            step = member_name(name)
            yield from _walk(item, f"{place}.{step}" if place else step, depth - 1, left)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, f"{place}[]", depth - 1, left)


def _kind(value: Any) -> str:
    return "float" if isinstance(value, float) else type(value).__name__


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _hashed(places: list[str]) -> str:
    return blake2b("\n".join(places).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
