"""From the words that name an app in an ini file to what they say."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from fnfuzz.app import App
from fnfuzz.cli.embedded import app_named, begun
from fnfuzz.cli.options import command_words
from fnfuzz.cli.stops import Stop
from fnfuzz.cli.target import start_stop
from fnfuzz.host import StartFailed
from fnfuzz.report.visible import visible

__all__ = ["NamedApp", "NamingError", "named", "start_text", "stop_text", "target_of"]

CHOICES = ("--config", "--no-config")


class NamingError(ValueError):
    """Words that name no app, a configuration that cannot be taken, an app that cannot be started; and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedApp:
    """An app and how patient to be with it, in seconds. ``target`` is relative to ``base``."""

    base: Path
    target: str
    command: tuple[str, ...]
    contract: str | None
    patience: float
    start_patience: float
    words: str = field(default="", compare=False)

    @property
    def path(self) -> Path:
        """The folder or the executable."""
        return self.base / self.target


def named(text: str, base: Path, chosen: Sequence[str] = ()) -> tuple[NamedApp, click.Context]:
    """What ``text`` says: the words of ``fnfuzz run``, or a command alone; and the context, for its caller to close, in
    which its extensions are in force and its configuration is there. Raises NamingError.

    ``chosen`` are options that choose a configuration, unless ``text`` has such ones.
    """
    words = _words(text, base)
    options = words[: words.index("--")] if "--" in words else words
    if not any(word.partition("=")[0] in CHOICES for word in options):
        words = [*chosen, *words]
    try:
        context = begun(words, base)
    except Stop as stop:
        raise NamingError(stop_text(stop)) from stop
    except click.exceptions.Exit as error:
        raise NamingError(f"fnfuzz_app: {text!r} names no app; write a folder, an executable or a command") from error
    except click.ClickException as error:
        raise NamingError(f"fnfuzz_app: {text!r}: {error.format_message()}") from error
    asked = context.params
    name = NamedApp(
        base=base,
        target=asked["app"],
        command=command_words(context),
        contract=asked["contract"],
        patience=asked["patience"],
        start_patience=asked["start_patience"],
        words=text,
    )
    return name, context


def target_of(text: str, base: Path) -> Path | None:
    """The app that ``text`` names, and nothing is put in force; None where it cannot be taken. Raises NamingError."""
    target = app_named(_words(text, base))
    return None if target is None else base / target


def _words(text: str, base: Path) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NamingError(f"fnfuzz_app: {text!r}: {error}") from error
    if _is_command(words, base):
        return ["--", *words]
    end = words.index("--") if "--" in words else len(words)
    # Texts, so that a leading ./ is told as it was written.
    return [*(os.path.expanduser(word) for word in words[:end]), *words[end:]]  # noqa: PTH111


def _is_command(words: list[str], base: Path) -> bool:
    """Several words, no ``--`` and no option in front: the command itself, unless the first one is a folder."""
    return (
        len(words) > 1
        and "--" not in words
        and not words[0].startswith("-")
        and not (words[1].startswith("--") and (base / words[0]).is_dir())
    )


def start_text(app: App, failed: StartFailed) -> str:
    """Why a handler did not start, what it said, and what to do next."""
    return stop_text(start_stop(app, failed))


def stop_text(stop: Stop) -> str:
    """What ``fnfuzz`` would end with, its name left out."""
    return "\n".join((visible(stop.message), *(f"  {visible(line)}" for line in stop.lines)))
