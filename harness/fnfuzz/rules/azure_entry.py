"""What the Azure rule tables share: their document and the contracts that a rule can hold on."""

from __future__ import annotations

from functools import partial
from typing import Final

from fnfuzz.rules.entry import entry as _entry

__all__ = ["BOTH", "FORWARD", "HTTP", "entry"]

HTTP: Final = ("azure-http",)
FORWARD: Final = ("azure-forward",)
BOTH: Final = ("azure-http", "azure-forward")

entry = partial(_entry, "azure-functions.md")
