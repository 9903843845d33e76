#!/usr/bin/env python3
"""Event handler of a custom runtime in Flask: answers with the event, byte by byte.

Flask's own development server ends every connection after one answer, while Function Compute reuses its connections.
``KeepAlive`` below serves the same app from the standard library; gunicorn does as well:
``gunicorn -b 0.0.0.0:9000 -k gthread --threads 10 --keep-alive 86400 server:app``.
"""

import io
import json
import os
import sys
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from wsgiref.handlers import SimpleHandler
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask, Response, request

PORT = int(os.environ.get("FC_SERVER_PORT") or os.environ.get("FC_CUSTOM_LISTEN_PORT") or 9000)
LARGEST_RESULT = 6 * 1024 * 1024  # larger results belong into a bucket

app = Flask(__name__)


def log(line):
    """One write a line, so that parallel calls do not mix; flushed, because the instance is frozen after it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def handle(event):
    """The result for an event: the event itself, or its size where it is too large to be a result."""
    if len(event) > LARGEST_RESULT:
        return json.dumps({"bytes": len(event)}).encode()
    return event


@app.get("/")
def home():
    return "ready\n"


@app.post("/invoke")
def invoke():
    rid = request.headers.get("x-fc-request-id", "")
    log(f"FC Invoke Start RequestId: {rid}")
    try:
        event = request.get_data()
        log(f"{rid} [INFO] event of {len(event)} bytes")
        return Response(handle(event), content_type="application/octet-stream", headers={"x-fc-status": "200"})
    except Exception as error:
        log(f"{rid} [ERROR] {type(error).__name__}")
        failure = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})
        return Response(failure, 404, content_type="application/json", headers={"x-fc-status": "404"})
    finally:
        log(f"FC Invoke End RequestId: {rid}")


class KeepAlive(WSGIRequestHandler):
    """Serves ``app`` on a connection that stays open, for bodies of both framings; there is no idle time-out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    handle = BaseHTTPRequestHandler.handle

    def serve(self):
        body = self.read_body()
        environ = self.get_environ() | {"CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        gateway = SimpleHandler(io.BytesIO(body), self.wfile, sys.stderr, environ)
        gateway.http_version = "1.1"
        gateway.run(self.server.get_app())

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

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
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    server = Server(("0.0.0.0", PORT), KeepAlive)
    server.set_app(app)
    server.serve_forever()
