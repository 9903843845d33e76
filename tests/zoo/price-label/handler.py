#!/usr/bin/env python3
"""Prints price labels for articles whose prices come from a queue."""

import json
import os
import sys
import traceback
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def clip(value, limit=200):
    """A short text of the sender's, without halves of surrogate pairs."""
    return str(value)[:limit].encode("utf-8", "replace").decode()


CENT = Decimal("0.01")
HIGHEST = Decimal("99999.99")


class Rejected(Exception):
    """The message cannot be used; it is reported and not tried again."""


def price_of(article):
    """The price, which older tills send as text and newer ones as a number."""
    value = article.get("price")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Rejected("the price is missing")
    try:
        price = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        raise Rejected("the price is not a number") from None
    if price < 0 or price > HIGHEST:
        raise Rejected("the price is out of range")
    return price.quantize(CENT, ROUND_HALF_UP)


def label_of(article):
    name = article.get("name")
    if not isinstance(name, str) or not name.strip():
        name = "Article"
    price = price_of(article)
    return f"{clip(name.strip(), 40)}\n{price} EUR\n"


def print_label(data, metadata):
    article = parse(parse(data.get("article")))
    try:
        if not isinstance(article, dict):
            raise Rejected("an article is a JSON object")
        label = label_of(article)
    except Rejected as error:
        return {"Outputs": {"label": f"not printed: {error}\n"}, "Logs": [f"rejected: {error}"]}
    return {"Outputs": {"label": label}, "Logs": ["label printed"]}


FUNCTIONS = {"/print-label": print_label}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(200, {"state": "ready"})

    def do_POST(self):
        body = self.read_body()
        function = FUNCTIONS.get(self.path)
        if function is None:
            return self.answer(404, {"error": "no such function"})
        try:
            invocation = parse(body) or {}
            result = function(invocation.get("Data") or {}, invocation.get("Metadata") or {})
        except Exception as error:
            traceback.print_exc()
            return self.answer(500, {"error": repr(error)})
        return self.answer(200, result)

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
        chunks = []
        while size := int(self.read_line().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.read_line()
        while self.read_line().strip():
            pass
        return b"".join(chunks)

    def read_line(self):
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the caller went away")
        return line

    def log_message(self, format, *args):
        """Silent: the host takes every line on stderr for an error."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
