"""Is an event JSON at all? Asked with the mildest strict reading, so that a `no` is certain."""

from __future__ import annotations

import json

import orjson

__all__ = ["is_json"]


def is_json(body: bytes) -> bool:
    """True for UTF-8 text that RFC 8259 calls JSON, whatever its depth, its numbers or its surrogate escapes."""
    try:
        orjson.loads(body)
    except ValueError:
        return _by_the_grammar(body)
    return True


def _by_the_grammar(body: bytes) -> bool:
    try:
        json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_int=str, parse_float=str)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
