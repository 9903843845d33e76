"""The quick look: most texts hold nothing to replace, and that must cost next to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from fnfuzz.corpus.redaction.encoded import TOKEN, base64_bytes, text_of
from fnfuzz.corpus.redaction.names import NamePatterns
from fnfuzz.corpus.redaction.rules import RedactionRules
from fnfuzz.corpus.redaction.shape_spans import shape_spans
from fnfuzz.corpus.redaction.shapes import CARD, IBAN

__all__ = ["Suspicion", "parts_of"]

REMEMBERED: Final = 20_000
LONGEST_REMEMBERED: Final = 200
LAST_WORDS: Final = re.compile(r"(?i)[a-z](?: |\.|\]?\[)([a-z]+)\]?\\*[\"']?[ \t]*+[:=,;|\t\r\n]")
PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
UNSURE: Final = ("\\u", "\\/", "\\n", "\\r", "\\t")
PARTS: Final = re.compile(r"[/+]")
WORDS: Final = bytes(char if char > 127 or chr(char).isalnum() or char in b"+/_-" else 32 for char in range(256))
"""Names and base64 stay, everything else becomes space."""

FORMS: Final = bytes(48 if 48 <= char < 58 else 65 if 65 <= char < 91 else char for char in range(256))
"""Digits become zeros and capitals A, so that forms of numbers can be looked for."""

NUMBER_FORMS: Final = (b"0000000000000", b"0000 0000", b"0000-0000", b"AA00")
NO_BASE64: Final = re.compile(r"[0-9a-fA-F-]++|[a-z_-]++|[0-9_-]++|[A-Z_-]++|[A-Z]?[a-z]++(?:-[A-Z]?[a-z]++)*+")
"""Numbers, words, GUIDs and hashes."""

NO_NAME_OR_BASE64: Final = re.compile(rb"(?=[a-fA-F-]*+[0-9])[0-9a-fA-F-]{8,}+|[0-9_-]++|[0-9-]++T[0-9]++")
TELLING: Final = re.compile(
    r"\A(?i:bearer|basic|sharedkey|sharedkeylite)\Z|\APRIVATE\Z|(?:eyJ|eyA|ewo).{5}|AKIA|ASIA|AROA|AIDA|LTAI|\ASTS\Z|\ASG\Z"
    r"|gh[pousr]_|github_pat_|glpat-|xox|AIza|k_live|k_test|npm_|sk-|AzFu|AStE|ACRN|AIoT|\A[\w+/-]{86}\Z"
)
"""Words that may be, or begin, something that a shape is about."""

NO_NAME: Final = frozenset(b"0123456789-+/")
OPENINGS: Final = (b"\x1f\x8b\x08", b"\xff\xfe", b"\xfe\xff", b"--", b"{", b"[", b"<", b'"')
MARKS: Final = (
    b"@",
    b"eyJ",
    b"://",
    b"-----BEGIN",
    b"_",
    b"AKIA",
    b"ASIA",
    b"LTAI",
    b"STS.",
    b"AIza",
    b"SG.",
    b"sk-",
    b"xox",
)


class Suspicion:
    """``suspicious`` says no only to what is certainly harmless, and remembers that.

    It looks at the words of a text once: a word that is no telling name, begins no key and is no base64 stays quiet for
    ever. ``known`` is what must be replaced wherever it stands; while there is any, every text is suspicious.
    """

    def __init__(self, rules: RedactionRules) -> None:
        self.rules = rules
        self.shapes = rules.shapes()
        self.known: re.Pattern[str] | None = None
        self._own = [shape.pattern for shape in self.shapes if shape.rule.startswith("patterns.")]
        self._signed = tuple(shape for shape in self.shapes if shape.rule in ("email", "phone", "url-user"))
        self._patterns = NamePatterns.of(rules.names())
        self._last_words = frozenset(
            form for name in self._patterns.by_words if " " in name for form in _spellings(name.rpartition(" ")[2])
        )
        self._owners: dict[bytes, set[bytes]] = {}
        """For the last words of two: the first ones, by which an object with such a member may be called."""

        for first, last in (name.split(" ") for name in self._patterns.by_words if name.count(" ") == 1):
            for form in _spellings(last):
                self._owners.setdefault(form, set()).update(_spellings(first))
        self._names: dict[str, str] = {}
        self._clean: set[str] = set()
        self._quiet: set[bytes] = set()
        self._verdicts: dict[str, bool] = {}

    def begin(self) -> None:
        """Forget what belongs to the last record."""
        self._verdicts.clear()

    def rule_of(self, name: str) -> str:
        """``rule:kind`` for values under ``name``; ``keep`` for those that are left alone; empty for all others."""
        found = self._names.get(name)
        if found is None:
            found = self._patterns.find(name) or ""
            if len(self._names) >= REMEMBERED:
                self._names.clear()
            self._names[name] = found
        return found

    def suspicious(self, text: str) -> bool:
        """May there be something to replace in ``text``?"""
        if self.known is not None:
            return True
        if len(text) > LONGEST_REMEMBERED:
            found = self._verdicts.get(text)
            if found is None:
                found = self._verdicts[text] = self._look(text)
            return found
        if text in self._clean:
            return False
        found = self._look(text)
        if not found:
            self._remember(text)
        return found

    def _look(self, text: str) -> bool:
        data = text.encode("utf-8", "surrogatepass")
        words = set(data.translate(WORDS).split())
        return (
            ("%" in text and PERCENT.search(text) is not None)
            or ("\\" in text and any(mark in text for mark in UNSURE))
            or ("&" in text and ("&#" in text or "&quot;" in text or "&amp;" in text))
            or text.startswith("--")
            or (not self._quiet.issuperset(words) and any(map(self._speaks, words - self._quiet)))
            or (not self._last_words.isdisjoint(words) and (self._two_words(text) or self._owned(words)))
            or self._shaped(text, data)
            or "code=" in text
        )

    def _shaped(self, text: str, data: bytes) -> bool:
        """Does anything in it tell by its look what it is, and does not show in a single word?"""
        if ("@" in text or "+" in text or text[:1] == " ") and any(
            shape.pattern.search(text) for shape in self._signed
        ):
            return True
        form = data.translate(FORMS)
        for known in NUMBER_FORMS:
            if known in form:
                if CARD.search(text) or IBAN.search(text):
                    return True
                break
        return "Q~" in text or (bool(self._own) and any(pattern.search(text) for pattern in self._own))

    def _owned(self, words: set[bytes]) -> bool:
        """Are both of two words in it, though not beside each other?"""
        return any(not self._owners[word].isdisjoint(words) for word in words & self._owners.keys())

    def _two_words(self, text: str) -> bool:
        """Is there a name with a space in it?"""
        return any(word.lower().encode() in self._last_words for word in LAST_WORDS.findall(text))

    def _speaks(self, word: bytes) -> bool:
        """Is it a telling name, or base64 of something suspicious? What is not is remembered."""
        if (len(word) < 8 and word[0] in NO_NAME) or NO_NAME_OR_BASE64.fullmatch(word):
            return False
        text = word.decode("utf-8", "replace")
        signs = "/" in text or "+" in text
        found = any(map(self._tells, PARTS.split(text))) if signs else self._tells(text)
        found = found or TELLING.search(text) is not None or self._wraps(text)
        if not found and len(word) <= LONGEST_REMEMBERED:
            if len(self._quiet) >= REMEMBERED:
                self._quiet.clear()
            self._quiet.add(word)
        return found

    def _tells(self, part: str) -> bool:
        name = part.rstrip("0123456789-_")
        return 1 < len(name) < 128 and self.rule_of(name) not in ("", "keep")

    def _wraps(self, token: str) -> bool:
        """Is ``token``, or a part of it, base64 of something suspicious?"""
        runs = (token,) if token.isascii() else TOKEN.findall(token)
        return (
            len(token) > 7
            and not NO_BASE64.fullmatch(token)
            and any(self.inside(part) is not None for run in runs for _, part in parts_of(run))
        )

    def _remember(self, text: str) -> None:
        if len(self._clean) >= REMEMBERED:
            self._clean.clear()
        self._clean.add(text)

    def inside(self, token: str) -> str | bytes | None:
        """What base64 ``token`` holds, if that is suspicious."""
        data = base64_bytes(token)
        if data is None:
            return None
        text = text_of(data)
        if text is not None:
            return text if len(text) > 3 and self.suspicious(text) else None
        return data if len(data) > 15 and self.known_in_bytes(data) else None

    def known_in_bytes(self, data: bytes) -> bool:
        """May there be something to replace in bytes that are no UTF-8 text?"""
        if data.startswith(OPENINGS):
            return True
        if not any(mark in data for mark in MARKS):
            return False
        text = data.decode("utf-8", "surrogateescape")
        return bool(shape_spans(self.shapes, text, tuple(shape.rule for shape in self.shapes if shape.binary)))


def _spellings(word: str) -> Iterator[bytes]:
    for form in (word, f"{word}s"):
        yield from (form.encode(), form.title().encode(), form.upper().encode())


def parts_of(token: str) -> Iterable[tuple[int, str]]:
    """The token itself, then what stands between its signs that are not base64's when it is part of a path or name."""
    yield 0, token
    for sign in "/-_+":
        if sign not in token:
            continue
        at = 0
        for part in token.split(sign):
            if len(part) >= 8:
                yield at, part
            at += len(part) + 1
