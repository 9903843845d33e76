#!/usr/bin/env python3
"""Reads a price list in CSV: a head line sku,name,price and one article a line."""

import re

from runtime import Rejected, log, serve

HEAD = "sku,name,price"
PRICE = re.compile(r"[0-9]{1,6}(\.[0-9]{2})?")
MOST_SHOWN = 20


def table(event):
    try:
        text = event.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected("the list is not UTF-8") from None
    lines = [line.strip() for line in text.splitlines()]
    if not lines or lines[0].lower() != HEAD:
        raise Rejected(f"the first line is {HEAD}")
    return [line for line in lines[1:] if line]


def article(number, line):
    if line.count(",") < HEAD.count(","):
        raise Rejected(f"line {number} has too few cells")
    sku, name, price = line.split(",")
    if not sku.strip():
        raise Rejected(f"line {number} has no sku")
    if not PRICE.fullmatch(price.strip()):
        raise Rejected(f"line {number} has no price")
    euros, _, cents = price.strip().partition(".")
    return {"sku": sku.strip(), "name": name.strip().strip('"'), "cents": int(euros) * 100 + int(cents or 0)}


def invoke(event):
    articles = [article(number, line) for number, line in enumerate(table(event), 2)]
    log(f"[INFO] {len(articles)} articles")
    return {"articles": len(articles), "first": articles[:MOST_SHOWN], "total": sum(item["cents"] for item in articles)}


serve(invoke)
