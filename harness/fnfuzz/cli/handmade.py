"""An event made by hand from the options of ``fnfuzz invoke``, on the ground of a typical one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.cli.stops import Stop
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = ["Wishes", "handmade_event"]

_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_FITS: Mapping[str, tuple[str, ...]] = {
    "method": ("http",),
    "path": ("http",),
    "query": ("http",),
    "header": ("http",),
    "message": ("queue",),
    "blob-name": ("blob",),
    "content-type": ("http", "blob"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options say; None or empty for an option that was not given. ``data`` is the payload of any trigger."""

    data: bytes | None = None
    method: str | None = None
    path: str | None = None
    query: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    message: bytes | None = None
    blob_name: str | None = None
    content_type: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the options that were given."""
        names = ("data", *_FITS)
        return tuple(name for name in names if getattr(self, name.replace("-", "_")) not in (None, ()))


def handmade_event(function: Function, wishes: Wishes) -> Event:
    """The event for ``function``. Raises Stop for an option that does not fit its trigger."""
    for name in wishes.given:
        fits = _FITS.get(name)
        if fits is not None and function.trigger not in fits:
            raise Stop(f"--{name} is for {' and '.join(fits)} functions; {function.name} is fed by {function.trigger}")
    for text in (wishes.method, wishes.path, *wishes.query, *wishes.header, wishes.blob_name, wishes.content_type):
        _check_text(text)
    event = typical_event(function)
    return _MAKERS[type(event)](event, function, wishes)


def _http(event: HttpEvent, function: Function, wishes: Wishes) -> Event:
    path, _, query = (wishes.path or event.path).partition("?")
    pairs = (*parse_qsl(query, keep_blank_values=True), *(_pair(text, "=", "--query") for text in wishes.query))
    named = tuple(_pair(text, ":", "--header") for text in wishes.header)
    if wishes.content_type is not None:
        named = (*named, ("Content-Type", wishes.content_type))
    body = event.body if wishes.data is None else wishes.data
    return HttpEvent(
        method=_method(event, function, wishes),
        path="/" + quote(path, safe=_PATH_SAFE).removeprefix("/"),
        query=tuple(pairs),
        headers=_merged(event.headers, named),
        body=b"" if wishes.method in ("GET", "HEAD") and wishes.data is None else body,
    )


def _method(event: HttpEvent, function: Function, wishes: Wishes) -> str:
    if wishes.method:
        return wishes.method.upper()
    posts = not function.methods or "POST" in (item.upper() for item in function.methods)
    return "POST" if wishes.data is not None and posts else event.method


def _merged(usual: Pairs, named: Pairs) -> Pairs:
    """The usual headers without those that were named, then the named ones."""
    names = {name.lower() for name, _ in named}
    return (*(pair for pair in usual if pair[0].lower() not in names), *named)


def _queue(event: QueueEvent, function: Function, wishes: Wishes) -> Event:
    if wishes.data is not None and wishes.message is not None:
        raise Stop("--data and --message both give the message; leave one out")
    text = wishes.message if wishes.message is not None else wishes.data
    return event if text is None else replace(event, message=text)


def _blob(event: BlobEvent, function: Function, wishes: Wishes) -> Event:
    return replace(
        event,
        name=wishes.blob_name or event.name,
        content=event.content if wishes.data is None else wishes.data,
        content_type=wishes.content_type or event.content_type,
    )


def _timer(event: TimerEvent, function: Function, wishes: Wishes) -> Event:
    if wishes.data is None:
        return event
    try:
        return replace(event, payload=wishes.data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Stop(f"--data: a timer's payload is text, but this is not UTF-8 at byte {error.start}") from error


def _raw(event: RawEvent, function: Function, wishes: Wishes) -> Event:
    return event if wishes.data is None else RawEvent(body=wishes.data)


_MAKERS: Mapping[type, Callable[[Any, Function, Wishes], Event]] = {
    HttpEvent: _http,
    QueueEvent: _queue,
    BlobEvent: _blob,
    TimerEvent: _timer,
    RawEvent: _raw,
}


def _pair(text: str, separator: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise Stop(f"{option} {text}: write it as NAME{separator}VALUE")
    if separator == ":" and any(letter in "\r\n\0" for letter in text):
        raise Stop(f"{option}: a header holds no line end and no NUL; no host sends such a one")
    return (name.strip(), value.strip()) if separator == ":" else (name, value)


def _check_text(text: str | None) -> None:
    try:
        (text or "").encode("utf-8")
    except UnicodeEncodeError as error:
        raise Stop("an option is not UTF-8; put such bytes into a file and give it with --data @FILE") from error
