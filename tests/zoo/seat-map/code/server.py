#!/usr/bin/env python3
"""Offers for the seats of a hall: GET /seats/<seat>?for=<name>"""

import time

from web import Problem, log, serve

PRICES = {"A": 4900, "B": 3900, "C": 2900}
STANDARD = 1900
LOOKUP = 0.02  # seconds that the price service takes
current = {}


def price_of(seat):
    time.sleep(LOOKUP)
    return PRICES.get(seat[:1].upper(), STANDARD)


def offer():
    price = price_of(current["seat"])
    return {"seat": current["seat"], "for": current["guest"], "cents": price}


def show_seat(request):
    seat = request.match["seat"]
    if len(seat) > 100:
        raise Problem(404, "no such seat")
    current["seat"] = seat
    current["guest"] = request.param("for", "guest")[:100]
    answer = offer()
    log(f"[INFO] offer of {answer['cents']} cents")
    return 200, answer


def home(request):
    return 200, {"rows": sorted(PRICES), "for": request.param("for", "guest")[:100]}


serve(("GET", r"/", home), ("GET", r"/seats/(?P<seat>[^/]+)", show_seat))
