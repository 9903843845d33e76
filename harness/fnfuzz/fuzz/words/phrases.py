"""What the handler says in words of its own source: a new one in an answer tells of a new way through the handler."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from fnfuzz.fuzz.words.literals import literals

__all__ = ["MOST_PHRASES", "phrases_in", "told"]

FILLED = re.compile(rb"\$?\{[^{}]*\}|%\(\w+\)\w|%[-+0-9.]*[a-zA-Z]|\\.")
"""What stands in a literal for a value."""

RUN = re.compile(rb"(?<![/A-Za-z\x80-\xff])[A-Za-z\x80-\xff][A-Za-z\x80-\xff' ,-]*+(?!/|\\*\"\s*:)")
"""Words with hardly anything but blanks between them; no names of JSON members, no media types."""

WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
LONGEST = 4
"""Words of a phrase that are looked at: what follows them may come from the event."""

SHORTEST, MOST_BYTES = 3, 300
"""Bytes of a literal."""

MOST_PHRASES = 2000
MOST_TOLD, MOST_WORDS = 4, 2
"""Phrases of one answer, and single words: what is full of them is a list of things."""

LOOKED_AT = 2048
"""Bytes of an answer in which phrases are looked for."""


def phrases_in(source: bytes) -> Iterator[bytes]:
    """The first words of every run of words in the literals of a source."""
    for literal, _ in literals(source):
        if not SHORTEST <= len(literal) <= MOST_BYTES:
            continue
        for run in RUN.findall(FILLED.sub(b"\0", literal)):
            words = WORD.findall(run)[:LONGEST]
            if words and len(words[0]) > 1:
                yield b" ".join(words)


def told(answer: bytes, phrases: frozenset[bytes], sent: Sequence[bytes]) -> tuple[bytes, ...]:
    """The phrases of the source in an answer, in their order; not those that were ``sent``: an echo says nothing."""
    spoken = _spoken(answer[:LOOKED_AT], phrases)
    return tuple(phrase for phrase, written in spoken if not any(written in part for part in sent))


@lru_cache(maxsize=1024)
def _spoken(answer: bytes, phrases: frozenset[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Phrases, each with how it is written in the answer."""
    found: dict[bytes, bytes] = {}
    left, left_words = MOST_TOLD, MOST_WORDS
    for run in RUN.findall(answer):
        phrase, written = _phrase(run, phrases)
        if not phrase or phrase in found:
            continue
        if b" " in phrase:
            left -= 1
        elif left_words:
            left_words -= 1
        else:
            continue
        found[phrase] = written
        if not left:
            break
    return tuple(found.items())


def _phrase(run: bytes, phrases: frozenset[bytes]) -> tuple[bytes, bytes]:
    words = [*islice(WORD.finditer(run), LONGEST)]
    for count in range(len(words), 0, -1):
        phrase = b" ".join([word.group() for word in words[:count]])
        if phrase in phrases:
            return phrase, run[: words[count - 1].end()]
    return b"", b""
