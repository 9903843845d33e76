#!/usr/bin/env python3
"""Puts the mails of a day into one digest, every morning."""

import json
import os
import random
import sys
import traceback
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


SUBJECTS = ("Offer", "Invoice", "Reminder", "Welcome", "Question")


def mails_of(day):
    """The mails of a day; a stand-in for the mail store that gives the same ones for the same day."""
    source = random.Random(day.toordinal())
    return [{"subject": source.choice(SUBJECTS), "size": source.randrange(200, 4000)} for _ in range(source.randrange(6))]


def digest_of(mails):
    counts = {}
    for mail in mails:
        counts[mail["subject"]] = counts.get(mail["subject"], 0) + 1
    lines = [f"{count:4} {subject}" for subject, count in sorted(counts.items())]
    return "\n".join([f"{len(mails)} mails", *lines]) + "\n"


def digest(data, metadata):
    timer = data.get("timer") or {}
    mails = mails_of(date.today())
    late = " (late)" if timer.get("IsPastDue") else ""
    return {"Outputs": {"digest": digest_of(mails)}, "Logs": [f"digest of {len(mails)} mails{late}"]}


FUNCTIONS = {"/digest": digest}


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
    port = int(os.environ.get("PORT", "8093"))
    Server(("127.0.0.1", port), Handler).serve_forever()
