"""Experiments on handlers that succeed, but misread what the host sends (azure-functions.md 3.1, 3.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.azure_requests import base64_content, message_in_json
from fnfuzz.checks.experiment import (
    Trial,
    deliver,
    envelope_of,
    failed,
    meaning,
    nonce,
    repeats_envelope,
    unless_gone,
)
from fnfuzz.checks.model import Breach, Probe, fed_by
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpRequest, Violation
from fnfuzz.events import BlobEvent, QueueEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["DECODING_PROBES"]

QUOTING_LEVELS = 4
CONTENT_SIZE = 4129
"""Bytes; neither this number nor that of its base64 form is likely in an answer by chance."""

COLLISIONS = {"dequeueCount": 99, "insertionTime": "never", "expirationTime": "never", "popReceipt": "fnfuzz"}
HOISTED_OVER = ("DequeueCount", "Id", "InsertionTime", "ExpirationTime", "NextVisibleTime", "PopReceipt")


def decodes_twice(host: Host, function: Function) -> Iterator[Breach]:
    """A message that comes back with the quotes of its encoding, and without them when it is encoded once."""
    word = nonce("single decode")
    sides = message_in_json(function)
    if sides is None:
        return
    shown = _succeeding_twice(host, function, *(_with_message(side, word) for side in (sides.trial, sides.control)))
    if shown is None or repeats_envelope(shown[0]):
        return
    real, plain = meaning(shown[0]), meaning(shown[1])
    if word in plain and any(real == plain.replace(word, quoted) for quoted in _quotings(word)):
        message = "A message text comes back in quotes: the JSON text in the string was not decoded."
        yield Breach(Violation("req-single-decode", message, "Data"), shown[0])


def _with_message(side: Trial, text: str) -> Trial:
    assert isinstance(side.event, QueueEvent)
    return replace(side, event=replace(side.event, message=text.encode()))


def _quotings(word: str) -> Iterator[str]:
    """The word in quotes as it stands in JSON text, in JSON text inside JSON text, and so on."""
    quoted = f'"{word}"'
    for _ in range(QUOTING_LEVELS):
        quoted = json.dumps(quoted)[1:-1]
        yield quoted


def counts_content(host: Host, function: Function) -> Iterator[Breach]:
    """A size in the answer that is the size of the base64 text instead of the content's."""
    event, sides = typical_event(function), base64_content(function)
    if not isinstance(event, BlobEvent) or sides is None:
        return
    large = replace(event, content=event.content + b" " * (CONTENT_SIZE - len(event.content)))
    shown = _succeeding_twice(host, function, *(replace(side, event=large) for side in (sides.trial, sides.control)))
    if shown is None:
        return
    size, encoded = str(CONTENT_SIZE), str(-(-CONTENT_SIZE // 3) * 4)
    real, plain = meaning(shown[0]), meaning(shown[1])
    if size in plain and real == plain.replace(size, encoded):
        message = f"A blob of {size} bytes is counted as {encoded}, which is the length of its base64 text."
        yield Breach(Violation("req-base64-body", message, "content"), shown[0])


def distrusts_metadata(host: Host, function: Function) -> Iterator[Breach]:
    """The same message twice, with Metadata overwritten by its members (as the host does) and not."""
    event = typical_event(function)
    if not isinstance(event, QueueEvent):
        return
    members = {**json.loads(event.message), **COLLISIONS}
    colliding = replace(event, message=json.dumps(members).encode())
    host.live()
    request = host.encode(function, replace(event, message=b"plain"), host.delivery())
    assert isinstance(request, HttpRequest)
    own = orjson.loads(request.body)["Metadata"]

    def restored(envelope: dict[str, Any], _: Function) -> dict[str, Any]:
        overlaid = {name.lower() for name in HOISTED_OVER}
        kept = {key: value for key, value in envelope["Metadata"].items() if key.lower() not in overlaid}
        envelope["Metadata"] = {**{key: own[key] for key in HOISTED_OVER}, **kept}
        return envelope

    shown = _differing(host, function, Trial(colliding), Trial(colliding, restored))
    if shown is not None:
        message = "A member of the message that has the name of a Metadata key changes what the handler does."
        yield Breach(Violation("req-metadata-overwrite", message, "Metadata"), shown)


def _differing(host: Host, function: Function, trial: Trial, control: Trial) -> Exchange | None:
    """The exchange of ``trial`` if it gives one result and ``control`` another, each of them twice."""
    pairs = [[deliver(host, function, side.event, side.reshape) for side in (trial, control)] for _ in range(2)]
    if any(failed(good) for _, good in pairs):
        return None
    broken = [failed(bad) for bad, _ in pairs]
    if all(broken):
        return pairs[1][0]
    if any(broken) or repeats_envelope(pairs[0][0]) or "RandGuid" not in envelope_of(pairs[0][0])["Metadata"]["sys"]:
        return None
    tried, controlled = ({meaning(pair[side]) for pair in pairs} for side in (0, 1))
    return pairs[1][0] if len(tried) == len(controlled) == 1 and tried != controlled else None


def _succeeding_twice(host: Host, function: Function, trial: Trial, control: Trial) -> tuple[Exchange, Exchange] | None:
    """Both sides' exchanges if they succeed and say the same the second time."""
    rounds = []
    for _ in range(2):
        pair = tuple(deliver(host, function, side.event, side.reshape) for side in (trial, control))
        if any(failed(exchange) for exchange in pair):
            return None
        rounds.append(pair)
    steady = all(meaning(one) == meaning(other) != "" for one, other in zip(*rounds, strict=True))
    return (rounds[0][0], rounds[0][1]) if steady else None


DECODING_PROBES = (
    Probe(
        name="decoding",
        title="Strings come back as they were",
        rules=("req-single-decode",),
        contracts=("azure-http",),
        run=unless_gone(decodes_twice),
        applies=fed_by("queue"),
        seconds=30.0,
    ),
    Probe(
        name="content-size",
        title="Blobs are measured after decoding",
        rules=("req-base64-body",),
        contracts=("azure-http",),
        run=unless_gone(counts_content),
        applies=fed_by("blob"),
        seconds=30.0,
    ),
    Probe(
        name="metadata",
        title="Metadata that a message can overwrite is not trusted",
        rules=("req-metadata-overwrite",),
        contracts=("azure-http",),
        run=unless_gone(distrusts_metadata),
        applies=fed_by("queue"),
        seconds=30.0,
    ),
)
