#!/usr/bin/env python3
"""Gives parcels from a queue the sequence numbers of the conveyor belt."""

import base64
import json
import os
import struct
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


LANES = {"north": 1, "south": 2, "express": 3}
LOCK = threading.Lock()
taken = 0


def next_number():
    global taken
    with LOCK:
        taken += 1
        return taken


def telegram(lane, number, weight):
    """The frame of the belt's controller: lane, number, weight in decagrams, check sum."""
    frame = struct.pack(">BBH", lane, number, weight)
    return frame + bytes([sum(frame) % 256])


def read_parcel(message):
    parcel = parse(message)
    if not isinstance(parcel, dict):
        parcel = {}
    lane = parcel.get("lane")
    weight = parcel.get("weight")
    if not isinstance(lane, str) or lane not in LANES:
        lane = "north"
    if type(weight) is not int or not 0 < weight <= 65535:
        weight = 100
    return clip(parcel.get("id", "unknown"), 60), LANES[lane], weight


def assign(data, metadata):
    message = parse(data.get("parcel"))
    number = next_number()
    parcel, lane, weight = read_parcel(message)
    frame = telegram(lane, number, weight)
    order = {"parcel": parcel, "number": number, "telegram": base64.b64encode(frame).decode()}
    return {"Outputs": {"belt": json.dumps(order)}, "Logs": [f"parcel {number} on lane {lane}"]}


FUNCTIONS = {"/assign": assign}


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
