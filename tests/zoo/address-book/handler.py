#!/usr/bin/env python3
"""Keeps addresses: looked up over HTTP, changed by messages."""

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


def clip(value, limit=200):
    """A short text of the sender's, without halves of surrogate pairs."""
    return str(value)[:limit].encode("utf-8", "replace").decode()


def reply(status, content):
    headers = {"Content-Type": "application/json"}
    return {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": json.dumps(content)}}}


LOCK = threading.Lock()
ADDRESSES = {"7": {"name": "Mira", "city": "Lisbon"}, "8": {"name": "Jon", "city": "Oslo"}}
MOST = 500
KEY = re.compile(r"[A-Za-z0-9-]{1,40}")


def find(key):
    with LOCK:
        found = ADDRESSES.get(key)
        return dict(found) if found else None


def lookup(data, metadata):
    request = data.get("req") or {}
    key = (request.get("Params") or {}).get("id")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return reply(400, {"error": "an id has letters, digits and dashes"})
    found = find(key)
    if found is None:
        return reply(404, {"error": "no such address"})
    return reply(200, found)


def read_change(text):
    """Id and members of an address, or a reason why not."""
    change = parse(text)
    if not isinstance(change, dict):
        return None, "the message is not a JSON object"
    key = change.get("id")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        return None, "the id is missing"
    wanted = {name: clip(change[name], 80) for name in ("name", "city") if isinstance(change.get(name), str)}
    return (key, wanted), ""


def change(data, metadata):
    read, reason = read_change(parse(data.get("change")))
    if read is None:
        return {"Outputs": {"log": json.dumps({"state": "refused", "reason": reason})}, "Logs": [f"refused: {reason}"]}
    key, wanted = read
    with LOCK:
        if key in ADDRESSES or len(ADDRESSES) < MOST:
            ADDRESSES[key] = {**ADDRESSES.get(key, {"name": "", "city": ""}), **wanted}
    return {"Outputs": {"log": json.dumps({"state": "changed", "address": key})}, "Logs": [f"changed {key}"]}


FUNCTIONS = {"/lookup": lookup, "/change": change}


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
