#!/usr/bin/env python3
"""Lists new objects of the log bucket in an archive manifest."""

import json
import tempfile
from pathlib import Path

from runtime import Rejected, log, serve

KEEP = (".log", ".gz", ".txt")


def records(event):
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        raise Rejected("the event is not JSON") from None
    found = value.get("events") if isinstance(value, dict) else None
    if not isinstance(found, list):
        raise Rejected("no events")
    for record in found:
        entry = record.get("oss") if isinstance(record, dict) else None
        stored = entry.get("object") if isinstance(entry, dict) else None
        if not isinstance(stored, dict) or not isinstance(stored.get("key"), str):
            raise Rejected("a record has no object")
        yield stored


def manifest_line(stored):
    key = stored["key"]
    return {"key": key, "size": stored.get("size", 0), "archived": key.lower().endswith(KEEP)}


def save(lines):
    """Writes the manifest to the temp directory, from where the uploader takes it; here only its size matters."""
    _, path = tempfile.mkstemp(prefix="manifest-", suffix=".jsonl")
    manifest = Path(path)
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="ascii")
    size = manifest.stat().st_size
    manifest.unlink()
    return size


def invoke(event):
    lines = [manifest_line(stored) for stored in records(event)]
    size = save(lines)
    log(f"[INFO] manifest of {len(lines)} lines, {size} bytes")
    return {"lines": lines}


serve(invoke)
