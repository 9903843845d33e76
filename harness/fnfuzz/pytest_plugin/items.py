"""Corpora and case files as pytest collects them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any, NoReturn

import pytest

from fnfuzz.corpus import Corpus, CorpusError
from fnfuzz.corpus.mark import check_mark
from fnfuzz.pytest_plugin import session_of
from fnfuzz.pytest_plugin.findings import FindingName, finding_name
from fnfuzz.pytest_plugin.recorded import RecordName, record_names
from fnfuzz.pytest_plugin.session import Session
from fnfuzz.report.cases import Case, CaseError

__all__ = ["CaseFile", "CaseItem", "CorpusFile", "RecordItem", "marked"]


FILTERS = tuple(name for name in signature(Corpus.items).parameters if name != "self")


class CorpusFile(pytest.File):
    """A corpus, by the ``corpus.json`` in its folder."""

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path) -> CorpusFile | None:
        """The corpus; None for another program's file of that name."""
        try:
            if check_mark(path.parent) is not None:
                return None
        except CorpusError as error:
            if "newer fnfuzz" not in str(error):
                return None
        collector: CorpusFile = cls.from_parent(parent, path=path)
        return collector

    def collect(self) -> Iterator[RecordItem]:
        """A test for each record."""
        try:
            for name in record_names(session_of(self.config).corpus(self.path.parent)):
                yield RecordItem.from_parent(self, name=name.name, record=name)
        except CorpusError as error:
            raise self.CollectError(str(error)) from error


class RecordItem(pytest.Item):
    """One record, as a test of its own."""

    def __init__(self, *, record: RecordName, **rest: Any) -> None:
        super().__init__(**rest)
        self.record = record

    def runtest(self) -> None:
        """Send it again, judge, compare."""
        session = session_of(self.config)
        session.recorded(self.record, session.host(session.app())).check()

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it lies, and its name."""
        return self.path, None, f"{self.path.parent.name}: {self.name}"


class CaseFile(pytest.File):
    """A case file of ``fnfuzz run``."""

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path) -> CaseFile:
        """The file as a collector."""
        collector: CaseFile = cls.from_parent(parent, path=path)
        return collector

    def collect(self) -> Iterator[CaseItem]:
        """Its one test."""
        try:
            name = finding_name(self.path)
        except CaseError as error:
            raise self.CollectError(f"{self.path} {error}") from error
        except OSError as error:
            raise self.CollectError(f"{self.path}: {error.strerror or error}") from error
        yield CaseItem.from_parent(self, name=name.name, finding=name)


class CaseItem(pytest.Item):
    """One finding, as a test that fails until it is fixed."""

    def __init__(self, *, finding: FindingName, **rest: Any) -> None:
        super().__init__(**rest)
        self.finding = finding

    def runtest(self) -> None:
        """Try it in a fresh instance."""
        session = session_of(self.config)
        host = session.host(session.app(_words_of(self.finding.case)))
        session.finding(self.finding, host).check()

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it lies, and its name."""
        return self.path, None, self.name


def marked(session: Session, marker: str, marks: Iterable[pytest.Mark]) -> list[Any]:
    """What the marks of one test name, in their order. Raises CollectError, which pytest shows without a traceback."""
    found: dict[Any, None] = {}
    for mark in marks:
        if not mark.args or not all(isinstance(item, str | Path) for item in mark.args):
            _wrong(f'@pytest.mark.{marker} takes the name of a folder: @pytest.mark.{marker}("folder")')
        for item in mark.args:
            read = _records if marker == "fnfuzz_corpus" else _cases
            found.update(dict.fromkeys(read(session, session.root / item, mark)))
    return list(found)


def _records(session: Session, folder: Path, mark: pytest.Mark) -> list[RecordName]:
    unknown = next((name for name in mark.kwargs if name not in FILTERS), None)
    if unknown is not None:
        _wrong(f"@pytest.mark.fnfuzz_corpus takes no {unknown}=; it takes {', '.join(FILTERS)}")
    try:
        names = list(record_names(session.corpus(folder), **mark.kwargs))
        if mark.kwargs and not names:
            wanted = ", ".join(f"{name}={value!r}" for name, value in mark.kwargs.items())
            _wrong(f"@pytest.mark.fnfuzz_corpus: no record of {folder} passes {wanted}")
        return names
    except (CorpusError, TypeError, ValueError) as error:
        _wrong(f"@pytest.mark.fnfuzz_corpus: {error}")


def _cases(session: Session, path: Path, mark: pytest.Mark) -> list[FindingName]:
    if mark.kwargs:
        _wrong(f"@pytest.mark.fnfuzz_cases takes no {next(iter(mark.kwargs))}=, only names of files and folders")
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    names = []
    for file in files:
        try:
            names.append(finding_name(file))
        except OSError as error:
            _wrong(f"@pytest.mark.fnfuzz_cases: {file}: {error.strerror or error}")
        except CaseError as error:
            _wrong(f"@pytest.mark.fnfuzz_cases: {file} {error}")
    return names


def _wrong(text: str) -> NoReturn:
    raise pytest.Collector.CollectError(text)


def _words_of(case: Case) -> str:
    """How the run that wrote the case named its app; empty where it does not say."""
    if not case.app:
        return ""
    return shlex.join([*case.options, case.app, *(("--", *case.command) if case.command else ())])
