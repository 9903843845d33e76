"""Edits in texts of no format: log lines, error messages, URLs, and what nothing else understands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.defaults import QUERY_ONLY
from fnfuzz.corpus.redaction.encoded import TOKEN
from fnfuzz.corpus.redaction.form_text import code_rule
from fnfuzz.corpus.redaction.layers import JSON, PERCENT, Edit, shifted
from fnfuzz.corpus.redaction.shape_spans import Claims, shape_spans
from fnfuzz.corpus.redaction.shapes import OPAQUE

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["free_edits", "pair_edits", "path_secrets"]

PAIR: Final = re.compile(
    r"(?<![\w.\-\[\]])-{0,2}(?P<name>[^\W\d][\w.\-\[\]]*+)(?:\\*[\"'])?[ \t]*+[:=]>?[ \t]*+(?P<open>(?:\\*[\"'])?)"
)
WORDS_BEFORE: Final = re.compile(r"(?:[A-Za-z]+ ){1,3}\Z")
QUOTED: Final = {
    '"': re.compile(r'((?:[^"\\]++|\\.)*+)', re.DOTALL),
    "'": re.compile(r"((?:[^'\\]++|\\.)*+)", re.DOTALL),
}
BARE: Final = re.compile(r"((?:[^\s&;,\"'<>{}\[\]\\|]|,(?![\s]|\Z|[\w.-]{1,64}=))+)")
PHRASE: Final = re.compile(r"([^\r\n&;,\"'<>{}\[\]\\|=]+)")
LINE: Final = re.compile(r"([^\r\n\"']+)")
LINE_KINDS: Final = frozenset({"authorization", "cookie", "set-cookie", "connection"})
PHRASE_KINDS: Final = frozenset({"words", "date", "phone"})
PATH_PAIR: Final = re.compile(r"/([A-Za-z][\w.-]*+)(?=/([^/\s?#\"'<>&\\]{6,}+))")
EDGE: Final = r"\s\"'<>&=?/#;,\\"
PERCENT_WORD: Final = re.compile(rf"(?<![^{EDGE}])(?=[^{EDGE}%]*+%[0-9A-Fa-f]{{2}})[^{EDGE}]++")


def free_edits(finder: Finder, text: str, depth: int, claimed: Iterable[Edit] = ()) -> list[Edit]:
    """What to replace in ``text`` outside of what is ``claimed``, with that, in order."""
    edits = Claims(claimed)
    edits.add(pair_edits(finder, text, depth, edits))
    for start, end, kind in shape_spans(finder.shapes, text):
        if not edits.free(start, end):
            continue
        rule, _, kind = kind.rpartition(":")
        edits.add(shifted(finder.value(text[start:end], f"{rule}:{kind}", depth + 1), start))
    for start, end in path_secrets(finder, text):
        if edits.free(start, end):
            layer = PERCENT.layer(text[start:end])
            edits.add(shifted(layer.outward(finder.value(layer.text, "secret:secret", depth + 1)), start))
    if "%" in text:
        for word in PERCENT_WORD.finditer(text):
            layer = PERCENT.layer(word[0])
            if layer.offsets and edits.free(*word.span()) and finder.suspicious(layer.text):
                edits.add(shifted(layer.outward(finder.find(layer.text, depth + 1)), word.start()))
    for token in TOKEN.finditer(text):
        if edits.free(*token.span()):
            edits.add(shifted(finder.base64_edits(token[0], depth), token.start()))
    if finder.known is not None:
        for match in finder.known.finditer(text):
            if edits.free(*match.span()):
                edits.add([(*match.span(), finder.again(match[0]))])
    return edits.in_order()


def path_secrets(finder: Finder, text: str) -> list[tuple[int, int]]:
    """Segments of a path that follow one with a telling name, and look like a secret: ``/reset-token/Zk3..``."""
    if not finder.rules.on("secret"):
        return []
    return [
        match.span(2)
        for match in PATH_PAIR.finditer(text)
        if (rule := finder.rule_of(match[1])) and rule.endswith(":secret") and OPAQUE.search(match[2])
    ]


def pair_edits(finder: Finder, text: str, depth: int, claims: Claims) -> list[Edit]:
    """``name=value`` and ``name: value`` with a telling name, quoted or not."""
    edits: list[Edit] = []
    past = 0
    for pair in PAIR.finditer(text):
        if pair.start() < past:
            continue
        rule = _rule(finder, text, pair)
        if not rule:
            continue
        start, end = _span(text, pair, rule)
        if rule == "keep":
            past = end
            continue
        raw = text[start:end]
        if not raw.strip() or not claims.free(start, end):
            continue
        layer = PERCENT.layer(raw) if "%" in raw else JSON.layer(raw) if "\\" in raw else None
        inner = finder.value(layer.text if layer else raw, rule, depth + 1)
        edits += shifted(layer.outward(inner) if layer else inner, start)
        past = end
    return edits


def _rule(finder: Finder, text: str, pair: re.Match[str]) -> str:
    rule = finder.rule_of(pair["name"])
    if rule:
        return rule
    start = pair.start()
    if text[start - 1 : start] in ("?", "&"):
        first, last = _span(text, pair, QUERY_ONLY[1])
        if rule := code_rule(finder, pair["name"], text[first:last]):
            return rule
    before = WORDS_BEFORE.search(text, max(0, start - 40), start)
    return finder.rule_of(before[0] + pair["name"]) if before else ""


def _span(text: str, pair: re.Match[str], rule: str) -> tuple[int, int]:
    """Where the value of ``pair`` stands."""
    opened, start = pair["open"], pair.end()
    if len(opened) == 1:
        match = QUOTED[opened].match(text, start)
    elif opened:
        end = text.find(opened, start)
        return start, end if end >= 0 else len(text)
    else:
        kind = rule.rpartition(":")[2]
        match = (LINE if kind in LINE_KINDS else PHRASE if kind in PHRASE_KINDS else BARE).match(text, start)
    return match.span(1) if match else (start, start)
