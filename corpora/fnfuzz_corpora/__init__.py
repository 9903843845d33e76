"""Seed corpora of fnfuzz: recorded traffic of the example apps, one folder for each contract.

Each folder is a read-only corpus, as ``fnfuzz.corpus.Corpus`` opens it, with a README that tells what is in it.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["NAMES", "path"]

NAMES = ("azure-forward", "azure-http", "azure-stdio", "fc-event", "fc-web")
"""All corpora that are shipped."""


def path(name: str) -> Path:
    """The folder of a shipped corpus. Raises LookupError for any other name, with a text for the user."""
    if name not in NAMES:
        raise LookupError(f"no corpus {name!r} is shipped; there are {', '.join(NAMES)}")
    found = files(__name__) / name
    if not isinstance(found, Path) or not (found / "corpus.json").is_file():
        raise LookupError(f"the corpus {name} is not on disk; install fnfuzz with pip, which unpacks its files")
    return found
