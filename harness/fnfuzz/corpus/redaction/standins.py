"""Stand-ins: for each value another one that looks the same, always the same one under one key.

What a value looks like decides before what it is called: an e-mail address becomes the same address under ``email``,
under ``login`` and in the middle of a sentence. Within one form the map is a permutation, and it never leaves the form,
so that two values never become one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from fnfuzz.corpus.redaction.checksums import is_card, is_iban, luhn_digit, mod97
from fnfuzz.corpus.redaction.dates import moved_day
from fnfuzz.corpus.redaction.permutation import Permutation, letters, letters_and_digits
from fnfuzz.corpus.redaction.shapes import GUID, HEXADECIMAL, PREFIXED, digits_of
from fnfuzz.corpus.redaction.words import words

__all__ = ["KINDS", "StandIns", "normal_number"]

ADDRESS: Final = re.compile(r"[^\s@<>\"]+@(?:[^\s@<>\".]+\.)+(?:[^\W\d_]{2,24}|xn--[\w-]{2,59})")
PHONE: Final = re.compile(r"\+?[0-9 ().\-/]{7,}", re.ASCII)
NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
LONG: Final = 19
"""Digits; a number as long as this keeps its first ones, so that it still fits into 64 bits."""

RESERVED: Final = ".example"
REMEMBERED: Final = 50_000


class StandIns:
    """``of(kind, value)`` under one key. The kinds are in ``KINDS``."""

    __slots__ = ("_cache", "_permutation")

    def __init__(self, key: bytes) -> None:
        self._permutation = Permutation(key)
        self._cache: dict[tuple[str, str], str] = {}

    def of(self, kind: str, value: str) -> str:
        """The stand-in of ``value``; an empty one stays."""
        known = self._cache.get((kind, value))
        if known is not None:
            return known
        made = self._made(kind, value)
        if len(self._cache) >= REMEMBERED:
            self._cache.clear()
        if len(value) <= 1024:
            self._cache[kind, value] = made
        return made

    def digest(self, data: bytes) -> str:
        """A keyed digest for markers, 16 hexadecimal digits."""
        return self._permutation.digest("marker", data, 8).hex()

    def _made(self, kind: str, value: str) -> str:
        core = value.strip()
        if not core:
            return value
        for form, make in FORMS:
            if form(core) and (kind, make) != ("secret", _email):
                return value.replace(core, make(self._permutation, core), 1)
        # Digits are a number with and without zeros before it: what makes words would meet the other's stand-ins.
        make = (
            _number if kind == "words" and (normal_number(core) or (core.isascii() and core.isdigit())) else KINDS[kind]
        )
        return value.replace(core, make(self._permutation, core), 1)


def normal_number(text: str) -> bool:
    """Is it a number as JSON writes it?"""
    return NUMBER.fullmatch(text) is not None


# -- forms that a value has whatever it is called


def _guid(permutation: Permutation, text: str) -> str:
    """Version and variant stay."""
    kept = text[14], text[19]
    moved = permutation.hexadecimal("guid" + "".join(kept).lower(), text[:14] + "-" + text[15:19] + "-" + text[20:])
    return moved[:14] + kept[0] + moved[15:19] + kept[1] + moved[20:]


def _hexadecimal(permutation: Permutation, text: str) -> str:
    """Walks on until it is again no mere number, which would be another form."""
    moved = text.lower()
    while True:
        moved = permutation.hexadecimal("hex", moved)
        if HEXADECIMAL.fullmatch(moved):
            return moved.upper() if text.isupper() else moved


def _email(permutation: Permutation, text: str) -> str:
    """An address under a domain that can never be anybody's; the last label stays, in front of the reserved one."""
    local, _, domain = text.rpartition("@")
    labels, dot, last = domain.rpartition(".")
    reserved = RESERVED.upper() if last.isupper() else RESERVED
    return f"{words(permutation, local)}@{words(permutation, labels)}{dot}{last}{reserved}"


def _card(permutation: Permutation, text: str) -> str:
    """The first four digits tell the issuer and stay, the last one is worked out."""
    digits = digits_of(text)
    while True:
        moved = permutation.text("card", digits[4:-1])
        digits = digits[:4] + moved + luhn_digit(digits[:4] + moved)
        if is_card(digits):
            return _laid_out(text, digits)


