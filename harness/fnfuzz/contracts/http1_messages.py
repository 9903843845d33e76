"""Cuts one direction of an HTTP/1.1 connection into messages, however its bytes are cut into pieces.

For reading along: unlike ``http1.ResponseReader``, which judges the answer to one request, it goes on from message to
message, keeps large bodies only as size and hash, and never decides anything but where a message ends. Framing follows
RFC 9112 section 6.3; lines may end with LF alone, as many parsers take it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

__all__ = ["HEAD_LIMIT", "Framed", "Message", "MessageReader", "Space"]

Framed: TypeAlias = Literal["none", "length", "chunked", "close"]

HEAD_LIMIT: Final = 1024 * 1024
LINE_LIMIT: Final = 64 * 1024
RAW_KEPT: Final = 4096

HEAD_END = re.compile(rb"\n\r?\n")
FRAMING = re.compile(rb"\n(content-length|transfer-encoding)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n)", re.IGNORECASE)
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^\r\n]*[^\r\n ]) +HTTP/1\.[0-9]\r?\n")
STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] +([0-9]{3})(?:[ \r\n])")
CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\Z")
LENGTH = re.compile(rb"[0-9]{1,18}\Z")


@dataclass(slots=True)
class Space:
    """Bytes of bodies that may be kept at the same time, over all messages that share it."""

    limit: int
    used: int = 0


@dataclass(slots=True)
class Message:
    """``began`` and ``ended`` are what the caller gave as time with the first and the last byte.

    ``whole`` when all came that the framing announced; ``body`` without chunk framing, empty when it was not kept
    (``digest``, SHA-256 in hex, tells that); ``size`` is that of the whole body. ``error`` says what broke the framing,
    and ``rest`` are the first bytes from there. ``lengths`` are the announced ones: of the body, or of the open chunk.
    """

    began: int
    ended: int = 0
    head: bytes = b""
    framed: Framed = "none"
    status: int = 0
    method: str = ""
    size: int = 0
    whole: bool = False
    digest: str = ""
    announced: int = 0
    error: str = ""
    rest: bytes = b""
    upgrade: bool = False
    parts: list[bytes] = field(default_factory=list)
    kept: int = 0

    @property
    def body(self) -> bytes:
        """The body, as far as it is kept."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)

    @property
    def done(self) -> bool:
        """Will nothing more be added?"""
        return self.whole or bool(self.error)


