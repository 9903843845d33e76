"""What a line-protocol host finds on stdout in place of, before and behind an answer (azure-functions.md 8).

Finding the one cause matters more than finding many symptoms: an object over several lines is pretty-printed and
nothing else, text instead of an answer is not JSON, the same text around an answer is pollution.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from fnfuzz.contracts.fc_traceback import exception_name, reports_failure
from fnfuzz.contracts.model import Fault, FaultKind, LineReply, Observed, Violation

__all__ = ["Answer", "read_answer"]

BOM: Final = b"\xef\xbb\xbf"
MAX_DIGITS: Final = 4000
_NO_JSON: Final = object()
_TOO_DEEP: Final = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """``members`` of the answer where one can be read; ``error`` says why the host fails all the same.

    ``hangs`` when only the time limit ended the wait.
    """

    members: dict[str, Any] | None = None
    violations: tuple[Violation, ...] = ()
    error: str = ""
    hangs: bool = False


def read_answer(observed: Observed) -> Answer:
    """The answer in ``observed`` and every rule about lines and process that it breaks. Never raises."""
    reply = observed.reply if isinstance(observed.reply, LineReply) else None
    if observed.fault is not None:
        answer = _of_fault(observed.fault, reply, observed)
    elif reply is not None:
        answer = _of_lines(reply)
    elif observed.exit is not None:
        answer = _ended(observed, b"")
    else:
        answer = _refused(Violation("line-missing", f"No answer came{_within(observed)}."), hangs=True)
    early = _before_request(reply.stale) if reply is not None and reply.stale else None
    if early is None:
        return answer
    error = answer.error if early.rule == "line-blank" else answer.error or early.message
    others = (found for found in answer.violations if found.rule != early.rule)
    return Answer(answer.members, (early, *others), error, answer.hangs)


def _refused(
    violation: Violation, *others: Violation, hangs: bool = False, members: dict[str, Any] | None = None
) -> Answer:
    return Answer(members, (violation, *others), violation.message, hangs)


def _of_fault(fault: Fault, reply: LineReply | None, observed: Observed) -> Answer:
    if fault.kind in ("exited", "reset", "closed"):
        printed = b"\n".join((*reply.lines, reply.partial)) if reply is not None else fault.raw
        return _ended(observed, printed)
    if fault.kind == "timeout" and fault.raw.lstrip().startswith(b"{") and b"\n" not in fault.raw:
        return _refused(Violation("line-unterminated", "The answer began, but no line feed ended it."), hangs=True)
    rule, text = _FAULTS.get(fault.kind, ("line-missing", "No answer came"))
    members = _late_answer(fault.kind, reply)
    message = f"{text}{_within(observed) if rule == 'line-missing' else ''}."
    return _refused(Violation(rule, message), hangs=rule != "line-too-long" and observed.exit is None, members=members)


_FAULTS: Mapping[FaultKind, tuple[str, str]] = {
    "unflushed": ("line-unflushed", "The answer came only after stdin was closed: it was not flushed"),
    "unterminated": ("line-unterminated", "The answer has no line feed at its end"),
    "line-too-long": ("line-too-long", "The line is longer than fnfuzz reads"),
}


def _late_answer(kind: FaultKind, reply: LineReply | None) -> dict[str, Any] | None:
    """The answer that was there in the end, for checks of its shape."""
    if reply is None or kind not in ("unflushed", "unterminated"):
        return None
    return next((value for line in (*reply.lines, reply.partial) if isinstance(value := _strict(line), dict)), None)


def _ended(observed: Observed, printed: bytes) -> Answer:
    gone = observed.exit
    what = f"The process ended ({gone})" if gone else "stdin or stdout was closed"
    violation = Violation(
        "line-exit-mid-request", f"{what} while the request was open.", str(gone) if gone else "closed"
    )
    return _refused(violation, *_trace_instead(printed))


def _trace_instead(printed: bytes) -> Iterator[Violation]:
    if reports_failure(printed) is not None:
        message = "A stack trace is on stdout in place of an answer with status 500."
        yield Violation("line-error-not-500", message, exception_name(printed))


def _within(observed: Observed) -> str:
    return f" within {observed.limit:g} s" if observed.limit else ""


def _before_request(stale: bytes) -> Violation | None:
    """What was on stdout before the request was written."""
    if not stale.strip():
        return Violation("line-blank", "A blank line was on stdout before the request.") if b"\n" in stale else None
    values = [_strict(line) for line in stale.split(b"\n") if line.strip()]
    if any(isinstance(value, dict) and "status" in value for value in values):
        return Violation("line-extra", "An answer that no request asked for was on stdout before this request.")
    return Violation("line-stdout-pollution", f"Before the request stdout held {_shown(stale.strip())}.")


def _of_lines(reply: LineReply) -> Answer:
    at, members = _find_answer(reply)
    start = _pretty_start(reply) if members is None or at > 0 else None
    if start is not None and (members is None or start < at):
        return _refused(Violation("line-pretty-printed", "The answer is one JSON object spread over several lines."))
    if members is None:
        return _no_answer(reply)
    if len(reply.lines) == 1 and not reply.partial:
        ends = reply.lines[0].endswith(b"\r")
        return Answer(members, (Violation("line-crlf", "The line ends with CRLF."),)) if ends else Answer(members)
    violations = list(_around(reply, at))
    noise = next((line for line in reply.lines[:at] if line.strip()), None)
    return Answer(members, tuple(violations), f"The line before the answer is none: {_shown(noise)}" if noise else "")


def _find_answer(reply: LineReply) -> tuple[int, dict[str, Any] | None]:
    """The first line that is an object by RFC 8259, and its index; the driver's reader is a little stricter."""
    for at, line in enumerate(reply.lines):
        value = _strict(line)
        if isinstance(value, dict):
            return at, value
    return len(reply.lines), None


