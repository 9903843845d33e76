"""Queue events: messages that a sender can put into a queue or topic, in every state of delivery."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import Pairs, QueueEvent
from fnfuzz.traps import NAME_TRAPS
from fnfuzz_strategies.arguments import check_choice, check_count, check_strategy
from fnfuzz_strategies.payloads import cut, text_payloads, texts
from fnfuzz_strategies.times import lifetimes

__all__ = ["is_xml_text", "queue_events"]

_LIMITS = {"base64": 48 * 1024, "none": 64 * 1024}
"""Bytes of the message itself: a queue takes 64 KiB of text, base64 makes 4 bytes of 3."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 2.2, production Char
_DEFAULT = QueueEvent()


def is_xml_text(message: bytes) -> bool:
    """Whether ``message`` is UTF-8 without characters that XML 1.0 forbids."""
    try:
        return _NOT_XML.search(message.decode("utf-8")) is None
    except UnicodeDecodeError:
        return False


def queue_events(
    *,
    messages: SearchStrategy[bytes] | None = None,
    max_message: int | None = None,
    encoding: Literal["base64", "none"] = "base64",
    max_dequeue_count: int = 5,
    attributes: bool = False,
) -> SearchStrategy[QueueEvent]:
    """Messages with their delivery details; the smallest is the empty message at its first delivery.

    ``encoding`` says how the queue carries text: with ``base64`` any UTF-8 will do, with ``none`` the message travels
    inside XML and holds only what XML 1.0 allows. ``max_message`` in bytes, by default the queue's limit
    (48 KiB before base64, 64 KiB as it is). The dequeue count runs from 1 to ``max_dequeue_count``, above which the
    host poisons the message without a call (azure-functions.md 5.4). With ``attributes`` messages may carry some, as a
    topic's do (alibaba-fc.md 6.6). Raises ValueError for a wrong argument.
    """
    check_choice("encoding", encoding, tuple(_LIMITS))
    check_count("max_dequeue_count", max_dequeue_count, low=1, high=1000)
    limit = _LIMITS[encoding]
    size = limit if max_message is None else check_count("max_message", max_message, low=0, high=limit)
    if messages is None:
        drawn = st.one_of(st.just(b""), text_payloads(max_size=size))
        if encoding == "none":
            drawn = drawn.map(lambda message: cut(_NOT_XML.sub("\ufffd", message.decode()).encode(), size))
    else:
        drawn = check_strategy("messages", messages).map(lambda message: _checked(message, size, encoding))
    return st.builds(
        _event,
        drawn,
        st.integers(1, max_dequeue_count),
        _deliveries(),
        _attribute_lists() if attributes else st.just(()),
    )


def _event(message: bytes, count: int, delivery: tuple[str, str, str | None, str], attributes: Pairs) -> QueueEvent:
    identity, inserted, expires, receipt = delivery
    return QueueEvent(
        message=message,
        id=identity,
        dequeue_count=count,
        inserted=inserted,
        expires=expires,
        pop_receipt=receipt,
        attributes=attributes,
    )


def _checked(message: object, size: int, encoding: str) -> bytes:
    """A message that the caller's own strategy drew; wrong ones are an error and not silently left out."""
    if not isinstance(message, bytes):
        raise ValueError(f"messages: drew {message!r}, which is not bytes")
    if len(message) > size:
        raise ValueError(f"messages: drew {len(message)} bytes, the queue takes {size}")
    try:
        message.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"messages: drew {message!r}, which is not UTF-8") from error
    if encoding == "none" and not is_xml_text(message):
        raise ValueError(f"messages: drew {message!r}, which XML 1.0 cannot carry; use encoding='base64'")
    return message


def _deliveries() -> SearchStrategy[tuple[str, str, str | None, str]]:
    """Id, insertion time, expiry and pop receipt, mostly those of the default event."""
    usual = st.just((_DEFAULT.id, _DEFAULT.inserted, _DEFAULT.expires, _DEFAULT.pop_receipt))
    receipts = st.binary(min_size=8, max_size=24).map(lambda raw: base64.b64encode(raw).decode("ascii"))
    lives = lifetimes(longest=timedelta(days=7))
    drawn = st.builds(
        lambda identity, life, ends, receipt: (str(identity), life[0], life[1] if ends else None, receipt),
        st.uuids(),
        lives,
        st.booleans(),
        receipts,
    )
    return st.one_of(usual, drawn)


def _attribute_lists() -> SearchStrategy[Pairs]:
    names = st.one_of(
        st.sampled_from(("key", "Extend")), st.sampled_from([name for name in NAME_TRAPS.values() if name])
    )
    pairs = st.tuples(names, texts(max_size=20).map(lambda text: _NOT_XML.sub("\ufffd", text)))
    return st.lists(pairs, max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
