"""What is known to be noise: for each place of an answer the form that its values keep, and why that is believed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fnfuzz.replay.difference import Change, folded, in_other_order
from fnfuzz.replay.forms import FORMS, has_form, same_form

__all__ = ["MASK_KINDS", "Dependence", "Mask", "Noise", "uncovered"]

MASK_KINDS: Final = (*FORMS, "null", "order", "optional", "any")
"""Forms of values, and: null instead of one, items or words in any order, a member that may be missing, anything but a
missing member.
"""


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
        if change.kind in ("removed", "added"):
            return "optional" in self.kinds
        if "any" in self.kinds or ("order" in self.kinds and in_other_order(change.one, change.other)):
            return True
        if "null" in self.kinds and None in (change.one, change.other):
            return has_form(change.other if change.one is None else change.one, self.kinds)
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
    asked: frozenset[str] | None = None
    """The functions that were asked; None where that is not known, and all may have been."""

    def was_asked(self, function: str) -> bool:
        """Is there nothing to learn any more of a function?"""
        return self.asked is None or function in self.asked

    def renewed(self, new: Noise) -> Noise:
        """This, with ``new`` for the functions that were asked anew."""
        asked = None if self.asked is None or new.asked is None else self.asked | new.asked
        masks = tuple(item for item in self.masks if not new.was_asked(item.function))
        dependences = tuple(item for item in self.dependences if not new.was_asked(item.function))
        return Noise((*masks, *new.masks), (*dependences, *new.dependences), asked)

    def by_place(self) -> dict[tuple[str, str], Mask]:
        """The masks by function and path."""
        return {(mask.function, mask.path): mask for mask in self.masks}

    def about(self, path: str) -> tuple[tuple[Mask, ...], tuple[Dependence, ...]]:
        """What is known of a path, of which indexes may be given or not; a name alone means every place called so."""
        wanted = folded(path.strip())
        quoted = f"[{json.dumps(path.strip(), ensure_ascii=False)}]"

        def fits(known: str) -> bool:
            if known == wanted:
                return True
            return not wanted.startswith("$") and known.endswith((f".{wanted}", f" {wanted}", quoted))

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
