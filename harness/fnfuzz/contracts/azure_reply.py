"""The host's acceptance pipeline: from an HTTP answer to Outputs, Logs and ReturnValue (azure-functions.md 5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson

from fnfuzz.contracts import newtonsoft
from fnfuzz.contracts.azure_fate import REQUEST_ERROR, Failure
from fnfuzz.contracts.dotnet import number_text
from fnfuzz.contracts.model import HttpReply, Violation

__all__ = ["Result", "accept"]

REDIRECTS = frozenset({300, 301, 302, 303, 307, 308})
JSON_TYPES = frozenset({"application/json", "text/json"})
MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
COMPRESSED = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress"})

MEMBERS: Mapping[str, str] = {"outputs": "Outputs", "logs": "Logs", "returnvalue": "ReturnValue"}

MEMBER_COLON = re.compile(rb'"[ \t\r\n]*:')
LONG_NUMBER = re.compile(rb"[0-9]{19}")

INVALID: Final = "System.InvalidOperationException: Invalid HttpResponseMessage:"
NO_READER: Final = "No MediaTypeFormatter is available to read an object of type 'HttpScriptInvocationResult'"


@dataclass(frozen=True, slots=True)
class Result:
    """What the host has read of a good answer. ``raw`` when the object has none of the members that it knows."""

    outputs: dict[str, Any] | None
    return_value: Any
    logs: tuple[str, ...]
    violations: tuple[Violation, ...]
    raw: bool


def accept(reply: HttpReply) -> Result | Failure:
    """Steps 1 to 5 of the pipeline."""
    refused = _status(reply) or _silent(reply) or _media_type(reply)
    if refused is not None:
        return refused
    read = _read(reply)
    return read if isinstance(read, Failure) else _shape(read)


def _status(reply: HttpReply) -> Failure | None:
    status = reply.status
    if 200 <= status <= 299:
        return None
    error = f"{REQUEST_ERROR}: Response status code does not indicate success: {status} ({reply.reason})."
    if status in REDIRECTS and reply.header("location") is not None:
        message = f"The answer has status {status} and a Location; the host follows it instead of reading the answer."
        return _refusal("resp-status-redirect", message, f"status {status}", error)
    message = f"The answer has status {status}; the host fails the invocation and ignores the body."
    return _refusal("resp-status-non2xx", message, f"status {status}", error)


def _silent(reply: HttpReply) -> Failure | None:
    """An answer that yields null: the host waits for ever, whatever its media type."""
    if reply.status == 204:
        message = "The answer is 204 No Content; the host never completes the invocation."
        return Failure("", (Violation("resp-status-204", message),), hangs=True)
    if not reply.body:
        message = f"The answer ({reply.status}) has no body; the host never completes the invocation."
        return Failure("", (Violation("resp-empty-body", message),), hangs=True)
    return None


def _media_type(reply: HttpReply) -> Failure | None:
    return _refused_type(reply.header("content-type"))


@lru_cache(maxsize=64)
def _refused_type(value: str | None) -> Failure | None:
    error = f"{INVALID} {NO_READER}"
    if value is None:
        return _refusal("resp-content-type-missing", "The answer has no Content-Type.", "Content-Type", error)
    media = value.partition(";")[0].strip().lower()
    if media in JSON_TYPES:
        return None
    shown = media if MEDIA_TYPE.fullmatch(media) else "no media type"
    message = f"The Content-Type of the answer is {shown}; the host reads application/json and text/json only."
    return _refusal("resp-content-type", message, "Content-Type", error)


def _read(reply: HttpReply) -> newtonsoft.Reading | Failure:
    body = reply.body
    if not _is_utf16(reply):
        fast = _fast(body)
        if fast is not None:
            return _not_null(fast, reply)
    try:
        text = body.decode("utf-16-le" if _is_utf16(reply) else "utf-8")
        return _not_null(newtonsoft.read(text), reply)
    except UnicodeDecodeError as error:
        message = f"The answer is not valid UTF-8 at byte {error.start}."
        return _unreadable(reply, "resp-bad-utf8", message)
    except newtonsoft.JsonTooDeepError:
        message = f"The answer is nested more than {newtonsoft.MAX_DEPTH} deep."
        return _unreadable(reply, "resp-too-deep", message)
    except newtonsoft.JsonReaderError as error:
        return _unreadable(reply, "resp-not-json", f"The host cannot read the answer as JSON (character {error.at}).")


def _fast(body: bytes) -> newtonsoft.Reading | None:
    """The reading of a body that is strict JSON and holds nothing that needs a second look; None if in doubt."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    try:
        if orjson.dumps(value) == body:
            return newtonsoft.Reading(value)
    except orjson.JSONEncodeError:  # nested more deeply than orjson writes, which is near the host's own limit
        return None
    if LONG_NUMBER.search(body) or len(MEMBER_COLON.findall(body)) != _members(value):
        return None
    maybe_deep = body.count(b"{") + body.count(b"[") > newtonsoft.MAX_DEPTH
    return None if maybe_deep and newtonsoft.depth(value) > newtonsoft.MAX_DEPTH else newtonsoft.Reading(value)


