"""Requests read back as events: the inverse of every contract's ``encode``, and lenient with what real hosts send."""

from __future__ import annotations

from fnfuzz.contracts.reading.app import read_request, why_unread
from fnfuzz.contracts.reading.guess import guess_request
from fnfuzz.contracts.reading.model import Read

__all__ = ["Read", "guess_request", "read_request", "why_unread"]
