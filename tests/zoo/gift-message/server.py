#!/usr/bin/env python3
"""Lays out the message that goes onto the card of a gift."""

import json
import os
import re
import sys
import textwrap
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Problem(Exception):
    """The caller's mistake, told with a status of 4xx."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


WIDTH, MOST_LINES = 32, 6
CLOSINGS = {"warm": "With love", "plain": "Regards", "none": ""}


def read_order(body):
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(order, dict) or not isinstance(order.get("message"), str):
        raise Problem(400, "message is missing")
    return order


def layout(order):
    closing = order.get("closing", "plain")
    if not isinstance(closing, str) or closing not in CLOSINGS:
        raise Problem(422, f"closing is one of {', '.join(CLOSINGS)}")
    lines = textwrap.wrap(order["message"], WIDTH)
    if len(lines) > MOST_LINES:
        raise Problem(422, f"the card has room for {MOST_LINES} lines")
    return [*lines, CLOSINGS[closing]] if CLOSINGS[closing] else lines


def respond(method, path, query, body):
    if path == "/":
        return 200, {"state": "ready"}
    if not re.fullmatch(r"/api/gift-messages/?", path, re.IGNORECASE):
        raise Problem(404, "no such address")
    if method != "POST":
        raise Problem(405, "POST only")
    return 200, {"lines": layout(read_order(body))}


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
        text = json.dumps(content, ensure_ascii=False)
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode("utf-8", "replace"))

    def log_message(self, format, *args):
        """Silent: the host takes every line on stderr for an error."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
