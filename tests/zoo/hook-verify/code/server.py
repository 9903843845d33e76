#!/usr/bin/env python3
"""Checks the signature of a webhook; the event is the document of an HTTP trigger."""

import base64
import hashlib
import hmac
import json
import os

from runtime import Rejected, log, serve

KEY = os.environ.get("WEBHOOK_KEY", "local development").encode()
HEADER = "x-signature"


def document(event):
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        raise Rejected("the event is not JSON") from None
    if not isinstance(value, dict) or not isinstance(value.get("body", ""), str):
        raise Rejected("the event is no request")
    return value


def content(request):
    body = request.get("body", "")
    if request.get("isBase64Encoded") in (True, "true"):
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


def signature(request):
    headers = request.get("headers") or {}
    if not isinstance(headers, dict):
        raise Rejected("headers is an object")
    found = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    return found.removeprefix("sha256=").lower() if isinstance(found, str) else ""


def invoke(event):
    request = document(event)
    body = content(request)
    expected = hmac.new(KEY, body, hashlib.sha256).hexdigest()
    given = signature(request).encode("utf-8", "replace")
    valid = hmac.compare_digest(expected.encode(), given)
    log(f"[INFO] signature of {len(body)} bytes is {'right' if valid else 'wrong'}")
    answer = {"accepted": valid, "bytes": len(body)}
    return {"statusCode": 200 if valid else 401, "headers": {}, "isBase64Encoded": False, "body": json.dumps(answer)}


serve(invoke)
