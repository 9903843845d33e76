#!/usr/bin/env python3
"""Adds up the lines of an invoice."""

import json
import os
import sys
import traceback
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


VAT = {"standard": 0.19, "reduced": 0.07, "none": 0.0}
LARGEST = 1_000_000


class Rejected(Exception):
    """The invoice cannot be accepted; the text is for the sender."""


def line_total(line):
    if not isinstance(line, dict):
        raise Rejected("each line is an object")
    net, rate = line.get("net"), line.get("vat", "standard")
    if isinstance(net, bool) or not isinstance(net, (int, float)) or not 0 <= net <= LARGEST:
        raise Rejected(f"net is an amount from 0 to {LARGEST}")
    if not isinstance(rate, str) or rate not in VAT:
        raise Rejected(f"vat is one of {', '.join(VAT)}")
    return net, net * VAT[rate]


def summary(invoice):
    if not isinstance(invoice, dict):
        raise Rejected("an invoice is a JSON object")
    lines = invoice.get("lines", [])
    if not isinstance(lines, list):
        raise Rejected("lines is a list")
    totals = [line_total(line) for line in lines]
    net = sum(item[0] for item in totals)
    vat = sum(item[1] for item in totals)
    return {"lines": len(lines), "net": round(net, 2), "vat": round(vat, 2), "average": round(net / len(lines), 2)}


def totals(data, metadata):
    request = data.get("req") or {}
    try:
        return reply(200, summary(parse(request.get("Body"))))
    except Rejected as error:
        return reply(422, {"error": str(error)})


FUNCTIONS = {"/totals": totals}


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
