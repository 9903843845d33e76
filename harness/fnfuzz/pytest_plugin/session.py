"""What fnfuzz knows in one run of pytest: apps, their live instances, open corpora, answers that were accepted."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fnfuzz.app import App
from fnfuzz.corpus import Corpus
from fnfuzz.extensions import in_force
from fnfuzz.pytest_plugin.accepting import Accepted
from fnfuzz.pytest_plugin.comparing import Comparison
from fnfuzz.pytest_plugin.configuring import Terms, config_words
from fnfuzz.pytest_plugin.findings import FindingCase, FindingName
from fnfuzz.pytest_plugin.judging import Judged
from fnfuzz.pytest_plugin.naming import NamingError, target_of
from fnfuzz.pytest_plugin.playing import PlayedHost
from fnfuzz.pytest_plugin.recorded import RecordedCase, RecordName
from fnfuzz.replay import Cases
from fnfuzz.report.case_files import nearest
from fnfuzz.report.visible import visible

__all__ = ["Session"]

T = TypeVar("T")

NO_APP = (
    "which app? Name it in the ini file (fnfuzz_app = ./my-app), with --fnfuzz-app, or by a fixture fnfuzz_app of "
    "your own; `fnfuzz init` writes the lines"
)


class Session:
    """``words`` name the app, empty for none, relative to ``base``; ``chosen`` is what the ini file says of the
    configuration. ``told`` is for the end of the run; ``failed`` says whether any of it fails the run.
    """

    def __init__(self, config: pytest.Config, words: str, base: Path, chosen: Path | str) -> None:
        self.config = config
        self.root = config.rootpath
        self.accept = bool(config.getoption("fnfuzz_accept"))
        self.accepted = Accepted()
        self._words = words
        self._base = base
        self._chosen = config_words(chosen)
        self._terms: dict[str, Terms | NamingError] = {}
        self._apps: dict[str, App | NamingError] = {}
        self._problems: list[str] = []
        self._notes: list[str] = []
        run = getattr(config, "workerinput", {}).get("testrunuid") or uuid.uuid4().hex
        self._shared = Path(tempfile.gettempdir()) / f"fnfuzz-pytest-{run}"
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
            return self._settled(text)

    def host(self, app: App | Path | str) -> PlayedHost:
        """What plays the host for an app, the same one for the same app; text and paths name one as the ini does."""
        with failing():
            if not isinstance(app, App):
                app = self._settled(app if isinstance(app, str) else shlex.quote(str(self._base / app)))
            for known, host in self._hosts:
                if known == app:
                    return host
            terms, own = self._terms_of(app)
            host = PlayedHost(terms.host(own), terms.judging, self._show)
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

    @property
    def told(self) -> list[str]:
        """Lines for the end of the run."""
        return [*self._notes, *self._problems, *self.accepted.told]

    @property
    def failed(self) -> bool:
        """Did something fail that no test tells?"""
        return bool(self._problems)

    def close(self) -> None:
        """End all instances, then all that is in force for their apps, the last first."""
        for _, host in self._hosts:
            host.close()
        self._notes += (f"note: {visible(text)}" for text in in_force().notices.take())
        for terms in reversed([item for item in self._terms.values() if isinstance(item, Terms)]):
            terms.close()
        if getattr(self.config, "workerinput", None) is None:
            shutil.rmtree(self._shared, ignore_errors=True)

    def packed(self) -> dict[str, Any]:
        """What a worker of pytest-xdist leaves to the process that has started it."""
        shared = str(self._shared) if self._shared.exists() else ""
        left = {"accepted": self.accepted.packed(), "problems": self._problems, "notes": self._notes, "shared": shared}
        return left if any(left.values()) else {}

    def add_packed(self, left: Mapping[str, Any]) -> None:
        """Take over what a worker has left."""
        if left["accepted"]:
            self.accepted.add_packed(left["accepted"])
        self._problems += left["problems"]
        self._notes += (text for text in left["notes"] if text not in self._notes)
        if left["shared"]:
            self._shared = Path(left["shared"])

    def _show(self, exchange: Judged | None) -> None:
        self._shown = exchange

    def _settled(self, text: str) -> App:
        return _once(self._apps, text, lambda: self._agreed(text).settled())

    def _terms_of(self, app: App) -> tuple[Terms, App]:
        """The terms of an app, and the app on them: those of the words that name it or its folder, else what is said
        there.
        """
        for text, known in self._apps.items():
            if known == app:
                return self._agreed(text), app
        target = target_of(self._words, self._base) if self._words else None
        mine = target is not None and app.root in (target.resolve(), target.resolve().parent)
        terms = self._agreed(self._words if mine else shlex.quote(str(app.root)))
        return terms, terms.adopted(app)

    def _agreed(self, text: str) -> Terms:
        return _once(self._terms, text, lambda: self._made(text))

    def _made(self, text: str) -> Terms:
        terms = Terms(text, self._base, chosen=self._chosen, shared=self._shared, tell=self._problems.append)
        first = next((item for item in self._terms.values() if isinstance(item, Terms)), terms)
        if first.extensions != terms.extensions:
            terms.close()
            raise NamingError(_two_sets(first, terms))
        return terms


def _once(known: dict[str, T | NamingError], text: str, make: Callable[[], T]) -> T:
    if text not in known:
        try:
            known[text] = make()
        except NamingError as error:
            # Each try may take seconds, and the next test would get the same answer.
            known[text] = error
    found = known[text]
    if isinstance(found, NamingError):
        raise NamingError(str(found))
    return found


def _two_sets(first: Terms, terms: Terms) -> str:
    return (
        f"{terms.name.path} has {_listed(terms.extensions)}, but {first.name.path}, which this run of pytest tests "
        f"too, has {_listed(first.extensions)}\n"
        "  extensions hold for a whole run: name the same files for both, or test each in a run of its own"
    )


def _listed(files: frozenset[Path]) -> str:
    return f"the extensions {', '.join(sorted(map(nearest, files)))}" if files else "no extensions"


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """NamingError fails the test with its text alone."""
    problem: NamingError | None = None
    try:
        yield
    except NamingError as error:
        problem = error
    if problem is not None:
        # Outside of the handler, else pytest tells it twice.
        pytest.fail(str(problem), pytrace=False)
