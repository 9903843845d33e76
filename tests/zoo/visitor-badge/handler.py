#!/usr/bin/env python3
"""Prints badges for visitors, signed so that the gate can check them."""

import hashlib
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


def clip(value, limit=200):
    """A short text of the sender's, without halves of surrogate pairs."""
    return str(value)[:limit].encode("utf-8", "replace").decode()


def reply(status, content):
    headers = {"Content-Type": "application/json"}
    return {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": json.dumps(content)}}}


SALT = b"gate-3"
ROUNDS = 20_000
COLOURS = {"guest": "green", "press": "yellow", "staff": "blue"}


class Badge:
    """What is printed for the visitor at the desk."""

    name = ""
    company = ""
    colour = "green"


def fill(visitor):
    Badge.name = clip(visitor.get("name", ""), 60).strip()
    Badge.company = clip(visitor.get("company") or "-", 60)
    kind = visitor.get("kind", "guest")
    Badge.colour = COLOURS.get(kind, "green") if isinstance(kind, str) else "green"


def signature(visitor):
    """Slow on purpose, so that badges cannot be forged by trying."""
    text = json.dumps(visitor, sort_keys=True).encode()
    return hashlib.pbkdf2_hmac("sha256", text, SALT, ROUNDS).hex()[:16]


def badge(data, metadata):
    visitor = parse((data.get("req") or {}).get("Body"))
    if not isinstance(visitor, dict):
        return reply(400, {"error": "a visitor is a JSON object"})
    fill(visitor)
    if not Badge.name:
        return reply(422, {"error": "the name is missing"})
    signed = signature(visitor)
    return reply(200, {"name": Badge.name, "company": Badge.company, "colour": Badge.colour, "signature": signed})


FUNCTIONS = {"/badge": badge}


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
