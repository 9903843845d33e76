"""Reads one HTTP/1.1 answer from bytes and, when it is wrong, says exactly how.

Plain answers that come in one piece, as nearly all do, are read by a few expressions; llhttp (through httptools) reads
all others. Only when it refuses one, or the bytes end early, are the raw bytes looked at again to name the fault.
Framing follows RFC 9112 section 6.3: no body after HEAD, 1xx, 204 and 304; chunked; Content-Length; until close.
"""

from __future__ import annotations

import re

import httptools

from fnfuzz.contracts.model import Fault, FaultKind, HttpReply
from fnfuzz.events import Pairs
from fnfuzz.frozen import quick_dataclass

__all__ = ["ResponseReader"]

RAW_KEPT = 4096
HEAD_LIMIT = 1024 * 1024
STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [^\r\n\x00]*)?\r?\Z")
HEAD_END = re.compile(rb"[^\r\n]\r?\n\r?\n")
FRAMING = re.compile(rb"\n(?:content-length|transfer-encoding):", re.IGNORECASE)
CHUNKED = re.compile(rb"transfer-encoding:[ \t]*chunked[ \t]*\Z", re.IGNORECASE)
FOLD = re.compile(rb"\r?\n[ \t]+(?=[^ \t\r\n])")
HEADER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r?\Z")
HEADER_BEGIN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*\Z")
CHUNKED_END = re.compile(rb"[^\r\n]\r\n\r\n\Z")
PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 (?!204|304)([2-5][0-9]{2}) ([!-~][ -~]*+)\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++: [!-~][ -~]*+(?<! )\r\n)++\r\n\Z"
)
LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]{1,9})\r\n", re.IGNORECASE)
NOT_PLAIN = re.compile(
    rb"\r\n(?:Transfer-Encoding:|Connection: (?!keep-alive\r)|Content-Length:.*\r\nContent-Length:)",
    re.IGNORECASE | re.DOTALL,
)


def mend(head: bytes) -> bytes:
    """A head as llhttp wants it, where the hosts' clients are more lenient.

    Lines may end with LF alone and be folded; chunked overrules Content-Length, and the same Content-Length may come
    twice (RFC 9112 6.3).
    """
    lines = FOLD.sub(b" ", head.replace(b"\r\n", b"\n")).split(b"\n")
    chunked = any(CHUNKED.match(line) for line in lines)
    kept: list[bytes] = []
    for line in lines:
        is_length = line[:15].lower() == b"content-length:"
        if not is_length or not (chunked or line.lower() in (other.lower() for other in kept)):
            kept.append(line)
    return b"\r\n".join(kept)


HEADS_KEPT = 256
LONGEST_KEPT = 2048


@quick_dataclass(frozen=True)
class Head:
    """A head whose meaning is known: what comes of it, and the bytes of body that must follow."""

    length: int
    status: int
    reason: str
    headers: Pairs


KNOWN_HEADS: dict[bytes, Head] = {}
"""Handlers say the same heads again and again; each is read once."""


def plain_head(head: bytes) -> Head | None:
    """A head, up to its empty line, that leaves no question: HTTP/1.1, kept alive, framed by one Content-Length."""
    known = KNOWN_HEADS.get(head)
    if known is not None or len(head) > LONGEST_KEPT:
        return known
    match, length = PLAIN_HEAD.match(head), LENGTH.search(head)
    if match is None or length is None or NOT_PLAIN.search(head):
        return None
    _, *lines = head[:-4].decode("latin-1").split("\r\n")
    headers = tuple([(name, text) for name, _, text in [line.partition(": ") for line in lines]])
    if len(KNOWN_HEADS) >= HEADS_KEPT:
        KNOWN_HEADS.clear()
    found = KNOWN_HEADS[head] = Head(int(length[1]), int(match[1]), match[2].decode("latin-1"), headers)
    return found


