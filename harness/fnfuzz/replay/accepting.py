"""New answers that take the place of recorded ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fnfuzz.contracts.model import Violation
from fnfuzz.corpus import Corpus, Record, Writer, record_id, rewrite
from fnfuzz.replay.model import Accepted
from fnfuzz.replay.playing import Played
from fnfuzz.rules import RULES

__all__ = ["NewAnswers", "accept_forbidden", "collected"]


class NewAnswers:
    """The answers that differ, or are the first ones, kept in a corpus of their own until it is known which of them are
    accepted.
    """

    def __init__(self, writer: Writer, kept: Corpus) -> None:
        self._writer, self._kept = writer, kept
        self._new: dict[str, tuple[str, frozenset[str]]] = {}

    def __call__(self, played: Played, groups: frozenset[str], broken: Sequence[Violation]) -> None:
        """Keep one answer, if it does not break rules; of several records with one id the first one counts."""
        known = self._new.get(played.case.id)
        if known is not None:
            self._new[played.case.id] = known[0], known[1] | groups
            return
        record = answered_anew(played, broken)
        if record is not None:
            self._writer.add(record)
        self._new[played.case.id] = record_id(record) if record is not None else "", groups

    def accept(self, corpus: Corpus, groups: frozenset[str] | None) -> Accepted:
        """Let the new answers take their places: all, or those in which nothing differs but ``groups``.

        An answer that breaks a rule, or that is none, is never accepted. Raises CorpusError.
        """
        self._writer.flush()
        chosen: dict[str, str] = {}
        open_groups: set[str] = set()
        asked = {group for _, found in self._new.values() for group in found if groups is None or group in groups}
        for old, (new, found) in self._new.items():
            # What had no answer differs in nothing: all means it, too.
            if new and found <= asked and (found or groups is None):
                chosen[old] = new
            else:
                open_groups |= found
        left = sum(1 for old, (_, found) in self._new.items() if old not in chosen and found & asked)
        changed = rewrite(corpus, lambda name, record: self._changed(chosen, name, record)).changed if chosen else 0
        return Accepted(changed, left, tuple(sorted(asked - open_groups)))

    def _changed(self, chosen: Mapping[str, str], id: str, record: Record) -> Record:
        if id not in chosen:
            return record
        new = self._kept.get(chosen[id])
        return replace(new, at=record.at, connection=record.connection, number=record.number)


@contextmanager
def collected() -> Iterator[NewAnswers]:
    """Room for new answers, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fnfuzz-replay-") as folder:
        kept = Corpus.create(Path(folder) / "answers")
        with kept.writer() as writer:
            yield NewAnswers(writer, kept)


def answered_anew(played: Played, broken: Sequence[Violation]) -> Record | None:
    """The record with the new answer and the request that it answers; None for an answer that must not be kept, such as
    one with an error among the rules that are ``broken``.
    """
    observed, case = played.observed, played.case
    if observed.fault is not None or observed.exit is not None or observed.reply is None or not case.same_contract:
        return None
    if any(RULES[item.rule].severity == "error" for item in broken):
        return None
    return replace(
        case.record,
        contract=case.function.contract,
        function=case.record.function or case.function.name,
        event=case.event,
        delivery=played.delivery,
        request=played.request,
        reply=observed.reply,
        fault=None,
        exit=None,
        elapsed=int(observed.elapsed * 1e6),
    )


def accept_forbidden(environ: Mapping[str, str]) -> str:
    """Why nothing may be accepted here; empty where it may."""
    if environ.get("CI"):
        return (
            "CI is set in the environment: a corpus is changed by people; run it at your desk, and look at the change"
        )
    return ""
