"""A small threaded Function Compute handler as script text; a test replaces one of its functions to break a rule."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

from fnfuzz.app.model import App, ContractId, Function

__all__ = ["SERVER", "fc_app", "fc_script"]

SERVER = '''
import json, os, socket, sys, threading, time

PORT = int(os.environ["FC_SERVER_PORT"])


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path = target.split("?")[0]
        self.id = headers.get("x-fc-request-id", "")


def log(text):
    os.write(1, text.encode() + b"\\n")


def answer(request):
    """What the function does: status, headers, body."""
    return 200, {}, request.body


def hook(request, name):
    """/initialize, /pre-stop and /pre-freeze; ``name`` is Initialize, PreStop or PreFreeze."""
    log(f"FC {name} Start RequestId: {request.id}")
    log(f"FC {name} End RequestId: {request.id}")
    return 200, {}, b"done"


HOOKS = {"/initialize": "Initialize", "/pre-stop": "PreStop", "/pre-freeze": "PreFreeze"}


def route(request):
    if request.path in HOOKS:
        return hook(request, HOOKS[request.path])
    log(f"FC Invoke Start RequestId: {request.id}")
    try:
        return answer(request)
    finally:
        log(f"FC Invoke End RequestId: {request.id}")


def read_head(file):
    """Method, target and lower-case headers, or None at the end of the connection."""
    line = file.readline()
    if not line.endswith(b"\\r\\n"):
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := file.readline()) not in (b"\\r\\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return method, target, headers


def read_body(file, headers):
    if "chunked" not in headers.get("transfer-encoding", ""):
        return file.read(int(headers.get("content-length") or 0))
    body = b""
    while size := int(file.readline() or b"0", 16):
        body += file.read(size)
        file.readline()
    file.readline()
    return body


def expect(sock, headers):
    if headers.get("expect", "").lower() == "100-continue":
        sock.sendall(b"HTTP/1.1 100 Continue\\r\\n\\r\\n")


def write(sock, status, headers, body):
    headers = {"Content-Length": len(body), **headers}
    head = "".join(f"{name}: {value}\\r\\n" for name, value in headers.items())
    sock.sendall(f"HTTP/1.1 {status} X\\r\\n{head}\\r\\n".encode("latin-1") + body)


def converse(sock):
    """Serve one connection until it ends."""
    with sock, sock.makefile("rb") as file:
        while (head := read_head(file)) is not None:
            method, target, headers = head
            expect(sock, headers)
            request = Request(method, target, headers, read_body(file, headers))
            write(sock, *route(request))


def guarded(sock):
    try:
        converse(sock)
    except OSError:
        pass


def accept(server):
    """Serve all connections, each in its own thread."""
    while True:
        sock, _ = server.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=guarded, args=(sock,), daemon=True).start()


def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", PORT))
    server.listen(128)
    return server
'''


def fc_script(changes: str = "") -> str:
    """The handler's source: SERVER, then ``changes``, which may define any of its functions anew."""
    return f"{SERVER}\n{textwrap.dedent(changes)}\n\naccept(listen())\n"


def fc_app(
    folder: Path, changes: str = "", *, contract: ContractId = "fc-event", timeout: float = 10.0, **declared: Any
) -> App:
    """An app in ``folder`` with one function; ``declared`` are further fields of App, such as hooks."""
    (folder / "handler.py").write_text(fc_script(changes))
    trigger, form = ("raw", "raw") if contract == "fc-event" else ("http", "")
    function = Function(
        name="demo", trigger=trigger, contract=contract, form=form, timeout=timeout, route_prefix="", methods=()
    )
    return App(
        root=folder,
        name="demo",
        platform="fc",
        reason="made by a test",
        command=(sys.executable, "-I", "-S", "handler.py"),
        cwd=folder,
        functions=(function,),
        start_timeout=120.0,
        settled=True,
        **declared,
    )
