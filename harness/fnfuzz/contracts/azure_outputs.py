"""What the host's output bindings write, and which values they spoil or refuse (azure-functions.md 5.2).

The http output has a file of its own.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fnfuzz.app.model import Binding
from fnfuzz.contracts import newtonsoft
from fnfuzz.contracts.dotnet import base64_bytes, read_date, scalar_text
from fnfuzz.contracts.model import Output, Violation

__all__ = ["Written", "looks_like_json", "parsed", "write_output"]

Payloads: TypeAlias = tuple[bytes, ...]

QUEUE_LIMIT = 65536
"""Bytes of one storage queue message, after base64 unless messageEncoding is none."""

LONG_RANGE = range(-(2**63), 2**63)

WORD = re.compile(r"[a-z0-9]+|[A-Z0-9]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*[0-9]*")
WORD_LIMIT = 64


@dataclass(slots=True)
class Written:
    """What one output binding makes of its value; ``error`` is not empty when it fails the invocation."""

    output: Output | None = None
    error: str = ""
    violations: list[Violation] = field(default_factory=list)


def write_output(binding: Binding, value: Any, place: str) -> Written:
    """Write ``value``, which is not null, through ``binding``. ``place`` names it in violations, as ``Outputs.job``."""
    written = Written()
    value = from_text(binding, value, place, written)
    writer = WRITERS.get(binding.type.lower(), _unknown)
    payloads = writer(value, place, written)
    if not written.error:
        written.output = Output(binding.name, binding.type, payloads)
        if binding.type.lower() == "queue":
            _check_size(binding, payloads, place, written)
    return written


def from_text(binding: Binding, value: Any, place: str, written: Written) -> Any:
    """The base64 step: bytes for text that the host decodes, the value itself otherwise."""
    if not isinstance(value, str):
        return value
    content = base64_bytes(value)
    if content is None:
        return value
    looks_meant = bool(content) and not _is_words(value)
    if binding.data_type == "binary":
        if looks_meant and len(value) >= 8:
            message = "The text is base64, but dataType is binary: the host writes the base64 itself."
            written.violations.append(Violation("out-binary-not-decoded", message, place))
        return value
    if content and not looks_meant:
        message = f"The text happens to be valid base64: the host decodes it and writes {len(content)} other bytes."
        written.violations.append(Violation("out-base64-ambiguous", message, place))
    return content


def looks_like_json(text: str) -> bool:
    """Whether the host tries to parse ``text``: it stands in braces or brackets."""
    text = text.strip()
    return text[:1] + text[-1:] in ("{}", "[]") and len(text) > 1


def parsed(text: str) -> Any:
    """The JSON value of ``text``; raises JsonReaderError, also when something follows the value."""
    reading = newtonsoft.read(text)
    if reading.trailing:
        raise newtonsoft.JsonReaderError("additional text after the value", len(text))
    return reading.value


def _queue(value: Any, place: str, written: Written) -> Payloads:
    """Messages of a queue, and of everything else that collects bytes."""
    if isinstance(value, bytes):
        return (value,)
    if isinstance(value, str) and looks_like_json(value):
        try:
            value = parsed(value)
        except newtonsoft.JsonTooDeepError:
            return (value.encode("utf-8"),)
        except newtonsoft.JsonReaderError:
            written.error = "Newtonsoft.Json.JsonReaderException"
            message = "The text stands in braces or brackets but is no JSON: the host throws JsonReaderException."
            written.violations.append(Violation("out-queue-pseudo-json", message, place))
            return ()
    elements = value if isinstance(value, list) else [value]
    if isinstance(value, list):
        message = f"The array becomes {len(value)} message(s), one for each element."
        written.violations.append(Violation("out-queue-array-split", message, place))
    if any(isinstance(element, str) and read_date(element) for element in elements):
        _report_date(place, written)
    return tuple(_message(element) for element in elements)


def _message(element: Any) -> bytes:
    if isinstance(element, (dict, list)):
        return newtonsoft.write(element, indented=True).encode("utf-8")
    return scalar_text(element).encode("utf-8")


def _blob(value: Any, place: str, written: Written) -> Payloads:
    """The content of a blob; numbers and booleans are written as raw bytes."""
    if isinstance(value, bytes):
        return (value,)
    if isinstance(value, str):
        if read_date(value) is None:
            return (value.encode("utf-8"),)
        return _unwritable("date-time text", place, written)
    if isinstance(value, (dict, list)):
        return (newtonsoft.write(value).encode("utf-8"),)
    if isinstance(value, int) and value not in LONG_RANGE:
        return _unwritable("integer of more than 64 bits", place, written)
    raw = _raw_bytes(value)
    what = "boolean" if isinstance(value, bool) else "number"
    message = f"The {what} is written as {len(raw)} raw byte(s), not as text."
    written.violations.append(Violation("out-blob-number", message, place))
    return (raw,)


def _raw_bytes(value: float) -> bytes:
    if isinstance(value, bool):
        return b"\x01" if value else b"\x00"
    if isinstance(value, float):
        return struct.pack("<d", value)
    return (value & 0xFFFFFFFF).to_bytes(4, "little")


def _unwritable(what: str, place: str, written: Written) -> Payloads:
    written.error = "System.ArgumentNullException"
    message = f"The host cannot write a bare {what} to a blob: ArgumentNullException."
    written.violations.append(Violation("out-blob-unwritable", message, place))
    return ()


def _objects(value: Any, place: str, written: Written) -> Payloads:
    """Entities of a table or documents of Cosmos DB: JSON objects, or text of them, or arrays of them."""
    if isinstance(value, str) and looks_like_json(value):
        try:
            value = parsed(value)
        except newtonsoft.JsonTooDeepError:
            return (value.encode("utf-8"),)
        except newtonsoft.JsonReaderError:
            pass
    elements = value if isinstance(value, list) else [value]
    if not all(isinstance(element, dict) for element in elements):
        written.error = "System.ArgumentNullException"
        message = "An element is no JSON object: the host makes null of it and fails."
        written.violations.append(Violation("out-object-required", message, place))
        return ()
    return tuple(newtonsoft.write(element).encode("utf-8") for element in elements)


def _unknown(value: Any, place: str, written: Written) -> Payloads:
    """A binding that fnfuzz knows nothing about; its value is shown as it came and never judged."""
    if isinstance(value, bytes):
        return (value,)
    return ((value if isinstance(value, str) else newtonsoft.write(value)).encode("utf-8"),)


WRITERS: Mapping[str, Callable[[Any, str, Written], Payloads]] = {
    "queue": _queue,
    "servicebus": _queue,
    "eventhub": _queue,
    "blob": _blob,
    "table": _objects,
    "cosmosdb": _objects,
}


def _check_size(binding: Binding, payloads: Payloads, place: str, written: Written) -> None:
    plain = str(binding.options.get("messageEncoding", "")).lower() == "none"
    longest = max(map(len, payloads), default=0)
    encoded = longest if plain else (longest + 2) // 3 * 4
    if encoded > QUEUE_LIMIT:
        message = f"A message takes {encoded} bytes after encoding; a storage queue takes {QUEUE_LIMIT}."
        written.violations.append(Violation("out-queue-too-big", message, place))
        written.error = "Azure.RequestFailedException: RequestBodyTooLarge"
        written.output = None


def _report_date(place: str, written: Written) -> None:
    message = "The date-time text is written as month/day/year hour:minute:second, without fraction and zone."
    written.violations.append(Violation("out-date-coerced", message, place))


def _is_words(text: str) -> bool:
    """Whether ``text`` reads like words or a number, not like base64 that somebody meant."""
    return len(text) <= WORD_LIMIT and all(WORD.fullmatch(word) for word in text.split())
