"""Numbers that check themselves: payment cards (Luhn) and bank accounts (ISO 13616)."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_card", "is_iban", "luhn", "luhn_digit", "mod97"]

DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
BRANDS: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}",
    re.ASCII,
)
"""Lengths and first digits of the card issuers: a long number that fits none of them is just a number."""

ACCOUNT: Final = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}", re.ASCII)

LENGTHS: Final = {
    entry[:2]: int(entry[2:])
    for entry in [
        "AD24",
        "AE23",
        "AL28",
        "AT20",
        "AZ28",
        "BA20",
        "BE16",
        "BG22",
        "BH22",
        "BI27",
        "BR29",
        "BY28",
        "CH21",
        "CR22",
        "CY28",
        "CZ24",
        "DE22",
        "DJ27",
        "DK18",
        "DO28",
        "EE20",
        "EG29",
        "ES24",
        "FI18",
        "FK18",
        "FO18",
        "FR27",
        "GB22",
        "GE22",
        "GI23",
        "GL18",
        "GR27",
        "GT28",
        "HN28",
        "HR21",
        "HU28",
        "IE22",
        "IL23",
        "IQ23",
        "IS26",
        "IT27",
        "JO30",
        "KW30",
        "KZ20",
        "LB28",
        "LC32",
        "LI21",
        "LT20",
        "LU20",
        "LV21",
        "LY25",
        "MC27",
        "MD24",
        "ME22",
        "MK19",
        "MN20",
        "MR27",
        "MT31",
        "MU30",
        "NI28",
        "NL18",
        "NO15",
        "OM23",
        "PK24",
        "PL28",
        "PS29",
        "PT25",
        "QA29",
        "RO24",
        "RS22",
        "RU33",
        "SA24",
        "SC31",
        "SD18",
        "SE24",
        "SI19",
        "SK24",
        "SM27",
        "SO23",
        "ST25",
        "SV28",
        "TL23",
        "TN24",
        "TR26",
        "UA29",
        "VA22",
        "VG24",
        "XK20",
        "YE30",
    ]
}
"""Of all bank account numbers of a country, as the IBAN registry has them."""


def luhn(digits: str) -> bool:
    """Does the last digit check the others?"""
    return luhn_digit(digits[:-1]) == digits[-1]


def luhn_digit(digits: str) -> str:
    """The digit that makes ``digits`` pass when it is put behind them."""
    total = sum(DOUBLED[int(digit)] for digit in digits[::-2]) + sum(int(digit) for digit in digits[-2::-2])
    return str(-total % 10)


def is_card(digits: str) -> bool:
    """Is it the number of a payment card: an issuer's length and first digits, and the right last one?"""
    return BRANDS.fullmatch(digits) is not None and luhn(digits)


def is_iban(text: str) -> bool:
    """``text`` is without spaces."""
    return (
        LENGTHS.get(text[:2]) == len(text) and ACCOUNT.fullmatch(text) is not None and mod97(text[4:] + text[:4]) == 1
    )


def mod97(text: str) -> int:
    """Letters count as 10 to 35."""
    return int("".join(str(int(char, 36)) for char in text)) % 97
