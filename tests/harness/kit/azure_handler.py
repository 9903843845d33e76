"""Small real Azure handlers for tests: one good HTTP server as a script, of which a test changes one behaviour.

The script's functions are looked up when they are called, so that a change is a function of the same name, put behind
them. ``Greet`` is an HTTP function, ``OnOrder`` a queue function, ``OnUpload`` a blob function; ``/api/greet`` is what
``Greet`` is under forwarding.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from fnfuzz.app.model import App, Binding, Function

__all__ = ["ENRICH", "FORWARDED", "GREET", "ON_ORDER", "ON_UPLOAD", "azure_app"]

GOOD = r'''
import base64, json, os, socket, sys, threading, time

PORT_NAMES = ("FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_HTTPWORKER_PORT")
ADDRESS, REUSE = "127.0.0.1", True
NAMES = ("Greet", "OnOrder", "OnUpload", "Enrich")
ENVELOPE = "application/json"

def port():
    return int(next(os.environ[name] for name in PORT_NAMES if name in os.environ))

def once(name):
    """True for the first caller of all instances, who finds no such file."""
    try:
        open(name, "x").close()
        return True
    except FileExistsError:
        return False

def read_request(file):
    line = file.readline().split()
    if not line:
        return None
    headers = {}
    while (field := file.readline().strip()):
        name, _, value = field.decode().partition(":")
        headers[name.lower()] = value.strip()
    return line[0].decode(), line[1].decode(), headers, read_body(file, headers)

def read_body(file, headers):
    if headers.get("transfer-encoding") != "chunked":
        return file.read(int(headers.get("content-length", 0)))
    body = b""
    while (size := int(file.readline(), 16)):
        body += file.read(size)
        file.readline()
    file.readline()
    return body

def text_of(name, data):
    trigger = next(iter(data.values()))
    if name == "Greet":
        header = {key.lower(): values[0] for key, values in trigger["Headers"].items()}
        body = trigger.get("Body", "")
        binary = header.get("content-type") == "application/octet-stream"
        return base64.b64decode(body).decode() if binary else body
    if name == "OnUpload":
        return base64.b64decode(trigger).decode()
    return json.loads(trigger)

def on_event(name, data, metadata):
    return result(name, text_of(name, data))

def result(name, text):
    if name == "Greet":
        return {"Outputs": {"res": {"statusCode": 200, "body": "hello " + text}}}
    return {"Outputs": {"out": {"seen": text}}}

def on_forwarded(method, path, headers, body):
    return 200, "text/plain", b"hello " + body

def on_other(method, path):
    return 404, "text/plain", b"no such page"

def on_request(method, path, headers, body):
    name = path[1:]
    if name in NAMES and method == "POST":
        request = json.loads(body)
        return 200, ENVELOPE, json.dumps(on_event(name, request["Data"], request["Metadata"])).encode()
    if path.partition("?")[0] == "/api/greet":
        return on_forwarded(method, path, headers, body)
    return on_other(method, path)

def safely(method, path, headers, body):
    try:
        return on_request(method, path, headers, body)
    except Exception as error:
        return 500, "text/plain", repr(error).encode()

def after_answer(path):
    pass

def converse(sock):
    try:
        with sock, sock.makefile("rb") as file:
            while (request := read_request(file)):
                status, media, body = safely(*request)
                head = f"HTTP/1.1 {status} Said\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
                sock.sendall(head.encode() + body)
                after_answer(request[1])
    except OSError:
        pass

def listen():
    family = socket.AF_INET6 if ":" in ADDRESS else socket.AF_INET
    server = socket.socket(family)
    if REUSE:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((ADDRESS, port()))
    server.listen(64)
    return server

def serve(server):
    while True:
        threading.Thread(target=converse, args=(server.accept()[0],), daemon=True).start()

def before():
    pass
'''
START = "\nbefore()\nserve(listen())\n"


def _function(name: str, trigger: str, *bindings: Binding) -> Function:
    return Function(name=name, trigger=trigger, contract="azure-http", bindings=bindings, timeout=30.0)


GREET = _function(
    "Greet",
    "http",
    Binding(name="req", type="httpTrigger", direction="in"),
    Binding(name="res", type="http", direction="out"),
)
ON_ORDER = _function(
    "OnOrder",
    "queue",
    Binding(name="job", type="queueTrigger", direction="in"),
    Binding(name="out", type="queue", direction="out"),
)
ON_UPLOAD = _function(
    "OnUpload",
    "blob",
    Binding(name="file", type="blobTrigger", direction="in"),
    Binding(name="out", type="queue", direction="out"),
)
ENRICH = _function(
    "Enrich",
    "queue",
    Binding(name="job", type="queueTrigger", direction="in"),
    Binding(name="profile", type="blob", direction="in"),
    Binding(name="out", type="queue", direction="out"),
)
FORWARDED = replace(GREET, contract="azure-forward", proxying="forward", route="greet")


def azure_app(
    folder: Path,
    function: Function,
    change: str = "",
    *,
    settings: Mapping[str, str] | None = None,
    patience: float = 30.0,
) -> App:
    """An app in ``folder`` whose handler is the good one with ``change`` (Python source) put behind it."""
    script = folder / "handler.py"
    script.write_text(f"{GOOD}\n{dedent(change)}\n{START}")
    return App(
        root=folder,
        name="kit",
        platform="azure",
        reason="made by a test",
        command=(sys.executable, "-I", "-S", str(script)),
        cwd=folder,
        functions=(function,),
        settings=dict(settings or {}),
        start_timeout=patience,
    )
