"""Values that tell by their look what they are, wherever they stand in a text.

Every pattern is linear: no two parts of it can take the same character in turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fnfuzz.corpus.redaction.checksums import is_card, is_iban
from fnfuzz.corpus.redaction.encoded import base64_text

__all__ = [
    "CARD",
    "EMAIL",
    "GUID",
    "HEXADECIMAL",
    "IBAN",
    "JWT",
    "PHONE",
    "PREFIXED",
    "SHAPES",
    "Shape",
    "digits_of",
    "is_basic",
]

_LABEL: Final = r"[^\W_](?:[\w-]{0,62}+)\."
_SUFFIX: Final = (
    r"(?:pdf|json|csv|tsv|txt|xml|png|jpe?g|gif|webp|tiff?|zip|gz|docx?|xlsx?|pptx?|eml|msg|log|html?|mp[34]"
    r"|parquet|avro|ndjson|jsonl|ya?ml|bak|tmp)(?!\w)"
)
EMAIL: Final = re.compile(
    rf"(?<![\w.+-])[.+-]*+(\w[\w.+-]*+@(?:(?:{_LABEL}){{1,8}}(?:xn--[\w-]{{2,59}}+|(?!{_SUFFIX})[^\W\d_]{{2,24}})"
    rf"|{_LABEL}[^\W\d_]{{2,24}}))"
)
"""The suffix of a file that is named after an address is no part of it, unless nothing else would be a domain."""

PHONE: Final = re.compile(
    r"(?:(?<![\w+.])\+|\A (?=[1-9][0-9]{7,14}\Z))[1-9](?:[ ().\-/]{0,2}[0-9]){6,14}(?!\w)", re.ASCII
)
"""The second form is a plus that was sent unescaped in a query."""

CARD: Final = re.compile(
    r"(?<![\w.+-])[2-6](?:[0-9]{12,18}|[0-9]{3}(?:[ -][0-9]{4,6}){2,4}(?:[ -][0-9]{1,3})?)(?!\w|[-.][0-9])", re.ASCII
)
IBAN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,4})?)(?![A-Za-z0-9])"
)
JWT: Final = re.compile(r"(?<![\w-])(?:eyJ|eyA|ewo)[\w-]{5,}+\.[\w-]*+\.[\w-]*+(?:\.[\w-]*+\.[\w-]++)?", re.ASCII)
GUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
HEXADECIMAL: Final = re.compile(r"(?=.*[a-f])[0-9a-f]{8,}|(?=.*[A-F])[0-9A-F]{8,}")
PREFIXED: Final = re.compile(
    r"(?P<prefix>A(?:KIA|SIA|ROA|IDA)|LTAI|STS\.|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AIza|sk_(?:live|test)_|rk_(?:live|test)_"
    r"|SG\.|sk-|npm_|pypi-)(?P<rest>[\w.=/+~-]+)",
    re.ASCII,
)
OPAQUE: Final = re.compile(r"[0-9].*[A-Za-z]|[A-Za-z].*[0-9]|[a-z][A-Z]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shape:
    """``group`` is the part of a match that is replaced. ``hint`` is a text without which there is no match.

    ``check`` looks at that part once more.
    """

    rule: str
    kind: str
    pattern: re.Pattern[str]
    hint: tuple[str, ...] = ()
    group: int = 0
    check: Callable[[str], bool] | None = None
    binary: bool = False
    """Sure enough to be looked for in bytes that are no text."""


def digits_of(text: str) -> str:
    """The ASCII digits of ``text``."""
    return "".join(char for char in text if char in "0123456789")


def _card(text: str) -> bool:
    return is_card(digits_of(text))


def _iban(text: str) -> bool:
    return is_iban(text.replace(" ", ""))


def is_basic(text: str) -> bool:
    """Base64 of a user and a password with a colon between them?"""
    decoded = base64_text(text)
    return decoded is not None and ":" in decoded


def _opaque(text: str) -> bool:
    return OPAQUE.search(text) is not None


SHAPES: Final = (
    Shape(
        "private-key",
        "secret",
        re.compile(r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----((?:[^-]|-(?!----))++)"),
        ("PRIVATE KEY",),
        group=1,
        binary=True,
    ),
    Shape("jwt", "jwt", JWT, ("eyJ", "eyA", "ewo"), binary=True),
    Shape("basic", "basic", re.compile(r"(?i)\bbasic[ ]+([\w+/-]{4,}={0,2})", re.ASCII), ("asic", "ASIC"), 1, is_basic),
    Shape(
        "bearer",
        "secret",
        re.compile(r"(?i)\b(?:bearer|sharedkey(?:lite)?|token)[ ]+([\w.~+/=:-]{8,})", re.ASCII),
        ("earer", "EARER", "hared", "oken"),
        group=1,
        check=_opaque,
    ),
    Shape("url-user", "userinfo", re.compile(r"://([^\s/?#\"'<>\\]{1,512})@"), ("://",), group=1, binary=True),
    Shape(
        "cloud-key",
        "secret",
        re.compile(
            r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,30}|STS\.[A-Za-z0-9]{12,60})(?![A-Za-z0-9])"
        ),
        ("AKIA", "ASIA", "AROA", "AIDA", "LTAI", "STS."),
        binary=True,
    ),
    Shape(
        "azure-key",
        "secret",
        re.compile(
            r"(?<![\w+/-])(?:[A-Za-z0-9+/]{86}==|[\w-]{44}AzFu[\w-]{4,6}=?=?|[\w+/]{33}\+(?:AStE|ACRN|AIoT)[\w+/]{5}="
            r"|[\w~.-]{3}[78]Q~[\w~.-]{31,34})(?![\w+/=~-])",
            re.ASCII,
        ),
        ("==", "AzFu", "+A", "Q~"),
    ),
    Shape(
        "vendor-key",
        "secret",
        re.compile(
            r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,}+|github_pat_\w{36,}+|glpat-[\w-]{20,}+|xox[abeoprs]-[\w-]{10,}+"
            r"|AIza[\w-]{35}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|npm_[A-Za-z0-9]{36}"
            r"|sk-[\w-]{32,}+)",
            re.ASCII,
        ),
        (
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "glpat-",
            "xox",
            "AIza",
            "k_live",
            "k_test",
            "SG.",
            "npm_",
            "sk-",
        ),
        binary=True,
    ),
    Shape("email", "email", EMAIL, ("@",), group=1, binary=True),
    Shape("iban", "digits", IBAN, check=_iban),
    Shape("card", "digits", CARD, check=_card),
    Shape("phone", "phone", PHONE, ("+", " ")),
)
"""In the order in which they are tried: what an earlier one found, a later one does not get."""
