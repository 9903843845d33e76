"""Rules for what no host sends: told apart from all others, only when asked for."""

from __future__ import annotations

from fnfuzz.rules.model import Rule

__all__ = ["HOSTILE_RULES"]

HTTP = ("azure-http", "azure-forward", "fc-event", "fc-web")

HOSTILE_RULES = (
    Rule(
        id="hostile-input-crash",
        severity="warning",
        title="Requests that no host sends do not end the process",
        reason=(
            "The host never sends this, so no invocation fails by it. But whatever else reaches the handler's port (a "
            "neighbour in the container, a test, a proxy in front of it) ends it with one request."
        ),
        remedy="Catch what the parser raises, answer 400, and go on serving.",
        source="docs/design.md, hostile input",
        contracts=HTTP,
    ),
    Rule(
        id="hostile-input-wedges",
        severity="warning",
        title="After a request that no host sends the next event is served",
        reason=(
            "The host never sends this, so no invocation fails by it. But one such request from elsewhere keeps the "
            "handler from serving the events that come after it."
        ),
        remedy="Bound the time for reading a request, serve each connection on its own, and release locks on errors.",
        source="docs/design.md, hostile input",
        contracts=HTTP,
    ),
)
