"""The key that stand-ins are made with: from a variable or a file, never from the corpus."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

__all__ = ["KEY_FILE", "KEY_VARIABLE", "KeyProblem", "load_key"]

KEY_VARIABLE = "FNFUZZ_REDACTION_KEY"
KEY_FILE = "FNFUZZ_REDACTION_KEY_FILE"
SHORTEST = 16
LARGEST = 4096
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){16,}")


class KeyProblem(Exception):
    """The key cannot be used; the text says why and what to do. It never shows the key."""


def load_key(path: Path | None, environ: Mapping[str, str], *, corpus: Path | None = None) -> bytes:
    """The key: of ``path``, else of FNFUZZ_REDACTION_KEY, else of the file that FNFUZZ_REDACTION_KEY_FILE names, else
    the user's own, which is made when it is first needed.

    A file holds the key as text or bytes, 16 to 4096 bytes without the white space around it; hexadecimal digits stand
    for the bytes they spell. ``corpus`` is the folder that the key must not lie in. Raises KeyProblem.
    """
    if path is None and environ.get(KEY_VARIABLE):
        return _usable(environ[KEY_VARIABLE].encode("utf-8", "surrogateescape"), f"${KEY_VARIABLE}")
    if path is None and environ.get(KEY_FILE):
        path = Path(environ[KEY_FILE])
    own = users_key(environ) if path is None else None
    path = path or own
    if path is None:
        raise KeyProblem(f"there is no home folder for a key; set {KEY_VARIABLE}, or name a key file")
    if corpus is not None and path.resolve().is_relative_to(corpus.resolve()):
        raise KeyProblem(f"{path}: the key lies inside the corpus {corpus}; keep it elsewhere")
    if own is not None:
        _create(own)
    return _usable(_read(path), str(path))


def users_key(environ: Mapping[str, str]) -> Path | None:
    """Where the key is kept that is used when none is named; None without a home folder."""
    folder = environ.get("XDG_CONFIG_HOME") or (f"{environ['HOME']}/.config" if environ.get("HOME") else "")
    return Path(folder) / "fnfuzz" / "redaction.key" if folder else None


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise KeyProblem(f"{path}: the key file cannot be made: {error.strerror}; name another place") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise KeyProblem(
            f"{path}: there is no such key file; correct the name, or name none to use your own"
        ) from error
    except OSError as error:
        raise KeyProblem(f"{path}: the key file cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise KeyProblem(f"{path}: over {LARGEST} bytes, which is no key file; name another one")
    return data


def _usable(data: bytes, where: str) -> bytes:
    data = data.strip()
    if _HEX.fullmatch(data):
        return bytes.fromhex(data.decode("ascii"))
    if len(data) < SHORTEST:
        raise KeyProblem(f"{where}: the key has {len(data)} bytes; it needs at least {SHORTEST}")
    return data
