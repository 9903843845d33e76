"""What counts as a secret in an exchange, and where it shows up again: in the logs or in the answer.

Azure: the function key in the query (``code``) or in ``x-functions-key``, and app settings that hold keys
(azure-functions.md 3.3).
Function Compute: the credentials of the function's role in the request's headers (alibaba-fc.md 3.3).
A text that the event carries elsewhere too is no evidence: a handler may give back what it was given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from urllib.parse import quote

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import HttpReply, HttpRequest, LineReply, Request
from fnfuzz.events import Event, HttpEvent, Pairs
from fnfuzz.frozen import quick_dataclass
from fnfuzz.host.exchange import Exchange

__all__ = ["Secret", "credentials", "function_keys", "leaks", "setting_secrets"]

SHORTEST = 16
"""Characters; a shorter text may appear anywhere by chance."""

KEY_QUERY = "code"
KEY_HEADER = "x-functions-key"
CREDENTIAL_HEADERS = frozenset({"x-fc-access-key-secret", "x-fc-security-token"})
CREDENTIAL_LENGTHS = frozenset(map(len, CREDENTIAL_HEADERS))

PART = re.compile(r"(?:AccountKey|SharedAccessKey|Password|Pwd|ClientSecret|sig)=([^;&]{8,})", re.IGNORECASE)
NAMES = re.compile(r"key|secret|password|passwd|pwd|token|credential", re.IGNORECASE)
HARMLESS = re.compile(r"instrumentationkey|key_?id$|vault_?(uri|url|name)", re.IGNORECASE)
OPAQUE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s/\\]\S+")


@quick_dataclass(frozen=True)
class Secret:
    """``name`` tells people which one; ``text`` itself is never shown."""

    name: str
    text: str


def function_keys(function: Function, event: Event) -> Iterator[Secret]:
    """The function keys that the client sent. ``code`` is an ordinary parameter where the function needs no key."""
    if not isinstance(event, HttpEvent):
        return
    if needs_key(function):
        for name, value in event.query:
            if name == KEY_QUERY and _long(value):
                yield Secret("the function key in the query (code)", value)
    for name, value in event.headers:
        if name.lower() == KEY_HEADER and _long(value):
            yield Secret("the function key in x-functions-key", value)


def needs_key(function: Function) -> bool:
    """Does the host ask callers for a key? ``authLevel`` is ``function`` where it is not set."""
    binding = function.trigger_binding
    level = binding.options.get("authLevel") if binding is not None else None
    return str(level or "function").lower() in ("function", "admin")


def credentials(request: Request) -> Iterator[Secret]:
    """The credentials that Function Compute puts into the request's headers."""
    if not isinstance(request, HttpRequest):
        return
    yield from _credentials(tuple([pair for pair in request.headers if len(pair[0]) in CREDENTIAL_LENGTHS]))


@lru_cache(maxsize=64)
def _credentials(headers: Pairs) -> tuple[Secret, ...]:
    return tuple(
        Secret(f"the value of {name}", value)
        for name, value in headers
        if name.lower() in CREDENTIAL_HEADERS and _long(value)
    )


def setting_secrets(settings: Mapping[str, str]) -> tuple[Secret, ...]:
    """The app settings that hold keys: parts of connection strings, and opaque values under a name that says so."""
    return _setting_secrets(tuple(settings.items()))


@lru_cache(maxsize=64)
def _setting_secrets(items: tuple[tuple[str, str], ...]) -> tuple[Secret, ...]:
    return tuple(
        Secret(f"the app setting {name}", text) for name, value in items for text in _secret_parts(name, value)
    )


def _secret_parts(name: str, value: str) -> list[str]:
    if HARMLESS.search(name) or "InstrumentationKey=" in value:
        return []
    parts = [text for text in PART.findall(value) if _long(text)]
    if parts:
        return parts
    opaque = NAMES.search(name) and OPAQUE.fullmatch(value) and "://" not in value
    return [value] if opaque and _long(value) else []


def leaks(secrets: Iterable[Secret], exchange: Exchange) -> Iterator[tuple[Secret, str]]:
    """Each secret that shows, with where: ``stdout``, ``stderr`` or ``answer``."""
    known = tuple(secrets)
    if not known:
        return
    places = {"stdout": exchange.stdout, "stderr": exchange.stderr, "answer": _answer(exchange)}
    # Handlers log little.
    if not any(map(_anywhere(known).search, filter(None, places.values()))):
        return
    for secret in known:
        found = [where for where, text in places.items() if any(form in text for form in _forms(secret.text))]
        if found and not _carried_elsewhere(secret, exchange.event):
            yield from ((secret, where) for where in found)


@lru_cache(maxsize=64)
def _anywhere(secrets: tuple[Secret, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(form) for secret in secrets for form in sorted(_forms(secret.text))))


@lru_cache(maxsize=64)
def _forms(text: str) -> set[bytes]:
    """The ways in which a text is commonly written down: bare, in JSON, in a URL."""
    in_json = json.dumps(text)[1:-1]
    return {form.encode() for form in (text, in_json, in_json.replace("/", "\\/"), quote(text, safe=""), quote(text))}


def _answer(exchange: Exchange) -> bytes:
    reply = exchange.observed.reply
    if isinstance(reply, HttpReply):
        return reply.body + _values(reply.headers)
    return b"\n".join(reply.lines) if isinstance(reply, LineReply) else b""


@lru_cache(maxsize=64)
def _values(headers: Pairs) -> bytes:
    return b"".join(b"\n" + value.encode("utf-8", "replace") for _, value in headers)


def _carried_elsewhere(secret: Secret, event: Event) -> bool:
    text = secret.text.encode()
    if not isinstance(event, HttpEvent):
        return any(text in part for part in _parts(event))
    pairs = [value for name, value in event.query if name != KEY_QUERY]
    pairs += [value for name, value in event.headers if name.lower() != KEY_HEADER]
    return any(secret.text in value for value in (event.path, *pairs)) or text in event.body


def _parts(event: Event) -> Iterator[bytes]:
    for field in fields(event):
        value = getattr(event, field.name)
        yield value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@lru_cache(maxsize=64)
def _long(text: str) -> bool:
    return len(text) >= SHORTEST and len(set(text)) >= 6
