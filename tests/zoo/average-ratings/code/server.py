#!/usr/bin/env python3
"""Sums up ratings: POST /ratings {"product": "p-1", "stars": [5, 4, 5]}"""

from web import Problem, json_object, log, serve

MOST = 10_000


def stars_of(value):
    stars = value.get("stars")
    if not isinstance(stars, list) or len(stars) > MOST:
        raise Problem(422, "stars is a list")
    if not all(type(star) is int and 1 <= star <= 5 for star in stars):
        raise Problem(422, "stars are numbers from 1 to 5")
    return stars


def histogram(stars):
    return {str(number): stars.count(number) for number in range(1, 6)}


def rate(request):
    value = json_object(request.body)
    product = value.get("product")
    if not isinstance(product, str) or not 0 < len(product) <= 80:
        raise Problem(422, "product is missing")
    stars = stars_of(value)
    average = round(sum(stars) / len(stars), 2)
    log(f"[INFO] {len(stars)} ratings")
    return 200, {"product": product, "average": average, "histogram": histogram(stars)}


serve(("GET", r"/", lambda request: (200, {"scale": [1, 5]})), ("POST", r"/ratings/?", rate))
