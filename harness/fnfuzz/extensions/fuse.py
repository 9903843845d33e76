"""What stands between a run and code that others wrote: it may raise, return nonsense, be slow or never end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeAlias, TypeVar

__all__ = ["Fuse", "Home", "Notices", "Overtime", "Topic", "located", "ringing", "shown", "timed", "told"]

P = ParamSpec("P")
R = TypeVar("R")
Topic: TypeAlias = tuple[str, str]
"""The extension's name, and what is told of it: ``off``, ``slow``, ``nonsense``."""

LONGEST = 200
"""Characters of a foreign error message."""

SLOW_TOGETHER, SLOW_EACH = 1.0, 0.002
"""Seconds from which on it is told that an extension is slow: all calls together, and each of them."""


class Overtime(BaseException):
    """A call lasted longer than it may; no Exception, so that foreign code does not take it for one of its own."""


class Notices:
    """What there is to tell of extensions, each thing once. ``told`` is everything so far."""

    def __init__(self) -> None:
        self.told: dict[Topic, str] = {}
        self._new: list[str] = []
        self.kept = False
        """Does another process tell it?"""

    def tell(self, topic: Topic, text: str) -> None:
        """Tell it, unless that was done."""
        if topic not in self.told:
            self.told[topic] = text
            self._new.append(text)

    def take(self) -> list[str]:
        """What is new since the last time."""
        if self.kept or not self._new:
            return []
        new, self._new = self._new, []
        return new


class Home:
    """Where an extension's code is: one file, or a folder with all that is in it."""

    def __init__(self, path: str) -> None:
        self.path = path

    def holds(self, filename: str) -> bool:
        """Is it a file of the extension?"""
        return filename == self.path or filename.startswith(self.path + os.sep)


class Fuse:
    """Guards one extension. What fails in it is told once, and from then on it is switched off; ``lasting`` ones go on.

    ``limit`` bounds one call in seconds; only in the main thread, because nothing else can be interrupted. Of a
    ``quick`` one it is told when it is slow. What it prints goes to standard error, unless it is ``loud``. ``passes``
    are errors that are not its own.
    """

    __slots__ = (
        "_calls",
        "_home",
        "_limit",
        "_loud",
        "_quick",
        "_seconds",
        "blown",
        "lasting",
        "name",
        "notices",
        "passes",
    )

    def __init__(
        self,
        name: str,
        home: Home,
        notices: Notices,
        limit: float,
        *,
        lasting: bool = False,
        loud: bool = False,
        quick: bool = False,
        passes: tuple[type[Exception], ...] = (),
    ) -> None:
        self.name = name
        self.notices = notices
        self.lasting = lasting
        self.passes = passes
        self._home = home
        self._limit = limit
        self._loud = loud
        self._quick = quick
        self._seconds = 0.0
        self._calls = 0
        self.blown = (name, "off") in notices.told

    @property
    def why(self) -> str:
        """Why it is switched off."""
        return self.notices.told.get((self.name, "off"), "")

    def call(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R | None:
        """What ``function`` returns; None if that fails, or if it failed before."""
        return None if self.blown else self.attempt(function, *args, **kwargs)

    def attempt(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R | None:
        """The same, also of one that is switched off."""
        began = time.perf_counter()
        out = sys.stdout
        try:
            if not self._loud:
                sys.stdout = sys.stderr
            return timed(self._limit, function, *args, **kwargs)
        except Overtime as error:
            self._blow(error, f"took longer than {self._limit:g} s", off=True)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, *self.passes)):
                raise
            self._blow(error, f"raised {told(error)}", off=not self.lasting)
        finally:
            sys.stdout = out
            self._spent(time.perf_counter() - began)
        return None

    def nonsense(self, what: str) -> None:
        """Tell, once, that it made something of no use."""
        self.notices.tell((self.name, "nonsense"), f"{self.name}: {what}")

    def resume(self, notices: Mapping[Topic, str]) -> None:
        """Be as it was when these notices were all that was told."""
        self.blown = (self.name, "off") in notices

    def _blow(self, error: BaseException, what: str, *, off: bool) -> None:
        where = located(error, self._home)
        text = f"{self.name} {what}{f' ({where})' if where else ''}"
        if off:
            self.blown = True
            self.notices.tell((self.name, "off"), f"{text}; it is switched off for the rest of the run")
        else:
            self.notices.tell((self.name, "raised"), text)

    def _spent(self, seconds: float) -> None:
        self._seconds += seconds
        self._calls += 1
        if self._quick and self._seconds > SLOW_TOGETHER and self._seconds > SLOW_EACH * self._calls:
            each = 1000 * self._seconds / self._calls
            self.notices.tell((self.name, "slow"), f"{self.name} is slow: {each:.0f} ms for each call")


class _Bell:
    """Whether our handler of SIGALRM is there, in which thread, and whether it is our alarm that goes off."""

    thread = 0
    before: Any = None
    ours = False


@contextmanager
def ringing() -> Iterator[None]:
    """Within, ``timed`` costs little, for the handler of its signal is there already; in the main thread only."""
    if _Bell.thread or threading.current_thread() is not threading.main_thread():
        yield
        return
    _Bell.before = signal.signal(signal.SIGALRM, _ring)
    _Bell.thread = threading.get_ident()
    try:
        yield
    finally:
        _Bell.thread = 0
        signal.signal(signal.SIGALRM, _Bell.before)


def timed(seconds: float, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """What ``function`` returns. Raises Overtime after so many seconds, where this is the main thread.

    An alarm that somebody else has set goes off later, as it would.
    """
    if not _Bell.thread:
        with ringing():
            return _timed(seconds, function, *args, **kwargs) if _Bell.thread else function(*args, **kwargs)
    if threading.get_ident() != _Bell.thread:
        return function(*args, **kwargs)
    return _timed(seconds, function, *args, **kwargs)


def _timed(seconds: float, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    outer = _Bell.ours
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic() if left else 0.0
    _Bell.ours = True

    def restore() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        _Bell.ours = outer
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)), again)

    try:
        try:
            return function(*args, **kwargs)
        finally:
            restore()
    except Overtime:
        # It may have come in the middle of that.
        restore()
        raise


def _ring(number: int, frame: FrameType | None) -> None:
    if _Bell.ours:
        raise Overtime
    if callable(_Bell.before):
        _Bell.before(number, frame)


def told(error: BaseException) -> str:
    """The error's type and message on one line, cut."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return f"{type(error).__name__}: {cut}" if cut else type(error).__name__


def located(error: BaseException, home: Home) -> str:
    """``file:line`` of the deepest place in the extension's own code; empty where the error did not come by there."""
    if isinstance(error, SyntaxError) and error.filename and home.holds(error.filename):
        return f"{shown(error.filename)}:{error.lineno or 1}"
    return next(
        (f"{shown(name)}:{line}" for name, line in reversed(_lines(error.__traceback__)) if home.holds(name)), ""
    )


def _lines(trace: TracebackType | None) -> list[tuple[str, int]]:
    return [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace)]


def shown(filename: str | Path) -> str:
    """The path as it is named from the current folder, when it lies below."""
    path = Path(filename)
    try:
        return os.fspath(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return os.fspath(path)
