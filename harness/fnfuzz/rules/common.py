"""Rules that hold on every contract."""

from __future__ import annotations

from fnfuzz.rules.model import Rule

__all__ = ["COMMON_RULES"]

COMMON_RULES = (
    Rule(
        id="server-error",
        severity="error",
        title="A legal event is not answered with a server error",
        reason=(
            "The event is one that the host can really deliver, and the handler itself says that it failed on it: "
            "an HTTP caller gets the 5xx, a queue message or a blob is delivered again and ends in the poison queue."
        ),
        remedy="Answer 4xx with a reason when the client is wrong, and mend the code when the handler is.",
        source="docs/design.md, severity of findings",
        contracts=("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web"),
    ),
    Rule(
        id="answer-depends-on-history",
        severity="warning",
        title="The answer to an event does not depend on what the instance got before",
        reason=(
            "An instance lives for many events and ends at any time, and others work beside it: what it keeps in "
            "memory is there for some events and gone or different for others."
        ),
        remedy="Keep what must outlast an event in a store outside the process, the rest in the call's own variables.",
        source="docs/design.md, sequences",
        contracts=("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web"),
    ),
    Rule(
        id="state-leak",
        severity="warning",
        title="The answer to an event holds no data of other events",
        reason=(
            "Events of different senders come to the same instance. What one of them sent shows in the answer to "
            "another one, who did not ask for it."
        ),
        remedy="Look for globals, default arguments and caches whose key leaves out a part of the event.",
        source="docs/design.md, sequences",
        contracts=("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web"),
    ),
    Rule(
        id="resource-growth",
        severity="warning",
        title="Memory, threads and descriptors do not grow with the number of events",
        reason=(
            "An instance is reused for thousands of events. What each of them leaves behind adds up until the host "
            "ends the process for its memory, or no file and no connection can be opened any more."
        ),
        remedy="Close files and connections on every path, on errors too; bound caches and lists; reuse threads.",
        source="docs/design.md, sequences",
        contracts=("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web"),
    ),
)
