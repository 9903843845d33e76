"""Does a command print what its page shows? Blanks count as one, and what varies from run to run does not count."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["plain", "same", "without_progress"]

PROGRESS = re.compile(
    r"^(?:[\d:.]+ ?(?:s|min|h)\b[^\n]*, [\d,]+(?: of [\d,]+)? cases?\b[^\n]*"  # of a run
    r"|[\w' -]+: [\d,]+ [^\n]*, \d+ s)\n?",  # of everything else that lasts
    re.MULTILINE,
)

MASKS = tuple(
    (re.compile(pattern, re.MULTILINE), name)
    for pattern, name in (
        (r"^[ ~^]*[~^][ ~^]*$", ""),  # marks below a line of source; every Python has its own
        (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
        (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", "TIME"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "ID"),
        (r"\b1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}\b", "ID"),  # of a request of Function Compute
        (r"\b(?:[0-9a-f]{12}|[0-9a-f]{32})\b", "RECORD"),
        (r"\b(\d+(?:\.\d+){3}|localhost|\[::1\]):\d{4,5}\b", r"\1:PORT"),
        (r"\bport \d{4,5}\b", "port PORT"),
        (r"\bPython/3[.\d]+", "Python/3"),
        (r"\bBaseHTTP/[.\d]+", "BaseHTTP/0"),
        (r"\bfnfuzz[ /]\d+\.\d+\S*", "fnfuzz VERSION"),
        (r"\b\d[\d,]*\s+\d+ %", "SHARE"),
        (r"(?<![\w.])\d[\d,]*(?:\.\d+)?\s?(?:µs|us|ms|s|min|h|MB|KB|kB|MiB)\b", "MEASURE"),
        (r"\(?(?<![\w.])\d[\d,.]*(?:/s| a second)\)?", "RATE"),
        (r"\b(?:once|twice|\d[\d,]* times)\b", "TIMES"),
        (r"(?<![\w.])\d[\d,]* (case|behaviour|restart|event|byte|exchange|try|trie)(?:s\b|\b)", r"N \1"),
        (r"(--max-cases|--seed) *\d+", r"\1 N"),
    )
)


def without_progress(text: str) -> str:
    """``text`` without the lines that say now and then how far something is."""
    return PROGRESS.sub("", text)


def plain(text: str) -> str:
    """``text`` without what varies, every stretch of white space as one blank."""
    text = without_progress(text)
    for mask, name in MASKS:
        text = mask.sub(name, text)
    return " ".join(text.split())


def same(shown: Sequence[str], printed: str) -> bool:
    """Is ``printed`` what a page shows? ``...`` in it stands for anything."""
    pieces = [plain(piece) for piece in "\n".join(shown).split("...")]
    pattern = r"\s*.*?\s*".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, plain(printed), re.DOTALL) is not None
