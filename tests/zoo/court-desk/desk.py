#!/usr/bin/env python3
"""The desk of a tennis club: shows courts, and takes bookings under an Idempotency-Key."""

import base64
import json
import os
import re
import threading
import time
import uuid
from collections import OrderedDict
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

COURTS = {"c1": "clay", "c2": "clay", "g1": "grass", "h1": "hard"}
CLOSED = {"g1"}  # until the grass has grown again
PER_MINUTE, CACHE_SECONDS = 90, 20  # bookings of one member, age of a page
lock, served = threading.Lock(), count(1)
cache = {}  # a page for each court: time, page
answers = OrderedDict()  # idempotency key: what was wanted, booking
calls = OrderedDict()  # member, minute: number


class Refusal(Exception):
    """Status, reason and perhaps the seconds to wait."""


def parse(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def bounded(table, key, value):
    table[key] = value
    table.move_to_end(key)
    if len(table) > 500:
        table.popitem(last=False)


def show(court):
    with lock:
        made, page = cache.get(court, (0, None))
        hit = page is not None and time.time() - made < CACHE_SECONDS
        if not hit:
            made, page = cache[court] = (time.time(), {"court": court, "surface": COURTS[court], "asOf": time.ctime()})
    return 200, page, {"X-Cache": "HIT" if hit else "MISS"}


def limit(member):
    minute = int(time.time() // 60)
    with lock:
        number = calls.get((member, minute), 0) + 1
        bounded(calls, (member, minute), number)
    if number > PER_MINUTE:
        raise Refusal(429, "too many bookings", 60)


def book(court, wish, key):
    member, hour = (wish.get("member"), wish.get("hour")) if isinstance(wish, dict) else (None, None)
    if not isinstance(member, str) or not re.fullmatch(r"M[0-9]{4}", member, re.ASCII):
        raise Refusal(422, "member is M and four digits")
    if type(hour) is not int or not 7 <= hour <= 21:
        raise Refusal(422, "hour is a whole number from 7 to 21")
    if court in CLOSED:
        raise Refusal(503, "the court is closed", 3600)
    limit(member)
    wanted = {"court": court, "member": member, "hour": hour}
    made = {"booking": str(uuid.uuid4()), **wanted, "made": round(time.time(), 3)}
    with lock:
        known = answers.get(key)
        if key is None or known is None:
            bounded(answers, key, (wanted, made))
            return 201, made, {}
    if known[0] != wanted:
        raise Refusal(409, "the Idempotency-Key was used for another booking")
    return 200, known[1], {"Idempotent-Replayed": "true"}


def courts(request):
    court, method = (request.get("Params") or {}).get("court"), request.get("Method")
    if court is not None and court not in COURTS:
        raise Refusal(404, "no such court")
    headers = {name.lower(): ",".join(values) for name, values in (request.get("Headers") or {}).items()}
    if method == "GET":
        return show(court) if court else (200, {"courts": COURTS, "calls": next(served)}, {})
    if method != "POST" or court is None:
        raise Refusal(405, "GET the courts, GET or POST one")
    body = request.get("Body")
    if re.search("^application/octet-stream|multipart/", headers.get("content-type", "").lower()):
        with suppress(ValueError):
            body = base64.b64decode(body or "")
    return book(court, parse(body), headers.get("idempotency-key"))


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def do_GET(self):
        self.answer(200, {"state": "ready"})

    def do_POST(self):
        invocation = parse(self.read_body())
        if self.path != "/courts" or not isinstance(invocation, dict):
            return self.answer(404, {"error": "no such function"})
        try:
            status, content, extra = courts(invocation["Data"]["req"])
        except Refusal as refusal:
            status, reason, *wait = refusal.args
            content, extra = {"error": reason}, {"Retry-After": str(wait[0])} if wait else {}
        headers = {"Content-Type": "application/json", "X-Request": uuid.uuid4().hex, **extra}
        self.answer(200, {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": json.dumps(content)}}})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size + 2)[:-2]
        while self.rfile.readline().strip():
            pass
        return bytes(body)

    log_message = lambda self, *args: None


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer.handle_error = lambda self, *args: print("a call was broken off", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
