#!/usr/bin/env python3
"""Discounts by quantity: POST /offers {"sku": "A1", "quantity": "12"}; forms send the quantity as text."""

import math

from web import Problem, json_object, log, serve

PRICES = {"A1": 1200, "A2": 450, "B7": 9900}
STEPS = ((1000, 20), (100, 10), (10, 5))
MOST = 100_000


def quantity_of(value):
    given = value.get("quantity", 1)
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        raise Problem(422, "quantity is a number")
    try:
        number = float(given)
    except (ValueError, OverflowError):
        raise Problem(422, "quantity is a number") from None
    if not math.isfinite(number) or not 1 <= number <= MOST:
        raise Problem(422, f"quantity is from 1 to {MOST}")
    return int(given)


def discount(quantity):
    return next((percent for least, percent in STEPS if quantity >= least), 0)


def offer(request):
    value = json_object(request.body)
    sku = value.get("sku", "A1")
    if not isinstance(sku, str) or sku not in PRICES:
        raise Problem(404, "no such article")
    quantity = quantity_of(value)
    percent = discount(quantity)
    log(f"[INFO] {percent} percent off")
    return 200, {"sku": sku, "quantity": quantity, "cents": PRICES[sku] * quantity * (100 - percent) // 100}


serve(("GET", r"/", lambda request: (200, {"articles": sorted(PRICES)})), ("POST", r"/offers/?", offer))
