"""Small line handlers: a loop that behaves, with one piece of it changed."""

from __future__ import annotations

import sys
from pathlib import Path

from fnfuzz.app.model import App, Function

__all__ = ["line_app", "line_program"]

PROGRAM = r"""
import json, os, random, sys, threading, time

count = 0

def say(text):
    data = text if isinstance(text, bytes) else text.encode()
    while data:
        data = data[os.write(1, data):]

def answer(value, status=200):
    headers = {"content-type": "application/json"}
    return json.dumps({"status": status, "headers": headers, "body": json.dumps(value)}) + "\n"

def result(request):
    return {"url": request["url"], "body": request["body"]}

def handle(line):
    global count
    count += 1
    try:
        request = json.loads(line)
        reply = answer(result(request))
    except Exception as error:
        reply = answer({"error": type(error).__name__}, 400)
    say(reply)

def begin():
    pass

def end():
    pass

def loop():
    for line in sys.stdin.buffer:
        handle(line)
# CHANGE
begin()
loop()
end()
"""


def line_program(change: str = "") -> str:
    """The whole program; ``change`` defines some of its functions anew: result, handle, begin, end, loop."""
    return PROGRAM.replace("# CHANGE", change)


def line_app(folder: Path, change: str = "", trigger: str = "http") -> App:
    """An app whose only function is the line handler with ``change``."""
    path = folder / "handler.py"
    path.write_text(line_program(change))
    function = Function(
        name="Greet", trigger=trigger, contract="azure-stdio", methods=("GET", "POST"), route="greet", source="orders"
    )
    return App(
        root=folder,
        name="lines",
        platform="bare",
        reason="",
        command=(sys.executable, "-I", "-S", str(path)),
        cwd=folder,
        functions=(function,),
    )
