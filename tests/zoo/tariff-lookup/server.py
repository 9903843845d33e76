#!/usr/bin/env python3
"""Says what a parcel costs, by weight and country."""

import json
import os
import re
import sys
import traceback
from decimal import ROUND_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Problem(Exception):
    """The caller's mistake, told with a status of 4xx."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


ZONES = {"de": 1, "at": 2, "fr": 2, "se": 3, "no": 4}
BASE = {1: Decimal("4.50"), 2: Decimal("8.90"), 3: Decimal("11.20"), 4: Decimal("15.70")}
PER_KILO = {1: Decimal("0.60"), 2: Decimal("1.10"), 3: Decimal("1.40"), 4: Decimal("2.25")}
CENT = Decimal("0.01")


def grams(text):
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII):
        raise Problem(400, "grams is a whole number")
    value = int(text)
    if not 1 <= value <= 31_500:
        raise Problem(422, "a parcel weighs 1 to 31500 grams")
    return value


def tariff(query):
    country = query.get("country", "de").lower()
    if country not in ZONES:
        raise Problem(404, "no parcels to that country")
    weight = grams(query.get("grams", "500"))
    zone = ZONES[country]
    price = BASE[zone] + PER_KILO[zone] * weight / 1000
    return {"country": country, "zone": zone, "grams": weight, "price": str(price.quantize(CENT, ROUND_UP))}


def respond(method, path, query, body):
    if path == "/":
        return 200, {"state": "ready"}
    if not re.fullmatch(r"/api/tariffs/?", path, re.IGNORECASE):
        raise Problem(404, "no such address")
    if method != "GET":
        raise Problem(405, "GET only")
    return 200, tariff(query)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        try:
            status, content = respond(self.command, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), body)
        except Problem as problem:
            status, content = problem.status, {"error": str(problem)}
        except Exception as error:
            traceback.print_exc()
            status, content = 500, {"error": repr(error)}
        self.answer(status, content)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        """Silent: the host takes every line on stderr for an error."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
