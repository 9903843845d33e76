"""What the relay tells the writer when it starts it. Without any import that the relay does not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Three descriptors, and how to record."""

    ring: int
    news: int
    status: int
    sink: str
    """``module:function`` of an ``OpenSink``."""
    options: Mapping[str, Any] = field(default_factory=dict)
    contract: str = ""
    lines: bool = False
    largest: int
    summaries: str = ""
    """The folder for the summary when there is no relay any more to write it."""
    name: str = "recording"
