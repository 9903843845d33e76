"""Where in a repository a finding belongs: a line of the handler's source, else the file that declares the function."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from fnfuzz.app.model import App
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.traces import find_trace
from fnfuzz.report.source_line import source_line

__all__ = ["Place", "Places", "repository"]

DECLARATIONS = {
    "azure": ("host.json",),
    "fc": ("s.yaml", "s.yml", "template.yml", "template.yaml", "bootstrap"),
    "bare": (),
}
FOREIGN = frozenset(("node_modules", "site-packages", "__pycache__", "vendor", "target", "dist", "build"))
MOST_FILES = 5000
"""Files of an app among which one of a given name is looked for."""

MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """``file`` is relative to the repository, with slashes; ``line`` counts from 1, 0 where no line is known."""

    file: str
    line: int = 0


class Places:
    """Finds the place of each finding of one app. No place is ever outside of the app's folder."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._root = app.root.resolve() if app.root.is_dir() else app.root.resolve().parent
        self.base = repository(self._root)
        """The folder to which places are relative."""

        self._names: dict[str, list[Path]] | None = None
        self._known: dict[str, tuple[Finding, Place]] = {}

    def of(self, finding: Finding) -> Place:
        """The line that a stack trace names, else the file that declares the function or the app, else the app."""
        known = self._known.get(finding.id)
        if known is None or known[0] is not finding:
            self._known[finding.id] = known = finding, self._traced(finding) or self._declared(finding)
        return known[1]

    def _traced(self, finding: Finding) -> Place | None:
        source = source_line(finding, self._root) or source_line(_as_traced(finding), self._root)
        if source is None:
            return None
        direct = self._inside(Path(source.path))
        file = direct if direct is not None else self._only(Path(source.path).name)
        return Place(self._relative(file), source.line) if file is not None and _has_line(file, source.line) else None

    def _declared(self, finding: Finding) -> Place:
        function = finding.identity.function
        names = [f"{function}/function.json"] if function and self._app.platform == "azure" else []
        wanted = [self._root / name for name in (*names, *DECLARATIONS[self._app.platform])]
        wanted += [self._app.cwd / word for word in self._app.command]
        file = next((found for path in wanted if (found := self._inside(path)) is not None), self._root)
        return Place(self._relative(file))

    def _inside(self, path: Path) -> Path | None:
        """The file itself, links followed, if it is one of the app."""
        try:
            full = path.resolve()
            return full if full.is_relative_to(self._root) and full.is_file() else None
        except (OSError, ValueError, RuntimeError):
            return None

    def _only(self, name: str) -> Path | None:
        """The one file of the app that has this name."""
        if self._names is None:
            self._names = {}
            for file in _files(self._root):
                self._names.setdefault(file.name, []).append(file)
        found = self._names.get(name, [])
        return self._inside(found[0]) if len(found) == 1 else None

    def _relative(self, file: Path) -> str:
        return Path(os.path.relpath(file, self.base)).as_posix()


def repository(folder: Path) -> Path:
    """The repository that a folder is in; without one the current folder if that holds it, else the folder itself."""
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return place
    here = Path.cwd().resolve()
    return here if folder.is_relative_to(here) else folder


def _as_traced(finding: Finding) -> Finding:
    """The finding at the place that its logs name, where its identity names none."""
    trace = find_trace("\n".join(finding.trace))
    place = str(trace) if trace is not None else ""
    return replace(finding, identity=replace(finding.identity, place=place))


def _files(root: Path) -> Iterator[Path]:
    left = MOST_FILES
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in FOREIGN and not name.startswith("."))
        for name in sorted(names)[:left]:
            yield Path(folder, name)
        left -= len(names)
        if left <= 0:
            return


def _has_line(file: Path, number: int) -> bool:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES)
    except OSError:
        return False
    return 0 < number <= data.count(b"\n") + 1
