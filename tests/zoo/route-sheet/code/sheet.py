#!/usr/bin/env python3
"""Makes the sheet of stops for a courier: numbers the doors in the order in which they are driven to."""

import json
import os
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn

PORT = int(os.environ.get("FC_SERVER_PORT") or os.environ.get("FC_CUSTOM_LISTEN_PORT") or 9000)
SPOOL = os.path.join(tempfile.gettempdir(), f"stops-{os.getpid()}.txt")
MOST_STOPS = 200
MINUTES = {"bike": 4, "van": 6, "truck": 11}  # for a stop


class Refusal(Exception):
    """An event that is no route; the text is for the dispatcher."""


def door_order(stops):
    """Stops as people count houses: Elm Road 9 before Elm Road 10, and 10 before 10a."""
    with open(SPOOL, "w", encoding="utf-8") as spool:
        spool.write("".join(stop + "\n" for stop in stops))
    subprocess.run(["sort", "-V", "-o", SPOOL, SPOOL], check=True, env={**os.environ, "LC_ALL": "C"})
    with open(SPOOL, encoding="utf-8", newline="\n") as spool:
        return spool.read().split("\n")[:-1]


ORDERS = {"given": list, "back": lambda stops: stops[::-1], "doors": door_order}


def checked(route):
    if not isinstance(route, dict):
        raise Refusal("a route is a JSON object")
    stops = route.get("stops")
    if not isinstance(stops, list) or not 1 <= len(stops) <= MOST_STOPS:
        raise Refusal(f"stops is a list of 1 to {MOST_STOPS}")
    for stop in stops:
        if not isinstance(stop, str) or not 1 <= len(stop) <= 80 or not stop.isprintable():
            raise Refusal("a stop is a text of 1 to 80 characters")
    order, vehicle = route.get("order", "given"), route.get("vehicle", "van")
    if not isinstance(order, str) or order not in ORDERS:
        raise Refusal("order is one of " + ", ".join(ORDERS))
    if not isinstance(vehicle, str) or vehicle not in MINUTES:
        raise Refusal("vehicle is one of " + ", ".join(MINUTES))
    return stops, order, vehicle


def sheet(event):
    try:
        route = json.loads(event)
    except (ValueError, RecursionError):
        raise Refusal("the event is not JSON") from None
    stops, order, vehicle = checked(route)
    doors = [{"stop": number, "door": door} for number, door in enumerate(ORDERS[order](stops), 1)]
    return {"accepted": True, "vehicle": vehicle, "minutes": len(stops) * MINUTES[vehicle], "doors": doors}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(200 if self.path == "/" else 404, "200", {"function": "route-sheet"})

    def do_POST(self):
        event = self.read_body()
        if self.path != "/invoke":
            return self.answer(404, "404", {"error": "no such call"})
        rid = self.headers.get("x-fc-request-id", "")
        print(f"FC Invoke Start RequestId: {rid}\n", end="", flush=True)
        status, result = "200", None
        try:
            result = sheet(event)
        except Refusal as refusal:
            result = {"accepted": False, "reason": str(refusal)}
        except Exception as error:
            print(f"{rid} [ERROR] {error!r}\n", end="", flush=True)
            status, result = "404", {"errorMessage": "internal error"}
        print(f"FC Invoke End RequestId: {rid}\n", end="", flush=True)
        self.answer(int(status), status, result)

    def answer(self, code, status, content):
        body = json.dumps(content).encode()
        self.send_response_only(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-fc-status", status)
        self.end_headers()
        self.wfile.write(body)

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(chunks)

    def log_message(self, format, *args):
        pass


class Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        print("a call was broken off", flush=True)


if __name__ == "__main__":
    Server(("0.0.0.0", PORT), Handler).serve_forever()
