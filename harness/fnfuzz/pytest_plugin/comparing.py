"""Is a new answer the recorded one, apart from what `fnfuzz replay` has learnt to be noise?"""

from __future__ import annotations

from pathlib import Path

from fnfuzz.replay import Cases, Change, Played, compare, read_noise, uncovered
from fnfuzz.replay.difference import GRADES
from fnfuzz.replay.groups import shown
from fnfuzz.report.visible import visible

__all__ = ["Comparison", "change_line"]


class Comparison:
    """Compares with the records of the corpus in a folder, under the masks in its noise file, if it has one.

    Raises NoiseFileError.
    """

    def __init__(self, corpus: Path) -> None:
        noise = read_noise(corpus)
        self.learnt = noise is not None
        self._masks = noise.by_place() if noise is not None else {}

    def changes(self, cases: Cases, played: Played) -> list[Change]:
        """What is different and no noise."""
        found = compare(cases, played)
        return uncovered(found, played.case.function.name, self._masks)[0] if found else []


def change_line(change: Change) -> str:
    """A difference in one line."""
    one = "nothing" if change.kind == "added" else shown(change.one)
    other = "nothing" if change.kind == "removed" else shown(change.other)
    return f"{GRADES[change.kind]}: {visible(change.exact)} was {visible(one)}, is {visible(other)}"
