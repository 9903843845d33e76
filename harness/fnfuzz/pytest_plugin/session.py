"""What fnfuzz knows in one run of pytest: apps, their live instances, open corpora, answers that were accepted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fnfuzz.app import App
from fnfuzz.corpus import Corpus
from fnfuzz.host import Host
from fnfuzz.pytest_plugin.accepting import Accepted
from fnfuzz.pytest_plugin.comparing import Comparison
from fnfuzz.pytest_plugin.findings import FindingCase, FindingName
from fnfuzz.pytest_plugin.naming import NamedApp, NamingError, found, named, settled
from fnfuzz.pytest_plugin.playing import Judged, PlayedHost
from fnfuzz.pytest_plugin.recorded import RecordedCase, RecordName
from fnfuzz.replay import Cases

__all__ = ["Session"]

NO_APP = (
    "which app? Name it in the ini file (fnfuzz_app = ./my-app), with --fnfuzz-app, or by a fixture fnfuzz_app of "
    "your own; `fnfuzz init` writes the lines"
)


class Session:
    """``words`` name the app, empty for none, relative to ``base``."""

    def __init__(self, config: pytest.Config, words: str, base: Path) -> None:
        self.config = config
        self.root = config.rootpath
        self.accept = bool(config.getoption("fnfuzz_accept"))
        self.accepted = Accepted()
        self._words = words
        self._base = base
        self._apps: dict[NamedApp, App | NamingError] = {}
        self._hosts: list[tuple[App, PlayedHost]] = []
        self._corpora: dict[Path, Corpus] = {}
        self._cases: list[Cases] = []
        self._comparisons: dict[Path, Comparison] = {}
        self._shown: Judged | None = None

    def app(self, words: str = "") -> App:
        """The app of the ini file, or where that names none, of ``words``. Fails the test if there is none."""
        text = self._words or words
        if not text:
            pytest.fail(NO_APP, pytrace=False)
        with failing():
            return self._settled(named(text, self._base))

    def host(self, app: App | Path | str) -> PlayedHost:
        """What plays the host for an app, the same one for the same app; text and paths name one as the ini does."""
        patience = NamedApp(base=self._base)
        if not isinstance(app, App):
            with failing():
                patience = named(str(app), self._base) if isinstance(app, str) else _at(app, self._base)
                app = self._settled(patience)
        elif self._words:
            with failing():
                patience = named(self._words, self._base)
        for known, host in self._hosts:
            if known == app:
                return host
        host = PlayedHost(Host(app, patience=patience.patience, start_patience=patience.start_patience), self._show)
        self._hosts.append((app, host))
        return host

    def corpus(self, folder: Path) -> Corpus:
        """The corpus in a folder. Raises CorpusError."""
        if folder not in self._corpora:
            self._corpora[folder] = Corpus.open(folder)
        return self._corpora[folder]

    def cases(self, app: App) -> Cases:
        """What finds out how the records of a corpus are sent to an app."""
        for known in self._cases:
            if known.app == app:
                return known
        self._cases.append(Cases(app))
        return self._cases[-1]

    def comparison(self, folder: Path) -> Comparison:
        """What compares answers with those of a corpus. Raises NoiseFileError."""
        if folder not in self._comparisons:
            self._comparisons[folder] = Comparison(folder)
        return self._comparisons[folder]

    def recorded(self, name: RecordName, host: PlayedHost, *, asked: bool = True) -> RecordedCase:
        """A record as a test has it."""
        return RecordedCase(self, name, host, asked=asked)

    def finding(self, name: FindingName, host: PlayedHost, *, asked: bool = True) -> FindingCase:
        """A finding as a test has it."""
        return FindingCase(name, host, asked=asked)

    def tell(self, report: pytest.TestReport) -> None:
        """Add the last event to the report of a test that failed, unless the failure tells it already."""
        if report.when == "call" and report.failed and self._shown is not None:
            text = str(self._shown)
            if text not in str(report.longrepr):
                report.sections.append(("fnfuzz: the last event", text))
        if report.when == "teardown":
            self._shown = None

    def close(self) -> None:
        """End all instances."""
        for _, host in self._hosts:
            host.close()

    def _show(self, exchange: Judged | None) -> None:
        self._shown = exchange

    def _settled(self, name: NamedApp) -> App:
        if name not in self._apps:
            try:
                self._apps[name] = settled(found(name))
            except NamingError as error:
                # Each try may take seconds, and the next test would get the same answer.
                self._apps[name] = error
        known = self._apps[name]
        if isinstance(known, NamingError):
            raise NamingError(str(known))
        return known


def _at(path: Path, base: Path) -> NamedApp:
    return NamedApp(base=base, target=str(path))


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """NamingError fails the test with its text alone."""
    try:
        yield
    except NamingError as error:
        pytest.fail(str(error), pytrace=False)
