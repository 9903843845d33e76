#!/usr/bin/env python3
"""Pages of orders: GET /orders?page=1&size=12"""

from web import Problem, log, serve

ORDERS = [{"id": 1000 + number, "cents": 499 * (number % 7 + 1)} for number in range(60)]
SIZE = 12
LARGEST = 50


def number(request, name, default, largest):
    text = request.param(name, str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise Problem(400, f"{name} is a number")
    if not 1 <= int(text) <= largest:
        raise Problem(400, f"{name} is out of range")
    return int(text)


def orders(request):
    size = number(request, "size", SIZE, LARGEST)
    page = number(request, "page", 1, 999_999)
    start = (page - 1) * size
    if start > len(ORDERS):
        raise Problem(404, "no such page")
    rows = ORDERS[start : start + size]
    following = None if rows[-1] is ORDERS[-1] else f"/orders?page={page + 1}&size={size}"
    log(f"[INFO] page of {len(rows)} orders")
    return 200, {"orders": rows, "next": following}


def order(request):
    found = [entry for entry in ORDERS if str(entry["id"]) == request.match["id"]]
    if not found:
        raise Problem(404, "no such order")
    return 200, found[0]


serve(
    ("GET", r"/", lambda request: (200, {"orders": len(ORDERS)})),
    ("GET", r"/orders/?", orders),
    ("GET", r"/orders/(?P<id>[0-9]+)", order),
)
