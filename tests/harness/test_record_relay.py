"""The relay alone, between two ends that the tests hold."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import threading
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.driven import eventually

from fnfuzz.record.copying import Copying, gap_sizes
from fnfuzz.record.listening import free_port, listening, open_listeners, reserve
from fnfuzz.record.place import Door
from fnfuzz.record.relay import Relay
from fnfuzz.record.ring import Kind, RingReader, RingWriter, create_ring

RING = 64 << 20


class Between:
    """A relay in a thread; ``host`` opens a pair of ends, ``frames`` is what was copied."""

    def __init__(self) -> None:
        memory = create_ring(RING)
        outlet, inlet = os.pipe()
        os.set_blocking(inlet, False)
        self.ring, self.reader = RingWriter(memory, inlet), RingReader(memory)
        for number in (memory,):
            os.close(number)
        self._pipe = (outlet, inlet)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(10)
        self.port = free_port()
        self.relay = Relay([Door(self.port, self.server.getsockname()[1])])
        self.relay.copying = Copying(self.ring, lambda seconds: True, strict=False)
        self._ending = False
        self._thread = threading.Thread(target=self._turn)
        self._thread.start()

    def _turn(self) -> None:
        while not self._ending:
            self.relay.turn(0.01)

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """The host's end and the handler's."""

        def attempt() -> socket.socket | None:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self.port), timeout=10)
            return None

        host = eventually(attempt)
        assert host is not None
        inner, _ = self.server.accept()
        inner.settimeout(10)
        return host, inner

    def copied(self) -> list[tuple[int, int, bytes]]:
        """Connection, kind and bytes of every frame since the last time, once nothing is open any more."""
        assert eventually(lambda: self.relay.open == 0)
        return [(item.connection, item.kind, bytes(item.data)) for item in self.reader.frames(self.reader.head)]

    def close(self) -> None:
        self._ending = True
        self._thread.join(10)
        self.relay.close_doors()
        self.relay.reset_all()
        self.server.close()
        for number in self._pipe:
            os.close(number)


@pytest.fixture(scope="module")
def between() -> Iterator[Between]:
    relay = Between()
    yield relay
    relay.close()


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def drain(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


STEPS = st.lists(
    st.tuples(st.booleans(), st.one_of(st.binary(min_size=1, max_size=40), st.integers(1, 300_000))), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, host_ends_first=st.booleans())
def test_every_byte_passes_both_ways_and_is_copied(
    between: Between, steps: Sequence[tuple[bool, bytes | int]], host_ends_first: bool
) -> None:
    between.copied()
    host, handler = between.pair()
    got: dict[str, bytes] = {}
    readers = [
        threading.Thread(target=lambda: got.update(down=drain(host))),
        threading.Thread(target=lambda: got.update(up=drain(handler))),
    ]
    for thread in readers:
        thread.start()
    sent = {True: b"", False: b""}
    for upwards, data in steps:
        piece = data if isinstance(data, bytes) else bytes(range(251)) * (data // 251 + 1)
        (host if upwards else handler).sendall(piece)
        sent[upwards] += piece
    for sock in (host, handler) if host_ends_first else (handler, host):
        sock.shutdown(socket.SHUT_WR)
    for thread in readers:
        thread.join(20)
    host.close()
    handler.close()
    frames = between.copied()
    assert (got["up"], got["down"]) == (sent[True], sent[False])
    for kind, upwards in ((Kind.UP, True), (Kind.DOWN, False)):
        assert b"".join(data for _, each, data in frames if each == kind) == sent[upwards]
    assert (frames[0][1], frames[-1][1]) == (Kind.OPEN, Kind.CLOSED)


def test_a_side_that_does_not_read_stops_the_other_one_and_loses_nothing(between: Between) -> None:
    between.copied()
    host, handler = between.pair()
    host.setblocking(False)
    sent = 0
    block = bytes(65536)

    def stopped() -> bool:
        nonlocal sent
        try:
            while True:
                sent += host.send(block)
        except BlockingIOError:
            return not eventually(lambda: _writable(host), 0.3)

    assert eventually(stopped, 20)
    assert sent < 32 << 20
    host.setblocking(True)
    threading.Thread(target=host.shutdown, args=(socket.SHUT_WR,)).start()
    assert len(drain(handler)) == sent
    handler.close()
    assert drain(host) == b""
    host.close()
    between.copied()


def _writable(sock: socket.socket) -> bool:
    return bool(select.select([], [sock], [], 0)[1])


def _is_reset(sock: socket.socket) -> bool:
    try:
        sock.send(b"x")
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("by_host", [True, False])
def test_a_reset_is_passed_on_as_a_reset(between: Between, by_host: bool) -> None:
    between.copied()
    host, handler = between.pair()
    host.sendall(b"before")
    assert handler.recv(100) == b"before"
    first, second = (host, handler) if by_host else (handler, host)
    reset(first)
    with pytest.raises(ConnectionResetError):
        second.recv(100)
    second.close()
    kinds = [kind for _, kind, _ in between.copied()]
    assert kinds == [Kind.OPEN, Kind.UP, Kind.UP_RESET if by_host else Kind.DOWN_RESET, Kind.CLOSED]


def test_a_reset_while_nothing_is_read_is_passed_on_too(between: Between) -> None:
    between.copied()
    host, handler = between.pair()
    host.sendall(b"request")
    host.shutdown(socket.SHUT_WR)
    assert drain(handler) == b"request"
    reset(host)
    assert eventually(lambda: _is_reset(handler))
    handler.close()
    assert between.copied()[-1][1] == Kind.CLOSED


def test_what_the_handler_said_before_it_closed_on_a_sending_host_arrives(between: Between) -> None:
    between.copied()
    host, handler = between.pair()
    host.sendall(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
    handler.recv(10)
    handler.sendall(b"HTTP/1.1 413 Too Large\r\n\r\n")
    handler.close()
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            host.sendall(bytes(65536))
    got = b""
    with contextlib.suppress(ConnectionError):
        got = drain(host)
    host.close()
    frames = between.copied()
    assert b"".join(data for _, kind, data in frames if kind == Kind.DOWN) == b"HTTP/1.1 413 Too Large\r\n\r\n"
    # A reset may overtake what the host has not read yet, as it may without a relay.
    assert got in (b"", b"HTTP/1.1 413 Too Large\r\n\r\n")


def test_a_connection_without_a_byte_reaches_the_handler(between: Between) -> None:
    between.copied()
    host, handler = between.pair()
    host.close()
    assert drain(handler) == b""
    handler.close()
    assert [kind for _, kind, _ in between.copied()] == [Kind.OPEN, Kind.UP_END, Kind.DOWN_END, Kind.CLOSED]


def test_who_listens_is_seen_without_a_connection() -> None:
    port = free_port()
    assert listening(port) == ()
    with reserve(port):
        assert listening(port) == ()
        with socket.create_server(("127.0.0.1", port)) as server:
            assert [str(item) for item in listening(port)] == ["127.0.0.1"]
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()


def test_the_relay_listens_where_the_handler_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = listening(server.getsockname()[1])
        port = free_port()
        [listener] = open_listeners(found, port)
        with listener:
            assert listener.getsockname() == ("127.0.0.1", port)


def test_bytes_without_room_are_counted_and_the_gap_is_told_where_it_is() -> None:
    memory = create_ring(1 << 20)
    outlet, inlet = os.pipe()
    os.set_blocking(inlet, False)
    ring, reader = RingWriter(memory, inlet), RingReader(memory)
    waited: list[float] = []
    copying = Copying(ring, lambda seconds: bool(waited.append(seconds)) or len(waited) < 3, strict=False)

    def pass_on(kind: Kind, size: int) -> None:
        copying.room(1)
        copying.commit(kind, 1, size)

    for _ in range(10):
        pass_on(Kind.UP, 200_000)
        pass_on(Kind.DOWN, 10)
    assert waited
    told = [item.kind for item in reader.frames(reader.head)]
    assert Kind.GAP not in told
    assert (
        copying.lost_bytes
        == copying.untold[0]
        == 10 * 200_010 - sum({Kind.UP: 200_000, Kind.DOWN: 10}[Kind(kind)] for kind in told)
    )
    pass_on(Kind.UP, 7)
    frames = [(item.kind, bytes(item.data)) for item in reader.frames(reader.head)]
    assert [kind for kind, _ in frames] == [Kind.GAP, Kind.UP]
    size, exchanges = gap_sizes(memoryview(frames[0][1]))
    assert size == copying.lost_bytes
    assert exchanges == copying.lost_exchanges == 10 - told.count(Kind.UP) + (told[-1] == Kind.UP and 0)
    assert copying.untold == (0, 0)
    for number in (memory, outlet, inlet):
        os.close(number)
