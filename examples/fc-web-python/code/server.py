#!/usr/bin/env python3
"""A record shop behind an HTTP trigger.

GET /albums?page=1&artist=can   three albums a page
GET /albums/6                   one album
POST /albums/6/ratings          {"stars": 1 to 5, "comment": "..."}
"""

import json
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote

PORT = int(os.environ.get("FC_SERVER_PORT") or os.environ.get("FC_CUSTOM_LISTEN_PORT") or 9000)
PAGE_SIZE = 3
LARGEST_RATING = 64 * 1024
ALBUMS = {str(album["id"]): album for album in json.loads(Path(__file__).with_name("albums.json").read_text("utf-8"))}


class Problem(Exception):
    """An answer other than 200: status and reason."""


def page_number(text):
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise Problem(400, "page is a number from 1")
    return int(text)


def list_albums(match, query, body):
    page = page_number(query.get("page", ["1"])[0])
    artist = query.get("artist", [""])[0].casefold()
    found = [album for album in ALBUMS.values() if artist in album["artist"].casefold()]
    start = (page - 1) * PAGE_SIZE
    return 200, {"page": page, "found": len(found), "albums": found[start : start + PAGE_SIZE]}


def show_album(match, query, body):
    return 200, album_of(match)


def rate_album(match, query, body):
    album = album_of(match)
    if len(body) > LARGEST_RATING:
        raise Problem(413, "the rating is too long")
    try:
        rating = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    stars = rating.get("stars") if isinstance(rating, dict) else None
    if type(stars) is not int or not 1 <= stars <= 5:
        raise Problem(422, "stars is a number from 1 to 5")
    comment = rating.get("comment") or ""
    if not isinstance(comment, str):
        raise Problem(422, "comment is a text")
    return 201, {"album": album["id"], "stars": stars, "comment": comment[:500].encode("utf-8", "replace").decode()}


def album_of(match):
    if match["id"] not in ALBUMS:
        raise Problem(404, "no such album")
    return ALBUMS[match["id"]]


ROUTES = [
    ("GET", r"/", lambda match, query, body: (200, {"albums": len(ALBUMS)})),
    ("GET", r"/albums/?", list_albums),
    ("GET", r"/albums/(?P<id>[^/]+)", show_album),
    ("POST", r"/albums/(?P<id>[^/]+)/ratings", rate_album),
]


def respond(method, target, body):
    """Status and content for a request."""
    path, _, query = target.partition("?")
    for verb, pattern, action in ROUTES:
        if match := re.fullmatch(pattern, unquote(path)):
            break
    else:
        return 404, {"error": "no such page"}
    if verb != ("GET" if method == "HEAD" else method):
        return 405, {"error": f"{verb} only"}
    try:
        return action(match, parse_qs(query, keep_blank_values=True), body)
    except Problem as problem:
        status, reason = problem.args
        return status, {"error": reason}


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open; there is no idle time-out
    disable_nagle_algorithm = True

    def serve(self):
        rid = self.headers.get("x-fc-request-id", "")
        log(f"FC Invoke Start RequestId: {rid}")
        try:
            body = self.read_body()
            try:
                status, content = respond(self.command, self.path, body)
            except Exception as error:
                log(f"{rid} [ERROR] {error!r}")
                status, content = 500, {"error": "internal error"}
            self.answer(status, content)
        finally:
            log(f"FC Invoke End RequestId: {rid}")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = serve

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response_only(status)  # without Date and Server: the platform sets its own
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.read_exactly(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.read_line().split(b";")[0], 16):
            chunks.append(self.read_exactly(size))
            self.read_line()
        while self.read_line().strip():
            pass
        return b"".join(chunks)

    def read_exactly(self, size):
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionError("the caller went away")
        return data

    def read_line(self):
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


def log(line):
    """One write a line, so that lines of parallel requests do not mix; flushed, because an idle instance is frozen."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    Server(("0.0.0.0", PORT), Shop).serve_forever()