def _pretty_start(reply: LineReply) -> int | None:
    """The line where an object begins that ends on a later one."""
    texts = (*reply.lines, reply.partial)
    for at, line in enumerate(reply.lines):
        if line.strip() == b"{":
            return at
        if line.lstrip().startswith(b"{") and _strict(line) is _NO_JSON:
            return at if _spans_lines(texts[at:]) else None
    return None


def _spans_lines(texts: tuple[bytes, ...]) -> bool:
    try:
        text = b"\n".join(texts).decode("utf-8").lstrip()
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "\n" in text[:end]


def _no_answer(reply: LineReply) -> Answer:
    """Output, but no line of it is an object."""
    texts = [line for line in (*reply.lines, reply.partial) if line.strip()]
    if not texts:
        return _refused(Violation("line-missing", "Only blank lines came."), hangs=True)
    main = next((line for line in texts if _bare(line).startswith(b"{")), texts[0])
    others = [line for line in texts if not _bare(line).startswith(b"{")] if _bare(main).startswith(b"{") else []
    noise = (_pollution(others[0]),) if others else ()
    if _is_bad_text(main):
        what = (
            "begins with a byte order mark"
            if main.startswith(BOM)
            else "holds NUL"
            if b"\0" in main
            else "is not UTF-8"
        )
        return _refused(Violation("line-bad-utf8", f"The line {what}: {_shown(main)}.", what), *noise)
    trace = tuple(_trace_instead(b"\n".join(texts)))
    if trace:
        return _refused(Violation("line-missing", "A stack trace came in place of an answer."), *trace)
    value = _strict(main)
    if value is _TOO_DEEP:
        return _refused(Violation("line-not-json", "The line is nested deeper than JSON readers go."), *noise)
    if value is _NO_JSON:
        return _refused(Violation("line-not-json", f"The line is no JSON: {_shown(main)}."), *noise)
    if isinstance(value, dict):
        unended = Violation("line-unterminated", "The answer has no line feed at its end.")
        return _refused(unended, *noise, hangs=True, members=value)
    kind = _KINDS[type(value)]
    return _refused(Violation("line-not-object", f"The line is {kind}, not an object: {_shown(main)}.", kind), *noise)


_KINDS: Mapping[type, str] = {
    list: "an array",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def _around(reply: LineReply, at: int) -> Iterator[Violation]:
    """What stands around the answer, each rule once."""
    if reply.lines[at].endswith(b"\r"):
        yield Violation("line-crlf", "The line ends with CRLF.")
    others = [line for number, line in enumerate(reply.lines) if number != at]
    if any(not line.strip() for line in others):
        yield Violation("line-blank", "A blank line is on stdout.")
    texts = [line for line in (*others, reply.partial) if line.strip()]
    extra = [line for line in texts if isinstance(_strict(line), dict)]
    if reply.partial.lstrip().startswith(b"{") and reply.partial not in extra:
        extra.append(reply.partial)
    if extra:
        yield Violation("line-extra", f"A second answer follows: {_shown(extra[0])}.")
    noise = next(iter(_without(texts, extra)), None)
    if noise is not None:
        yield _pollution(noise)


def _without(texts: Iterable[bytes], extra: list[bytes]) -> list[bytes]:
    return [line for line in texts if line not in extra]


def _pollution(line: bytes) -> Violation:
    return Violation("line-stdout-pollution", f"stdout holds a line that is no answer: {_shown(line)}.")


def _bare(line: bytes) -> bytes:
    return line.removeprefix(BOM).lstrip(b"\0 \t\r")


def _is_bad_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return line.startswith(BOM) or b"\0" in line


def _strict(line: bytes) -> Any:
    """The value by RFC 8259. orjson decides nearly always; it refuses few legal texts, such as lone surrogates."""
    try:
        return orjson.loads(line)
    except ValueError:
        pass
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_refuse, parse_int=_integer)
    except RecursionError:
        return _TOO_DEEP
    except ValueError:
        return _NO_JSON


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < MAX_DIGITS else float(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _shown(data: bytes) -> str:
    """The beginning of a line for a message."""
    text = data[:80].decode("utf-8", "backslashreplace")
    return repr(text) + ("..." if len(data) > 80 else "")
