"""What the writer puts records into, and how a sink says that some of them are lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from fnfuzz.corpus.model import Record

__all__ = ["OpenSink", "RecordsLost", "Sink", "where"]

Sink: TypeAlias = Callable[[Sequence[Record]], None]
"""Takes records, those that began first first, and returns when they are with the operating system.

It raises RecordsLost when it can go on; after any other exception it is closed and opened anew, and all the records
that it was given count as lost.
"""

OpenSink: TypeAlias = Callable[..., AbstractContextManager[Sink]]
"""Opens a sink. What it raises, on opening or closing, is a failure to record."""


class RecordsLost(Exception):
    """``lost`` of the records could not be stored; the message says why, without payload."""

    def __init__(self, message: str, lost: int) -> None:
        super().__init__(message)
        self.lost = lost


def where(error: BaseException) -> str:
    """The type of an error and the place where it happened: its text may hold payload, which is told nowhere."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
