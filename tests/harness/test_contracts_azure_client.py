"""The client's headers as the Functions host shows them."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.contracts import azure_client
from fnfuzz.contracts.azure_client import client_headers, header_groups
from fnfuzz.events import HttpEvent

NAMES = st.sampled_from(["Host", "HOST", "Accept", "accept", "Content-Type", "X-Trace"])
HEADERS = st.lists(st.tuples(NAMES, st.text("ab, ", max_size=3)), max_size=4).map(tuple)


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=2)), max_size=6))
def test_headers_that_were_met_before_are_what_they_were(met: list[tuple[tuple[tuple[str, str], ...], bytes]]) -> None:
    for headers, body in met:
        event = HttpEvent(headers=headers, body=body)
        groups = header_groups(event)
        found = client_headers(event)
        assert orjson.loads(orjson.dumps(found.apart)) == groups
        assert orjson.loads(orjson.dumps(found.joined)) == {name: ",".join(values) for name, values in groups.items()}
        assert [found.host] == [values[0] for name, values in groups.items() if name.lower() == "host"]


def test_what_is_kept_is_bounded() -> None:
    azure_client.CLIENTS.clear()
    for number in range(2 * azure_client.CLIENTS_KEPT):
        client_headers(HttpEvent(headers=(("X-Trace", str(number)),)))
    assert len(azure_client.CLIENTS) <= azure_client.CLIENTS_KEPT
    azure_client.CLIENTS.clear()
    client_headers(HttpEvent(headers=(("X-Trace", "x" * azure_client.LONGEST_HEADERS),)))
    assert not azure_client.CLIENTS
