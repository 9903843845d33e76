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
)
