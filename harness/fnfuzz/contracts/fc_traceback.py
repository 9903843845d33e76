"""Finds the error reports that a failed handler leaves in the body of its answer, and names the exception."""

from __future__ import annotations

import re

import orjson

__all__ = ["MARKERS", "exception_name", "reports_failure"]

MARKERS = (b"Traceback (most recent call last)", b"    at ", b'"stackTrace"')
"""What must be in a body that reports a failure; an event that holds the same may just be echoed."""

READ = 256 * 1024
NODE_FRAME = re.compile(r"\n +at [^\n]{1,400}:\d+:\d+\)?")
PYTHON_HEAD = "Traceback (most recent call last)"
PYTHON_LAST = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
NAMED = re.compile(r"\b([A-Za-z_][\w.]*(?:Error|Exception))\b")
NAME = re.compile(r"[A-Za-z_][\w.]{0,100}\Z")


def reports_failure(body: bytes) -> bytes | None:
    """The marker of a Python traceback, a Node stack or FC's own error document in ``body``, else None."""
    for marker in MARKERS:
        if marker not in body:
            continue
        if marker is MARKERS[0]:
            return marker
        if marker is MARKERS[1] and NODE_FRAME.search(_text(body)):
            return marker
        if marker is MARKERS[2] and "errorMessage" in _document(body) and "stackTrace" in _document(body):
            return marker
    return None


def exception_name(body: bytes) -> str:
    """The type of the exception that ``body`` reports, or an empty text."""
    declared = _document(body).get("errorType") if b'"errorType"' in body else None
    if isinstance(declared, str) and NAME.match(declared):
        return declared
    text = _text(body)
    at = text.find(PYTHON_HEAD)
    if at >= 0:
        found = [name for name in PYTHON_LAST.findall(text, at + len(PYTHON_HEAD) + 1) if name != "Traceback"]
        if found:
            return str(found[0])
    named = NAMED.search(text)
    return named[1] if named else ""


def _text(body: bytes) -> str:
    """The body as lines, whether bare, inside a JSON text or inside HTML."""
    text = body[:READ].decode("utf-8", "replace")
    return text.replace("\\n", "\n").replace("<br>", "\n").replace("&nbsp;", " ")


def _document(body: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
