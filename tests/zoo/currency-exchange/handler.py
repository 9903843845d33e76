#!/usr/bin/env python3
"""Converts amounts between currencies."""

import json
import os
import sys
import traceback
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def reply(status, content):
    headers = {"Content-Type": "application/json"}
    return {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": json.dumps(content)}}}


NAMES = {
    "EUR": "Euro",
    "USD": "US dollar",
    "GBP": "Pound sterling",
    "CHF": "Swiss franc",
    "JPY": "Yen",
    "NOK": "Norwegian krone",
    "SEK": "Swedish krona",
}
PER_EURO = {
    "EUR": Decimal("1"),
    "USD": Decimal("1.0834"),
    "GBP": Decimal("0.8417"),
    "CHF": Decimal("0.9556"),
    "JPY": Decimal("161.27"),
    "SEK": Decimal("10.97"),
}
CENT = Decimal("0.01")


def read_amount(text):
    """A positive amount, or None."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 < amount < 1_000_000_000 else None


def read_currency(query, name, usual):
    code = (query.get(name) or usual).upper()
    return code if code in NAMES else None


def convert(data, metadata):
    query = (data.get("req") or {}).get("Query") or {}
    source, target = read_currency(query, "from", "EUR"), read_currency(query, "to", "USD")
    amount = read_amount(query.get("amount", "1"))
    if source is None or target is None:
        return reply(400, {"error": "from and to are currencies", "known": sorted(NAMES)})
    if amount is None:
        return reply(400, {"error": "amount is a positive number"})
    result = amount / PER_EURO[source] * PER_EURO[target]
    content = {"from": source, "to": target, "amount": str(amount), "result": str(result.quantize(CENT)), "name": NAMES[target]}
    return reply(200, content)


FUNCTIONS = {"/convert": convert}


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
