#!/usr/bin/env python3
"""Imports customers from CSV files."""

import base64
import csv
import io
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


WANTED = ("id", "name", "email")


def rows_of(content):
    """The rows of a file, in whatever encoding the office wrote it; none where it is not CSV."""
    text = content.decode("utf-8-sig", "replace").replace("\x00", "")
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error:
        return [["unreadable"]]


def columns_of(header):
    names = [name.strip().lower() for name in header]
    return {name: names.index(name) for name in WANTED if name in names}


def customers(rows, columns):
    for row in rows:
        values = {name: row[at].strip() for name, at in columns.items() if at < len(row)}
        if values.get("id"):
            yield values


def import_file(data, metadata):
    content = base64.b64decode(data.get("file") or "")
    name = clip(parse(metadata.get("name")) or "")
    rows = rows_of(content)
    columns = columns_of(rows[0])
    if "id" not in columns:
        report = {"file": name, "state": "rejected", "reason": "the first row names no id"}
    else:
        good = list(customers(rows[1:], columns))
        report = {"file": name, "state": "imported", "customers": len(good), "skipped": len(rows) - 1 - len(good)}
    return {"Outputs": {"report": json.dumps(report)}, "Logs": [f"{name}: {report['state']}"]}


FUNCTIONS = {"/import-file": import_file}


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
