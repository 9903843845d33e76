"""What a handler needs before a job can start it, as the files beside it tell: its runtime, its packages, its build."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.app import App

__all__ = ["Need", "needs_of"]


@dataclass(frozen=True, slots=True)
class Need:
    """``github``, ``gitlab`` and ``azure`` provide the runtime there, as lines of YAML or, for GitLab, of a shell;
    ``shell`` installs the packages, or builds.
    """

    shell: str
    github: tuple[str, ...] = ()
    gitlab: tuple[str, ...] = ()
    azure: tuple[str, ...] = ()


def needs_of(app: App, root: Path) -> tuple[Need, ...]:
    """The needs of an app in the repository ``root``."""
    folders = dict.fromkeys(path.resolve() for path in (app.cwd, app.root) if path.is_dir())
    found = []
    for folder in folders:
        if folder.is_relative_to(root):
            name = folder.relative_to(root).as_posix()
            found += [need for look in (_python, _node, _go) if (need := look(folder, name, app)) is not None]
    return tuple(dict.fromkeys(found))


def _python(folder: Path, name: str, app: App) -> Need | None:
    if not (folder / "requirements.txt").is_file():
        return None
    return Need(shlex.join(("python", "-m", "pip", "install", "-r", f"{name}/requirements.txt")))


def _node(folder: Path, name: str, app: App) -> Need | None:
    if (folder / "package.json").is_file():
        word = "ci" if (folder / "package-lock.json").is_file() else "install"
        shell = shlex.join(("npm", word, "--prefix", name))
    elif Path(app.command[0] if app.command else "").name == "node":
        shell = "node --version"
    else:
        return None
    return Need(
        shell,
        github=("- uses: actions/setup-node@v5\n  with:\n    node-version: lts/*",),
        gitlab=("apt-get update -qq && apt-get install -y -qq nodejs npm",),
        azure=("- task: NodeTool@0\n  inputs:\n    versionSpec: 22.x",),
    )


def _go(folder: Path, name: str, app: App) -> Need | None:
    if not (folder / "go.mod").is_file():
        return None
    program = Path(app.command[0]).name if app.command else "handler"
    return Need(
        shlex.join(("go", "build", "-C", name, "-o", program, ".")),
        github=("- uses: actions/setup-go@v6\n  with:\n    go-version: stable",),
        gitlab=("apt-get update -qq && apt-get install -y -qq golang",),
        azure=("- task: GoTool@0\n  inputs:\n    version: '1.24'",),
    )
