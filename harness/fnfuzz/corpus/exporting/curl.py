"""A shell script with one curl command for each request. BASE names the handler."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Final

from fnfuzz.contracts.model import HttpRequest
from fnfuzz.corpus.exporting.model import Item, LeaveOut
from fnfuzz.corpus.exporting.web import web_request, why_not
from fnfuzz.corpus.shape import status

__all__ = ["as_curl"]

_HEAD: Final = """#!/bin/sh
# Requests recorded by fnfuzz. BASE is where the handler listens.
BASE="${BASE:-http://127.0.0.1:8080}"
"""
_ARGUMENT: Final = 32768
"""Bytes of a body that go into the command; others, and those with a NUL, go through a pipe as base64."""

_OWN: Final = ("User-Agent", "Accept", "Content-Type", "Expect")
"""Headers that curl adds by itself unless it is told otherwise."""


def as_curl(items: Iterable[Item], leave_out: LeaveOut) -> Iterator[str]:
    """A command for each request that a client can send."""
    yield _HEAD
    for name, record in items:
        request = web_request(record)
        reason = why_not(request)
        if request is None or reason:
            leave_out(name, reason)
            continue
        # json.dumps: a name with a line end must not end the comment.
        yield f"\n# {name} {json.dumps(record.function)} {status(record)}\n{_command(request)}\n"


def _command(request: HttpRequest) -> str:
    # Every value is a word of its own behind an option that reads no file, whatever the value begins with.
    words = ["curl", "--silent", "--show-error", "--http1.1", "--path-as-is", "--globoff"]
    words += ["--head"] if request.method == "HEAD" else ["--request", shlex.quote(request.method)]
    words += ["--request-target", shlex.quote(request.target)]
    given = {name.lower() for name, _ in request.headers}
    words += [f"--header {shlex.quote(_header(name, value))}" for name, value in request.headers]
    words += [f"--header '{name}:'" for name in _OWN if name.lower() not in given]
    if request.framing == "chunked":
        words.append("--header 'Transfer-Encoding: chunked'")
    before, after = "", ""
    if request.body or request.framing is not None:
        before, body, after = _body(request.body)
        words += body
    return f'{before}{" ".join(words)} "$BASE"{after}'


def _header(name: str, value: str) -> str:
    """curl takes a header without a value from ``NAME;``."""
    return f"{name}: {value}" if value else f"{name};"


def _body(data: bytes) -> tuple[str, list[str], str]:
    """What comes before curl, its options, and what follows the line."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if len(data) <= _ARGUMENT and "\0" not in text:
        return "", ["--data-raw", shlex.quote(text)], ""
    coded = base64.b64encode(data).decode("ascii")
    lines = "\n".join(coded[at : at + 76] for at in range(0, len(coded), 76))
    return "base64 -d <<'BODY' | ", ["--data-binary", "@-"], f"\n{lines}\nBODY"
