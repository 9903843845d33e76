"""Which answers turn an event away, though their status says that all went well? A handler of messages, blobs and
events has no caller to give a 400 to: it says so in the answer, and what it says of a payload that nobody could take
has the form of all its refusals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks import typical_event
from fnfuzz.events import Event
from fnfuzz.fuzz.behaviour import Signature

__all__ = ["Form", "Refusals", "hopeless_events"]

Form: TypeAlias = frozenset[tuple[str, str]]
"""Where an answer has members, and what those say that tell how it went."""

HOPELESS = ("", "[]", '"x"')
WITHOUT_CALLER = frozenset(("queue", "blob", "raw"))
LOGS = frozenset(("Logs", "logs"))
STATES = frozenset(("state", "status", "result", "outcome", "code", "kind", "type", "action", "decision", "verdict"))
MAX_BODY, MAX_WORD, MAX_MEMBERS, DEEPEST = 16 * 1024, 24, 200, 8
MAX_KNOWN = 10_000


def hopeless_events(function: Function) -> tuple[Event, ...]:
    """Events with payloads that hardly any handler can take; none where a caller is told by the status."""
    if function.trigger not in WITHOUT_CALLER:
        return ()
    return tuple(typical_event(function, text) for text in HOPELESS)


class Refusals:
    """For one function. Nothing is a refusal as long as all answers are alike."""

    def __init__(self, form: Form | None = None, *, tells: bool = False) -> None:
        self.form = form
        """That of the answers to hopeless events; None where these are not answered alike."""

        self.tells = tells
        """Was there an answer of another form?"""

        self._known: dict[Signature, bool] = {}

    def begin(self, bodies: Sequence[bytes | None]) -> None:
        """Take the answers to all hopeless events, None for what was not answered well."""
        forms = {form_of(body) if body is not None else None for body in bodies}
        self.form = forms.pop() if len(forms) == 1 else None

    def has(self, seen: Signature, body: bytes, *, well: bool) -> bool:
        """Is this answer, which shows the behaviour ``seen``, a refusal? ``well`` where nothing else speaks against
        it.
        """
        if self.form is None:
            return False
        known = self._known.get(seen)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[seen] = form_of(body) == self.form
        self.tells = self.tells or (well and not known)
        return known and self.tells

    def is_one(self, seen: Signature) -> bool:
        """Is a behaviour that was shown a refusal?"""
        return self.tells and self._known.get(seen, False)


def form_of(body: bytes) -> Form | None:
    """The form of an answer; None when it has no members, or too many."""
    if not 0 < len(body) <= MAX_BODY:
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    found = frozenset(_members(value, "", DEEPEST))
    return found if 0 < len(found) <= MAX_MEMBERS else None


def _members(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return
    if isinstance(value, list) and depth:
        for item in value:
            yield from _members(item, f"{path}/*", depth - 1)
    elif isinstance(value, dict) and depth:
        for name, item in value.items():
            if not (depth == DEEPEST and name in LOGS):
                yield f"{path}/{name}", _said(name, item)
                yield from _members(item, f"{path}/{name}", depth - 1)


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= MAX_WORD and name.lower() in STATES):
        return repr(value)
    return ""
