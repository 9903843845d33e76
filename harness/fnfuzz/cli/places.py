"""What names of files are relative to: on a command line the current folder, for words in a file its folder."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["folder_of", "place", "placed"]

_FOLDER = "fnfuzz.folder"


def place(ctx: click.Context, folder: Path) -> None:
    """Take the words of this context, and of those below it, for words in a file of ``folder``."""
    ctx.meta[_FOLDER] = folder


def folder_of(ctx: click.Context) -> Path | None:
    """The folder of the file in which the words stand; None for a command line."""
    folder: Path | None = ctx.meta.get(_FOLDER)
    return folder


def placed(ctx: click.Context, path: Path) -> Path:
    """The file that the words name."""
    return (folder_of(ctx) or Path()) / path
