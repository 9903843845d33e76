#!/usr/bin/env python3
"""Reserves seats in a small theatre."""

import json
import os
import re
import sys
import threading
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


ROWS, SEATS = "ABCDEFGH", 12
LOCK = threading.Lock()
reserved = {}


class Rejected(Exception):
    """The request cannot be met; the text is for the visitor."""


def read_seat(text):
    """``C7`` as row and number."""
    match = re.fullmatch(r"([A-Za-z])([0-9]{1,2})", text)
    if match is None:
        raise Rejected("a seat is a letter and a number")
    row, number = match[1].upper(), int(match[2])
    if row not in ROWS or not 1 <= number <= SEATS:
        raise Rejected(f"the rows are {ROWS[0]} to {ROWS[-1]}, the seats 1 to {SEATS}")
    return f"{row}{number}"


def reserve(order):
    name = order.get("name")
    wanted = order.get("seat")
    if not isinstance(name, str) or not isinstance(wanted, str):
        raise Rejected("name and seat are needed")
    LOCK.acquire()
    seat = read_seat(wanted)
    owner = reserved.setdefault(seat, name)
    LOCK.release()
    if owner != name:
        raise Rejected("the seat is taken")
    return {"seat": seat, "name": name.encode("utf-8", "replace").decode()}


def seats(data, metadata):
    request = data.get("req") or {}
    order = parse(request.get("Body"))
    if not isinstance(order, dict):
        return reply(400, {"error": "the body is a JSON object"})
    try:
        return reply(200, reserve(order))
    except Rejected as error:
        return reply(409, {"error": str(error)})


FUNCTIONS = {"/seats": seats}


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
