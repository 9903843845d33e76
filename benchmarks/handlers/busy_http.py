"""A handler that computes for some milliseconds for each request, with the standard library's server."""

import hashlib
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

ROUNDS = 2000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        digest = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for _ in range(ROUNDS):
            digest = hashlib.sha256(digest).digest()
        body = b'{"ok":true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST

    def log_message(self, *args):
        pass


HTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
