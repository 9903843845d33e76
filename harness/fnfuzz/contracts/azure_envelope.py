"""Data and Metadata of one invocation: the JSON that the Functions host posts (azure-functions.md 3)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_client import client_headers, content_type, grouped, url
from fnfuzz.contracts.azure_patterns import BlobPattern, RoutePattern
from fnfuzz.contracts.azure_values import Metadata, base64_text, hoisted, quoted, text_of
from fnfuzz.contracts.dotnet import fold, second
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, TimerEvent

__all__ = ["Envelope"]

NO_IDENTITY = orjson.Fragment(
    orjson.dumps(
        [
            {
                "AuthenticationType": None,
                "IsAuthenticated": False,
                "Actor": None,
                "BootstrapContext": None,
                "Claims": [],
                "Label": None,
                "Name": None,
                "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
                "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
            }
        ]
    )
)
SCHEDULE = orjson.Fragment(b'{"AdjustForDST":true}')
ACCOUNT = "http://127.0.0.1:10000/devstoreaccount1"
NEVER = "9999-12-31T23:59:59+00:00"
UNSET = "0001-01-01T00:00:00+00:00"
VISIBILITY = timedelta(minutes=10)
"""For how long the queue listener hides a message that it hands out."""

PERIOD = timedelta(minutes=5)
"""How long before this firing the schedule status says that the last one was."""

LATE = timedelta(microseconds=1200)
RETRIES = 3
"""MaxRetryCount of a second try although the app declares no policy."""

BLOB_PROPERTIES: Mapping[str, Any] = {
    "LastModified": UNSET,
    "CreatedOn": UNSET,
    "Metadata": {},
    "ObjectReplicationDestinationPolicyId": None,
    "ObjectReplicationSourceProperties": [],
    "BlobType": 0,
    "CopyCompletedOn": UNSET,
    "CopyStatusDescription": None,
    "CopyId": None,
    "CopyProgress": None,
    "CopySource": None,
    "CopyStatus": 0,
    "BlobCopyStatus": None,
    "IsIncrementalCopy": False,
    "DestinationSnapshot": None,
    "LeaseDuration": 0,
    "LeaseState": 0,
    "LeaseStatus": 1,
    "ContentLength": 0,
    "ContentType": "",
    "ETag": {},
    "ContentHash": "",
    "ContentEncoding": None,
    "ContentDisposition": None,
    "ContentLanguage": None,
    "CacheControl": None,
    "BlobSequenceNumber": 0,
    "AcceptRanges": "bytes",
    "BlobCommittedBlockCount": 0,
    "IsServerEncrypted": True,
    "EncryptionKeySha256": None,
    "EncryptionScope": None,
    "AccessTier": "Hot",
    "AccessTierInferred": True,
    "ArchiveStatus": None,
    "AccessTierChangedOn": UNSET,
    "SmartAccessTier": None,
    "VersionId": None,
    "IsLatestVersion": False,
    "TagCount": 0,
    "ExpiresOn": UNSET,
    "IsSealed": False,
    "RehydratePriority": None,
    "LastAccessed": UNSET,
    "ImmutabilityPolicy": {"ExpiresOn": None, "PolicyMode": None},
    "HasLegalHold": False,
}
"""The storage SDK's BlobProperties, in its order; which of them there are depends on the extension's version."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What of a function's envelope is the same for all its events, put together once."""

    function: Function
    name: str
    """Of the trigger's parameter; empty where nothing names it."""

    binary: bool
    monitored: bool
    inputs: Mapping[str, str]
    route: RoutePattern
    blob: BlobPattern

    @classmethod
    def of(cls, function: Function, contents: Mapping[str, bytes]) -> Envelope:
        """``contents`` are the blobs behind input bindings, by binding name; an input that is not there is null."""
        trigger = function.trigger_binding
        inputs = {
            binding.name: _input(contents.get(binding.name), binary=binding.data_type == "binary")
            for binding in function.bindings
            if binding.direction == "in" and binding is not trigger
        }
        return cls(
            function,
            function.trigger_name or (trigger.name if trigger else ""),
            trigger is not None and trigger.data_type == "binary",
            trigger is None or trigger.options.get("useMonitor") is not False,
            inputs,
            RoutePattern.of(function.route_prefix, function.route or function.name),
            BlobPattern.of(function.source),
        )

    def body(self, event: Event, delivery: Delivery) -> bytes:
        """The JSON of one invocation. Raises ValueError for an event that no trigger of this contract carries."""
        if isinstance(event, HttpEvent):
            data, metadata = self._http(event, delivery)
        elif isinstance(event, QueueEvent):
            data, metadata = self._queue(event, delivery)
        elif isinstance(event, BlobEvent):
            data, metadata = self._blob(event, delivery)
        elif isinstance(event, TimerEvent):
            data, metadata = self._timer(event, delivery)
        else:
            raise ValueError(f"azure-http carries http, queue, blob and timer events, no {event.trigger} event")
        name = self._trigger_name(event.trigger)
        return orjson.dumps({"Data": {name: data, **self.inputs}, "Metadata": metadata})

    def _trigger_name(self, trigger: str) -> str:
        return self.name or ("req" if trigger == "http" else trigger)

    def _sys(self, delivery: Delivery) -> dict[str, str]:
        return {"MethodName": self.function.name, "UtcNow": delivery.now, "RandGuid": _guid(delivery.id)}

    def _http(self, event: HttpEvent, delivery: Delivery) -> tuple[object, dict[str, Any]]:
        headers = client_headers(event)
        query = grouped(event.query)
        parameters = self.route.parameters(event.path)
        text = text_of(event.body)
        request: dict[str, Any] = {
            "Url": url(event, headers.host),
            "Method": event.method,
            "Query": {name: ",".join(values) for name, values in query.items()},
            "Headers": headers.apart,
            "Params": parameters,
            "Identities": NO_IDENTITY,
        }
        if event.body:
            media = content_type(event.headers)
            binary = media == "application/octet-stream" or "multipart/" in media
            request["Body"] = base64_text(event.body) if binary else text
        metadata = Metadata({})
        metadata.put_all(hoisted(text))
        for name, values in query.items():
            if fold(name) != "CODE":
                metadata.put(name, quoted(values[-1]))
        for name, value in parameters.items():
            metadata.put(name, None if value is None else quoted(value))
        metadata.put_new("Query", {name: values[-1] for name, values in query.items()})
        metadata.put_new("Headers", headers.joined)
        metadata.put("sys", self._sys(delivery))
        return request, metadata.wire()

    def _queue(self, event: QueueEvent, delivery: Delivery) -> tuple[object, dict[str, Any]]:
        values = {
            "DequeueCount": str(event.dequeue_count),
            "ExpirationTime": NEVER if event.expires is None else second(event.expires),
            "Id": quoted(event.id),
            "InsertionTime": second(event.inserted),
            "NextVisibleTime": _visible_again(delivery.now[:19]),
            "PopReceipt": quoted(event.pop_receipt),
            "sys": self._sys(delivery),
        }
        if self.binary:
            return base64_text(event.message), values
        text = event.message.decode("utf-8", "replace")
        members = hoisted(text)
        if not members:
            return quoted(text), values
        metadata = Metadata(values)
        metadata.put_all(members)
        return quoted(text), metadata.wire()

    def _blob(self, event: BlobEvent, delivery: Delivery) -> tuple[object, dict[str, Any]]:
        modified = second(event.modified)
        own = dict(event.metadata)
        digest = hashlib.md5(event.content, usedforsecurity=False).digest()
        properties = {
            **BLOB_PROPERTIES,
            "LastModified": modified,
            "CreatedOn": modified,
            "Metadata": own,
            "ContentLength": len(event.content),
            "ContentType": event.content_type,
            "ContentHash": base64.b64encode(digest).decode("ascii"),
        }
        where = f"{ACCOUNT}/{self.blob.container}/{quote(event.name)}"
        metadata = Metadata({"Uri": quoted(where), "Properties": properties, "Metadata": own})
        metadata.put_all((name, quoted(value)) for name, value in self.blob.placeholders(event.name))
        metadata.put("sys", self._sys(delivery))
        return base64_text(event.content), metadata.wire()

    def _timer(self, event: TimerEvent, delivery: Delivery) -> tuple[object, dict[str, Any]]:
        timer = {
            "Schedule": SCHEDULE,
            "ScheduleStatus": _schedule_status(event.due) if self.monitored else None,
            "IsPastDue": event.past_due,
        }
        metadata: dict[str, Any] = {"sys": self._sys(delivery)}
        if delivery.attempt or self.function.max_retries:
            metadata["RetryContext"] = _retry_context(delivery.attempt, self.function.max_retries or RETRIES)
        return timer, metadata


