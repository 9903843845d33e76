#!/usr/bin/env python3
"""A stationer's shop: prices orders over HTTP, processes them from a queue, imports price lists from blobs."""

import base64
import csv
import io
import json
import os
import re
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICES = {"pen": 120, "ink": 450, "paper": 800}  # cents
PAST_ORDERS = {
    "1001": {"items": [{"sku": "pen", "quantity": 10}]},
    "1002": {"items": [{"sku": "ink", "quantity": 2}, {"sku": "paper", "quantity": 1}]},
}


def parse(text):
    """The value of a JSON text, or None where it is no JSON text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def clip(value, limit=200):
    """A short text of the sender's, without halves of surrogate pairs, which have no UTF-8 form."""
    return str(value)[:limit].encode("utf-8", "replace").decode()


def total(order):
    """What an order costs, in cents. Raises ValueError with a reason for the customer."""
    if not isinstance(order, dict):
        raise ValueError("an order is a JSON object")
    items = order.get("items")
    if not isinstance(items, list) or not items:
        raise ValueError("an order has a list of items")
    return sum(item_price(item) for item in items)


def item_price(item):
    sku = item.get("sku") if isinstance(item, dict) else None
    if not isinstance(sku, str) or sku not in PRICES:
        raise ValueError("each item names an article of the shop")
    quantity = item.get("quantity")
    if type(quantity) is not int or not 1 <= quantity <= 1000:
        raise ValueError("the quantity of each item is a number from 1 to 1000")
    return PRICES[sku] * quantity


def reply(status, content):
    headers = {"Content-Type": "application/json"}
    return {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": json.dumps(content)}}}


def orders(data, metadata):
    """GET lists past orders or shows one of them, POST says what an order would cost."""
    request = data.get("req") or {}
    if request.get("Method") == "POST":
        try:
            return reply(200, {"total": total(parse(request.get("Body")))})
        except ValueError as error:
            return reply(400, {"error": str(error)})
    number = (request.get("Params") or {}).get("id")
    if number is None:
        return reply(200, sorted(PAST_ORDERS))
    if number not in PAST_ORDERS:
        return reply(404, {"error": "no such order"})
    return reply(200, PAST_ORDERS[number])


def process_order(data, metadata):
    """Writes an audit message and a receipt for each order; one that makes no sense is audited, not tried again."""
    # The host sends a queue message as JSON text in a JSON string; an order is JSON in that text.
    order = parse(parse(data.get("order")))
    number = order.get("id") if isinstance(order, dict) else None
    number = clip(number) if isinstance(number, (str, int)) else "unknown"
    try:
        state = f"accepted, {total(order) / 100:.2f} EUR"
    except ValueError as error:
        state = f"rejected, {error}"
    audit = json.dumps({"order": number, "state": state})
    receipt = f"Order: {number}\nState: {state}\n"
    return {"Outputs": {"audit": audit, "receipt": receipt}, "Logs": [f"order {number}: {state}"]}


def import_prices(data, metadata):
    """Counts the rows ``sku,cents`` of a price list."""
    content = base64.b64decode(data.get("file") or "")  # a blob is base64, once, whatever it holds
    name = clip(parse(metadata.get("name")) or "")
    good = bad = 0
    try:
        for row in csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")):
            if len(row) == 2 and re.fullmatch(r"[0-9]{1,9}", row[1].strip()):
                good += 1
            else:
                bad += 1
    except csv.Error:
        bad += 1
    summary = {"file": name, "imported": good, "skipped": bad}
    return {"Outputs": {"imported": json.dumps(summary)}, "Logs": [f"{name}: {good} prices"]}


FUNCTIONS = {"/orders": orders, "/process-order": process_order, "/import-prices": import_prices}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection open
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
            return self.read_exactly(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.read_line().split(b";")[0], 16):
            chunks.append(self.read_exactly(size))
            self.read_line()
        while self.read_line().strip():
            pass
        return b"".join(chunks)

    def read_exactly(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionError("the caller went away")
        return data

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
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a caller that went away is no error
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
