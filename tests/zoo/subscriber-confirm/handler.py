#!/usr/bin/env python3
"""Confirms newsletter subscribers whose messages come from a queue."""

import json
import os
import re
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


CONFIRMED = {}
KEEP = 10_000
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def remember(address):
    """Keeps the latest subscribers; the mailing job reads them from here."""
    if len(CONFIRMED) >= KEEP:
        CONFIRMED.pop(next(iter(CONFIRMED)))
    CONFIRMED[address] = time.time()


def address_of(message):
    """The address in a message, which is either JSON or the plain address of the old form."""
    content = parse(message)
    if isinstance(content, dict):
        content = content.get("email")
    else:
        content = message
    if isinstance(content, str) and ADDRESS.fullmatch(content.strip()):
        return content.strip().lower()
    return None


def confirm(data, metadata):
    # The host sends a queue message as JSON text in a JSON string.
    message = parse(data.get("message"))
    address = address_of(message) if isinstance(message, str) else None
    if address is None:
        return {"Logs": ["skipped a message without an address"]}
    remember(address)
    return {"Logs": [f"{len(CONFIRMED)} subscribers"]}


FUNCTIONS = {"/confirm": confirm}


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
        if not result.get("Outputs"):
            return self.no_content()
        return self.answer(200, result)

    def no_content(self):
        self.send_response(204)
        self.end_headers()

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
