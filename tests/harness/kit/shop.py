"""A small Azure app on disk with a queue and an HTTP function, whose handler can be made to fail."""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["make_shop"]

HANDLER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

BREAK = {fault!r}

class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.read_body()
        if BREAK and BREAK.encode() in body:
            print("cannot do \\x1b[31mthat", file=sys.stderr, flush=True)
            self.answer(500, b"oops")
        else:
            res = {{"Outputs": {{"res": {{"statusCode": 200, "body": "hi"}}}} if self.path == "/Hello" else {{}}}}
            self.answer(200, json.dumps(res).encode())

    def log_message(self, *words):
        pass

HTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Shop).serve_forever()
"""


def make_shop(root: Path, fault: str = "", program: str = HANDLER) -> Path:
    """The app's folder. A request whose body holds ``fault`` is answered with 500."""
    bindings = {
        "Orders": [{"name": "order", "type": "queueTrigger", "direction": "in", "queueName": "orders"}],
        "Hello": [
            {"name": "req", "type": "httpTrigger", "direction": "in", "methods": ["post"]},
            {"name": "res", "type": "http", "direction": "out"},
        ],
    }
    description = {"defaultExecutablePath": sys.executable, "arguments": ["-I", "handler.py"]}
    for name, content in bindings.items():
        (root / name).mkdir(parents=True)
        (root / name / "function.json").write_text(json.dumps({"bindings": content}))
    (root / "host.json").write_text(json.dumps({"version": "2.0", "customHandler": {"description": description}}))
    (root / "handler.py").write_text(program.format(fault=fault) if program is HANDLER else program)
    return root
