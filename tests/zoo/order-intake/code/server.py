#!/usr/bin/env python3
"""Takes in orders from a queue: {"id": "o-1", "lines": [{"sku": "A1", "quantity": 2, "cents": 499}]}"""

import base64
import json

from runtime import Rejected, log, serve

MOST_LINES = 200
MOST = 1_000_000


def entries(event):
    """CloudEvents in every batch form: one object, a list of objects, a list of JSON texts."""
    value = parsed(event)
    for entry in value if isinstance(value, list) else [value]:
        yield parsed(entry) if isinstance(entry, str) else entry


def parsed(text):
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Rejected("the event is not JSON") from None


def message(entry):
    data = entry.get("data") if isinstance(entry, dict) else None
    body = data.get("messageBody") if isinstance(data, dict) else None
    if not isinstance(body, str):
        raise Rejected("an entry has no message")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return body.encode("utf-8", "surrogatepass")


def order_line(line):
    if not isinstance(line, dict) or not isinstance(line.get("sku"), str):
        return None
    quantity, cents = line.get("quantity", 1), line.get("cents", 0)
    if type(quantity) is not int or type(cents) is not int or not 0 < quantity <= MOST or not 0 <= cents <= MOST:
        return None
    return quantity * cents


def order(text):
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"refused": "not JSON"}
    lines = value.get("lines") if isinstance(value, dict) else None
    if not isinstance(lines, list) or not 0 < len(lines) <= MOST_LINES:
        return {"refused": "no lines"}
    totals = [order_line(line) for line in lines]
    if None in totals:
        return {"refused": f"line {totals.index(None) + 1}"}
    return {"lines": len(lines), "cents": sum(totals)}


def invoke(event):
    orders = [order(message(entry)) for entry in entries(event)]
    log(f"[INFO] {len(orders)} orders, {sum('refused' in item for item in orders)} refused")
    return {"orders": orders}


serve(invoke, lambda: {"ready": True})
