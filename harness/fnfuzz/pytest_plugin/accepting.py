"""New answers that take the place of recorded ones, kept until no test reads the corpora any more."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fnfuzz.corpus import Corpus, CorpusError, Record, rewrite
from fnfuzz.replay import Played
from fnfuzz.replay.accepting import answered_anew
from fnfuzz.report.wording import many

__all__ = ["Accepted"]


class Accepted:
    """By corpus and id, the records with their new answers. ``told`` says afterwards what became of them."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._records: dict[Path, dict[str, Record]] = {}

    def add(self, corpus: Path, id: str, played: Played) -> bool:
        """Take the answer that came for the recorded one; False for one that must not be kept, such as none."""
        new = answered_anew(played, played.exchange.violations if played.exchange is not None else ())
        if new is None:
            return False
        self._records.setdefault(corpus, {})[id] = new
        return True

    def packed(self) -> bytes:
        """Everything, for another process of the same run."""
        return pickle.dumps(self._records) if self._records else b""

    def add_packed(self, data: bytes) -> None:
        """Take over what a worker of the same run has ``packed``."""
        for corpus, records in pickle.loads(data).items():
            self._records.setdefault(corpus, {}).update(records)

    def write(self) -> bool:
        """Put them into their corpora, each at one stroke; False if one could not be written."""
        good = True
        for folder, records in sorted(self._records.items()):
            try:
                done = rewrite(Corpus.open(folder), partial(_newest, records))
                self.told.append(f"{many(done.changed, 'new answer')} accepted into {folder}")
            except CorpusError as error:
                good = False
                self.told.append(f"nothing was accepted: {error}")
        self._records.clear()
        return good


def _newest(records: Mapping[str, Record], id: str, old: Record) -> Record:
    return records.get(id, old)
