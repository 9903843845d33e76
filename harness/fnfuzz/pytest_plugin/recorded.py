"""A record of a corpus as a test: sent again, judged by the rules, compared with the recorded answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from fnfuzz.corpus import Corpus, CorpusError, Record
from fnfuzz.pytest_plugin.comparing import Comparison, change_line
from fnfuzz.pytest_plugin.judging import Judged
from fnfuzz.pytest_plugin.playing import PlayedHost
from fnfuzz.pytest_plugin.wording import answer_lines, block, exchange_lines, recorded_lines
from fnfuzz.replay import Change, NoiseFileError, Played
from fnfuzz.report.case_files import nearest
from fnfuzz.report.visible import visible

if TYPE_CHECKING:
    from fnfuzz.pytest_plugin.session import Session

__all__ = ["MOST_RECORDS", "RecordName", "RecordedCase", "plain_name", "record_names"]

MOST_RECORDS: Final = 20_000
"""So many records of one corpus are tests."""

SHORT_ID: Final = 12
_UNPLAIN: Final = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class RecordName:
    """A record by its ``id``, and the ``name`` of its test. With ``damage`` it stands for what cannot be read."""

    corpus: Path
    id: str
    name: str
    damage: tuple[str, ...] = ()


def record_names(corpus: Corpus, **filters: Any) -> Iterator[RecordName]:
    """A name for each record that ``Corpus.items`` finds, equal ones once, and one more if something is damaged.

    Raises CorpusError, also for more than MOST_RECORDS.
    """
    seen: set[str] = set()
    for whole, record in corpus.items(**filters):
        if whole in seen:
            continue
        seen.add(whole)
        if len(seen) > MOST_RECORDS:
            raise CorpusError(
                f"has more than {MOST_RECORDS:,} records, too many for tests: choose some by function=, trigger=, "
                "status=, or by `fnfuzz corpus minimize`",
                corpus.path,
            )
        trigger = record.event.trigger if record.event is not None else "request"
        words = (plain_name(record.function), trigger, whole[:SHORT_ID])
        yield RecordName(corpus.path, whole, "-".join(word for word in words if word))
    if corpus.damage:
        yield RecordName(corpus.path, "", "damaged", tuple(str(item) for item in corpus.damage))


def plain_name(text: str) -> str:
    """``text`` as a part of a test's name."""
    return _UNPLAIN.sub("_", text).strip("_")[:60]


class RecordedCase:
    """A record and the host that sends it again; tests get it as the fixture ``fnfuzz_record``."""

    def __init__(self, session: Session, name: RecordName, host: PlayedHost, *, asked: bool = True) -> None:
        self.corpus = name.corpus
        self.id = name.id
        self.asked = asked
        self._session = session
        self._host = host
        self._name = name
        self._record: Record | None = None
        self._cases = session.cases(host.app)

    def __repr__(self) -> str:
        return f"<{self._name.name} of {self.corpus}>"

    @property
    def record(self) -> Record:
        """The record, read now."""
        if self._name.damage:
            pytest.fail("\n".join((f"{self.corpus} is damaged:", *self._name.damage)), pytrace=False)
        if self._record is None:
            try:
                self._record = self._session.corpus(self.corpus).get(self.id)
            except CorpusError as error:
                pytest.fail(str(error), pytrace=False)
        return self._record

    def replay(self) -> Judged:
        """Send the recorded event to the live instance. Skips the test for a record that holds no event."""
        exchange = self._played().exchange
        if exchange is None:
            pytest.skip("the record holds no event: a health check, or a request that no host sends")
        assert isinstance(exchange, Judged)
        return exchange

    def check(self) -> None:
        """Replay, and fail the test if a rule is broken or the answer is not the recorded one."""
        played = self._played()
        case = played.case
        judged = played.exchange if isinstance(played.exchange, Judged) else None
        errors = judged.errors if judged is not None else ()
        changed = self._comparison().changes(self._cases, played) if case.answered else []
        new = (judged is None or judged.acceptable) and (bool(changed) or not case.answered)
        if new and self._session.accept and self._session.accepted.add(self.corpus, self.id, played):
            return
        if changed or errors:
            self._host.told()
            pytest.fail("\n".join(self._failure(played, changed)), pytrace=False)

    def _played(self) -> Played:
        case = self._cases.case(self.id, self.record)
        if isinstance(case, str):
            # A function that has gone is a regression; what holds no event may never have been one for the handler.
            tell = pytest.fail if self.record.event is not None else _skip
            tell(f"{self._name.name} of {nearest(self.corpus)} cannot be sent: {case}", pytrace=False)
        try:
            return self._host.deliver(case)
        except ValueError as error:
            pytest.fail(f"{self._name.name} of {nearest(self.corpus)} cannot be sent: {error}", pytrace=False)

    def _comparison(self) -> Comparison:
        try:
            return self._session.comparison(self.corpus)
        except NoiseFileError as error:
            pytest.fail(str(error), pytrace=False)

    def _failure(self, played: Played, changed: Sequence[Change]) -> Iterator[str]:
        case, short = played.case, self.id[:SHORT_ID]
        function = case.function
        why = "another answer than the recorded one" if changed else "a rule is broken"
        yield f"{visible(function.name)} ({visible(function.trigger)}, {function.contract}): {why}"
        yield ""
        expected = recorded_lines(case.record) if case.answered else ["no broken rule; no answer was recorded"]
        if played.exchange is not None:
            yield from exchange_lines(played.exchange, expected)
        else:
            yield from answer_lines(played.request, expected, played.observed)
        yield from block("differences", map(change_line, changed))
        yield ""
        folder = quote(nearest(self.corpus))
        yield f"`fnfuzz corpus show {folder} {short}` prints the record"
        if changed and getattr(played.exchange, "acceptable", True):
            yield "if the new answer is the right one, run this test with --fnfuzz-accept"
            if not self._comparison().learnt:
                yield f"if it differs by itself (clocks, ids), let `fnfuzz replay {folder}` learn that"


def _skip(text: str, *, pytrace: bool) -> NoReturn:
    pytest.skip(text)
