#!/usr/bin/env python3
"""Lists the articles of a magazine, page by page."""

import json
import os
import re
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Problem(Exception):
    """The caller's mistake, told with a status of 4xx."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


ARTICLES = [{"id": number, "title": f"Issue {number // 8 + 1}, article {number % 8 + 1}"} for number in range(1, 95)]
LARGEST_PAGE = 50


def whole(text, name, high):
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise Problem(400, f"{name} is a whole number")
    value = int(text)
    if value > high:
        raise Problem(400, f"{name} is at most {high}")
    return value


def page_count(size):
    count, at = 0, 0
    while at < len(ARTICLES):
        count += 1
        at += size
    return count


def articles(query):
    size = whole(query.get("size", "10"), "size", LARGEST_PAGE)
    number = whole(query.get("page", "1"), "page", 999_999)
    pages = page_count(size)
    if not 1 <= number <= pages:
        raise Problem(404, "no such page")
    begin = (number - 1) * size
    return {"page": number, "pages": pages, "articles": ARTICLES[begin : begin + size]}


def respond(method, path, query, body):
    if path == "/":
        return 200, {"state": "ready"}
    if not re.fullmatch(r"/api/articles/?", path, re.IGNORECASE):
        raise Problem(404, "no such address")
    if method != "GET":
        raise Problem(405, "GET only")
    return 200, articles(query)


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