class ResponseReader:
    """Feed bytes until ``done``; then ``reply`` and ``fault`` hold the result (both, when extra bytes follow a whole
    answer).

    Interim answers (1xx, except 101) are skipped. No bytes make it raise.
    """

    # Defaults of the class, not of the instance: one reader is made for each of many thousand answers a second.
    reply: HttpReply | None = None
    fault: Fault | None = None
    done = False
    received = 0
    _begun = False
    _chunked = False
    _length: int | None = None
    _connection = ""
    _reason = b""
    _mended = False
    _more = False
    _raw = b""
    """The bytes of the final answer from its first one on: the whole head, and some of the body."""
    _start = 0
    _tail = b""
    _parser: httptools.HttpResponseParser
    """Made for the first bytes that are no plain answer."""

    def __init__(self, method: str, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._head = method == "HEAD"
        self.max_bytes = max_bytes
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    # -- callbacks of httptools, by the names that it wants

    def on_message_begin(self) -> None:
        """The first byte of an answer; a second answer is more than was asked for."""
        if self.reply is not None:
            self._more = True

    def on_status(self, status: bytes) -> None:
        """A part of the reason phrase."""
        self._reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        """One complete header; what comes after the head are trailers, which the hosts drop."""
        if not self._begun:
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The end of the head; remember how the body is framed."""
        if self.reply is not None:
            return
        self._begun = True
        if self._interim():
            return
        for name, value in self._headers:
            key = name.lower()
            if key == "content-length":
                self._length = int(value)
            elif key == "transfer-encoding":
                self._chunked = self._chunked or "chunked" in value.lower()
            elif key == "connection":
                self._connection += f",{value.lower()}"
        if self._head:
            self._finish()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """The end of the message as its framing announced it."""
        if self.reply is not None:
            return
        if self._interim():
            self._drop_interim()
        else:
            self._finish()

    # -- what the driver calls

    def feed(self, data: bytes) -> bool:
        """Take bytes from the wire; True when nothing more is to be read."""
        if self.done:
            if data and self.reply is not None and self.reply.status != 101:
                self._extra()
            return True
        if not data:
            return False
        nothing_yet = not self.received
        if nothing_yet and self._is_plain(data):
            return True
        self.received += len(data)
        self._tail = data[-5:] if len(data) > 4 else (self._tail + data)[-5:]
        if not self._begun or len(self._raw) < RAW_KEPT:
            self._raw += data
        if nothing_yet and data[0] != 0x48:
            # llhttp skips line ends before a status line; the hosts' clients do not.
            self._fail(*self._why_refused("no status line"))
            return True
        if nothing_yet:
            self._parser = httptools.HttpResponseParser(self)
        return self._parse(data)

    def _is_plain(self, data: bytes) -> bool:
        """A whole answer with a plain head needs no parser."""
        end = data.find(b"\r\n\r\n") + 4
        head = plain_head(data[:end])
        if head is None or len(data) - end != (0 if self._head else head.length) or self.max_bytes < len(data):
            return False
        self.received, self._raw, self.done = len(data), data, True
        self.reply = HttpReply(head.status, head.reason, head.headers, data[end:], "1.1", True)
        return True

    def eof(self) -> None:
        """The connection was closed; conclude."""
        if self.done:
            return
        if not self._raw:
            self._fail("closed", "the connection was closed before the first byte of an answer")
        elif not self._begun:
            self._fail(*self._why_refused(""))
        elif self._chunked:
            self._fail(
                "truncated-chunks", f"the connection was closed after {self._body_size()} bytes, before the last chunk"
            )
        elif self._length is not None and self._body_size() < self._length:
            self._fail(
                "short-body",
                f"Content-Length announces {self._length} bytes, {self._body_size()} came before the connection closed",
            )
        else:
            self._finish()
            self.done = True

    def abort(self, kind: FaultKind, message: str) -> None:
        """Conclude with a fault that only the driver can see (time-out, reset)."""
        if not self.done:
            self._fail(kind, message)

    @property
    def started(self) -> bool:
        """Has any byte of an answer come?"""
        return self.received > 0

    # -- reading

    def _parse(self, data: bytes) -> bool:
        refused = ""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError as error:
            refused = str(error) or "refused"
        if self.reply is not None:
            self.done = True
            if self.reply.status != 101 and (refused or self._has_extra()):
                self._extra()
        elif refused and self._readable_by_hosts():
            return self._parse_mended()
        elif refused:
            self._fail(*self._why_refused(refused))
        elif self.received > self.max_bytes:
            self._fail("too-large", f"the answer is larger than {self.max_bytes} bytes")
        elif not self._begun and len(self._raw) > HEAD_LIMIT:
            self._fail("too-large", f"the head of the answer is larger than {HEAD_LIMIT} bytes")
        return self.done

    def _readable_by_hosts(self) -> bool:
        """May llhttp have refused something that the hosts' clients read? See ``mend``."""
        if self._begun or self._mended:
            return False
        bare = b"\n" in self._raw.replace(b"\r\n", b"")
        folded = b"\n " in self._raw or b"\n\t" in self._raw
        # One that is wrong may be overruled by another that is still on its way.
        few = 0 if HEAD_END.search(self._raw) is None else 1
        return bare or folded or len(FRAMING.findall(self._raw)) > few

    def _parse_mended(self) -> bool:
        end = HEAD_END.search(self._raw)
        if end is None:
            if len(self._raw) > HEAD_LIMIT:
                self._fail("too-large", f"the head of the answer is larger than {HEAD_LIMIT} bytes")
            return self.done
        whole = mend(self._raw[: end.end()]) + self._raw[end.end() :]
        self.received += len(whole) - len(self._raw)
        self._raw, self._mended = whole, True
        self._parser = httptools.HttpResponseParser(self)
        self._forget_head()
        return self._parse(whole)

    def _interim(self) -> bool:
        status = self._parser.get_status_code()
        return 100 <= status < 200 and status != 101

    def _drop_interim(self) -> None:
        end = HEAD_END.search(self._raw)
        size = end.end() if end else len(self._raw)
        self._raw = self._raw[size:]
        self._start += size
        self._forget_head()

    def _forget_head(self) -> None:
        self._headers, self._reason, self._begun = [], b"", False

    # -- conclusions

    def _body_size(self) -> int:
        return sum(map(len, self._body))

    def _finish(self) -> None:
        parser = self._parser
        status, version = parser.get_status_code(), parser.get_http_version()
        framed = self._chunked or self._length is not None or self._head or status in (204, 304)
        alive = "close" not in self._connection and (version != "1.0" or "keep-alive" in self._connection)
        self.reply = HttpReply(
            status,
            self._reason.decode("latin-1"),
            tuple(self._headers),
            b"" if self._head else b"".join(self._body),
            version,
            framed and alive,
        )

    def _has_extra(self) -> bool:
        assert self.reply is not None
        if self._more:
            return True
        bodyless = self._head or self.reply.status in (204, 304)
        if self._chunked and not bodyless:
            # llhttp passes over line ends between two messages; all else has begun another message.
            return CHUNKED_END.search(self._tail) is None
        end = self._raw.find(b"\r\n\r\n", self._raw.find(b"H")) + 4
        body = 0 if bodyless else self._length or 0
        return self.received > self._start + end + body

    def _extra(self) -> None:
        if self.fault is None:
            self.fault = Fault(
                "extra-bytes", "bytes follow the end of the answer that its framing announced", self._raw[:RAW_KEPT]
            )

    def _fail(self, kind: FaultKind, message: str) -> None:
        self.fault = Fault(kind, message, self._raw[:RAW_KEPT])
        self.reply = None
        self.done = True

    def _why_refused(self, error: str) -> tuple[FaultKind, str]:
        """The fault of a head or chunk that llhttp refused with ``error``, or that ended early (no error)."""
        raw = self._raw
        if not raw.startswith(b"HTTP/"[: len(raw)]):
            shown = ascii(raw[:40].decode("latin-1"))
            return "no-status-line", f"the answer does not begin with a status line but with {shown}"
        if self._begun:
            return "bad-chunk", f"broken chunk after {self._body_size()} bytes of body: {error}"
        lines = raw.split(b"\r\n\r\n", 1)[0].split(b"\n")
        if (len(lines) > 1 or error) and not STATUS_LINE.match(lines[0]):
            return "bad-status-line", f"not a status line: {lines[0][:80].decode('latin-1')!a}"
        if not error:
            return "truncated-head", "the connection was closed inside the head"
        if len(lines) > 1 and HEADER_BEGIN.match(lines[-1]):
            del lines[-1]
        bad = next((line for line in lines[1:] if not HEADER_LINE.match(line)), None)
        if bad is not None:
            return "bad-header", f"not a header line: {bad[:80].decode('latin-1')!a}"
        return "bad-framing", f"illegal framing headers: {error}"
