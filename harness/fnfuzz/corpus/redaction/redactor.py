"""Redaction of whole records: every place in which an exchange can hold something that belongs to somebody."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from json import dumps
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote

from fnfuzz.contracts.model import Delivery, Fault, HttpReply, HttpRequest, LineReply, LineRequest, Reply, Request
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.redaction.blob_hash import changed_hash
from fnfuzz.corpus.redaction.content import LARGEST, coded, redacted_bytes
from fnfuzz.corpus.redaction.finder import Finder, Note
from fnfuzz.corpus.redaction.form_text import form_edits, query_rule
from fnfuzz.corpus.redaction.layers import applied, shifted
from fnfuzz.corpus.redaction.persons import is_name, is_person, of_person
from fnfuzz.corpus.redaction.rules import DEFAULT_RULES, RedactionRules
from fnfuzz.corpus.redaction.standins import StandIns
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = ["Redactor", "Tally"]

T = TypeVar("T")

MOST_KNOWN: Final = 200
LONGEST_KNOWN: Final = 1024
MOST_PAIRS, LONGEST_PAIR = 4096, 2048
"""Headers that are remembered, and characters of one at most: a token is long, and comes with each request."""

SHORT_NAME, SHORT_SECRET, SHORT_WORD = 4, 4, 7
"""Characters at least of a name with a capital, of a secret with more than small letters, and of one without."""


@dataclass(slots=True)
class Tally:
    """What became of the records so far. ``left_out`` counts bodies and texts that are replaced by a marker: too
    large, wrapped too deeply, or packed in a way that cannot be undone here."""

    records: int = 0
    changed: int = 0
    left_out: int = 0
    searched_again: int = 0


class Redactor:
    """Replaces secrets and personal data in records. The same key and rules always give the same stand-ins.

    ``record`` is a pure function; what is remembered only makes it faster. ``largest`` is how many bytes of one body
    are searched: a larger one is replaced by a marker with its size and a keyed digest, and counted in ``tally``.
    Not to be shared between threads.
    """

    def __init__(self, key: bytes, rules: RedactionRules = DEFAULT_RULES, *, largest: int = LARGEST) -> None:
        self.tally = Tally()
        self._stand_ins = StandIns(key)
        self._rules = rules
        self._largest = largest
        self._finder = Finder(rules, self._stand_ins)

    def record(self, record: Record) -> Record:
        """``record`` with stand-ins; the same object where there is nothing to replace."""
        self._finder.begin()
        walk = _Walk(self._finder, self._largest)
        result = walk.record(record)
        self.tally.left_out += self._finder.left_out
        if self._finder.replaced and self._rules.on("known"):
            result = self._again(record, result)
        self.tally.records += 1
        self.tally.changed += result is not record
        return result

    def explain(self, record: Record) -> list[Note]:
        """What each rule would do with ``record``: place, rule, kind of stand-in, length. No value is shown."""
        finder = Finder(self._rules, self._stand_ins)
        finder.noting = True
        result = _Walk(finder, self._largest).record(record)
        if finder.replaced and (known := _left(result, finder)):
            finder.known = known
            finder.notes.clear()
            _Walk(finder, self._largest).record(record)
        return finder.notes

    def _again(self, record: Record, result: Record) -> Record:
        """A value that has a telling name in one place is replaced in the others, too."""
        finder = self._finder
        finder.known = _left(result, finder)
        if finder.known is None:
            return result
        try:
            self.tally.searched_again += 1
            return _Walk(finder, self._largest).record(record)
        finally:
            finder.known = None


def _left(result: Record, finder: Finder) -> re.Pattern[str] | None:
    """A pattern for the replaced values that are still somewhere in ``result``, in whatever form."""
    replaced = finder.replaced
    changed = {old.strip(): (new.strip(), kind) for old, (new, kind) in replaced.items() if old != new}
    distinct = [old for old, (_, kind) in changed.items() if _distinct(old, kind)]
    if not distinct:
        return None
    texts = "\n".join(_texts(result))
    left = [old for old in distinct if any(form in texts for form in _forms(old))]
    if not left:
        return None
    for old in left:
        replaced.setdefault(old, changed[old])
    left.sort(key=len, reverse=True)
    return re.compile("|".join(_alone(old) for old in left[:MOST_KNOWN]))


def _distinct(text: str, kind: str) -> bool:
    """Can it not stand somewhere else by chance? An ordinary word can, and a number of a few digits; what is a secret,
    or somebody's name, may be shorter.
    """
    if not text or len(text) > LONGEST_KNOWN:
        return False
    signs = {_sign(char) for char in text[1:]} - {""}
    if kind == "words" and text[0].isupper() and len(text) >= SHORT_NAME:
        return True
    if kind == "secret" and not signs <= {"lower"} and len(text) >= SHORT_SECRET:
        return True
    if kind in ("secret", "words") and signs <= {"lower"}:
        return len(text) >= SHORT_WORD
    return len(text) >= 16 or (len(text) >= 8 and (len(signs) > 1 or signs <= {"digit"}))


def _sign(char: str) -> str:
    if char.isdigit():
        return "digit"
    return ("upper" if char.isupper() else "lower") if char.isalpha() else ""


def _alone(text: str) -> str:
    """A pattern for the text where it is no part of a longer word, nor a short number one of a date or a time."""
    if text.isdecimal() and len(text) < 8:
        return rf"(?<![^\W_])(?<![0-9][-.:/]){text}(?![^\W_])(?![-.:/][0-9])"
    return rf"(?<![^\W_]){re.escape(text)}(?![^\W_])"


def _forms(text: str) -> Iterator[str]:
    yield text
    if not text.isalnum():
        yield quote(text, safe="", errors="surrogateescape")
        yield dumps(text)[1:-1]
    data = text.encode("utf-8", "surrogatepass")
    for shift in range(3):
        encoded = binascii.b2a_base64(b"\0" * shift + data, newline=False)
        core = encoded[(0, 2, 3)[shift] : len(encoded) // 4 * 4 - 4].decode("ascii")
        if len(core) > 7:
            yield core


def _texts(record: Record) -> Iterator[str]:
    """All texts of a record that can hold a value."""
    request, reply = record.request, record.reply
    if isinstance(request, HttpRequest):
        yield request.target
        yield from (value for _, value in request.headers)
        yield request.body.decode("utf-8", "surrogateescape")
    elif isinstance(request, LineRequest):
        yield request.line.decode("utf-8", "surrogateescape")
    if isinstance(reply, HttpReply):
        yield reply.reason
        yield from (value for _, value in reply.headers)
        yield reply.body.decode("utf-8", "surrogateescape")
    elif isinstance(reply, LineReply):
        yield b"\n".join((*reply.lines, reply.partial, reply.stale)).decode("utf-8", "surrogateescape")
    if record.fault is not None:
        yield record.fault.message
        yield record.fault.raw.decode("utf-8", "surrogateescape")
    if record.event is not None:
        yield repr(record.event)
    yield record.function


RuleOf: TypeAlias = Callable[[Finder, str, str], str]
"""The rule for a pair of name and value."""


def _by_name(finder: Finder, name: str, value: str) -> str:
    return finder.rule_of(name)


def _by_name_of_person(finder: Finder, name: str, value: str) -> str:
    return of_person(name, finder.rule_of(name))


def _query_rule_of_person(finder: Finder, name: str, value: str) -> str:
    return of_person(name, query_rule(finder, name, value))


OF_A_PERSON: Final[Mapping[RuleOf, RuleOf]] = {_by_name: _by_name_of_person, query_rule: _query_rule_of_person}


class _Walk:
    """One way through one record. Every method gives back its own argument where nothing is to be replaced."""

    def __init__(self, finder: Finder, largest: int) -> None:
        self.finder = finder
        self.largest = largest
        self._bodies: dict[bytes, bytes] = {}

    def record(self, record: Record) -> Record:
        parts = {
            "function": self.at("function", self.text, record.function),
            "event": None if record.event is None else self.event(record.event),
            "delivery": None if record.delivery is None else self.delivery(record.delivery),
            "request": None if record.request is None else self.request(record.request),
            "reply": None if record.reply is None else self.reply(record.reply),
            "fault": None if record.fault is None else self.fault(record.fault),
        }
        return _with(record, **parts)

    # -- parts

    def request(self, request: Request) -> Request:
        if isinstance(request, LineRequest):
            return _with(request, line=self.body("request.line", request.line))
        body = self.body("request.body", request.body, request.headers)
        if hashes := changed_hash(request.body, body):
            self.finder.replaced[hashes[0]] = hashes[1], ""
        return _with(
            request,
            target=self.at("request.target", self.target, request.target),
            headers=self.headers("request.headers", request.headers, request.body, body),
            body=body,
        )

    def reply(self, reply: Reply) -> Reply:
        if isinstance(reply, LineReply):
            lines = tuple([self.body(f"reply.lines[{at}]", line) for at, line in enumerate(reply.lines)])
            return _with(
                reply,
                lines=reply.lines if lines == reply.lines else lines,
                partial=self.body("reply.partial", reply.partial),
                stale=self.body("reply.stale", reply.stale),
            )
        body = self.body("reply.body", reply.body, reply.headers)
        return _with(
            reply,
            reason=self.at("reply.reason", self.text, reply.reason),
            headers=self.headers("reply.headers", reply.headers, reply.body, body),
            body=body,
        )

    def fault(self, fault: Fault) -> Fault:
        message = self.at("fault.message", self.text, fault.message)
        return _with(fault, message=message, raw=self.raw(fault.raw))

    def raw(self, raw: bytes) -> bytes:
        """What was received of an answer: a head with header lines, or a part of one, or anything else."""
        head, gap, body = raw.partition(b"\r\n\r\n")
        if not gap or b":" not in head:
            return self.body("fault.raw", raw)
        new_head, new_body = self.body("fault.raw", head), self.body("fault.raw", body)
        return raw if (new_head, new_body) == (head, body) else new_head + gap + new_body

    def delivery(self, delivery: Delivery) -> Delivery:
        return _with(
            delivery,
            id=self.at("delivery.id", self.text, delivery.id),
            now=self.at("delivery.now", self.text, delivery.now),
            nonce=self.at("delivery.nonce", self.text, delivery.nonce),
        )

    def event(self, event: Event) -> Event:
        if isinstance(event, HttpEvent):
            return _with(
                event,
                path=self.at("event.path", self.target, event.path),
                query=self.pairs("event.query", event.query, query_rule),
                headers=self.pairs("event.headers", event.headers),
                body=self.body("event.body", event.body, event.headers),
            )
        if isinstance(event, QueueEvent):
            return _with(
                event,
                message=self.body("event.message", event.message),
                id=self.at("event.id", self.text, event.id),
                pop_receipt=self.at("event.pop_receipt", self.text, event.pop_receipt),
                attributes=self.pairs("event.attributes", event.attributes),
            )
        if isinstance(event, BlobEvent):
            return _with(
                event,
                name=self.at("event.name", self.text, event.name),
                content=self.body("event.content", event.content),
                content_type=self.at("event.content_type", self.text, event.content_type),
                metadata=self.pairs("event.metadata", event.metadata),
            )
        if isinstance(event, TimerEvent):
            return _with(event, payload=self.at("event.payload", self.text, event.payload))
        return _with(event, body=self.body("event.body", event.body)) if isinstance(event, RawEvent) else event

    # -- places

    def at(self, place: str, walk: Callable[[str], str], text: str) -> str:
        if not text:
            return text
        self.finder.trail[:] = [place]
        new = walk(text)
        return text if new == text else new

    def text(self, text: str) -> str:
        return self.finder.redacted(text)

    def target(self, target: str) -> str:
        """A path with its query."""
        path, sign, query = target.partition("?")
        if not self.finder.suspicious(path):
            edits = []
        else:
            edits = self.finder.find(path)
        if query and (self.finder.suspicious(query) or "=" in query):
            edits += shifted(form_edits(self.finder, query, 0), len(path) + len(sign))
        return applied(target, edits)

    def pairs(self, place: str, pairs: Pairs, rule_of: RuleOf = _by_name) -> Pairs:
        rules = (self.finder.rule_of(name) for name, _ in pairs)
        if any(is_name(name) for name, _ in pairs) and is_person(self.finder, rules):
            rule_of = OF_A_PERSON[rule_of]
        found = tuple([self.pair(place, name, value, rule_of) for name, value in pairs])
        return pairs if found == pairs else found

    def pair(self, place: str, name: str, value: str, rule_of: RuleOf) -> tuple[str, str]:
        finder = self.finder
        if finder.noting or finder.known is not None:
            return self._pair(place, name, value, rule_of)
        key = rule_of, name, value
        before = finder.pairs.get(key)
        if before is None:
            outer, finder.replaced = finder.replaced, {}
            left_out = finder.left_out
            before = self._pair(place, name, value, rule_of), finder.replaced
            finder.replaced = outer
            if finder.left_out == left_out and len(value) <= LONGEST_PAIR:
                if len(finder.pairs) >= MOST_PAIRS:
                    finder.pairs.clear()
                finder.pairs[key] = before
        new, replaced = before
        if replaced:
            finder.replaced.update(replaced)
        return new

    def _pair(self, place: str, name: str, value: str, rule_of: RuleOf) -> tuple[str, str]:
        finder = self.finder
        rule = rule_of(finder, name, value)
        if rule == "keep":
            return name, value
        if not value or (not rule and not finder.suspicious(value)):
            new = value
        else:
            finder.trail[:] = [place, name]
            new = applied(value, finder.value(value, rule) if rule else finder.find(value))
        if not name.isidentifier() and finder.suspicious(name):
            finder.trail[:] = [place]
            name = applied(name, finder.find(name))
        return name, new

    def headers(self, place: str, headers: Pairs, old: bytes, new: bytes) -> Pairs:
        found = self.pairs(place, headers)
        if len(old) == len(new):
            return found
        length = str(len(old))
        return tuple(
            [
                (name, str(len(new)) if name.lower() == "content-length" and value.strip() == length else value)
                for name, value in found
            ]
        )

    def body(self, place: str, body: bytes, headers: Pairs = ()) -> bytes:
        if not body:
            return body
        known = self._bodies.get(body)
        if known is not None and not self.finder.noting:
            return known
        self.finder.trail[:] = [place]
        coding = next((value for name, value in headers if len(name) == 16 and name.lower() == "content-encoding"), "")
        new = (
            coded(self.finder, body, coding, self.largest)
            if coding
            else redacted_bytes(self.finder, body, 0, self.largest)
        )
        new = body if new == body else new
        self._bodies[body] = new
        return new


def _with(value: T, **parts: object) -> T:
    """``value`` with ``parts`` exchanged, or itself if they are what it has."""
    for name, part in parts.items():
        if getattr(value, name) is not part:
            return replace(value, **parts)  # type: ignore[type-var]  # all of them are dataclasses
    return value
