"""All that the command line would take from the words of an app, from variables and from the configuration, for as long
as the tests run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from fnfuzz.app import App
from fnfuzz.cli.cases import settled_app
from fnfuzz.cli.configured import (
    FILE_VARIABLE,
    checked_sections,
    configured,
    host_settings,
    ignored_entries,
    wanted_checks,
)
from fnfuzz.cli.extending import extension_files
from fnfuzz.cli.setup import SetUp
from fnfuzz.cli.stops import Stop
from fnfuzz.cli.target import read_app, with_variables
from fnfuzz.host import Host
from fnfuzz.pytest_plugin.judging import Judging
from fnfuzz.pytest_plugin.naming import NamingError, named, stop_text
from fnfuzz.pytest_plugin.sharing import Shared

__all__ = ["Terms", "config_words"]


def config_words(said: Path | str) -> tuple[str, ...]:
    """The options for a file, or for ``none``; nothing where nothing is said, or FNFUZZ_CONFIG overrules it."""
    if not said or os.environ.get(FILE_VARIABLE):
        return ()
    return ("--no-config",) if said == "none" else ("--config", str(said))


class Terms:
    """The terms on which an app is tested. Its extensions are in force until ``close``; commands of set-up run before
    anything starts its handler, those of tear-down at the end. Raises NamingError.

    ``shared`` is a folder for all workers of this run of pytest; ``tell`` is told of what fails in ``teardown``.
    """

    def __init__(
        self, text: str, base: Path, *, chosen: Sequence[str], shared: Path, tell: Callable[[str], None]
    ) -> None:
        self.name, self._context = named(text, base, chosen)
        self.extensions = extension_files(self._context)
        try:
            with self._stopping():
                self.judging = Judging(wanted_checks(), ignored_entries())
                self._settings = host_settings()
                self._around = SetUp(lambda stop: tell(stop_text(stop)))
                self._tell = tell
        except BaseException:
            self.close()
            raise
        self._shared = Shared(shared, str(configured(self._context).configuration.path))
        self._begun = False
        self._failed: Stop | None = None

    def settled(self) -> App:
        """The app that the words name, with its contract known, which may start the handler once."""
        with self._stopping():
            found = read_app(self._context, str(self.name.path), self.name.contract)
            if found.platform != "bare":
                checked_sections(found)
            self._set_up()
            return settled_app(found)

    def adopted(self, app: App) -> App:
        """An app that a test has made, on these terms."""
        with self._stopping():
            checked_sections(app)
            self._set_up()
            return with_variables(app)

    def host(self, app: App) -> Host:
        """What plays the host for an app that is settled or adopted."""
        return Host(app, patience=self.name.patience, start_patience=self.name.start_patience, **self._settings)

    def close(self) -> None:
        """The end: tear-down, and its extensions are in force no more."""
        self._context.close()

    def _set_up(self) -> None:
        """Once; what has failed fails again."""
        if self._failed is not None:
            raise self._failed
        if self._begun or not self._around.any:
            return
        try:
            self._shared.begin(self._around.begin)
        except Stop as stop:
            self._failed = stop
            raise
        except OSError as error:
            self._failed = Stop(f"setup: {error.filename}: {error.strerror}; workers of pytest agree by it")
            raise self._failed from error
        self._begun = True
        self._context.call_on_close(self._tear_down)

    def _tear_down(self) -> None:
        try:
            self._shared.end(self._around.end)
        except OSError as error:
            self._tell(f"teardown was not run: {error.filename}: {error.strerror}")

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """What ends a command fails a test with its text."""
        try:
            with self._context.scope(cleanup=False):
                yield
        except Stop as stop:
            raise NamingError(stop_text(stop)) from stop
        except click.exceptions.Exit:
            raise KeyboardInterrupt from None
