"""From an answer that was read along to what a driver would have made of the same bytes."""

from __future__ import annotations

from fnfuzz.contracts.http1 import ResponseReader
from fnfuzz.contracts.http1_messages import Message
from fnfuzz.contracts.model import Fault, HttpReply
from fnfuzz.corpus.unkept import Unkept

__all__ = ["answer_of", "large_body"]

RAW_KEPT = 4096
UNLIMITED = 1 << 62


def large_body(message: Message, whose: str) -> Fault | None:
    """What stands for a body of which only size and hash are kept."""
    if not message.digest:
        return None
    return Unkept(whose, message.size, message.digest).fault(message.head[:RAW_KEPT])


def answer_of(message: Message, *, reset: bool) -> tuple[HttpReply | None, Fault | None]:
    """Reply and fault of an answer that is done, or whose stream has ended, ``reset`` or not."""
    large = large_body(message, "answer")
    if large is not None:
        return None, large
    reader = ResponseReader(message.method or "GET", UNLIMITED)
    reader.feed(_wire(message))
    if not reader.done and message.error:
        reader.eof()
    elif not reader.done and reset:
        reader.abort("reset", "the connection was reset inside the answer")
    elif not reader.done:
        reader.eof()
    if message.error and reader.fault is None:
        return None, Fault("bad-framing", message.error, message.head[:RAW_KEPT] + message.rest[:RAW_KEPT])
    return reader.reply, reader.fault


def _wire(message: Message) -> bytes:
    """The message as it may have come over the wire, its chunks put together."""
    if message.framed != "chunked":
        return message.head + (message.rest if message.error else message.body)
    body = message.body
    if message.whole:
        return b"%b%b0\r\n\r\n" % (message.head, b"%x\r\n%b\r\n" % (len(body), body) if body else b"")
    if message.error:
        return b"%b%b%b" % (message.head, b"%x\r\n%b\r\n" % (len(body), body) if body else b"", message.rest)
    return b"%b%x\r\n%b" % (message.head, len(body) + 1, body)
