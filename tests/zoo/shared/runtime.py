"""Serves one event function as a custom runtime of Function Compute."""

import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("FC_SERVER_PORT") or os.environ.get("FC_CUSTOM_LISTEN_PORT") or 9000)


class Rejected(Exception):
    """The event cannot be handled; the reason goes to the caller."""


def log(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Runtime(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    calls = None

    def do_GET(self):
        self.answer(200 if self.path == "/" else 404, {}, {"status": "up"})

    def do_POST(self):
        event = self.read_body()
        if self.path not in self.calls:
            self.answer(404, {"x-fc-status": "404"}, {"error": "unknown call"})
            return
        name, call = self.calls[self.path]
        rid = self.headers.get("x-fc-request-id", "")
        log(f"FC {name} Start RequestId: {rid}")
        try:
            reply = 200, {"x-fc-status": "200"}, call(event)
        except Rejected as problem:
            reply = 404, {"x-fc-status": "404"}, {"error": str(problem)}
        except Exception:
            log(traceback.format_exc())
            reply = 500, {"x-fc-status": "404"}, {"error": "internal error"}
        log(f"FC {name} End RequestId: {rid}")
        self.answer(*reply)

    def answer(self, status, headers, content):
        body = json.dumps(content).encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.exactly(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.line().split(b";")[0], 16):
            chunks.append(self.exactly(size))
            self.line()
        while self.line().strip():
            pass
        return b"".join(chunks)

    def exactly(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionError("the caller went away")
        return data

    def line(self):
        line = self.rfile.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the caller went away")
        return line

    def log_message(self, format, *args):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(invoke, initialize=None):
    Runtime.calls = {"/invoke": ("Invoke", invoke)}
    if initialize:
        Runtime.calls["/initialize"] = ("Initialize", lambda event: initialize())
    Server(("0.0.0.0", PORT), Runtime).serve_forever()
