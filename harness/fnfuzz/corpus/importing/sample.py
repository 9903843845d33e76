"""A first look at a file: what it begins with, and which members its first JSON value has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import orjson

__all__ = ["HEAD", "Kind", "Sample", "look"]

HEAD = 256 * 1024
MAX_TOKENS = 20_000
LEVELS = 4
LINES = (".ndjson", ".jsonl")
OPENING, CLOSING = ("{", "["), ("}", "]")
TOKEN = re.compile(r"\s*(\"[^\"\\]*(?:\\.[^\"\\]*)*\"|[{}\[\],:]|[^\s{}\[\],:\"]+)", re.DOTALL)
REQUEST_LINE = re.compile(rb"[A-Z]{3,16} [!-~]{1,8000}( HTTP/1\.[01])?\r?\n")

Kind: TypeAlias = Literal["folder", "avro", "array", "object", "lines", "http", "other", "empty"]


@dataclass(frozen=True, slots=True)
class Sample:
    """``members`` are the first value's members down to four levels, by dotted names, arrays passed through.

    A member's value is its first scalar, or None for an object or array.
    """

    path: Path
    kind: Kind
    members: Mapping[str, object] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Are all of these members there?"""
        return all(name in self.members for name in names)

    def text(self, name: str) -> str:
        """The first text of a member, or an empty one."""
        value = self.members.get(name)
        return value if isinstance(value, str) else ""


def look(path: Path, head: bytes | None = None) -> Sample:
    """The sample of a file whose first bytes are ``head``, or of a folder without any."""
    if head is None:
        return Sample(path, "folder")
    head = _utf8(head)
    start = head.lstrip()[:1]
    if not start:
        return Sample(path, "empty")
    if head.startswith(b"Obj\x01"):
        return Sample(path, "avro")
    if start in (b"{", b"["):
        members = _members(head)
        if members is not None:
            return Sample(path, _json_kind(path, start, head), members)
    if path.suffix.lower() in LINES:
        return Sample(path, "lines")
    return Sample(path, "http" if REQUEST_LINE.match(head) else "other")


def _utf8(head: bytes) -> bytes:
    """As ``Utf8`` reads it; the last character may be cut off."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16-le" if head[:1] == b"\xff" else "utf-16-be"
        return head[2:].decode(encoding, "replace").encode("utf-8", "replace")
    return head.removeprefix(b"\xef\xbb\xbf")


def _json_kind(path: Path, start: bytes, head: bytes) -> Kind:
    if path.suffix.lower() in LINES:
        return "lines"
    if start == b"[":
        return "array"
    first, _, rest = head.lstrip().partition(b"\n")
    return "lines" if rest.lstrip()[:1] == b"{" and first.rstrip()[-1:] == b"}" else "object"


def _members(head: bytes) -> dict[str, object] | None:
    """None for what is no JSON from the start; what is cut off, or wrong further on, ends the look."""
    found: dict[str, object] = {}
    trail: list[str] = []  # the key that is read in each open object
    arrays: list[bool] = []  # of each open container
    text = head.decode("utf-8", "replace")
    seen = at = 0
    name_next = False
    while (seen == 0 or arrays) and seen < MAX_TOKENS and (match := TOKEN.match(text, at)):
        token, at, seen = match[1], match.end(), seen + 1
        if token in OPENING:
            arrays.append(token == "[")
            trail += [""] if token == "{" else []
        elif token in CLOSING:
            if not arrays.pop() and trail:
                trail.pop()
        elif name_next and trail:
            trail[-1] = str(_scalar(token))[:200]
            _note(found, trail, None)
        elif token not in ",:":
            _note(found, trail, _scalar(token))
        name_next = token in "{," and bool(arrays) and not arrays[-1]
    return found if seen > 1 else None


def _note(found: dict[str, object], trail: list[str], value: object) -> None:
    """Keep the first scalar of a member."""
    if trail and len(trail) <= LEVELS and found.get(".".join(trail)) is None:
        found[".".join(trail)] = value


def _scalar(token: str) -> object:
    try:
        return orjson.loads(token)
    except orjson.JSONDecodeError:
        return None
