"""Finds the exception and the deepest frame of the handler's own code in its logs, for several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

__all__ = ["Trace", "find_trace", "trace_block"]

NOT_OWN = (
    "site-packages",
    "dist-packages",
    "/lib/python",
    "<frozen",
    "node:",
    "node_modules",
    "/usr/lib/",
    "/usr/local/go/",
    "runtime/",
    "<string>",
)

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
PYTHON_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+), in (\S+)', re.MULTILINE)
PYTHON_ERROR = re.compile(
    r"^((?:[A-Za-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Iteration|Timeout\w*))(?::|$)",
    re.MULTILINE,
)
PYTHON_LAST = re.compile(r"^[ \t]+\S.*\n([A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)
"""Of an exception with any name: the line behind the frames."""

NODE_ERROR = re.compile(r"^(?:Uncaught |\[?)?([A-Z]\w*(?:Error|Exception))(?: \[\w+\])?:", re.MULTILINE)
NODE_FRAME = re.compile(
    r"^\s+at (?:async )?(?:(\S+) )?(?:\[as \S+\] )?\(?(?:file://)?(/[^():]+|[A-Za-z]:\\[^():]+):(\d+):\d+\)?$",
    re.MULTILINE,
)
GO_PANIC = re.compile(r"^(?:panic|fatal error|(?:\d\S+ ){0,2}http: panic serving \S+): (.*)$", re.MULTILINE)
"""net/http catches a panic, logs it in the second form and drops the connection."""

GO_FRAME = re.compile(r"^\t(/\S+\.go):(\d+)", re.MULTILINE)
JAVA_ERROR = re.compile(
    r"^(?:Exception in thread \S+ |Caused by: )?((?:[a-z]\w*\.)+[A-Z]\w*(?:Error|Exception))\b", re.MULTILINE
)
JAVA_FRAME = re.compile(r"^\s+at ([\w.$]+)\((\w+\.(?:java|kt|scala)):(\d+)\)", re.MULTILINE)
RUBY_ERROR = re.compile(r"^(\S+\.rb):(\d+):in [`'](?:.*)': .*\(([A-Z]\w*(?:::\w+)*)\)", re.MULTILINE)
NAMED_ERROR = re.compile(r"\b([A-Z][A-Za-z]*(?:Error|Exception))\b[(:]")
EXHAUSTED = re.compile(
    r"Maximum call stack size exceeded|RecursionError|StackOverflowError|stack level too deep|goroutine stack exceeds"
)
RUST_PANIC = re.compile(r"^thread '.*' panicked at (?:'.*', )?(\S+\.rs):(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Trace:
    """``kind`` is the exception's type, ``frame`` is ``file:line`` of the handler's own code or empty."""

    kind: str
    frame: str = ""

    def __str__(self) -> str:
        return f"{self.kind} at {self.frame}" if self.frame else self.kind


def find_trace(text: str) -> Trace | None:
    """The last trace in ``text``, or None."""
    for reader in (_python, _node, _java, _go, _ruby, _rust, _named):
        trace = reader(text)
        if trace is not None:
            # A stack ends wherever it happens to be full.
            return Trace(trace.kind) if EXHAUSTED.search(text) else trace
    return None


def trace_block(text: str, lines: int = 12) -> tuple[str, ...]:
    """The end of the last Python trace, the beginning of the last Go one, or just the last lines of ``text``; escape
    sequences are taken out.
    """
    plain = ESCAPES.sub("", text)
    kept = [line for line in plain.splitlines() if line.strip()]
    start = max(
        (index for index, line in enumerate(kept) if line.startswith("Traceback (most recent call last)")), default=-1
    )
    if start >= 0:
        end = next((index for index in range(start + 1, len(kept)) if not kept[index].startswith(" ")), len(kept) - 1)
        kept = kept[start : end + 1]
    elif panics := [index for index, line in enumerate(kept) if GO_PANIC.match(line)]:
        kept = kept[panics[-1] :][:lines]
    return tuple(kept[-lines:])


def _own(file: str) -> bool:
    return not any(part in file for part in NOT_OWN)


def _short(file: str, line: str) -> str:
    return f"{PurePath(file).name}:{line}"


def _python(text: str) -> Trace | None:
    start = text.rfind("Traceback (most recent call last)")
    if start < 0:
        return None
    block = text[start:]
    frames = [match for match in PYTHON_FRAME.finditer(block) if _own(match.group(1))]
    errors = PYTHON_ERROR.findall(block) or PYTHON_LAST.findall(block)
    if not errors:
        return None
    name = errors[0].rsplit(".", 1)[-1]
    frame = frames[-1] if frames else None
    return Trace(
        errors[0] if name.lower() == "error" else name, _short(frame.group(1), frame.group(2)) if frame else ""
    )


def _node(text: str) -> Trace | None:
    errors = list(NODE_ERROR.finditer(text))
    if not errors:
        return None
    frame = next((match for match in NODE_FRAME.finditer(text, errors[-1].start()) if _own(match.group(2))), None)
    return Trace(errors[-1].group(1), _short(frame.group(2), frame.group(3)) if frame else "")


def _java(text: str) -> Trace | None:
    errors = list(JAVA_ERROR.finditer(text))
    if not errors:
        return None
    frame = next(
        (
            m
            for m in JAVA_FRAME.finditer(text, errors[-1].start())
            if not m.group(1).startswith(("java.", "javax.", "jdk.", "sun."))
        ),
        None,
    )
    return Trace(errors[-1].group(1).rsplit(".", 1)[-1], f"{frame.group(2)}:{frame.group(3)}" if frame else "")


def _go(text: str) -> Trace | None:
    panics = list(GO_PANIC.finditer(text))
    if not panics:
        return None
    frame = next((match for match in GO_FRAME.finditer(text, panics[-1].start()) if _own(match.group(1))), None)
    kind = re.sub(r"\d+|\".*?\"|0x[0-9a-f]+", "N", panics[-1].group(1))[:60]
    return Trace(f"panic: {kind}", _short(frame.group(1), frame.group(2)) if frame else "")


def _ruby(text: str) -> Trace | None:
    errors = list(RUBY_ERROR.finditer(text))
    return Trace(errors[-1].group(3), _short(errors[-1].group(1), errors[-1].group(2))) if errors else None


def _named(text: str) -> Trace | None:
    """An exception that a log line only names, as in ``ERROR ValueError("...")``."""
    found = NAMED_ERROR.findall(text)
    return Trace(found[-1]) if found else None


def _rust(text: str) -> Trace | None:
    panics = list(RUST_PANIC.finditer(text))
    return Trace("panic", _short(panics[-1].group(1), panics[-1].group(2))) if panics else None