def _input(content: bytes | None, *, binary: bool) -> str:
    if content is None:
        return "null"
    return base64_text(content) if binary else quoted(text_of(content))


@lru_cache(maxsize=4)
def _visible_again(second_: str) -> str:
    """When a message is seen again that was handed out in this second of UTC."""
    return (datetime.fromisoformat(f"{second_}Z") + VISIBILITY).isoformat(timespec="seconds")


def _guid(seed: str) -> str:
    """A GUID of version 4 that depends on ``seed`` only."""
    digits = hashlib.blake2b(seed.encode("utf-8"), digest_size=16).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=64)
def _schedule_status(due: str) -> dict[str, str]:
    try:
        moment = datetime.fromisoformat(due)
        last = moment - PERIOD + LATE
    except (ValueError, OverflowError):
        return {"Last": due, "Next": due, "LastUpdated": due}
    return {"Last": _fraction(last), "Next": _fraction(moment), "LastUpdated": _fraction(last)}


def _fraction(moment: datetime) -> str:
    """A time as .NET writes it: the fraction without trailing zeros, ``+00:00`` for a time without zone."""
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    zone = moment.isoformat()[-6:] if moment.tzinfo else "+00:00"
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}{zone}"


def _retry_context(attempt: int, retries: int) -> dict[str, Any]:
    """Retries of a timer come from a retry policy only; what its Exception holds is not settled."""
    message = "Response status code does not indicate success: 500 (Internal Server Error)."
    error = {"ClassName": "System.Net.Http.HttpRequestException", "Message": message} if attempt else None
    return {"RetryCount": attempt, "MaxRetryCount": retries, "Exception": error, "Instance": None, "State": {}}
