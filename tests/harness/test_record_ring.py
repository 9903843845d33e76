from __future__ import annotations

import os
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.record.place import Door, doors_of, handler_command, handler_environment, moved
from fnfuzz.record.ring import Kind, RingReader, RingWriter, create_ring

SIZE = 4096 * 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=3000), st.integers(1, 5)), max_size=200))
def test_what_goes_into_the_ring_comes_out_in_order(steps: list[bytes | int]) -> None:
    memory = create_ring(SIZE)
    outlet, inlet = os.pipe()
    ring, reader = RingWriter(memory, inlet), RingReader(memory)
    expected: deque[tuple[int, bytes]] = deque()
    for number, step in enumerate(steps):
        if isinstance(step, bytes):
            if ring.put(Kind.UP, number, step, number):
                expected.append((number, step))
            else:
                assert ring.filled + len(step) + 24 > SIZE - 3100
            continue
        for frame in reader.frames(reader.head):
            assert (frame.connection, bytes(frame.data)) == expected.popleft()
            assert (frame.at, frame.kind) == (frame.connection, Kind.UP)
        assert not expected
        assert ring.filled == 0
    for number in (memory, outlet, inlet):
        os.close(number)


def test_the_reader_is_told_through_a_pipe_and_finds_the_rest_itself() -> None:
    memory = create_ring(SIZE)
    outlet, inlet = os.pipe()
    ring = RingWriter(memory, inlet)
    ring.put(Kind.UP, 1, b"told", 5)
    ring.publish()
    ring.put(Kind.DOWN, 1, b"not told", 6)
    reader = RingReader(memory)
    told = int.from_bytes(os.read(outlet, 8), "little")
    assert [bytes(item.data) for item in reader.frames(told)] == [b"told"]
    assert ring.unpublished > 0
    assert [bytes(item.data) for item in reader.frames(reader.head)] == [b"not told"]
    for number in (memory, outlet, inlet):
        os.close(number)


AZURE = {"FUNCTIONS_CUSTOMHANDLER_PORT": "41234", "FUNCTIONS_HTTPWORKER_PORT": "41234", "HOME": "/"}


@pytest.mark.parametrize(
    ("environment", "outer"),
    [
        (AZURE, [41234]),
        ({"FC_SERVER_PORT": "8080"}, [8080]),
        ({"FC_CUSTOM_LISTEN_PORT": "8080", "FC_SERVER_PORT": "8080"}, [8080]),
        ({"FC_REGION": "cn-hangzhou"}, [9000]),
        ({"PORT": "80"}, []),
        ({**AZURE, "FC_SERVER_PORT": "8080"}, [41234, 8080]),
    ],
)
def test_the_port_is_where_the_host_expects_the_handler(environment: dict[str, str], outer: list[int]) -> None:
    assert [door.outer for door in doors_of(environment)] == outer


def test_a_port_that_is_given_overrules_the_host() -> None:
    assert [door.outer for door in doors_of(AZURE, 5)] == [5]


@pytest.mark.parametrize("value", ["", "x", "0", "65536", "٣", "1e3"])
def test_a_variable_without_a_port_is_refused(value: str) -> None:
    if value:
        with pytest.raises(ValueError, match="give --port"):
            doors_of({"FC_SERVER_PORT": value})
    else:
        assert [door.outer for door in doors_of({"FC_SERVER_PORT": value})] == [9000]


def test_the_handler_is_told_its_own_port_everywhere() -> None:
    doors = moved(doors_of(AZURE), [5])
    told = handler_environment({**AZURE, "PORT": "41234", "OTHER": "41234"}, doors)
    assert {name for name, value in told.items() if value == "5"} == {*AZURE, "PORT"} - {"HOME"}
    assert (told["OTHER"], told["HOME"]) == ("41234", "/")


def test_the_command_is_given_the_handlers_port() -> None:
    doors = (Door(9000, 5),)
    words = ("./h", "{port}", "9000", "--port=9000", "0.0.0.0:9000", "19000", "9000/x", "url=http://h:{port}/")
    expected = ("./h", "5", "5", "--port=5", "0.0.0.0:5", "19000", "9000/x", "url=http://h:5/")
    assert handler_command(words, doors) == expected
    assert handler_command(words, ()) == words
