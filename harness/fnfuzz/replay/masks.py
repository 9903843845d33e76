"""What is known to be noise: for each place of an answer the form that its values keep, and why that is believed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fnfuzz.replay.difference import Change, in_other_order
from fnfuzz.replay.forms import FORMS, same_form

__all__ = ["MASK_KINDS", "Dependence", "Mask", "Noise", "uncovered"]

MASK_KINDS: Final = (*FORMS, "order", "optional", "any")
"""Forms of values, and: a list in any order, a member that may be missing, anything at all (never learnt)."""


@dataclass(frozen=True, slots=True)
class Mask:
    """``kinds`` say what may differ at ``path`` in answers of ``function``. ``evidence`` counts, by circumstance, the
    events whose answers did differ there, and ``samples`` is how many were asked; ``examples`` are some values.
    """

    function: str
    path: str
    kinds: frozenset[str]
    evidence: Mapping[str, int] = field(default_factory=dict, hash=False)
    samples: int = 0
    examples: tuple[str, ...] = ()

    def covers(self, change: Change) -> bool:
        """Is the change no more than this noise? Never another status or a fault."""
        if change.kind in ("status", "fault"):
            return False
        if "any" in self.kinds:
            return True
        if change.kind in ("removed", "added"):
            return "optional" in self.kinds
        if "order" in self.kinds and in_other_order(change.one, change.other):
            return True
        return change.kind == "value" and same_form(change.one, change.other, self.kinds)

    @property
    def title(self) -> str:
        """The kinds as one word: ``clock``, ``clock+uuid``."""
        return "+".join(kind for kind in MASK_KINDS if kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Dependence:
    """A place where the answer to one event depends on the events before it: not noise, but state in the handler."""

    function: str
    path: str
    evidence: Mapping[str, int] = field(default_factory=dict, hash=False)
    samples: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noise:
    """All masks of a corpus, and the places that depend on order."""

    masks: tuple[Mask, ...] = ()
    dependences: tuple[Dependence, ...] = ()

    def by_place(self) -> dict[tuple[str, str], Mask]:
        """The masks by function and path."""
        return {(mask.function, mask.path): mask for mask in self.masks}

    def about(self, path: str) -> tuple[tuple[Mask, ...], tuple[Dependence, ...]]:
        """What is known of a path, of which indexes may be given or not; a name alone means every place called so."""
        wanted = _folded(path)
        bare = wanted.startswith("$") or " " in wanted

        def fits(known: str) -> bool:
            return known == wanted or (not bare and known.endswith((f".{wanted}", f" {wanted}")))

        return (
            tuple(mask for mask in self.masks if fits(mask.path)),
            tuple(item for item in self.dependences if fits(item.path)),
        )


def uncovered(
    changes: Iterable[Change], function: str, masks: Mapping[tuple[str, str], Mask]
) -> tuple[list[Change], list[Mask]]:
    """The changes that are left, and the masks that covered the others."""
    left: list[Change] = []
    used: list[Mask] = []
    for change in changes:
        mask = masks.get((function, change.path))
        if mask is not None and mask.covers(change):
            used.append(mask)
        else:
            left.append(change)
    return left, used


def _folded(path: str) -> str:
    return re.sub(r"\[\d+\]", "[]", path.strip())
