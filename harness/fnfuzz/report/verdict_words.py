"""How sure a finding is, and what the verdict on a known one means, in the words of every report for people."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.fuzz.finding import Confirmed
from fnfuzz.fuzz.stream import Verdict

__all__ = ["MEANINGS", "SURENESS"]

SURENESS: Mapping[Confirmed, str] = {
    "always": "comes again in a fresh instance",
    "sequence": "shows only after the events before it",
    "unstable": "was seen, but did not come again",
    "suspected": "was seen, and not tried again yet",
    "files": "read from the app's files",
    "start": "shown by the start of the handler",
    "probe": "shown by an experiment",
}

MEANINGS: Mapping[Verdict, str] = {
    "still failing": "",
    "unstable": "fails only sometimes",
    "fixed": "fails no more in two tries",
    "not seen": "never came again so far, and not now",
    "not tried": "",
}
