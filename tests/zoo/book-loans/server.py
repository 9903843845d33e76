#!/usr/bin/env python3
"""Tells a library's readers until when they may keep a book."""

import json
import os
import queue
import re
import sqlite3
import sys
import traceback
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Problem(Exception):
    """The caller's mistake, told with a status of 4xx."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


POOL_SIZE = 4
LOANS = [("b-1", "Mira", 12), ("b-2", "Jon", 3), ("b-3", "Ada", 20)]
POOL = queue.SimpleQueue()


def open_connection():
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("create table loans (book text primary key, reader text, days integer)")
    connection.executemany("insert into loans values (?, ?, ?)", LOANS)
    return connection


for _ in range(POOL_SIZE):
    POOL.put(open_connection())


def find_loan(book):
    connection = POOL.get()
    row = connection.execute("select reader, days from loans where book = ?", (book,)).fetchone()
    if row is None:
        raise Problem(404, "the book is not lent")
    POOL.put(connection)
    return {"book": book, "reader": row[0], "until": (date(2025, 3, 11) + timedelta(days=row[1])).isoformat()}


def respond(method, path, query, body):
    if path == "/":
        return 200, {"state": "ready"}
    if not re.fullmatch(r"/api/loans/?", path, re.IGNORECASE):
        raise Problem(404, "no such address")
    if method != "GET":
        raise Problem(405, "GET only")
    book = query.get("book", "")
    if not re.fullmatch(r"b-[0-9]{1,6}", book):
        raise Problem(400, "book is b- and a number")
    return 200, find_loan(book)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        url = urlsplit(self.path)
        try:
            status, content = respond(self.command, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), body)
        except Problem as problem:
            status, content = problem.status, {"error": str(problem)}
        except Exception as error:
            traceback.print_exc()
            status, content = 500, {"error": repr(error)}
        self.answer(status, content)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        """Silent: the host takes every line on stderr for an error."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
