#!/usr/bin/env python3
"""Offers the documents of a shop for download under a name of the customer's choice."""

import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


DOCUMENTS = {
    "terms": ("terms.txt", "Delivery within five days. Returns within thirty.\n"),
    "prices": ("prices.csv", "article,cents\npen,120\nink,450\n"),
    "contact": ("contact.txt", "Stationery Mira, 1 Harbour Road\n"),
}
TYPES = {".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8"}


def respond(status, body, headers):
    return {"Outputs": {"res": {"statusCode": status, "headers": headers, "body": body}}}


def refuse(status, reason):
    return respond(status, json.dumps({"error": reason}), {"Content-Type": "application/json"})


def file_name(wanted, usual):
    """The name for the browser: that of the customer, with the extension of the document."""
    name = PurePosixPath(wanted.strip()).name if wanted else ""
    if not name:
        return usual
    suffix = PurePosixPath(usual).suffix
    return name if name.lower().endswith(suffix) else name + suffix


def download(data, metadata):
    request = data.get("req") or {}
    query = request.get("Query") or {}
    key = query.get("document", "terms")
    if key not in DOCUMENTS:
        return refuse(404, "no such document")
    usual, text = DOCUMENTS[key]
    name = file_name(query.get("name", ""), usual)
    if len(name) > 150:
        return refuse(400, "the name is too long")
    name = name.replace("\\", "_").replace('"', "'")
    headers = {
        "Content-Type": TYPES[PurePosixPath(usual).suffix],
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return respond(200, text, headers)


FUNCTIONS = {"/download": download}


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
