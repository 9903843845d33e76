"""Serves a web function as a custom runtime of Function Compute: routes, problems, keep-alive."""

import json
import os
import re
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote

PORT = int(os.environ.get("FC_SERVER_PORT") or os.environ.get("FC_CUSTOM_LISTEN_PORT") or 9000)


class Problem(Exception):
    """An answer other than 200: status and reason."""


def log(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def json_object(body):
    """The body as a JSON object, or a 400."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Problem(400, "the body is not an object")
    return value


class Request:
    def __init__(self, match, query, headers, body):
        self.match, self.query, self.headers, self.body = match, query, headers, body

    def param(self, name, default=""):
        return self.query.get(name, [default])[0]


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    routes = ()

    def handle_request(self):
        rid = self.headers.get("x-fc-request-id", "")
        log(f"FC Invoke Start RequestId: {rid}")
        try:
            body = self.read_body()
            try:
                status, content = self.respond(body)
            except Problem as problem:
                status, content = problem.args[0], {"error": problem.args[1]}
            except Exception:
                log(traceback.format_exc())
                status, content = 500, {"error": "internal error"}
            self.answer(status, content)
        finally:
            log(f"FC Invoke End RequestId: {rid}")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = handle_request

    def respond(self, body):
        path, _, query = self.path.partition("?")
        method = "GET" if self.command == "HEAD" else self.command
        found = [
            (verb, match, call)
            for verb, pattern, call in self.routes
            if (match := re.fullmatch(pattern, unquote(path)))
        ]
        if not found:
            raise Problem(404, "no such page")
        for verb, match, call in found:
            if verb == method:
                return call(Request(match, parse_qs(query, keep_blank_values=True), self.headers, body))
        raise Problem(405, "method not allowed")

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
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


def serve(*routes, web=Web):
    web.routes = routes
    Server(("0.0.0.0", PORT), web).serve_forever()
