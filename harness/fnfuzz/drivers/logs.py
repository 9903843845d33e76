"""What a handler writes to stdout and stderr, kept within a bound and cut by exchange."""

from __future__ import annotations

__all__ = ["LogTail"]


class LogTail:
    """The newest bytes of one stream, from ``limit`` to twice as many; ``total`` counts all that ever came."""

    __slots__ = ("_kept", "limit", "total")

    def __init__(self, limit: int = 256 * 1024) -> None:
        self.limit = limit
        self.total = 0
        self._kept = bytearray()

    def add(self, data: bytes) -> None:
        """Append; the oldest bytes fall out."""
        self.total += len(data)
        self._kept += data
        if len(self._kept) > 2 * self.limit:
            del self._kept[: -self.limit]

    def since(self, mark: int, end: int | None = None) -> bytes:
        """The bytes that came after ``total`` was ``mark``, and until it was ``end``, as far as they are kept."""
        if mark == (self.total if end is None else end):
            return b""
        first = self.total - len(self._kept)
        return bytes(self._kept[max(0, mark - first) : None if end is None else max(0, end - first)])

    def last_lines(self, count: int) -> list[str]:
        """The last ``count`` lines that are not blank, decoded for people."""
        text = self._kept[-32768:].decode("utf-8", "replace")
        return [line for line in text.splitlines() if line.strip()][-count:]
