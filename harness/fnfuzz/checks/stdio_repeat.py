"""The same request gets the same answer, times and generated ids apart (azure-functions.md 8.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.stdio_experiment import answer, both_times, members
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.host.session import Host

__all__ = ["REPEAT_PROBES", "difference", "same"]

ASKED = 3

VARIES = re.compile(
    r"""
      \d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\ ?Z|\ ?[+-]\d\d:?\d\d|\ ?[A-Z]{3,4})?)?  # ISO 8601
    | (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,?\s)?\d{1,2}[ -][A-Z][a-z]{2,8}[ -]\d{2,4}(?:\s\d\d:\d\d:\d\d)? # RFC 9110
    | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*\s[A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d:\d\d(?:\s[A-Z]+)?\s\d{4}        # asctime
    | \d{1,2}[/.]\d{1,2}[/.]\d{2,4}
    | \b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[AP]M)?
    | \d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|sec|seconds|milliseconds|minutes)\b
    | \d+\.\d+
    | [0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}
    | 0x[0-9a-fA-F]+
    | \b(?=[a-zA-Z]*\d)[0-9a-zA-Z_-]{12,}  # generated ids
    | \d{9,}
    """,
    re.VERBOSE,
)
TIMES: Final = re.compile(
    r"(?i:time|elapsed|duration|took|latency|millis|seconds|nanos|stamp|memory|heap|rss|cpu)"
    r"|(?:_at|At|_ts|Ts|Ms|Secs?|(?:_|^)(?:ms|ns|us|s|secs?|ts|now|pid))$"
)
"""Names of members whose numbers are measured, not counted."""

IDS: Final = re.compile(r"(id|uuid|guid|token|nonce|etag|key|hash|signature|trace|span)$", re.IGNORECASE)
"""Names of members whose texts are generated."""

LONG = 10**8


def difference(one: Any, other: Any, path: str = "$", name: str = "") -> str:
    """The JSON path of the first difference that is neither a time nor a generated id; empty for none."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return path
        inner = (difference(one[key], other[key], f"{path}.{key}", key) for key in one)
        return next((found for found in inner if found), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        inner = (
            difference(left, right, f"{path}[{at}]", name)
            for at, (left, right) in enumerate(zip(one, other, strict=True))
        )
        return next((found for found in inner if found), "")
    equal = one == other and type(one) is type(other)
    return "" if equal or _both_vary(one, other, path, name) else path


def _both_vary(one: Any, other: Any, path: str, name: str) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        left, right = _json_inside(one), _json_inside(other)
        if left is not None and right is not None:
            return not difference(left, right, path)
        return bool(IDS.search(name)) or VARIES.sub("", one) == VARIES.sub("", other)
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, int) and isinstance(other, int):
        return bool(TIMES.search(name)) or (abs(one) >= LONG and abs(other) >= LONG)
    return isinstance(one, (int, float)) and isinstance(other, (int, float))


def _json_inside(text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, (dict, list)) else None


def place(one: bytes, other: bytes) -> str:
    """Where two answers differ, as ``difference`` says; body is looked into when it holds JSON."""
    left, right = (_opened(members(line)) for line in (one, other))
    return difference(left, right)


def _opened(answered: dict[str, Any]) -> dict[str, Any]:
    body = answered.get("body")
    inside = _json_inside(body) if isinstance(body, str) else None
    return answered if inside is None else {**answered, "body": inside}


def same(one: bytes, other: bytes) -> bool:
    """Are two answers the same, times and generated ids apart?"""
    return one == other or (bool(members(one)) and bool(members(other)) and not place(one, other))


@unless_gone
def repeats_its_answer(host: Host, function: Function) -> Iterator[Breach]:
    """The same event some times on one instance: the answers differ in times and generated ids at most."""
    event = typical_event(function)

    def trial() -> Breach | None:
        host.fresh()
        exchanges = [host.invoke(function, event) for _ in range(ASKED)]
        if any(failed(exchange) for exchange in exchanges):
            return None
        first = answer(exchanges[0])
        for number, exchange in enumerate(exchanges[1:], 2):
            where = place(first, answer(exchange))
            if where:
                message = f"The same request was answered differently the {_ORDINALS[number]} time, at {where}."
                return Breach(Violation("line-nondeterministic", message, where), exchange)
        return None

    shown = both_times(trial)
    if shown is not None:
        yield shown


_ORDINALS: Final = {2: "second", 3: "third"}

REPEAT_PROBES = (
    Probe(
        name="stdio-repeat",
        title="the same request gets the same answer",
        rules=("line-nondeterministic",),
        contracts=("azure-stdio",),
        run=repeats_its_answer,
    ),
)
