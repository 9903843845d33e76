"""The hash of a blob's content stands beside it, so it has to change with it: whoever knows the form of what was
replaced could guess it by that hash, without any key.

Source: azure-functions.md 3.5.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any, Final

__all__ = ["changed_hash"]

NAME: Final = b'"ContentHash"'


def changed_hash(old: bytes, new: bytes) -> tuple[str, str] | None:
    """The hash in the request ``old`` and the one of the content in ``new``; None where no content changed that has
    its hash beside it.
    """
    if NAME not in old or old == new:
        return None
    try:
        before, after = json.loads(old), json.loads(new)
        told = before["Metadata"]["Properties"]["ContentHash"]
        pairs = [(value, after["Data"][name]) for name, value in before["Data"].items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    for value, redacted in pairs:
        if value != redacted and _hash(value) == told:
            made = _hash(redacted)
            return (told, made) if made is not None else None
    return None


def _hash(value: Any) -> str | None:
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return None
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")
