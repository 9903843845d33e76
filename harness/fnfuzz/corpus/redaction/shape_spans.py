"""Where the shapes are in a text, and spans that do not overlap."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from fnfuzz.corpus.redaction.layers import Edit
from fnfuzz.corpus.redaction.shapes import Shape

__all__ = ["Claims", "shape_spans"]


class Claims:
    """Edits that do not overlap: the first one that comes keeps its span."""

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        self._edits = sorted(edits)

    def free(self, start: int, end: int) -> bool:
        """Is this span still nobody's?"""
        after = bisect_left(self._edits, (start,))
        if after and self._edits[after - 1][1] > start:
            return False
        return after == len(self._edits) or self._edits[after][0] >= end

    def add(self, edits: Iterable[Edit]) -> None:
        """Those of ``edits`` whose span is free."""
        for edit in edits:
            if self.free(edit[0], edit[1]):
                insort(self._edits, edit)

    def in_order(self) -> list[Edit]:
        """All of them, from left to right."""
        return self._edits


def shape_spans(shapes: Iterable[Shape], text: str, only: tuple[str, ...] = ()) -> list[tuple[int, int, str]]:
    """What tells by its look what it is: start, end, and ``rule:kind``, or the kind alone
    where ``only`` some rules are wanted.

    A match of an earlier shape keeps its place.
    """
    found = Claims()
    for shape in shapes:
        if (only and shape.rule not in only) or (shape.hint and not any(hint in text for hint in shape.hint)):
            continue
        meaning = shape.kind if only else f"{shape.rule}:{shape.kind}"
        for match in shape.pattern.finditer(text):
            start, end = match.span(shape.group)
            if start < end and (shape.check is None or shape.check(text[start:end])):
                found.add([(start, end, meaning)])
    return found.in_order()