def _members(value: object) -> int:
    """How many object members there are in ``value``, at any depth."""
    count, rest = 0, [value]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            count += len(item)
            rest.extend(item.values())
        elif isinstance(item, list):
            rest.extend(item)
    return count


def _is_utf16(reply: HttpReply) -> bool:
    return _names_utf16(reply.header("content-type") or "")


@lru_cache(maxsize=64)
def _names_utf16(content_type: str) -> bool:
    match = CHARSET.search(content_type)
    return match is not None and match[1].lower() in ("utf-16", "utf-16le", "ucs-2", "unicode")


def _not_null(reading: newtonsoft.Reading, reply: HttpReply) -> newtonsoft.Reading | Failure:
    if reading.value is not None and reading.value is not newtonsoft.EMPTY:
        return reading
    what = "null" if reading.value is None else "blank"
    message = f"The body of the answer ({reply.status}) is {what}; the host never completes the invocation."
    return Failure("", (Violation("resp-empty-body", message),), hangs=True)


def _unreadable(reply: HttpReply, rule: str, message: str) -> Failure:
    encoding = (reply.header("content-encoding") or "").strip().lower()
    if encoding in COMPRESSED:
        message = f"The answer has Content-Encoding {encoding}, which the host does not decode."
        return _refusal("resp-content-encoding", message, "Content-Encoding", INVALID)
    return _refusal(rule, message, "body", INVALID)


def _shape(reading: newtonsoft.Reading) -> Result | Failure:
    found = tuple(_forgiven(reading)) if reading.lenient or reading.trailing or reading.duplicates else ()
    document = reading.value
    if not isinstance(document, dict):
        message = f"The answer is a JSON {_kind(document)}, not an object."
        return Failure(INVALID, (*found, Violation("resp-not-object", message, "$")))
    members: dict[str, Any] = {}
    unknown = []
    for name, value in document.items():
        member = MEMBERS.get(name.lower())
        if member is None:
            unknown.append(name)
        else:
            members[member] = value
    if len(members) + len(unknown) < len(document):
        message = "Two members at the top level differ only in case; the last one wins."
        found = (*found, Violation("resp-duplicate-key", message, "$"))
    broken = tuple(_wrong_types(members))
    if broken:
        return Failure(INVALID, (*found, *broken))
    raw = bool(unknown) and not members
    if unknown and not raw:
        message = f"The answer has {len(unknown)} member(s) besides Outputs, Logs and ReturnValue; they are ignored."
        found = (*found, Violation("resp-unknown-member", message, "$"))
    return Result(
        # The host's reader takes an empty text for null where a map or list is wanted.
        outputs=None if members.get("Outputs") == "" else members.get("Outputs"),
        return_value=members.get("ReturnValue"),
        logs=tuple(_log_line(entry) for entry in members.get("Logs") or ()),
        violations=found,
        raw=raw,
    )


def _forgiven(reading: newtonsoft.Reading) -> Iterator[Violation]:
    if reading.lenient:
        message = f"The answer is no strict JSON; the host forgives {', '.join(reading.lenient)}."
        yield Violation("resp-json-lenient-only", message, "body")
    if reading.trailing:
        yield Violation("resp-trailing-data", "Something follows the JSON value; the host drops it.", "body")
    places = {MEMBERS.get(path[0].lower(), "$") if len(path) > 1 else "$" for path in reading.duplicates}
    for place in sorted(places):
        yield Violation("resp-duplicate-key", "A member appears twice in one object; the last one wins.", place)


def _wrong_types(members: Mapping[str, Any]) -> Iterator[Violation]:
    outputs, logs = members.get("Outputs"), members.get("Logs")
    if outputs not in (None, "") and not isinstance(outputs, dict):
        yield Violation("resp-outputs-type", f"Outputs is a JSON {_kind(outputs)}, not an object.", "Outputs")
    if logs in (None, ""):
        return
    if not isinstance(logs, list):
        yield Violation("resp-logs-type", f"Logs is a JSON {_kind(logs)}, not an array of strings.", "Logs")
        return
    wrong = next((entry for entry in logs if isinstance(entry, (dict, list))), None)
    if wrong is not None:
        yield Violation("resp-logs-type", f"An entry of Logs is a JSON {_kind(wrong)}, not a string.", "Logs[]")


def _log_line(entry: str | float | None) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, bool):
        return str(entry)
    return "" if entry is None else number_text(entry) if isinstance(entry, float) else str(entry)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {dict: "object", list: "array", str: "string"}
    return "null" if value is None else names.get(type(value), "number")


def _refusal(rule: str, message: str, place: str, error: str) -> Failure:
    return Failure(error, (Violation(rule, message, place),))
