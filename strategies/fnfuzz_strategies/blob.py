"""Blob events: objects that anyone who may write to a container or bucket can put there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import BlobEvent, Pairs
from fnfuzz.traps import BLOB_NAME_TRAPS
from fnfuzz_strategies.arguments import check_choice, check_count, check_strategy, check_text
from fnfuzz_strategies.payloads import Payload, payloads
from fnfuzz_strategies.times import iso_times

__all__ = ["blob_events"]

_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\\\\\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]"
)
_MAX_NAME = 1023
"""Bytes: OSS takes 1 to 1023 of them, Azure 1 to 1024 characters. A name within both is legal everywhere."""

_METADATA_NAMES: Mapping[str, Sequence[str]] = {
    "any": ("owner", "source", "checksum", "page2", "a" * 64),
    "azure": ("owner", "source", "checksum", "created_by", "_internal", "a" * 64),
    "oss": ("owner", "source", "checksum", "created-by", "2nd-page", "a" * 64),
}
"""Azure takes identifiers, Object Storage Service letters, digits and hyphens."""

_METADATA_VALUES = ("mira", "", "1", "a b", "a=b;c", "x" * 256, "=?UTF-8?B?8J+OiQ==?=")

_Part: TypeAlias = tuple[str, bool]
"""Text, and whether it is the name of a placeholder."""


def blob_events(
    *,
    path: str = "uploads/{name}",
    contents: SearchStrategy[bytes] | SearchStrategy[Payload] | None = None,
    max_content: int = 65536,
    metadata: bool = True,
    folders: bool = False,
    store: str = "any",
) -> SearchStrategy[BlobEvent]:
    """Objects whose names match ``path``, a container and a pattern with ``{placeholders}``.

    The smallest is empty and has the name ``a``. A path without a pattern means every name. With more than one
    placeholder, none of their values holds ``/`` or what stands between them, so that a name can be taken apart in one
    way only. ``contents`` draws bytes or payloads with a media type, ``max_content`` is in bytes. ``folders`` adds
    empty objects whose name ends in ``/``, as the OSS console makes them (alibaba-fc.md 6.2); the pattern must end in a
    placeholder to allow them. Names of metadata are those that ``store`` takes: ``azure``, ``oss``, or ``any`` for
    what both take.
    Raises ValueError for a wrong argument.
    """
    parts = _pattern(check_text("path", path))
    check_count("max_content", max_content, low=0, high=1024**3)
    names = _names(path, parts)
    if contents is None:
        drawn = payloads(max_size=max_content)
    else:
        drawn = check_strategy("contents", contents).map(_as_payload).filter(lambda p: len(p.content) <= max_content)
    named = _METADATA_NAMES[check_choice("store", store, tuple(_METADATA_NAMES))]
    pairs = _metadata(named) if metadata else st.just(())
    modified = st.one_of(st.just(BlobEvent().modified), iso_times())
    files = st.builds(_event, names, drawn, pairs, modified)
    if not folders:
        return files
    if not parts[-1][1]:
        raise ValueError(f"folders: no name that ends in '/' matches the path {path!r}")
    nothing = st.just(Payload("application/octet-stream", b""))
    return st.one_of(
        files, st.builds(_event, names.filter(_leaves_room).map(lambda n: f"{n}/"), nothing, st.just(()), modified)
    )


def _event(name: str, payload: Payload, metadata: Pairs, modified: str) -> BlobEvent:
    kind = payload.media_type or "application/octet-stream"
    return BlobEvent(name=name, content=payload.content, content_type=kind, metadata=metadata, modified=modified)


def _as_payload(content: object) -> Payload:
    if isinstance(content, bytes):
        return Payload("application/octet-stream", content)
    if isinstance(content, Payload):
        return content
    raise ValueError(f"contents: drew {content!r}, which is neither bytes nor a Payload")


def _pattern(path: str) -> tuple[_Part, ...]:
    """The part of ``path`` behind the container, in literals and placeholders."""
    _, _, pattern = path.strip("/").partition("/")
    parts: list[_Part] = []
    for token in _TOKEN.findall(pattern or "{name}"):
        if token in ("{", "}", "{}"):
            raise ValueError(f"path: {path!r} has a lone {token!r}; a literal brace is written twice")
        named = token.startswith("{") and token != "{{"
        text = token[1:-1] if named else token[0] if token in ("{{", "}}") else token
        parts.append((text, named))
    for before, after in pairwise(parts):
        if before[1] and after[1]:
            raise ValueError(f"path: {path!r} has two placeholders with nothing between them")
    literals = "".join(text for text, named in parts if not named)
    if _FORBIDDEN.search(literals):
        raise ValueError(f"path: {path!r} holds a character that no blob name may hold")
    return tuple(parts)


def _names(path: str, parts: tuple[_Part, ...]) -> SearchStrategy[str]:
    placeholders = [text for text, named in parts if named]
    literals = "".join(text for text, named in parts if not named)
    if not placeholders:
        return st.just(parts[0][0] if len(parts) == 1 else literals)
    room = (_MAX_NAME - len(literals.encode())) // len(placeholders)
    if room < 1:
        raise ValueError(f"path: {path!r} leaves no room in the {_MAX_NAME} bytes of a name")
    values = _values(room, separators=literals if len(placeholders) > 1 else None)
    drawn = st.tuples(*[values if named else st.just(text) for text, named in parts])
    return drawn.map("".join).filter(_is_name)


def _values(room: int, *, separators: str | None) -> SearchStrategy[str]:
    """Values of one placeholder, ``room`` bytes at most; with ``separators`` they hold none of those and no slash."""
    taken = set("/" + separators) if separators is not None else set()
    letters = "".join(ch for ch in "abcdefghijklmnopqrstuvwxyz" if ch not in taken)
    words = st.text(letters or "0123456789", min_size=1, max_size=min(8, room // 2 or 1))
    traps = [trap for trap in BLOB_NAME_TRAPS.values() if len(trap.encode()) <= room and not taken & set(trap)]
    alphabet = st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"], exclude_characters={"/", "\\", *taken}
    )
    several = [words, st.text(alphabet, min_size=1, max_size=max(1, min(30, room // 4)))]
    if traps:
        several.append(st.sampled_from(traps))
    if separators is None and room >= 40:
        several.append(st.lists(words, min_size=2, max_size=4).map("/".join))
    return st.one_of(several)


def _is_name(name: str) -> bool:
    """Legal in both stores: no empty, dotted-out or dot-ending segment, no control character, not too long."""
    segments = name.split("/")
    tidy = all(segment and not segment.endswith(".") for segment in segments)
    return tidy and _FORBIDDEN.search(name) is None and len(name.encode()) <= _MAX_NAME


def _leaves_room(name: str) -> bool:
    return len(name.encode()) < _MAX_NAME


def _metadata(names: Sequence[str]) -> SearchStrategy[Pairs]:
    """Names are in lower case, values visible ASCII, as both stores take them."""
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(_METADATA_VALUES))
    return st.lists(pairs, max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
