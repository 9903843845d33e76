#!/usr/bin/env python3
"""Streams the table of customers as CSV: GET /export?columns=name,city"""

import json

from web import Problem, Web, log, serve

CUSTOMERS = [
    {"name": "Ada", "city": "London", "phone": "+44 20 5550100", "note": "pays late"},
    {"name": "Bruno", "city": "Lyon", "phone": "+33 4 5550101", "note": ""},
    {"name": "Chloe", "city": "Ghent", "phone": "+32 9 5550102", "note": "call first"},
]
DEFAULT = "name,city"


class Export(Web):
    def answer(self, status, content):
        if status == 200:
            self.stream(content)
        else:
            super().answer(status, content)

    def stream(self, pieces):
        self.send_response_only(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command != "HEAD":
            for piece in pieces:
                self.chunk(piece.encode())
            self.wfile.write(b"0\r\n\r\n")

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))


def pieces(columns):
    """The CSV text, cell by cell, so that no line is ever held as a whole."""
    yield ",".join(columns) + "\n"
    for customer in CUSTOMERS:
        for number, column in enumerate(columns):
            yield customer[column]
            yield "," if number < len(columns) - 1 else "\n"


def export(request):
    columns = request.param("columns", DEFAULT).split(",")
    unknown = [name for name in columns if name not in CUSTOMERS[0]]
    if unknown or len(columns) > 10:
        raise Problem(400, "no such column")
    log(f"[INFO] export of {len(columns)} columns")
    return 200, pieces(columns)


serve(
    ("GET", r"/", lambda request: (200, [json.dumps(list(CUSTOMERS[0])), "\n"])),
    ("GET", r"/export/?", export),
    web=Export,
)
