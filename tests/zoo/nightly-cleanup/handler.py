#!/usr/bin/env python3
"""Removes old drafts every night and tells what it did."""

import json
import os
import sys
import threading
import time
import traceback
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def parse(text):
    """The value of a JSON text, or None."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


LOCK = threading.Lock()
DRAFTS = {f"draft-{number}": number * 86_400 for number in range(60)}
KEEP_DAYS = 30


def last_run(timer):
    """When the job ran before, or None for the first time or a schedule without monitor."""
    status = timer.get("ScheduleStatus")
    last = status.get("Last") if isinstance(status, dict) else None
    try:
        moment = datetime.fromisoformat(last)
    except (TypeError, ValueError):
        return None
    return moment if moment.year > 1 else None


def sweep(now):
    """Removes what is older than KEEP_DAYS days, then puts samples back for the next night."""
    with LOCK:
        old = [name for name, age in DRAFTS.items() if age > KEEP_DAYS * 86_400]
        for name in old:
            del DRAFTS[name]
        for name in old:
            DRAFTS[name] = (int(name.removeprefix("draft-")) + int(now) % 2) * 86_400
    return len(old)


def cleanup(data, metadata):
    timer = data.get("timer") or {}
    before = last_run(timer)
    removed = sweep(time.time())
    since = before.astimezone(timezone.utc).strftime("%d %b %Y %H:%M") if before else "never"
    report = f"removed {removed} drafts, last run: {since}\n"
    late = ["the schedule was missed"] if timer.get("IsPastDue") else []
    return {"Outputs": {"report": report}, "Logs": [report.strip(), *late]}


FUNCTIONS = {"/cleanup": cleanup}


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
