#!/usr/bin/env python3
"""Makes CSV of rows: POST /reports {"title": "March", "rows": [["a", 1], ["b", 2]]}"""

import csv
import io
import json

from web import Problem, Web, json_object, log, serve


class Reports(Web):
    def answer(self, status, content):
        title = content.get("title")
        body = (content["csv"] if title else json.dumps(content)).encode("utf-8", "replace")
        self.send_response_only(status)
        self.send_header("Content-Type", "text/csv; charset=utf-8" if title else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if title:
            self.send_header("X-Report-Title", ascii_only(title))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def ascii_only(text):
    return text.encode("ascii", "replace").decode("ascii")


def rows_of(value):
    rows = value.get("rows", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Problem(422, "rows is a list of lists")
    if any(isinstance(cell, (dict, list)) for row in rows for cell in row):
        raise Problem(422, "cells are texts and numbers")
    return rows


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def report(request):
    value = json_object(request.body)
    title = value.get("title")
    if not isinstance(title, str) or not title.strip() or len(title) > 120 or not title.isascii():
        raise Problem(422, "title is a short text")
    if any(character < " " and character not in "\t\n\r" for character in title) or "\x7f" in title:
        raise Problem(422, "title holds control characters")
    rows = rows_of(value)
    log(f"[INFO] report of {len(rows)} rows")
    return 200, {"title": title, "csv": as_csv(rows)}


serve(("GET", r"/", lambda request: (200, {"formats": ["csv"]})), ("POST", r"/reports/?", report), web=Reports)