def _iban(permutation: Permutation, text: str) -> str:
    """The country stays, the check digits are worked out."""
    plain = text.replace(" ", "").upper()
    account = permutation.text("iban", plain[4:])
    check = 98 - mod97(f"{account}{plain[:2]}00")
    moved = iter(f"{plain[:2]}{check:02}{account}")
    return "".join(char if char == " " else next(moved) for char in text)


def _is_address(text: str) -> bool:
    return ADDRESS.fullmatch(text) is not None


def _is_card_text(text: str) -> bool:
    return 13 <= len(text) <= 23 and not text.strip("0123456789 -") and is_card(digits_of(text))


def _is_iban_text(text: str) -> bool:
    return 15 <= len(text) <= 42 and text[:2].isalpha() and is_iban(text.replace(" ", "").upper())


def _is_guid(text: str) -> bool:
    return GUID.fullmatch(text) is not None


def _is_hexadecimal(text: str) -> bool:
    return HEXADECIMAL.fullmatch(text) is not None


FORMS: Final[tuple[tuple[Callable[[str], bool], Callable[[Permutation, str], str]], ...]] = (
    (_is_guid, _guid),
    (_is_card_text, _card),
    (_is_iban_text, _iban),
    (_is_address, _email),
    (_is_hexadecimal, _hexadecimal),
)


# -- kinds


def _laid_out(text: str, digits: str) -> str:
    """``digits`` where ``text`` has its own."""
    moved = iter(digits)
    return "".join(next(moved) if char in "0123456789" else char for char in text)


def _digits(permutation: Permutation, text: str, kept: int = 0) -> str:
    """Digits for digits in the same layout: the same digits in another layout become the same. No leading zero
    comes or goes, so that a number stays one; a text without digits is replaced letter by letter.
    """
    digits = digits_of(text)
    if not digits:
        return words(permutation, text)
    zeros = len(digits) - len(digits.lstrip("0"))
    kept = max(kept, zeros, 4 if len(digits) >= LONG else 0)
    is_number_of_card = is_card(digits)
    while True:
        values = [int(digit) for digit in digits[kept:]]
        counts = [10] * len(values)
        if values and kept == zeros:
            values[0] -= 1
            counts[0] = 9
        moved = permutation.numbers(f"digits {digits[:kept]} {len(values)}", values, counts)
        if moved and kept == zeros:
            moved[0] += 1
        digits = digits[:kept] + "".join(map(str, moved))
        if is_card(digits) == is_number_of_card:
            return _laid_out(permutation.text("around", text, letters), digits)


def _number(permutation: Permutation, text: str) -> str:
    """The exponent stays."""
    at = next((at for at, char in enumerate(text) if char in "eE"), len(text))
    return _digits(permutation, text[:at]) + text[at:] if normal_number(text) else _digits(permutation, text)


def _phone(permutation: Permutation, text: str) -> str:
    """Of a long number the first two digits, the country's, stay."""
    if not PHONE.fullmatch(text):
        return _digits(permutation, text)
    return _digits(permutation, text, 2 if len(digits_of(text)) >= 10 else 0)


def _date(permutation: Permutation, text: str) -> str:
    return moved_day(permutation, text) or _digits(permutation, text)


def _secret(permutation: Permutation, text: str) -> str:
    """Letters for letters, digits for digits; the prefix that tells whose key it is stays."""
    if normal_number(text) or not any(char.isalpha() for char in text):
        return _number(permutation, text)
    if match := PREFIXED.fullmatch(text):
        return match["prefix"] + permutation.text("secret", match["rest"])
    while True:
        text = permutation.text("secret", text, letters_and_digits)
        # Never a text that would be taken for one of another form.
        if not (
            normal_number(text)
            or PREFIXED.fullmatch(text)
            or any(form(text) for form, make in FORMS if make is not _email)
        ):
            return text


KINDS: Final[Mapping[str, Callable[[Permutation, str], str]]] = {
    "secret": _secret,
    "digits": _number,
    "phone": _phone,
    "date": _date,
    "email": words,
    "words": words,
}
"""What a stand-in keeps: ``secret`` length and alphabet, ``digits`` the layout, ``phone`` also the country; a date
stays one under ``date``, and words under ``words``.
"""