class MessageReader:
    """Feed bytes; ``begin`` is given each message with its first byte, and it is filled while the bytes go on.

    ``method_of`` tells, for answers, which request the answer that begins belongs to: its method, which decides about
    the body. It is called when the head is there. Without it the messages are requests. ``largest`` is the most bytes
    of a body that are kept, as long as there is ``space``. No bytes make it raise.
    """

    __slots__ = (
        "_begin",
        "_buffer",
        "_hash",
        "_left",
        "_method_of",
        "_next",
        "blind",
        "current",
        "largest",
        "skipped",
        "space",
    )

    def __init__(
        self,
        space: Space,
        largest: int,
        begin: Callable[[Message], None],
        method_of: Callable[[], str] | None = None,
    ) -> None:
        self.space = space
        self.largest = largest
        self.current: Message | None = None
        self.blind = False
        """Nothing more is understood, because of an error or an upgrade."""
        self.skipped = 0
        """Bytes that came while blind."""
        self._begin = begin
        self._method_of = method_of
        self._buffer = bytearray()
        self._left = 0
        self._hash: hashlib._Hash | None = None
        self._next = self._read_head

    def feed(self, data: bytes, now: int) -> None:
        """Take bytes that came at ``now``."""
        while data and not self.blind:
            if self.current is None:
                if self._method_of is None and data[0] in b"\r\n":
                    # Line ends before a request line are to be ignored (RFC 9112 2.2).
                    data = data.lstrip(b"\r\n")
                    continue
                self.current = Message(now)
                self._begin(self.current)
            message = self.current
            data = self._next(data, message)
            if message.done:
                message.ended = now
                self.current = None
                self._next = self._read_head
        self.skipped += len(data)

    def end(self, now: int) -> Message | None:
        """The stream has ended: the message that was open, ``whole`` if its end is the end of the stream."""
        message, self.current = self.current, None
        if message is None:
            return None
        message.ended = now
        if not message.head:
            message.head = bytes(self._buffer)
        elif message.framed == "close":
            self._complete(message)
        elif self._hash is not None:
            self._digest(message)
        self.blind = True
        return message

    def restart(self) -> None:
        """Forget where in the stream this was: a new message begins with the next byte."""
        if self.current is not None:
            self.release(self.current)
        self.current, self.blind, self._hash, self._next = None, False, None, self._read_head
        self._buffer.clear()

    def release(self, message: Message) -> None:
        """The message's body is not needed any more."""
        self.space.used -= message.kept
        message.kept = 0
        message.parts = []

    # -- heads

    def _read_head(self, data: bytes, message: Message) -> bytes:
        buffer = self._buffer
        if not buffer:
            end = HEAD_END.search(data)
            if end is not None:
                return self._take_head(data[: end.end()], data[end.end() :], message)
            buffer += data
            return self._hopeful(message)
        before = len(buffer)
        buffer += data
        end = HEAD_END.search(buffer, max(0, before - 3))
        if end is None:
            return self._hopeful(message)
        head = bytes(buffer[: end.end()])
        buffer.clear()
        return self._take_head(head, data[len(head) - before :], message)

    def _hopeful(self, message: Message) -> bytes:
        """Can this still become a head?"""
        start = bytes(self._buffer[:5])
        if self._method_of is not None and not b"HTTP/".startswith(start):
            return self._refuse(message, "no status line", bytes(self._buffer))
        if len(self._buffer) > HEAD_LIMIT:
            return self._refuse(message, f"the head is larger than {HEAD_LIMIT} bytes", bytes(self._buffer))
        return b""

    def _take_head(self, head: bytes, rest: bytes, message: Message) -> bytes:
        line = (STATUS_LINE if self._method_of is not None else REQUEST_LINE).match(head)
        if line is None or len(head) > HEAD_LIMIT:
            why = "no legal start line" if line is None else "the head is too large"
            return self._refuse(message, why, head + rest)
        message.head = head
        if self._method_of is None:
            message.method = line[1].decode("ascii")
            bodyless = False
        else:
            message.method, message.status = self._method_of(), int(line[1])
            if 100 <= message.status < 200 and message.status != 101:
                # An interim answer; the final one is still to come.
                message.head = b""
                return rest
            bodyless = message.method == "HEAD" or message.status in (204, 304)
            message.upgrade = message.status == 101 or (message.method == "CONNECT" and message.status // 100 == 2)
        return self._frame(FRAMING.findall(head), message, rest, bodyless=bodyless)

    def _frame(self, headers: list[tuple[bytes, bytes]], message: Message, rest: bytes, *, bodyless: bool) -> bytes:
        """How the body ends (RFC 9112 6.3)."""
        codings = [value for name, value in headers if len(name) == 17]
        lengths = {value for name, value in headers if len(name) == 14}
        answer = self._method_of is not None
        if message.upgrade:
            message.whole = self.blind = True
            return rest
        if bodyless:
            message.whole = True
            return rest
        if codings and codings[-1].lower().endswith(b"chunked"):
            message.framed, self._next = "chunked", self._read_chunk_size
            return rest
        if lengths and not codings:
            number = lengths.pop()
            if lengths or LENGTH.match(number) is None:
                return self._refuse(message, "contradicting or illegal Content-Length", rest)
            message.framed, message.announced, self._left = "length", int(number), int(number)
            if not self._left:
                message.whole = True
            self._next = self._read_length
            return rest
        if answer:
            message.framed, self._next = "close", self._read_to_close
            return rest
        if codings:
            return self._refuse(message, "a transfer coding that has no end", rest)
        message.whole = True
        return rest

    # -- bodies

    def _read_length(self, data: bytes, message: Message) -> bytes:
        if len(data) < self._left:
            self._left -= len(data)
            self._keep(data, message)
            return b""
        if len(data) == self._left:
            self._keep(data, message)
            rest = b""
        else:
            self._keep(data[: self._left], message)
            rest = data[self._left :]
        self._complete(message)
        return rest

    def _read_to_close(self, data: bytes, message: Message) -> bytes:
        self._keep(data, message)
        return b""

    def _read_chunk_size(self, data: bytes, message: Message) -> bytes:
        line, rest = self._line(data)
        if line is None:
            return self._short(message)
        found = CHUNK_SIZE.match(line)
        if found is None:
            return self._refuse(message, "no chunk size", line + b"\n" + rest)
        self._left = message.announced = int(found[1], 16)
        self._next = self._read_chunk if self._left else self._read_trailer
        return rest

    def _read_chunk(self, data: bytes, message: Message) -> bytes:
        part = data[: self._left]
        self._left -= len(part)
        self._keep(part, message)
        if not self._left:
            message.announced = 0
            self._next = self._read_chunk_end
        return data[len(part) :]

    def _read_chunk_end(self, data: bytes, message: Message) -> bytes:
        line, rest = self._line(data)
        if line is None:
            return self._short(message)
        if line not in (b"", b"\r"):
            return self._refuse(message, "no line end behind a chunk", line + b"\n" + rest)
        self._next = self._read_chunk_size
        return rest

    def _read_trailer(self, data: bytes, message: Message) -> bytes:
        line, rest = self._line(data)
        if line is None:
            return self._short(message)
        if line in (b"", b"\r"):
            self._complete(message)
        return rest

    def _line(self, data: bytes) -> tuple[bytes | None, bytes]:
        """The line up to the next LF, and what follows; None while there is no LF."""
        end = data.find(b"\n")
        if end < 0:
            self._buffer += data
            return None, b""
        line = bytes(self._buffer) + data[:end]
        self._buffer.clear()
        return line, data[end + 1 :]

    def _short(self, message: Message) -> bytes:
        if len(self._buffer) > LINE_LIMIT:
            return self._refuse(message, "a chunk line without end", bytes(self._buffer))
        return b""

    # -- keeping

    def _keep(self, data: bytes, message: Message) -> None:
        size = len(data)
        message.size += size
        if self._hash is not None:
            self._hash.update(data)
        elif message.size > self.largest or self.space.used + size > self.space.limit:
            self._hash = hashlib.sha256()
            for part in message.parts:
                self._hash.update(part)
            self._hash.update(data)
            self.release(message)
        elif size:
            message.parts.append(data)
            message.kept += size
            self.space.used += size
            if len(message.parts) > 1024:
                # Tiny chunks: a part costs far more than its bytes.
                message.parts = [b"".join(message.parts)]

    def _complete(self, message: Message) -> None:
        message.whole = True
        if self._hash is not None:
            self._digest(message)

    def _digest(self, message: Message) -> None:
        assert self._hash is not None
        message.digest = self._hash.hexdigest()
        self._hash = None

    def _refuse(self, message: Message, why: str, data: bytes) -> bytes:
        """Where the next message begins is not known any more."""
        message.error, message.rest = why, data[:RAW_KEPT]
        if self._hash is not None:
            self._digest(message)
        self._buffer.clear()
        self.blind = True
        return data
