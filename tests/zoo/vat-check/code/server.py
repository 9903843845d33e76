"""Checks the form of VAT numbers: GET /vat/DE123456789"""

import re

from web import Problem, log, serve

FORMS = {
    "AT": r"U[0-9]{8}",
    "DE": r"[0-9]{9}",
    "FR": r"[A-Z0-9]{2}[0-9]{9}",
    "IT": r"[0-9]{11}",
    "NL": r"[0-9]{9}B[0-9]{2}",
}


def cleaned(text):
    return re.sub(r"[\s.-]", "", text).upper()


def check(request):
    number = cleaned(request.match["number"])
    country, rest = number[:2], number[2:]
    if country not in FORMS:
        raise Problem(404, "no such country")
    valid = re.fullmatch(FORMS[country], rest) is not None
    log(f"[INFO] {country}: {'valid' if valid else 'invalid'}")
    return 200, {"country": country, "valid": valid}


def countries(request):
    return 200, {"countries": sorted(FORMS)}


serve(("GET", r"/", countries), ("GET", r"/vat/(?P<number>[^/]{1,40})", check))
