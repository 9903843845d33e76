"""Relays bytes between host and handler: one thread, one wait, whatever the bytes say.

Each connection of the host gets one to the handler at once, before any byte, as the host itself would have made it.
What one side sends is received into the copy's room and sent on in the same breath; what the other side does not take
yet is kept, and nothing more is read meanwhile. Ends and resets are passed on as what they are.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from fnfuzz.record.copying import Copying
from fnfuzz.record.listening import Address, listening, open_listeners
from fnfuzz.record.place import Door
from fnfuzz.record.ring import Kind

__all__ = ["Relay"]

IN, OUT = select.EPOLLIN, select.EPOLLOUT
GONE: Final = select.EPOLLHUP | select.EPOLLERR
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

LOOK: Final = 0.005
LOOK_LATER: Final = 0.05
EAGER: Final = 30.0
"""Seconds between two looks whether the handler listens, at first and after ``EAGER`` seconds of looking."""

NO_ROOM: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BREATH: Final = 0.05
"""Seconds for which no connection is accepted when there are too many."""


class _End:
    """One socket of a connection; ``peer`` is the other one, to which goes what comes from this one."""

    __slots__ = ("connecting", "connection", "ended", "interest", "kind", "number", "peer", "reset", "rest", "sock")

    peer: _End

    def __init__(self, sock: socket.socket, connection: int, kind: Kind) -> None:
        self.sock = sock
        self.number = sock.fileno()
        self.connection = connection
        self.kind = kind
        self.connecting = kind == Kind.DOWN
        self.ended = False
        """Nothing more will be read from it."""
        self.rest = b""
        """What it has not taken yet."""
        self.reset = False
        """To be reset when it has taken ``rest`` and nothing more comes for it."""
        self.interest = -1
        """What epoll waits for; -1 when it does not know this socket."""


class Relay:
    """Call ``turn`` until nothing is left to do. ``watch`` adds descriptors of others to the same wait."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self.doors = tuple(doors)
        self.copying: Copying
        self.connections = 0
        self.open = 0
        self.bypassed = 0
        """The port on which the handler listens in our place, so that nothing passes here; 0 when it does not."""
        self.mishaps = 0
        """Connections that ended because of an error of ours."""
        self.ready = False
        """Has the handler ever listened?"""
        self._epoll = select.epoll()
        self._ends: dict[int, _End] = {}
        self._others: dict[int, Callable[[], None]] = {}
        self._listeners: dict[int, tuple[socket.socket, Door]] = {}
        self._looking = True
        self._look_at = self._looked_since = time.monotonic()
        self._deaf_until = 0.0

    # -- what the recorder calls

    def watch(self, number: int, call: Callable[[], None]) -> None:
        """Call ``call`` whenever this descriptor can be read."""
        self._others[number] = call
        self._epoll.register(number, IN)

    def unwatch(self, number: int) -> None:
        """No longer."""
        if self._others.pop(number, None) is not None:
            self._epoll.unregister(number)

    def turn(self, longest: float = 1.0) -> None:
        """Wait for something, and do what there is to do."""
        wait = longest
        if self._looking or self._deaf_until:
            wait = min(wait, self._look())
        beat = self.copying.beat()
        if beat is not None:
            wait = min(wait, beat)
        ends, others = self._ends, []
        for number, mask in self._epoll.poll(wait):
            end = ends.get(number)
            if end is None:
                # Later: a connection accepted now may get the number of one that was closed in this turn.
                others.append(number)
                continue
            try:
                if mask & OUT:
                    self._writable(end)
                if mask & ~OUT:
                    self._readable(end, mask)
            except Exception:
                # An error of ours must end at this connection; it is counted and told.
                self.mishaps += 1
                self._abandon(end)
        for number in others:
            self._other(number)

    def close_doors(self) -> None:
        """Accept nothing more, and look for no handler."""
        self._looking, self._deaf_until = False, 0.0
        self._close_listeners()

    def reset_all(self) -> None:
        """End every connection with a reset."""
        for end in list(self._ends.values()):
            if end.number in self._ends:
                self._abandon(end)

    def finish_quiet(self) -> None:
        """The handler's process has ended: a connection to which all was given is done, whatever the host does."""
        for end in list(self._ends.values()):
            if end.kind == Kind.DOWN and end.number in self._ends and end.ended and not end.peer.rest:
                self._close(end)

    # -- doors

    def _look(self) -> float:
        """Open the doors behind which the handler listens now. Seconds until the next look."""
        now = time.monotonic()
        if self._deaf_until and now >= self._deaf_until:
            self._deaf_until = 0.0
            for number in self._listeners:
                self._epoll.modify(number, IN)
        if self._looking and now >= self._look_at:
            self._open_doors()
            eager = now - self._looked_since < EAGER
            self._look_at = now + (LOOK if eager else LOOK_LATER)
        times = [self._look_at] if self._looking else []
        times += [self._deaf_until] if self._deaf_until else []
        return max(0.0, min(times) - now) if times else 1.0

    def _open_doors(self) -> None:
        for door in self.doors:
            addresses = listening(door.inner)
            if addresses:
                self._open_door(door, addresses)
            elif listening(door.outer):
                self.bypassed = door.outer

    def _open_door(self, door: Door, addresses: Sequence[Address]) -> None:
        try:
            listeners = open_listeners(addresses, door.outer)
        except OSError:
            # Somebody else has the port; the handler itself, if it does not listen where it was told to.
            self.bypassed = door.outer
            return
        self._looking, self.ready = False, True
        for listener in listeners:
            self._listeners[listener.fileno()] = (listener, door)
            self._epoll.register(listener.fileno(), IN)

    def _close_listeners(self) -> None:
        for number, (listener, _) in self._listeners.items():
            self._epoll.unregister(number)
            listener.close()
        self._listeners.clear()

    def _other(self, number: int) -> None:
        if number in self._listeners:
            self._accept(*self._listeners[number])
        elif number in self._others:
            self._others[number]()

    def _accept(self, listener: socket.socket, door: Door) -> None:
        for _ in range(64):
            try:
                client, _ = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in NO_ROOM:
                    self._rest_from_accepting()
                    return
                continue
            self._connect(client, door)

    def _rest_from_accepting(self) -> None:
        self._deaf_until = time.monotonic() + BREATH
        for number in self._listeners:
            self._epoll.modify(number, 0)

    def _connect(self, client: socket.socket, door: Door) -> None:
        """A connection of the host: one to the handler, at the same address as the host has called."""
        self.connections += 1
        connection = self.connections
        client.setblocking(False)
        _no_delay(client)
        family, address = _inside(client, door.inner)
        try:
            inner = socket.socket(family)
        except OSError:
            _reset(client)
            self._rest_from_accepting()
            return
        inner.setblocking(False)
        _no_delay(inner)
        outside, inside = _End(client, connection, Kind.UP), _End(inner, connection, Kind.DOWN)
        outside.peer, inside.peer = inside, outside
        self._ends[outside.number], self._ends[inside.number] = outside, inside
        self.open += 1
        self.copying.note(Kind.OPEN, connection)
        failed = inner.connect_ex(address)
        if failed == 0:
            inside.connecting = False
        elif failed != errno.EINPROGRESS:
            self._refused(inside, failed)
            return
        self._await(inside)
        self._await(outside)

    def _refused(self, inside: _End, error: int) -> None:
        """The handler does not accept. If it does not listen any more, neither do we, until it does."""
        self.copying.note(Kind.REFUSED, inside.connection)
        self._abandon(inside)
        if error == errno.ECONNREFUSED and not self._looking and self._listeners:
            self._close_listeners()
            self._looking = True
            self._look_at = self._looked_since = time.monotonic()

    # -- bytes

    def _readable(self, end: _End, mask: int) -> None:
        if end.connecting:
            self._writable(end)
            return
        peer = end.peer
        if end.ended or peer.rest or peer.connecting:
            if mask & GONE:
                self._gone(end)
            return
        copying = self.copying
        room = copying.room(end.connection)
        try:
            size = end.sock.recv_into(room)
        except BlockingIOError:
            return
        except OSError:
            self._broken(end)
            return
        if not size:
            self._ended(end)
            return
        # First the copy: whatever has reached the other side is recorded, even if we are killed right now.
        copying.commit(end.kind, end.connection, size)
        try:
            sent = peer.sock.send(room[:size])
        except BlockingIOError:
            sent = 0
        except OSError:
            # It takes nothing more, but what it has said before that is still to be read.
            end.ended = end.reset = True
            sent = size
        if sent < size:
            peer.rest = bytes(room[sent:size])
        if sent < size or end.ended:
            self._await(peer)
            self._await(end)

    def _writable(self, end: _End) -> None:
        if end.connecting:
            failed = end.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if failed:
                self._refused(end, failed)
                return
            end.connecting = False
        elif end.rest:
            try:
                sent = end.sock.send(end.rest)
            except BlockingIOError:
                return
            except OSError:
                end.rest, end.peer.ended, end.peer.reset = b"", True, True
            else:
                end.rest = end.rest[sent:]
                if end.rest:
                    return
            if end.peer.ended:
                self._pass_end(end.peer)
                return
        self._await(end)
        self._await(end.peer)

    # -- ends

    def _ended(self, end: _End) -> None:
        """It will send nothing more, but may still listen."""
        end.ended = True
        self.copying.note(Kind.UP_END if end.kind == Kind.UP else Kind.DOWN_END, end.connection)
        self._pass_end(end)

    def _pass_end(self, end: _End) -> None:
        peer = end.peer
        if not peer.rest:
            if peer.reset:
                self._abandon(peer)
                return
            if peer.ended and not end.rest:
                self._close(end)
                return
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_WR)
        self._await(end)
        self._await(peer)

    def _gone(self, end: _End) -> None:
        """Reset, or closed both ways, while nothing is read from it."""
        if not end.ended:
            # There may be something to read, which is tried in its turn. Until then epoll would tell us for ever.
            self._epoll.unregister(end.number)
            end.interest = -2
        else:
            self._broken(end)

    def _broken(self, end: _End) -> None:
        """The connection was reset on this side: so it is on the other, once that has what was said before."""
        end.ended = True
        self.copying.note(Kind.UP_RESET if end.kind == Kind.UP else Kind.DOWN_RESET, end.connection)
        if not end.peer.rest:
            self._abandon(end)
            return
        end.peer.reset = True
        end.rest = b""
        if end.interest >= 0:
            self._epoll.unregister(end.number)
        end.interest = -3
        self._await(end.peer)

    def _abandon(self, end: _End) -> None:
        for each in (end, end.peer):
            with contextlib.suppress(OSError):
                each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._close(end)

    def _close(self, end: _End) -> None:
        for each in (end, end.peer):
            self._ends.pop(each.number, None)
            # Closing takes it out of epoll too.
            each.sock.close()
        self.open -= 1
        self.copying.note(Kind.CLOSED, end.connection)

    def _await(self, end: _End) -> None:
        """Let epoll wait for what this socket is good for now."""
        peer = end.peer
        wanted = OUT if end.rest or end.connecting else 0
        if not (end.ended or end.connecting or peer.rest or peer.connecting):
            wanted |= IN
        if wanted == end.interest or end.interest == -3:
            return
        if end.interest == -1 or (end.interest == -2 and wanted):
            self._epoll.register(end.number, wanted)
        elif end.interest == -2:
            return
        else:
            self._epoll.modify(end.number, wanted)
        end.interest = wanted


def _inside(client: socket.socket, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Where the handler is for a host that came in as ``client``."""
    called, _, *scope = client.getsockname()
    if called.startswith("::ffff:") and "." in called:
        return socket.AF_INET, (called[7:], port)
    return client.family, (called, port, *scope)


def _no_delay(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    sock.close()
