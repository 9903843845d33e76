"""A file to begin with: what is known of the app, and the keys that most people want, as comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fnfuzz.config.keys import FUNCTION_KEYS, KEYS
from fnfuzz.config.showing import toml

__all__ = ["initial"]

EXAMPLES: Final[Mapping[str, Any]] = {
    "max_time": "2m",
    "jobs": 2,
    "report": ["json=fnfuzz-report.json"],
    "fail_on": "warning",
    "environment": {"DATABASE_URL": "${TEST_DATABASE_URL:-sqlite://}"},
    "setup": [["python", "seed.py"]],
    "teardown": [["python", "clean.py"]],
    "ignore": [{"rule": "out-undeclared", "reason": "why this is no bug here"}],
}
FUNCTION_EXAMPLES: Final[Mapping[str, Any]] = {
    "patience": "10s",
    "headers": {"Authorization": "Bearer ${TEST_TOKEN}"},
}
WIDTH: Final = 100


def initial(known: Mapping[str, Any], function: str = "orders") -> str:
    """The text of a ``fnfuzz.toml`` that sets what is ``known``, by key; ``function`` is the name of an example."""
    return "\n".join(_lines(known, function)) + "\n"


def _lines(known: Mapping[str, Any], function: str) -> Iterator[str]:
    helps = {key.id: key.help for key in KEYS}
    yield "# How fnfuzz tests this app. `fnfuzz config reference` lists all keys, `fnfuzz config show` those set."
    for name, value in known.items():
        yield ""
        yield from _comment(helps[name])
        yield f"{name} = {toml(value)}"
    for name, value in EXAMPLES.items():
        yield ""
        yield from _comment(helps[name])
        yield f"# {name} = {toml(value)}"
    yield "\n# What holds for one function alone."
    yield f"# [functions.{toml({function: 0})[1:].partition(' = ')[0]}]"
    for key in FUNCTION_KEYS:
        if key.id in FUNCTION_EXAMPLES:
            yield from _comment(key.help)
            yield f"# {key.id} = {toml(FUNCTION_EXAMPLES[key.id])}"


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False):
        yield f"# {line}"
