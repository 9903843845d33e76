"""Putting new segments in the place of old ones at one stroke.

New segments are written under names that nobody reads. ``rewrite.json`` is then put there: from that moment on the
new ones count and the old ones do not, whatever happens. Renaming, removing, and taking ``rewrite.json`` away come
after; if this process ends before, the next writer does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.files import listed, read_small, replace_file, sync_folder
from fnfuzz.corpus.format.segment import HIDDEN, NAME

__all__ = ["Switch"]

_LARGEST: Final = 16 * 1024 * 1024


class Switch:
    """The switch of the corpus in ``root``."""

    def __init__(self, root: Path) -> None:
        self._plan_file = root / "rewrite.json"
        self._segments = root / "segments"
        self._index = root / "index"

    @property
    def is_pending(self) -> bool:
        """Was a rewriting decided, but not carried out whole?"""
        return self._plan_file.exists()

    def segments(self) -> list[Path]:
        """The segments that count, in the order of their numbers. Raises CorpusError."""
        names = listed(self._segments)
        remove, add = self._plan() or ((), ())
        here = {name: self._segments / name for name in names if NAME.fullmatch(name) and name not in remove}
        here |= {name: self._segments / (name + HIDDEN) for name in add if name not in here and name + HIDDEN in names}
        return [here[name] for name in sorted(here, key=_number)]

    def commit(self, remove: Sequence[str], add: Sequence[str]) -> None:
        """Decide it. Raises CorpusError when that cannot be written; then nothing has changed."""
        try:
            replace_file(self._plan_file, json.dumps({"remove": remove, "add": add}).encode(), sync=True)
        except OSError as error:
            raise CorpusError(f"cannot be written: {error.strerror or error}", self._plan_file) from error

    def finish(self, clean: Callable[[], object]) -> None:
        """Carry out what was decided, or clear away what was not; ``clean`` runs when only the new segments are left.

        Needs the lock. Raises CorpusError.
        """
        plan = self._plan()
        try:
            if plan is not None:
                self._carry_out(*plan)
                clean()
                self._plan_file.unlink(missing_ok=True)
                sync_folder(self._plan_file.parent)
            for name in listed(self._segments):
                if name.endswith(HIDDEN):
                    (self._segments / name).unlink(missing_ok=True)
        except OSError as error:
            raise CorpusError(f"a rewriting cannot be finished: {error.strerror or error}", self._segments) from error

    def _carry_out(self, remove: Sequence[str], add: Sequence[str]) -> None:
        for name in add:
            hidden = self._segments / (name + HIDDEN)
            if hidden.exists():
                hidden.replace(self._segments / name)
        sync_folder(self._segments)
        for name in remove:
            (self._segments / name).unlink(missing_ok=True)
            for kind in (".index", ".kinds"):
                (self._index / (name + kind)).unlink(missing_ok=True)

    def _plan(self) -> tuple[Sequence[str], Sequence[str]] | None:
        try:
            data: Any = json.loads(read_small(self._plan_file, _LARGEST))
            remove, add = list(data["remove"]), list(data["add"])
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CorpusError(
                "is damaged; if no rewriting was under way, remove this file", self._plan_file, 0
            ) from error
        for name in (*remove, *add):
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise CorpusError("names files that are no segments; remove this file", self._plan_file, 0)
        return remove, add


def _number(name: str) -> tuple[int, str]:
    return int(name.partition("-")[0]), name
