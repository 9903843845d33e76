"""A small shop with one HTTP function, Checkout, whose handler also speaks the own contract of docs/extending.md."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from fnfuzz.app import discover
from fnfuzz.extensions import extended
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.plan import Phase
from fnfuzz.fuzz.stream import Noted, RunEvent, RunFinished

__all__ = ["blocks", "make_checkout", "noted", "played", "rules_found"]

HANDLER = """
import itertools, json, os, traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COUNT = itertools.count()

class Checkout(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def read_body(self):
        if "content-length" in self.headers:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.read_body()
        if self.path == "/rpc":
            call = json.loads(body)
            if "die" in call["params"]:
                os._exit(3)
            wrong = "mixed up" in call["params"]
            self.answer(200, json.dumps({"id": "" if wrong else call["id"], "result": 1}).encode())
            return
        try:
            if b"XXX" in body:
                raise KeyError("rate")
            self.answer(200, b'{"number": %d}' % next(COUNT))
        except KeyError:
            self.answer(200, traceback.format_exc().encode())

    def log_message(self, *words):
        pass

class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

port = os.environ.get("SHOP_PORT") or os.environ.get("PORT") or os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"]
Server(("127.0.0.1", int(port)), Checkout).serve_forever()
"""


def make_checkout(root: Path) -> Path:
    """The app's folder. An order whose currency is XXX is answered with a traceback."""
    (root / "Checkout").mkdir(parents=True)
    bindings = [
        {"name": "req", "type": "httpTrigger", "direction": "in", "methods": ["post"]},
        {"name": "res", "type": "http", "direction": "out"},
    ]
    description = {"defaultExecutablePath": sys.executable, "arguments": ["-I", "handler.py"]}
    handler = {"description": description, "enableForwardingHttpRequest": True}
    (root / "Checkout" / "function.json").write_text(json.dumps({"bindings": bindings}))
    (root / "host.json").write_text(json.dumps({"version": "2.0", "customHandler": handler}))
    (root / "handler.py").write_text(HANDLER)
    return root


def played(
    shop: Path,
    *files: Path,
    cases: int = 300,
    phases: Iterable[Phase] = ("boundaries", "explore"),
    contract: str = "azure-forward",
    jobs: int = 1,
) -> list[RunEvent]:
    """The events of a short run of the shop with the extensions in these files."""
    with extended(files):
        app = discover(shop, contract=contract)
        plan = Plan(seed=1, max_time=None, max_cases=cases, phases=frozenset(phases), jobs=jobs)
        return list(run(app, plan))


def rules_found(events: Iterable[RunEvent]) -> set[str]:
    """The rules of the findings at the end of a run."""
    return {item.identity.rule for event in events if isinstance(event, RunFinished) for item in event.findings}


def noted(events: Iterable[RunEvent]) -> list[str]:
    """The notes of a run."""
    return [event.text for event in events if isinstance(event, Noted)]


def blocks(page: Path) -> dict[str, str]:
    """The first Python block below each heading of a page, by the heading."""
    parts = re.split(r"^## +(.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {}
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        block = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if block is not None:
            found[heading] = block[1]
    return found
