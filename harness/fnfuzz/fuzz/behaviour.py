"""What an exchange looked like, without its payload: an event that shows a new behaviour is worth mutating further."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from fnfuzz.contracts.model import HttpReply, LineReply, LineRequest, Request
from fnfuzz.fuzz.words.phrases import told
from fnfuzz.host.exchange import Exchange

__all__ = ["Signature", "signature", "went_wrong"]

Signature: TypeAlias = bytes
"""A digest, so that a set of many of them stays small."""

VARIABLE = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+|\"[^\"]*\"|'[^']*'")
QUOTED = re.compile(rb"\\?\"[\[{].*[\]}]\\?\"|\\\"[^\"]*\\\"|'[^']*'|`[^`]*`")
"""What a message quotes; JSON that was sent has quotes of its own."""

HOST_LINE = re.compile(rb"FC \w+ (?:Start|End) RequestId")
TOLD = re.compile(rb"[^\W\d_][^\W\d]{0,23}(?!\w)")
TOLD_WORDS = 16
LOG_WORDS, LOG_LIMIT = 4, 200
SHAPE_LIMIT = 8192
DEPTH = 7
WIDTH = 32


def signature(exchange: Exchange, phrases: frozenset[bytes] = frozenset()) -> Signature:
    """Outcome, statuses, rules broken, shape of the answer, the words in which an event is turned away, what else the
    answer says in ``phrases`` of the source, and of a failure the log's last line without its variable parts.

    Of an event that went well the log does not count: its lines may come before or after the answer, and the same run
    would take another course each time.
    """
    outcome, reply = exchange.outcome, exchange.observed.reply
    body = reply.body if isinstance(reply, HttpReply) else _answer(reply) if isinstance(reply, LineReply) else b""
    failed = went_wrong(exchange)
    caller = outcome.caller
    refused = caller.status >= 400 if caller else isinstance(reply, HttpReply) and reply.status >= 400
    log = (exchange.stderr or exchange.stdout)[-200:] if failed else b""
    return _seen(
        outcome.status,
        reply.status if isinstance(reply, HttpReply) else None,
        caller.status if caller else None,
        tuple(sorted(violation.rule for violation in exchange.violations)) if failed else (),
        body if len(body) <= SHAPE_LIMIT else None,
        log,
        (caller.body if caller else body)[:SHAPE_LIMIT] if refused else None,
        tuple(outcome.logs),
        told(body, phrases, _sent(exchange.request)) if phrases and not refused else (),
    )


def went_wrong(exchange: Exchange) -> bool:
    """Was a rule broken, or the event not done for another reason?"""
    return bool(exchange.violations) or exchange.outcome.status != "completed"


@lru_cache(maxsize=1024)
def _seen(
    outcome: str,
    status: int | None,
    to_caller: int | None,
    rules: tuple[str, ...],
    body: bytes | None,
    log: bytes,
    refusal: bytes | None,
    logs: tuple[str, ...],
    phrases: tuple[bytes, ...],
) -> Signature:
    seen = (
        outcome,
        status,
        to_caller,
        rules,
        _shape(body) if body is not None else "large",
        _template(log),
        _told(logs) if refusal is None else _words(refusal),
        phrases,
    )
    return _digest(seen)


@lru_cache(maxsize=4096)
def _digest(seen: tuple[object, ...]) -> Signature:
    """The same in every process, which a hash is not."""
    return hashlib.blake2b(repr(seen).encode(), digest_size=12).digest()


def _sent(request: Request) -> tuple[bytes, ...]:
    return (request.line,) if isinstance(request, LineRequest) else (request.target.encode(), request.body)


def _answer(reply: LineReply) -> bytes:
    return reply.lines[reply.answer] if reply.answer is not None else b""


@lru_cache(maxsize=4096)
def _template(tail: bytes) -> bytes:
    lines = [line for line in tail.split(b"\n") if line.strip() and not HOST_LINE.search(line)]
    return VARIABLE.sub(b"#", lines[-1])[:120] if lines else b""


def _told(logs: Sequence[str]) -> tuple[bytes, ...]:
    """The first words of what a handler says by the contract's own way for logs."""
    return _words("\n".join(logs)[:LOG_LIMIT].encode("utf-8", "replace"))[:LOG_WORDS] if logs else ()


@lru_cache(maxsize=1024)
def _words(text: bytes) -> tuple[bytes, ...]:
    """The first words of a text, without what is quoted in it or has digits: that comes from the event."""
    return tuple(TOLD.findall(QUOTED.sub(b" ", text))[:TOLD_WORDS])


@lru_cache(maxsize=1024)
def _shape(body: bytes) -> object:
    try:
        return _shape_of(orjson.loads(body), DEPTH) if body else ""
    except orjson.JSONDecodeError:
        return "text"


def _shape_of(value: Any, depth: int) -> object:
    if not depth and isinstance(value, (dict, list)):
        return "container"
    if isinstance(value, dict):
        return tuple(sorted((key, repr(_shape_of(item, depth - 1))) for key, item in value.items())[:WIDTH])
    if isinstance(value, list):
        return ("list", _shape_of(value[0], depth - 1)) if value else "list"
    if isinstance(value, str) and depth and value[:1] in ("{", "["):
        try:
            return ("text", _shape_of(orjson.loads(value), depth - 1))
        except orjson.JSONDecodeError:
            return "text"
    return type(value).__name__
