"""Edits in values with a structure of their own: Authorization, cookies, connection strings, JWT."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from fnfuzz.corpus.redaction.encoded import base64_text, to_base64
from fnfuzz.corpus.redaction.json_text import json_edits
from fnfuzz.corpus.redaction.layers import PERCENT, Edit, applied, shifted
from fnfuzz.corpus.redaction.shapes import JWT, is_basic

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["STRUCTURED", "jwt_edits"]

Structured: TypeAlias = "Callable[[Finder, str, str, int], list[Edit]]"

SCHEME: Final = re.compile(r"\s*([A-Za-z][\w-]*) +(?=\S)")
FIELD: Final = re.compile(r"([\w-]+)=(?:\"([^\"]*)\"?|([^\s,;&\"]+))")
FIELDS_KEPT: Final = frozenset(
    [
        "realm",
        "algorithm",
        "uri",
        "qop",
        "nc",
        "opaque",
        "stale",
        "charset",
        "signedheaders",
        "version",
        "se",
        "st",
        "sp",
        "sv",
        "sr",
        "srt",
        "spr",
        "skn",
        "error",
        "scope",
        "headers",
    ]
)
"""Parts of an Authorization value that are no secret."""

PIECE: Final = re.compile(r"\s*([^=;]+)=(\"?)(.*)\2", re.DOTALL)
ATTRIBUTES: Final = frozenset({"path", "expires", "max-age", "domain", "samesite", "version", "priority", "comment"})
CONNECTION_KEPT: Final = frozenset(
    [
        "defaultendpointsprotocol",
        "endpointsuffix",
        "endpoint",
        "blobendpoint",
        "queueendpoint",
        "tableendpoint",
        "fileendpoint",
        "server",
        "database",
    ]
)


def authorization_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """The scheme stays."""
    scheme = SCHEME.match(text)
    start = scheme.end() if scheme else 0
    rest = text[start:]
    if JWT.fullmatch(rest.strip()):
        return shifted(jwt_edits(finder, rest, rule, depth), start)
    if scheme and scheme[1].lower() == "basic" and is_basic(rest.strip()):
        return shifted(basic_edits(finder, rest, rule, depth), start)
    fields = list(FIELD.finditer(rest))
    if not scheme or not fields or fields[0].start() or "=" in rest[:2]:
        return [(start, len(text), finder.replace(rest, rule, "secret"))]
    if not rest[fields[0].end() :].strip("= "):
        return [(start, len(text), finder.replace(rest, rule, "secret"))]
    edits: list[Edit] = []
    for field in fields:
        group = field.lastindex or 0
        if field[1].lower() not in FIELDS_KEPT and field[group]:
            layer = PERCENT.layer(field[group])
            found = [(0, len(layer.text), finder.replace(layer.text, rule, "secret"))]
            edits += shifted(layer.outward(found), start + field.start(group))
    return edits


def basic_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """User and password keep being that."""
    decoded = base64_text(text.strip())
    if decoded is None or ":" not in decoded:
        return [(0, len(text), finder.replace(text, rule, "secret"))]
    changed = applied(decoded, userinfo_edits(finder, decoded, rule, depth))
    return [(0, len(text), to_base64(changed.encode("utf-8", "surrogatepass"), text.strip()))]


def userinfo_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """``user:password``, either of which may be missing."""
    user, colon, password = text.partition(":")
    edits: list[Edit] = []
    for part, start, kind in ((user, 0, "words"), (password, len(user) + len(colon), "secret")):
        if part:
            layer = PERCENT.layer(part)
            edits += shifted(layer.outward([(0, len(layer.text), finder.replace(layer.text, rule, kind))]), start)
    return edits


def cookie_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """The names of cookies stay."""
    return _pieces(finder, text, rule, depth, frozenset())


def set_cookie_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """The name and the attributes stay."""
    return _pieces(finder, text, rule, depth, ATTRIBUTES)


def connection_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """Of ``name=value;name=value`` everything but the endpoints is replaced; of a URL what it says of a user."""
    if "=" not in text or "://" in text.partition("=")[0]:
        found = finder.find(text, depth + 1)
        return found or ([] if "://" in text else [(0, len(text), finder.replace(text, rule, "secret"))])
    return _pieces(finder, text, rule, depth, CONNECTION_KEPT)


def _pieces(finder: Finder, text: str, rule: str, depth: int, kept: frozenset[str]) -> list[Edit]:
    edits: list[Edit] = []
    at = 0
    for piece in text.split(";"):
        match = PIECE.match(piece)
        if match and (match[1].strip().lower() not in kept):
            layer = PERCENT.layer(match[3])
            if layer.text:
                found = finder.value(layer.text, f"{rule}:secret", depth + 1)
                edits += shifted(layer.outward(found), at + match.start(3))
        elif match and finder.suspicious(match[3]):
            edits += shifted(finder.find(match[3], depth + 1), at + match.start(3))
        elif not match and piece.strip() and not kept:
            edits.append((at, at + len(piece), finder.replace(piece, rule, "secret")))
        at += len(piece) + 1
    return edits


def jwt_edits(finder: Finder, text: str, rule: str, depth: int) -> list[Edit]:
    """The header stays, claims about somebody are replaced, and what signs or encrypts is replaced letter by letter."""
    parts = text.strip().split(".")
    edits: list[Edit] = []
    at = text.index(parts[0]) + len(parts[0]) + 1
    for place, part in enumerate(parts[1:]):
        claims = base64_text(part) if place == 0 and len(parts) == 3 else None
        found = json_edits(finder, claims, depth + 1, "claims" if finder.rules.on("claims") else "") if claims else None
        if part and claims is not None and found is not None:
            edits.append((at, at + len(part), to_base64(applied(claims, found).encode("utf-8", "surrogatepass"), part)))
        elif part:
            edits.append((at, at + len(part), finder.replace(part, rule, "secret")))
        at += len(part) + 1
    return edits


STRUCTURED: Final[Mapping[str, Structured]] = {
    "authorization": authorization_edits,
    "basic": basic_edits,
    "userinfo": userinfo_edits,
    "cookie": cookie_edits,
    "set-cookie": set_cookie_edits,
    "connection": connection_edits,
    "jwt": jwt_edits,
}
"""Kinds of values with an inside."""
