"""Who listens where, found out without connecting: a handler is not disturbed by being looked for."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

__all__ = ["Address", "free_port", "listening", "open_listeners", "reserve"]

Address = IPv4Address | IPv6Address

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTEN = "0A"
_BACKLOG = 1024


def listening(port: int) -> tuple[Address, ...]:
    """The addresses on which anybody listens on ``port``; where the kernel does not tell, 127.0.0.1 if it accepts."""
    found: set[Address] = set()
    told = False
    for table in _TABLES:
        try:
            text = table.read_text("ascii")
        except OSError:
            continue
        told = True
        found.update(_addresses(text, port))
    if not told and _accepts(port):
        found.add(IPv4Address("127.0.0.1"))
    return tuple(sorted(found, key=lambda address: (address.version, address.packed)))


def _addresses(table: str, port: int) -> Iterator[Address]:
    ending = f":{port:04X}"
    if ending not in table:
        return
    for line in table.splitlines()[1:]:
        cells = line.split(maxsplit=4)
        if len(cells) > 3 and cells[3] == _LISTEN and cells[1].endswith(ending):
            yield _address(cells[1].partition(":")[0])


def _address(digits: str) -> Address:
    """The kernel prints each 32 bits of an address in the machine's own order."""
    words = [int(digits[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(digits), 8)]
    packed = b"".join(words)
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def reserve(port: int) -> socket.socket:
    """Hold ``port`` without listening: connects are refused, and no other program is given it. Raises OSError when it
    is taken.
    """
    return _bound(IPv4Address(0), port)


def free_port() -> int:
    """A port that nobody has."""
    with _bound(IPv4Address(0), 0) as probe:
        port: int = probe.getsockname()[1]
        return port


def open_listeners(addresses: Sequence[Address], port: int) -> list[socket.socket]:
    """Listen on the same addresses as the handler, so that the host reaches it from exactly where it would reach the
    handler. Raises OSError.
    """
    alone = {4: IPv4Address(0), 6: IPv6Address(0)}
    both = alone[4] in addresses and alone[6] in addresses
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            opened.append(_bound(address, port, only6=both))
            opened[-1].listen(_BACKLOG)
            opened[-1].setblocking(False)
    except OSError:
        for listener in opened:
            listener.close()
        raise
    return opened


def _bound(address: Address, port: int, *, only6: bool = False) -> socket.socket:
    sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.version == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
        sock.bind((str(address), port))
    except OSError:
        sock.close()
        raise
    return sock
