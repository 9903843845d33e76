"""The garbage collector while a run or a replay lasts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["seldom_collecting"]

THRESHOLDS = (20_000, 20, 20)
"""New objects, and collections of younger ones, before a collection: a run keeps much and leaves few cycles behind, and
Python's own thresholds cost it a tenth of its time.
"""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Collect seldom, and never what was there before."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
