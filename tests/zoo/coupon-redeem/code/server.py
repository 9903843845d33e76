#!/usr/bin/env python3
"""Redeems a coupon: {"code": "SPRING10", "cart": 4990} gives what the cart costs then, in cents."""

import json
import threading

from runtime import Rejected, log, serve

COUPONS = {"SPRING10": ("percent", 10), "WELCOME": ("cents", 500), "FREESHIP": ("cents", 490)}
LARGEST = 10_000_000
ledger = threading.Lock()


def request(event):
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        raise Rejected("the event is not JSON") from None
    if not isinstance(value, dict):
        raise Rejected("the event is no object")
    code, cart = value.get("code"), value.get("cart")
    if not isinstance(code, str) or not code:
        raise Rejected("code is missing")
    if type(cart) is not int or not 0 < cart <= LARGEST:
        raise Rejected("cart is the price in cents")
    return code.upper(), cart


def discount(kind, value, cart):
    return min(cart, value) if kind == "cents" else cart * value // 100


def redeem(code, cart):
    """One at a time: the ledger file has one writer."""
    ledger.acquire()
    if code not in COUPONS:
        raise Rejected("no such coupon")
    kind, value = COUPONS[code]
    off = discount(kind, value, cart)
    ledger.release()
    return off


def invoke(event):
    code, cart = request(event)
    off = redeem(code, cart)
    log(f"[INFO] coupon worth {off} cents")
    return {"cart": cart, "off": off, "pay": cart - off}


serve(invoke)
