"""Reads extensions: Python files that the user names, and installed modules under the entry points
``fnfuzz.extensions``.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from fnfuzz.extensions.fuse import Home, Overtime, located, shown, timed, told
from fnfuzz.extensions.marks import Mark, marks_of

__all__ = ["GROUP", "MODULE", "ExtensionError", "Found", "installed", "load_file", "load_installed", "resolved"]

GROUP = "fnfuzz.extensions"
MODULE = "fnfuzz_extension_"
"""How the modules of files are named."""

PATIENCE = 30.0
"""Seconds that loading one extension may take."""

MAX_BYTES = 4 * 1024 * 1024
DECORATORS = "@check, @probe, @mutator, @events, @contract or @reporter"


class ExtensionError(Exception):
    """An extension that cannot be used; the message names file and line, ``hint`` says what to do next."""

    def __init__(self, message: str, hint: str = "see docs/extending.md") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Found:
    """One marked function or class. ``origin`` names file or distribution, ``home`` is where its code is."""

    target: Callable[..., Any]
    mark: Mark
    origin: str
    home: Home


def load_file(path: Path) -> list[Found]:
    """Everything marked in a Python file, a full path, which is run for that; its folder is searched for modules, after
    all others. Raises ExtensionError.
    """
    full, folder = os.fspath(path), os.fspath(path.parent)
    name = shown(full)
    if folder not in sys.path:
        sys.path.append(folder)
    module = ModuleType(f"{MODULE}{hashlib.sha256(full.encode()).hexdigest()[:12]}")
    module.__file__ = full
    sys.modules[module.__name__] = module
    home = Home(full)
    code = _compiled(full, name)
    _run(lambda: exec(code, module.__dict__), f"extension {name}", home, "mend it, or leave it out")
    found = [Found(target, mark, name, home) for target, mark in _marked(module)]
    if not found:
        raise ExtensionError(f"extension {name}: nothing in it has {DECORATORS}")
    return found


def _compiled(full: str, name: str) -> CodeType:
    try:
        with Path(full).open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ExtensionError(f"extension {name}: {error.strerror or error}", "name a Python file") from error
    if len(source) > MAX_BYTES:
        raise ExtensionError(f"extension {name}: has more than {MAX_BYTES:,} bytes", "name a Python file")
    try:
        return compile(source, full, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise ExtensionError(f"extension {name}:{error.lineno or 1}: {type(error).__name__}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExtensionError(f"extension {name}: is no Python: {told(error)}") from error


def installed(group: str) -> list[EntryPoint]:
    """The entry points of a group, in the order of their names and distributions."""
    return sorted(entry_points(group=group), key=lambda item: (item.name, _distribution(item)))


def load_installed() -> Iterator[Found]:
    """Everything marked in installed extensions. Raises ExtensionError."""
    for entry in installed(GROUP):
        value = resolved(entry)
        origin = f"{entry.module} ({_distribution(entry)})"
        marked = list(_marked(value)) if isinstance(value, ModuleType) else [(value, mark) for mark in marks_of(value)]
        if not marked:
            raise ExtensionError(f"{_named(entry)}: nothing in {entry.value} has {DECORATORS}", _update(entry))
        yield from (Found(target, mark, origin, home_of(entry)) for target, mark in marked)


def resolved(entry: EntryPoint) -> Any:
    """What the entry point names. Raises ExtensionError, with the name of the distribution."""
    return _run(entry.load, _named(entry), home_of(entry), _update(entry))


def home_of(entry: EntryPoint) -> Home:
    """Where the code of an entry point is; nowhere before it is imported."""
    module = sys.modules.get(entry.module.partition(".")[0])
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return Home("")
    return Home(os.fspath(Path(file).parent) if hasattr(module, "__path__") else file)


def _run(work: Callable[[], Any], what: str, home: Home, hint: str) -> Any:
    try:
        with redirect_stdout(sys.stderr):
            return timed(PATIENCE, work)
    except Overtime as error:
        raise ExtensionError(f"{_at(what, error, home)}: loading it takes longer than {PATIENCE:g} s", hint) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ExtensionError(f"{_at(what, error, home)}: {told(error)}", hint) from error


def _at(what: str, error: BaseException, home: Home) -> str:
    where = located(error, home) if home.path else ""
    if not where:
        return what
    return f"extension {where}" if what == f"extension {where.rpartition(':')[0]}" else f"{what} ({where})"


def _marked(module: ModuleType) -> Iterator[tuple[Any, Mark]]:
    """Each marked thing once, in the order of the module."""
    seen = {id(value): value for value in vars(module).values()}
    for value in seen.values():
        yield from ((value, mark) for mark in marks_of(value))


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "an unknown distribution"


def _named(entry: EntryPoint) -> str:
    return f"installed extension {entry.name} of {_distribution(entry)}"


def _update(entry: EntryPoint) -> str:
    return f"update or uninstall {entry.dist.name}" if entry.dist is not None else "uninstall it"
