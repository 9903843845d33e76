"""Raw events: bytes that somebody hands to a function through an API call."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import RawEvent
from fnfuzz_strategies.arguments import check_count, check_strategy
from fnfuzz_strategies.payloads import payloads

__all__ = ["raw_events"]

_MAX_BODY = 32 * 1024 * 1024  # alibaba-fc.md 4.2: a synchronous call


def raw_events(*, bodies: SearchStrategy[bytes] | None = None, max_body: int = 65536) -> SearchStrategy[RawEvent]:
    """Any bytes up to ``max_body``, often JSON, often not UTF-8 (alibaba-fc.md 6.11); the smallest is empty.

    Raises ValueError for a wrong argument.
    """
    check_count("max_body", max_body, low=0, high=_MAX_BODY)
    if bodies is None:
        drawn = payloads(max_size=max_body).map(lambda payload: payload.content)
    else:
        drawn = check_strategy("bodies", bodies).filter(lambda body: len(body) <= max_body)
    return st.builds(RawEvent, body=drawn)
